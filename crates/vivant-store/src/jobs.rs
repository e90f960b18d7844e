//! Jobs: a queue that survives its nodes, and what became of each job.
//!
//! A node claims jobs for a while, renews its lease while it works, and settles a job with its
//! effect in one transaction. A job whose node died comes back when its lease has run out; the node
//! that lost a lease can settle nothing any more.

mod queue;
mod rows;
mod run;

use vivant_model::{
    JobId, JobItem, JobKind, JobState, ScheduleId, SiteId, StatusNote, SubscriptionId, TaskId, UserId,
};

use self::queue::lock_lane;
pub(crate) use self::queue::{forget_site, insert, insert_all, lock_lanes};
use self::rows::load;
use self::run::end;
pub(crate) use self::run::settle;
use crate::content::Spooled;
use crate::db::{params, transact};
use crate::list::Rows;
use crate::select::Select;
use crate::{Error, Field, FieldKind, ListQuery, Millis, Page, Result, Store, What};

/// A job to be put into the queue.
pub struct NewJob {
    /// Its site.
    pub site: SiteId,
    /// What it does.
    pub kind: JobKind,
    /// Who asked for it; `None` is a schedule.
    pub created_by: Option<UserId>,
    /// From 1, which comes first, to 100.
    pub priority: i64,
    /// Jobs that share a key run one at a time, in the order in which they were made.
    pub serial_key: Option<String>,
    /// A second job with this key is refused until the first has ended.
    pub unique_key: Option<String>,
    /// What it is about.
    pub item: Option<JobItem>,
    /// Its title, as a rule the item's name.
    pub title: String,
    /// Its subtitle, as a rule the item's kind.
    pub subtitle: String,
    /// The schedule that it comes from.
    pub schedule: Option<ScheduleId>,
    /// The task that it comes from; the job's end is counted there.
    pub task: Option<TaskId>,
    /// The subscription that it comes from; the job's end is counted there.
    pub subscription: Option<SubscriptionId>,
    /// What the one who runs it needs to know; kept encrypted.
    pub payload: Vec<u8>,
    /// A file that it works on, kept until it ends.
    pub file: Option<Spooled>,
    /// How often it may be begun.
    pub max_attempts: u32,
    /// Not before this.
    pub run_at: Millis,
}

impl NewJob {
    /// A job with nothing but its kind: of usual priority, to be run at once, begun again twice at most.
    pub fn new(site: SiteId, kind: JobKind) -> Self {
        Self {
            site,
            kind,
            created_by: None,
            priority: vivant_model::job::DEFAULT_PRIORITY,
            serial_key: None,
            unique_key: None,
            item: None,
            title: String::new(),
            subtitle: String::new(),
            schedule: None,
            task: None,
            subscription: None,
            payload: Vec::new(),
            file: None,
            max_attempts: 3,
            run_at: 0,
        }
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its site.
    pub site_id: SiteId,
    /// What it does.
    pub kind: JobKind,
    /// How it stands.
    pub state: JobState,
    /// From 1, which comes first, to 100.
    pub priority: i64,
    /// Who asked for it.
    pub created_by: Option<UserId>,
    /// What it is about.
    pub item: Option<JobItem>,
    /// Its title.
    pub title: String,
    /// Its subtitle.
    pub subtitle: String,
    /// The schedule that it comes from.
    pub schedule: Option<ScheduleId>,
    /// The task that it comes from.
    pub task: Option<TaskId>,
    /// The subscription that it comes from.
    pub subscription: Option<SubscriptionId>,
    /// How often it was begun.
    pub attempt: u32,
    /// How often it may be begun.
    pub max_attempts: u32,
    /// Not before this.
    pub run_at: Millis,
    /// How far it is, in percent.
    pub progress: i64,
    /// Whether somebody asked for it to be stopped.
    pub cancel_asked: bool,
    /// When it was put into the queue.
    pub created_at: Millis,
    /// When it was begun, the last time.
    pub started_at: Option<Millis>,
    /// When something last changed.
    pub updated_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// What it has to say, in order.
    pub notes: Vec<String>,
    /// What it counted, in order.
    pub status_notes: Vec<StatusNote>,
    /// What came out of it.
    pub result: Option<JobItem>,
}

/// A job that this node is to run.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The job.
    pub job: Job,
    /// What its maker left for the one who runs it.
    pub payload: Vec<u8>,
    /// The right to run and settle it.
    pub lease: Lease,
}

/// The right to run and settle a job, as long as nobody else was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The job's site.
    pub site: SiteId,
    /// Names this one lease.
    token: String,
    /// The job's own, which never changes.
    serial_key: Option<String>,
}

/// What a node hears when it says that it still works on a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Whether the job is still this node's.
    pub held: bool,
    /// Whether somebody asked for it to be stopped.
    pub cancel_asked: bool,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `Success`, `Failed` or `Cancelled`.
    pub state: JobState,
    /// What it has to say.
    pub notes: Vec<String>,
    /// What it counted.
    pub status_notes: Vec<StatusNote>,
    /// What came out of it; `None` takes what the transaction made, if it made something.
    pub result: Option<JobItem>,
}

impl Outcome {
    /// The job did what it was to do.
    pub fn success(notes: Vec<String>, status_notes: Vec<StatusNote>, result: Option<JobItem>) -> Self {
        Self {
            state: JobState::Success,
            notes,
            status_notes,
            result,
        }
    }

    /// The job could not do it, and will not be tried again.
    pub fn failed(note: impl Into<String>) -> Self {
        Self {
            state: JobState::Failed,
            notes: vec![note.into()],
            status_notes: Vec::new(),
            result: None,
        }
    }

    /// The job was stopped.
    pub fn cancelled() -> Self {
        Self {
            state: JobState::Cancelled,
            notes: Vec::new(),
            status_notes: Vec::new(),
            result: None,
        }
    }
}

/// A job that is settled in the transaction of its effect: both happen or neither does. `None` for
/// an effect that belongs to no job.
pub type Fence<'a> = Option<(&'a Lease, Outcome)>;

const NOTES: Rows = Rows {
    table: "job_note n",
    of: "n.job_seq",
    item: "j.seq",
};

/// What lists of jobs are filtered and sorted by.
pub const FIELDS: &[Field] = &[
    Field::new("jobType", FieldKind::Text, "j.list_type"),
    Field::new("status", FieldKind::Text, "j.state"),
    Field::new("title", FieldKind::Text, "j.title"),
    Field::new("subtitle", FieldKind::Text, "j.subtitle"),
    Field::new("notes", FieldKind::Text, "n.text").rows(NOTES),
    // Tableau: the arguments of a job begin with the kind and id of what it is about; ours end there,
    // too, since the rest may be secret.
    Field::new(
        "args",
        FieldKind::Text,
        "COALESCE(j.item_kind || ' ' || j.item_id || ' ', '') || j.title",
    ),
    Field::new("priority", FieldKind::Int, "j.priority"),
    Field::new("progress", FieldKind::Int, "j.progress"),
    Field::new("createdAt", FieldKind::Time, "j.created_at"),
    Field::new("startedAt", FieldKind::Time, "j.started_at").nullable(),
    Field::new("completedAt", FieldKind::Time, "j.ended_at").nullable(),
    Field::new("endedAt", FieldKind::Time, "j.ended_at").nullable(),
];

/// What is done at once, at most.
const BATCH: i64 = 500;

impl Store {
    /// Puts a job into the queue. One whose `unique_key` is taken by a job that has not ended is
    /// refused as a conflict with that job.
    pub async fn enqueue(&self, new: NewJob, now: Millis) -> Result<Job> {
        let site = new.site;
        let id = self.enqueue_many(vec![new], now).await?.pop();
        let id = id.ok_or(Error::NotFound(What::Job))?;
        self.job(site, id).await?.ok_or(Error::NotFound(What::Job))
    }

    /// Puts jobs into the queue, all or none.
    pub async fn enqueue_many(&self, new: Vec<NewJob>, now: Millis) -> Result<Vec<JobId>> {
        let jobs = self.prepare(new, now).await?;
        let outcome: Result<_> = async {
            transact!(self.db(), |tx| {
                lock_lanes(&tx, &jobs).await?;
                insert_all(&tx, &jobs, now).await
            })
        }
        .await;
        match outcome {
            Ok(()) => Ok(jobs.iter().map(|job| job.id()).collect()),
            Err(error) => {
                self.abandon(&jobs, now).await;
                Err(error)
            }
        }
    }

    /// Cancels a job that waits, or asks for one to be stopped that is worked on. The answer is the
    /// job's new state; a job that has ended is [`Error::JobEnded`].
    pub async fn cancel_job(&self, site: SiteId, id: JobId, now: Millis) -> Result<JobState> {
        transact!(self.db(), |tx| {
            let sql = "SELECT serial_key FROM job WHERE site_id = ?1 AND id = ?2";
            let row = tx.row(sql, params![site, id]).await?;
            let serial_key = row.ok_or(Error::NotFound(What::Job))?.opt_text()?;
            lock_lane(&tx, serial_key.as_deref()).await?;
            // Asked for first: the row is then ours, and its state stays what it is.
            let sql = "UPDATE job SET cancel_asked = 1, updated_at = ?2 WHERE id = ?1 AND ended_at IS NULL RETURNING state";
            let Some(mut row) = tx.row(sql, params![id, now]).await? else {
                let row = tx.row("SELECT state FROM job WHERE id = ?1", params![id]).await?;
                let state = row.ok_or(Error::NotFound(What::Job))?.word(JobState::parse)?;
                return Err(Error::JobEnded(state));
            };
            match row.word(JobState::parse)? {
                JobState::Pending => {
                    end(&tx, "id = ?1", params![id], &Outcome::cancelled(), None, &[], now).await?;
                    Ok(JobState::Cancelled)
                }
                state => Ok(state),
            }
        })
    }

    /// Finds a job.
    pub async fn job(&self, site: SiteId, id: JobId) -> Result<Option<Job>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// Lists the jobs of a site, the latest first.
    pub async fn jobs(&self, site: SiteId, query: &ListQuery) -> Result<Page<Job>> {
        let conn = self.conn().await?;
        let mut select = Select::from("job j");
        let at = select.bind(site);
        select.and(format!("j.site_id = {at}"));
        let (ids, total) = select.page(&conn, FIELDS, query, "j.id", "j.seq DESC").await?;
        Ok(Page {
            items: load(&conn, site, &ids).await?,
            total,
        })
    }

    /// When the next job may be claimed: now, or at the earliest time that one waits for or that a
    /// lease runs out. `None` where the queue holds nothing.
    pub async fn next_job_at(&self, now: Millis) -> Result<Option<Millis>> {
        let sql = "SELECT (SELECT CAST(?1 AS BIGINT) FROM job WHERE stage = 0 ORDER BY priority LIMIT 1), \
             (SELECT MIN(run_at) FROM job WHERE stage = 1), \
             (SELECT MIN(lease_until) FROM job WHERE lease_until IS NOT NULL)";
        let row = self.conn().await?.row(sql, params![now]).await?;
        let mut row = row.ok_or_else(|| Error::Damaged("a query of the queue gave no row".to_owned()))?;
        let times = [row.opt_int()?, row.opt_int()?, row.opt_int()?];
        Ok(times.into_iter().flatten().min().map(|at| at.max(now)))
    }

    /// Forgets jobs that ended before a time; answers how many.
    pub async fn purge_jobs(&self, ended_before: Millis) -> Result<u64> {
        let mut purged = 0;
        loop {
            let some = transact!(self.db(), |tx| {
                let sql = "DELETE FROM job WHERE seq IN \
                     (SELECT seq FROM job WHERE ended_at IS NOT NULL AND ended_at < ?1 ORDER BY ended_at LIMIT ?2)";
                tx.execute(sql, params![ended_before, BATCH]).await
            })?;
            purged += some;
            if some < BATCH as u64 {
                return Ok(purged);
            }
        }
    }
}

/// What the payload of a job is bound to.
fn bound(id: JobId) -> String {
    format!("job {id}")
}
