//! Tasks: what schedules do to workbooks and data sources.

mod create_cloud_extract_refresh_task;
mod delete_extract_refresh_task;
mod get_extract_refresh_task;
mod get_extract_refresh_tasks;
mod run_extract_refresh_task;
mod update_cloud_extract_refresh_task;

use vivant_model::{ContentKind, DatasourceId, JobItem, JobItemKind, TaskType, WorkbookId};
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};

pub use create_cloud_extract_refresh_task::create_cloud_extract_refresh_task;
pub use delete_extract_refresh_task::delete_extract_refresh_task;
pub use get_extract_refresh_task::get_extract_refresh_task;
pub use get_extract_refresh_tasks::get_extract_refresh_tasks;
pub use run_extract_refresh_task::run_extract_refresh_task;
pub(super) use run_extract_refresh_task::run_task;
pub use update_cloud_extract_refresh_task::update_cloud_extract_refresh_task;

/// Demands that the caller may manage the tasks of an item: administrators, the owner, and leaders
/// of its project, as far as their roles may save anything.
pub(super) async fn require_task_rights(
    call: &Call,
    who: &SiteUser,
    item: JobItem,
    forbidden: ErrorCode,
) -> Result<()> {
    require_task_look(call, who, item, forbidden).await?;
    match who.role().may_publish() {
        true => Ok(()),
        false => Err(fail(
            forbidden,
            format!(
                "Your site role {} does not allow refreshing extracts.",
                who.role()
            ),
        )),
    }
}

/// Demands that the caller may look at the tasks of an item, as the list of tasks shows them.
pub(super) async fn require_task_look(
    call: &Call,
    who: &SiteUser,
    item: JobItem,
    forbidden: ErrorCode,
) -> Result<()> {
    let (kind, missing, what) = match item.kind {
        JobItemKind::Datasource => (
            ContentKind::Datasource,
            ErrorCode::DatasourceNotFound,
            "Data source",
        ),
        _ => (ContentKind::Workbook, ErrorCode::WorkbookNotFound, "Workbook"),
    };
    let rights = Rights::of(&call.app, who, kind, item.id).await?;
    let rights = rights.ok_or_else(|| not_found(missing, what, item.id))?;
    if rights.may_give_away() {
        return Ok(());
    }
    Err(fail(
        forbidden,
        format!(
            "Only administrators, the owner of this {} and leaders of its project may do this.",
            what.to_lowercase()
        ),
    ))
}

/// Returns whether there is anything to refresh in an item.
pub(super) async fn has_extracts(call: &Call, who: &SiteUser, item: JobItem) -> Result<bool> {
    let (store, site) = (&call.app.store, who.site());
    Ok(match item.kind {
        JobItemKind::Datasource => {
            let source = store.datasource(site, DatasourceId(item.id)).await?;
            source.is_some_and(|source| source.has_extracts)
        }
        _ => {
            let workbook = store.workbook(site, WorkbookId(item.id)).await?;
            workbook.is_some_and(|workbook| workbook.has_extracts)
        }
    })
}

/// Reads what a task is to do, by the names of requests or those of answers.
pub(super) fn asked_type(asked: &types::ExtractRefresh) -> Result<Option<TaskType>> {
    let kind = asked.refresh_type.as_deref().map(task_type).transpose()?;
    Ok(match asked.incremental {
        Some(true) => Some(TaskType::IncrementalRefresh),
        Some(false) => kind.or(Some(TaskType::FullRefresh)),
        None => kind,
    })
}

fn task_type(text: &str) -> Result<TaskType> {
    match text {
        "FullRefresh" | "RefreshExtractTask" => Ok(TaskType::FullRefresh),
        "IncrementalRefresh" | "IncrementExtractTask" => Ok(TaskType::IncrementalRefresh),
        other => Err(bad_request(format!(
            "The type of an extractRefresh is FullRefresh or IncrementalRefresh, not '{other}'."
        ))),
    }
}
