//! Objects as files: `objects/ab/cd/abcd…`.
//!
//! A file comes to its place by renaming, after its bytes have reached the disk; the folder's
//! entry follows. So an object is whole or not there.

use std::fs::File;
use std::io::{ErrorKind, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, TryStreamExt};
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::ContentStream;
use super::spool::{Spooled, blocking};
use crate::{Error, Result, What};

const READ: usize = 1 << 20;
const DRAFT: &str = "part";

pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) async fn open(root: PathBuf) -> Result<Self> {
        let objects = root.join("objects");
        blocking(move || {
            std::fs::create_dir_all(&objects)
                .map_err(|e| Error::Options(format!("content folder {}: {e}", objects.display())))
        })
        .await?;
        Ok(Self { root })
    }

    pub(super) fn path(&self, key: &str) -> PathBuf {
        self.root
            .join("objects")
            .join(&key[..2])
            .join(&key[2..4])
            .join(key)
    }

    pub(super) async fn put(&self, key: &str, file: Spooled) -> Result<()> {
        let target = self.path(key);
        blocking(move || {
            place(file.path(), &target)
                .map_err(|e| Error::io(format_args!("storing {}", target.display()), &e))
        })
        .await
    }

    /// Where an object grows; the folders of a new one are made.
    pub(super) async fn path_to_grow(&self, key: &str, new: bool) -> Result<PathBuf> {
        let path = self.path(key);
        blocking(move || {
            if new && let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|e| Error::io(format_args!("storing {}", path.display()), &e))?;
            }
            Ok(path)
        })
        .await
    }

    pub(super) async fn open_range(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<(u64, ContentStream)> {
        let path = self.path(key);
        let (file, size, range) = blocking(move || {
            let mut file = File::open(&path).map_err(|e| missing(&path, &e))?;
            let read = |e| Error::io(format_args!("reading {}", path.display()), &e);
            let size = file.metadata().map_err(read)?.len();
            let range = range.unwrap_or(0..size);
            let range = range.start.min(size)..range.end.min(size);
            file.seek(SeekFrom::Start(range.start)).map_err(read)?;
            Ok((file, size, range))
        })
        .await?;
        let bytes = tokio::fs::File::from_std(file).take(range.end.saturating_sub(range.start));
        let stream = ReaderStream::with_capacity(bytes, READ).map_err(|e| Error::io("reading an object", &e));
        Ok((size, stream.boxed()))
    }

    pub(super) async fn size(&self, key: &str) -> Result<Option<u64>> {
        let path = self.path(key);
        blocking(move || match std::fs::metadata(&path) {
            Ok(data) => Ok(Some(data.len())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(format_args!("reading {}", path.display()), &e)),
        })
        .await
    }

    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        let path = self.path(key);
        blocking(move || {
            for path in [draft_of(&path), path] {
                match std::fs::remove_file(&path) {
                    Err(e) if e.kind() != ErrorKind::NotFound => {
                        return Err(Error::io(format_args!("deleting {}", path.display()), &e));
                    }
                    _ => {}
                }
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn list(&self) -> Result<Vec<(String, u64)>> {
        let objects = self.root.join("objects");
        blocking(move || {
            let mut out = Vec::new();
            walk(&objects, 2, &mut out)
                .map_err(|e| Error::io(format_args!("listing {}", objects.display()), &e))?;
            Ok(out)
        })
        .await
    }
}

fn place(from: &Path, target: &Path) -> std::io::Result<()> {
    let folder = target.parent().expect("an object lies in two folders");
    std::fs::create_dir_all(folder)?;
    match File::open(from)?
        .sync_all()
        .and_then(|()| std::fs::rename(from, target))
    {
        Err(e) if e.kind() == ErrorKind::CrossesDevices => {
            let draft = draft_of(target);
            let copied = std::fs::copy(from, &draft)
                .and_then(|_| File::open(&draft)?.sync_all())
                .and_then(|()| std::fs::rename(&draft, target));
            if copied.is_err() {
                let _ = std::fs::remove_file(&draft);
            }
            copied?;
        }
        outcome => outcome?,
    }
    sync_above(target)
}

/// Lets an object's name reach the disk.
pub(super) fn sync_above(object: &Path) -> std::io::Result<()> {
    // The folders above too: another writer may have made them a moment ago.
    object.ancestors().skip(1).take(3).try_for_each(sync_folder)
}

/// Where a copy from another file system grows; it goes with its object.
fn draft_of(target: &Path) -> PathBuf {
    target.with_extension(DRAFT)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn walk(folder: &Path, depth: usize, out: &mut Vec<(String, u64)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if depth > 0 && entry.file_type()?.is_dir() {
            walk(&entry.path(), depth - 1, out)?;
        } else if entry
            .path()
            .extension()
            .is_none_or(|extension| extension != DRAFT)
        {
            match entry.metadata() {
                Ok(data) => out.push((entry.file_name().to_string_lossy().into_owned(), data.len())),
                // Deleted since the folder was read.
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(())
}

fn missing(path: &Path, error: &std::io::Error) -> Error {
    if error.kind() == ErrorKind::NotFound {
        Error::NotFound(What::Object)
    } else {
        Error::io(format_args!("reading {}", path.display()), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_moves_between_file_systems() {
        let here = tempfile::tempdir().unwrap();
        // Memory, and so another file system, on Linux.
        let Ok(there) = tempfile::tempdir_in("/dev/shm") else {
            return;
        };
        let from = here.path().join("spooled");
        let target = there.path().join("objects/ab/cd/abcd");
        std::fs::write(&from, b"content").unwrap();
        place(&from, &target).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"content");
        assert!(!draft_of(&target).exists());
        std::fs::write(draft_of(&target), b"con").unwrap();
        let mut found = Vec::new();
        walk(&there.path().join("objects"), 2, &mut found).unwrap();
        assert_eq!(found, [("abcd".to_owned(), 7)]);
    }
}
