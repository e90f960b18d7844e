//! Users and groups of a site made to be what a list says: a file, a database, a directory, or whatever gives
//! [`Person`]s.

mod apply;
#[cfg(feature = "repository")]
mod database;
#[cfg(feature = "directory")]
mod directory;
mod file;
mod plan;
mod rows;

pub(crate) use apply::{add_member, add_user, create_group, members};
pub use apply::{apply, look, prepare};
#[cfg(feature = "repository")]
pub use database::{Source, read_database};
#[cfg(feature = "directory")]
pub use directory::{Listed, Wanted, read_directory};
pub use file::read;
pub use plan::{Missing, Options, Plan, plan};
pub use rows::{Person, role, roles_of_groups};
