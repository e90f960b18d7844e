//! A document with its package: the tree, and the files that connections find in it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use vivant_data::{DataError, DataFile, Files};
use vivant_document::{Document, FileKind, Limits, PackageFile};

use crate::world::World;

/// Reads the document of a file, from its package if it is in one.
pub(crate) fn read(path: &Path, kind: FileKind, limits: &Limits) -> Result<Document, vivant_document::Error> {
    let bytes = if kind.is_package() {
        PackageFile::open(File::open(path)?, limits)?.read_document()?
    } else {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(limits.document_bytes.saturating_add(1))
            .read_to_end(&mut bytes)?;
        bytes
    };
    Document::parse_datasources(bytes, limits)
}

/// The files of a package, and then those of the world.
///
/// What is asked for is unpacked once, into a folder of its own that goes with this value and the files that
/// were handed out.
pub struct PackageFiles<'w> {
    package: Option<PathBuf>,
    world: &'w dyn World,
    folder: Arc<TempDir>,
    limits: Limits,
    most: u64,
    unpacked: Mutex<HashMap<String, DataFile>>,
}

impl<'w> PackageFiles<'w> {
    /// Opens the files of a document; `spool` is where they are unpacked to, at most `most` bytes each.
    pub fn new(
        document: &Path,
        kind: FileKind,
        world: &'w dyn World,
        spool: &Path,
        limits: &Limits,
        most: u64,
    ) -> io::Result<Self> {
        Ok(Self {
            package: kind.is_package().then(|| document.to_owned()),
            world,
            folder: Arc::new(tempfile::Builder::new().prefix("data-").tempdir_in(spool)?),
            limits: limits.clone(),
            most,
            unpacked: Mutex::default(),
        })
    }

    fn unpack(&self, package: &Path, path: &str) -> Result<Option<DataFile>, DataError> {
        let damaged = |message: String| DataError::Damaged {
            what: path.to_owned(),
            message,
        };
        let io = |source: io::Error| DataError::Io {
            what: format!("`{path}`"),
            source,
        };
        let mut opened = PackageFile::open(File::open(package).map_err(io)?, &self.limits)
            .map_err(|error| damaged(error.to_string()))?;
        let Some(name) = opened.find(path) else {
            return Ok(None);
        };
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = unpacked.get(&name) {
            return Ok(Some(file.clone()));
        }
        // Names inside a package are never names on disk.
        let place = self.folder.path().join(unpacked.len().to_string());
        let mut out = File::create_new(&place).map_err(io)?;
        let mut source = opened
            .read(&name)
            .map_err(|error| damaged(error.to_string()))?
            .take(self.most.saturating_add(1));
        let copied = io::copy(&mut source, &mut out).map_err(|error| damaged(error.to_string()))?;
        out.flush().map_err(io)?;
        if copied > self.most {
            return Err(DataError::TooLarge {
                what: name,
                limit: self.most,
                unit: "bytes",
            });
        }
        let keep: Arc<TempDir> = Arc::clone(&self.folder);
        let file = DataFile::kept(name.clone(), place, keep);
        unpacked.insert(name, file.clone());
        Ok(Some(file))
    }
}

impl Files for PackageFiles<'_> {
    fn find(&self, path: &str) -> Result<DataFile, DataError> {
        if let Some(package) = &self.package
            && let Some(file) = self.unpack(package, path)?
        {
            return Ok(file);
        }
        self.world.file(path)
    }
}
