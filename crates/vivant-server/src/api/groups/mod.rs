//! Groups of users, local ones and those of a directory.

mod add_user_to_group;
mod create_group;
mod delete_group;
mod get_users_in_group;
mod import;
mod query_groups;
mod remove_user_from_group;
mod remove_users_from_group;
mod update_group;

pub use add_user_to_group::add_user_to_group;
pub use create_group::create_group;
pub use delete_group::delete_group;
pub use get_users_in_group::get_users_in_group;
pub use query_groups::query_groups;
pub use remove_user_from_group::remove_user_from_group;
pub use remove_users_from_group::remove_users_from_group;
pub use update_group::update_group;
