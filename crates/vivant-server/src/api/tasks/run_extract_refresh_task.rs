//! Run Extract Refresh Task.

use vivant_store::{Job, NewJob, Task};
use vivant_wire::ErrorCode;

use super::get_extract_refresh_task::find_task;
use crate::api::refresh::require_run_now;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::jobs::{enqueue, refresh_extract};
use crate::reply::Reply;
use crate::views::begun_view;

/// Puts what a task does into the queue now, whatever its schedule says.
// The body is an empty request, which has nothing to say.
pub async fn run_extract_refresh_task(call: Call, who: SiteUser) -> Result<Reply> {
    let task = find_task(&call, &who).await?;
    let job = run_task(&call, &who, &task).await?;
    Ok(call.one("job", &begun_view(job)))
}

/// Puts what a task does into the queue, unless it is there already.
pub(crate) async fn run_task(call: &Call, who: &SiteUser, task: &Task) -> Result<Job> {
    require_run_now(call, who, ErrorCode::Forbidden).await?;
    let job = NewJob {
        created_by: Some(who.caller.user),
        ..refresh_extract::of_task(task)
    };
    enqueue(&call.app, job).await
}
