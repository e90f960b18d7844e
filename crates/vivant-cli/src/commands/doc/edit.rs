//! Edits of documents from the command line: options in, one edit of the library, a report out.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use vivant_document::edit::{
    ConnectionChange, ConnectionMatch, Domain, FilterScope, JoinKind, JoinOn, Literal, NewCalculation,
    NewConnection, NewDatasource, NewExtract, NewFilter, NewJoin, NewParameter, ParameterChange, Period,
    PublishedChange, RelativeDate, RepointReport, TableSource,
};
use vivant_document::{Document, FileKind, unquote};

use super::Output;
use super::file::{Addition, Depth, Report, edit, finish, open, wrong};
use crate::exit::UsageError;
use crate::output;

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

/// Options of `set-connection`.
#[derive(Debug, clap::Args)]
pub struct SetConnectionArgs {
    #[command(flatten)]
    target: Target,
    /// Only connections of this data source
    #[arg(long)]
    datasource: Option<String>,
    /// Only the connection of this name or caption
    #[arg(long)]
    connection: Option<String>,
    /// Only connections of this class, such as `postgres`
    #[arg(long)]
    class: Option<String>,
    /// Only connections to this server
    #[arg(long, value_name = "SERVER")]
    where_server: Option<String>,
    /// Only connections to this database
    #[arg(long, value_name = "DATABASE")]
    where_database: Option<String>,
    #[command(flatten)]
    change: Settings,
}

/// What to set in a connection.
#[derive(Debug, clap::Args)]
struct Settings {
    /// Server
    #[arg(long)]
    server: Option<String>,
    /// Port
    #[arg(long)]
    port: Option<u16>,
    /// Database, or schema where the connector calls it so
    #[arg(long)]
    database: Option<String>,
    /// Schema
    #[arg(long)]
    schema: Option<String>,
    /// User
    #[arg(long)]
    username: Option<String>,
    /// Way of signing in, such as `username-password`
    #[arg(long)]
    authentication: Option<String>,
    /// SQL that runs first
    #[arg(long)]
    initial_sql: Option<String>,
    /// Query band
    #[arg(long)]
    query_band: Option<String>,
    /// Encryption, such as `require`
    #[arg(long)]
    sslmode: Option<String>,
    /// Warehouse
    #[arg(long)]
    warehouse: Option<String>,
    /// Role
    #[arg(long)]
    role: Option<String>,
    /// Service
    #[arg(long)]
    service: Option<String>,
    /// File
    #[arg(long)]
    filename: Option<String>,
    /// Folder of the file
    #[arg(long)]
    directory: Option<String>,
    /// Any other attribute
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,
}

/// Runs `set-connection`.
pub fn set_connection(args: &SetConnectionArgs) -> anyhow::Result<ExitCode> {
    let which = ConnectionMatch {
        datasource: args.datasource.clone(),
        name: args.connection.clone(),
        class: args.class.clone(),
        server: args.where_server.clone(),
        database: args.where_database.clone(),
    };
    let settings = &args.change;
    let change = ConnectionChange {
        server: settings.server.clone(),
        port: settings.port,
        database: settings.database.clone(),
        schema: settings.schema.clone(),
        username: settings.username.clone(),
        authentication: settings.authentication.clone(),
        initial_sql: settings.initial_sql.clone(),
        query_band: settings.query_band.clone(),
        sslmode: settings.sslmode.clone(),
        warehouse: settings.warehouse.clone(),
        role: settings.role.clone(),
        service: settings.service.clone(),
        filename: settings.filename.clone(),
        directory: settings.directory.clone(),
        attributes: settings.attributes.clone(),
    };
    edit(
        &args.target.file,
        Depth::Datasources,
        &args.target.output,
        |opened, _| {
            let count = opened
                .document
                .change_connections(&which, &change)
                .map_err(|error| wrong(&args.target.file, error))?;
            if count == 0 {
                return Err(
                    UsageError("no connection fits; `vivant doc connections` lists them".to_owned()).into(),
                );
            }
            Ok(said(
                json!({ "connections": count }),
                format!("{count} connections"),
            ))
        },
    )
}

/// Options of `swap-database`.
#[derive(Debug, clap::Args)]
pub struct SwapArgs {
    #[command(flatten)]
    target: Target,
    /// Database or schema as it is
    old: String,
    /// Database or schema to be
    new: String,
    /// Only this data source
    #[arg(long)]
    datasource: Option<String>,
}

/// Runs `swap-database`.
pub fn swap_database(args: &SwapArgs) -> anyhow::Result<ExitCode> {
    args.target.edit(Depth::Datasources, |document| {
        let report = document.swap_database(args.datasource.as_deref(), &args.old, &args.new)?;
        let mut lines = vec![format!(
            "{} connections, {} tables",
            report.connections,
            report.tables.len()
        )];
        for name in &report.custom_sql {
            lines.push(format!("left alone: custom SQL '{name}' names `{}`", args.old));
        }
        for name in &report.initial_sql {
            lines.push(format!(
                "left alone: initial SQL of '{name}' names `{}`",
                args.old
            ));
        }
        Ok(Report {
            json: json!({
                "connections": report.connections,
                "tables": report.tables,
                "customSqlLeft": report.custom_sql,
                "initialSqlLeft": report.initial_sql,
            }),
            lines,
        })
    })
}

/// Options of `set-published`.
#[derive(Debug, clap::Args)]
pub struct PublishedArgs {
    #[command(flatten)]
    source: Source,
    /// Content URL of the site; empty for the default site
    #[arg(long)]
    site: Option<String>,
    /// Content URL of the data source
    #[arg(long)]
    content_url: Option<String>,
    /// Label of the data source
    #[arg(long)]
    label: Option<String>,
    /// Server
    #[arg(long)]
    server: Option<String>,
    /// Port
    #[arg(long)]
    port: Option<u16>,
    /// `http` or `https`
    #[arg(long)]
    channel: Option<String>,
}

/// Runs `set-published`.
pub fn set_published(args: &PublishedArgs) -> anyhow::Result<ExitCode> {
    let change = PublishedChange {
        site: args.site.clone(),
        content_url: args.content_url.clone(),
        label: args.label.clone(),
        server: args.server.clone(),
        port: args.port,
        channel: args.channel.clone(),
    };
    args.source.edit(Depth::Datasources, |document, source| {
        document.set_published(source, &change).map(|()| nothing())
    })
}

/// Options of `repoint`.
#[derive(Debug, clap::Args)]
pub struct RepointArgs {
    #[command(flatten)]
    source: Source,
    /// Data source to use instead: .tds or .tdsx
    #[arg(long)]
    to: PathBuf,
    /// New name of a field
    #[arg(long = "map", value_name = "OLD=NEW", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Do it although fields that are used are missing
    #[arg(long)]
    allow_missing: bool,
}

/// Runs `repoint`.
pub fn repoint(args: &RepointArgs) -> anyhow::Result<ExitCode> {
    let other = open(&args.to, Depth::All)?;
    if other.document.workbook().is_some() {
        return Err(UsageError("--to needs a data source: .tds or .tdsx".to_owned()).into());
    }
    let mapping: HashMap<String, String> = args
        .map
        .iter()
        .map(|(old, new)| (unquote(old), unquote(new)))
        .collect();
    let file = &args.source.target.file;
    edit(file, Depth::All, &args.source.target.output, |opened, _| {
        let source = args.source.name(&opened.document)?;
        let report = opened
            .document
            .compare_fields(&source, &other.document, &mapping)
            .map_err(|error| wrong(file, error))?;
        if !report.is_complete() && !args.allow_missing && !args.source.target.output.dry_run {
            let missing: Vec<_> = report
                .missing
                .iter()
                .filter(|(_, uses)| !uses.is_empty())
                .map(|(name, uses)| format!("  {name}: {}", uses.join("; ")))
                .collect();
            return Err(UsageError(format!(
                "fields that are used are missing; map them with --map, or use --allow-missing:\n{}",
                missing.join("\n")
            ))
            .into());
        }
        let report = opened
            .document
            .repoint(&source, &other.document, &mapping)
            .map_err(|error| wrong(file, error))?;
        Ok(repoint_report(&report))
    })
}

fn repoint_report(report: &RepointReport) -> Report {
    let mut lines = vec![format!(
        "{} fields keep their names, {} are renamed, {} are missing",
        report.same,
        report.renamed.len(),
        report.missing.len()
    )];
    if report.unknown_fields {
        lines.push("the new data source does not say which fields it has: nothing was compared".to_owned());
    }
    lines.extend(
        report
            .renamed
            .iter()
            .map(|(old, new)| format!("renamed: {old} -> {new}")),
    );
    for (name, uses) in &report.missing {
        lines.push(if uses.is_empty() {
            format!("missing, not used: {name}")
        } else {
            format!("missing: {name}, used in {}", uses.join("; "))
        });
    }
    for (name, old, new) in &report.types {
        lines.push(format!("type: {name} was {old}, is {new}"));
    }
    Report {
        json: json!({
            "same": report.same,
            "renamed": report.renamed,
            "missing": report.missing.iter().map(|(name, uses)| json!({ "field": name, "uses": uses })).collect::<Vec<_>>(),
            "types": report.types,
            "unknownFields": report.unknown_fields,
            "complete": report.is_complete(),
        }),
        lines,
    }
}

/// Options of commands about one field.
#[derive(Debug, clap::Args)]
pub struct FieldArgs {
    #[command(flatten)]
    source: Source,
    /// Field, by name, caption or name in the database
    field: String,
}

/// Options of `rename-field`.
#[derive(Debug, clap::Args)]
pub struct RenameArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// New name
    new: String,
}

/// Runs `rename-field`.
pub fn rename_field(args: &RenameArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        let count = document.rename_field(source, &args.of.field, &args.new)?;
        Ok(said(
            json!({ "references": count }),
            format!("{count} references"),
        ))
    })
}

/// Options of `set-caption`.
#[derive(Debug, clap::Args)]
pub struct CaptionArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// Caption; without one, people see the name
    caption: Option<String>,
}

/// Runs `set-caption`.
pub fn set_caption(args: &CaptionArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        document
            .set_caption(source, &args.of.field, args.caption.as_deref())
            .map(|()| nothing())
    })
}

/// Options of `translate`.
#[derive(Debug, clap::Args)]
pub struct TranslateArgs {
    #[command(flatten)]
    target: Target,
    /// JSON file with an object: captions, or keys in marks such as [[key]], and their translations
    #[arg(long)]
    dictionary: PathBuf,
}

/// Runs `translate`.
pub fn translate(args: &TranslateArgs) -> anyhow::Result<ExitCode> {
    let unreadable = |error: String| UsageError(format!("{}: {error}", args.dictionary.display()));
    let text = fs::read_to_string(&args.dictionary).map_err(|error| unreadable(error.to_string()))?;
    let dictionary: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    args.target.edit(Depth::All, |document| {
        let done = document.translate(&dictionary)?;
        Ok(said(
            json!({ "translated": done }),
            format!("{} captions", done.len()),
        ))
    })
}

/// Options of `set-alias`.
#[derive(Debug, clap::Args)]
pub struct AliasArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// Value
    value: String,
    /// Label; without one, the label is removed
    label: Option<String>,
    /// Type of the value
    #[arg(long, default_value = "string")]
    datatype: String,
}

/// Runs `set-alias`.
pub fn set_alias(args: &AliasArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        let value = Literal::of_type(&args.datatype, &args.value)?;
        document
            .set_alias(source, &args.of.field, &value, args.label.as_deref())
            .map(|()| nothing())
    })
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

/// Options of `add-filter`.
#[derive(Debug, clap::Args)]
pub struct FilterArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// Filter what goes into the extract
    #[arg(long)]
    extract: bool,
    /// Member; may be given several times
    #[arg(long, value_name = "VALUE")]
    value: Vec<String>,
    /// Leave the members out rather than keeping them
    #[arg(long)]
    exclude: bool,
    /// Show the members as a custom list
    #[arg(long)]
    custom_list: bool,
    /// Least value
    #[arg(long, conflicts_with = "value")]
    min: Option<String>,
    /// Greatest value
    #[arg(long, conflicts_with = "value")]
    max: Option<String>,
    /// Keep rows without a value
    #[arg(long)]
    include_null: bool,
    /// Keep the last so many periods, the current one included
    #[arg(long, value_name = "COUNT", requires = "period", conflicts_with_all = ["value", "min", "max", "next", "previous"])]
    last: Option<u16>,
    /// Keep the next so many periods
    #[arg(long, value_name = "COUNT", requires = "period", conflicts_with_all = ["value", "min", "max", "previous"])]
    next: Option<u16>,
    /// Keep so many periods before the current one
    #[arg(long, value_name = "COUNT", requires = "period", conflicts_with_all = ["value", "min", "max"])]
    previous: Option<u16>,
    /// Unit of time; alone, the current period is kept
    #[arg(long)]
    period: Option<PeriodName>,
    /// Keep the current period up to now
    #[arg(long, requires = "period")]
    to_date: bool,
    /// Type of the values; taken from the field if it is not given
    #[arg(long)]
    datatype: Option<String>,
}

/// Runs `add-filter`.
pub fn add_filter(args: &FilterArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        let datatype = match &args.datatype {
            Some(datatype) => datatype.clone(),
            None => datatype_of(document, source, &args.of.field)?,
        };
        let read = |text: &String| Literal::of_type(&datatype, text);
        let filter = if let Some(period) = args.period {
            let period = Period::from(period);
            NewFilter::RelativeDate(match (args.last, args.next, args.previous) {
                (Some(count), ..) => RelativeDate::last(period, count),
                (_, Some(count), _) => RelativeDate::next(period, count),
                (.., Some(count)) => RelativeDate::previous(period, count),
                _ if args.to_date => RelativeDate::to_date(period),
                _ => RelativeDate::current(period),
            })
        } else if args.min.is_some() || args.max.is_some() {
            NewFilter::Range {
                min: args.min.as_ref().map(read).transpose()?,
                max: args.max.as_ref().map(read).transpose()?,
                include_null: args.include_null,
            }
        } else {
            NewFilter::Members {
                values: args.value.iter().map(read).collect::<Result<_, _>>()?,
                exclude: args.exclude,
                custom_list: args.custom_list,
            }
        };
        document
            .add_filter(source, scope(args.extract), &args.of.field, &filter)
            .map(|()| nothing())
    })
}

fn scope(extract: bool) -> FilterScope {
    if extract {
        FilterScope::Extract
    } else {
        FilterScope::Datasource
    }
}

/// Returns the type of a field, as text if the document does not say.
fn datatype_of(document: &Document, source: &str, field: &str) -> vivant_document::Result<String> {
    let source = document.datasource(source)?;
    let quoted = vivant_document::quote(field);
    let datatype = source
        .column(field)
        .and_then(|column| column.datatype())
        .or_else(|| {
            let records = source.metadata_records();
            let record = records.iter().find(|record| {
                record.local_name().as_deref() == Some(&*quoted)
                    || record.remote_name().as_deref() == Some(field)
            })?;
            record.local_type()
        });
    Ok(datatype.map_or_else(|| "string".to_owned(), |datatype| datatype.into_owned()))
}

/// Options of `remove-filter`.
#[derive(Debug, clap::Args)]
pub struct RemoveFilterArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// The filter of the extract
    #[arg(long)]
    extract: bool,
}

/// Runs `remove-filter`.
pub fn remove_filter(args: &RemoveFilterArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        let count = document.remove_filter(source, scope(args.extract), &args.of.field)?;
        Ok(said(
            json!({ "removed": count }),
            format!("{count} filters removed"),
        ))
    })
}

/// Options of `add-calculation`.
#[derive(Debug, clap::Args)]
pub struct CalculationArgs {
    #[command(flatten)]
    source: Source,
    /// Caption
    caption: String,
    /// Formula; fields may be named by their captions
    formula: String,
    /// `dimension` or `measure`
    #[arg(long)]
    role: Option<String>,
    /// `nominal`, `ordinal` or `quantitative`
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// `string`, `integer`, `real`, `boolean`, `date` or `datetime`
    #[arg(long)]
    datatype: Option<String>,
}

/// Runs `add-calculation`.
pub fn add_calculation(args: &CalculationArgs) -> anyhow::Result<ExitCode> {
    let new = NewCalculation {
        caption: args.caption.clone(),
        formula: args.formula.clone(),
        role: args.role.clone(),
        kind: args.kind.clone(),
        datatype: args.datatype.clone(),
    };
    args.source.edit(Depth::All, |document, source| {
        let added = document.add_calculation(source, &new)?;
        Ok(said(
            json!({ "name": added.name, "formula": added.formula }),
            format!("internal name {}", added.name),
        ))
    })
}

/// Options of `set-formula`.
#[derive(Debug, clap::Args)]
pub struct FormulaArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// Formula; fields may be named by their captions
    formula: String,
}

/// Runs `set-formula`.
pub fn set_formula(args: &FormulaArgs) -> anyhow::Result<ExitCode> {
    args.of.source.edit(Depth::All, |document, source| {
        let formula = document.set_formula(source, &args.of.field, &args.formula)?;
        Ok(Report {
            json: json!({ "formula": formula }),
            lines: Vec::new(),
        })
    })
}

/// Runs `remove-calculation`.
pub fn remove_calculation(args: &FieldArgs) -> anyhow::Result<ExitCode> {
    args.source.edit(Depth::All, |document, source| {
        document
            .remove_calculation(source, &args.field)
            .map(|()| nothing())
    })
}

/// What to do with a parameter.
#[derive(Debug, Subcommand)]
pub enum ParameterAction {
    /// Add a parameter
    Add(Box<AddParameterArgs>),
    /// Change a parameter
    Set(Box<SetParameterArgs>),
    /// Delete a parameter
    Delete(DeleteParameterArgs),
}

/// Values that a parameter may have.
#[derive(Debug, clap::Args)]
struct Allowed {
    /// Any value
    #[arg(long, conflicts_with_all = ["min", "max", "step", "member"])]
    any: bool,
    /// Least value
    #[arg(long, conflicts_with = "member")]
    min: Option<String>,
    /// Greatest value
    #[arg(long, conflicts_with = "member")]
    max: Option<String>,
    /// Step
    #[arg(long, conflicts_with = "member")]
    step: Option<String>,
    /// Unit of the step of dates
    #[arg(long)]
    period: Option<PeriodName>,
    /// A value with its label if it has one; may be given several times
    #[arg(long, value_name = "VALUE[=LABEL]")]
    member: Vec<String>,
}

impl Allowed {
    fn domain(&self, datatype: &str) -> vivant_document::Result<Option<Domain>> {
        let read = |text: &Option<String>| {
            text.as_ref()
                .map(|text| Literal::of_type(datatype, text))
                .transpose()
        };
        if self.any {
            return Ok(Some(Domain::All));
        }
        if !self.member.is_empty() {
            let member = |text: &String| {
                let (value, label) = match text.split_once('=') {
                    Some((value, label)) => (value, Some(label.to_owned())),
                    None => (text.as_str(), None),
                };
                Ok((Literal::of_type(datatype, value)?, label))
            };
            let members = self
                .member
                .iter()
                .map(member)
                .collect::<vivant_document::Result<_>>()?;
            return Ok(Some(Domain::List(members)));
        }
        if self.min.is_none() && self.max.is_none() && self.step.is_none() {
            return Ok(None);
        }
        Ok(Some(Domain::Range {
            min: read(&self.min)?,
            max: read(&self.max)?,
            step: match &self.step {
                // The step of dates is a number of periods.
                Some(step) if matches!(datatype, "date" | "datetime") => {
                    Some(Literal::of_type("integer", step)?)
                }
                _ => read(&self.step)?,
            },
            period: self.period.map(|period| Period::from(period).as_str().to_owned()),
        }))
    }
}

/// Options of `parameter add`.
#[derive(Debug, clap::Args)]
pub struct AddParameterArgs {
    #[command(flatten)]
    target: Target,
    /// Caption
    caption: String,
    /// `string`, `integer`, `real`, `boolean`, `date` or `datetime`
    #[arg(long)]
    datatype: String,
    /// Current value
    #[arg(long)]
    value: Option<String>,
    #[command(flatten)]
    allowed: Allowed,
}

/// Options of `parameter set`.
#[derive(Debug, clap::Args)]
pub struct SetParameterArgs {
    #[command(flatten)]
    target: Target,
    /// Parameter, by caption or name
    name: String,
    /// Current value, or the label of one in its list
    #[arg(long)]
    value: Option<String>,
    /// New caption
    #[arg(long)]
    caption: Option<String>,
    #[command(flatten)]
    allowed: Allowed,
}

/// Options of `parameter delete`.
#[derive(Debug, clap::Args)]
pub struct DeleteParameterArgs {
    #[command(flatten)]
    target: Target,
    /// Parameter, by caption or name
    name: String,
    /// Delete it although it is used
    #[arg(long)]
    force: bool,
}

/// Runs `parameter`.
pub fn parameter(action: &ParameterAction) -> anyhow::Result<ExitCode> {
    match action {
        ParameterAction::Add(args) => args.target.edit(Depth::All, |document| {
            let value = args
                .value
                .as_ref()
                .map(|text| Literal::of_type(&args.datatype, text))
                .transpose()?;
            let name = document.add_parameter(&NewParameter {
                caption: args.caption.clone(),
                datatype: args.datatype.clone(),
                value,
                domain: args.allowed.domain(&args.datatype)?.unwrap_or_default(),
            })?;
            Ok(said(json!({ "name": name }), format!("internal name {name}")))
        }),
        ParameterAction::Set(args) => args.target.edit(Depth::All, |document| {
            let datatype = document
                .parameter(&args.name)?
                .datatype()
                .unwrap_or_default()
                .into_owned();
            let change = ParameterChange {
                caption: args.caption.clone(),
                value: args.value.clone(),
                domain: args.allowed.domain(&datatype)?,
            };
            document.change_parameter(&args.name, &change).map(|()| nothing())
        }),
        ParameterAction::Delete(args) => args.target.edit(Depth::All, |document| {
            let uses = document.delete_parameter(&args.name, args.force)?;
            Ok(Report {
                lines: uses.iter().map(|place| format!("was used in {place}")).collect(),
                json: json!({ "usedIn": uses }),
            })
        }),
    }
}

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
    /// Condition: a relation that is there, its column, a comparison, and the column of the new table
    #[arg(long = "on", num_args = 4, value_names = ["TABLE", "COLUMN", "OPERATOR", "NEW_COLUMN"], required = true)]
    on: Vec<String>,
}

/// A table, or SQL in its place.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct TableArgs {
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
    fn source(&self) -> TableSource {
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
    };
    args.source.edit(Depth::All, |document, source| {
        document.add_join(source, &join).map(|()| nothing())
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
    /// File with the stub: an empty .hyper with the columns that filters need
    #[arg(long)]
    hyper: Option<PathBuf>,
    /// Column by which refreshes add only new rows
    #[arg(long, value_name = "FIELD")]
    increment_key: Option<String>,
}

/// Runs `extract-stub`.
pub fn extract_stub(args: &ExtractArgs) -> anyhow::Result<ExitCode> {
    let file = &args.source.target.file;
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
            let member = opened
                .document
                .add_extract(&source, &new)
                .map_err(|error| wrong(file, error))?;
            let mut report = said(json!({ "member": member }), format!("extract {member}"));
            match &args.hyper {
                Some(path) => additions.push(Addition {
                    member,
                    source: path.clone(),
                }),
                None => report
                    .lines
                    .push("the file itself is still to be added: see --hyper".to_owned()),
            }
            Ok(report)
        },
    )
}

/// Options of `hide-sheet` and `show-sheet`.
#[derive(Debug, clap::Args)]
pub struct SheetsArgs {
    #[command(flatten)]
    target: Target,
    /// Sheets
    #[arg(required = true)]
    sheets: Vec<String>,
}

/// Runs `hide-sheet` and `show-sheet`.
pub fn hide(args: &SheetsArgs, hidden: bool) -> anyhow::Result<ExitCode> {
    args.target.edit(Depth::All, |document| {
        for sheet in &args.sheets {
            document.set_sheet_hidden(sheet, hidden)?;
        }
        Ok(nothing())
    })
}

/// Options of `delete-sheet`.
#[derive(Debug, clap::Args)]
pub struct DeleteSheetArgs {
    #[command(flatten)]
    target: Target,
    /// Sheet
    sheet: String,
    /// Delete data sources too that nothing else uses
    #[arg(long)]
    datasources: bool,
}

/// Runs `delete-sheet`.
pub fn delete_sheet(args: &DeleteSheetArgs) -> anyhow::Result<ExitCode> {
    args.target.edit(Depth::All, |document| {
        let report = document.delete_sheet(&args.sheet, args.datasources)?;
        let mut lines = Vec::new();
        for (what, places) in [
            ("deleted", &report.zones),
            ("deleted", &report.story_points),
            ("deleted", &report.actions),
            ("leads nowhere now", &report.buttons),
        ] {
            lines.extend(places.iter().map(|place| format!("{what}: {place}")));
        }
        let fate = if args.datasources {
            "deleted"
        } else {
            "not used any more"
        };
        lines.extend(
            report
                .unused_datasources
                .iter()
                .map(|name| format!("{fate}: data source {name}")),
        );
        Ok(Report {
            json: json!({
                "zones": report.zones,
                "storyPoints": report.story_points,
                "actions": report.actions,
                "buttons": report.buttons,
                "unusedDatasources": report.unused_datasources,
            }),
            lines,
        })
    })
}

/// Options of `replace-file`.
#[derive(Debug, clap::Args)]
pub struct ReplaceArgs {
    #[command(flatten)]
    target: Target,
    /// Path in the package, or its last step
    member: String,
    /// File to put there
    with: PathBuf,
    /// Add the file if it is not there
    #[arg(long)]
    add: bool,
}

/// Runs `replace-file`.
pub fn replace_file(args: &ReplaceArgs) -> anyhow::Result<ExitCode> {
    edit(
        &args.target.file,
        Depth::All,
        &args.target.output,
        |opened, additions| {
            let Some(package) = &opened.package else {
                return Err(UsageError(format!("{} is no package", args.target.file.display())).into());
            };
            let member = match package.find(&args.member) {
                Some(member) => member,
                None if args.add => args.member.clone(),
                None => {
                    let known: Vec<_> = package.names();
                    return Err(UsageError(format!(
                        "the package has no file `{}`; it has {}",
                        args.member,
                        known.join(", ")
                    ))
                    .into());
                }
            };
            if member == package.document_name() {
                return Err(UsageError("the document itself is edited, not replaced".to_owned()).into());
            }
            additions.push(Addition {
                member: member.clone(),
                source: args.with.clone(),
            });
            Ok(said(
                json!({ "member": member }),
                format!("{member} from {}", args.with.display()),
            ))
        },
    )
}

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
    let mut attributes = settings.attributes.clone();
    for (name, value) in [
        ("query-band-spec", &settings.query_band),
        ("sslmode", &settings.sslmode),
        ("warehouse", &settings.warehouse),
        ("role", &settings.role),
        ("service", &settings.service),
        ("filename", &settings.filename),
        ("directory", &settings.directory),
    ] {
        if let Some(value) = value {
            attributes.push((name.to_owned(), value.clone()));
        }
    }
    let document = Document::new_datasource(&NewDatasource {
        name: args.name.clone().unwrap_or(stem),
        version: args.format.clone(),
        connection: NewConnection {
            class: args.class.clone(),
            server: settings.server.clone(),
            port: settings.port,
            database: settings.database.clone(),
            schema: settings.schema.clone(),
            username: settings.username.clone(),
            authentication: settings.authentication.clone(),
            initial_sql: settings.initial_sql.clone(),
            attributes,
        },
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
