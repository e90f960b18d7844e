//! The `vivant` program: reads the command line, runs one command, turns what came of it into an
//! exit code.

mod args;
mod commands;
mod connection;
mod csv;
mod exit;
mod logging;
mod output;
mod profile;
mod progress;
mod resource;
mod secrets;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::Error::new(error).context("could not start the runtime")),
    };
    let outcome = runtime.block_on(run(args.command));
    // A thread that still waits for the terminal must not keep the program alive.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| exit::report(&error))
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(feature = "server")]
        Command::Serve(args) => commands::serve::run(*args).await,
        #[cfg(feature = "server")]
        Command::Admin(args) => commands::admin::run(args).await,
        #[cfg(feature = "engine")]
        Command::Engine(args) => commands::engine::run(args).await,
        #[cfg(feature = "data")]
        Command::Data(args) => commands::data::run(*args).await,
        Command::Doc(args) => commands::doc::run(args),
        Command::Resource(invocation) => invocation.run().await,
        Command::Tools(args) => commands::tools::run(args).await,
        Command::Profile(args) => commands::profile::run(args).await,
        Command::Completions(args) => commands::shell::completions(&args),
        Command::Man(args) => commands::shell::man(&args),
    }
}
