//! `vivant data --check`: which worksheets of a workbook have data, and why others have none.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};
use vivant::{AnswerError, Ask, Book};
use vivant_document::{Limits, PackageFile};

/// Asks every worksheet, and tells what came of it as text or as JSON.
pub fn check(book: &Book, path: &Path, ask: &Ask, as_json: bool) -> anyhow::Result<String> {
    let file = path.display().to_string();
    let mut package = File::open(path)
        .ok()
        .and_then(|file| PackageFile::open(file, &Limits::default()).ok());
    let (mut text, mut rows) = (String::new(), Vec::new());
    for sheet in &book.spec.sheets {
        let kept = book.kept(sheet, package.as_mut());
        let (count, problems) = match book.answer(&sheet.name, ask) {
            Ok(answer) => {
                let count: usize = answer.value.frames.iter().map(|frame| frame.rows).sum();
                let problems = answer.diagnostics.iter();
                let problems = problems.map(|one| told(&one.severity.to_string(), one.code, &one.message));
                (Some(count), problems.collect())
            }
            Err(AnswerError::Sheet(one)) => (
                None,
                vec![told(&one.severity.to_string(), one.code, &one.message)],
            ),
            Err(error) => (None, vec![told("error", "", &error.to_string())]),
        };
        match count {
            Some(count) => writeln!(text, "{file}: {}: {count} rows", sheet.name)?,
            None => writeln!(text, "{file}: {}: no data", sheet.name)?,
        }
        for problem in &problems {
            writeln!(text, "  {}", problem["message"].as_str().unwrap_or_default())?;
        }
        rows.push(json!({
            "file": file, "worksheet": sheet.name, "data": kept.as_str(), "rows": count, "problems": problems,
        }));
    }
    Ok(match as_json {
        true => format!("{:#}\n", Value::from(rows)),
        false => text,
    })
}

fn told(severity: &str, code: &str, message: &str) -> Value {
    json!({ "severity": severity, "code": code, "message": message })
}
