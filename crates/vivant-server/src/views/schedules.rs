//! Schedules and tasks.

use vivant_model::{JobItem, JobItemKind, TaskType};
use vivant_store::{Schedule, Task};
use vivant_wire::{Timestamp, types};

use super::Shape;

/// `schedule` of the server, in full.
pub fn schedule_view(schedule: Schedule) -> types::Schedule {
    types::Schedule {
        execution_order: Some(schedule.execution_order.to_string()),
        frequency_details: Some(details(&schedule)),
        ..head(schedule)
    }
}

/// `schedule` in lists, which do not say when in detail.
pub fn listed_schedule_view(schedule: Schedule, shape: &Shape) -> types::Schedule {
    let order = shape.since(3, 8).then(|| schedule.execution_order.to_string());
    types::Schedule {
        execution_order: order,
        ..head(schedule)
    }
}

/// `schedule` of a task: one of the server's, or one that the task has for itself.
pub fn task_schedule_view(schedule: Schedule) -> types::Schedule {
    if schedule.is_system {
        return types::Schedule {
            frequency: Some(schedule.recurrence.frequency().to_string()),
            next_run_at: schedule.next_run_at.map(Timestamp),
            frequency_details: Some(details(&schedule)),
            ..types::Schedule::default()
        };
    }
    head(schedule)
}

/// `task` in answers about tasks.
pub fn task_view(task: Task, shape: &Shape) -> types::Task {
    types::Task {
        extract_refresh: Some(types::ExtractRefresh {
            // The 3.0 schema does not know it.
            last_run_at: task.last_run_at.filter(|_| shape.since(3, 2)).map(Timestamp),
            schedule: Some(task_schedule_view(task.schedule.clone())),
            ..task_head(&task, task_type(task.kind))
        }),
        ..types::Task::default()
    }
}

/// `task` in the answer of the method that made it.
pub fn new_task_view(task: &Task) -> types::Task {
    let schedule = &task.schedule;
    types::Task {
        extract_refresh: Some(types::ExtractRefresh {
            schedule: Some(types::Schedule {
                id: Some(schedule.id.0),
                name: Some(schedule.name.clone()),
                state: Some(schedule.state.to_string()),
                ..types::Schedule::default()
            }),
            ..task_head(task, task_type(task.kind))
        }),
        ..types::Task::default()
    }
}

/// `extractRefresh` of a task with a schedule of its own, which stands beside it.
pub fn own_task_view(task: &Task) -> types::ExtractRefresh {
    task_head(task, task.kind.as_str())
}

/// `extract` in the list of a schedule's tasks.
pub fn extract_view(task: Task) -> types::Extract {
    let (workbook, datasource) = item(task.item);
    types::Extract {
        id: Some(task.id.0),
        priority: Some(task.priority),
        refresh_type: Some(task.kind.to_string()),
        workbook,
        datasource,
    }
}

/// The type of a task.
///
/// Tableau: clients know these names; the 3.1 reference prints one of them as `REFRESH_EXTRACT`, too.
fn task_type(kind: TaskType) -> &'static str {
    match kind {
        TaskType::FullRefresh => "RefreshExtractTask",
        TaskType::IncrementalRefresh => "IncrementExtractTask",
    }
}

fn head(schedule: Schedule) -> types::Schedule {
    types::Schedule {
        id: Some(schedule.id.0),
        name: Some(schedule.name),
        state: Some(schedule.state.to_string()),
        priority: Some(schedule.priority),
        created_at: Some(Timestamp(schedule.created_at)),
        updated_at: Some(Timestamp(schedule.updated_at)),
        schedule_type: Some(schedule.kind.to_string()),
        frequency: Some(schedule.recurrence.frequency().to_string()),
        next_run_at: schedule.next_run_at.map(Timestamp),
        end_schedule_at: schedule.end_schedule_at.map(Timestamp),
        ..types::Schedule::default()
    }
}

fn details(schedule: &Schedule) -> types::FrequencyDetails {
    let recurrence = &schedule.recurrence;
    let interval = recurrence
        .intervals()
        .into_iter()
        .map(|interval| types::Interval {
            minutes: interval.minutes,
            hours: interval.hours,
            week_day: interval.week_day,
            month_day: interval.month_day,
        });
    let interval: Vec<types::Interval> = interval.collect();
    types::FrequencyDetails {
        start: Some(recurrence.start().to_string()),
        end: recurrence.end().map(|end| end.to_string()),
        intervals: (!interval.is_empty()).then_some(types::Intervals { interval }),
    }
}

fn task_head(task: &Task, refresh_type: &str) -> types::ExtractRefresh {
    let (workbook, datasource) = item(task.item);
    types::ExtractRefresh {
        id: Some(task.id.0),
        priority: Some(task.priority),
        consecutive_failed_count: Some(u64::try_from(task.consecutive_failures).unwrap_or(0)),
        refresh_type: Some(refresh_type.to_owned()),
        workbook,
        datasource,
        ..types::ExtractRefresh::default()
    }
}

fn item(item: JobItem) -> (Option<types::Workbook>, Option<types::Datasource>) {
    match item.kind {
        JobItemKind::Datasource => (
            None,
            Some(types::Datasource {
                id: Some(item.id.into()),
                ..types::Datasource::default()
            }),
        ),
        _ => (
            Some(types::Workbook {
                id: Some(item.id.into()),
                ..types::Workbook::default()
            }),
            None,
        ),
    }
}
