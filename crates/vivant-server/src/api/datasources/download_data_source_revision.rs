//! Download Data Source Revision.

use vivant_wire::ErrorCode;

use super::query_data_source::datasource_rights;
use crate::api::download::send;
use crate::api::revisions;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Sends the file of an earlier revision.
pub async fn download_data_source_revision(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    let forbidden = ErrorCode::DatasourceDownloadForbidden;
    revisions::require(&call, &who, &rights, forbidden, "data source").await?;
    let number = revisions::number(&call)?;
    revisions::earlier(
        &call.app.store.datasource_revisions(who.site(), id).await?,
        number,
    )?;
    let file = call
        .app
        .store
        .datasource_content(who.site(), id, Some(number))
        .await?;
    let file = file.ok_or_else(|| not_found(ErrorCode::RevisionNotFound, "Revision", number))?;
    send(&call, file, "tableau_datasource").await
}
