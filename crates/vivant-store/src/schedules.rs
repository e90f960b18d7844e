//! Schedules of the server: when the tasks and subscriptions that hang on them come due.
//!
//! The rules of intervals and the next time are computed outside; a schedule keeps both as it is
//! told, and fires each time once, however many nodes try.

use vivant_model::{ExecutionOrder, JobId, Recurrence, ScheduleId, ScheduleState, ScheduleType, name};

use crate::db::{Conn, Row, params, transact};
use crate::jobs::{self, NewJob};
use crate::secrets::new_id;
use crate::select::Select;
use crate::store::in_order;
use crate::{Error, Field, FieldKind, ListQuery, Millis, Page, Result, Store, What};

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
    /// When it fires.
    pub recurrence: Recurrence,
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
    /// When it fires.
    pub recurrence: Recurrence,
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
    /// When it fires; its next time is to be given along.
    pub recurrence: Option<Recurrence>,
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
pub const FIELDS: &[Field] = &[
    Field::name("name", "h.name", "h.name_key"),
    Field::new("state", FieldKind::Text, "h.state"),
    Field::new("type", FieldKind::Text, "h.kind"),
    Field::new("frequency", FieldKind::Text, "h.frequency"),
    Field::new("executionOrder", FieldKind::Text, "h.execution_order"),
    Field::new("priority", FieldKind::Int, "h.priority"),
    Field::new("createdAt", FieldKind::Time, "h.created_at"),
    Field::new("updatedAt", FieldKind::Time, "h.updated_at"),
    Field::new("nextRunAt", FieldKind::Time, "h.next_run_at").nullable(),
    Field::new("endScheduleAt", FieldKind::Time, "h.end_schedule_at").nullable(),
];

impl Store {
    /// Makes a schedule.
    pub async fn create_schedule(&self, new: NewSchedule, now: Millis) -> Result<Schedule> {
        let id = transact!(self.db(), |tx| { insert(&tx, &new, now).await })?;
        self.schedule(id).await?.ok_or(Error::NotFound(What::Schedule))
    }

    /// Finds a schedule.
    pub async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>> {
        let conn = self.conn().await?;
        Ok(load(&conn, &[id.to_string()]).await?.pop())
    }

    /// Finds a schedule by its name, without regard to case.
    pub async fn schedule_by_name(&self, schedule_name: &str) -> Result<Option<Schedule>> {
        let conn = self.conn().await?;
        match find(&conn, schedule_name).await? {
            Some(id) => Ok(load(&conn, &[id.to_string()]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Lists the schedules of the server, without those that one task has for itself.
    pub async fn schedules(&self, query: &ListQuery) -> Result<Page<Schedule>> {
        self.list_schedules(query, "h.is_system = 0").await
    }

    /// Lists all schedules, whomever they belong to.
    pub async fn every_schedule(&self, query: &ListQuery) -> Result<Page<Schedule>> {
        self.list_schedules(query, "h.is_system IN (0, 1)").await
    }

    async fn list_schedules(&self, query: &ListQuery, which: &str) -> Result<Page<Schedule>> {
        let conn = self.conn().await?;
        let mut select = Select::from("schedule h");
        select.and(which.to_owned());
        let (ids, total) = select
            .page(&conn, FIELDS, query, "h.id", "h.created_at, h.id")
            .await?;
        Ok(Page {
            items: load(&conn, &ids).await?,
            total,
        })
    }

    /// Changes a schedule.
    pub async fn update_schedule(
        &self,
        id: ScheduleId,
        changes: ScheduleChanges,
        now: Millis,
    ) -> Result<Schedule> {
        transact!(self.db(), |tx| {
            let old = lock(&tx, id).await?;
            if let Some(new_name) = &changes.name {
                refuse_taken(&tx, new_name, Some(id)).await?;
            }
            let new_name = changes.name.as_ref().unwrap_or(&old.name);
            let recurrence = changes.recurrence.unwrap_or(old.recurrence);
            let sql = "UPDATE schedule SET name = ?2, name_key = ?3, state = ?4, priority = ?5, execution_order = ?6, \
                 frequency = ?7, recurrence = ?8, next_run_at = ?9, end_schedule_at = ?10, updated_at = ?11 WHERE id = ?1";
            let priority = changes.priority.unwrap_or(old.priority);
            tx.execute(
                sql,
                params![
                    id,
                    new_name,
                    name::key(new_name),
                    changes.state.unwrap_or(old.state).as_str(),
                    priority,
                    changes.execution_order.unwrap_or(old.execution_order).as_str(),
                    recurrence.frequency().as_str(),
                    recurrence.to_string(),
                    changes.next_run_at.unwrap_or(old.next_run_at),
                    changes.end_schedule_at.unwrap_or(old.end_schedule_at),
                    now,
                ],
            )
            .await?;
            let sql = "UPDATE task SET priority = ?3 WHERE schedule_id = ?1 AND priority = ?2";
            tx.execute(sql, params![id, old.priority, priority])
                .await
                .map(drop)
        })?;
        self.schedule(id).await?.ok_or(Error::NotFound(What::Schedule))
    }

    /// Deletes a schedule with the tasks and subscriptions that hang on it; jobs that wait stay.
    pub async fn delete_schedule(&self, id: ScheduleId) -> Result<()> {
        let deleted = transact!(self.db(), |tx| {
            tx.execute("DELETE FROM schedule WHERE id = ?1", params![id])
                .await
        })?;
        match deleted {
            0 => Err(Error::NotFound(What::Schedule)),
            _ => Ok(()),
        }
    }

    /// The active schedules whose time has come, the earliest first.
    pub async fn due_schedules(&self, now: Millis, limit: usize) -> Result<Vec<Schedule>> {
        let conn = self.conn().await?;
        let sql = "SELECT id FROM schedule WHERE state = 'Active' AND next_run_at <= ?1 ORDER BY next_run_at, id LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids = conn
            .query(sql, params![now, limit])
            .await?
            .into_iter()
            .map(|mut row| row.text())
            .collect::<Result<Vec<_>>>()?;
        load(&conn, &ids).await
    }

    /// When the next active schedule comes due.
    pub async fn next_schedule_at(&self) -> Result<Option<Millis>> {
        let sql = "SELECT MIN(next_run_at) FROM schedule WHERE state = 'Active'";
        match self.conn().await?.row(sql, params![]).await? {
            Some(mut row) => row.opt_int(),
            None => Ok(None),
        }
    }

    /// Fires a schedule once: its next time moves on and its jobs go into the queue in one
    /// transaction, unless it is suspended or its next time is not the expected one any more. Jobs
    /// whose `unique_key` is taken are left out.
    pub async fn fire_schedule(
        &self,
        id: ScheduleId,
        expected_next_run: Millis,
        new_next_run: Option<Millis>,
        jobs: Vec<NewJob>,
        now: Millis,
    ) -> Result<Fired> {
        let jobs = self.prepare(jobs, now).await?;
        let outcome: Result<Fired> = async {
            transact!(self.db(), |tx| {
                let mut fired = Fired {
                    fired: false,
                    jobs: Vec::new(),
                    skipped: 0,
                };
                let sql = "UPDATE schedule SET next_run_at = ?3, updated_at = ?4 \
                     WHERE id = ?1 AND next_run_at = ?2 AND state = 'Active'";
                let params = params![id, expected_next_run, new_next_run, now];
                if tx.execute(sql, params).await? == 0 {
                    return Ok(fired);
                }
                fired.fired = true;
                jobs::lock_lanes(&tx, &jobs).await?;
                for job in &jobs {
                    match jobs::insert(&tx, job, now).await? {
                        Some(_) => fired.skipped += 1,
                        None => fired.jobs.push(job.id()),
                    }
                }
                Ok(fired)
            })
        }
        .await;
        // Files of jobs that were left out, or of all.
        match &outcome {
            Ok(fired) if fired.jobs.len() == jobs.len() => {}
            _ => self.abandon(&jobs, now).await,
        }
        outcome
    }
}

/// Makes a schedule within a transaction.
pub(crate) async fn insert(tx: &Conn, new: &NewSchedule, now: Millis) -> Result<ScheduleId> {
    let id: ScheduleId = new_id()?;
    refuse_taken(tx, &new.name, None).await?;
    let sql = "INSERT INTO schedule (id, name, name_key, state, kind, priority, execution_order, frequency, \
         recurrence, is_system, next_run_at, end_schedule_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)";
    tx.execute(
        sql,
        params![
            id,
            &new.name,
            name::key(&new.name),
            new.state.as_str(),
            new.kind.as_str(),
            new.priority,
            new.execution_order.as_str(),
            new.recurrence.frequency().as_str(),
            new.recurrence.to_string(),
            new.is_system,
            new.next_run_at,
            new.end_schedule_at,
            now,
        ],
    )
    .await?;
    Ok(id)
}

/// Locks a schedule and makes sure that it is there.
async fn lock(tx: &Conn, id: ScheduleId) -> Result<Schedule> {
    if !tx.is_sqlite() {
        let sql = "SELECT 1 FROM schedule WHERE id = ?1 FOR NO KEY UPDATE";
        tx.row(sql, params![id]).await?;
    }
    let found = load(tx, &[id.to_string()]).await?.pop();
    found.ok_or(Error::NotFound(What::Schedule))
}

/// Makes sure that a schedule is there and one of a type.
pub(crate) async fn require(conn: &Conn, id: ScheduleId, kind: ScheduleType) -> Result<Schedule> {
    let found = load(conn, &[id.to_string()]).await?.pop();
    let schedule = found.ok_or(Error::NotFound(What::Schedule))?;
    match schedule.kind == kind {
        true => Ok(schedule),
        false => Err(Error::WrongSchedule(schedule.kind)),
    }
}

async fn find(conn: &Conn, schedule_name: &str) -> Result<Option<ScheduleId>> {
    let sql = "SELECT id FROM schedule WHERE name_key = ?1";
    let row = conn.row(sql, params![name::key(schedule_name)]).await?;
    row.map(|mut row| row.id()).transpose()
}

async fn refuse_taken(tx: &Conn, schedule_name: &str, except: Option<ScheduleId>) -> Result<()> {
    match find(tx, schedule_name).await? {
        Some(id) if Some(id) != except => Err(Error::conflict(What::Schedule, Some(id.0), schedule_name)),
        _ => Ok(()),
    }
}

/// The columns that [`read`] reads, of the schedule `h`.
pub(crate) const COLUMNS: &str = "h.id, h.name, h.state, h.kind, h.priority, h.execution_order, h.recurrence, \
     h.is_system, h.next_run_at, h.end_schedule_at, h.created_at, h.updated_at";

pub(crate) fn read(row: &mut Row) -> Result<Schedule> {
    Ok(Schedule {
        id: row.id()?,
        name: row.text()?,
        state: row.word(ScheduleState::parse)?,
        kind: row.word(ScheduleType::parse)?,
        priority: row.int()?,
        execution_order: row.word(ExecutionOrder::parse)?,
        recurrence: row.word(|text| Recurrence::from_text(text).ok())?,
        is_system: row.bool()?,
        next_run_at: row.opt_int()?,
        end_schedule_at: row.opt_int()?,
        created_at: row.int()?,
        updated_at: row.int()?,
    })
}

async fn load(conn: &Conn, ids: &[String]) -> Result<Vec<Schedule>> {
    let sql = format!("SELECT {COLUMNS} FROM schedule h WHERE h.id IN LIST(?1)");
    let rows = conn.query(&sql, params![ids.to_vec()]).await?;
    let schedules = rows
        .into_iter()
        .map(|mut row| read(&mut row))
        .collect::<Result<Vec<_>>>()?;
    Ok(in_order(ids, schedules, |schedule| schedule.id.to_string()))
}
