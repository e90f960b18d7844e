//! Jobs: a queue that survives its nodes, and what became of each job.
//!
//! A node claims jobs for a while, renews its lease while it works, and settles a job with its
//! effect in one transaction. A job whose node died comes back when its lease has run out; the node
//! that lost a lease can settle nothing any more.

use vivant_model::{
    JobId, JobItem, JobKind, JobState, ScheduleId, SiteId, StatusNote, SubscriptionId, TaskId, UserId,
};

use crate::content::Spooled;
use crate::{Error, ListQuery, Millis, Page, Result, Store};

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
    /// A job with nothing but its kind: of usual priority, tried once, to be run at once.
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
            max_attempts: 1,
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
    pub(crate) token: String,
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

/// What lists of jobs are filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];

impl Store {
    /// Puts a job into the queue. One whose `unique_key` is taken by a job that has not ended is
    /// refused as a conflict with that job.
    pub async fn enqueue(&self, new: NewJob, now: Millis) -> Result<Job> {
        let _ = (new, now);
        Err(unwritten())
    }

    /// Puts jobs into the queue, all or none.
    pub async fn enqueue_many(&self, new: Vec<NewJob>, now: Millis) -> Result<Vec<JobId>> {
        let _ = (new, now);
        Err(unwritten())
    }

    /// Takes jobs to run, the least priority first and then the oldest: those whose turn it is, and
    /// those whose node let its lease run out. What was begun too often ends as failed.
    pub async fn claim(&self, limit: usize, lease_ms: Millis, now: Millis) -> Result<Vec<Claimed>> {
        let _ = (limit, lease_ms, now);
        Err(unwritten())
    }

    /// Says that a job is still worked on, and how far it is.
    pub async fn renew(
        &self,
        lease: &Lease,
        progress: Option<i64>,
        lease_ms: Millis,
        now: Millis,
    ) -> Result<Renewal> {
        let _ = (lease, progress, lease_ms, now);
        Err(unwritten())
    }

    /// Adds to what a running job has to say.
    pub async fn add_job_note(&self, lease: &Lease, text: &str, now: Millis) -> Result<()> {
        let _ = (lease, text, now);
        Err(unwritten())
    }

    /// The file that came with a running job.
    pub async fn job_file(&self, lease: &Lease) -> Result<Option<Spooled>> {
        let _ = lease;
        Err(unwritten())
    }

    /// Ends a job that has no effect in the store, or none that is left to be done.
    pub async fn finish(&self, lease: &Lease, outcome: Outcome, now: Millis) -> Result<()> {
        let _ = (lease, outcome, now);
        Err(unwritten())
    }

    /// Puts a running job back into the queue, to be begun again at a time. One that was begun as
    /// often as it may be ends as failed.
    pub async fn retry_later(
        &self,
        lease: &Lease,
        run_at: Millis,
        note: Option<&str>,
        now: Millis,
    ) -> Result<()> {
        let _ = (lease, run_at, note, now);
        Err(unwritten())
    }

    /// Gives a running job back as if it had not been begun: the node stops.
    pub async fn release(&self, lease: &Lease, now: Millis) -> Result<()> {
        let _ = (lease, now);
        Err(unwritten())
    }

    /// Cancels a job that waits, or asks for one to be stopped that is worked on. The answer is the
    /// job's new state; a job that has ended is [`Error::JobEnded`].
    pub async fn cancel_job(&self, site: SiteId, id: JobId, now: Millis) -> Result<JobState> {
        let _ = (site, id, now);
        Err(unwritten())
    }

    /// Finds a job.
    pub async fn job(&self, site: SiteId, id: JobId) -> Result<Option<Job>> {
        let _ = (site, id);
        Err(unwritten())
    }

    /// Lists the jobs of a site, the latest first.
    pub async fn jobs(&self, site: SiteId, query: &ListQuery) -> Result<Page<Job>> {
        let _ = (site, query);
        Err(unwritten())
    }

    /// When the next job may be claimed, if none can be now: the earliest time that one waits for, or
    /// that a lease runs out. `None` where the queue holds nothing.
    pub async fn next_job_at(&self, now: Millis) -> Result<Option<Millis>> {
        let _ = now;
        Err(unwritten())
    }

    /// Forgets jobs that ended before a time; answers how many.
    pub async fn purge_jobs(&self, ended_before: Millis) -> Result<u64> {
        let _ = ended_before;
        Err(unwritten())
    }
}

pub(crate) fn unwritten() -> Error {
    Error::backend("this part of the store is not written yet")
}
