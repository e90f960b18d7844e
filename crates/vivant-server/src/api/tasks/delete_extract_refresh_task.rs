//! Delete Extract Refresh Task.

use super::get_extract_refresh_task::find_task;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes a task; a schedule that the task has for itself goes with it.
pub async fn delete_extract_refresh_task(call: Call, who: SiteUser) -> Result<Reply> {
    let task = find_task(&call, &who).await?;
    call.app.store.delete_task(who.site(), task.id).await?;
    Ok(Reply::Empty)
}
