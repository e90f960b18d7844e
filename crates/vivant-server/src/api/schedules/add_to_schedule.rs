//! Add Workbook to Schedule, Add Data Source to Schedule: what differs is the item.

use http::StatusCode;
use vivant_model::{ContentKind, JobItem, JobItemKind, Luid, ScheduleType, TaskType};
use vivant_store::{Error as StoreError, NewTask, Task, TaskFilter, What};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use super::get_server_schedule::find_schedule;
use crate::api::refresh::require_run_now;
use crate::api::tasks::{asked_type, has_extracts, require_task_rights, run_task};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail};
use crate::lists::page_request;
use crate::reply::Reply;
use crate::views::new_task_view;

/// Puts refreshes of a workbook's extracts on a schedule.
pub async fn add_workbook_to_schedule(call: Call, who: SiteUser) -> Result<Reply> {
    add_to_schedule(call, who, ContentKind::Workbook).await
}

/// Puts refreshes of a data source's extract on a schedule.
pub async fn add_data_source_to_schedule(call: Call, who: SiteUser) -> Result<Reply> {
    add_to_schedule(call, who, ContentKind::Datasource).await
}

async fn add_to_schedule(mut call: Call, who: SiteUser, kind: ContentKind) -> Result<Reply> {
    let asked: types::Task = call.read("task").await?;
    let run_now = asked.run_now == Some(true);
    let asked = asked
        .extract_refresh
        .ok_or_else(|| bad_request("The task element must hold an extractRefresh element."))?;
    let item = asked_item(&asked, kind)?;
    let refresh = asked_type(&asked)?.unwrap_or(TaskType::FullRefresh);
    // Tableau: the reference answers an unknown schedule with 500000, and only here.
    let schedule = find_schedule(&call, ErrorCode::InternalError).await?;
    require_task_rights(&call, &who, item, ErrorCode::DatasourceUpdateForbidden).await?;
    if run_now {
        require_run_now(&call, &who, ErrorCode::DatasourceUpdateForbidden).await?;
    }
    if schedule.kind != ScheduleType::Extract {
        return Err(fail(
            ErrorCode::WrongScheduleType,
            format!(
                "The schedule is one of type {}, which refreshes no extracts.",
                schedule.kind
            ),
        ));
    }
    let new = NewTask {
        site: who.site(),
        schedule: schedule.id,
        item,
        kind: refresh,
        priority: None,
    };
    let mut warnings = Vec::new();
    let task = match call.app.store.create_task(new, call.app.now()).await {
        Err(StoreError::Conflict { what: What::Task, .. }) => {
            warnings.push(format!("The {} is on the schedule already.", kind.as_str()));
            existing(&call, &who, &new, refresh).await?
        }
        outcome => outcome?,
    };
    if !has_extracts(&call, &who, item).await? {
        warnings.push(format!(
            "The {} has no extract, so the schedule has nothing to refresh until it gets one.",
            kind.as_str()
        ));
    }
    if run_now {
        match run_task(&call, &who, &task).await {
            Ok(_) => {}
            Err(error) if error.code == ErrorCode::RefreshQueued => warnings.push(error.detail),
            Err(error) => return Err(error),
        }
    }
    // The schemas of older versions have one element in an answer.
    let warnings = warnings.into_iter().filter(|_| call.version >= V(3, 6));
    let warnings = types::Warnings {
        warning: warnings
            .map(|text| types::Warning { message: Some(text) })
            .collect(),
    };
    let view = new_task_view(&task);
    Ok(call.answer(StatusCode::OK, |out| {
        out.child("task", &view);
        if !warnings.warning.is_empty() {
            out.child("warnings", &warnings);
        }
    }))
}

fn asked_item(asked: &types::ExtractRefresh, kind: ContentKind) -> Result<JobItem> {
    let (kind, id): (JobItemKind, Option<Luid>) = match kind {
        ContentKind::Datasource => (
            JobItemKind::Datasource,
            asked.datasource.as_ref().and_then(|d| d.id).map(|id| id.0),
        ),
        _ => (
            JobItemKind::Workbook,
            asked.workbook.as_ref().and_then(|w| w.id).map(|id| id.0),
        ),
    };
    let id = id.ok_or_else(|| {
        let name = kind.as_str().to_lowercase();
        bad_request(format!(
            "The extractRefresh element must hold a {name} element with an id."
        ))
    })?;
    Ok(JobItem { kind, id })
}

/// The task that the item has on the schedule already.
async fn existing(call: &Call, who: &SiteUser, new: &NewTask, kind: TaskType) -> Result<Task> {
    let which = TaskFilter {
        schedule: Some(new.schedule),
        item: Some(new.item),
    };
    let query = vivant_store::ListQuery {
        page: page_request(call.query.paging()?),
        ..vivant_store::ListQuery::default()
    };
    let page = call.app.store.tasks(&who.caller, which, &query).await?;
    let task = page.items.into_iter().find(|task| task.kind == kind);
    // Somebody deleted it this moment.
    task.ok_or_else(|| {
        fail(
            ErrorCode::TaskNotFound,
            "The task has just been deleted; try again.",
        )
    })
}
