//! The outside as connectors see it: files by path, credentials, limits.

use std::any::Any;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{DataError, Result};
use crate::hyper::HyperEngine;
use crate::limits::DataLimits;
use crate::spec::ConnectionSpec;

/// Finds the files that connections name.
pub trait Files: Send + Sync {
    /// Finds a file by the path that the document writes, with `/` between folders.
    ///
    /// What may be read is decided here: a path can name anything.
    fn find(&self, path: &str) -> Result<DataFile>;
}

/// A file on disk, kept there as long as this value or a copy lives.
#[derive(Clone)]
pub struct DataFile {
    name: String,
    path: PathBuf,
    _keep: Option<Arc<dyn Any + Send + Sync>>,
}

impl DataFile {
    /// Names a file that is there anyway; `name` stands for it in messages.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            _keep: None,
        }
    }

    /// Names a file that goes when the last copy of `keep` goes.
    pub fn kept(name: impl Into<String>, path: impl Into<PathBuf>, keep: Arc<dyn Any + Send + Sync>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            _keep: Some(keep),
        }
    }

    /// Returns what messages call the file: never more than the document says.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file.
    pub fn open(&self) -> Result<File> {
        File::open(&self.path).map_err(|error| DataError::io(format!("`{}`", self.name), error))
    }

    /// Returns how large the file is.
    pub fn size(&self) -> Result<u64> {
        match std::fs::metadata(&self.path) {
            Ok(found) => Ok(found.len()),
            Err(error) => Err(DataError::io(format!("`{}`", self.name), error)),
        }
    }
}

impl fmt::Debug for DataFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DataFile").field(&self.name).finish()
    }
}

/// Has no files at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn find(&self, path: &str) -> Result<DataFile> {
        Err(DataError::FileMissing {
            path: path.to_owned(),
        })
    }
}

/// User and password for a connection.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// User.
    pub username: String,
    /// Password.
    pub password: String,
}

/// Leaves both out: credentials must not end up in logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// What connectors read from and how far they may go.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    /// Files.
    pub files: &'p dyn Files,
    /// User and password of a connection to a database.
    pub credentials: &'p (dyn Fn(&ConnectionSpec) -> Option<Credentials> + Sync),
    /// Limits.
    pub limits: &'p DataLimits,
    /// The program that reads `.hyper` files, if it is installed.
    pub hyper: Option<&'p HyperEngine>,
    /// Says whether a database may be connected to: a server keeps its own store out of reach.
    pub guard: &'p (dyn Fn(&ConnectionSpec) -> Result<()> + Sync),
}
