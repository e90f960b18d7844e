//! Delete Workbook.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes a workbook with all its revisions.
pub async fn delete_workbook(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    rights.require(Capability::Read, ErrorCode::Forbidden, "workbook")?;
    rights.require(Capability::Delete, ErrorCode::Forbidden, "workbook")?;
    call.app
        .store
        .delete_workbook(who.site(), id, call.app.now())
        .await?;
    Ok(Reply::Empty)
}
