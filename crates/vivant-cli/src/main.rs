//! The `vivant` program: reads the command line, runs one command, turns what came of it into an
//! exit code.

mod args;
mod commands;
mod connection;
mod csv;
mod exit;
#[cfg(feature = "draw")]
mod fonts;
mod input;
mod later;
mod logging;
mod output;
mod profile;
mod progress;
mod resource;
mod secrets;
mod sessions;
mod tabcmd;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;
use later::Later;

fn main() -> ExitCode {
    let mut line = std::env::args_os();
    let as_tabcmd = line.next().is_some_and(|program| tabcmd::is_name_of(&program));
    // Before the runtime: a command line that cannot be used needs none.
    let args = (!as_tabcmd).then(Args::parse);
    let mut builder = match args.as_ref().is_none_or(|args| args.command.waits()) {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::Error::new(error).context("could not start the runtime")),
    };
    let outcome = runtime.block_on(async {
        match args {
            Some(args) => run(args.command).await,
            None => Ok(tabcmd::run_line(line.collect()).await),
        }
    });
    // A thread that still waits for the terminal must not keep the program alive.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| exit::report(&error))
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(feature = "server")]
        Command::Serve(Later(args)) => commands::serve::run(*args).await,
        #[cfg(feature = "server")]
        Command::Admin(Later(args)) => commands::admin::run(args).await,
        #[cfg(feature = "engine")]
        Command::Engine(Later(args)) => commands::engine::run(args).await,
        #[cfg(feature = "data")]
        Command::Data(Later(args)) => commands::data::run(*args).await,
        #[cfg(feature = "draw")]
        Command::Render(Later(args)) => commands::render::run(*args).await,
        Command::Doc(Later(args)) => commands::doc::run(args),
        Command::Resource(invocation) => invocation.run().await,
        Command::Request(Later(args)) => commands::request::run(*args).await,
        Command::Tools(Later(args)) => commands::tools::run(args).await,
        #[cfg(feature = "mail")]
        Command::Mail(Later(args)) => commands::mail::run(args).await,
        #[cfg(feature = "repository")]
        Command::Repository(Later(args)) => commands::repository::run(args).await,
        Command::Profile(Later(args)) => commands::profile::run(args).await,
        Command::Completions(Later(args)) => commands::shell::completions(&args),
        Command::Tabcmd(Later(args)) => tabcmd::run(args).await,
        Command::Man(Later(args)) => commands::shell::man(&args),
    }
}
