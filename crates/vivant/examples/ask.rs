//! Asks every worksheet of workbooks: `cargo run -p vivant --features query --example ask -- FILE…`.
//!
//! Prints for each sheet how many rows there are, or why there are none; with `--csv` the rows.

#![expect(clippy::print_stdout, reason = "this is a program for the terminal")]

mod shared;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use vivant::Ask;

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
        let book = match shared::open(&path) {
            None => continue,
            Some(Ok(book)) => book,
            Some(Err(error)) => {
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
