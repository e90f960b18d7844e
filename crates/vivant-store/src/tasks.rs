//! Tasks: what a schedule does to a workbook or data source. They go with their item and schedule.

use vivant_model::{JobItem, ScheduleId, SiteId, TaskId, TaskType, UserId};

use crate::jobs::unwritten;
use crate::{Caller, ListQuery, Millis, Page, Result, Schedule, Store};

/// A task that refreshes the extracts of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its site.
    pub site_id: SiteId,
    /// Its schedule.
    pub schedule: Schedule,
    /// The workbook or data source.
    pub item: JobItem,
    /// The item's name.
    pub item_name: String,
    /// The item's owner.
    pub owner: UserId,
    /// What it does.
    pub kind: TaskType,
    /// The priority of its jobs, from 1, which comes first, to 100.
    pub priority: i64,
    /// How many of its jobs failed in a row.
    pub consecutive_failures: i64,
    /// When its last job ended.
    pub last_run_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
}

/// A task to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// Its site.
    pub site: SiteId,
    /// Its schedule, which must be one of extracts.
    pub schedule: ScheduleId,
    /// The workbook or data source.
    pub item: JobItem,
    /// What it does.
    pub kind: TaskType,
    /// The priority of its jobs; `None` is the schedule's.
    pub priority: Option<i64>,
}

/// Which tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Of one schedule.
    pub schedule: Option<ScheduleId>,
    /// Of one item.
    pub item: Option<JobItem>,
}

impl Store {
    /// Makes a task. An item has one task of a kind on a schedule: a second one is a conflict with the
    /// first.
    pub async fn create_task(&self, new: NewTask, now: Millis) -> Result<Task> {
        let _ = (new, now);
        Err(unwritten())
    }

    /// Finds a task.
    pub async fn task(&self, site: SiteId, id: TaskId) -> Result<Option<Task>> {
        let _ = (site, id);
        Err(unwritten())
    }

    /// Lists the tasks of the caller's site that the caller may see: administrators all, others
    /// those of items that they own or whose project they lead. Of the query the page counts alone.
    pub async fn tasks(&self, caller: &Caller, which: TaskFilter, query: &ListQuery) -> Result<Page<Task>> {
        let _ = (caller, which, query);
        Err(unwritten())
    }

    /// All tasks of a schedule on sites that are active, the oldest first.
    pub async fn tasks_of_schedule(&self, schedule: ScheduleId) -> Result<Vec<Task>> {
        let _ = schedule;
        Err(unwritten())
    }

    /// Deletes a task.
    pub async fn delete_task(&self, site: SiteId, id: TaskId) -> Result<()> {
        let _ = (site, id);
        Err(unwritten())
    }
}
