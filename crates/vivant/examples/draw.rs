//! Draws every view of workbooks: `cargo run -p vivant --features draw --example draw -- FOLDER FILE…`; with
//! `--dashboards` in front, dashboards and stories alone.
//!
//! Writes a PNG and an SVG for each view into the folder, and prints what could not be drawn as Tableau does.

#![expect(clippy::print_stdout, reason = "this is a program for the terminal")]

mod shared;

use std::path::PathBuf;
use std::time::Instant;

use vivant::{Ask, ViewSize};

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let only_dashboards = arguments.next_if(|first| first == "--dashboards").is_some();
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        println!("draw [--dashboards] FOLDER FILE…");
        return;
    };
    std::fs::create_dir_all(&folder).expect("a folder to write to");
    for path in arguments.map(PathBuf::from) {
        let book = match shared::open(&path) {
            None => continue,
            Some(Ok(book)) => book,
            Some(Err(error)) => {
                println!("{}: {error}", path.display());
                continue;
            }
        };
        let stem = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or("book")
            .to_owned();
        let sheets = book.spec.sheets.iter().map(|sheet| &sheet.name);
        let sheets = sheets.filter(|_| !only_dashboards);
        for view in sheets.chain(book.spec.dashboards.iter().map(|dashboard| &dashboard.name)) {
            let start = Instant::now();
            let drawn = match book.draw(view, ViewSize::default(), &Ask::default()) {
                Ok(drawn) => drawn,
                Err(error) => {
                    println!("FAIL  {stem} / {view}: {error}");
                    continue;
                }
            };
            let name = format!("{stem}__{view}").replace('/', "_");
            match drawn.png(1.0) {
                Ok(bytes) => {
                    std::fs::write(folder.join(format!("{name}.png")), bytes).expect("the folder takes files")
                }
                Err(error) => println!("FAIL  {stem} / {view}: {error}"),
            }
            if let Ok(text) = drawn.svg() {
                std::fs::write(folder.join(format!("{name}.svg")), text).expect("the folder takes files");
            }
            println!("ok    {stem} / {view}: {} ms", start.elapsed().as_millis());
            for diagnostic in &drawn.diagnostics {
                println!("      {diagnostic}");
            }
        }
    }
}
