//! Content: the files of workbooks and data sources, in a folder or an S3 bucket.
//!
//! An object has a random key and never changes, but for those of uploads, which grow. What the objects are for stands in the database;
//! here are only bytes. Some are encrypted where they lie, as their keys say; sizes and ranges are those of the files.

mod bucket;
mod folder;
mod sealed;
mod spool;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

pub(crate) use self::sealed::{MARK as SEALED, is_sealed};
pub(crate) use self::spool::Growing;
pub use self::spool::{Spool, Spooled};
use crate::secrets::{Vault, hex, random};
use crate::{Error, Result, What};

/// The bytes of an object, as they come.
pub type ContentStream = BoxStream<'static, Result<Bytes>>;

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

/// Where the objects are.
pub struct Content {
    spool: PathBuf,
    place: Place,
    vault: Arc<Vault>,
}

enum Place {
    Folder(folder::Folder),
    Bucket(bucket::Bucket),
}

impl Content {
    pub(crate) async fn at(
        data_dir: &Path,
        url: Option<&str>,
        env: &HashMap<String, String>,
        vault: Arc<Vault>,
    ) -> Result<Self> {
        let spool = data_dir.join("spool");
        std::fs::create_dir_all(&spool)
            .map_err(|e| Error::Options(format!("spool folder {}: {e}", spool.display())))?;
        let place = match url {
            None => Place::Folder(folder::Folder::open(data_dir.join("content")).await?),
            Some(url) => match url.split_once("://") {
                Some(("s3", address)) => Place::Bucket(bucket::Bucket::open(address, env)?),
                Some(("file", path)) => Place::Folder(folder::Folder::open(path.into()).await?),
                Some((scheme, _)) => {
                    return Err(Error::Options(format!(
                        "content address: `{scheme}` is not known; give a folder or `s3://bucket/prefix`"
                    )));
                }
                None => {
                    let path = url.strip_prefix("file:").unwrap_or(url);
                    Place::Folder(folder::Folder::open(path.into()).await?)
                }
            },
        };
        Ok(Self { spool, place, vault })
    }

    /// Begins a file in the spool folder.
    pub async fn spool(&self) -> Result<Spool> {
        Spool::create(&self.spool).await
    }

    /// Whether an object can grow where it is.
    pub(crate) fn grows(&self) -> bool {
        matches!(self.place, Place::Folder(_))
    }

    /// Goes on with an object that grows, or makes it; `None` where objects are only written whole.
    pub(crate) async fn grow(&self, grown: Growing) -> Result<Option<Spool>> {
        check(&grown.key)?;
        match &self.place {
            Place::Folder(folder) => {
                let path = folder.path_to_grow(&grown.key, grown.size == 0).await?;
                Spool::grow(path, grown).await.map(Some)
            }
            Place::Bucket(_) => Ok(None),
        }
    }

    /// Takes an object that has grown, without moving its bytes; `None` where that cannot be.
    pub(crate) async fn take_grown(&self, grown: &Growing) -> Result<Option<Spooled>> {
        match self.local_path(&grown.key) {
            Some(path) => Spooled::of_grown(&self.spool, path, grown).await,
            None => Ok(None),
        }
    }

    /// Stores a file under a key; it is whole and safe when this returns.
    pub async fn put(&self, key: &str, file: Spooled) -> Result<()> {
        check(key)?;
        let file = match is_sealed(key) {
            true => self.seal(key, file).await?,
            false => file,
        };
        match &self.place {
            Place::Folder(folder) => folder.put(key, file).await,
            Place::Bucket(bucket) => bucket.put(key, file).await,
        }
    }

    /// Opens an object: the size of the whole, and the bytes of the range as a stream.
    pub async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<(u64, ContentStream)> {
        check(key)?;
        match is_sealed(key) {
            true => self.open_sealed(key, range).await,
            false => self.open_stored(key, range).await,
        }
    }

    async fn open_stored(&self, key: &str, range: Option<Range<u64>>) -> Result<(u64, ContentStream)> {
        match &self.place {
            Place::Folder(folder) => folder.open_range(key, range).await,
            Place::Bucket(bucket) => bucket.open_range(key, range).await,
        }
    }

    async fn open_sealed(&self, key: &str, range: Option<Range<u64>>) -> Result<(u64, ContentStream)> {
        let (stored, mut bytes) = self.open_stored(key, Some(0..sealed::HEAD)).await?;
        let mut head = Vec::with_capacity(sealed::HEAD as usize);
        while let Some(some) = bytes.next().await {
            head.extend_from_slice(&some?);
        }
        let data_key = sealed::DataKey::read(&self.vault, key, &head)?;
        let size = sealed::size_within(stored).ok_or_else(|| sealed::damaged(key, "it is cut off"))?;
        let range = range.unwrap_or(0..size);
        let range = range.start.min(size)..range.end.min(size);
        if range.start >= range.end {
            return Ok((size, futures_util::stream::empty().boxed()));
        }
        let stretch = sealed::stretch(&range, stored);
        let (_, bytes) = self.open_stored(key, Some(stretch)).await?;
        Ok((size, sealed::read(key, data_key, size, range, bytes)))
    }

    /// Encrypts a file for the object that it becomes.
    async fn seal(&self, key: &str, file: Spooled) -> Result<Spooled> {
        let (data_key, head) = sealed::DataKey::create(&self.vault, key)?;
        let size = sealed::size_of(file.size());
        Spooled::written(&self.spool, size, move |to| {
            sealed::write(&data_key, &head, file.path(), to)
        })
        .await
    }

    /// Where the file of an object is on the local disk, if content is kept in a folder and the object is not
    /// encrypted.
    pub fn local_path(&self, key: &str) -> Option<PathBuf> {
        match &self.place {
            Place::Folder(folder) if check(key).is_ok() && !is_sealed(key) => Some(folder.path(key)),
            _ => None,
        }
    }

    /// Copies an object into the spool folder.
    pub async fn fetch(&self, key: &str) -> Result<Spooled> {
        let (_, mut bytes) = self.open(key, None).await?;
        let mut spool = self.spool().await?;
        while let Some(chunk) = bytes.next().await {
            spool.write(&chunk?).await?;
        }
        spool.finish().await
    }

    /// Deletes an object; one that is not there is deleted already.
    pub async fn delete(&self, key: &str) -> Result<()> {
        check(key)?;
        match &self.place {
            Place::Folder(folder) => folder.delete(key).await,
            Place::Bucket(bucket) => bucket.delete(key).await,
        }
    }

    /// The size of an object's file, if it is there.
    pub async fn size(&self, key: &str) -> Result<Option<u64>> {
        check(key)?;
        let stored = match &self.place {
            Place::Folder(folder) => folder.size(key).await?,
            Place::Bucket(bucket) => bucket.size(key).await?,
        };
        Ok(stored.map(|stored| size_of_file(key, stored)))
    }

    /// Keys of all objects, and sizes of their files.
    pub(crate) async fn list(&self) -> Result<Vec<(String, u64)>> {
        let mut found = match &self.place {
            Place::Folder(folder) => folder.list().await?,
            Place::Bucket(bucket) => bucket.list().await?,
        };
        for (key, size) in &mut found {
            *size = size_of_file(key, *size);
        }
        Ok(found)
    }

    /// The names of the files in the spool folder.
    pub(crate) fn spool_files(&self) -> Result<Vec<PathBuf>> {
        let read = || -> std::io::Result<Vec<PathBuf>> {
            std::fs::read_dir(&self.spool)?
                .map(|entry| Ok(entry?.path()))
                .collect()
        };
        read().map_err(|e| Error::io(format_args!("listing {}", self.spool.display()), &e))
    }
}

/// A key for a new object, which says whether that is encrypted.
pub(crate) fn new_key(seal: bool) -> Result<String> {
    let mut key = hex(&random::<16>()?);
    if seal {
        key.push(sealed::MARK);
    }
    Ok(key)
}

/// Of an object that is cut off, a size that no file has.
fn size_of_file(key: &str, stored: u64) -> u64 {
    match is_sealed(key) {
        true => sealed::size_within(stored).unwrap_or(u64::MAX),
        false => stored,
    }
}

/// Keys become file names, so nothing but our own form is let through.
fn check(key: &str) -> Result<()> {
    let plain = key.strip_suffix(sealed::MARK).unwrap_or(key);
    if plain.len() == 32 && plain.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(())
    } else {
        Err(Error::NotFound(What::Object))
    }
}
