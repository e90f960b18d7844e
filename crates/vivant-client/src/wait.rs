//! Waiting for jobs: with a deadline, growing pauses and a look at their progress.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use vivant_model::JobId;
use vivant_wire::types::Job;

use crate::error::{Error, ErrorKind, Result};
use crate::site::Site;

/// How many questions in a row may fail where there is no deadline.
const MAX_FAILURES: u32 = 5;

/// What is shown a job after every question.
type Progress = dyn Fn(&Job) + Send + Sync;

/// How long and how often a job is asked for.
#[derive(Clone)]
#[must_use]
pub struct WaitOptions {
    deadline: Option<Duration>,
    first_pause: Duration,
    longest_pause: Duration,
    progress: Option<Arc<Progress>>,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            deadline: None,
            // As the official client waits.
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            progress: None,
        }
    }
}

impl WaitOptions {
    /// Waits until the job ends, however long that takes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits no longer than this.
    pub fn within(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Sets the first pause between questions, half a second by default, and the longest, 30 seconds; each is
    /// 1.4 times the one before.
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// Is shown the job after every question.
    pub fn on_progress(mut self, show: impl Fn(&Job) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(show));
        self
    }
}

impl fmt::Debug for WaitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitOptions")
            .field("deadline", &self.deadline)
            .field("first_pause", &self.first_pause)
            .field("longest_pause", &self.longest_pause)
            .finish_non_exhaustive()
    }
}

impl Site {
    /// Waits until a job has ended, and returns it when it ended well (API 3.1).
    ///
    /// A job that failed or was cancelled is an error of kind [`ErrorKind::JobFailed`] or
    /// [`ErrorKind::JobCancelled`] with the job's notes; one that has not ended in time is
    /// [`ErrorKind::Timeout`], and goes on at the server. [`Error::job`] has what was last seen of it.
    /// With a deadline, a server that cannot be reached is asked again until then.
    pub async fn wait_for_job(&self, id: impl Into<JobId>, options: WaitOptions) -> Result<Job> {
        let id = id.into();
        let path = self.path(&format!("/jobs/{id}"));
        let ask = || self.get::<Job>(path.as_str(), "job");
        let show = |job: &Job| {
            if let Some(show) = &options.progress {
                show(job);
            }
        };
        match until(&options, ask, |job| job.completed_at.is_some(), show).await? {
            Waited::Ended(job) => outcome(id, job),
            Waited::Late(waited, last) => Err(late(id, waited, last)),
        }
    }
}

/// How waiting went.
pub(crate) enum Waited<T> {
    /// It ended.
    Ended(T),
    /// It did not within this time; what was last seen of it.
    Late(Duration, Option<T>),
}

/// Asks for something at growing intervals until it has ended.
pub(crate) async fn until<T, F: Future<Output = Result<T>>>(
    options: &WaitOptions,
    mut ask: impl FnMut() -> F,
    has_ended: impl Fn(&T) -> bool,
    show: impl Fn(&T),
) -> Result<Waited<T>> {
    let begun = Instant::now();
    let mut pause = options.first_pause;
    let mut last = None;
    let mut failures = 0;
    loop {
        match ask().await {
            Ok(seen) => {
                failures = 0;
                show(&seen);
                if has_ended(&seen) {
                    return Ok(Waited::Ended(seen));
                }
                last = Some(seen);
            }
            Err(error) => {
                failures += 1;
                let passing = matches!(
                    error.kind(),
                    ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::RateLimited | ErrorKind::Server
                );
                let patient = options.deadline.is_some() || failures < MAX_FAILURES;
                if !passing || !patient {
                    return Err(error);
                }
                tracing::info!(reason = %error, "asking again how far it came");
            }
        }
        let left = options.deadline.map(|d| d.saturating_sub(begun.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(Waited::Late(begun.elapsed(), last));
        }
        // The last question comes at the deadline, not a pause before it.
        sleep(left.map_or(pause, |left| left.min(pause))).await;
        pause = pause.mul_f64(1.4).min(options.longest_pause);
    }
}

fn outcome(id: JobId, job: Job) -> Result<Job> {
    let (kind, what) = match job.finish_code {
        // 3 is a success with something to say.
        Some(0 | 3) => return Ok(job),
        Some(2) => (ErrorKind::JobCancelled, "was cancelled".to_owned()),
        Some(1) => (ErrorKind::JobFailed, "failed".to_owned()),
        Some(other) => (
            ErrorKind::JobFailed,
            format!("ended with the unknown code {other}"),
        ),
        None => (ErrorKind::JobFailed, "ended without a code".to_owned()),
    };
    let mut message = format!("job {id} {what}");
    for note in notes(&job) {
        message.push_str("; ");
        message.push_str(note);
    }
    Err(Error::new(kind, message).with_job(job))
}

/// What a job has to say.
fn notes(job: &Job) -> impl Iterator<Item = &str> {
    let refresh = job
        .extract_refresh_job
        .as_ref()
        .and_then(|refresh| refresh.notes.as_deref());
    let status = job
        .status_notes
        .iter()
        .flat_map(|notes| &notes.status_note)
        .filter_map(|note| note.text.as_deref());
    job.notes
        .as_deref()
        .into_iter()
        .chain(refresh)
        .chain(status)
        .map(str::trim)
        .filter(|note| !note.is_empty())
}

fn late(id: JobId, waited: Duration, last: Option<Job>) -> Error {
    let progress = last
        .as_ref()
        .and_then(|job| job.progress)
        .map_or_else(String::new, |percent| format!(", at {percent} percent"));
    let message = format!("job {id} has not ended within {waited:.1?}{progress}; it goes on");
    let error = Error::new(ErrorKind::Timeout, message);
    match last {
        Some(job) => error.with_job(job),
        None => error,
    }
}
