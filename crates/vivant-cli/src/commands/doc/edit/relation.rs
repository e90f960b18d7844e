//! Tables: joins, stored procedures, extracts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;
use vivant_document::edit::{JoinKind, JoinOn, Literal, NewExtract, NewJoin, TableSource};

use super::super::file::{Addition, Depth, edit, wrong};
use super::{Source, nothing, said};
use crate::exit::UsageError;

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum JoinName {
    Inner,
    Left,
    Right,
    Full,
}

/// Options of `add-join`.
#[derive(Debug, clap::Args)]
pub struct JoinArgs {
    #[command(flatten)]
    source: Source,
    /// Which rows are kept
    #[arg(long, default_value = "inner")]
    kind: JoinName,
    #[command(flatten)]
    table: TableArgs,
    /// Name by which columns refer to the table
    #[arg(long)]
    name: String,
    /// Name of the connection that has the table, if it is another one
    #[arg(long)]
    connection: Option<String>,
    /// Condition: a relation that is there, its column, a comparison, and the column of the new table
    #[arg(long = "on", num_args = 4, value_names = ["TABLE", "COLUMN", "OPERATOR", "NEW_COLUMN"], required = true)]
    on: Vec<String>,
}

/// A table, or SQL in its place.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(super) struct TableArgs {
    /// Schema of the table
    #[arg(long = "table-schema", requires = "table")]
    table_schema: Option<String>,
    /// Table
    #[arg(long, conflicts_with = "sql")]
    table: Option<String>,
    /// Custom SQL
    #[arg(long)]
    sql: Option<String>,
}

impl TableArgs {
    pub(super) fn source(&self) -> TableSource {
        match (&self.table, &self.sql) {
            (_, Some(sql)) => TableSource::Sql(sql.clone()),
            (table, None) => TableSource::Table {
                schema: self.table_schema.clone(),
                table: table.clone().unwrap_or_default(),
            },
        }
    }
}

/// Runs `add-join`.
pub fn add_join(args: &JoinArgs) -> anyhow::Result<ExitCode> {
    let join = NewJoin {
        kind: match args.kind {
            JoinName::Inner => JoinKind::Inner,
            JoinName::Left => JoinKind::Left,
            JoinName::Right => JoinKind::Right,
            JoinName::Full => JoinKind::Full,
        },
        table: args.table.source(),
        name: args.name.clone(),
        on: args
            .on
            .chunks_exact(4)
            .map(|on| JoinOn {
                left_table: on[0].clone(),
                left: on[1].clone(),
                operator: on[2].clone(),
                right: on[3].clone(),
            })
            .collect(),
        connection: args.connection.clone(),
    };
    args.source.edit(Depth::All, |document, source| {
        document.add_join(source, &join).map(|()| nothing())
    })
}

/// Options of `set-table`.
#[derive(Debug, clap::Args)]
pub struct SetTableArgs {
    #[command(flatten)]
    source: Source,
    /// Name by which columns refer to the table; without it, the first one
    #[arg(long)]
    name: Option<String>,
    /// Schema of the table or procedure
    #[arg(long = "table-schema", conflicts_with = "sql")]
    schema: Option<String>,
    /// Table to read
    #[arg(long)]
    table: Option<String>,
    /// Custom SQL to read
    #[arg(long, conflicts_with = "table")]
    sql: Option<String>,
    /// Stored procedure to call
    #[arg(long, conflicts_with_all = ["table", "sql"], required_unless_present_any = ["table", "sql"])]
    procedure: Option<String>,
}

/// Runs `set-table`.
pub fn set_table(args: &SetTableArgs) -> anyhow::Result<ExitCode> {
    let schema = args.schema.clone();
    let table = match (&args.procedure, &args.sql) {
        (Some(name), _) => TableSource::Procedure {
            schema,
            name: name.clone(),
        },
        (None, Some(sql)) => TableSource::Sql(sql.clone()),
        (None, None) => TableSource::Table {
            schema,
            table: args.table.clone().unwrap_or_default(),
        },
    };
    args.source.edit(Depth::Datasources, |document, source| {
        document
            .set_relation(source, args.name.as_deref(), &table)
            .map(|()| nothing())
    })
}

/// Options of `map-column`.
#[derive(Debug, clap::Args)]
pub struct MapArgs {
    #[command(flatten)]
    source: Source,
    /// Field
    field: String,
    /// Its column, as `[table].[column]`
    column: String,
}

/// Runs `map-column`.
pub fn map_column(args: &MapArgs) -> anyhow::Result<ExitCode> {
    args.source.edit(Depth::Datasources, |document, source| {
        document
            .map_column(source, &args.field, &args.column)
            .map(|()| nothing())
    })
}

/// Options of `set-refresh`.
#[derive(Debug, clap::Args)]
pub struct RefreshArgs {
    #[command(flatten)]
    source: Source,
    /// Column by which refreshes add only new rows; without it, they read all rows
    field: Option<String>,
}

/// Runs `set-refresh`.
pub fn set_refresh(args: &RefreshArgs) -> anyhow::Result<ExitCode> {
    args.source.edit(Depth::Datasources, |document, source| {
        document
            .set_increment_key(source, args.field.as_deref())
            .map(|()| nothing())
    })
}

/// Options of `set-procedure-value`.
#[derive(Debug, clap::Args)]
pub struct ProcedureArgs {
    #[command(flatten)]
    source: Source,
    /// Parameter of the procedure, with its `@` if it has one
    parameter: String,
    /// Value
    value: String,
    /// Type of the value
    #[arg(long, default_value = "string")]
    datatype: String,
}

/// Runs `set-procedure-value`.
pub fn set_procedure_value(args: &ProcedureArgs) -> anyhow::Result<ExitCode> {
    args.source.edit(Depth::All, |document, source| {
        let value = Literal::of_type(&args.datatype, &args.value)?;
        document
            .set_procedure_value(source, &args.parameter, &value)
            .map(|()| nothing())
    })
}

/// Options of `extract-stub`.
#[derive(Debug, clap::Args)]
pub struct ExtractArgs {
    #[command(flatten)]
    source: Source,
    /// Name of the extract's file in the package
    #[arg(long, default_value = "Extract")]
    name: String,
    /// File to take; without it, an empty one with the columns of the data source is made
    #[arg(long)]
    hyper: Option<PathBuf>,
    /// Add no file; the document alone says that there is an extract
    #[arg(long, conflicts_with = "hyper")]
    no_file: bool,
    /// hyperd program or its folder, which makes the file [default: the one in the data folder]
    #[arg(long, env = "HYPERD_PATH", value_name = "FILE")]
    hyperd_path: Option<PathBuf>,
    /// Folder of the installation, where hyperd may be
    #[arg(
        long,
        env = "VIVANT_DATA_DIR",
        value_name = "FOLDER",
        default_value = "vivant-data"
    )]
    data_dir: PathBuf,
    /// Column by which refreshes add only new rows
    #[arg(long, value_name = "FIELD")]
    increment_key: Option<String>,
}

/// Runs `extract-stub`.
pub fn extract_stub(args: &ExtractArgs) -> anyhow::Result<ExitCode> {
    let file = &args.source.target.file;
    // What is made here has to stay until the package is written.
    let made = tempfile::tempdir()?;
    edit(
        file,
        Depth::All,
        &args.source.target.output,
        |opened, additions| {
            let source = args.source.name(&opened.document)?;
            let new = NewExtract {
                file: args.name.clone(),
                increment_key: args.increment_key.clone(),
            };
            let columns = opened
                .document
                .stub_columns(&source)
                .map_err(|error| wrong(file, error))?;
            let member = opened
                .document
                .add_extract(&source, &new)
                .map_err(|error| wrong(file, error))?;
            let mut report = said(json!({ "member": member }), format!("extract {member}"));
            let path = match &args.hyper {
                _ if args.no_file => None,
                Some(path) => Some(path.clone()),
                // Nothing is written in a dry run.
                None if args.source.target.output.dry_run => None,
                None if member.ends_with(".tde") => {
                    return Err(UsageError(
                        "the document is of the time of .tde files, which nothing makes any more; \
                         give one with --hyper, or use --no-file"
                            .to_owned(),
                    )
                    .into());
                }
                None => {
                    let path = made.path().join("stub.hyper");
                    make_stub(args, &path, &columns)?;
                    report.json["columns"] = json!(columns);
                    report
                        .lines
                        .push(format!("made with {} columns and no rows", columns.len()));
                    Some(path)
                }
            };
            additions.extend(path.map(|source| Addition { member, source }));
            Ok(report)
        },
    )
}

/// Makes an empty `.hyper` file with one table, as an extract has it.
#[cfg(feature = "engine")]
fn make_stub(args: &ExtractArgs, path: &Path, columns: &[(String, String)]) -> anyhow::Result<()> {
    use vivant::hyper::{NewTable, create};
    use vivant::{Column, ColumnType, HyperEngine, schema_of};

    let engine = HyperEngine::find(args.hyperd_path.as_deref(), std::slice::from_ref(&args.data_dir));
    let columns: Vec<Column> = columns
        .iter()
        .map(|(name, datatype)| Column {
            name: name.clone(),
            kind: ColumnType::from_name(datatype).unwrap_or(ColumnType::String),
        })
        .collect();
    let table = NewTable {
        schema: "Extract".to_owned(),
        name: "Extract".to_owned(),
        columns: schema_of(&columns),
        collations: Vec::new(),
    };
    create(engine.as_ref(), path, [(table, None)])
        .map_err(|error| UsageError(format!("the extract cannot be made: {error}")))?;
    Ok(())
}

#[cfg(not(feature = "engine"))]
fn make_stub(_: &ExtractArgs, _: &Path, _: &[(String, String)]) -> anyhow::Result<()> {
    Err(UsageError(
        "this program was built without what makes .hyper files; give one with --hyper, or use --no-file"
            .to_owned(),
    )
    .into())
}
