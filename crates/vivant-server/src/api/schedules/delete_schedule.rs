//! Delete Schedule.

use vivant_wire::ErrorCode;

use super::get_server_schedule::find_schedule;
use crate::auth::ServerAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes a schedule with the tasks and subscriptions that hang on it.
pub async fn delete_schedule(call: Call, _: ServerAdmin) -> Result<Reply> {
    let schedule = find_schedule(&call, ErrorCode::ScheduleNotFound).await?;
    call.app.store.delete_schedule(schedule.id).await?;
    Ok(Reply::Empty)
}
