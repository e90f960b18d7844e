//! Notes of how far something came, in the client's cache folder, for a program that is started again.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use crate::client::Inner;
use crate::error::Result;
use crate::private;
use crate::source::Digest;

/// A file that notes how far something came; nobody else uses it meanwhile.
pub(crate) struct Note {
    path: PathBuf,
    _lock: File,
}

impl Note {
    /// Opens the note of one of a kind of things; `None` without a cache folder, and where another program is at
    /// the same thing.
    pub fn open(client: &Inner, kind: &str, key: &str) -> Result<Option<Self>> {
        let Some(cache) = &client.cache_folder else {
            return Ok(None);
        };
        let folder = cache.join(kind);
        private::folder(&folder)?;
        let path = folder.join(key);
        let lock = private::file(&path.with_extension("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path, _lock: lock })),
            Err(_) => Ok(None),
        }
    }

    /// What was noted, a line for each thing; none where it was noted by another version.
    pub fn read(&self, mark: &str) -> Option<Vec<String>> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        let mut lines = text.lines();
        (lines.next()? == mark).then(|| lines.map(str::to_owned).collect())
    }

    /// Notes lines in place of those before.
    pub fn write(&self, mark: &str, lines: &[&str]) -> Result<()> {
        let text = format!("{mark}\n{}\n", lines.join("\n"));
        private::replace(&self.path, |file| file.write_all(text.as_bytes()))
    }

    pub fn forget(&self) {
        // It may not have been written yet.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Names a note after everything that must be the same to go on.
pub(crate) fn key<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Digest::new();
    for part in parts {
        digest.add(part.as_bytes());
        digest.add(&[0]);
    }
    digest.hex()
}
