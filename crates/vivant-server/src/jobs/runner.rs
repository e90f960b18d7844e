//! The runner: claims jobs, runs them, keeps their leases, and settles how they ended.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span, warn};
use vivant_model::JobId;
use vivant_store::{
    Claimed, Error as StoreError, Job, Lease, Millis, NewJob, Outcome, Result as StoreResult, What,
};

use super::work::{Control, Done, Ended, Failure, Halt, Work};
use super::{find, scheduler};
use crate::app::App;
use crate::errors::Result;
use crate::extracts::clear_work_folders;

/// How long a job is ours without word from us.
const LEASE_MS: Millis = 30_000;
/// How often word is sent.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How often a job is looked at between; progress is told no more often.
const TICK: Duration = Duration::from_secs(1);
/// How often the queue is looked at without a reason; other nodes fill it, too.
const POLL: Duration = Duration::from_secs(1);
/// How often somebody who waits for a job asks for it.
const ENDED_POLL: Duration = Duration::from_millis(500);
/// How long a job that was cancelled may take to stop by itself.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// How long jobs may go on when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(20);
/// How long a job that failed for a passing cause waits: the first time, and at most.
const BACK_OFF_MS: (Millis, Millis) = (2_000, 300_000);

/// What a node knows of its own jobs.
#[derive(Debug, Default)]
pub struct Jobs {
    queued: Notify,
    ended: Notify,
    pub(super) due: Notify,
    stop: CancellationToken,
    running: Mutex<HashMap<JobId, Arc<Control>>>,
}

impl Jobs {
    /// Says that there may be something to do.
    pub fn wake(&self) {
        self.queued.notify_one();
        self.due.notify_one();
    }

    /// Tells a job to stop, if this node runs it; elsewhere the next word of its lease says so.
    pub fn cancel(&self, id: JobId) {
        if let Some(control) = self.lock().get(&id) {
            control.halt(Halt::Cancelled);
        }
    }

    /// Takes no more jobs, and ends those under way in time.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, Arc<Control>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a job into the queue.
pub async fn enqueue(app: &App, job: NewJob) -> Result<Job> {
    let job = app.store.enqueue(job, app.now()).await?;
    app.jobs.wake();
    Ok(job)
}

/// Waits for the end of a job, on whatever node it runs.
pub async fn ended(app: &App, job: Job) -> Result<Job> {
    let mut job = job;
    loop {
        let some_end = app.jobs.ended.notified();
        if job.state.has_ended() {
            return Ok(job);
        }
        // Other nodes do not tell.
        let _ = tokio::time::timeout(ENDED_POLL, some_end).await;
        let found = app.store.job(job.site_id, job.id).await?;
        job = found.ok_or(StoreError::NotFound(What::Job))?;
    }
}

/// The tasks that run jobs.
pub struct Workers(Vec<JoinHandle<()>>);

impl Workers {
    /// Starts as many as the settings say.
    pub fn start(app: &App) -> Self {
        clear_work_folders(app);
        match app.config.workers {
            0 => Self(Vec::new()),
            _ => Self(vec![
                tokio::spawn(work(app.clone())),
                tokio::spawn(scheduler::run(app.clone(), app.jobs.stop.clone())),
            ]),
        }
    }

    /// Waits until they have stopped, after [`Jobs::stop`].
    pub async fn stopped(self) {
        for task in self.0 {
            if let Err(error) = task.await {
                error!(%error, "a task of the jobs ended badly");
            }
        }
    }
}

/// Claims jobs as long as there are free hands.
async fn work(app: App) {
    let stop = app.jobs.stop.clone();
    let hands = app.config.workers as usize;
    let free = Arc::new(Semaphore::new(hands));
    let mut tasks = JoinSet::new();
    while !stop.is_cancelled() {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = free.clone().acquire_owned() => permit,
        };
        // The semaphore is never closed.
        let Ok(permit) = permit else { break };
        let mut permits = vec![permit];
        while let Ok(permit) = free.clone().try_acquire_owned() {
            permits.push(permit);
        }
        while tasks.try_join_next().is_some() {}
        let claimed = match app.store.claim(permits.len(), LEASE_MS, app.now()).await {
            Ok(claimed) => claimed,
            Err(error) => {
                warn!(%error, "the queue of jobs does not answer; it is asked again");
                Vec::new()
            }
        };
        if claimed.is_empty() {
            drop(permits);
            rest(&app, &stop).await;
            continue;
        }
        for (claimed, permit) in claimed.into_iter().zip(permits) {
            tasks.spawn(one(app.clone(), claimed, permit));
        }
    }
    let ended = tokio::time::timeout(STOP_GRACE, async { while tasks.join_next().await.is_some() {} });
    if ended.await.is_err() {
        info!(jobs = tasks.len(), "stopping: jobs go back to the queue");
        for control in app.jobs.lock().values() {
            control.halt(Halt::Stopping);
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Waits until there may be something to do.
async fn rest(app: &App, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = app.jobs.queued.notified() => {}
        () = tokio::time::sleep(POLL) => {}
    }
}

/// Runs one job to its end.
async fn one(app: App, claimed: Claimed, _permit: OwnedSemaphorePermit) {
    let Claimed { job, payload, lease } = claimed;
    let control = Arc::new(Control::default());
    app.jobs.lock().insert(job.id, control.clone());
    let span = info_span!("job", id = %job.id, kind = job.kind.as_str());
    let started = Instant::now();
    let work = Work {
        app: app.clone(),
        job: job.clone(),
        lease: lease.clone(),
        payload,
        control: control.clone(),
    };
    // A task of its own: what panics or hangs in it takes nobody along.
    let task = tokio::spawn(begin(work).instrument(span.clone()));
    let ended = keep(&app, &lease, &control, task).instrument(span.clone()).await;
    let state = settle(&app, &job, &lease, ended).instrument(span.clone()).await;
    let _entered = span.enter();
    info!(
        state,
        attempt = job.attempt,
        duration_ms = started.elapsed().as_millis() as u64,
        "ended"
    );
    let mut running = app.jobs.lock();
    // The same job may have come back meanwhile, under another lease.
    if running
        .get(&job.id)
        .is_some_and(|known| Arc::ptr_eq(known, &control))
    {
        running.remove(&job.id);
    }
    drop(running);
    app.jobs.ended.notify_waiters();
    // A job that had to wait for this one may go on.
    app.jobs.wake();
}

async fn begin(work: Work) -> Ended {
    match find(work.job.kind) {
        Some(run) => run(work).await,
        None => Err(Failure::Failed(format!(
            "This release of Vivant knows no jobs of the kind {}.",
            work.job.kind.as_str()
        ))),
    }
}

/// Waits for a job's end, keeps its lease meanwhile, and stops it when it must stop.
async fn keep(app: &App, lease: &Lease, control: &Control, mut task: JoinHandle<Ended>) -> Ended {
    let mut ticks = tokio::time::interval(TICK);
    ticks.tick().await;
    let (mut renewed, mut told) = (Instant::now(), 0);
    loop {
        tokio::select! {
            ended = &mut task => return joined(ended, control),
            () = control.cancel.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let progress = control.progress.load(Ordering::Relaxed);
        if progress == told && renewed.elapsed() < RENEW_EVERY {
            continue;
        }
        match app.store.renew(lease, Some(progress), LEASE_MS, app.now()).await {
            Ok(renewal) if !renewal.held => control.halt(Halt::LeaseLost),
            Ok(renewal) if renewal.cancel_asked => control.halt(Halt::Cancelled),
            Ok(_) => (renewed, told) = (Instant::now(), progress),
            Err(error) => warn!(%error, "the lease of a job could not be renewed; it is tried again"),
        }
    }
    match tokio::time::timeout(CANCEL_GRACE, &mut task).await {
        Ok(ended) => joined(ended, control),
        Err(_) => {
            task.abort();
            joined(task.await, control)
        }
    }
}

/// What became of a job's task.
fn joined(ended: std::result::Result<Ended, JoinError>, control: &Control) -> Ended {
    match ended {
        Ok(Err(Failure::Cancelled)) => Err(control.failure()),
        Ok(ended) => ended,
        Err(error) if error.is_cancelled() => Err(control.failure()),
        Err(_) => Err(Failure::Failed(
            "The server met a fault of its own in this job; its log says more.".to_owned(),
        )),
    }
}

/// Tells the store how a job ended; gives the end's name, for the log.
async fn settle(app: &App, job: &Job, lease: &Lease, ended: Ended) -> &'static str {
    let outcome = match ended {
        Ok(Done::Settled) => return "Success",
        Ok(Done::Success(outcome)) => outcome,
        Err(Failure::LeaseLost) => return "lost to another node",
        Err(Failure::Cancelled) => Outcome::cancelled(),
        Err(Failure::Failed(note)) => Outcome::failed(note),
        Err(Failure::Later(note)) if job.attempt >= job.max_attempts => Outcome::failed(note),
        Err(Failure::Later(note)) => {
            let at = app.now() + back_off(job.attempt);
            return told(
                || app.store.retry_later(lease, at, Some(&note), app.now()),
                "to be tried again",
            )
            .await;
        }
        Err(Failure::Stopped) => {
            return told(|| app.store.release(lease, app.now()), "back in the queue").await;
        }
    };
    let state = outcome.state.as_str();
    told(|| app.store.finish(lease, outcome.clone(), app.now()), state).await
}

/// Tells the store something of a job, again while the store does not answer.
async fn told<Fut>(tell: impl Fn() -> Fut, said: &'static str) -> &'static str
where
    Fut: Future<Output = StoreResult<()>>,
{
    const TRIES: u32 = 5;
    for try_ in 1.. {
        match tell().await {
            Ok(()) => return said,
            Err(StoreError::LeaseLost) => break,
            Err(error) if try_ < TRIES => {
                warn!(%error, "the end of a job could not be told; it is tried again");
                tokio::time::sleep(TICK * try_).await;
            }
            Err(error) => {
                error!(%error, "the end of a job could not be told; it comes back when its lease has run out");
                return "not told";
            }
        }
    }
    "lost to another node"
}

/// How long a job waits after a number of attempts: twice as long each time.
fn back_off(attempt: u32) -> Millis {
    let (first, most) = BACK_OFF_MS;
    let doubled = first.saturating_mul(1 << attempt.saturating_sub(1).min(30));
    doubled.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_waits_longer_each_time_and_not_for_ever() {
        let waits: Vec<Millis> = (1..=4).map(back_off).collect();
        assert_eq!(waits, [2_000, 4_000, 8_000, 16_000]);
        assert_eq!(back_off(100), 300_000);
    }

    #[tokio::test]
    async fn a_panic_fails_the_job_alone() {
        let control = Control::default();
        let task: JoinHandle<Ended> = tokio::spawn(async { panic!("on purpose") });
        match joined(task.await, &control) {
            Err(Failure::Failed(note)) => assert!(note.contains("fault of its own"), "{note}"),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_stopped_job_ends_as_it_was_stopped() {
        let control = Control::default();
        control.halt(Halt::Stopping);
        control.halt(Halt::Cancelled);
        let task: JoinHandle<Ended> = tokio::spawn(async { Err(Failure::Cancelled) });
        assert!(matches!(joined(task.await, &control), Err(Failure::Stopped)));
    }
}
