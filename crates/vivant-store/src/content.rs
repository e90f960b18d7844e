//! Content: the files of workbooks and data sources, in a folder or an S3 bucket.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::Result;

/// The bytes of an object, as they come.
pub type ContentStream = BoxStream<'static, Result<Bytes>>;

/// Where the objects are.
pub struct Content;

/// A file being written, outside the content storage until it is whole.
pub struct Spool;

/// A whole file that is not stored yet; deleted when dropped.
#[derive(Debug)]
pub struct Spooled {
    path: PathBuf,
    size: u64,
    sha256: String,
}

impl Spooled {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its SHA-256 in lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// The file of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// The key of its object.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
    /// The name under which it is downloaded.
    pub file_name: String,
    /// Its extension.
    pub file_type: String,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// The number of the revision.
    pub revision: u32,
}
