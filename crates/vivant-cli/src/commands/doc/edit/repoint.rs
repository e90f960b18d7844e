//! One data source in the place of another.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use vivant_document::edit::RepointReport;
use vivant_document::unquote;

use super::super::file::{Depth, Report, edit, open, wrong};
use super::{Source, pair};
use crate::exit::UsageError;

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
