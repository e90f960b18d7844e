//! `vivant <resource> <verb>`: one table of resources, each with its columns and its verbs.
//!
//! A [`Kind`] says how things of one sort are listed, read and deleted; a [`Resource`] gives it a name
//! on the command line and its verbs. What all verbs share stands here: reaching the server, finding
//! things by name, `--dry-run`, and how results are shown. The resources stand in `commands`, one file each.

mod action;
mod filter;
mod find;
mod show;
mod table;
mod value;
mod verbs;
mod work;

use std::fmt;

use clap::ArgMatches;
use futures_util::future::LocalBoxFuture;
use vivant_client::filters::Field;
use vivant_client::model::{ProjectId, UserId};
use vivant_client::{ListOptions, Site};

use crate::commands;

pub use action::{Action, Output, Verb, verb};
pub use filter::Choice;
pub use find::{Found, find, find_as, find_luid, is_luid};
pub use show::{Column, column, item as show_item, number};
pub use value::{Rows, Value, gathered, inner, leaves, once, pages, text, value};
pub use verbs::{DELETE, GET, LIST, MOVE, UPDATE};
pub use work::{Attempt, Work};

/// Writes a list that does not come from a server.
pub fn show_list(output: Output, columns: &[Column], items: &[Value]) -> String {
    show::list(output, columns, items, false)
}

/// What is still to be done, and what comes of it.
pub type Task<T> = LocalBoxFuture<'static, anyhow::Result<T>>;

/// Where a thing is, for paths such as `/Sales/North/Report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: it has a name and no more.
    Site,
    /// In a project.
    Project,
    /// It is a project, in another one or at the top.
    Parent,
    /// In a workbook, which is in a project.
    Workbook,
}

/// A sort of thing on a server.
pub struct Kind {
    /// One of them.
    pub noun: &'static str,
    /// What a table shows of it.
    pub columns: &'static [Column],
    /// What the server's list can be filtered and sorted by.
    pub fields: &'static [Field],
    /// Where they are.
    pub place: Place,
    /// The member that holds its name.
    pub name: &'static str,
    /// What the list is to have that servers leave out by themselves: a value of the parameter `fields`.
    pub ask: Option<&'static str>,
    /// Lists them.
    pub list: fn(Site, ListOptions) -> Rows,
    /// Reads one by its id; the list has everything there is where this is missing.
    pub get: Option<fn(Site, String) -> Task<Value>>,
    /// Deletes one by its id.
    pub delete: Option<fn(Site, String) -> Task<()>>,
    /// Changes what most content has.
    pub change: Option<Apply>,
}

impl Kind {
    /// A sort of thing that no server lists.
    pub const fn unlisted(noun: &'static str, columns: &'static [Column]) -> Self {
        Self::new(noun, columns, &[], |_, _| Box::pin(futures_util::stream::empty()))
    }

    /// A sort of thing that can be listed and no more.
    pub const fn new(
        noun: &'static str,
        columns: &'static [Column],
        fields: &'static [Field],
        list: fn(Site, ListOptions) -> Rows,
    ) -> Self {
        Self {
            noun,
            columns,
            fields,
            place: Place::Site,
            name: "name",
            ask: None,
            list,
            get: None,
            delete: None,
            change: None,
        }
    }
}

/// Applies a change to the thing of an id.
pub type Apply = fn(Site, String, Change) -> Task<Value>;

/// What can be changed of most content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Where it is.
    pub project: Option<ProjectId>,
    /// Whose it is.
    pub owner: Option<UserId>,
}

/// A resource on the command line.
pub struct Resource {
    /// Its name there.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What it is.
    pub about: &'static str,
    /// What its things are.
    pub kind: &'static Kind,
    /// What can be done.
    pub verbs: &'static [Verb],
}

impl Resource {
    /// Its name and what it is; its verbs follow where it is asked for.
    fn command(&self) -> clap::Command {
        clap::Command::new(self.name)
            .about(self.about)
            .visible_aliases(self.aliases.to_vec())
            .defer(with_verbs)
    }
}

fn with_verbs(command: clap::Command) -> clap::Command {
    let resource = named(command.get_name()).expect("only resources are described by their verbs");
    let command = command.subcommand_required(true).arg_required_else_help(true);
    resource.verbs.iter().fold(command, |command, verb| {
        command.subcommand(verb.command(resource.kind))
    })
}

fn named(name: &str) -> Option<&'static Resource> {
    commands::RESOURCES.iter().find(|resource| resource.name == name)
}

/// A verb on a resource, as it was typed.
pub struct Invocation {
    resource: &'static Resource,
    verb: &'static Verb,
    matches: ArgMatches,
}

impl Invocation {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<std::process::ExitCode> {
        self.verb.run(self.resource.kind, self.matches).await
    }
}

impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource.name, self.verb.name())
    }
}

impl clap::FromArgMatches for Invocation {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, below) = matches.subcommand().ok_or_else(missing)?;
        let resource = named(name).ok_or_else(missing)?;
        let (name, matches) = below.subcommand().ok_or_else(missing)?;
        let verb = resource
            .verbs
            .iter()
            .find(|verb| verb.name() == name)
            .ok_or_else(missing)?;
        Ok(Self {
            resource,
            verb,
            matches: matches.clone(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Subcommand for Invocation {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        commands::RESOURCES.iter().fold(command, |command, resource| {
            command.subcommand(resource.command())
        })
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        named(name).is_some()
    }
}
