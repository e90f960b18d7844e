//! What every request and every job can reach.

use std::ops::Deref;
use std::sync::Arc;

use vivant_store::{Millis, Store};

use crate::answers::Answers;
use crate::auth::throttle::Throttle;
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::Jobs;
use crate::mail::Mailer;

pub use crate::clock::system_time as now;

/// The running server: store and settings. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// The parts of an [`App`].
pub struct Inner {
    /// Metadata and content.
    pub store: Store,
    /// Settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// What answers for the data of views.
    pub answers: Answers,
    /// The jobs of this node.
    pub jobs: Jobs,
    /// Failures to sign in.
    pub throttle: Throttle,
    /// The way to the mail server, where there is one.
    pub mailer: Option<Mailer>,
}

impl App {
    /// Puts the parts together.
    pub fn new(store: Store, config: Config, mailer: Option<Mailer>) -> Self {
        Self(Arc::new(Inner {
            store,
            config,
            clock: Clock::default(),
            answers: Answers::default(),
            jobs: Jobs::default(),
            throttle: Throttle::default(),
            mailer,
        }))
    }

    /// The present time; the only clock of the server.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
