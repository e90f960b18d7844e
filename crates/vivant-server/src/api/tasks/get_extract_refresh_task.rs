//! Get Extract Refresh Task.

use vivant_model::TaskId;
use vivant_store::Task;
use vivant_wire::ErrorCode;

use super::{require_task_look, require_task_rights};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;
use crate::views::task_view;

/// Answers one task.
pub async fn get_extract_refresh_task(call: Call, who: SiteUser) -> Result<Reply> {
    let task = task(&call, &who).await?;
    require_task_look(&call, &who, task.item, ErrorCode::Forbidden).await?;
    Ok(call.one("task", &task_view(task, &call.shape(&who))))
}

/// Finds the task in the address, for those who may manage it.
pub(super) async fn find_task(call: &Call, who: &SiteUser) -> Result<Task> {
    let task = task(call, who).await?;
    require_task_rights(call, who, task.item, ErrorCode::Forbidden).await?;
    Ok(task)
}

async fn task(call: &Call, who: &SiteUser) -> Result<Task> {
    let id: TaskId = call.id("task-id", ErrorCode::TaskNotFound)?;
    let task = call.app.store.task(who.site(), id).await?;
    task.ok_or_else(|| not_found(ErrorCode::TaskNotFound, "Task", id))
}
