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
    Document::parse_datasources(bytes(path, kind, limits)?, limits)
}

/// Returns the document of a file as it is written.
pub(crate) fn bytes(path: &Path, kind: FileKind, limits: &Limits) -> Result<Vec<u8>, vivant_document::Error> {
    if kind.is_package() {
        return PackageFile::open(File::open(path)?, limits)?.read_document();
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(limits.document_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files of a package.
///
/// What is asked for is unpacked once, into a folder of its own that goes with this value and the files that
/// were handed out.
pub(crate) struct Package {
    package: Option<PathBuf>,
    folder: Arc<TempDir>,
    limits: Limits,
    most: u64,
    unpacked: Mutex<HashMap<String, DataFile>>,
}

impl Package {
    /// Opens a document; `spool` is where its files are unpacked to, at most `most` bytes each.
    pub(crate) fn new(
        document: &Path,
        kind: FileKind,
        spool: &Path,
        limits: &Limits,
        most: u64,
    ) -> io::Result<Self> {
        Ok(Self {
            package: kind.is_package().then(|| document.to_owned()),
            folder: Arc::new(tempfile::Builder::new().prefix("data-").tempdir_in(spool)?),
            limits: limits.clone(),
            most,
            unpacked: Mutex::default(),
        })
    }

    /// Finds a file of the package.
    pub(crate) fn find(&self, path: &str) -> Result<Option<DataFile>, DataError> {
        match &self.package {
            Some(package) => self.unpack(package, path),
            None => Ok(None),
        }
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

/// The files of a package, and then those of the world.
pub struct PackageFiles<'w> {
    package: Package,
    world: &'w dyn World,
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
        let package = Package::new(document, kind, spool, limits, most)?;
        Ok(Self { package, world })
    }
}

impl Files for PackageFiles<'_> {
    fn find(&self, path: &str) -> Result<DataFile, DataError> {
        match self.package.find(path)? {
            Some(file) => Ok(file),
            None => self.world.file(path),
        }
    }
}
