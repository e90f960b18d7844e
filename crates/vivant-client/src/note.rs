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
    lock: PathBuf,
    _locked: File,
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
        let lock = path.with_extension("lock");
        let file = private::file(&lock)?;
        // Who had it before may have taken it away, and another program may have a new one.
        let own =
            |held: std::fs::Metadata| std::fs::metadata(&lock).is_ok_and(|here| node(&here) == node(&held));
        match file.try_lock().is_ok() && file.metadata().is_ok_and(own) {
            true => Ok(Some(Self {
                path,
                lock,
                _locked: file,
            })),
            false => Ok(None),
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

impl Drop for Note {
    fn drop(&mut self) {
        if !self.path.exists() {
            // Nobody needs it before the next time. Where it cannot be removed while it is open, it stays.
            let _ = std::fs::remove_file(&self.lock);
        }
    }
}

/// What tells a file from one that took its place.
#[cfg(unix)]
pub(crate) fn node(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
pub(crate) fn node(_: &std::fs::Metadata) -> u64 {
    0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    #[test]
    fn a_note_is_for_one_at_a_time_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let client = |cache| {
            let builder = Client::builder("http://localhost");
            let builder = match cache {
                true => builder.cache_folder(folder.path()),
                false => builder,
            };
            builder.build().expect("a client")
        };
        let open = || Note::open(&client(true).0, "things", "one").expect("opened");
        assert!(
            Note::open(&client(false).0, "things", "one")
                .expect("opened")
                .is_none()
        );
        let note = open().expect("nobody else has it");
        assert!(open().is_none());
        assert_eq!(note.read("mark"), None);
        note.write("mark", &["a", "b c"]).expect("written");
        assert_eq!(note.read("mark"), Some(vec!["a".to_owned(), "b c".to_owned()]));
        assert_eq!(note.read("other mark"), None);
        drop(note);
        let note = open().expect("it was given back");
        assert!(note.read("mark").is_some());
        note.forget();
        drop(note);
        let left = std::fs::read_dir(folder.path().join("things"))
            .expect("listed")
            .count();
        assert!(!cfg!(unix) || left == 0);
    }
}
