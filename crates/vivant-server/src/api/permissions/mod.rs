//! Permissions of projects, workbooks, views and data sources, and the defaults of projects.

mod add_default_permissions;
mod add_permissions;
mod delete_default_permission;
mod delete_permission;
mod query_default_permissions;
mod query_permissions;
mod target;

pub use add_default_permissions::add_default_permissions;
pub use add_permissions::add_permissions;
pub use delete_default_permission::delete_default_permission;
pub use delete_permission::delete_permission;
pub use query_default_permissions::query_default_permissions;
pub use query_permissions::query_permissions;
