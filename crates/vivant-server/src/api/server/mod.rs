//! Server Info and sessions.

mod get_current_server_session;
mod server_info;

pub use get_current_server_session::get_current_server_session;
pub use server_info::server_info;
