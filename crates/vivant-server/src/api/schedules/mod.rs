//! Schedules of the server, and what hangs on them.

mod add_to_schedule;
mod batch_update_schedule_state;
mod create_schedule;
mod delete_schedule;
mod get_server_schedule;
mod query_extract_refresh_tasks;
mod query_schedules;
mod update_schedule;

pub use add_to_schedule::{add_data_source_to_schedule, add_workbook_to_schedule};
pub use batch_update_schedule_state::batch_update_schedule_state;
pub use create_schedule::create_schedule;
pub(crate) use create_schedule::{asked_recurrence, invalid_schedule};
pub use delete_schedule::delete_schedule;
pub use get_server_schedule::get_server_schedule;
pub use query_extract_refresh_tasks::query_extract_refresh_tasks;
pub use query_schedules::query_schedules;
pub use update_schedule::update_schedule;
