//! Schedules between requests and the store: when they run, and those that a server begins with.
//!
//! The store compares times; only here are they computed.

use anyhow::Context as _;
use tracing::info;
use vivant_model::job::DEFAULT_PRIORITY;
use vivant_model::schedule::DEFAULT_SCHEDULES;
use vivant_model::{ExecutionOrder, Recurrence, ScheduleState, Zone};
use vivant_store::{
    Error as StoreError, ListQuery, Millis, NewSchedule, PageRequest, ScheduleChanges, Store,
};

/// The first run after a time, unless the schedule ends before.
pub fn next_run(
    recurrence: &Recurrence,
    zone: &Zone,
    after: Millis,
    end_at: Option<Millis>,
) -> Option<Millis> {
    let run = recurrence.next_run(zone, after)?;
    end_at.is_none_or(|end| run <= end).then_some(run)
}

/// Makes the schedules that a server begins with, if it is one that nobody has used yet.
///
/// It comes before anything else of a first start, so that a start that is cut off does it again.
pub async fn make_defaults(store: &Store, zone: &Zone, now: Millis) -> anyhow::Result<()> {
    if store.site_by_content_url("").await?.is_some() {
        return Ok(());
    }
    for (name, kind, text) in DEFAULT_SCHEDULES {
        let recurrence = Recurrence::from_text(text).with_context(|| format!("schedule {name}"))?;
        let new = NewSchedule {
            name: (*name).to_owned(),
            state: ScheduleState::Active,
            kind: *kind,
            priority: DEFAULT_PRIORITY,
            execution_order: ExecutionOrder::Parallel,
            recurrence,
            is_system: false,
            next_run_at: recurrence.next_run(zone, now),
            end_schedule_at: None,
        };
        match store.create_schedule(new, now).await {
            // An earlier start was cut off, or another node starts, too.
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error).with_context(|| format!("schedule {name}")),
        }
    }
    Ok(())
}

/// Tells all schedules when they run next, should the server have moved to another time zone.
/// Runs that were missed stay due.
pub async fn realign(store: &Store, zone: &Zone, now: Millis) -> anyhow::Result<()> {
    let mut number = 1;
    loop {
        let query = ListQuery {
            page: PageRequest { number, size: 1000 },
            ..ListQuery::default()
        };
        let page = store.every_schedule(&query).await?;
        for schedule in &page.items {
            let next = next_run(&schedule.recurrence, zone, now, schedule.end_schedule_at);
            if schedule.next_run_at.is_some_and(|due| due > now) && schedule.next_run_at != next {
                let changes = ScheduleChanges {
                    next_run_at: Some(next),
                    ..ScheduleChanges::default()
                };
                store.update_schedule(schedule.id, changes, now).await?;
                info!(schedule.id = %schedule.id, "the schedule has moved to the time zone {zone}");
            }
        }
        if u64::from(number) * 1000 >= page.total {
            return Ok(());
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_that_ends_runs_no_more() {
        let daily = Recurrence::from_text("Daily start=06:00:00").expect("a schedule");
        let first = 6 * 3_600_000;
        assert_eq!(next_run(&daily, &Zone::UTC, 0, None), Some(first));
        assert_eq!(next_run(&daily, &Zone::UTC, 0, Some(first)), Some(first));
        assert_eq!(next_run(&daily, &Zone::UTC, 0, Some(first - 1)), None);
    }
}
