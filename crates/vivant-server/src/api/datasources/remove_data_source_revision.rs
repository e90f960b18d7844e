//! Remove Data Source Revision.

use vivant_wire::ErrorCode;

use super::query_data_source::datasource_rights;
use crate::api::revisions;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Removes an earlier revision; it stays in the list, marked as deleted.
pub async fn remove_data_source_revision(call: Call, who: SiteUser) -> Result<Reply> {
    // Tableau: this method alone answers 404006 for an unknown data source.
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::WorkbookNotFound).await?;
    revisions::require(&call, &who, &rights, ErrorCode::Forbidden, "data source").await?;
    let number = revisions::number(&call)?;
    call.app
        .store
        .delete_datasource_revision(who.site(), id, number, call.app.now())
        .await?;
    Ok(Reply::Empty)
}
