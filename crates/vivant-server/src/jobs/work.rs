//! What a running job sees of the world, and how it ends.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use vivant_store::{Caller, Error as StoreError, Job, JobItem, Lease, Outcome, Spooled, StatusNote};
use vivant_wire::ErrorCode;

use crate::app::App;
use crate::errors::ApiError;

/// How a job ended.
pub type Ended = Result<Done, Failure>;

/// A job that did its work.
#[derive(Debug)]
pub enum Done {
    /// The store settled the job in the transaction of its effect.
    Settled,
    /// The runner is to settle it.
    Success(Outcome),
}

/// Why a job did not do its work.
#[derive(Debug)]
pub enum Failure {
    /// Trying again would not help; the text is for people.
    Failed(String),
    /// The cause may pass: the job goes back to the queue, for as often as it may be tried.
    Later(String),
    /// Somebody cancelled it.
    Cancelled,
    /// The server stops, so it goes back to the queue.
    Stopped,
    /// Another node has it now, so this one must leave it alone.
    LeaseLost,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let store = error
            .cause
            .as_ref()
            .and_then(|cause| cause.downcast_ref::<StoreError>());
        match (store, error.code) {
            (Some(StoreError::LeaseLost), _) => Self::LeaseLost,
            (_, ErrorCode::InternalError | ErrorCode::Unavailable) => {
                if let Some(cause) = &error.cause {
                    tracing::error!(cause = format!("{cause:#}"), "a job met a failure of the server");
                }
                Self::Later("The server failed to do the job; its log says why.".to_owned())
            }
            _ => Self::Failed(error.detail),
        }
    }
}

/// A job under way.
pub struct Work {
    /// The server.
    pub app: App,
    /// The job.
    pub job: Job,
    /// What says that the job is ours.
    pub lease: Lease,
    pub(super) payload: Vec<u8>,
    pub(super) control: Arc<Control>,
}

/// What runner and job tell each other.
#[derive(Debug, Default)]
pub(super) struct Control {
    pub(super) progress: AtomicI64,
    pub(super) cancel: CancellationToken,
    why: OnceLock<Halt>,
}

/// Why a job must stop.
#[derive(Clone, Copy, Debug)]
pub(super) enum Halt {
    Cancelled,
    Stopping,
    LeaseLost,
}

impl Control {
    /// Stops the job; the first reason counts.
    pub(super) fn halt(&self, why: Halt) {
        let _ = self.why.set(why);
        self.cancel.cancel();
    }

    /// How a job ends that was stopped.
    pub(super) fn failure(&self) -> Failure {
        match self.why.get() {
            Some(Halt::Stopping) => Failure::Stopped,
            Some(Halt::LeaseLost) => Failure::LeaseLost,
            Some(Halt::Cancelled) | None => Failure::Cancelled,
        }
    }
}

impl Work {
    /// Reads what the job is about.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.payload).map_err(|error| {
            // An older or newer node wrote it.
            Failure::Failed(format!(
                "This release of Vivant cannot read what the job is about: {error}."
            ))
        })
    }

    /// Who began the job, with the role of today.
    pub async fn caller(&self) -> Result<Caller, Failure> {
        let site = self.job.site_id;
        let user = match self.job.created_by {
            Some(id) => self.app.store.user(site, id).await?,
            None => None,
        };
        let user = user.ok_or_else(|| {
            Failure::Failed("The user who began the job is not on the site any more.".to_owned())
        })?;
        Ok(Caller {
            site,
            user: user.id,
            role: user.role,
        })
    }

    /// The file that came with the job.
    pub async fn file(&self) -> Result<Spooled, Failure> {
        match self.app.store.job_file(&self.lease).await? {
            Some(file) => Ok(file),
            None => Err(Failure::Failed("The file of the job is gone.".to_owned())),
        }
    }

    /// Tells how far the job is, in percent; the store hears of it soon.
    pub fn progress(&self, percent: i64) {
        self.control
            .progress
            .store(percent.clamp(0, 100), Ordering::Relaxed);
    }

    /// Tells progress from other threads.
    pub fn teller(&self) -> impl Fn(i64) + Send + use<> {
        let control = self.control.clone();
        move |percent| control.progress.store(percent.clamp(0, 100), Ordering::Relaxed)
    }

    /// Ends a job that somebody cancelled; asked now and then by long ones.
    pub fn check(&self) -> Result<(), Failure> {
        match self.control.cancel.is_cancelled() {
            true => Err(Failure::Cancelled),
            false => Ok(()),
        }
    }

    /// Completes when somebody cancels the job.
    pub async fn cancelled(&self) {
        self.control.cancel.cancelled().await;
    }

    /// What work on other threads asks whether to go on.
    pub fn cancel_flag(&self) -> CancellationToken {
        self.control.cancel.clone()
    }
}

/// A good end with something to say.
pub fn success(notes: Vec<String>, status_notes: Vec<StatusNote>, result: Option<JobItem>) -> Done {
    Done::Success(Outcome::success(notes, status_notes, result))
}
