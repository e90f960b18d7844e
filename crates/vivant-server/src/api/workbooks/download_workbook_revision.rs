//! Download Workbook Revision.

use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::api::download::send;
use crate::api::revisions;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Sends the file of an earlier revision.
pub async fn download_workbook_revision(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    let forbidden = ErrorCode::WorkbookDownloadForbidden;
    revisions::require(&call, &who, &rights, forbidden, "workbook").await?;
    let number = revisions::number(&call)?;
    revisions::earlier(&call.app.store.workbook_revisions(who.site(), id).await?, number)?;
    let file = call
        .app
        .store
        .workbook_content(who.site(), id, Some(number))
        .await?;
    let file = file.ok_or_else(|| not_found(ErrorCode::RevisionNotFound, "Revision", number))?;
    send(&call, file, "tableau_workbook").await
}
