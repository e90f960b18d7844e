//! Schedules of the server: when the tasks and subscriptions that hang on them come due.
//!
//! The rules of intervals and the next time are computed outside; a schedule keeps both as it is
//! told, and fires each time once, however many nodes try.

use vivant_model::{ExecutionOrder, JobId, ScheduleId, ScheduleState, ScheduleType};

use crate::jobs::{NewJob, unwritten};
use crate::{ListQuery, Millis, Page, Result, Store};

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Its name, unique on the server without regard to case.
    pub name: String,
    /// Whether it fires.
    pub state: ScheduleState,
    /// What hangs on it.
    pub kind: ScheduleType,
    /// The priority of its jobs, from 1, which comes first, to 100.
    pub priority: i64,
    /// How its jobs stand to each other.
    pub execution_order: ExecutionOrder,
    /// `Hourly`, `Daily`, `Weekly` or `Monthly`.
    pub frequency: String,
    /// When it fires, in the form that its maker reads.
    pub recurrence: String,
    /// Whether the server itself made it.
    pub is_system: bool,
    /// When it fires next; `None` if never.
    pub next_run_at: Option<Millis>,
    /// When it ends.
    pub end_schedule_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed or fired.
    pub updated_at: Millis,
}

/// A schedule to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchedule {
    /// Its name.
    pub name: String,
    /// Whether it fires.
    pub state: ScheduleState,
    /// What hangs on it.
    pub kind: ScheduleType,
    /// The priority of its jobs.
    pub priority: i64,
    /// How its jobs stand to each other.
    pub execution_order: ExecutionOrder,
    /// `Hourly`, `Daily`, `Weekly` or `Monthly`.
    pub frequency: String,
    /// When it fires, in the form that its maker reads.
    pub recurrence: String,
    /// Whether the server itself makes it.
    pub is_system: bool,
    /// When it fires first.
    pub next_run_at: Option<Millis>,
    /// When it ends.
    pub end_schedule_at: Option<Millis>,
}

/// What to change of a schedule; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleChanges {
    /// The name.
    pub name: Option<String>,
    /// Whether it fires.
    pub state: Option<ScheduleState>,
    /// The priority of its jobs; those of its tasks that had the old one follow.
    pub priority: Option<i64>,
    /// How its jobs stand to each other.
    pub execution_order: Option<ExecutionOrder>,
    /// The frequency.
    pub frequency: Option<String>,
    /// When it fires.
    pub recurrence: Option<String>,
    /// When it fires next; `Some(None)` is never.
    pub next_run_at: Option<Option<Millis>>,
    /// When it ends; `Some(None)` is never.
    pub end_schedule_at: Option<Option<Millis>>,
}

/// What came of firing a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Whether this node fired it; else another one did, or it was changed meanwhile.
    pub fired: bool,
    /// The jobs that were put into the queue.
    pub jobs: Vec<JobId>,
    /// How many were left out, since the job before has not ended.
    pub skipped: u64,
}

/// What lists of schedules are filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];

impl Store {
    /// Makes a schedule.
    pub async fn create_schedule(&self, new: NewSchedule, now: Millis) -> Result<Schedule> {
        let _ = (new, now);
        Err(unwritten())
    }

    /// Finds a schedule.
    pub async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>> {
        let _ = id;
        Err(unwritten())
    }

    /// Finds a schedule by its name, without regard to case.
    pub async fn schedule_by_name(&self, schedule_name: &str) -> Result<Option<Schedule>> {
        let _ = schedule_name;
        Err(unwritten())
    }

    /// Lists the schedules of the server.
    pub async fn schedules(&self, query: &ListQuery) -> Result<Page<Schedule>> {
        let _ = query;
        Err(unwritten())
    }

    /// Changes a schedule.
    pub async fn update_schedule(
        &self,
        id: ScheduleId,
        changes: ScheduleChanges,
        now: Millis,
    ) -> Result<Schedule> {
        let _ = (id, changes, now);
        Err(unwritten())
    }

    /// Deletes a schedule with the tasks and subscriptions that hang on it; jobs that wait stay.
    pub async fn delete_schedule(&self, id: ScheduleId, now: Millis) -> Result<()> {
        let _ = (id, now);
        Err(unwritten())
    }

    /// The active schedules whose time has come, the earliest first.
    pub async fn due_schedules(&self, now: Millis, limit: usize) -> Result<Vec<Schedule>> {
        let _ = (now, limit);
        Err(unwritten())
    }

    /// When the next active schedule comes due.
    pub async fn next_schedule_at(&self) -> Result<Option<Millis>> {
        Err(unwritten())
    }

    /// Fires a schedule once: its next time moves on and its jobs go into the queue in one
    /// transaction, unless its next time is not the expected one any more. Jobs whose `unique_key`
    /// is taken are left out.
    pub async fn fire_schedule(
        &self,
        id: ScheduleId,
        expected_next_run: Millis,
        new_next_run: Option<Millis>,
        jobs: Vec<NewJob>,
        now: Millis,
    ) -> Result<Fired> {
        let _ = (id, expected_next_run, new_next_run, jobs, now);
        Err(unwritten())
    }
}
