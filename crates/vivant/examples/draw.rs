//! Draws every worksheet of workbooks: `cargo run -p vivant --features draw --example draw -- FOLDER FILE…`.
//!
//! Writes a PNG for each sheet into the folder, and prints what could not be drawn as Tableau does.

#![expect(clippy::print_stdout, reason = "this is a program for the terminal")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use vivant::{
    Ask, Asker, Book, BookRequest, Credentials, DataError, DataFile, DataLimits, DateTime, Folders,
    HyperEngine, PictureSize, World, picture,
};
use vivant_data::spec::ConnectionSpec;
use vivant_document::{FileKind, Limits};
use vivant_render::{Color, png, svg};

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
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        println!("draw FOLDER FILE…");
        return;
    };
    std::fs::create_dir_all(&folder).expect("a folder to write to");
    let hyper = std::env::var_os("HYPERD_PATH").map(PathBuf::from);
    for path in arguments.map(PathBuf::from) {
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
        let stem = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or("book")
            .to_owned();
        for sheet in &book.spec.sheets {
            let answer = match book.answer(&sheet.name, &Ask::default()) {
                Ok(answer) => answer,
                Err(error) => {
                    println!("FAIL  {stem} / {}: {error}", sheet.name);
                    continue;
                }
            };
            let start = Instant::now();
            let size = PictureSize {
                width: 800.0,
                height: 600.0,
            };
            let drawn = picture(&book.spec, sheet, &answer.value, size);
            let name = format!("{stem}__{}", sheet.name).replace('/', "_");
            match png(&drawn.scene, 1.0, Some(Color::WHITE)) {
                Ok(bytes) => {
                    std::fs::write(folder.join(format!("{name}.png")), bytes).expect("the folder takes files")
                }
                Err(error) => println!("FAIL  {stem} / {}: {error}", sheet.name),
            }
            if let Ok(text) = svg(&drawn.scene) {
                std::fs::write(folder.join(format!("{name}.svg")), text).expect("the folder takes files");
            }
            println!(
                "ok    {stem} / {}: {} ms",
                sheet.name,
                start.elapsed().as_millis()
            );
            for diagnostic in &drawn.diagnostics {
                println!("      {diagnostic}");
            }
        }
    }
}
