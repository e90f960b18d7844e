//! Query Schedules.

use vivant_model::ScheduleState;
use vivant_store::Schedule;
use vivant_store::schedules::FIELDS;

use crate::app::App;
use crate::auth::{Signed, admins_only};
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::schedules::next_run;
use crate::views::listed_schedule_view;

/// Lists the schedules of the server, for administrators of the server or of a site.
pub async fn query_schedules(call: Call, who: Signed) -> Result<Reply> {
    require_admin(&call, &who)?;
    let (query, paging) = list_query(&call, FIELDS)?;
    let mut page = call.app.store.schedules(&query).await?;
    for schedule in &mut page.items {
        tell_next_run(&call.app, schedule);
    }
    let shape = call.shape(&who);
    Ok(page_reply(
        &call,
        paging,
        page,
        "schedules",
        "schedule",
        |schedule| listed_schedule_view(schedule, &shape),
    ))
}

/// Demands an administrator of the server or of the session's site.
pub(super) fn require_admin(call: &Call, who: &Signed) -> Result<()> {
    if who.is_server_admin() || who.session.user.role.is_admin() {
        return Ok(());
    }
    Err(admins_only(call, "administrators"))
}

/// Says of a suspended schedule when it would run next, as the reference does.
pub(super) fn tell_next_run(app: &App, schedule: &mut Schedule) {
    if schedule.state == ScheduleState::Suspended {
        let (zone, end) = (&app.config.time_zone, schedule.end_schedule_at);
        schedule.next_run_at = next_run(&schedule.recurrence, zone, app.now(), end);
    }
}
