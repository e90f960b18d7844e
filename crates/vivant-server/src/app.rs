//! What every request can reach.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use vivant_store::{Millis, Store};

use crate::config::Config;

/// The running server: store and settings. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// The parts of an [`App`].
pub struct Inner {
    /// Metadata and content.
    pub store: Store,
    /// Settings.
    pub config: Config,
}

impl App {
    /// Puts the parts together.
    pub fn new(store: Store, config: Config) -> Self {
        Self(Arc::new(Inner { store, config }))
    }

    /// The present time; the only clock of the server.
    pub fn now(&self) -> Millis {
        now()
    }
}

/// The present time.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
