//! `vivant tools schedules`: many schedules' states at once.

use std::process::ExitCode;

use clap::ValueEnum;
use vivant_client::ScheduleState;
use vivant_tools::schedules::set_states;
use vivant_tools::{Outcome, Report};

use super::{print_report, told};
use crate::connection::Connection;
use crate::exit;

/// Make several schedules run or rest
///
/// Schedules that are in the state already cost no request; when one is not there, none is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Args {
    /// What they shall do
    #[arg(value_enum)]
    state: Wanted,
    /// Names or ids of schedules
    #[arg(required = true)]
    names: Vec<String>,
    /// JSON rather than text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// Run
    Enable,
    /// Rest
    Disable,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let state = match args.state {
        Wanted::Enable => ScheduleState::Active,
        Wanted::Disable => ScheduleState::Suspended,
    };
    args.connection
        .session(async |site| {
            let lines = set_states(site, &args.names, state).await.map_err(told)?;
            let outcomes = lines.into_iter().map(|line| Outcome { line, error: None });
            let report = Report {
                outcomes: outcomes.collect(),
            };
            print_report(&report, &[], args.json)
        })
        .await
}
