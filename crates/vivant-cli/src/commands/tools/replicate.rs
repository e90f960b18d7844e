//! `vivant tools replicate`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Deserialize;
use vivant_tools::replicate::{self, Credential, Existing, Options, Part};

use super::{print_plan, print_report, told, watcher};
use crate::connection::Connection;
use crate::exit::{self, UsageError};
use crate::logging::Level;
use crate::progress::Progress;

/// Bring a site's structure and content to another site or server
///
/// Users, groups and memberships, projects with their locks, permissions and defaults, schedules, published data
/// sources, workbooks made to use the data sources of the target, owners, tags, descriptions, extract refresh tasks
/// and subscriptions. Things are found by name and path; what is there already is not made again, and nothing but
/// rules is removed. --plan says first what would be done and what cannot be moved, such as passwords. A run that
/// ended early goes on when the command is given again.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Args {
    /// Profile of the site that is read
    #[arg(long, value_name = "PROFILE")]
    from: String,
    /// Profile of the site that is written
    #[arg(long, value_name = "PROFILE")]
    to: String,
    /// Another site of the same server than the profile's, by content URL
    #[arg(long, value_name = "SITE")]
    from_site: Option<String>,
    /// Another site of the same server than the profile's, by content URL
    #[arg(long, value_name = "SITE")]
    to_site: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long, visible_alias = "dry-run")]
    plan: bool,
    /// With --plan, name also what stays as it is
    #[arg(long, requires = "plan")]
    all: bool,
    /// JSON rather than text
    #[arg(long)]
    json: bool,
    /// Only these parts
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    only: Vec<OnlyPart>,
    /// Publish anew what is on the target and was not brought there by this command
    #[arg(long)]
    replace: bool,
    /// File that says what was moved; a run that is begun again goes on by it
    #[arg(long, value_name = "FILE", default_value = "vivant-replicate.jsonl")]
    journal: PathBuf,
    /// CSV with `from` and `to`: users and groups that are called otherwise on the target
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// CSV with `server`, `user` and `password`, for connections whose passwords no server gives away
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// How many things are done at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    /// Never ask for a secret
    #[arg(long)]
    no_prompt: bool,
    /// What to log on stderr
    #[arg(short, long, value_enum, value_name = "LEVEL", default_value_t)]
    logging_level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnlyPart {
    /// Users, groups, memberships
    People,
    /// Projects
    Projects,
    /// Rules and default rules
    Permissions,
    /// Schedules, extract refresh tasks, subscriptions
    Schedules,
    /// Data sources and workbooks
    Content,
}

#[derive(Deserialize)]
struct NameRow {
    from: String,
    to: String,
}

#[derive(Deserialize)]
struct CredentialRow {
    server: String,
    user: String,
    password: String,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let options = options(&args)?;
    let base = Connection::plain(args.no_prompt, args.logging_level);
    let source = base.of_profile(&args.from, args.from_site.as_deref());
    let target = base.of_profile(&args.to, args.to_site.as_deref());
    source
        .session(async |from| {
            target
                .session(async |to| {
                    let plan = replicate::plan(from, to, &options).await.map_err(told)?;
                    if args.plan {
                        return print_plan(plan.lines(), &plan.notes, args.all, args.json);
                    }
                    let notes = plan.notes.clone();
                    let progress = Progress::new(args.logging_level > Level::Error);
                    let report = replicate::apply(from, to, plan, &options, &watcher(&progress))
                        .await
                        .map_err(told)?;
                    drop(progress);
                    print_report(&report, &notes, args.json)
                })
                .await
        })
        .await
}

fn options(args: &Args) -> anyhow::Result<Options> {
    let parts: Vec<Part> = args
        .only
        .iter()
        .map(|part| match part {
            OnlyPart::People => Part::People,
            OnlyPart::Projects => Part::Projects,
            OnlyPart::Permissions => Part::Permissions,
            OnlyPart::Schedules => Part::Schedules,
            OnlyPart::Content => Part::Content,
        })
        .collect();
    let mut names = HashMap::new();
    if let Some(path) = &args.names {
        for row in rows::<NameRow>(path)? {
            if names.insert(row.from.clone(), row.to).is_some() {
                return Err(UsageError(format!("{}: `{}` is there twice", path.display(), row.from)).into());
            }
        }
    }
    let mut credentials = Vec::new();
    if let Some(path) = &args.credentials {
        credentials.extend(rows::<CredentialRow>(path)?.into_iter().map(|row| Credential {
            server: row.server,
            user: row.user,
            password: row.password.into(),
        }));
    }
    let usual = Options::default();
    Ok(Options {
        parts: if parts.is_empty() {
            usual.parts.clone()
        } else {
            parts
        },
        existing: if args.replace {
            Existing::Replace
        } else {
            Existing::Keep
        },
        names,
        credentials,
        // A plan leaves no trace, but looks at what is there.
        journal: (!args.plan || args.journal.exists()).then(|| args.journal.clone()),
        parallel: args.parallel.into(),
        ..usual
    })
}

fn rows<T: for<'de> Deserialize<'de>>(path: &std::path::Path) -> anyhow::Result<Vec<T>> {
    let file = super::sync::open(path)?;
    let rows: Result<Vec<T>, _> = vivant_tools::csv::Reader::from_reader(file)
        .into_deserialize()
        .collect();
    rows.map_err(|error| UsageError(format!("{} cannot be used: {error}", path.display())).into())
}
