//! The scheduler: makes jobs of the schedules whose time has come.
//!
//! Every node looks; the store lets one of them fire each time. A time that was missed while no node
//! ran is made good once, however often it would have come round.

use std::collections::HashSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use vivant_model::{ExecutionOrder, JobKind, ScheduleType, SiteId, SiteState};
use vivant_store::{Millis, NewJob, Schedule, Subscription};

use super::refresh_extract;
use crate::app::App;
use crate::errors::Result;
use crate::schedules;

/// How often schedules are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How many schedules are read at once.
const AT_ONCE: usize = 100;
/// How often a mail is tried, over twenty minutes: some mail servers turn strangers away at first.
const DELIVERIES: u32 = 12;

/// Fires schedules until it is told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = fire_due(&app).await {
            let cause = error.cause.map_or(error.detail, |cause| format!("{cause:#}"));
            warn!(cause, "the schedules could not be looked at; it is tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.jobs.due.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Fires every schedule whose time has come.
async fn fire_due(app: &App) -> Result<()> {
    loop {
        let due = app.store.due_schedules(app.now(), AT_ONCE).await?;
        let more = due.len() == AT_ONCE;
        for schedule in due {
            fire(app, schedule).await?;
        }
        if !more {
            return Ok(());
        }
    }
}

async fn fire(app: &App, schedule: Schedule) -> Result<()> {
    let Some(expected) = schedule.next_run_at else {
        return Ok(());
    };
    let now = app.now();
    let jobs = jobs(app, &schedule, now).await?;
    let next = next_after(app, &schedule, now);
    let fired = app
        .store
        .fire_schedule(schedule.id, expected, next, jobs, now)
        .await?;
    if fired.fired {
        info!(
            schedule.id = %schedule.id,
            jobs = fired.jobs.len(),
            skipped = fired.skipped,
            late_ms = now - expected,
            "schedule fired"
        );
        app.jobs.wake();
    }
    Ok(())
}

/// When a schedule fires next after a time: what lies between is not made good.
fn next_after(app: &App, schedule: &Schedule, after: Millis) -> Option<Millis> {
    let (zone, end) = (&app.config.time_zone, schedule.end_schedule_at);
    schedules::next_run(&schedule.recurrence, zone, after, end)
}

/// The jobs of one firing.
async fn jobs(app: &App, schedule: &Schedule, now: Millis) -> Result<Vec<NewJob>> {
    let jobs = match schedule.kind {
        ScheduleType::Extract => {
            let tasks = app.store.tasks_of_schedule(schedule.id).await?;
            let active = active_sites(app, tasks.iter().map(|task| task.site_id).collect()).await?;
            let running = tasks.iter().filter(|task| active.contains(&task.site_id));
            running.map(refresh_extract::of_task).collect()
        }
        ScheduleType::Subscription => {
            let subscriptions = app.store.subscriptions_of_schedule(schedule.id).await?;
            subscriptions.iter().map(delivery).collect()
        }
        // No flows run yet, so none hang on a schedule.
        ScheduleType::Flow => Vec::new(),
    };
    let in_turn = |job: NewJob| NewJob {
        schedule: Some(schedule.id),
        serial_key: match schedule.execution_order {
            ExecutionOrder::Serial => Some(format!("schedule:{}", schedule.id)),
            ExecutionOrder::Parallel => None,
        },
        run_at: now,
        ..job
    };
    Ok(jobs.into_iter().map(in_turn).collect())
}

/// Leaves out sites that are suspended: nothing is refreshed there until they are active again.
async fn active_sites(app: &App, sites: HashSet<SiteId>) -> Result<HashSet<SiteId>> {
    let mut active = HashSet::with_capacity(sites.len());
    for site in sites {
        let found = app.store.site(site).await?;
        if found.is_some_and(|site| site.state == SiteState::Active) {
            active.insert(site);
        }
    }
    Ok(active)
}

/// The job that sends a subscription.
fn delivery(subscription: &Subscription) -> NewJob {
    NewJob {
        created_by: subscription.created_by,
        priority: subscription.schedule.priority,
        unique_key: Some(format!("subscription:{}", subscription.id)),
        item: Some(subscription.content),
        title: subscription.subject.clone(),
        subtitle: "Subscription".to_owned(),
        subscription: Some(subscription.id),
        max_attempts: DELIVERIES,
        ..NewJob::new(subscription.site_id, JobKind::Subscription)
    }
}
