//! Work across whole sites of Tableau-compatible servers, over [`vivant_client`] alone.
//!
//! [`permissions`] holds rule sets as values: roles, comparison, changes with the fewest calls, audits,
//! explanations. [`fixup`] rewrites what a workbook says of published data sources.

mod error;
mod file;
pub mod fixup;
mod people;
pub mod permissions;
mod tree;

pub use error::{Error, Result};
pub use people::People;
pub use tree::{Path, Tree};
