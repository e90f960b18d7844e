//! Get Server Schedule.

use vivant_model::ScheduleId;
use vivant_store::Schedule;
use vivant_wire::ErrorCode;

use super::query_schedules::{require_admin, tell_next_run};
use crate::auth::Signed;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;
use crate::views::schedule_view;

/// Answers one schedule of the server in full.
pub async fn get_server_schedule(call: Call, who: Signed) -> Result<Reply> {
    require_admin(&call, &who)?;
    let mut schedule = find_schedule(&call, ErrorCode::ScheduleNotFound).await?;
    tell_next_run(&call.app, &mut schedule);
    Ok(call.one("schedule", &schedule_view(schedule)))
}

/// Finds the schedule in the address. One that belongs to a task is reached through the task alone.
pub(super) async fn find_schedule(call: &Call, missing: ErrorCode) -> Result<Schedule> {
    let id: ScheduleId = call.id("schedule-id", missing)?;
    let schedule = call.app.store.schedule(id).await?;
    schedule
        .filter(|schedule| !schedule.is_system)
        .ok_or_else(|| not_found(missing, "Schedule", id))
}
