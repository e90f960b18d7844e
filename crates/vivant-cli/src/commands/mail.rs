//! `vivant mail`: letters with exports of views.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use vivant_client::{Orientation, PageType, Site};
use vivant_tools::mail::burst::{self, Base, Found, Mailing, Row, Shared};
use vivant_tools::mail::{Attachment, Content, Format, Mailbox, Mailer, Smtp, SmtpTls, Template, Templates};
use vivant_tools::{Line, Report};

use super::{service_failed, views, workbooks};
use crate::connection::Connection;
use crate::exit::{self, Exit, UsageError};
use crate::logging::{self, Level};
use crate::output;
use crate::progress::Progress;
use crate::resource::find;
use crate::secrets::{self, Wanted};

/// Files that go with every letter are no larger together.
const MOST_ATTACHED: u64 = 50 * 1024 * 1024;

/// Options of `vivant mail`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Send(Box<Send>),
    Burst(Box<Burst>),
}

/// Send one mail, with the export of a view or with files
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
struct Send {
    /// Who gets it; may be given several times
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<String>,
    /// What a placeholder of the texts stands for; may be given several times
    #[arg(long = "value", value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,
    #[command(flatten)]
    letter: LetterOptions,
}

/// Send a mail for each row of a list, or for each subscription of a schedule
///
/// The list is CSV with a header: `to`, and any of `view`, `filter:FIELD` (one value), `vf_FIELD` (an expression),
/// `parameter:NAME`. Every column is a placeholder of the texts, too. Equal exports are fetched once. Everything is
/// checked before the first mail is sent.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
struct Burst {
    /// The list; `-` is stdin
    #[arg(required_unless_present = "schedule")]
    file: Option<PathBuf>,
    /// Mail what the subscriptions of this schedule show to those who subscribed, now
    #[arg(long, value_name = "SCHEDULE", conflicts_with_all = ["file", "views", "workbook"])]
    schedule: Option<String>,
    /// How many mails are made at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    #[command(flatten)]
    letter: LetterOptions,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatChoice {
    Csv,
    Pdf,
    Png,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TlsChoice {
    /// Not encrypted
    None,
    /// Encrypted after the greeting
    Starttls,
    /// Encrypted from the first byte
    Tls,
}

/// What both commands know.
#[derive(Debug, clap::Args)]
struct LetterOptions {
    /// The subject; {placeholders} are filled in
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// File with the text; {placeholders} are filled in
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// File with the same as HTML; what is filled in is escaped
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// File that goes with the mail; may be given several times
    #[arg(long = "attach", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// View whose export goes with the mail: name, path or id; several become one PDF, in this order
    #[arg(long = "view", value_name = "VIEW", conflicts_with = "workbook")]
    views: Vec<String>,
    /// Workbook whose PDF goes with the mail
    #[arg(long, value_name = "WORKBOOK")]
    workbook: Option<String>,
    /// What is exported
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "pdf")]
    format: FormatChoice,
    /// The name of the export's file without its ending; {placeholders} are filled in
    #[arg(long, value_name = "NAME", default_value = "{view}")]
    file_name: String,
    /// Filter a field to one value; may be given several times
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    filter: Vec<(String, String)>,
    /// Filter a field by an expression: values with commas between
    #[arg(long, value_name = "FIELD=VALUES", value_parser = pair)]
    vf: Vec<(String, String)>,
    /// Set a parameter of the workbook
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    parameter: Vec<(String, String)>,
    /// Paper of a PDF, such as a4 or letter
    #[arg(long, value_name = "PAPER")]
    page: Option<PageType>,
    /// portrait or landscape
    #[arg(long, value_name = "WAY")]
    orientation: Option<Orientation>,
    /// Minutes that an answer from the server's cache may be old
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(..=240))]
    max_age: Option<u32>,
    /// Say what would be sent to whom, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// JSON rather than text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    smtp: SmtpOptions,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Mail server")]
struct SmtpOptions {
    /// The mail server [env: VIVANT_SMTP_HOST]
    #[arg(long, value_name = "HOST")]
    smtp_host: Option<String>,
    /// Its port [default: 587; 465 with tls, 25 with none]
    #[arg(long, value_name = "PORT")]
    smtp_port: Option<u16>,
    /// How the connection is encrypted
    #[arg(long, value_enum, value_name = "HOW", default_value = "starttls")]
    smtp_tls: TlsChoice,
    /// Trust the authorities in this file in place of the system's (PEM)
    #[arg(long, value_name = "FILE")]
    smtp_ca: Option<PathBuf>,
    /// Sign in to the mail server as this user
    #[arg(long, value_name = "NAME")]
    smtp_user: Option<String>,
    /// File that holds that user's password; `-` is stdin. Otherwise VIVANT_SMTP_PASSWORD, otherwise asked for
    #[arg(long, value_name = "FILE", requires = "smtp_user")]
    smtp_password_file: Option<PathBuf>,
    /// Who sends
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// Who gets answers
    #[arg(long, value_name = "ADDRESS")]
    reply_to: Option<String>,
    /// Seconds that one mail may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    smtp_timeout: u64,
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let outcome = match args.action {
        Action::Send(args) => send(*args).await,
        Action::Burst(args) => run_burst(*args).await,
    };
    outcome.or_else(service_failed)
}

async fn send(args: Send) -> anyhow::Result<ExitCode> {
    let to = args.to.join("; ");
    let mut row = Row {
        values: args.values.into_iter().collect(),
        ..Row::default()
    };
    row.values.entry("to".to_owned()).or_insert_with(|| to.clone());
    row.to = to;
    let subject = args.letter.subject.clone().unwrap_or_else(|| "{view}".to_owned());
    work(&args.letter, Rows::List(vec![row]), &subject, 1).await
}

async fn run_burst(args: Burst) -> anyhow::Result<ExitCode> {
    let of_schedule = args.schedule.is_some();
    let rows = match (args.schedule, args.file) {
        (Some(schedule), _) => Rows::Schedule(schedule),
        (None, Some(file)) if file == Path::new("-") => Rows::List(burst::read(std::io::stdin().lock())?),
        (None, Some(file)) => {
            let unreadable = |error| UsageError(format!("{} cannot be read: {error}", file.display()));
            Rows::List(burst::read(std::fs::File::open(&file).map_err(unreadable)?)?)
        }
        (None, None) => return Err(UsageError("give a list or --schedule".to_owned()).into()),
    };
    let usual = if of_schedule { "{subject}" } else { "{view}" };
    let subject = args.letter.subject.clone().unwrap_or_else(|| usual.to_owned());
    work(&args.letter, rows, &subject, args.parallel.into()).await
}

enum Rows {
    List(Vec<Row>),
    Schedule(String),
}

async fn work(
    options: &LetterOptions,
    rows: Rows,
    subject: &str,
    parallel: usize,
) -> anyhow::Result<ExitCode> {
    logging::install(options.connection.logging_level());
    let shared = options.shared(subject)?;
    let smtp = options.smtp.settle(options.dry_run).await?;
    let mailer = Mailer::new(smtp)?;
    let wants_view = match &rows {
        Rows::Schedule(_) => true,
        Rows::List(rows) => {
            !options.views.is_empty()
                || options.workbook.is_some()
                || rows.iter().any(|row| row.view.is_some())
        }
    };
    if !wants_view {
        // A mail without an export needs no server but the one for mail.
        let Rows::List(rows) = rows else {
            unreachable!("a schedule has views")
        };
        let rows: Vec<(Row, Vec<Found>)> = rows.into_iter().map(|row| (row, Vec::new())).collect();
        let mailings = burst::prepare(&rows, &shared)?;
        return finish(options, &mailer, None, mailings, &[], parallel).await;
    }
    let connection = &options.connection;
    connection
        .session(async |site| {
            let (rows, notes) = match rows {
                Rows::Schedule(schedule) => {
                    let (rows, notes) = burst::subscriptions(site, &schedule).await?;
                    (
                        rows.into_iter().map(|(row, found)| (row, vec![found])).collect(),
                        notes,
                    )
                }
                Rows::List(rows) => (found(site, options, rows).await?, Vec::new()),
            };
            let mailings = burst::prepare(&rows, &shared)?;
            finish(options, &mailer, Some(site), mailings, &notes, parallel).await
        })
        .await
}

/// Looks up what each row shows, each name once.
async fn found(
    site: &Site,
    options: &LetterOptions,
    rows: Vec<Row>,
) -> anyhow::Result<Vec<(Row, Vec<Found>)>> {
    let mut known: std::collections::HashMap<String, Found> = std::collections::HashMap::new();
    let whole = match &options.workbook {
        Some(name) => {
            let book = find(site, &workbooks::KIND, name).await?;
            let id = book.luid()?;
            let label = match book.item {
                Some(_) => book.label,
                None => site.workbooks().get(id).await?.name.unwrap_or(book.label),
            };
            Some(Found {
                content: Content::Workbook(id),
                name: label,
            })
        }
        None => None,
    };
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        let names = match &row.view {
            Some(name) => std::slice::from_ref(name),
            None => &options.views[..],
        };
        let mut shown: Vec<Found> = Vec::new();
        for name in names {
            if !known.contains_key(name) {
                let view = find(site, &views::KIND, name).await?;
                let id = view.luid()?;
                let label = match view.item {
                    Some(_) => view.label,
                    // Texts and files are called by the name, however the view was given.
                    None => site.views().get(id).await?.name.unwrap_or(view.label),
                };
                let found = Found {
                    content: Content::View(id),
                    name: label,
                };
                known.insert(name.clone(), found);
            }
            shown.extend(known.get(name).cloned());
        }
        if names.is_empty() {
            shown.extend(whole.clone());
        }
        list.push((row, shown));
    }
    Ok(list)
}

async fn finish(
    options: &LetterOptions,
    mailer: &Mailer,
    site: Option<&Site>,
    mailings: Vec<Mailing>,
    notes: &[Line],
    parallel: usize,
) -> anyhow::Result<ExitCode> {
    for note in notes {
        eprintln!("vivant: {note}");
    }
    if options.dry_run {
        let lines: Vec<&Line> = mailings.iter().map(Mailing::line).collect();
        let text = match options.json {
            true => format!("{:#}\n", json!({"steps": lines, "notes": notes})),
            false => {
                let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
                text.push_str(&format!("{} mails; nothing was sent\n", lines.len()));
                text
            }
        };
        output::stdout(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let progress = Progress::new(options.connection.logging_level() > Level::Error);
    let report = burst::send(mailer, site, mailings, parallel, &|at| match at.line {
        None => {
            progress.phase(at.stage);
            progress.total(at.total as u64);
        }
        Some(_) => progress.add(1),
    })
    .await;
    drop(progress);
    told(report, notes, options.json)
}

fn told(report: Report, notes: &[Line], as_json: bool) -> anyhow::Result<ExitCode> {
    let (done, failed) = (report.done(), report.failed().count());
    let text = match as_json {
        true => {
            let outcomes: Vec<_> = report
                .outcomes
                .iter()
                .map(|one| json!({"line": one.line, "error": one.error.as_ref().map(ToString::to_string)}))
                .collect();
            format!("{:#}\n", json!({"outcomes": outcomes, "notes": notes}))
        }
        false => format!("{done} mails sent\n"),
    };
    output::stdout(text.as_bytes())?;
    if failed == 1 && done == 0 && notes.is_empty() {
        let error = report.outcomes.into_iter().find_map(|one| one.error);
        return error.map_or(Ok(Exit::Other.into()), |error| Err(error.into()));
    }
    for one in report.failed() {
        if let Some(error) = &one.error {
            eprintln!("vivant: {}: {error}", one.line.name);
        }
    }
    Ok(match failed + notes.len() {
        0 => Exit::Ok,
        _ => Exit::Partial,
    }
    .into())
}

impl LetterOptions {
    fn shared(&self, subject: &str) -> anyhow::Result<Shared> {
        let mut files = Vec::new();
        let mut size = 0;
        for path in &self.files {
            let unreadable = |error| UsageError(format!("{} cannot be read: {error}", path.display()));
            size += std::fs::metadata(path).map_err(unreadable)?.len();
            if size > MOST_ATTACHED {
                let message = format!("the files are larger than {} MB together", MOST_ATTACHED >> 20);
                return Err(UsageError(message).into());
            }
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let bytes = std::fs::read(path).map_err(unreadable)?;
            files.push(Attachment::new(name.unwrap_or_default(), bytes));
        }
        Ok(Shared {
            templates: Templates {
                subject: Template::parse(subject),
                text: template(&self.text)?,
                html: self.html.as_deref().map(template).transpose()?,
            },
            format: match self.format {
                FormatChoice::Csv => Format::Csv,
                FormatChoice::Pdf => Format::Pdf,
                FormatChoice::Png => Format::Png,
            },
            base: Base {
                filters: self.filter.clone(),
                expressions: self.vf.clone(),
                parameters: self.parameter.clone(),
                page: self.page,
                orientation: self.orientation,
                max_age: self.max_age,
            },
            file_name: Template::parse(&self.file_name),
            files,
        })
    }
}

impl SmtpOptions {
    async fn settle(&self, dry_run: bool) -> anyhow::Result<Smtp> {
        let host = self
            .smtp_host
            .clone()
            .or_else(|| std::env::var("VIVANT_SMTP_HOST").ok());
        let host = match host.filter(|host| !host.is_empty()) {
            Some(host) => host,
            None if dry_run => "localhost".to_owned(),
            None => {
                let message = "which mail server? give --smtp-host, or set VIVANT_SMTP_HOST";
                return Err(UsageError(message.to_owned()).into());
            }
        };
        let tls = match self.smtp_tls {
            TlsChoice::None => SmtpTls::None,
            TlsChoice::Starttls => SmtpTls::StartTls,
            TlsChoice::Tls => SmtpTls::Tls,
        };
        let login = match &self.smtp_user {
            // Nobody is asked for a password that is not used.
            Some(user) if !dry_run => {
                let wanted = Wanted::smtp(user, self.smtp_password_file.as_deref());
                Some((user.clone(), secrets::get(wanted, false).await?))
            }
            _ => None,
        };
        Ok(Smtp {
            host,
            port: self.smtp_port.unwrap_or(match tls {
                SmtpTls::None => 25,
                SmtpTls::StartTls => 587,
                SmtpTls::Tls => 465,
            }),
            tls,
            ca_file: self.smtp_ca.clone(),
            login,
            from: Mailbox::parse(&self.from)?,
            reply_to: self.reply_to.as_deref().map(Mailbox::parse).transpose()?,
            timeout: Duration::from_secs(self.smtp_timeout),
        })
    }
}

fn template(path: &Path) -> anyhow::Result<Template> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())))?;
    Ok(Template::parse(text.trim_start_matches('\u{feff}')))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE is expected".to_owned()),
    }
}
