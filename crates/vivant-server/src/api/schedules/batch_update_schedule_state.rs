//! Batch Update Schedule State.

use http::StatusCode;
use vivant_model::{ScheduleId, ScheduleState};
use vivant_store::{ListQuery, PageRequest, Schedule, ScheduleChanges};
use vivant_wire::{ErrorCode, types};

use crate::auth::ServerAdmin;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request, fail, internal, not_found};
use crate::reply::Reply;
use crate::schedules::next_run;

/// As many ids as one request may name.
const MOST: usize = 1000;

/// Suspends or activates several schedules of the server, or all of them.
pub async fn batch_update_schedule_state(mut call: Call, _: ServerAdmin) -> Result<Reply> {
    let asked = call.query.get("state").unwrap_or_default();
    let state = match asked.to_ascii_lowercase().as_str() {
        "active" => ScheduleState::Active,
        "suspended" => ScheduleState::Suspended,
        _ => {
            return Err(fail(
                ErrorCode::InvalidParameterValue,
                format!("The parameter state must be active or suspended, not '{asked}'."),
            ));
        }
    };
    let schedules = if call.query.flag("updateAll")? {
        all(&call).await?
    } else {
        named(&mut call).await?
    };
    let mut changed = Vec::with_capacity(schedules.len());
    for schedule in schedules {
        set_state(&call, &schedule, state).await?;
        changed.push(types::ScheduleLuid {
            id: Some(schedule.id.to_string()),
        });
    }
    call.app.jobs.wake();
    Ok(call.answer(StatusCode::OK, |out| {
        out.child(
            "scheduleLuids",
            &types::ScheduleLuids {
                schedule_luid: changed,
            },
        );
    }))
}

async fn all(call: &Call) -> Result<Vec<Schedule>> {
    let mut schedules = Vec::new();
    loop {
        let query = ListQuery {
            page: PageRequest {
                number: u32::try_from(schedules.len() / MOST + 1).map_err(internal)?,
                size: MOST as u32,
            },
            ..ListQuery::default()
        };
        let page = call.app.store.schedules(&query).await?;
        let last = page.items.len() < MOST;
        schedules.extend(page.items);
        if last {
            return Ok(schedules);
        }
    }
}

/// Finds the schedules that a request names; an unknown one spoils the whole request.
async fn named(call: &mut Call) -> Result<Vec<Schedule>> {
    let asked: types::ScheduleLuids = element(&call.document().await?, "scheduleLuids")?;
    let ids = asked.schedule_luid;
    if ids.is_empty() || ids.len() > MOST {
        return Err(bad_request(format!(
            "The scheduleLuids element must hold 1 to {MOST} scheduleLuid elements, not {}.",
            ids.len()
        )));
    }
    let mut schedules = Vec::with_capacity(ids.len());
    for asked in ids {
        let text = asked.id.unwrap_or_default();
        let missing = || not_found(ErrorCode::ScheduleNotFound, "Schedule", text.trim());
        let id: ScheduleId = text.trim().parse().map_err(|_| missing())?;
        let schedule = call.app.store.schedule(id).await?;
        schedules.push(schedule.filter(|found| !found.is_system).ok_or_else(missing)?);
    }
    Ok(schedules)
}

async fn set_state(call: &Call, schedule: &Schedule, state: ScheduleState) -> Result<()> {
    if schedule.state == state {
        return Ok(());
    }
    let now = call.app.now();
    let changes = ScheduleChanges {
        state: Some(state),
        next_run_at: Some(next_run(
            &schedule.recurrence,
            &call.app.config.time_zone,
            now,
            schedule.end_schedule_at,
        )),
        ..ScheduleChanges::default()
    };
    call.app.store.update_schedule(schedule.id, changes, now).await?;
    Ok(())
}
