//! `vivant doc coverage`: how much of documents is understood.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use vivant_document::{Covered, coverage};

use super::file::{Depth, open};
use crate::output;

/// Options of `coverage`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Documents: .twb, .twbx, .tds or .tdsx
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print what there is as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. A document that cannot be read is told among the others.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut rows = Vec::new();
    let mut text = String::new();
    for path in &args.files {
        let file = path.display().to_string();
        let opened = match open(path, Depth::All) {
            Ok(opened) => opened,
            Err(error) => {
                writeln!(text, "{error:#}")?;
                rows.push(json!({ "file": file, "error": format!("{error:#}") }));
                continue;
            }
        };
        let found = coverage(&opened.document);
        let parts = [
            ("worksheets", "worksheet", &found.worksheets),
            ("datasources", "data source", &found.datasources),
            ("calculations", "calculation", &found.calculations),
        ];
        let mut row = json!({ "file": file });
        for (name, what, covered) in parts {
            row[name] = covered.iter().map(one).collect::<Vec<Value>>().into();
            let whole = covered.iter().filter(|one| one.problems.is_empty()).count();
            writeln!(text, "{file}: {whole} of {} {name}", covered.len())?;
            for one in covered {
                for problem in &one.problems {
                    writeln!(text, "  {what} '{}': {problem}", one.name)?;
                }
            }
        }
        rows.push(row);
    }
    if args.json {
        let value = Value::from(rows);
        text = format!("{value:#}\n");
    }
    output::stdout(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn one(covered: &Covered) -> Value {
    json!({ "name": covered.name, "problems": covered.problems })
}
