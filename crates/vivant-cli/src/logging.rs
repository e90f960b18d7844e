//! Logs of the client commands, on stderr.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Level {
    /// Only what goes wrong
    #[default]
    Error,
    /// What is being done
    Info,
    /// Every request
    Debug,
}

/// Sends logs of a level to stderr; the first call of a process counts.
pub fn install(level: Level) {
    let ours = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    // What libraries below say of each connection is no news to users.
    let filter = Targets::new()
        .with_default(LevelFilter::ERROR)
        .with_target("vivant", ours)
        .with_target("vivant_client", ours)
        .with_target("vivant_directory", ours)
        .with_target("vivant_tools", ours);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
