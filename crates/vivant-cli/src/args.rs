//! The command line as typed: one variant per command, each command's options in its own file.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::exit;
use crate::later::Later;
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

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the Tableau REST API
    #[cfg(feature = "server")]
    Serve(Later<Box<commands::serve::Args>>),
    /// Administer an installation on its data folder
    #[cfg(feature = "server")]
    Admin(Later<commands::admin::Args>),
    /// Install the program that reads and writes .hyper files
    #[cfg(feature = "engine")]
    Engine(Later<commands::engine::Args>),
    /// Write the rows that a view of a workbook shows, from the file
    #[cfg(feature = "data")]
    Data(Later<Box<commands::data::Args>>),
    /// Draw the views of a workbook, from the file: PNG, SVG, PDF, slides, or a page with all
    #[cfg(feature = "draw")]
    Render(Later<Box<commands::render::Args>>),
    /// Read, check, compare and edit workbooks and data sources as files
    Doc(Later<commands::doc::Args>),
    #[command(flatten)]
    Resource(Box<Invocation>),
    /// Send a request of one's own making, for what no command does
    Request(Later<Box<commands::request::Args>>),
    /// Work across whole sites: permissions, replication, users from lists, templates
    Tools(Later<commands::tools::Args>),
    /// Send mails with exports of views: one, many of a list, or those of a schedule
    #[cfg(feature = "mail")]
    Mail(Later<commands::mail::Args>),
    /// Ask the PostgreSQL database of a Tableau Server
    #[cfg(feature = "repository")]
    Repository(Later<commands::repository::Args>),
    /// Keep servers, sites and users under a name
    Profile(Later<commands::profile::Args>),
    /// The commands of tabcmd, as scripts write them
    Tabcmd(Later<tabcmd::Args>),
    /// Print a script that completes command lines in a shell
    ///
    /// For example: `vivant completions bash > /etc/bash_completion.d/vivant`,
    /// `vivant completions zsh > ~/.zfunc/_vivant`, `vivant completions fish > ~/.config/fish/completions/vivant.fish`.
    Completions(Later<commands::shell::Completions>),
    /// Write man pages into a folder, one for each command
    Man(Later<commands::shell::Man>),
}

impl Command {
    /// Whether the command mostly waits for a server, so that one thread is enough and the quickest to begin.
    pub fn waits(&self) -> bool {
        matches!(
            self,
            Self::Resource(_)
                | Self::Request(_)
                | Self::Profile(_)
                | Self::Tabcmd(_)
                | Self::Completions(_)
                | Self::Man(_)
        )
    }
}
