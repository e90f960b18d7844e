//! `vivant tools permissions`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use vivant_client::Site;
use vivant_tools::permissions::{self, Form, GranteeKind, Kind, Known, List, Others, Plan, Scan};
use vivant_tools::{People, Tree, items};

use super::{print_plan, print_report, told, watcher};
use crate::connection::Connection;
use crate::exit::{self, UsageError};
use crate::logging::Level;
use crate::output::{self, Destination};
use crate::progress::Progress;

#[derive(Debug, Subcommand)]
pub enum Action {
    Audit(Box<Audit>),
    Compare(Box<Compare>),
    Copy(Box<Copy>),
    Apply(Box<Apply>),
    Explain(Box<Explain>),
}

/// What is looked at.
#[derive(Debug, clap::Args)]
struct Look {
    /// Items of these kinds
    #[arg(long, value_name = "KIND", value_delimiter = ',', default_value = "project,workbook,datasource", value_parser = kind)]
    kinds: Vec<Kind>,
    /// The defaults of projects for these kinds
    #[arg(long, value_name = "KIND", value_delimiter = ',', default_value = "workbook,datasource", value_parser = kind)]
    defaults: Vec<Kind>,
    /// How many requests run at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
}

impl Look {
    fn scan(&self) -> Scan {
        Scan {
            kinds: self.kinds.clone(),
            defaults: self.defaults.clone(),
            parallel: self.parallel.into(),
        }
    }
}

/// Write the rules of everything on a site, one capability a row
///
/// The rows are written while the site is read. What has no rules has one row without a grantee.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Audit {
    /// Where to; `-` is stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// JSON rather than CSV
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    connection: Connection,
}

/// Say what differs between the rules of two items, as the changes from the second to the first
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Compare {
    /// Kind of both
    #[arg(value_parser = kind)]
    kind: Kind,
    /// Path, name or id of the one that is as it should be
    model: String,
    /// Path, name or id of the other
    other: String,
    /// JSON rather than text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    connection: Connection,
}

/// Copy rules from one group, user, project or site to another
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP, group(clap::ArgGroup::new("from").required(true)))]
pub struct Copy {
    /// From this group, everywhere on the site
    #[arg(long, value_name = "NAME", group = "from", requires = "to")]
    from_group: Option<String>,
    /// From this user, everywhere on the site
    #[arg(long, value_name = "NAME", group = "from", requires = "to")]
    from_user: Option<String>,
    /// From this project, its defaults included
    #[arg(long, value_name = "PATH", group = "from", requires = "to")]
    from_project: Option<String>,
    /// From the site of this profile, by path and name
    #[arg(long, value_name = "PROFILE", group = "from", conflicts_with = "to")]
    from_site: Option<String>,
    /// The group, user or project that gets the rules; without it, the site that is signed in to
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// Take away rules that the source does not have
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    connection: Connection,
}

/// Make rules what a list says, with as few requests as possible
///
/// The list is CSV in the form of an audit; `path` or `id`, `kind`, `default_for`, `grantee_type`, `grantee`,
/// `capability` and `mode` count. A capability may be `role:` and a role, such as `role:Interactor`; the mode may be
/// `Unspecified`. What the list does not name stays.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Apply {
    /// The list; `-` is stdin
    file: PathBuf,
    /// Take away rules of grantees that the list does not name, on the items that it names
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    change: Change,
    /// How many requests run at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, clap::Args)]
struct Change {
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// JSON rather than text
    #[arg(long)]
    json: bool,
}

/// Say why a user may do something to an item, or not
///
/// Shows every step of the evaluation in its order: site role, administrator, project leaders, owner, locked
/// projects, rules on the user, rules on the user's groups.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Explain {
    /// Name or id of the user
    user: String,
    /// Kind of the item
    #[arg(value_parser = kind)]
    kind: Kind,
    /// Path, name or id of the item
    item: String,
    /// Capability, by its name in the REST API or on the product's pages
    capability: String,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Audit(args) => audit(*args).await,
        Action::Compare(args) => compare(*args).await,
        Action::Copy(args) => copy(*args).await,
        Action::Apply(args) => apply(*args).await,
        Action::Explain(args) => explain(*args).await,
    }
}

async fn audit(args: Audit) -> anyhow::Result<ExitCode> {
    let destination = Destination::open(&args.output)?;
    let form = if args.json { Form::Json } else { Form::Csv };
    args.connection
        .session(async |site| {
            let (tree, people) = know(site).await?;
            let scan = args.look.scan();
            match destination {
                Destination::Stdout => {
                    let mut out = Piped;
                    permissions::audit(site, &tree, &people, &scan, form, &mut out)
                        .await
                        .map_err(told)?;
                }
                // A file is whole or not there, so it is gathered beside first.
                other => {
                    let mut spool = tempfile::tempfile()?;
                    permissions::audit(site, &tree, &people, &scan, form, &mut spool)
                        .await
                        .map_err(told)?;
                    other.write_from(&mut spool)?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
        .await
}

async fn compare(args: Compare) -> anyhow::Result<ExitCode> {
    args.connection
        .session(async |site| {
            let (tree, people) = know(site).await?;
            let model = items::find(site, &tree, args.kind, &args.model)
                .await
                .map_err(told)?;
            let other = items::find(site, &tree, args.kind, &args.other)
                .await
                .map_err(told)?;
            let scan = args.look.scan();
            let plan = permissions::copy_item(site, &tree, &people, &model, &other, Others::Clear, &scan);
            let plan = plan.await.map_err(told)?;
            print_plan(plan.lines(), &plan.notes, true, args.json)
        })
        .await
}

async fn copy(args: Copy) -> anyhow::Result<ExitCode> {
    let others = if args.exact { Others::Clear } else { Others::Keep };
    let scan = args.look.scan();
    if let Some(profile) = &args.from_site {
        let source = args.connection.of_profile(profile, None);
        return source
            .session(async |from| {
                args.connection
                    .session(async |to| {
                        let ((from_tree, from_people), (to_tree, to_people)) =
                            futures_util::future::try_join(know(from), know(to)).await?;
                        let here = Known {
                            site: from,
                            tree: &from_tree,
                            people: &from_people,
                        };
                        let there = Known {
                            site: to,
                            tree: &to_tree,
                            people: &to_people,
                        };
                        let plan = permissions::copy_site(here, there, others, &scan)
                            .await
                            .map_err(told)?;
                        finish(
                            to,
                            plan,
                            &args.change,
                            scan.parallel,
                            args.connection.logging_level(),
                        )
                        .await
                    })
                    .await
            })
            .await;
    }
    let Some(to) = &args.to else {
        return Err(UsageError("who gets the rules? give --to".to_owned()).into());
    };
    args.connection
        .session(async |site| {
            let (tree, people) = know(site).await?;
            let grantee = match (&args.from_group, &args.from_user) {
                (Some(from), _) => Some((GranteeKind::Group, from)),
                (None, Some(from)) => Some((GranteeKind::User, from)),
                (None, None) => None,
            };
            let plan = match (grantee, &args.from_project) {
                (Some((kind, from)), _) => {
                    let from = people.find(kind, from).map_err(told)?;
                    let to = people.find(kind, to).map_err(told)?;
                    permissions::copy_grantee(site, &tree, &people, from, to, others, &scan).await
                }
                (None, from) => {
                    let from = from.as_deref().unwrap_or_default();
                    let from = items::find(site, &tree, Kind::Project, from)
                        .await
                        .map_err(told)?;
                    let to = items::find(site, &tree, Kind::Project, to).await.map_err(told)?;
                    permissions::copy_item(site, &tree, &people, &from, &to, others, &scan).await
                }
            };
            let plan = plan.map_err(told)?;
            finish(
                site,
                plan,
                &args.change,
                scan.parallel,
                args.connection.logging_level(),
            )
            .await
        })
        .await
}

async fn apply(args: Apply) -> anyhow::Result<ExitCode> {
    let list = match args.file.as_os_str() == "-" {
        true => List::read(std::io::stdin().lock()),
        false => List::read(super::sync::open(&args.file)?),
    };
    let list = list.map_err(told)?;
    let others = if args.exact { Others::Clear } else { Others::Keep };
    args.connection
        .session(async |site| {
            let (tree, people) = know(site).await?;
            let parallel = args.parallel.into();
            let plan = permissions::compare(site, &tree, &people, &list, others, parallel).await;
            let plan = plan.map_err(told)?;
            finish(
                site,
                plan,
                &args.change,
                parallel,
                args.connection.logging_level(),
            )
            .await
        })
        .await
}

async fn finish(
    site: &Site,
    plan: Plan,
    change: &Change,
    parallel: usize,
    level: Level,
) -> anyhow::Result<ExitCode> {
    if change.dry_run {
        return print_plan(plan.lines(), &plan.notes, true, change.json);
    }
    let progress = Progress::new(level > Level::Error);
    progress.phase("permissions");
    progress.total(plan.lines().count() as u64);
    let notes = plan.notes.clone();
    let report = permissions::apply(site, plan, parallel, &watcher(&progress)).await;
    drop(progress);
    print_report(&report, &notes, change.json)
}

async fn explain(args: Explain) -> anyhow::Result<ExitCode> {
    args.connection
        .session(async |site| {
            let (tree, people) = know(site).await?;
            let user = people.find(GranteeKind::User, &args.user).map_err(told)?;
            let item = items::find(site, &tree, args.kind, &args.item)
                .await
                .map_err(told)?;
            let found = permissions::explain(site, &tree, &people, user.id.into(), &item, &args.capability);
            let found = found.await.map_err(told)?;
            let text = match args.format {
                Format::Json => format!("{}\n", serde_json::to_string_pretty(&found)?),
                Format::Text => {
                    let verb = if found.allowed { "may" } else { "may not" };
                    let mut text = format!("{} {verb} {} {}\n", found.user, found.capability, found.item);
                    for step in &found.steps {
                        let mark = if step.decides { '>' } else { ' ' };
                        text.push_str(&format!("{mark} {}: {}\n", step.step, step.found));
                    }
                    text
                }
            };
            output::stdout(text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

async fn know(site: &Site) -> anyhow::Result<(Tree, People)> {
    let both = futures_util::future::try_join(Tree::load(site), People::load(site)).await;
    both.map_err(told)
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::parse(text).map_err(|error| error.to_string())
}

/// stdout, whose reader may go away.
struct Piped;

impl std::io::Write for Piped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        output::stdout(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
