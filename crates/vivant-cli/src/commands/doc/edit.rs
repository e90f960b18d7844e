//! Edits of documents from the command line: options in, one edit of the library, a report out.

mod connection;
mod field;
mod filter;
mod new;
mod parameter;
mod relation;
mod repoint;
mod sheet;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;
use vivant_document::Document;
use vivant_document::edit::Period;

use super::Output;
use super::file::{Depth, Report, edit, wrong};
use crate::exit::UsageError;

pub use connection::{
    AddConnectionArgs, PublishedArgs, SetConnectionArgs, SwapArgs, add_connection, set_connection,
    set_published, swap_database,
};
pub use field::{
    AliasArgs, CalculationArgs, CaptionArgs, ColumnArgs, FormulaArgs, HierarchyArgs, RenameArgs,
    RenameDatasourceArgs, TranslateArgs, add_calculation, remove_calculation, rename_datasource,
    rename_field, set_alias, set_caption, set_column, set_formula, set_hierarchy, translate,
};
pub use filter::{FilterArgs, RemoveFilterArgs, add_filter, remove_filter};
pub use new::{NewArgs, new};
pub use parameter::{ParameterAction, parameter};
pub use relation::{
    ExtractArgs, JoinArgs, MapArgs, ProcedureArgs, RefreshArgs, SetTableArgs, add_join, extract_stub,
    map_column, set_procedure_value, set_refresh, set_table,
};
pub use repoint::{RepointArgs, repoint};
pub use sheet::{DeleteSheetArgs, ReplaceArgs, SheetsArgs, delete_sheet, hide, replace_file};

/// A document and where its edited form goes.
#[derive(Debug, clap::Args)]
struct Target {
    /// Document: .twb, .twbx, .tds or .tdsx
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl Target {
    /// Runs an edit whose result is all there is to report.
    fn edit(
        &self,
        depth: Depth,
        change: impl FnOnce(&mut Document) -> vivant_document::Result<Report>,
    ) -> anyhow::Result<ExitCode> {
        edit(&self.file, depth, &self.output, |opened, _| {
            change(&mut opened.document).map_err(|error| wrong(&self.file, error))
        })
    }
}

/// A data source in a document.
#[derive(Debug, clap::Args)]
struct Source {
    #[command(flatten)]
    target: Target,
    /// Data source, by name or caption; needed only if there are several
    #[arg(long)]
    datasource: Option<String>,
}

impl Source {
    fn edit(
        &self,
        depth: Depth,
        change: impl FnOnce(&mut Document, &str) -> vivant_document::Result<Report>,
    ) -> anyhow::Result<ExitCode> {
        edit(&self.target.file, depth, &self.target.output, |opened, _| {
            let name = self.name(&opened.document)?;
            change(&mut opened.document, &name).map_err(|error| wrong(&self.target.file, error))
        })
    }

    /// Returns the data source that is meant.
    fn name(&self, document: &Document) -> anyhow::Result<String> {
        if let Some(name) = &self.datasource {
            return Ok(name.clone());
        }
        let all = document.datasources();
        match &all[..] {
            [only] => Ok(only.name().into_owned()),
            [] => Err(UsageError("the document has no data source".to_owned()).into()),
            many => {
                let names: Vec<_> = many.iter().map(|one| format!("'{}'", one.label())).collect();
                Err(UsageError(format!(
                    "there are several data sources: choose one with --datasource: {}",
                    names.join(", ")
                ))
                .into())
            }
        }
    }
}

fn nothing() -> Report {
    Report::default()
}

fn said(json: Value, line: String) -> Report {
    Report {
        json,
        lines: vec![line],
    }
}

/// Splits `old=new`.
fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(old, new)| (old.to_owned(), new.to_owned()))
        .ok_or_else(|| format!("`{text}` has no `=`"))
}

/// Options of commands about one field.
#[derive(Debug, clap::Args)]
pub struct FieldArgs {
    #[command(flatten)]
    source: Source,
    /// Field, by name, caption or name in the database
    field: String,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PeriodName {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
}

impl From<PeriodName> for Period {
    fn from(name: PeriodName) -> Self {
        match name {
            PeriodName::Year => Self::Year,
            PeriodName::Quarter => Self::Quarter,
            PeriodName::Month => Self::Month,
            PeriodName::Week => Self::Week,
            PeriodName::Day => Self::Day,
            PeriodName::Hour => Self::Hour,
            PeriodName::Minute => Self::Minute,
        }
    }
}
