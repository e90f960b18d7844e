//! `vivant tools publish-template`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Deserialize;
use vivant_client::ConnectionSpec;
use vivant_document::edit::{ConnectionChange, ConnectionMatch};
use vivant_tools::template::{self, Target};
use vivant_tools::{Action, Line, Outcome, Path, Report};

use super::{print_plan, print_report, told};
use crate::connection::Connection;
use crate::exit::{self, UsageError};

/// Publish one workbook or data source to many sites and projects, with its connections changed for each
///
/// The targets are CSV with a header; every column may be missing: profile, site, project, name, datasource,
/// from_server, server, port, database, username, from_database, to_database, user, password_variable. `server`,
/// `port`, `database` and `username` are set on the connections of `datasource` that read from `from_server`, or on
/// all; `from_database` becomes `to_database` in the names of tables as well; `user` and the password in the
/// variable of the environment go along as credentials. References to published data sources are rewritten for each
/// site. All targets are looked at before the first is written.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Args {
    /// The workbook or data source: .twb, .twbx, .tds or .tdsx
    file: PathBuf,
    /// The targets
    #[arg(long, value_name = "FILE")]
    targets: PathBuf,
    /// Replace content of the name
    #[arg(long)]
    overwrite: bool,
    /// Make projects that are not there
    #[arg(long)]
    create_projects: bool,
    /// Say what would be published, and publish nothing
    #[arg(long)]
    dry_run: bool,
    /// JSON rather than text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    profile: Option<String>,
    site: Option<String>,
    project: Option<String>,
    name: Option<String>,
    datasource: Option<String>,
    from_server: Option<String>,
    server: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    username: Option<String>,
    from_database: Option<String>,
    to_database: Option<String>,
    user: Option<String>,
    password_variable: Option<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let file = super::sync::open(&args.targets)?;
    let rows: Result<Vec<Row>, _> = vivant_tools::csv::Reader::from_reader(file)
        .into_deserialize()
        .collect();
    let rows =
        rows.map_err(|error| UsageError(format!("{} cannot be used: {error}", args.targets.display())))?;
    let mut sites: BTreeMap<(Option<String>, Option<String>), Vec<Target>> = BTreeMap::new();
    for (at, row) in rows.into_iter().enumerate() {
        let key = (row.profile.clone(), row.site.clone());
        // The header is line 1.
        let target = target(row, &args)
            .map_err(|error| UsageError(format!("{}: line {}: {error}", args.targets.display(), at + 2)))?;
        sites.entry(key).or_default().push(target);
    }
    if sites.is_empty() {
        return Err(UsageError(format!("{} names no target", args.targets.display())).into());
    }
    // Twice over all sites: what cannot be is found before anything is written.
    let mut lines = Vec::new();
    for (key, targets) in &sites {
        let found = connection(&args, key)
            .session(async |site| {
                let mut lines = Vec::new();
                for target in targets {
                    lines.push(
                        template::prepare(site, &args.file, target)
                            .await
                            .map_err(told)?
                            .line,
                    );
                }
                Ok(lines)
            })
            .await?;
        lines.extend(found);
    }
    if args.dry_run {
        return print_plan(lines.iter(), &[], true, args.json);
    }
    let mut report = Report::default();
    for (key, targets) in &sites {
        let outcomes = connection(&args, key)
            .session(async |site| {
                let mut outcomes = Vec::new();
                for target in targets {
                    let (line, outcome) = match template::prepare(site, &args.file, target).await {
                        Ok(prepared) => {
                            let line = prepared.line.clone();
                            (line, template::publish(site, prepared, target).await)
                        }
                        Err(error) => {
                            let name = target.project.clone().unwrap_or_default().to_string();
                            (Line::new(Action::Create, "content", name, ""), Err(error))
                        }
                    };
                    outcomes.push(Outcome {
                        line,
                        error: outcome.err(),
                    });
                }
                Ok(outcomes)
            })
            .await?;
        report.outcomes.extend(outcomes);
    }
    print_report(&report, &[], args.json)
}

fn connection(args: &Args, key: &(Option<String>, Option<String>)) -> Connection {
    match &key.0 {
        Some(profile) => args.connection.of_profile(profile, key.1.as_deref()),
        None => args.connection.at_site(key.1.as_deref()),
    }
}

fn target(row: Row, args: &Args) -> Result<Target, String> {
    let mut target = Target {
        project: match &row.project {
            Some(path) => Some(Path::parse(path).map_err(|error| error.to_string())?),
            None => None,
        },
        name: row.name,
        overwrite: args.overwrite,
        create_projects: args.create_projects,
        ..Target::default()
    };
    let change = ConnectionChange {
        server: row.server.clone(),
        port: row.port,
        database: row.database,
        username: row.username,
        ..ConnectionChange::default()
    };
    let changes =
        row.server.is_some() || row.port.is_some() || change.database.is_some() || change.username.is_some();
    if changes {
        let which = ConnectionMatch {
            datasource: row.datasource,
            server: row.from_server.clone(),
            ..ConnectionMatch::default()
        };
        target.connections.push((which, change));
    } else if row.datasource.is_some() || row.from_server.is_some() {
        return Err("datasource and from_server choose connections, but nothing is to be changed".to_owned());
    }
    match (row.from_database, row.to_database) {
        (Some(old), Some(new)) => target.databases.push((old, new)),
        (None, None) => {}
        _ => return Err("from_database and to_database go together".to_owned()),
    }
    match (row.user, row.password_variable) {
        (Some(user), Some(variable)) => {
            let password = std::env::var(&variable)
                .map_err(|_| format!("the variable {variable} of the environment holds no password"))?;
            let server = row.server.or(row.from_server);
            target.credentials.push(ConnectionSpec {
                server_address: server.ok_or("credentials need `server` or `from_server`")?,
                server_port: row.port.map(|port| port.to_string()),
                user_name: Some(user),
                password: Some(password.into()),
                embed: true,
                ..ConnectionSpec::default()
            });
        }
        (None, None) => {}
        _ => return Err("user and password_variable go together".to_owned()),
    }
    Ok(target)
}
