//! Download Workbook.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::api::download::send;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Sends the file as it was published, or with `includeExtract=False` without its extract.
pub async fn download_workbook(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    rights.require(
        Capability::ExportXml,
        ErrorCode::WorkbookDownloadForbidden,
        "workbook",
    )?;
    let file = call.app.store.workbook_content(who.site(), id, None).await?;
    let file = file.ok_or_else(|| not_found(ErrorCode::WorkbookNotFound, "Workbook", id))?;
    send(&call, file, "tableau_workbook").await
}
