//! Create Schedule.

use vivant_model::job::{DEFAULT_PRIORITY, PRIORITIES};
use vivant_model::schedule::{Draft, Interval, RecurrenceError, Rules};
use vivant_model::{ExecutionOrder, Frequency, Recurrence, ScheduleState, ScheduleType, name};
use vivant_store::NewSchedule;
use vivant_wire::version::V;
use vivant_wire::{ApiVersion, ErrorCode, types};

use crate::auth::ServerAdmin;
use crate::call::Call;
use crate::errors::{ApiError, Result, bad_request, fail};
use crate::reply::Reply;
use crate::schedules::next_run;
use crate::views::schedule_view;

/// Creates a schedule for refreshes of extracts or for subscriptions.
pub async fn create_schedule(mut call: Call, _: ServerAdmin) -> Result<Reply> {
    let asked: types::Schedule = call.read("schedule").await?;
    let name = schedule_name(asked.name.as_deref())
        .ok_or_else(|| bad_request("The schedule element must hold a name of at most 255 characters."))?;
    let kind = asked.schedule_type.as_deref().unwrap_or_default();
    let kind = schedule_type(kind)?;
    let priority = asked.priority.unwrap_or(DEFAULT_PRIORITY);
    if !PRIORITIES.contains(&priority) {
        return Err(bad_request(bad_priority(priority)));
    }
    let order = asked.execution_order.as_deref().map(execution_order).transpose();
    let state = asked.state.as_deref().map(schedule_state).transpose();
    let (order, state) = (order.map_err(bad_request)?, state.map_err(bad_request)?);
    let frequency = asked.frequency.as_deref().unwrap_or_default();
    let recurrence = asked_recurrence(
        frequency,
        asked.frequency_details.as_ref(),
        rules_of(call.version),
    )
    .map_err(invalid_schedule)?;
    let end_at = asked.end_schedule_at.map(|time| time.0);
    let now = call.app.now();
    let new = NewSchedule {
        name,
        state: state.unwrap_or(ScheduleState::Active),
        kind,
        priority,
        execution_order: order.unwrap_or(ExecutionOrder::Parallel),
        recurrence,
        is_system: false,
        next_run_at: next_run(&recurrence, &call.app.config.time_zone, now, end_at),
        end_schedule_at: end_at,
    };
    let schedule = call.app.store.create_schedule(new, now).await?;
    call.app.jobs.wake();
    let path = format!("/schedules/{}", schedule.id);
    let view = schedule_view(schedule);
    // Tableau: the 3.1 reference prints 200 here, later ones 201.
    Ok(if call.version > V(3, 1) {
        call.created("schedule", &view, &path)
    } else {
        call.one("schedule", &view)
    })
}

/// Which reference the schedules of a version are held to.
pub(super) fn rules_of(version: ApiVersion) -> Rules {
    let (major, minor) = Rules::CUSTOM_SINCE;
    if version >= V(major, minor) {
        Rules::Custom
    } else {
        Rules::Server
    }
}

/// Reads when a schedule is to run.
pub(crate) fn asked_recurrence(
    frequency: &str,
    details: Option<&types::FrequencyDetails>,
    rules: Rules,
) -> Result<Recurrence, RecurrenceError> {
    let frequency =
        Frequency::parse(frequency).ok_or_else(|| RecurrenceError::UnknownFrequency(frequency.to_owned()))?;
    let details = details.ok_or(RecurrenceError::StartMissing)?;
    let asked = details
        .intervals
        .as_ref()
        .map(|intervals| intervals.interval.as_slice());
    let intervals: Vec<Interval> = asked.unwrap_or_default().iter().map(interval).collect();
    Recurrence::new(
        &Draft {
            frequency,
            start: details.start.as_deref(),
            end: details.end.as_deref(),
            intervals: &intervals,
        },
        rules,
    )
}

fn interval(asked: &types::Interval) -> Interval {
    Interval {
        minutes: asked.minutes.clone(),
        hours: asked.hours.clone(),
        week_day: asked.week_day.clone(),
        month_day: asked.month_day.clone(),
    }
}

/// The error of intervals that do not fit, with what the reference expects.
pub(crate) fn invalid_schedule(error: RecurrenceError) -> ApiError {
    fail(ErrorCode::InvalidSchedule, sentence(&error))
}

/// What is wrong with intervals, as a sentence.
pub(super) fn sentence(error: &RecurrenceError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}

/// Reads a name that a schedule may have.
pub(super) fn schedule_name(asked: Option<&str>) -> Option<String> {
    let name = asked?.trim();
    name::is_valid(name).then(|| name.to_owned())
}

pub(super) fn bad_priority(priority: i64) -> String {
    let (least, most) = (PRIORITIES.start(), PRIORITIES.end());
    format!("The priority of a schedule is a number from {least} to {most}, not {priority}.")
}

pub(super) fn execution_order(text: &str) -> Result<ExecutionOrder, String> {
    ExecutionOrder::parse(text)
        .ok_or_else(|| format!("The executionOrder of a schedule is Parallel or Serial, not '{text}'."))
}

pub(super) fn schedule_state(text: &str) -> Result<ScheduleState, String> {
    ScheduleState::parse(text)
        .ok_or_else(|| format!("The state of a schedule is Active or Suspended, not '{text}'."))
}

fn schedule_type(text: &str) -> Result<ScheduleType> {
    match ScheduleType::parse(text) {
        Some(kind @ (ScheduleType::Extract | ScheduleType::Subscription)) => Ok(kind),
        Some(ScheduleType::Flow) => Err(fail(
            ErrorCode::NotImplemented,
            "This release of Vivant runs no flows, so it has no schedules for them.",
        )),
        None => Err(bad_request(format!(
            "The type of a schedule is Extract or Subscription, not '{text}'."
        ))),
    }
}
