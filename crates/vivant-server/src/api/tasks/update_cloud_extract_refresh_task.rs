//! Update Cloud Extract Refresh Task.

use vivant_wire::types;

use super::asked_type;
use super::create_cloud_extract_refresh_task::{own_recurrence, own_schedule, reply};
use super::get_extract_refresh_task::find_task;
use crate::auth::SiteUser;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request};
use crate::reply::Reply;

/// Changes what a task does, or gives it another schedule of its own. A task that hangs on one of
/// the server's schedules leaves it.
pub async fn update_cloud_extract_refresh_task(mut call: Call, who: SiteUser) -> Result<Reply> {
    let document = call.document().await?;
    let task = find_task(&call, &who).await?;
    let kind = match document.child("extractRefresh") {
        Some(_) => {
            let asked: types::ExtractRefresh = element(&document, "extractRefresh")?;
            asked_type(&asked)?
        }
        None => None,
    };
    let now = call.app.now();
    let schedule = match document.child("schedule") {
        Some(_) => {
            let asked: types::Schedule = element(&document, "schedule")?;
            Some(own_schedule(&call, own_recurrence(&asked)?, task.item, now))
        }
        None => None,
    };
    if kind.is_none() && schedule.is_none() {
        return Err(bad_request(
            "The request body must hold an extractRefresh element with a type, or a schedule element.",
        ));
    }
    let store = &call.app.store;
    let task = store
        .update_task(who.site(), task.id, kind, schedule, now)
        .await?;
    call.app.jobs.wake();
    Ok(reply(&call, task))
}
