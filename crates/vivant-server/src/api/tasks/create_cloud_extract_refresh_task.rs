//! Create Cloud Extract Refresh Task.

use http::StatusCode;
use vivant_model::job::DEFAULT_PRIORITY;
use vivant_model::schedule::Rules;
use vivant_model::{ExecutionOrder, JobItem, JobItemKind, Recurrence, ScheduleState, ScheduleType, TaskType};
use vivant_store::{NewOwnTask, NewSchedule, Task};
use vivant_wire::{ErrorCode, types};

use super::{asked_type, require_task_rights};
use crate::api::schedules::{asked_recurrence, invalid_schedule};
use crate::auth::SiteUser;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request};
use crate::reply::Reply;
use crate::schedules::next_run;
use crate::views::{own_task_view, task_schedule_view};

/// Creates a task with a schedule of its own.
pub async fn create_cloud_extract_refresh_task(mut call: Call, who: SiteUser) -> Result<Reply> {
    let document = call.document().await?;
    let asked: types::ExtractRefresh = element(&document, "extractRefresh")?;
    let item = asked_item(&asked)?;
    let kind = asked_type(&asked)?.unwrap_or(TaskType::FullRefresh);
    let schedule: types::Schedule = element(&document, "schedule")?;
    let recurrence = own_recurrence(&schedule)?;
    require_task_rights(&call, &who, item, ErrorCode::Forbidden).await?;
    let now = call.app.now();
    let new = NewOwnTask {
        site: who.site(),
        item,
        kind,
        schedule: own_schedule(&call, recurrence, item, now),
    };
    let task = call.app.store.create_own_task(new, now).await?;
    call.app.jobs.wake();
    Ok(reply(&call, task))
}

/// Reads the schedule of a task, which is held to stricter rules than the server's.
pub(super) fn own_recurrence(asked: &types::Schedule) -> Result<Recurrence> {
    let frequency = asked.frequency.as_deref().unwrap_or_default();
    asked_recurrence(frequency, asked.frequency_details.as_ref(), Rules::Task).map_err(invalid_schedule)
}

/// A schedule for one task. Its name is for nobody but must be its own.
pub(super) fn own_schedule(call: &Call, recurrence: Recurrence, item: JobItem, now: i64) -> NewSchedule {
    NewSchedule {
        name: format!(
            "Task of {} {}, made at {now}",
            item.kind.as_str().to_lowercase(),
            item.id
        ),
        state: ScheduleState::Active,
        kind: ScheduleType::Extract,
        priority: DEFAULT_PRIORITY,
        execution_order: ExecutionOrder::Parallel,
        recurrence,
        is_system: true,
        next_run_at: next_run(&recurrence, &call.app.config.time_zone, now, None),
        end_schedule_at: None,
    }
}

/// Answers a task with its schedule beside it.
pub(super) fn reply(call: &Call, task: Task) -> Reply {
    let refresh = own_task_view(&task);
    let schedule = task_schedule_view(task.schedule);
    call.answer(StatusCode::OK, |out| {
        out.child("extractRefresh", &refresh);
        out.child("schedule", &schedule);
    })
}

fn asked_item(asked: &types::ExtractRefresh) -> Result<JobItem> {
    let workbook = asked.workbook.as_ref().and_then(|w| w.id);
    let datasource = asked.datasource.as_ref().and_then(|d| d.id);
    match (workbook, datasource) {
        (Some(id), None) => Ok(JobItem {
            kind: JobItemKind::Workbook,
            id: id.0,
        }),
        (None, Some(id)) => Ok(JobItem {
            kind: JobItemKind::Datasource,
            id: id.0,
        }),
        _ => Err(bad_request(
            "The extractRefresh element must hold one workbook or datasource element with an id.",
        )),
    }
}
