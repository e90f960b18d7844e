//! The directory that users and groups come from, see [`vivant_directory`], and what is made of it here.

pub mod import;

pub use vivant_directory::{Directory, Domain, Error, FoundGroup, Hidden, LdapSettings, Person, Who};
