//! `vivant workbooks`: what a server's workbooks are and whose.

pub mod owners;

use std::process::ExitCode;

use clap::Subcommand;

/// Options of `vivant workbooks`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Owners(Box<owners::Args>),
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Owners(args) => owners::run(*args).await,
    }
}
