//! Update Schedule.

use vivant_model::ScheduleState;
use vivant_model::job::PRIORITIES;
use vivant_store::{Schedule, ScheduleChanges};
use vivant_wire::{ErrorCode, types};

use super::create_schedule::{
    asked_recurrence, bad_priority, execution_order, rules_of, schedule_name, schedule_state, sentence,
};
use super::get_server_schedule::find_schedule;
use super::query_schedules::tell_next_run;
use crate::auth::ServerAdmin;
use crate::call::Call;
use crate::errors::{ApiError, Result, fail};
use crate::reply::Reply;
use crate::schedules::next_run;
use crate::views::schedule_view;

/// Changes what a request names of a schedule; everything but its type can change.
pub async fn update_schedule(mut call: Call, _: ServerAdmin) -> Result<Reply> {
    let asked: types::Schedule = call.read("schedule").await?;
    let schedule = find_schedule(&call, ErrorCode::ScheduleNotFound).await?;
    let changes = changes(&call, &schedule, asked)?;
    let now = call.app.now();
    let mut schedule = call.app.store.update_schedule(schedule.id, changes, now).await?;
    call.app.jobs.wake();
    tell_next_run(&call.app, &mut schedule);
    Ok(call.one("schedule", &schedule_view(schedule)))
}

fn changes(call: &Call, schedule: &Schedule, asked: types::Schedule) -> Result<ScheduleChanges> {
    if let Some(kind) = &asked.schedule_type
        && kind != schedule.kind.as_str()
    {
        return Err(invalid(format!(
            "The schedule is one of type {} and stays so.",
            schedule.kind
        )));
    }
    if let Some(priority) = asked.priority
        && !PRIORITIES.contains(&priority)
    {
        return Err(invalid(bad_priority(priority)));
    }
    let name = match asked.name.as_deref() {
        Some(text) => Some(schedule_name(Some(text)).ok_or_else(|| {
            invalid("The name of a schedule must not be blank or longer than 255 characters.".to_owned())
        })?),
        None => None,
    };
    let state = asked
        .state
        .as_deref()
        .map(schedule_state)
        .transpose()
        .map_err(invalid)?;
    let order = asked.execution_order.as_deref().map(execution_order).transpose();
    // A frequency without details says nothing new unless it is another one.
    let old = schedule.recurrence.frequency().as_str();
    let frequency = asked.frequency.as_deref().unwrap_or(old);
    let details = asked.frequency_details.as_ref();
    let asked_when = if details.is_some() || frequency != old {
        let when = asked_recurrence(frequency, details, rules_of(call.version));
        Some(when.map_err(|error| invalid(sentence(&error)))?)
    } else {
        None
    };
    let end_at = asked
        .end_schedule_at
        .map(|time| time.0)
        .or(schedule.end_schedule_at);
    // What was due while the schedule rested is not made up for.
    let wakes = state == Some(ScheduleState::Active) && schedule.state == ScheduleState::Suspended;
    let moves = asked_when.is_some() || wakes || end_at != schedule.end_schedule_at;
    let when = asked_when.unwrap_or(schedule.recurrence);
    let next = next_run(&when, &call.app.config.time_zone, call.app.now(), end_at);
    Ok(ScheduleChanges {
        name,
        state,
        priority: asked.priority,
        execution_order: order.map_err(invalid)?,
        recurrence: asked_when,
        next_run_at: moves.then_some(next),
        end_schedule_at: asked.end_schedule_at.map(|time| Some(time.0)),
    })
}

fn invalid(detail: String) -> ApiError {
    fail(ErrorCode::InvalidParameterValue, detail)
}
