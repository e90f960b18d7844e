//! One file per command: resources of a server in one table, other commands each with its `Args` and `run`.

#[cfg(feature = "server")]
pub mod admin;
#[cfg(feature = "data")]
mod book;
pub mod connections;
pub mod content;
pub mod content_search;
pub mod custom_views;
#[cfg(feature = "data")]
pub mod data;
pub mod data_alerts;
pub mod databases;
pub mod datasources;
pub mod doc;
pub mod domains;
#[cfg(feature = "engine")]
pub mod engine;
pub mod export;
pub mod extensions;
pub mod extracts;
pub mod favorites;
pub mod file_uploads;
pub mod flow_runs;
pub mod flow_tasks;
pub mod flows;
pub mod group_sets;
pub mod groups;
pub mod jobs;
#[cfg(feature = "directory")]
pub mod ldap;
pub mod linked_tasks;
#[cfg(feature = "mail")]
pub mod mail;
pub mod metadata;
pub mod metrics;
pub mod oidc;
pub mod permissions;
pub mod profile;
pub mod projects;
pub mod pulse;
pub mod quality_warnings;
#[cfg(feature = "draw")]
pub mod render;
#[cfg(feature = "repository")]
pub mod repository;
pub mod request;
pub mod revisions;
pub mod schedules;
#[cfg(feature = "server")]
pub mod serve;
pub mod server;
pub mod shell;
pub mod sites;
pub mod subscriptions;
pub mod tables;
pub mod tags;
pub mod tasks;
pub mod tools;
pub mod users;
pub mod views;
pub mod virtual_connections;
pub mod vizql_data;
pub mod webhooks;
pub mod workbooks;

use crate::exit::UsageError;
use crate::resource::{Resource, Value, leaves, text};

/// The resources of a server.
pub const RESOURCES: &[Resource] = &[
    sites::RESOURCE,
    projects::RESOURCE,
    workbooks::RESOURCE,
    views::RESOURCE,
    custom_views::RESOURCE,
    datasources::RESOURCE,
    flows::RESOURCE,
    flow_runs::RESOURCE,
    flow_tasks::RESOURCE,
    linked_tasks::RESOURCE,
    virtual_connections::RESOURCE,
    databases::RESOURCE,
    tables::RESOURCE,
    metrics::RESOURCE,
    users::RESOURCE,
    groups::RESOURCE,
    group_sets::RESOURCE,
    permissions::RESOURCE,
    tags::RESOURCE,
    favorites::RESOURCE,
    revisions::RESOURCE,
    connections::RESOURCE,
    jobs::RESOURCE,
    schedules::RESOURCE,
    tasks::RESOURCE,
    subscriptions::RESOURCE,
    data_alerts::RESOURCE,
    webhooks::RESOURCE,
    quality_warnings::RESOURCE,
    content_search::RESOURCE,
    metadata::RESOURCE,
    vizql_data::RESOURCE,
    pulse::RESOURCE,
    extensions::RESOURCE,
    domains::RESOURCE,
    oidc::RESOURCE,
    file_uploads::RESOURCE,
    server::RESOURCE,
    export::RESOURCE,
];

/// Refuses a change without anything to change.
pub fn refuse_nothing(nothing: bool) -> Result<(), UsageError> {
    match nothing {
        true => Err(UsageError(
            "nothing is to be changed: give at least one of the options".to_owned(),
        )),
        false => Ok(()),
    }
}

/// Ends a command by the kind of failure of the tools, where there is a code for it.
fn service_failed(error: anyhow::Error) -> anyhow::Result<std::process::ExitCode> {
    use vivant_tools::ServiceKind;

    use crate::exit::{Exit, Unclear};
    let code = match error.downcast::<vivant_tools::Error>() {
        Err(other) => return Err(other),
        Ok(vivant_tools::Error::Input(message)) => return Err(UsageError(message).into()),
        Ok(vivant_tools::Error::NotFound(message)) => return Err(Unclear::missing(message).into()),
        Ok(vivant_tools::Error::Service { message, kind }) => {
            eprintln!("vivant: {message}");
            match kind {
                ServiceKind::Unreachable => Exit::Network,
                ServiceKind::Denied => Exit::Authorization,
                ServiceKind::Later => Exit::Server,
                ServiceKind::Refused => Exit::Other,
            }
        }
        Ok(other) => return Err(other.into()),
    };
    Ok(code.into())
}

/// What a change sets, in a line.
fn changes(change: &Value) -> String {
    let parts: Vec<String> = leaves(change)
        .into_iter()
        .map(|path| format!("{path}={}", text(change, &path)))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use clap::CommandFactory;

    use super::RESOURCES;

    #[test]
    fn every_resource_can_be_parsed_and_says_what_it_does() {
        let mut command = crate::args::Args::command();
        command.build();
        command.clone().debug_assert();
        let mut names = HashSet::new();
        for resource in RESOURCES {
            assert!(names.insert(resource.name), "{} is there twice", resource.name);
            let below = command.find_subcommand(resource.name).expect(resource.name);
            let (mut verbs, mut abouts) = (HashSet::new(), HashSet::new());
            for verb in below.get_subcommands().filter(|verb| verb.get_name() != "help") {
                let name = format!("{} {}", resource.name, verb.get_name());
                assert!(verbs.insert(verb.get_name()), "{name} is there twice");
                let about = verb.get_about().expect("a verb says what it does").to_string();
                assert!(abouts.insert(about), "{name} says what another verb says");
                assert!(verb.get_arguments().any(|one| one.get_id() == "json"), "{name}");
            }
        }
    }
}
