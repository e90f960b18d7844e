//! The command line as typed: one variant per command, each command's options in its own file.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::exit;
use crate::resource::Invocation;
use crate::tabcmd;

/// Everything on the command line.
#[derive(Debug, Parser)]
#[command(name = "vivant", version, about, after_help = exit::HELP, propagate_version = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// Reads the command line, or ends the program with what is wrong with it.
    pub fn read() -> Self {
        match std::env::args_os().nth(1) {
            Some(first) if ["doc", "--version", "-V"].iter().any(|word| first == *word) => {
                let OnFiles::Doc(args) = FileArgs::parse().command;
                Self {
                    command: Command::Doc(args),
                }
            }
            _ => Self::parse(),
        }
    }
}

/// The command line of `vivant doc` and the version by themselves: to describe all that servers can be asked takes megabytes, more than
/// an edit of a large workbook.
#[derive(Debug, Parser)]
#[command(name = "vivant", version, about, after_help = exit::HELP, propagate_version = true)]
struct FileArgs {
    #[command(subcommand)]
    command: OnFiles,
}

#[derive(Debug, Subcommand)]
enum OnFiles {
    /// Read, check, compare and edit workbooks and data sources as files
    Doc(commands::doc::Args),
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the Tableau REST API
    #[cfg(feature = "server")]
    Serve(Box<commands::serve::Args>),
    /// Administer an installation on its data folder
    #[cfg(feature = "server")]
    Admin(commands::admin::Args),
    /// Install the program that reads and writes .hyper files
    #[cfg(feature = "engine")]
    Engine(commands::engine::Args),
    /// Write the rows that a view of a workbook shows, from the file
    #[cfg(feature = "data")]
    Data(Box<commands::data::Args>),
    /// Read, check, compare and edit workbooks and data sources as files
    Doc(commands::doc::Args),
    #[command(flatten)]
    Resource(Box<Invocation>),
    /// Work across whole sites: permissions, replication, users from lists, templates
    Tools(commands::tools::Args),
    /// Send mails with exports of views: one, many of a list, or those of a schedule
    #[cfg(feature = "mail")]
    Mail(commands::mail::Args),
    /// Ask the PostgreSQL database of a Tableau Server
    #[cfg(feature = "repository")]
    Repository(commands::repository::Args),
    /// Keep servers, sites and users under a name
    Profile(commands::profile::Args),
    /// The commands of tabcmd, as scripts write them
    Tabcmd(tabcmd::Args),
    Completions(commands::shell::Completions),
    Man(commands::shell::Man),
}
