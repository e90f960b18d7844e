//! `vivant repository`: what the PostgreSQL database of a Tableau Server says.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use futures_util::TryStreamExt;
use serde_json::json;
use vivant_tools::repository::{self, Answer, Kind, PutOn, Repository, Tls};

use super::service_failed;
use crate::exit::{self, UsageError};
use crate::logging::{self, Level};
use crate::output;
use crate::resource::{Column, Output, Value, column, number, show_list};
use crate::secrets::{self, Wanted};

/// Rows that are written at once.
const AT_ONCE: usize = 500;

/// Options of `vivant repository`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
#[command(after_help = exit::HELP)]
enum Action {
    /// List the sessions of users at the web server, the one used last first
    Sessions {
        /// Only those of this user
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
        /// Show ids and tokens, by which anybody can be these users
        #[arg(long)]
        show_tokens: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// List subscriptions with the view and the mail address of each
    Subscriptions {
        /// Only those on this schedule
        #[arg(long, value_name = "NAME")]
        schedule: Option<String>,
        /// Also those to whole workbooks
        #[arg(long)]
        workbooks: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// List the schedules that refresh extracts
    Schedules {
        /// Only the one of this name
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        reach: Reach,
    },
    /// List the sites
    Sites {
        /// Only the one with this content URL; empty is the default site
        #[arg(long, value_name = "SITE")]
        content_url: Option<String>,
        /// Only those of this name
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        reach: Reach,
    },
    /// Print the number by which the repository knows something
    Id {
        /// What it is
        #[arg(value_enum)]
        kind: Thing,
        /// Its name or LUID; a site's content URL or name
        item: String,
        /// The site, by content URL, name or LUID; names of projects, workbooks and data sources need it
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// The project, where several have a workbook or data source of the name
        #[arg(long, value_name = "NAME")]
        project: Option<String>,
        #[command(flatten)]
        reach: Reach,
    },
    /// Let a schedule refresh the extract of a workbook or data source, on servers older than API 2.8
    PutOnSchedule {
        /// Which of the two
        #[arg(value_enum)]
        kind: Refreshed,
        /// Its name or LUID
        item: String,
        /// The schedule, by name or LUID
        #[arg(long, value_name = "SCHEDULE")]
        schedule: String,
        /// The site, by content URL, name or LUID
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// The project, where several have something of the name
        #[arg(long, value_name = "NAME")]
        project: Option<String>,
        /// 1, the first, to 100
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..=100))]
        priority: u8,
        /// Say what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Run one SQL statement
    Query {
        /// The statement, with $1, $2 for parameters; `-` reads it from stdin
        sql: String,
        /// A value for the next parameter
        #[arg(short = 'P', long = "param", value_name = "VALUE", allow_hyphen_values = true)]
        parameters: Vec<String>,
        /// Allow the statement to change something
        #[arg(long)]
        write: bool,
        /// With --write, take back what it changed and say how much that was
        #[arg(long, requires = "write")]
        dry_run: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Thing {
    Site,
    Project,
    Workbook,
    Datasource,
    Schedule,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Refreshed {
    Workbook,
    Datasource,
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TlsChoice {
    /// Never
    Off,
    /// Where the repository offers it
    Prefer,
    /// Or not at all
    Require,
}

impl From<TlsChoice> for Tls {
    fn from(choice: TlsChoice) -> Self {
        match choice {
            TlsChoice::Off => Self::Off,
            TlsChoice::Prefer => Self::Prefer,
            TlsChoice::Require => Self::Require,
        }
    }
}

/// How the repository is reached.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Repository")]
struct Reach {
    /// The machine, or the address of the server [env: VIVANT_REPOSITORY_HOST]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Its port
    #[arg(long, value_name = "PORT", default_value_t = repository::PORT)]
    port: u16,
    /// The database
    #[arg(long, value_name = "NAME", default_value = repository::DATABASE)]
    database: String,
    /// Who asks: readonly, tableau, or tblwgadmin [default: readonly, tblwgadmin for what writes]
    #[arg(short, long, value_name = "NAME")]
    user: Option<String>,
    /// File that holds the password; `-` is stdin. Otherwise VIVANT_REPOSITORY_PASSWORD, otherwise asked for
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Never ask for a secret
    #[arg(long)]
    no_prompt: bool,
    /// Whether the connection is encrypted
    #[arg(long, value_enum, value_name = "WHEN", default_value = "prefer")]
    tls: TlsChoice,
    /// Trust the authorities in this file too, or the repository's own certificate (PEM)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Seconds that connecting may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// What to log on stderr
    #[arg(short, long, value_enum, value_name = "LEVEL", default_value_t)]
    logging_level: Level,
    #[command(flatten)]
    output: Output,
}

impl Reach {
    async fn connect(&self, write: bool) -> anyhow::Result<Repository> {
        logging::install(self.logging_level);
        let host = self
            .host
            .clone()
            .or_else(|| std::env::var("VIVANT_REPOSITORY_HOST").ok());
        let Some(host) = host.filter(|host| !host.is_empty()) else {
            let message = "which repository? give --host, or set VIVANT_REPOSITORY_HOST";
            return Err(UsageError(message.to_owned()).into());
        };
        let user = self
            .user
            .as_deref()
            .unwrap_or(if write { "tblwgadmin" } else { "readonly" });
        let wanted = Wanted::repository(user, self.password_file.as_deref());
        let options = repository::Options {
            port: self.port,
            database: self.database.clone(),
            tls: self.tls.into(),
            ca_file: self.ca_file.clone(),
            timeout: Duration::from_secs(self.timeout),
            write,
            ..repository::Options::new(host, user, secrets::get(wanted, self.no_prompt).await?)
        };
        Ok(Repository::connect(&options).await?)
    }

    fn show(&self, columns: &[Column], items: &[Value]) -> anyhow::Result<()> {
        Ok(output::stdout(show_list(self.output, columns, items).as_bytes())?)
    }
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match act(args.action).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => service_failed(error),
    }
}

async fn act(action: Action) -> anyhow::Result<()> {
    match action {
        Action::Sessions {
            of,
            show_tokens,
            reach,
        } => {
            let rows = reach.connect(false).await?.sessions(of.as_deref()).await?;
            let rows: Vec<repository::Session> = rows.try_collect().await?;
            let shown = |secret: Option<&vivant_client::Secret>| match (secret, show_tokens) {
                (None, _) => Value::Null,
                (Some(secret), true) => secret.expose().into(),
                (Some(_), false) => "***".into(),
            };
            let items: Vec<Value> = rows
                .iter()
                .map(|row| {
                    json!({
                        "sessionId": shown(Some(&row.id)),
                        "user": row.user_name,
                        "userId": row.user_id,
                        "systemUserId": row.system_user_id,
                        "updatedAt": row.updated_at,
                        "authToken": shown(row.auth_token().as_ref()),
                        "data": shown(row.data.as_ref()),
                        "sharedWgWrite": shown(row.shared_wg_write.as_ref()),
                        "sharedVizqlWrite": shown(row.shared_vizql_write.as_ref()),
                    })
                })
                .collect();
            let columns = [
                column("USER", "user"),
                number("USER ID", "userId"),
                number("SYSTEM USER ID", "systemUserId"),
                column("LAST USED", "updatedAt"),
                column("SESSION", "sessionId"),
                column("TOKEN", "authToken"),
            ];
            reach.show(&columns, &items)
        }
        Action::Subscriptions {
            schedule,
            workbooks,
            reach,
        } => {
            let rows = reach
                .connect(false)
                .await?
                .subscriptions(schedule.as_deref(), !workbooks)
                .await?;
            let rows: Vec<repository::Subscription> = rows.try_collect().await?;
            let columns = [
                number("ID", "id"),
                column("SUBJECT", "subject"),
                column("USER", "user"),
                column("MAIL", "email"),
                column("SITE", "site"),
                column("VIEW", "view_url"),
                column("SCHEDULE", "schedule"),
            ];
            reach.show(&columns, &values(&rows)?)
        }
        Action::Schedules { name, reach } => {
            let rows = reach
                .connect(false)
                .await?
                .extract_schedules(name.as_deref())
                .await?;
            let rows: Vec<repository::ExtractSchedule> = rows.try_collect().await?;
            let columns = [
                number("ID", "id"),
                column("NAME", "name"),
                number("PRIORITY", "priority"),
                column("ACTIVE", "active"),
                column("NEXT RUN", "run_next_at"),
            ];
            reach.show(&columns, &values(&rows)?)
        }
        Action::Sites {
            content_url,
            name,
            reach,
        } => {
            let repository = reach.connect(false).await?;
            let rows = repository.sites(content_url.as_deref(), name.as_deref()).await?;
            let rows: Vec<repository::Site> = rows.try_collect().await?;
            let columns = [
                number("ID", "id"),
                column("NAME", "name"),
                column("CONTENT URL", "content_url"),
                column("STATUS", "status"),
            ];
            reach.show(&columns, &values(&rows)?)
        }
        Action::Id {
            kind,
            item,
            site,
            project,
            reach,
        } => {
            let kind = match kind {
                Thing::Site => Kind::Site,
                Thing::Project => Kind::Project,
                Thing::Workbook => Kind::Workbook,
                Thing::Datasource => Kind::Datasource,
                Thing::Schedule => Kind::Schedule,
            };
            let repository = reach.connect(false).await?;
            let id = repository
                .id(kind, &item, site.as_deref(), project.as_deref())
                .await?;
            match reach.output == Output::default() {
                true => Ok(output::stdout(format!("{id}\n").as_bytes())?),
                false => reach.show(&[number("ID", "id")], &[json!({"id": id})]),
            }
        }
        Action::PutOnSchedule {
            kind,
            item,
            schedule,
            site,
            project,
            priority,
            dry_run,
            reach,
        } => {
            let kind = match kind {
                Refreshed::Workbook => Kind::Workbook,
                Refreshed::Datasource => Kind::Datasource,
            };
            let repository = reach.connect(!dry_run).await?;
            let extract = repository
                .extract(kind, &item, site.as_deref(), project.as_deref())
                .await?;
            let to = repository.extract_schedule_id(&schedule).await?;
            let what = kind.as_str();
            let (result, task) = match dry_run {
                true => ("would be added", None),
                false => match repository.put_on_schedule(&extract, to, priority).await? {
                    PutOn::Added(task) => ("added", Some(task)),
                    PutOn::AlreadyThere => ("there already", None),
                },
            };
            if reach.output == Output::default() {
                let text = format!("{what} {item} on {schedule}: {result}\n");
                return Ok(output::stdout(text.as_bytes())?);
            }
            let columns = [column("RESULT", "result"), number("TASK", "task")];
            let done =
                json!({"result": result, "task": task, "schedule": to, "id": extract.id, "type": what});
            reach.show(&columns, &[done])
        }
        Action::Query {
            sql,
            parameters,
            write,
            dry_run,
            reach,
        } => query(sql, parameters, write, dry_run, &reach).await,
    }
}

async fn query(
    sql: String,
    parameters: Vec<String>,
    write: bool,
    dry_run: bool,
    reach: &Reach,
) -> anyhow::Result<()> {
    let sql = match sql.as_str() {
        "-" => std::io::read_to_string(std::io::stdin())?,
        _ => sql,
    };
    let parameters: Vec<Option<&str>> = parameters.iter().map(|text| Some(text.as_str())).collect();
    let repository = reach.connect(write).await?;
    let changed = match dry_run {
        true => repository.rehearse(&sql, &parameters).await?,
        false => match repository.query(&sql, &parameters).await? {
            Answer::Rows(rows) => return show_rows(rows, reach.output).await,
            Answer::Changed(count) => count,
        },
    };
    if reach.output == Output::default() {
        let text = match dry_run {
            true => format!("{changed} rows; nothing was changed\n"),
            false => format!("{changed} rows\n"),
        };
        return Ok(output::stdout(text.as_bytes())?);
    }
    reach.show(
        &[number("ROWS", "rows")],
        &[json!({"rows": changed, "dryRun": dry_run})],
    )
}

/// Writes rows as they come, but for a table, whose columns need all of them.
async fn show_rows(mut rows: repository::Rows, output: Output) -> anyhow::Result<()> {
    let plain = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let names: Vec<String> = rows.columns.iter().map(|name| json!(name).to_string()).collect();
    let mut text = String::new();
    let mut count = 0;
    if output.csv {
        let head: Vec<&str> = rows.columns.iter().map(String::as_str).collect();
        crate::csv::row(&mut text, &head);
    }
    let mut table = Vec::new();
    while let Some(row) = rows.rows.try_next().await? {
        count += 1;
        if output.csv {
            let cells: Vec<String> = row.iter().map(plain).collect();
            crate::csv::row(&mut text, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        } else if output.json {
            // By hand, since a map would sort the columns.
            let members: Vec<String> = names
                .iter()
                .zip(&row)
                .map(|(name, value)| format!("{name}:{value}"))
                .collect();
            text.push_str(if count == 1 { "[\n" } else { ",\n" });
            text.push_str(&format!("{{{}}}", members.join(",")));
        } else {
            // Names with dots would be looked for inside of values.
            let named = row
                .iter()
                .enumerate()
                .map(|(index, value)| (format!("c{index}"), plain(value).into()));
            table.push(Value::Object(named.collect()));
        }
        if count % AT_ONCE == 0 {
            output::stdout(text.as_bytes())?;
            text.clear();
        }
    }
    if output.json {
        text.push_str(if count == 0 { "[]\n" } else { "\n]\n" });
    } else if !output.csv {
        let columns: Vec<Column> = rows
            .columns
            .iter()
            .enumerate()
            .map(|(index, name)| Column {
                title: name.clone().into(),
                path: format!("c{index}").into(),
                ..column("", "")
            })
            .collect();
        text = show_list(output, &columns, &table);
    }
    Ok(output::stdout(text.as_bytes())?)
}

fn values<T: serde::Serialize>(rows: &[T]) -> anyhow::Result<Vec<Value>> {
    Ok(rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?)
}
