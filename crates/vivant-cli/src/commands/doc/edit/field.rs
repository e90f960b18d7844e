//! Fields: names, captions, labels, calculations.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use vivant_document::edit::{ColumnChange, Literal, NewCalculation};

use super::super::file::{Depth, Report};
use super::{FieldArgs, Source, Target, nothing, said};
use crate::exit::UsageError;

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

/// Options of `set-column`.
#[derive(Debug, clap::Args)]
pub struct ColumnArgs {
    #[command(flatten)]
    of: FieldArgs,
    /// Type of the values: `string`, `integer`, `real`, `boolean`, `date`, `datetime` or `spatial`
    #[arg(long)]
    datatype: Option<String>,
    /// `dimension` or `measure`
    #[arg(long)]
    role: Option<String>,
    /// `nominal`, `ordinal` or `quantitative`
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// How it is aggregated when it is put on a shelf, such as `Sum`
    #[arg(long)]
    aggregation: Option<String>,
    /// Geographic role, such as `[Country].[Name]`; an empty one removes it
    #[arg(long)]
    semantic_role: Option<String>,
    /// Whether people see it
    #[arg(long, value_name = "BOOLEAN")]
    hidden: Option<bool>,
}

/// Runs `set-column`.
pub fn set_column(args: &ColumnArgs) -> anyhow::Result<ExitCode> {
    let change = ColumnChange {
        datatype: args.datatype.clone(),
        role: args.role.clone(),
        kind: args.kind.clone(),
        aggregation: args.aggregation.clone(),
        semantic_role: args.semantic_role.clone(),
        hidden: args.hidden,
    };
    if change == ColumnChange::default() {
        return Err(UsageError("nothing to change; `--help` lists what can be".to_owned()).into());
    }
    args.of.source.edit(Depth::All, |document, source| {
        document
            .change_column(source, &args.of.field, &change)
            .map(|()| nothing())
    })
}

/// Options of `set-hierarchy`.
#[derive(Debug, clap::Args)]
pub struct HierarchyArgs {
    #[command(flatten)]
    source: Source,
    /// Hierarchy
    name: String,
    /// Its fields from the top down; without any, the hierarchy is removed
    fields: Vec<String>,
    /// Call it so from now on
    #[arg(long, value_name = "NAME", conflicts_with = "fields")]
    rename: Option<String>,
}

/// Runs `set-hierarchy`.
pub fn set_hierarchy(args: &HierarchyArgs) -> anyhow::Result<ExitCode> {
    let fields: Vec<&str> = args.fields.iter().map(String::as_str).collect();
    args.source.edit(Depth::All, |document, source| {
        match &args.rename {
            Some(new) => document.rename_hierarchy(source, &args.name, new),
            None => document.set_hierarchy(source, &args.name, &fields),
        }
        .map(|()| nothing())
    })
}

/// Options of `rename-datasource`.
#[derive(Debug, clap::Args)]
pub struct RenameDatasourceArgs {
    #[command(flatten)]
    source: Source,
    /// Caption
    caption: String,
}

/// Runs `rename-datasource`.
pub fn rename_datasource(args: &RenameDatasourceArgs) -> anyhow::Result<ExitCode> {
    args.source.edit(Depth::All, |document, source| {
        document
            .set_datasource_caption(source, &args.caption)
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
