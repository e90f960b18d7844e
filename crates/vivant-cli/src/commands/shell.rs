//! What shells and manuals need: completions and man pages, made from the command line's own description.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::exit;
use crate::output;

/// Options of `vivant completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Options of `vivant man`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Man {
    /// The folder; it is made where it is missing
    folder: PathBuf,
}

/// Prints completions.
pub fn completions(args: &Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut crate::args::Args::command(),
        "vivant",
        &mut script,
    );
    output::stdout(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes man pages.
pub fn man(args: &Man) -> anyhow::Result<ExitCode> {
    let unwritable = || format!("{} cannot be written", args.folder.display());
    std::fs::create_dir_all(&args.folder).with_context(unwritable)?;
    clap_mangen::generate_to(crate::args::Args::command(), &args.folder).with_context(unwritable)?;
    Ok(ExitCode::SUCCESS)
}
