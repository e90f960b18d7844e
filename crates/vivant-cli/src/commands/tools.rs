//! `vivant tools`: work across whole sites, as `tableau_tools` is used for.

mod permissions;
mod publish_template;
mod replicate;
mod schedules;
mod sync;

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use vivant_tools::{Line, Report, summary};

use crate::exit::{Exit, Unclear, UsageError};
use crate::output;
use crate::progress::Progress;

/// Options of `vivant tools`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Audit, compare, copy, set and explain permissions
    #[command(subcommand)]
    Permissions(permissions::Action),
    Replicate(Box<replicate::Args>),
    /// Make users and groups what a list says
    #[command(subcommand)]
    Sync(sync::Action),
    PublishTemplate(Box<publish_template::Args>),
    Schedules(Box<schedules::Args>),
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Permissions(action) => permissions::run(action).await,
        Action::Replicate(args) => replicate::run(*args).await,
        Action::Sync(action) => sync::run(action).await,
        Action::PublishTemplate(args) => publish_template::run(*args).await,
        Action::Schedules(args) => schedules::run(*args).await,
    }
}

/// Turns an error of the work into one with the right exit code.
fn told(error: vivant_tools::Error) -> anyhow::Error {
    match error {
        vivant_tools::Error::Input(message) => UsageError(message).into(),
        vivant_tools::Error::NotFound(message) => Unclear::missing(message).into(),
        other => other.into(),
    }
}

/// Prints what would be done.
fn print_plan<'l>(
    lines: impl Iterator<Item = &'l Line>,
    notes: &[Line],
    all: bool,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    let lines: Vec<&Line> = lines.collect();
    if as_json {
        let text = serde_json::to_string_pretty(&json!({"steps": lines, "notes": notes}))?;
        output::stdout(format!("{text}\n").as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let left = vivant_tools::Action::Leave;
    let shown = notes.iter().filter(|line| all || line.action != left);
    let mut text = String::new();
    for line in lines.iter().copied().chain(shown) {
        text.push_str(&format!("{line}\n"));
    }
    let counted = summary(lines.iter().copied().chain(notes));
    text.push_str(&format!("{counted}; nothing was changed\n"));
    output::stdout(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what came of the work, failures on stderr, and says how it ended.
fn print_report(report: &Report, notes: &[Line], as_json: bool) -> anyhow::Result<ExitCode> {
    let failed = report.failed().count();
    if as_json {
        let outcomes: Vec<_> = report
            .outcomes
            .iter()
            .map(|outcome| {
                json!({
                    "line": outcome.line,
                    "error": outcome.error.as_ref().map(ToString::to_string),
                })
            })
            .collect();
        let text = serde_json::to_string_pretty(&json!({"outcomes": outcomes, "notes": notes}))?;
        output::stdout(format!("{text}\n").as_bytes())?;
    } else {
        let mut text = String::new();
        for line in notes
            .iter()
            .filter(|line| line.action == vivant_tools::Action::Cannot)
        {
            text.push_str(&format!("{line}\n"));
        }
        let done = report.outcomes.iter().filter(|outcome| outcome.error.is_none());
        text.push_str(&format!("done: {}\n", summary(done.map(|outcome| &outcome.line))));
        output::stdout(text.as_bytes())?;
    }
    for outcome in report.failed() {
        if let Some(error) = &outcome.error {
            eprintln!("vivant: {} {}: {error}", outcome.line.what, outcome.line.name);
        }
    }
    Ok(match (failed, report.done()) {
        (0, _) => Exit::Ok,
        _ => Exit::Partial,
    }
    .into())
}

/// Shows progress on a terminal.
fn watcher(progress: &Progress) -> impl Fn(vivant_tools::Progress<'_>) + Send + Sync + '_ {
    move |at| match at.line {
        None => {
            progress.phase(at.stage);
            progress.total(at.total as u64);
        }
        Some(_) => progress.add(1),
    }
}
