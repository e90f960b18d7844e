//! Query Extract Refresh Tasks.

use vivant_model::ScheduleType;
use vivant_store::TaskFilter;
use vivant_wire::ErrorCode;

use super::get_server_schedule::find_schedule;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::extract_view;

/// Lists the site's tasks on one schedule.
pub async fn query_extract_refresh_tasks(call: Call, who: SiteAdmin) -> Result<Reply> {
    let (query, paging) = list_query(&call, &[])?;
    let schedule = find_schedule(&call, ErrorCode::ScheduleNotFound).await?;
    if schedule.kind != ScheduleType::Extract {
        return Err(fail(
            ErrorCode::WrongScheduleType,
            format!(
                "The schedule is one of type {}, which refreshes no extracts.",
                schedule.kind
            ),
        ));
    }
    let which = TaskFilter {
        schedule: Some(schedule.id),
        ..TaskFilter::default()
    };
    let page = call.app.store.tasks(&who.caller, which, &query).await?;
    Ok(page_reply(
        &call,
        paging,
        page,
        "extracts",
        "extract",
        extract_view,
    ))
}
