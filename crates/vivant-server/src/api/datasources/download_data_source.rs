//! Download Data Source.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_data_source::datasource_rights;
use crate::api::download::send;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Sends the file as it was published, or with `includeExtract=False` without its extract.
pub async fn download_data_source(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    rights.require(
        Capability::ExportXml,
        ErrorCode::DatasourceDownloadForbidden,
        "data source",
    )?;
    let file = call.app.store.datasource_content(who.site(), id, None).await?;
    let file = file.ok_or_else(|| not_found(ErrorCode::DatasourceNotFound, "Data source", id))?;
    send(&call, file, "tableau_datasource").await
}
