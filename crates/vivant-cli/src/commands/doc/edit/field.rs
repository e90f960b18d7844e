//! Fields: names, captions, labels, calculations.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use vivant_document::edit::{Literal, NewCalculation};

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
