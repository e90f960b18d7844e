//! Checks a folder of real workbooks and data sources with `vivant doc check` and counts, by code, what is found in
//! how many of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::json::Json;
use crate::{Failure, files, process, say};

/// Endings of the documents that are checked.
const ENDINGS: &[&str] = &["twb", "twbx", "tds", "tdsx"];

/// As many documents as one call takes, far below the limit that systems set to a command line.
const BATCH: usize = 100;

/// What `vivant doc check` answers when it found errors.
const FOUND_ERRORS: i32 = 1;

/// What was found of one kind.
#[derive(Default)]
struct Row {
    times: usize,
    files: BTreeSet<String>,
    example: String,
}

/// Checks every document below `folder` and prints the table.
pub fn run(folder: &str) -> Result<(), Failure> {
    let folder = std::path::absolute(folder).map_err(|e| format!("cannot look at `{folder}`: {e}"))?;
    let documents: Vec<PathBuf> = files::walk(&folder, "")?
        .iter()
        .filter(|path| is_document(path))
        .map(|path| folder.join(path))
        .collect();
    if documents.is_empty() {
        return Err(Failure::usage(format!(
            "`{}` holds no workbook and no data source",
            folder.display()
        )));
    }

    let root = files::root()?;
    let target = process::target_folder()?;
    process::claim_target(&root, &target)?;
    let mut build = process::cargo(&root);
    build
        .env("CARGO_TARGET_DIR", &target)
        .args(["build", "--locked", "--package", "vivant-cli"]);
    process::run(&mut build)?;
    let vivant = target.join("debug/vivant");
    if !knows_doc_check(&vivant)? {
        return Err(Failure::usage(
            "coverage needs the command `vivant doc check`, which this version of `vivant` does not have",
        ));
    }
    let mut rows = BTreeMap::new();
    for batch in documents.chunks(BATCH) {
        count(&check(&vivant, batch)?, &mut rows)?;
    }
    for line in table(&rows, documents.len()) {
        say(line);
    }
    Ok(())
}

/// Checks some documents; errors in them are an answer, not a failure.
fn check(vivant: &Path, documents: &[PathBuf]) -> Result<Json, String> {
    let output = Command::new(vivant)
        .args(["doc", "check", "--json"])
        .args(documents)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot start `{}`: {e}", vivant.display()))?;
    if !output.status.success() && output.status.code() != Some(FOUND_ERRORS) {
        return Err(format!("`vivant doc check` ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Json::parse(&text).map_err(|e| format!("the answer of `vivant doc check --json`: {e}"))
}

/// Counts findings by severity and code.
fn count(findings: &Json, rows: &mut BTreeMap<(String, String), Row>) -> Result<(), String> {
    let Json::List(findings) = findings else {
        return Err("the answer of `vivant doc check --json` is not a list".to_owned());
    };
    for finding in findings {
        let key = (
            finding.text("severity")?.to_owned(),
            finding.text("code")?.to_owned(),
        );
        let row = rows.entry(key).or_default();
        row.times += 1;
        row.files.insert(finding.text("file")?.to_owned());
        if row.example.is_empty() {
            row.example = finding.text("message")?.chars().take(70).collect();
        }
    }
    Ok(())
}

fn table(rows: &BTreeMap<(String, String), Row>, documents: usize) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<9} {:<34} {:>6} {:>6}  example",
        "severity", "code", "times", "files"
    )];
    let mut broken = BTreeSet::new();
    for ((severity, code), row) in rows {
        lines.push(format!(
            "{severity:<9} {code:<34} {:>6} {:>6}  {}",
            row.times,
            row.files.len(),
            row.example
        ));
        if severity == "error" {
            broken.extend(&row.files);
        }
    }
    let sound = documents - broken.len().min(documents);
    lines.push(format!("{sound} of {documents} documents without an error"));
    lines
}

fn is_document(path: &str) -> bool {
    let ending = path
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn knows_doc_check(vivant: &Path) -> Result<bool, String> {
    Command::new(vivant)
        .args(["doc", "check", "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|status| status.success())
        .map_err(|e| format!("cannot start `{}`: {e}", vivant.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_by_code() {
        let finding = |file: &str, severity: &str, code: &str| {
            format!(r#"{{"file":"{file}","severity":"{severity}","code":"{code}","message":"m"}}"#)
        };
        let text = [
            finding("a", "error", "x"),
            finding("a", "error", "x"),
            finding("b", "warning", "y"),
        ]
        .join(",");
        let mut rows = BTreeMap::new();
        count(&Json::parse(&format!("[{text}]")).expect("valid"), &mut rows).expect("findings");
        let lines = table(&rows, 3);
        assert!(
            lines[1].starts_with("error     x ") && lines[1].ends_with("2      1  m"),
            "{}",
            lines[1]
        );
        assert_eq!(
            lines.last().map(String::as_str),
            Some("2 of 3 documents without an error")
        );
        assert!(count(&Json::Null, &mut rows).is_err());
    }

    #[test]
    fn documents_are_known_by_their_ending() {
        assert!(is_document("a/Book.TWBX") && is_document("orders.tds"));
        assert!(!is_document("notes.txt") && !is_document("twb") && !is_document("book.twb.bak"));
    }
}
