//! What the examples share: a world of the files beside a workbook, asked at a fixed time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vivant::{
    AnswerError, Asker, Book, BookRequest, ConnectionSpec, Credentials, DataError, DataFile, DataLimits,
    DateTime, Folders, HyperEngine, World,
};
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

/// Opens a workbook; `None` for files of other kinds.
pub fn open(path: &Path) -> Option<Result<Book, AnswerError>> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let kind = ending.and_then(FileKind::from_extension)?;
    let spool = std::env::temp_dir();
    let request = BookRequest {
        document: DataFile::new(path.display().to_string(), path),
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
    Some(Book::open(&request, Arc::new(world)))
}
