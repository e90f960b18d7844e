//! Users and groups of a site made to be what a list says: a file, or whatever gives [`Person`]s.

mod apply;
mod file;
mod plan;

pub(crate) use apply::{add_member, add_user, create_group, members};
pub use apply::{apply, look, prepare};
pub use file::{Person, read};
pub use plan::{Missing, Options, Plan, plan};
