//! `vivant workbooks`: what a server's workbooks are and whose.

use std::process::ExitCode;

use crate::output;

/// Options of `vivant workbooks`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    output::stdout(b"")?;
    Ok(ExitCode::SUCCESS)
}
