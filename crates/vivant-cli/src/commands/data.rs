//! `vivant data`: the rows that a view of a workbook shows, from the file alone. Asks no server of Tableau's kind;
//! the databases that a workbook is connected to are asked.

mod check;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::ArgGroup;
use vivant::{
    Ask, Asker, Book, BookRequest, ConnectionSpec, Credentials, DataError, DataFile, DataLimits, DateTime,
    Folders, HyperEngine, Published, World,
};
use vivant_document::display::ENGLISH;
use vivant_document::{FileKind, Limits};

use crate::exit::{Unclear, UsageError};
use crate::output::Destination;

/// Options of `vivant data`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("form").args(["csv", "json", "parquet", "xlsx"]))]
pub struct Args {
    /// Workbook: .twb or .twbx
    #[arg(value_name = "BOOK")]
    book: PathBuf,
    /// Worksheet, dashboard or story; a dashboard gives the data of the first of its sheets by name
    /// [default: the first tab that has a worksheet]
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// Write CSV, values as the view shows them [default, unless the file's name says otherwise]
    #[arg(long)]
    csv: bool,
    /// Write JSON, values as they are
    #[arg(long)]
    json: bool,
    /// Write Parquet, values as they are
    #[arg(long)]
    parquet: bool,
    /// Write a spreadsheet laid out as the view is
    #[arg(long)]
    xlsx: bool,
    /// Ask every worksheet, and tell which have data and why others have none; with --json as JSON
    #[arg(long, conflicts_with_all = ["view", "csv", "parquet", "xlsx"])]
    check: bool,
    /// Keep only these values of a field, by its label: Region=East,West; a comma in a value is \,
    #[arg(long = "filter", value_name = "FIELD=VALUES")]
    filters: Vec<String>,
    /// Set a parameter, by its label
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Name of the user that user functions see
    #[arg(long, value_name = "NAME", default_value = "")]
    user: String,
    /// A group of that user
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// File to write; - is stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Program that reads .hyper files [default: one in the data folder, if it is there]
    #[arg(long, env = "HYPERD_PATH", value_name = "FILE")]
    hyperd_path: Option<PathBuf>,
    /// Folder of an installation, whose engine is used
    #[arg(
        long,
        env = "VIVANT_DATA_DIR",
        value_name = "FOLDER",
        default_value = "vivant-data"
    )]
    data_dir: PathBuf,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
    Parquet,
    Xlsx,
}

/// Writes the rows of a view.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Questions block the thread that asks them.
    tokio::task::spawn_blocking(move || write(&args)).await?
}

fn write(args: &Args) -> anyhow::Result<ExitCode> {
    let form = args.form();
    if matches!(form, Form::Parquet | Form::Xlsx)
        && args.output == Path::new("-")
        && std::io::stdout().is_terminal()
    {
        let message = "this is no text for a terminal; name a file with --output";
        return Err(UsageError(message.to_owned()).into());
    }
    let ask = args.ask()?;
    let to = Destination::open(&args.output)?;
    let spool = tempfile::tempdir().context("a folder for what is unpacked")?;
    let book = args.open(spool.path())?;
    if args.check {
        let text = check::check(&book, &args.book, &ask, args.json)?;
        to.write(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let named = args.view.as_deref();
    let first = || {
        let mut shown = book.spec.tabs.iter().filter(|tab| !tab.hidden);
        shown
            .find(|tab| matches!(book.sheet_of(&tab.name), Ok(Some(_))))
            .map(|tab| tab.name.as_str())
            .or_else(|| book.spec.sheets.first().map(|sheet| sheet.name.as_str()))
    };
    let Some(view) = named.or_else(first) else {
        return Err(Unclear::missing(format!("{} has no views", args.book.display())).into());
    };
    let sheet = match book.sheet_of(view) {
        Ok(Some(sheet)) => sheet,
        Ok(None) => return Err(Unclear::missing(format!("{view} has no worksheet")).into()),
        Err(error) => return Err(Unclear::missing(error.to_string()).into()),
    };
    let tell = |diagnostics: &[vivant::Diagnostic]| {
        for diagnostic in diagnostics {
            eprintln!("{diagnostic}");
        }
    };
    match form {
        Form::Csv | Form::Json => to.write_with(|out| {
            let form = match form {
                Form::Json => vivant::Form::Json(out),
                _ => vivant::Form::Csv(ENGLISH, out),
            };
            tell(&book.send(&sheet.name, &ask, form)?);
            Ok(())
        })?,
        Form::Parquet => {
            let file = spool.path().join("rows.parquet");
            tell(&book.send(&sheet.name, &ask, vivant::Form::Parquet(&file))?);
            to.write_from(&mut std::fs::File::open(file)?)?;
        }
        Form::Xlsx => {
            let answer = book.answer(&sheet.name, &ask)?;
            tell(&answer.diagnostics);
            to.write(&vivant::xlsx(&book.spec, sheet, &answer.value)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn form(&self) -> Form {
        let ending = self.output.extension().and_then(|ending| ending.to_str());
        let ending = ending.map(str::to_ascii_lowercase);
        match (self.csv, self.json, self.parquet, self.xlsx) {
            (true, ..) => Form::Csv,
            (_, true, ..) => Form::Json,
            (_, _, true, _) => Form::Parquet,
            (.., true) => Form::Xlsx,
            _ => match ending.as_deref() {
                Some("json") => Form::Json,
                Some("parquet") => Form::Parquet,
                Some("xlsx") => Form::Xlsx,
                _ => Form::Csv,
            },
        }
    }

    fn ask(&self) -> Result<Ask, UsageError> {
        let split = |option: &str, text: &str| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(UsageError(format!(
                "--{option} {text} must be a name, = and a value"
            ))),
        };
        let mut ask = Ask::default();
        for text in &self.filters {
            let (name, values) = split("filter", text)?;
            let values = vivant::values(&values);
            match ask.filters.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => known.extend(values),
                None => ask.filters.push((name, values)),
            }
        }
        for text in &self.parameters {
            ask.parameters.push(split("parameter", text)?);
        }
        Ok(ask)
    }

    fn open(&self, spool: &Path) -> anyhow::Result<Book> {
        let path = &self.book;
        let ending = path.extension().and_then(|ending| ending.to_str());
        let kind = ending
            .and_then(FileKind::from_extension)
            .filter(|kind| kind.is_workbook());
        let Some(kind) = kind else {
            return Err(UsageError(format!("{} is no .twb or .twbx file", path.display())).into());
        };
        if !path.is_file() {
            return Err(Unclear::missing(format!("there is no file {}", path.display())).into());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let request = BookRequest {
            document: DataFile::new(path.display().to_string(), path),
            kind,
            extracts: Vec::new(),
            spool,
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        let world = Arc::new(Here {
            folders: Folders::anywhere().beside(&folder),
            folder,
            hyper: HyperEngine::find(self.hyperd_path.as_deref(), std::slice::from_ref(&self.data_dir)),
            asker: Asker {
                name: self.user.clone(),
                full_name: self.user.clone(),
                domain: String::new(),
                groups: self.groups.clone(),
            },
        });
        let world: Arc<dyn World> = Arc::new(Shared(world));
        Book::open(&request, world).with_context(|| path.display().to_string())
    }
}

/// What surrounds a workbook that somebody has on disk.
struct Here {
    folders: Folders,
    folder: PathBuf,
    hyper: Option<HyperEngine>,
    asker: Asker,
}

/// Lends itself to the data sources beside the workbook, too.
struct Shared(Arc<Here>);

impl World for Shared {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        self.0.folders.find(path)
    }

    fn credentials(&self, _: &ConnectionSpec) -> Option<Credentials> {
        None
    }

    /// A data source that was downloaded lies beside the workbook under its content URL.
    fn published(&self, content_url: &str) -> Result<Published, DataError> {
        let is_name = !content_url.contains(['/', '\\']);
        for kind in [FileKind::Tdsx, FileKind::Tds, FileKind::Hyper] {
            let path = self.0.folder.join(format!("{content_url}.{}", kind.extension()));
            if is_name && path.is_file() {
                return Ok(Published {
                    file: DataFile::new(path.display().to_string(), &path),
                    kind,
                    extracts: Vec::new(),
                    world: Arc::new(Shared(Arc::clone(&self.0))),
                });
            }
        }
        Err(DataError::Server {
            server: format!("the published data source `{content_url}`"),
            message: format!(
                "it is not here; download it and put it beside the workbook as {content_url}.tdsx"
            ),
        })
    }

    fn hyper(&self) -> Option<HyperEngine> {
        self.0.hyper.clone()
    }

    fn asker(&self) -> Option<Asker> {
        Some(self.0.asker.clone())
    }

    fn now(&self) -> DateTime {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = now.map_or(0, |now| i64::try_from(now.as_micros()).unwrap_or(0));
        DateTime::from_micros(micros)
            .unwrap_or_else(|| DateTime::from_micros(0).expect("1970 has a calendar"))
    }
}
