//! Sheets, and files in packages.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::super::file::{Addition, Depth, Report, edit};
use super::{Target, nothing, said};
use crate::exit::UsageError;

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
