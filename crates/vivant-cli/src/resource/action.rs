//! What can be done with a resource: options of its own, and a function; the rest is common to all.

use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{ArgMatches, Args, FromArgMatches};
use vivant_client::Site;

use super::work::{Report, Work};
use super::{Kind, Task};
use crate::connection::Connection;
use crate::exit;
use crate::later::as_told;
use crate::logging::Level;

/// Something to do with a resource.
pub trait Action: Args + 'static {
    /// Whether it changes anything; it has `--dry-run` then.
    const WRITES: bool = true;

    /// What its help says, where that depends on the resource.
    fn about(_kind: &Kind) -> Option<String> {
        None
    }

    /// Does it.
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()>;
}

/// A verb of a resource.
pub struct Verb {
    name: &'static str,
    command: fn(&'static Kind, clap::Command) -> clap::Command,
    run: fn(&'static Kind, ArgMatches) -> Task<ExitCode>,
}

/// Makes a verb of an action.
pub const fn verb<A: Action>(name: &'static str) -> Verb {
    Verb {
        name,
        command: command_of::<A>,
        run: run_of::<A>,
    }
}

impl Verb {
    /// Makes a verb that shares nothing with the others.
    pub const fn apart(
        name: &'static str,
        command: fn(&'static Kind, clap::Command) -> clap::Command,
        run: fn(&'static Kind, ArgMatches) -> Task<ExitCode>,
    ) -> Self {
        Self { name, command, run }
    }

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn command(&self, kind: &'static Kind) -> clap::Command {
        (self.command)(kind, clap::Command::new(self.name))
    }

    pub(super) async fn run(&self, kind: &'static Kind, matches: ArgMatches) -> anyhow::Result<ExitCode> {
        (self.run)(kind, matches).await
    }
}

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write JSON, with the members of the server's own answers
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Write CSV
    #[arg(long)]
    pub csv: bool,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
struct DryRun {
    /// Say what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
}

fn command_of<A: Action>(kind: &'static Kind, command: clap::Command) -> clap::Command {
    let command = A::augment_args(command);
    let mut about = command.get_about().cloned();
    let mut long_about = command.get_long_about().cloned();
    if let Some(text) = A::about(kind) {
        let first = text.lines().next().unwrap_or_default().to_owned();
        long_about = (first != text).then(|| text.into());
        about = Some(first.into());
    }
    command
        .about(Resettable::from(about))
        .long_about(Resettable::from(long_about))
        .defer(with_common::<A>)
}

/// Adds the options that verbs have in common.
fn with_common<A: Action>(command: clap::Command) -> clap::Command {
    // Options that are added say what they are, too, which is not what the verb does.
    as_told(command, |mut command| {
        if A::WRITES {
            command = DryRun::augment_args(command);
        }
        Connection::augment_args(Output::augment_args(command))
    })
    .after_help(exit::HELP)
}

fn run_of<A: Action>(kind: &'static Kind, matches: ArgMatches) -> Task<ExitCode> {
    Box::pin(async move {
        let action = A::from_arg_matches(&matches)?;
        let output = Output::from_arg_matches(&matches)?;
        let connection = Connection::from_arg_matches(&matches)?;
        let dry_run = A::WRITES && DryRun::from_arg_matches(&matches)?.dry_run;
        let report = Report::new(output, dry_run, connection.logging_level() > Level::Error);
        let outcome = connection
            .session(async |site: &Site| action.run(&Work::new(site, kind, &report)).await)
            .await;
        report.finish(outcome)
    })
}
