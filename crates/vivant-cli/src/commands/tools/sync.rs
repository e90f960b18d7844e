//! `vivant tools sync`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
#[cfg(feature = "repository")]
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use vivant_client::model::SiteRole;
use vivant_tools::permissions::GranteeKind;
use vivant_tools::{Line, sync};

use super::{print_plan, print_report, told, watcher};
use crate::commands::service_failed;
use crate::connection::Connection;
use crate::exit::{self, UsageError};
#[cfg(any(feature = "directory", feature = "repository"))]
use crate::logging;
use crate::logging::Level;
use crate::progress::Progress;

#[derive(Debug, Subcommand)]
pub enum Action {
    Users(Box<Users>),
}

/// Make users, site roles and memberships what a list says
///
/// The list comes from one place: a file, a query on a PostgreSQL database (--database and --query), or groups or
/// all users of an LDAP directory or Active Directory (--ldap-url with --ldap-group, --ldap-all-groups or
/// --ldap-all-users). A file is CSV with a header; the columns of a file or query are name, and any of full_name,
/// email, site_role, auth_setting, group, groups (several, with `;` between). A user may have several rows. Cells
/// that are empty leave things as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Users {
    /// The list as a file; `-` is stdin
    file: Option<PathBuf>,
    /// Role of people in this group for whom the list gives none; the first such group that somebody is in counts
    #[arg(long, value_name = "GROUP=ROLE", value_parser = role_of)]
    role_of: Vec<(String, SiteRole)>,
    /// Role of new users for whom nothing else gives one
    #[arg(long, value_name = "ROLE", default_value = "Unlicensed", value_parser = role)]
    default_role: SiteRole,
    /// What becomes of users that the list does not name; administrators of the server stay
    #[arg(long, value_enum, default_value_t)]
    missing: Missing,
    /// Take members that the list does not name out of the groups that it names, or that were read for it
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
    #[cfg(feature = "repository")]
    #[command(flatten)]
    database: Database,
    #[cfg(feature = "directory")]
    #[command(flatten)]
    people: People,
    #[cfg(feature = "directory")]
    #[command(flatten)]
    ldap: crate::commands::ldap::Ldap,
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
    let mut list = match args.list().await {
        Ok(list) => list,
        Err(error) => return service_failed(error),
    };
    sync::roles_of_groups(&mut list.people, &args.role_of);
    let List {
        people: list,
        groups,
        notes: about_list,
    } = list;
    args.connection
        .session(async |site| {
            let assets_to = match &args.assets_to {
                Some(name) => {
                    let people = vivant_tools::People::load(site).await.map_err(told)?;
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
                groups,
                assets_to,
                parallel: args.parallel.into(),
            };
            let mut plan = sync::prepare(site, &list, &options).await.map_err(told)?;
            plan.notes.extend(about_list);
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

/// What was read, wherever it came from.
struct List {
    people: Vec<sync::Person>,
    /// Groups that are to be there even if nobody is in them.
    groups: Vec<String>,
    notes: Vec<Line>,
}

impl From<Vec<sync::Person>> for List {
    fn from(people: Vec<sync::Person>) -> Self {
        Self {
            people,
            groups: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Users {
    /// Reads the list from the one place that was named.
    async fn list(&self) -> anyhow::Result<List> {
        let mut places = Vec::new();
        places.extend(self.file.is_some().then_some("a file"));
        #[cfg(feature = "repository")]
        places.extend(self.database.database.is_some().then_some("--database"));
        #[cfg(feature = "directory")]
        places.extend(self.people.are_wanted().then_some("a directory"));
        match places[..] {
            [_] => {}
            [] => {
                let message = "where is the list? give a file, --database with --query, or --ldap-group, \
                               --ldap-all-groups or --ldap-all-users";
                return Err(UsageError(message.to_owned()).into());
            }
            _ => {
                let message = format!("the list comes from one place, not from {}", places.join(" and "));
                return Err(UsageError(message).into());
            }
        }
        #[cfg(feature = "repository")]
        if self.database.database.is_some() {
            return Ok(self.database.read(&self.connection).await?.into());
        }
        #[cfg(feature = "directory")]
        if self.people.are_wanted() {
            return self
                .people
                .read(self.ldap.clone(), self.connection.logging_level())
                .await;
        }
        let file = self.file.as_deref().unwrap_or(Path::new("-"));
        let people = match file.as_os_str() == "-" {
            true => sync::read(std::io::stdin().lock()),
            false => sync::read(open(file)?),
        };
        Ok(people.map_err(told)?.into())
    }
}

/// A query on a database.
#[cfg(feature = "repository")]
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Database")]
struct Database {
    /// A PostgreSQL database, such as postgres://reader@db.example.com:5432/people, without the password
    #[arg(long, value_name = "URL", requires = "query")]
    database: Option<String>,
    /// The SELECT that lists people; `-` reads it from stdin
    #[arg(long, value_name = "SQL", requires = "database")]
    query: Option<String>,
    /// File that holds the password; `-` is stdin. Otherwise VIVANT_DATABASE_PASSWORD, otherwise asked for
    #[arg(long, value_name = "FILE")]
    database_password_file: Option<PathBuf>,
    /// Whether the connection is encrypted
    #[arg(long, value_enum, value_name = "WHEN", default_value = "prefer")]
    database_tls: crate::commands::repository::TlsChoice,
    /// Trust the authorities in this file too, or the database's own certificate (PEM)
    #[arg(long, value_name = "FILE")]
    database_ca_file: Option<PathBuf>,
    /// Seconds that connecting may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    database_timeout: u64,
}

#[cfg(feature = "repository")]
impl Database {
    async fn read(&self, connection: &Connection) -> anyhow::Result<Vec<sync::Person>> {
        use crate::secrets::{self, Wanted};
        logging::install(connection.logging_level());
        let address = self.database.as_deref().unwrap_or_default();
        let source = sync::Source::parse(address)?;
        let sql = match self.query.as_deref().unwrap_or_default() {
            "-" => std::io::read_to_string(std::io::stdin())?,
            sql => sql.to_owned(),
        };
        let wanted = Wanted::database(&source.user, self.database_password_file.as_deref());
        let password = secrets::get(wanted, connection.no_prompt()).await?;
        let options = vivant_tools::repository::Options {
            tls: self.database_tls.into(),
            ca_file: self.database_ca_file.clone(),
            timeout: Duration::from_secs(self.database_timeout),
            ..source.options(password)
        };
        Ok(sync::read_database(&options, &sql).await?)
    }
}

/// Whom of a directory the list holds.
#[cfg(feature = "directory")]
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "People of the directory")]
struct People {
    /// The members of this group of the directory, also through nested groups; `domain\name` where several have it
    #[arg(long, value_name = "NAME")]
    ldap_group: Vec<String>,
    /// The members of all groups that --ldap-group-filter finds
    #[arg(long, conflicts_with = "ldap_group")]
    ldap_all_groups: bool,
    /// All users that --ldap-user-filter finds, in groups or not
    #[arg(long)]
    ldap_all_users: bool,
    /// Call users domain\name
    #[arg(long)]
    ldap_with_domain: bool,
}

#[cfg(feature = "directory")]
impl People {
    fn are_wanted(&self) -> bool {
        !self.ldap_group.is_empty() || self.ldap_all_groups || self.ldap_all_users
    }

    async fn read(&self, ldap: crate::commands::ldap::Ldap, level: Level) -> anyhow::Result<List> {
        logging::install(level);
        let directory = vivant_directory::Directory::new(ldap.settings());
        let directory = directory.map_err(|error| UsageError(error.to_string()))?;
        let directory = directory
            .ok_or_else(|| UsageError("which directory? give --ldap-url and --ldap-domain".to_owned()))?;
        let wanted = sync::Wanted {
            groups: self.ldap_group.clone(),
            all_groups: self.ldap_all_groups,
            all_users: self.ldap_all_users,
            with_domain: self.ldap_with_domain,
        };
        let listed = sync::read_directory(&directory, &wanted).await?;
        Ok(List {
            people: listed.people,
            groups: listed.groups,
            notes: listed.notes,
        })
    }
}

/// Opens a file that the user named.
pub fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())).into())
}

fn role(text: &str) -> Result<SiteRole, String> {
    sync::role(text).map_err(|error| error.to_string())
}

/// A group and the role of who is in it; names of groups may hold the sign between the two.
fn role_of(text: &str) -> Result<(String, SiteRole), String> {
    match text.rsplit_once('=') {
        Some((group, name)) if !group.is_empty() => Ok((group.to_owned(), role(name)?)),
        _ => Err(format!("'{text}' is no GROUP=ROLE")),
    }
}
