//! One file per command: resources of a server in one table, other commands each with its `Args` and `run`.

#[cfg(feature = "server")]
pub mod admin;
pub mod connections;
pub mod content;
pub mod datasources;
pub mod doc;
#[cfg(feature = "engine")]
pub mod engine;
pub mod groups;
pub mod profile;
pub mod projects;
#[cfg(feature = "server")]
pub mod serve;
pub mod shell;
pub mod sites;
pub mod users;
pub mod views;
pub mod workbooks;

use crate::exit::UsageError;
use crate::resource::{Resource, Value, leaves, text};

/// The resources of a server.
pub const RESOURCES: &[Resource] = &[
    sites::RESOURCE,
    projects::RESOURCE,
    workbooks::RESOURCE,
    views::RESOURCE,
    datasources::RESOURCE,
    users::RESOURCE,
    groups::RESOURCE,
];

/// Refuses a change without anything to change.
fn refuse_nothing(nothing: bool) -> Result<(), UsageError> {
    match nothing {
        true => Err(UsageError(
            "nothing is to be changed: give at least one of the options".to_owned(),
        )),
        false => Ok(()),
    }
}

/// What a change sets, in a line.
fn changes(change: &Value) -> String {
    let parts: Vec<String> = leaves(change)
        .into_iter()
        .map(|path| format!("{path}={}", text(change, &path)))
        .collect();
    parts.join(", ")
}
