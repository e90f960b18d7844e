//! `vivant data`: the rows that a view of a workbook shows, from the file alone. Asks no server of Tableau's kind;
//! the databases that a workbook is connected to are asked.

mod check;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ArgGroup;
use vivant_document::display::ENGLISH;

use super::book::BookArgs;
use crate::exit::{Unclear, UsageError};
use crate::output::Destination;

/// Options of `vivant data`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("form").args(["csv", "json", "parquet", "xlsx"]))]
pub struct Args {
    #[command(flatten)]
    of: BookArgs,
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
    /// File to write; - is stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
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
    let ask = args.of.ask()?;
    let to = Destination::open(&args.output)?;
    let spool = tempfile::tempdir().context("a folder for what is unpacked")?;
    let book = args.of.open(spool.path())?;
    if args.check {
        let text = check::check(&book, &args.of.book, &ask, args.json)?;
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
        return Err(Unclear::missing(format!("{} has no views", args.of.book.display())).into());
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
            let table = book.crosstab(&sheet.name, &ask, ENGLISH)?;
            tell(&table.diagnostics);
            to.write(&table.value)?;
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
}
