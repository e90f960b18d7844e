//! Projects.

mod create_project;
mod delete_project;
mod query_projects;
mod update_project;

pub use create_project::create_project;
pub use delete_project::delete_project;
pub use query_projects::query_projects;
pub use update_project::update_project;
