//! Jobs: a queue that survives its nodes, and what became of each job.
//!
//! A node claims jobs for a while, renews its lease while it works, and settles a job with its
//! effect in one transaction. A job whose node died comes back when its lease has run out; the node
//! that lost a lease can settle nothing any more.

use std::collections::HashMap;

use vivant_model::{
    JobId, JobItem, JobItemKind, JobKind, JobState, ScheduleId, SiteId, StatusNote, SubscriptionId, TaskId,
    UserId,
};

use crate::blobs::{self, Blob};
use crate::content::Spooled;
use crate::db::{Conn, Row, Value, params, transact};
use crate::list::Rows;
use crate::secrets::{hex, new_id, random};
use crate::select::Select;
use crate::store::in_order;
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

/// What a job has to say is kept up to this length, in bytes, and this number.
const NOTE_BYTES: usize = 10_000;
const NOTES_OF_A_JOB: i64 = 1_000;
/// What is done at once, at most.
const BATCH: i64 = 500;

const LOST: &str = "The node that ran the job stopped answering.";

/// A job that is ready to become a row.
pub(crate) struct Prepared {
    new: NewJob,
    id: JobId,
    payload: Vec<u8>,
    blob: Option<Blob>,
}

impl Prepared {
    pub(crate) fn id(&self) -> JobId {
        self.id
    }
}

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
                for job in &jobs {
                    if let Some(holder) = insert(&tx, job, now).await? {
                        return Err(Error::conflict(What::Job, Some(holder.0), &job.new.title));
                    }
                }
                Ok(())
            })
        }
        .await;
        match outcome {
            Ok(()) => Ok(jobs.iter().map(|job| job.id).collect()),
            Err(error) => {
                self.abandon(&jobs, now).await;
                Err(error)
            }
        }
    }

    /// Takes jobs to run, the least priority first and then the oldest: those whose turn it is, and
    /// those whose node let its lease run out. What was begun too often ends as failed.
    pub async fn claim(&self, limit: usize, lease_ms: Millis, now: Millis) -> Result<Vec<Claimed>> {
        let limit = i64::try_from(limit).unwrap_or(BATCH).min(BATCH);
        // An idle queue is asked again and again, and needs no transaction that writes. The least of
        // each stands first in an index; whether there is one at all PostgreSQL would rather look up in
        // the table, behind all jobs that have ended.
        let conn = self.conn().await?;
        let sql = "SELECT (SELECT MIN(lease_until) FROM job WHERE lease_until IS NOT NULL), \
             (SELECT MIN(run_at) FROM job WHERE stage = 1), (SELECT MIN(priority) FROM job WHERE stage = 0)";
        let row = conn.row(sql, params![]).await?;
        drop(conn);
        let mut row = row.ok_or_else(|| Error::Damaged("a query of the queue gave no row".to_owned()))?;
        let expired = row.opt_int()?.is_some_and(|until| until <= now);
        let due = row.opt_int()?.is_some_and(|run_at| run_at <= now);
        let ready = row.opt_int()?.is_some();
        if expired {
            self.take_back(now).await?;
        }
        if limit == 0 || !(expired || due || ready) {
            return Ok(Vec::new());
        }
        let token = hex(&random::<16>()?);
        let mut rows = transact!(self.db(), |tx| {
            let skip = match tx.is_sqlite() {
                true => "",
                false => " FOR UPDATE SKIP LOCKED",
            };
            if due {
                let sql = format!(
                    "SELECT seq FROM job WHERE stage = 1 AND run_at <= ?1 ORDER BY run_at LIMIT ?2{skip}"
                );
                let due = numbers(tx.query(&sql, params![now, BATCH]).await?)?;
                tx.execute(
                    "UPDATE job SET stage = 0 WHERE seq IN LIST(?1)",
                    &[Value::Ints(due)],
                )
                .await?;
            }
            let sql = format!("SELECT seq FROM job WHERE stage = 0 ORDER BY priority, seq LIMIT ?1{skip}");
            let chosen = numbers(tx.query(&sql, params![limit]).await?)?;
            let sql = format!(
                "UPDATE job SET state = 'InProgress', stage = NULL, attempts = attempts + 1, node = ?2, lease = ?3, \
                 lease_until = ?4, started_at = ?5, updated_at = ?5, progress = 0 WHERE seq IN LIST(?1) \
                 RETURNING {COLUMNS}, seq, serial_key, payload"
            );
            let params = [
                Value::Ints(chosen),
                self.inner.node.as_str().into(),
                token.as_str().into(),
                (now + lease_ms).into(),
                now.into(),
            ];
            let mut claimed = Vec::new();
            for mut row in tx.query(&sql, &params).await? {
                let job = read(&mut row)?;
                claimed.push((job, row.int()?, row.opt_text()?, row.opt_blob()?));
            }
            Ok(claimed)
        })?;
        rows.sort_by_key(|(job, seq, ..)| (job.priority, *seq));
        let mut claimed = Vec::new();
        for (job, _, serial_key, sealed) in rows {
            let lease = Lease {
                job: job.id,
                site: job.site_id,
                token: token.clone(),
                serial_key,
            };
            match self
                .inner
                .vault
                .decrypt(&bound(job.id), &sealed.unwrap_or_default())
            {
                Some(payload) => claimed.push(Claimed {
                    job,
                    payload: payload.to_vec(),
                    lease,
                }),
                // It would only come back and stand in the way of the others.
                None => {
                    let note =
                        "What the job is about cannot be read back; the installation key may be another one.";
                    self.finish(&lease, Outcome::failed(note), now).await?;
                }
            }
        }
        Ok(claimed)
    }

    /// Says that a job is still worked on, and how far it is.
    pub async fn renew(
        &self,
        lease: &Lease,
        progress: Option<i64>,
        lease_ms: Millis,
        now: Millis,
    ) -> Result<Renewal> {
        let progress = progress.map(|percent| percent.clamp(0, 100));
        transact!(self.db(), |tx| {
            let sql = "UPDATE job SET lease_until = ?3, progress = COALESCE(?4, progress), updated_at = ?5 \
                 WHERE id = ?1 AND lease = ?2 RETURNING cancel_asked";
            let params = params![lease.job, lease.token.as_str(), now + lease_ms, progress, now];
            Ok(match tx.row(sql, params).await? {
                Some(mut row) => Renewal {
                    held: true,
                    cancel_asked: row.bool()?,
                },
                None => Renewal {
                    held: false,
                    cancel_asked: false,
                },
            })
        })
    }

    /// Adds to what a running job has to say.
    pub async fn add_job_note(&self, lease: &Lease, text: &str, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE job SET updated_at = ?3 WHERE id = ?1 AND lease = ?2 RETURNING seq";
            let row = tx.row(sql, params![lease.job, lease.token.as_str(), now]).await?;
            let seq = row.ok_or(Error::LeaseLost)?.int()?;
            write_notes(&tx, seq, &[text.to_owned()], &[]).await
        })
    }

    /// The file that came with a running job.
    pub async fn job_file(&self, lease: &Lease) -> Result<Option<Spooled>> {
        let sql = "SELECT blob_key FROM job WHERE id = ?1 AND lease = ?2";
        let conn = self.conn().await?;
        let row = conn.row(sql, params![lease.job, lease.token.as_str()]).await?;
        drop(conn);
        match row.ok_or(Error::LeaseLost)?.opt_text()? {
            Some(key) => self.content().fetch(&key).await.map(Some),
            None => Ok(None),
        }
    }

    /// Ends a job that has no effect in the store, or none that is left to be done.
    pub async fn finish(&self, lease: &Lease, outcome: Outcome, now: Millis) -> Result<()> {
        let fence = Some((lease, outcome));
        transact!(self.db(), |tx| { settle(&tx, &fence, None, &[], now).await })
    }

    /// Puts a running job back into the queue, to be begun again at a time. One that was begun as
    /// often as it may be ends as failed, and one that somebody cancelled as cancelled.
    pub async fn retry_later(
        &self,
        lease: &Lease,
        run_at: Millis,
        note: Option<&str>,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            let by_lease = "id = ?1 AND lease = ?2";
            let params = params![lease.job, lease.token.as_str()];
            lock_lane(&tx, lease.serial_key.as_deref()).await?;
            match put_back(&tx, by_lease, params, run_at, note, now).await? {
                true => Ok(()),
                false => Err(Error::LeaseLost),
            }
        })
    }

    /// Gives a running job back as if it had not been begun: the node stops.
    pub async fn release(&self, lease: &Lease, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            lock_lane(&tx, lease.serial_key.as_deref()).await?;
            let sql = "UPDATE job SET state = 'Pending', stage = 0, attempts = attempts - 1, node = NULL, lease = NULL, \
                 lease_until = NULL, progress = 0, updated_at = ?3 WHERE id = ?1 AND lease = ?2 AND cancel_asked = 0";
            let params = params![lease.job, lease.token.as_str(), now];
            if tx.execute(sql, params).await? > 0 {
                return Ok(());
            }
            let (by_lease, outcome) = ("id = ?1 AND lease = ?2", Outcome::cancelled());
            match end(&tx, by_lease, &params[..2], &outcome, None, &[], now).await? {
                true => Ok(()),
                false => Err(Error::LeaseLost),
            }
        })
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

    /// Stores the files of jobs and seals what they are about.
    pub(crate) async fn prepare(&self, new: Vec<NewJob>, now: Millis) -> Result<Vec<Prepared>> {
        let mut jobs = Vec::with_capacity(new.len());
        for mut new in new {
            let outcome = self.prepare_one(&mut new, now).await;
            match outcome {
                Ok((id, payload, blob)) => jobs.push(Prepared {
                    new,
                    id,
                    payload,
                    blob,
                }),
                Err(error) => {
                    self.abandon(&jobs, now).await;
                    return Err(error);
                }
            }
        }
        Ok(jobs)
    }

    async fn prepare_one(&self, new: &mut NewJob, now: Millis) -> Result<(JobId, Vec<u8>, Option<Blob>)> {
        let id: JobId = new_id()?;
        let payload = self.inner.vault.encrypt(&bound(id), &new.payload)?;
        let blob = match new.file.take() {
            Some(file) => {
                let seal = self.encrypts_early(new.site).await?;
                Some(self.store_file(file, seal, now).await?)
            }
            None => None,
        };
        Ok((id, payload, blob))
    }

    /// Gives up the files of jobs that did not become rows.
    pub(crate) async fn abandon(&self, jobs: &[Prepared], now: Millis) {
        for blob in jobs.iter().filter_map(|job| job.blob.as_ref()) {
            self.give_up(blob, now).await;
        }
    }

    /// Takes back the jobs whose lease ran out, each in a transaction of its own, so that nobody
    /// waits for two.
    async fn take_back(&self, now: Millis) -> Result<()> {
        let sql =
            "SELECT id, lease, serial_key FROM job WHERE lease_until <= ?1 ORDER BY lease_until LIMIT ?2";
        let rows = self.conn().await?.query(sql, params![now, BATCH]).await?;
        for mut row in rows {
            let (id, lease, serial_key) = (row.text()?, row.text()?, row.opt_text()?);
            transact!(self.db(), |tx| {
                lock_lane(&tx, serial_key.as_deref()).await?;
                let expired = "id = ?1 AND lease = ?2 AND lease_until <= ?3";
                let params = params![id.as_str(), lease.as_str(), now];
                put_back(&tx, expired, params, now, Some(LOST), now).await
            })?;
        }
        Ok(())
    }

    /// Lets the leases of an earlier process run out: this one is alone with the queue.
    pub(crate) async fn expire_leases(&self) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE job SET lease_until = 0 WHERE lease_until IS NOT NULL";
            tx.execute(sql, params![]).await.map(drop)
        })
    }
}

/// Settles the job of a fence, if there is one, in the transaction of its effect; `made` is what
/// came of that. Called last, so that locks are taken in one order.
pub(crate) async fn settle(
    tx: &Conn,
    fence: &Fence<'_>,
    made: Option<JobItem>,
    counts: &[StatusNote],
    now: Millis,
) -> Result<()> {
    let Some((lease, outcome)) = fence else {
        return Ok(());
    };
    lock_lane(tx, lease.serial_key.as_deref()).await?;
    let params = params![lease.job, lease.token.as_str()];
    match end(tx, "id = ?1 AND lease = ?2", params, outcome, made, counts, now).await? {
        true => Ok(()),
        false => Err(Error::LeaseLost),
    }
}

/// Locks what jobs that are to be inserted share with others, in one order.
pub(crate) async fn lock_lanes(tx: &Conn, jobs: &[Prepared]) -> Result<()> {
    let mut keys: Vec<&str> = jobs
        .iter()
        .filter_map(|job| job.new.serial_key.as_deref())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        lock_lane(tx, Some(key)).await?;
    }
    Ok(())
}

/// Makes a row of a job whose lane is locked, unless its unique key is taken: the answer is by whom.
pub(crate) async fn insert(tx: &Conn, job: &Prepared, now: Millis) -> Result<Option<JobId>> {
    let Prepared {
        new,
        id,
        payload,
        blob,
    } = job;
    if let Some(key) = &new.unique_key {
        let sql = "SELECT id FROM job WHERE unique_key = ?1 AND ended_at IS NULL";
        if let Some(mut row) = tx.row(sql, params![key]).await? {
            return Ok(Some(row.id()?));
        }
    }
    let mut stage = i64::from(new.run_at > now);
    if let Some(key) = &new.serial_key {
        let sql =
            "SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE serial_key = ?1 AND ended_at IS NULL LIMIT 1) x";
        if tx.number(sql, params![key]).await? > 0 {
            stage = 2;
        }
    }
    if let Some(blob) = blob {
        blobs::go_live(tx, blob, now).await?;
    }
    let sql = "INSERT INTO job (id, site_id, kind, list_type, state, stage, priority, run_at, serial_key, unique_key, \
         created_by, schedule_id, task_id, subscription_id, item_kind, item_id, title, subtitle, payload, blob_key, \
         max_attempts, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, 'Pending', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
         ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?21)";
    tx.execute(
        sql,
        params![
            *id,
            new.site,
            new.kind.as_str(),
            new.kind.list_type(),
            stage,
            new.priority,
            new.run_at,
            new.serial_key.as_deref(),
            new.unique_key.as_deref(),
            new.created_by,
            new.schedule,
            new.task,
            new.subscription,
            new.item.map(|item| item.kind.as_str()),
            new.item.map(|item| item.id),
            &new.title,
            &new.subtitle,
            payload.as_slice(),
            blob.as_ref().map(|blob| blob.key.as_str()),
            new.max_attempts.max(1),
            now,
        ],
    )
    .await?;
    Ok(None)
}

/// Forgets the jobs of a site that is deleted, and lets go on what waited for them on others.
pub(crate) async fn forget_site(tx: &Conn, site: SiteId, now: Millis) -> Result<()> {
    let sql = "UPDATE blob SET state = 'garbage', changed_at = ?2 WHERE key IN \
         (SELECT j.blob_key FROM job j WHERE j.site_id = ?1 AND j.blob_key IS NOT NULL)";
    tx.execute(sql, params![site, now]).await?;
    let sql = "SELECT DISTINCT serial_key FROM job WHERE site_id = ?1 AND serial_key IS NOT NULL \
         AND ended_at IS NULL ORDER BY serial_key";
    let keys: Vec<String> = tx
        .query(sql, params![site])
        .await?
        .into_iter()
        .map(|mut row| row.text())
        .collect::<Result<_>>()?;
    for key in &keys {
        lock_lane(tx, Some(key)).await?;
    }
    tx.execute("DELETE FROM job WHERE site_id = ?1", params![site])
        .await?;
    for key in &keys {
        next_in_lane(tx, key, now).await?;
    }
    Ok(())
}

/// Makes those wait who would put a job into a lane or end one in it, so that each sees what the
/// other did. SQLite has one writer anyway.
async fn lock_lane(tx: &Conn, serial_key: Option<&str>) -> Result<()> {
    if let (Some(key), false) = (serial_key, tx.is_sqlite()) {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended('vivant.lane.' || current_schema() || ' ' || ?1, 0))";
        tx.execute(sql, params![key]).await?;
    }
    Ok(())
}

/// Lets the oldest job of a lane go on.
async fn next_in_lane(tx: &Conn, serial_key: &str, now: Millis) -> Result<()> {
    // Not the least of all: PostgreSQL, which cannot know how many there are, would go through them.
    let sql = "UPDATE job SET stage = CASE WHEN run_at > ?2 THEN 1 ELSE 0 END WHERE stage = 2 AND seq = \
         (SELECT o.seq FROM job o WHERE o.serial_key = ?1 AND o.ended_at IS NULL ORDER BY o.seq LIMIT 1)";
    tx.execute(sql, params![serial_key, now]).await.map(drop)
}

/// Puts the one job that fulfils a condition back into the queue, or ends it where it was begun too
/// often or cancelled. Answers whether there was one.
async fn put_back(
    tx: &Conn,
    condition: &str,
    params: &[Value],
    run_at: Millis,
    note: Option<&str>,
    now: Millis,
) -> Result<bool> {
    let lock = if tx.is_sqlite() { "" } else { " FOR UPDATE" };
    let sql = format!("SELECT seq, attempts, max_attempts, cancel_asked FROM job WHERE {condition}{lock}");
    let Some(mut row) = tx.row(&sql, params).await? else {
        return Ok(false);
    };
    let (seq, attempts, most, cancelled) = (row.int()?, row.int()?, row.int()?, row.bool()?);
    let notes: Vec<String> = note.map(str::to_owned).into_iter().collect();
    if cancelled || attempts >= most {
        let outcome = Outcome {
            state: match cancelled {
                true => JobState::Cancelled,
                false => JobState::Failed,
            },
            notes,
            status_notes: Vec::new(),
            result: None,
        };
        return end(tx, "seq = ?1", params![seq], &outcome, None, &[], now).await;
    }
    write_notes(tx, seq, &notes, &[]).await?;
    let sql = "UPDATE job SET state = 'Pending', stage = CASE WHEN CAST(?2 AS BIGINT) > ?3 THEN 1 ELSE 0 END, run_at = ?2, \
         node = NULL, lease = NULL, lease_until = NULL, progress = 0, updated_at = ?3 WHERE seq = ?1";
    tx.execute(sql, params![seq, run_at, now]).await?;
    Ok(true)
}

/// Ends the one job that fulfils a condition and whose lane is locked; answers whether there was one.
async fn end(
    tx: &Conn,
    condition: &str,
    params: &[Value],
    outcome: &Outcome,
    made: Option<JobItem>,
    counts: &[StatusNote],
    now: Millis,
) -> Result<bool> {
    let at = params.len();
    let result = outcome.result.or(made);
    let mut all = params.to_vec();
    all.extend_from_slice(params![
        outcome.state.as_str(),
        now,
        result.map(|item| item.kind.as_str()),
        result.map(|item| item.id),
        outcome.state == JobState::Success,
    ]);
    let [state, time, kind, id, success] = [1, 2, 3, 4, 5].map(|n| format!("?{}", at + n));
    let sql = format!(
        "UPDATE job SET state = {state}, stage = NULL, payload = NULL, node = NULL, lease = NULL, lease_until = NULL, \
         progress = CASE WHEN {success} = 1 THEN 100 ELSE progress END, result_kind = {kind}, result_id = {id}, \
         ended_at = {time}, updated_at = {time} WHERE {condition} AND ended_at IS NULL \
         RETURNING seq, serial_key, blob_key, task_id, subscription_id"
    );
    let Some(mut row) = tx.row(&sql, &all).await? else {
        return Ok(false);
    };
    let (seq, serial_key, blob) = (row.int()?, row.opt_text()?, row.opt_text()?);
    let (task, subscription) = (row.opt_text()?, row.opt_text()?);
    let counts: Vec<StatusNote> = outcome.status_notes.iter().chain(counts).cloned().collect();
    write_notes(tx, seq, &outcome.notes, &counts).await?;
    if let Some(key) = blob {
        tx.execute("UPDATE job SET blob_key = NULL WHERE seq = ?1", params![seq])
            .await?;
        blobs::discard(tx, vec![key], now).await?;
    }
    if let Some(key) = serial_key {
        next_in_lane(tx, &key, now).await?;
    }
    for (table, id) in [("task", task), ("subscription", subscription)] {
        let Some(id) = id else { continue };
        let failures = match outcome.state {
            JobState::Success => "0",
            JobState::Failed => "consecutive_failures + 1",
            _ => "consecutive_failures",
        };
        let last_run = if table == "task" { ", last_run_at = ?2" } else { "" };
        let sql = format!("UPDATE {table} SET consecutive_failures = {failures}{last_run} WHERE id = ?1");
        let values = params![id, now];
        tx.execute(&sql, &values[..if table == "task" { 2 } else { 1 }])
            .await?;
    }
    Ok(true)
}

/// Adds to what a job has to say.
async fn write_notes(tx: &Conn, seq: i64, notes: &[String], counts: &[StatusNote]) -> Result<()> {
    if !notes.is_empty() {
        let sql = "SELECT COUNT(*) FROM job_note WHERE job_seq = ?1";
        let from = tx.number(sql, params![seq]).await?;
        for (position, note) in (from..NOTES_OF_A_JOB).zip(notes) {
            let sql = "INSERT INTO job_note (job_seq, position, text) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![seq, position, shortened(note)]).await?;
        }
    }
    for (position, note) in counts.iter().enumerate() {
        let sql =
            "INSERT INTO job_status_note (job_seq, position, kind, value, text) VALUES (?1, ?2, ?3, ?4, ?5)";
        tx.execute(
            sql,
            params![
                seq,
                position as i64,
                &note.kind,
                &note.value,
                shortened(&note.text)
            ],
        )
        .await?;
    }
    Ok(())
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(NOTE_BYTES)]
}

/// What the payload of a job is bound to.
fn bound(id: JobId) -> String {
    format!("job {id}")
}

fn numbers(rows: Vec<Row>) -> Result<Vec<i64>> {
    rows.into_iter().map(|mut row| row.int()).collect()
}

const COLUMNS: &str = "id, site_id, kind, state, priority, created_by, item_kind, item_id, title, subtitle, schedule_id, \
     task_id, subscription_id, attempts, max_attempts, run_at, progress, cancel_asked, created_at, started_at, \
     updated_at, ended_at, result_kind, result_id";

fn read(row: &mut Row) -> Result<Job> {
    Ok(Job {
        id: row.id()?,
        site_id: row.id()?,
        kind: row.word(JobKind::parse)?,
        state: row.word(JobState::parse)?,
        priority: row.int()?,
        created_by: row.opt_id()?,
        item: read_item(row)?,
        title: row.text()?,
        subtitle: row.text()?,
        schedule: row.opt_id()?,
        task: row.opt_id()?,
        subscription: row.opt_id()?,
        attempt: row.int()? as u32,
        max_attempts: row.int()? as u32,
        run_at: row.int()?,
        progress: row.int()?,
        cancel_asked: row.bool()?,
        created_at: row.int()?,
        started_at: row.opt_int()?,
        updated_at: row.int()?,
        ended_at: row.opt_int()?,
        result: read_item(row)?,
        notes: Vec::new(),
        status_notes: Vec::new(),
    })
}

fn read_item(row: &mut Row) -> Result<Option<JobItem>> {
    let kind = row.opt_text()?.as_deref().and_then(JobItemKind::parse);
    let id = row.opt_id()?;
    Ok(kind.zip(id).map(|(kind, id)| JobItem { kind, id }))
}

async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<Job>> {
    let sql = format!("SELECT {COLUMNS}, seq FROM job WHERE site_id || '' = ?1 AND id IN LIST(?2)");
    let (mut jobs, mut seqs) = (Vec::new(), Vec::new());
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        jobs.push(read(&mut row)?);
        seqs.push(row.int()?);
    }
    let mut notes: HashMap<i64, Vec<String>> = HashMap::new();
    let sql = "SELECT job_seq, text FROM job_note WHERE job_seq IN LIST(?1) ORDER BY job_seq, position";
    for mut row in conn.query(sql, &[Value::Ints(seqs.clone())]).await? {
        notes.entry(row.int()?).or_default().push(row.text()?);
    }
    let mut counts: HashMap<i64, Vec<StatusNote>> = HashMap::new();
    let sql = "SELECT job_seq, kind, value, text FROM job_status_note WHERE job_seq IN LIST(?1) \
         ORDER BY job_seq, position";
    for mut row in conn.query(sql, &[Value::Ints(seqs.clone())]).await? {
        counts.entry(row.int()?).or_default().push(StatusNote {
            kind: row.text()?,
            value: row.text()?,
            text: row.text()?,
        });
    }
    for (job, seq) in jobs.iter_mut().zip(seqs) {
        job.notes = notes.remove(&seq).unwrap_or_default();
        job.status_notes = counts.remove(&seq).unwrap_or_default();
    }
    Ok(in_order(ids, jobs, |job| job.id.to_string()))
}
