//! `vivant data --check`: which worksheets of a workbook have data, and why others have none.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};
use vivant::{AnswerError, Ask, Book};
use vivant_document::spec::{SheetSpec, SourceSpec};
use vivant_document::{Limits, PackageFile};

/// What the file of an extract begins with that Tableau wrote before Hyper.
const OLD_EXTRACT: &[u8] = b"\x20\x02\x01\x62\xa0\x1e\xab\x07";

/// Where the data of a worksheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    /// All of it is in the package.
    Inside,
    /// It is in the package, in an extract of the format before Hyper.
    OldExtract,
    /// Some of it is in files elsewhere, in databases, or published.
    Outside,
}

impl Kept {
    fn as_str(self) -> &'static str {
        match self {
            Kept::Inside => "inside",
            Kept::OldExtract => "old-extract",
            Kept::Outside => "outside",
        }
    }
}

/// Asks every worksheet, and tells what came of it as text or as JSON.
pub fn check(book: &Book, path: &Path, ask: &Ask, as_json: bool) -> anyhow::Result<String> {
    let file = path.display().to_string();
    let mut package = File::open(path)
        .ok()
        .and_then(|file| PackageFile::open(file, &Limits::default()).ok());
    let (mut text, mut rows) = (String::new(), Vec::new());
    for sheet in &book.spec.sheets {
        let kept = kept(book, sheet, package.as_mut());
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

/// Tells where the data of a worksheet is, all its sources together.
fn kept(book: &Book, sheet: &SheetSpec, mut package: Option<&mut PackageFile<'_, File>>) -> Kept {
    let sources = sheet.sources.iter().filter_map(|name| book.spec.source(name));
    sources
        .map(|source| kept_of(source, package.as_deref_mut()))
        .max()
        .unwrap_or(Kept::Inside)
}

fn kept_of(source: &SourceSpec, package: Option<&mut PackageFile<'_, File>>) -> Kept {
    let Some(package) = package else {
        return Kept::Outside;
    };
    if let Some(extract) = source.extract.as_ref().filter(|extract| extract.enabled) {
        return member(extract.path.as_deref(), package);
    }
    let mut paths = source
        .connections
        .iter()
        .map(|connection| connection.path.as_deref());
    let Some(first) = paths.next() else {
        return Kept::Outside;
    };
    paths.fold(member(first, package), |kept, path| {
        kept.max(member(path, package))
    })
}

/// Tells what a path means inside the package.
fn member(path: Option<&str>, package: &mut PackageFile<'_, File>) -> Kept {
    let Some(name) = path.and_then(|path| package.find(path)) else {
        return Kept::Outside;
    };
    let mut start = Vec::new();
    let read = package
        .read(&name)
        .map(|member| member.take(8).read_to_end(&mut start));
    match read {
        Ok(_) if start == OLD_EXTRACT => Kept::OldExtract,
        Ok(_) | Err(_) => Kept::Inside,
    }
}
