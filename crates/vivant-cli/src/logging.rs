//! Logs of the client commands, on stderr.

use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Every request and its attempts
    Debug,
    /// What is being done
    Info,
    /// Only what goes wrong
    #[default]
    Error,
}

/// Sends logs of a level to stderr; the first call of a process counts.
#[expect(dead_code, reason = "the first client command calls it")]
pub fn install(level: Level) {
    let filter = match level {
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Error => LevelFilter::ERROR,
    };
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(filter)
        .without_time()
        .try_init();
}
