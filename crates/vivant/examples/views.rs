//! Draws the views of a workbook one by one and tells what came of each:
//! `cargo run -p vivant --features draw --example views -- FOLDER FILE [FIRST]`.
//!
//! Prints a line of JSON when a view begins, which is what is known of it if the program dies there, and one when it
//! ends; `FIRST` is the number of the view to go on with. `FOLDER` gets a PNG and an SVG for each.

#![expect(clippy::print_stdout, reason = "this is a program for the terminal")]

mod shared;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vivant::{Ask, Book, Kept, Stop, ViewSize};
use vivant_calc::Diagnostic;
use vivant_document::{Limits, PackageFile};

/// How long one view may take.
const PATIENCE: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, file, first) = match arguments.as_slice() {
        [folder, file] => (folder, file, 0),
        [folder, file, first] => (folder, file, first.parse().expect("the number of a view")),
        _ => {
            println!("views FOLDER FILE [FIRST]");
            return ExitCode::FAILURE;
        }
    };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder).expect("a folder to write to");
    let path = Path::new(file);
    let book = match shared::open(path) {
        Some(Ok(book)) => book,
        Some(Err(error)) => {
            println!("{}", json!({ "file": file, "error": error.to_string() }));
            return ExitCode::SUCCESS;
        }
        None => {
            println!("{}", json!({ "file": file, "error": "this is no workbook" }));
            return ExitCode::SUCCESS;
        }
    };
    let mut package = File::open(path)
        .ok()
        .and_then(|file| PackageFile::open(file, &Limits::default()).ok());
    for (number, (view, kind)) in views(&book).into_iter().enumerate().skip(first) {
        let kept = kept(&book, &view, package.as_mut());
        let whole = |mut told: Value| {
            told["file"] = json!(file);
            told["view"] = json!(view);
            told["kind"] = json!(kind);
            told["data"] = json!(kept.as_str());
            told
        };
        let died = problem("error", "panic", "the program died while it drew this");
        let begins = json!({ "begins": number, "picture": null, "problems": [died] });
        println!("{}", whole(begins));
        let start = Instant::now();
        let mut told = catch_unwind(AssertUnwindSafe(|| draw(&book, &view, &folder, number))).unwrap_or_else(
            |_| json!({ "picture": null, "problems": [problem("error", "panic", "the program panicked")] }),
        );
        told["ms"] = json!(start.elapsed().as_millis() as u64);
        println!("{}", whole(told));
    }
    ExitCode::SUCCESS
}

/// Lists views by name, with what they are.
fn views(book: &Book) -> Vec<(String, &'static str)> {
    let sheets = book
        .spec
        .sheets
        .iter()
        .map(|sheet| (sheet.name.clone(), "worksheet"));
    let dashboards = book.spec.dashboards.iter().map(|dashboard| {
        let kind = if dashboard.is_story { "story" } else { "dashboard" };
        (dashboard.name.clone(), kind)
    });
    sheets.chain(dashboards).collect()
}

/// Where the data of all worksheets is that a view shows.
fn kept(book: &Book, view: &str, mut package: Option<&mut PackageFile<'_, File>>) -> Kept {
    let sheets = book.sheets_of(view).unwrap_or_default();
    let kept = sheets
        .into_iter()
        .map(|sheet| book.kept(sheet, package.as_deref_mut()));
    kept.max().unwrap_or(Kept::Inside)
}

fn draw(book: &Book, view: &str, folder: &Path, number: usize) -> Value {
    let ask = Ask::default();
    let drawn = {
        let _watch = watch(ask.stop.clone());
        book.draw(view, ViewSize::default(), &ask)
    };
    let drawn = match drawn {
        Ok(drawn) => drawn,
        Err(vivant::AnswerError::Sheet(one)) => return failed(told(&one)),
        Err(error) => return failed(problem("error", "", &error.to_string())),
    };
    let mut problems: Vec<Value> = drawn.diagnostics.iter().map(told).collect();
    let mut picture = Value::Null;
    match (drawn.png(1.0), drawn.svg()) {
        (Ok(png), Ok(svg)) => {
            let name = number.to_string();
            std::fs::write(folder.join(&name).with_extension("png"), png).expect("the folder takes files");
            std::fs::write(folder.join(&name).with_extension("svg"), svg).expect("the folder takes files");
            picture = json!(name);
        }
        (Err(error), _) | (_, Err(error)) => problems.push(problem("error", "render", &error.to_string())),
    }
    let (width, height) = drawn.pixels();
    json!({ "picture": picture, "width": width, "height": height, "problems": problems })
}

fn failed(problem: Value) -> Value {
    json!({ "picture": null, "problems": [problem] })
}

fn told(one: &Diagnostic) -> Value {
    problem(&one.severity.to_string(), one.code, &one.message)
}

fn problem(severity: &str, code: &str, message: &str) -> Value {
    json!({ "severity": severity, "code": code, "message": message })
}

/// Ends the question when it takes too long; not once what this returns is dropped.
fn watch(stop: Stop) -> mpsc::Sender<()> {
    let (done, waits) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if waits.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            stop.stop();
        }
    });
    done
}
