//! Stays open with one workbook and asks its worksheets again and again, for `scripts/bench/answers`.
//!
//! Reads lines of a worksheet and a file with a tab between, writes the rows into the file, and prints how many
//! seconds that took and how large the process has ever been, in kilobytes. The first line opens the workbook.

#![expect(clippy::print_stdout, reason = "this is a program for another one")]

mod shared;

use std::fs::File;
use std::io::{BufRead as _, BufWriter};
use std::path::PathBuf;
use std::time::Instant;

use vivant::{Ask, Form};
use vivant_document::display::ENGLISH;

fn main() {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        println!("usage: answers_bench BOOK");
        std::process::exit(2);
    };
    let begun = Instant::now();
    let book = shared::open(&path).expect("a workbook").expect("it opens");
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
