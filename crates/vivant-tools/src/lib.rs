//! Work across whole sites of Tableau-compatible servers, over [`vivant_client`] alone.
//!
//! [`permissions`] holds rule sets as values: roles, comparison, changes with the fewest calls, audits,
//! explanations. [`fixup`] rewrites what a workbook says of published data sources.
//! [`replicate`] brings a site to another one, [`sync`] makes users and groups what a list says, [`schedules`] makes schedules by factory.
//! Behind features: `mail` sends letters with exports of views, `repository` reads the PostgreSQL database of a Tableau Server
//! and lists of people from others, `directory` reads them out of LDAP, `pdf` joins documents.
//! What changes many things has a plan first, made of [`Line`]s, and gives a [`Report`] after.

mod error;
mod file;
pub mod fixup;
pub mod items;
pub mod journal;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "pdf")]
pub mod pdf;
mod people;
pub mod permissions;
mod remote;
pub mod replicate;
mod report;
#[cfg(feature = "repository")]
pub mod repository;
pub mod schedules;
pub mod sync;
pub mod template;
mod tree;

/// Reads lists that go with this crate's work.
pub use csv;
pub use error::{Error, Result, ServiceKind};
pub use people::People;
pub use report::{Action, Line, Outcome, Progress, Report, Watch, summary};
pub use tree::{Path, Tree};
