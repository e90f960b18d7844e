//! `vivant tools sync`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use vivant_client::model::SiteRole;
use vivant_tools::permissions::GranteeKind;
use vivant_tools::{People, sync};

use super::{print_plan, print_report, told, watcher};
use crate::connection::Connection;
use crate::exit::{self, UsageError};
use crate::logging::Level;
use crate::progress::Progress;

#[derive(Debug, Subcommand)]
pub enum Action {
    Users(Box<Users>),
}

/// Make users, site roles and memberships what a list says
///
/// The list is CSV with a header: name, and any of full_name, email, site_role, auth_setting, group, groups
/// (several, with `;` between). A user may have several rows. Cells that are empty leave things as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Users {
    /// The list; `-` is stdin
    file: PathBuf,
    /// Role of new users for whom the list gives none
    #[arg(long, value_name = "ROLE", default_value = "Unlicensed", value_parser = role)]
    default_role: SiteRole,
    /// What becomes of users that the list does not name; administrators of the server stay
    #[arg(long, value_enum, default_value_t)]
    missing: Missing,
    /// Take members that the list does not name out of the groups that it names
    #[arg(long)]
    exact_groups: bool,
    /// Who gets what removed users own (API 3.10)
    #[arg(long, value_name = "USER")]
    assets_to: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// JSON rather than text
    #[arg(long)]
    json: bool,
    /// How many requests run at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Missing {
    /// They stay
    #[default]
    Keep,
    /// They lose their licence
    Unlicense,
    /// They leave the site
    Remove,
}

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Users(args) => users(*args).await,
    }
}

async fn users(args: Users) -> anyhow::Result<ExitCode> {
    let list = match args.file.as_os_str() == "-" {
        true => sync::read(std::io::stdin().lock()),
        false => sync::read(open(&args.file)?),
    };
    let list = list.map_err(told)?;
    args.connection
        .session(async |site| {
            let assets_to = match &args.assets_to {
                Some(name) => {
                    let people = People::load(site).await.map_err(told)?;
                    Some(people.find(GranteeKind::User, name).map_err(told)?.id.into())
                }
                None => None,
            };
            let options = sync::Options {
                role: args.default_role,
                missing: match args.missing {
                    Missing::Keep => sync::Missing::Keep,
                    Missing::Unlicense => sync::Missing::Unlicense,
                    Missing::Remove => sync::Missing::Remove,
                },
                exact_groups: args.exact_groups,
                assets_to,
                parallel: args.parallel.into(),
            };
            let plan = sync::prepare(site, &list, &options).await.map_err(told)?;
            if args.dry_run {
                return print_plan(plan.lines(), &plan.notes, true, args.json);
            }
            let progress = Progress::new(args.connection.logging_level() > Level::Error);
            progress.phase("users and groups");
            progress.total(plan.lines().count() as u64);
            let notes = plan.notes.clone();
            let report = sync::apply(site, plan, &options, &watcher(&progress))
                .await
                .map_err(told)?;
            drop(progress);
            print_report(&report, &notes, args.json)
        })
        .await
}

/// Opens a file that the user named.
pub fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())).into())
}

fn role(text: &str) -> Result<SiteRole, String> {
    SiteRole::parse(text)
        .filter(|role| role.is_assignable())
        .ok_or_else(|| {
            let names: Vec<&str> = SiteRole::all()
                .filter(|role| role.is_assignable())
                .map(SiteRole::as_str)
                .collect();
            format!("there are {}", names.join(", "))
        })
}
