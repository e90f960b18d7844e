//! Data sources from scratch.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use tempfile::NamedTempFile;
use vivant_document::edit::{NewDatasource, TableSource};
use vivant_document::{Document, FileKind};

use super::super::file::{finish, wrong};
use super::connection::Settings;
use super::pair;
use super::relation::TableArgs;
use crate::exit::UsageError;
use crate::output;

/// Options of `new`.
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// File to write: .tds
    file: PathBuf,
    /// Name of the data source; that of the file if it is not given
    #[arg(long)]
    name: Option<String>,
    /// Connector: its name, such as `PostgreSQL`, or class
    #[arg(long)]
    class: String,
    /// Version of the format: 9.x, 10.x or 18.1
    #[arg(long)]
    format: Option<String>,
    #[command(flatten)]
    connection: Settings,
    #[command(flatten)]
    table: TableArgs,
    /// Name by which columns refer to the table
    #[arg(long)]
    table_name: Option<String>,
    /// Column with its type; may be given several times
    #[arg(long, value_name = "NAME=TYPE", value_parser = pair)]
    column: Vec<(String, String)>,
    /// Replace the file if it is there
    #[arg(long)]
    overwrite: bool,
}

/// Runs `new`.
pub fn new(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let kind = args
        .file
        .extension()
        .and_then(|extension| FileKind::from_extension(&extension.to_string_lossy()));
    if kind != Some(FileKind::Tds) {
        return Err(UsageError(format!("{} is no .tds file", args.file.display())).into());
    }
    if args.file.exists() && !args.overwrite {
        return Err(UsageError(format!(
            "{} is there already; use --overwrite",
            args.file.display()
        ))
        .into());
    }
    let stem = args
        .file
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let table = args.table.source();
    let table_name = args.table_name.clone().unwrap_or_else(|| match &table {
        TableSource::Table { table, .. } => table.clone(),
        _ => "Custom SQL Query".to_owned(),
    });
    let settings = &args.connection;
    let document = Document::new_datasource(&NewDatasource {
        name: args.name.clone().unwrap_or(stem),
        version: args.format.clone(),
        connection: settings.connection(&args.class),
        table,
        table_name,
        columns: args.column.clone(),
    })
    .map_err(|error| wrong(&args.file, error))?;
    let beside = match args.file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let temporary = NamedTempFile::with_prefix_in(".vivant-", beside)
        .with_context(|| format!("{} cannot be written", args.file.display()))?;
    let mut out = BufWriter::new(temporary.as_file());
    document.write(&mut out)?;
    out.flush()?;
    drop(out);
    finish(temporary, &args.file, args.overwrite)?;
    output::stdout(format!("written to {}\n", args.file.display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
