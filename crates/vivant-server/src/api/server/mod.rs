//! Server Info, sessions and domains.

mod get_current_server_session;
mod list_server_active_directory_domains;
mod server_info;
mod update_server_active_directory_domain;

pub use get_current_server_session::get_current_server_session;
pub use list_server_active_directory_domains::list_server_active_directory_domains;
pub use server_info::server_info;
pub use update_server_active_directory_domain::update_server_active_directory_domain;
