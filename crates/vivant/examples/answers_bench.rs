//! Stays open with one workbook and asks its worksheets again and again, for `scripts/bench/answers`.
//!
//! Reads lines of a worksheet and a file with a tab between, writes the rows into the file, and prints how many
//! seconds that took and how large the process has ever been, in kilobytes. The first line opens the workbook.

#![expect(clippy::print_stdout, reason = "this is a program for another one")]

use std::fs::File;
use std::io::{BufRead as _, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use vivant::{
    Ask, Book, BookRequest, ConnectionSpec, Credentials, DataError, DataFile, DataLimits, DateTime, Folders,
    Form, HyperEngine, World,
};
use vivant_document::display::ENGLISH;
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

    fn now(&self) -> DateTime {
        DateTime::from_micros(1_700_000_000_000_000).expect("a moment")
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, spool] = arguments.as_slice() else {
        println!("usage: answers_bench BOOK FOLDER");
        std::process::exit(2);
    };
    let path = Path::new(path);
    let ending = path.extension().and_then(|ending| ending.to_str());
    let begun = Instant::now();
    let request = BookRequest {
        document: DataFile::new(path.display().to_string(), path),
        kind: ending.and_then(FileKind::from_extension).expect("a workbook"),
        extracts: Vec::new(),
        spool: Path::new(spool),
        document_limits: Limits::default(),
        data_limits: DataLimits::default(),
    };
    let hyper = std::env::var_os("HYPERD_PATH").map(PathBuf::from);
    let world = Here {
        folders: Folders::anywhere().beside(path.parent().unwrap_or(Path::new("."))),
        hyper: HyperEngine::find(hyper.as_deref(), &[]),
    };
    let book = Book::open(&request, Arc::new(world)).expect("it opens");
    println!("{}\t{}", begun.elapsed().as_secs_f64(), peak());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        let (sheet, file) = line.split_once('\t').expect("a worksheet, a tab and a file");
        let begun = Instant::now();
        let mut out = BufWriter::with_capacity(256 << 10, File::create(file).expect("it is writable"));
        let form = match file.ends_with(".json") {
            true => Form::Json(&mut out),
            false => Form::Csv(ENGLISH, &mut out),
        };
        match book.send(sheet, &Ask::default(), form) {
            Ok(_) => println!("{}\t{}", begun.elapsed().as_secs_f64(), peak()),
            Err(error) => println!("failed\t{error}"),
        }
    }
}

/// Returns the most memory that the process has had.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
