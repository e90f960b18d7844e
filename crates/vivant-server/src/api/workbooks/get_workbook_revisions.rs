//! Get Workbook Revisions.

use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::api::revisions;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Lists the revisions of a workbook, the oldest first.
pub async fn get_workbook_revisions(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    let forbidden = ErrorCode::WorkbookRevisionsForbidden;
    revisions::require(&call, &who, &rights, forbidden, "workbook").await?;
    let revisions = call.app.store.workbook_revisions(who.site(), id).await?;
    revisions::page(&call, revisions)
}
