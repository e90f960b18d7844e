//! Schedules by factory: the eight forms that a server takes, checked before anything is sent; and the states of
//! many at once.

use vivant_client::{ScheduleState, Site};
use vivant_model::schedule::{Draft, Interval, Recurrence, Rules};
use vivant_model::{Frequency, ScheduleId, ScheduleType};
use vivant_wire::types;

use crate::error::{Error, Result};
use crate::remote;
use crate::report::{Action, Line};

/// How often within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Every 1, 2, 4, 6, 8 or 12 hours.
    Hours(u8),
    /// Every 15, 30 or 60 minutes.
    Minutes(u8),
}

/// What else a schedule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// 1, which comes first, to 100.
    pub priority: u8,
    /// Whether its tasks run one after the other.
    pub serial: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            priority: 50,
            serial: false,
        }
    }
}

/// A schedule of several runs a day, from one time to another, such as `06:00:00` to `18:00:00`.
pub fn hourly(
    name: &str,
    purpose: ScheduleType,
    every: Every,
    start: &str,
    end: &str,
    order: Order,
) -> Result<types::Schedule> {
    let interval = match every {
        Every::Hours(hours) => types::Interval {
            hours: Some(hours.to_string()),
            ..types::Interval::default()
        },
        Every::Minutes(minutes) => types::Interval {
            minutes: Some(minutes.to_string()),
            ..types::Interval::default()
        },
    };
    schedule(
        name,
        purpose,
        Frequency::Hourly,
        start,
        Some(end),
        vec![interval],
        order,
    )
}

/// A schedule of one run a day.
pub fn daily(name: &str, purpose: ScheduleType, start: &str, order: Order) -> Result<types::Schedule> {
    schedule(name, purpose, Frequency::Daily, start, None, Vec::new(), order)
}

/// A schedule of runs on days of the week, such as `Monday`.
pub fn weekly(
    name: &str,
    purpose: ScheduleType,
    days: &[&str],
    start: &str,
    order: Order,
) -> Result<types::Schedule> {
    let intervals = days
        .iter()
        .map(|day| types::Interval {
            week_day: Some((*day).to_owned()),
            ..types::Interval::default()
        })
        .collect();
    schedule(name, purpose, Frequency::Weekly, start, None, intervals, order)
}

/// A schedule of one run a month, on a day from `1` to `31` or on `LastDay`.
pub fn monthly(
    name: &str,
    purpose: ScheduleType,
    day: &str,
    start: &str,
    order: Order,
) -> Result<types::Schedule> {
    let interval = types::Interval {
        month_day: Some(day.to_owned()),
        ..types::Interval::default()
    };
    schedule(
        name,
        purpose,
        Frequency::Monthly,
        start,
        None,
        vec![interval],
        order,
    )
}

fn schedule(
    name: &str,
    purpose: ScheduleType,
    frequency: Frequency,
    start: &str,
    end: Option<&str>,
    intervals: Vec<types::Interval>,
    order: Order,
) -> Result<types::Schedule> {
    if name.trim().is_empty() {
        return Err(Error::input("a schedule needs a name"));
    }
    if !(1..=100).contains(&order.priority) {
        return Err(Error::input(format!(
            "a priority is 1 to 100, not {}",
            order.priority
        )));
    }
    let drafted: Vec<Interval> = intervals
        .iter()
        .map(|interval| Interval {
            minutes: interval.minutes.clone(),
            hours: interval.hours.clone(),
            week_day: interval.week_day.clone(),
            month_day: interval.month_day.clone(),
        })
        .collect();
    let draft = Draft {
        frequency,
        start: Some(start),
        end,
        intervals: &drafted,
    };
    Recurrence::new(&draft, Rules::Server)
        .map_err(|error| Error::input(format!("the schedule `{name}` cannot be: {error}")))?;
    Ok(types::Schedule {
        name: Some(name.to_owned()),
        priority: Some(order.priority.into()),
        schedule_type: Some(purpose.as_str().to_owned()),
        frequency: Some(frequency.as_str().to_owned()),
        execution_order: Some(if order.serial { "Serial" } else { "Parallel" }.to_owned()),
        frequency_details: Some(types::FrequencyDetails {
            start: Some(start.to_owned()),
            end: end.map(str::to_owned),
            intervals: (!intervals.is_empty()).then_some(types::Intervals { interval: intervals }),
        }),
        ..types::Schedule::default()
    })
}

/// Makes schedules run or rest, by name or id, and returns what was changed.
///
/// Those that are in the state already cost nothing; when one is not there, none is changed. One call does all
/// since API 3.27, before it takes one each.
pub async fn set_states(site: &Site, names: &[String], state: ScheduleState) -> Result<Vec<Line>> {
    let wanted = match state {
        ScheduleState::Active => "Active",
        ScheduleState::Suspended => "Suspended",
    };
    let all = remote::schedules(site)
        .await?
        .ok_or_else(|| Error::NotFound("the server shows no schedules of its own".to_owned()))?;
    let (mut ids, mut lines) = (Vec::new(), Vec::new());
    for name in names {
        let is_it = |schedule: &&types::Schedule| {
            schedule.name.as_ref() == Some(name) || schedule.id.is_some_and(|id| id.to_string() == *name)
        };
        let found = all.iter().find(is_it);
        let found = found.ok_or_else(|| Error::NotFound(format!("there is no schedule `{name}`")))?;
        if let Some(id) = found.id.filter(|_| found.state.as_deref() != Some(wanted)) {
            ids.push(ScheduleId(id));
            let name = found.name.clone().unwrap_or_default();
            lines.push(Line::new(Action::Change, "schedule", name, wanted));
        }
    }
    if !ids.is_empty() {
        remote::set_schedule_state(site, &ids, state).await?;
    }
    Ok(lines)
}

/// Makes a request of a schedule that a server answered: what the server says of it by itself is left out.
pub(crate) fn request(schedule: &types::Schedule) -> types::Schedule {
    types::Schedule {
        name: schedule.name.clone(),
        state: None,
        priority: schedule.priority,
        schedule_type: schedule.schedule_type.clone(),
        frequency: schedule.frequency.clone(),
        execution_order: schedule.execution_order.clone(),
        frequency_details: schedule.frequency_details.clone(),
        ..types::Schedule::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: ScheduleType = ScheduleType::Extract;

    #[test]
    fn the_forms_are_what_servers_take() {
        let made = hourly(
            "a",
            TYPE,
            Every::Hours(2),
            "06:00:00",
            "18:00:00",
            Order::default(),
        )
        .expect("hourly");
        let details = made.frequency_details.expect("details");
        assert_eq!(details.end.as_deref(), Some("18:00:00"));
        assert_eq!(
            details.intervals.expect("one").interval[0].hours.as_deref(),
            Some("2")
        );
        assert!(daily("a", TYPE, "13:15:30", Order::default()).is_ok());
        let made = weekly("a", TYPE, &["Monday", "Friday"], "06:00:00", Order::default()).expect("weekly");
        assert_eq!(
            made.frequency_details
                .and_then(|d| d.intervals)
                .expect("two")
                .interval
                .len(),
            2
        );
        assert!(monthly("a", TYPE, "LastDay", "03:00:00", Order::default()).is_ok());
        assert_eq!(
            (made.priority, made.execution_order.as_deref()),
            (Some(50), Some("Parallel"))
        );
    }

    #[test]
    fn what_servers_refuse_is_refused_here() {
        let order = Order::default();
        assert!(hourly("a", TYPE, Every::Minutes(7), "06:00:00", "18:00:00", order).is_err());
        assert!(weekly("a", TYPE, &["Moonday"], "06:00:00", order).is_err());
        assert!(weekly("a", TYPE, &[], "06:00:00", order).is_err());
        assert!(monthly("a", TYPE, "32", "06:00:00", order).is_err());
        assert!(daily("a", TYPE, "25:00:00", order).is_err());
        assert!(daily(" ", TYPE, "05:00:00", order).is_err());
        assert!(
            daily(
                "a",
                TYPE,
                "05:00:00",
                Order {
                    priority: 0,
                    serial: true
                }
            )
            .is_err()
        );
    }
}
