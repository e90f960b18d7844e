//! Asks every worksheet of workbooks: `cargo run -p vivant --features query --example ask -- FILE…`.
//!
//! Prints for each sheet how many rows there are, or why there are none; with `--csv` the rows.

#![expect(clippy::print_stdout, reason = "this is a program for the terminal")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use vivant::{
    Ask, Asker, Book, BookRequest, Credentials, DataError, DataFile, DataLimits, DateTime, Folders, World,
};
use vivant_data::hyper::HyperEngine;
use vivant_data::spec::ConnectionSpec;
use vivant_document::{FileKind, Limits};

struct Here {
    folders: Folders,
    hyper: Option<HyperEngine>,
}

impl World for Here {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        self.folders.find(path)
    }

    fn credentials(&self, _: &ConnectionSpec) -> Option<Credentials> {
        None
    }

    fn hyper(&self) -> Option<HyperEngine> {
        self.hyper.clone()
    }

    fn asker(&self) -> Option<Asker> {
        Some(Asker::default())
    }

    fn now(&self) -> DateTime {
        DateTime::from_micros(1_700_000_000_000_000).expect("a moment")
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let csv = arguments.iter().any(|argument| argument == "--csv");
    let only = arguments
        .iter()
        .position(|one| one == "--sheet")
        .map(|at| arguments[at + 1].clone());
    let files = arguments
        .iter()
        .enumerate()
        .filter(|(at, argument)| !argument.starts_with("--") && (*at == 0 || arguments[at - 1] != "--sheet"))
        .map(|(_, argument)| PathBuf::from(argument));
    let (mut good, mut all) = (0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for path in files {
        let Some(kind) = path
            .extension()
            .and_then(|ending| FileKind::from_extension(ending.to_str()?))
        else {
            continue;
        };
        let spool = std::env::temp_dir();
        let request = BookRequest {
            document: DataFile::new(path.display().to_string(), &path),
            kind,
            extracts: Vec::new(),
            spool: &spool,
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        let hyper = std::env::var_os("HYPERD_PATH").map(PathBuf::from);
        let world = Here {
            folders: Folders::new([]).beside(path.parent().unwrap_or(Path::new("."))),
            hyper: HyperEngine::find(hyper.as_deref(), &[]),
        };
        let book = match Book::open(&request, Arc::new(world)) {
            Ok(book) => book,
            Err(error) => {
                println!("{}: {error}", path.display());
                continue;
            }
        };
        for sheet in &book.spec.sheets {
            if only.as_ref().is_some_and(|only| *only != sheet.name) {
                continue;
            }
            let start = Instant::now();
            let found = book.answer(&sheet.name, &Ask::default());
            let took = start.elapsed().as_millis();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            all += 1;
            match found {
                Ok(answer) => {
                    let rows: Vec<usize> = answer.value.frames.iter().map(|frame| frame.rows).collect();
                    println!("ok    {name} / {}: {rows:?} rows, {took} ms", sheet.name);
                    if answer.diagnostics.is_empty() {
                        good += 1;
                    }
                    for diagnostic in &answer.diagnostics {
                        println!("      {diagnostic}");
                        *reasons
                            .entry(format!("{} {}", diagnostic.code, diagnostic.message))
                            .or_default() += 1;
                    }
                    if csv {
                        let mut out = Vec::new();
                        vivant::csv(&book.spec, sheet, &answer.value, &mut out).expect("memory");
                        println!("{}", String::from_utf8_lossy(&out));
                    }
                }
                Err(error) => {
                    println!("FAIL  {name} / {}: {error}", sheet.name);
                    let text = error.to_string();
                    *reasons
                        .entry(
                            text.chars()
                                .skip(text.find('\'').unwrap_or(0))
                                .take(160)
                                .collect(),
                        )
                        .or_default() += 1;
                }
            }
        }
    }
    println!("{good} of {all} sheets without a diagnostic");
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (reason, count) in reasons.into_iter().take(60) {
        println!("{count:5} {reason}");
    }
}
