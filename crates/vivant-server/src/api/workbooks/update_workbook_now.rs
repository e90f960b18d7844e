//! Update Workbook Now.

use vivant_model::{JobItem, JobItemKind, WorkbookId};
use vivant_wire::ErrorCode;

use crate::api::refresh;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Refreshes the extracts of a workbook, as a job.
pub async fn update_workbook_now(call: Call, who: SiteUser) -> Result<Reply> {
    let id: WorkbookId = call.id("workbook-id", ErrorCode::WorkbookNotFound)?;
    let item = JobItem {
        kind: JobItemKind::Workbook,
        id: id.0,
    };
    refresh::now(call, who, item, ErrorCode::WorkbookNotFound).await
}
