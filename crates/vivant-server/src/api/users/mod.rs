//! Users of a site.

pub(crate) mod add_user_to_site;
mod get_groups_for_a_user;
mod get_users_on_site;
pub(crate) mod query_user_on_site;
mod query_workbooks_for_user;
mod remove_user_from_site;
mod update_user;

pub use add_user_to_site::add_user_to_site;
pub(crate) use add_user_to_site::{assignable_role, may_manage_users};
pub use get_groups_for_a_user::get_groups_for_a_user;
pub use get_users_on_site::get_users_on_site;
pub(crate) use query_user_on_site::find_user;
pub use query_user_on_site::query_user_on_site;
pub use query_workbooks_for_user::query_workbooks_for_user;
pub use remove_user_from_site::remove_user_from_site;
pub use update_user::update_user;
