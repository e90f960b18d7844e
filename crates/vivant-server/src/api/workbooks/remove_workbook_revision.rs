//! Remove Workbook Revision.

use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::api::revisions;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Removes an earlier revision; it stays in the list, marked as deleted.
pub async fn remove_workbook_revision(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    revisions::require(&call, &who, &rights, ErrorCode::Forbidden, "workbook").await?;
    let number = revisions::number(&call)?;
    call.app
        .store
        .delete_workbook_revision(who.site(), id, number, call.app.now())
        .await?;
    Ok(Reply::Empty)
}
