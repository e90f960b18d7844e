//! Work across whole sites of Tableau-compatible servers, over [`vivant_client`] alone.
//!
//! [`permissions`] holds rule sets as values: roles, comparison, changes with the fewest calls, audits,
//! explanations.

mod error;
pub mod permissions;

pub use error::{Error, Result};
