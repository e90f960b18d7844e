//! Where content to publish comes from: a file, bytes, or anything that can be read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::call::file_stream;
use crate::error::{Error, Result};

/// Content to publish.
pub enum Source {
    /// A file; it is read while it is sent, and again should sending have to be repeated.
    Path(PathBuf),
    /// Bytes under a file name, whose ending says what they are.
    Bytes {
        /// File name.
        name: String,
        /// Content.
        bytes: Bytes,
    },
    /// Something to read under a file name; at most one chunk of it is held in memory.
    Reader {
        /// File name.
        name: String,
        /// Content.
        reader: Box<dyn AsyncRead + Send + Unpin>,
    },
    /// Content that somebody watches on its way; made by [`Source::watched`].
    Watched(Box<Source>, Watch),
}

/// Somebody who is told how much of some content has moved, and how much there is where that is known.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(u64, Option<u64>) + Send + Sync>);

impl Watch {
    /// Takes what is to be told: the bytes that moved, and all of them. A transfer that begins anew goes back.
    pub fn new(told: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(crate) fn tell(&self, moved: u64, all: Option<u64>) {
        (self.0)(moved, all);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl Source {
    /// Makes a source of bytes.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::Bytes {
            name: name.into(),
            bytes: bytes.into(),
        }
    }

    /// Makes a source of something to read.
    pub fn reader(name: impl Into<String>, reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self::Reader {
            name: name.into(),
            reader: Box::new(reader),
        }
    }

    /// Lets somebody watch how much of the content has gone out.
    pub fn watched(self, watch: Watch) -> Self {
        Self::Watched(Box::new(self), watch)
    }

    /// The file's name without its folder.
    pub(crate) fn file_name(&self) -> Result<String> {
        match self {
            Self::Path(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .ok_or_else(|| Error::invalid(format!("{} is not the path of a file", path.display()))),
            Self::Bytes { name, .. } | Self::Reader { name, .. } => Ok(name.clone()),
            Self::Watched(source, _) => source.file_name(),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes { name, bytes } => f.debug_tuple("Bytes").field(name).field(&bytes.len()).finish(),
            Self::Reader { name, .. } => f.debug_tuple("Reader").field(name).finish(),
            Self::Watched(source, _) => source.fmt(f),
        }
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&str> for Source {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

/// A watch on one part of some content.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    watch: Watch,
    before: u64,
    all: Option<u64>,
}

impl Watched {
    /// Tells how much of the part has moved.
    pub fn tell(&self, moved: u64) {
        let moved = self.before + moved;
        self.watch
            .tell(self.all.map_or(moved, |all| moved.min(all)), self.all);
    }
}

/// A piece of content that can be sent, and sent again.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Bytes {
        name: String,
        bytes: Bytes,
    },
    File {
        name: String,
        path: PathBuf,
        offset: u64,
        length: u64,
    },
}

impl Piece {
    pub fn file_name(&self) -> &str {
        match self {
            Self::Bytes { name, .. } | Self::File { name, .. } => name,
        }
    }

    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes { bytes, .. } => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// The first bytes of the piece, fewer where it is shorter.
    pub async fn head(&self, bytes: u64) -> Result<Bytes> {
        match self {
            Self::Bytes { bytes: all, .. } => {
                let end = usize::try_from(bytes).unwrap_or(usize::MAX).min(all.len());
                Ok(all.slice(..end))
            }
            Self::File {
                path, offset, length, ..
            } => {
                let stream = file_stream(path, *offset, bytes.min(*length)).await?;
                let parts = stream.try_fold(BytesMut::new(), async |mut all, bytes| {
                    all.extend_from_slice(&bytes);
                    Ok(all)
                });
                Ok(parts.await.map_err(|e| Error::file(e.to_string()))?.freeze())
            }
        }
    }

    /// The digest of the piece.
    pub async fn digest(&self) -> Result<Digest> {
        let mut digest = Digest::new();
        match self {
            Self::Bytes { bytes, .. } => digest.add(bytes),
            Self::File {
                path, offset, length, ..
            } => {
                let mut stream = std::pin::pin!(file_stream(path, *offset, *length).await?);
                while let Some(bytes) = stream.try_next().await.map_err(|e| Error::file(e.to_string()))? {
                    digest.add(&bytes);
                }
            }
        }
        Ok(digest)
    }
}

/// A SHA-256 of what was added so far.
#[derive(Clone)]
pub(crate) struct Digest(ring::digest::Context);

impl Digest {
    pub fn new() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// As hexadecimal digits.
    pub fn hex(&self) -> String {
        let bytes = self.0.clone().finish();
        bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.hex() == other.hex()
    }
}

/// Gives a source's content in pieces.
pub(crate) struct Pieces {
    name: String,
    from: Origin,
    /// Read ahead, to know whether there is more.
    ahead: Option<Bytes>,
    watch: Option<Watch>,
}

enum Origin {
    File { path: PathBuf, offset: u64, length: u64 },
    Bytes { bytes: Bytes, offset: u64 },
    Reader(Box<dyn AsyncRead + Send + Unpin>),
}

impl Pieces {
    pub async fn new(source: Source) -> Result<Self> {
        let (source, watch) = match source {
            Source::Watched(source, watch) => (*source, Some(watch)),
            source => (source, None),
        };
        let name = source.file_name()?;
        let from = match source {
            Source::Path(path) => {
                let unreadable = |e| Error::file(format!("{} cannot be read: {e}", path.display()));
                let metadata = tokio::fs::metadata(&path).await.map_err(unreadable)?;
                if !metadata.is_file() {
                    return Err(Error::file(format!("{} is not a file", path.display())));
                }
                Origin::File {
                    path,
                    offset: 0,
                    length: metadata.len(),
                }
            }
            Source::Bytes { bytes, .. } => Origin::Bytes { bytes, offset: 0 },
            Source::Reader { reader, .. } => Origin::Reader(reader),
            Source::Watched(..) => return Err(Error::invalid("content has one watch, not several")),
        };
        Ok(Self {
            name,
            from,
            ahead: None,
            watch,
        })
    }

    /// How a request tells of its part of the content, which begins behind so many bytes.
    pub fn watched(&self, before: u64) -> Option<Watched> {
        let all = match &self.from {
            Origin::File { length, .. } => Some(*length),
            Origin::Bytes { bytes, .. } => Some(bytes.len() as u64),
            Origin::Reader(_) => None,
        };
        let watch = self.watch.clone()?;
        Some(Watched { watch, before, all })
    }

    /// The file that the content is in.
    pub fn path(&self) -> Option<&Path> {
        match &self.from {
            Origin::File { path, .. } => Some(path),
            Origin::Bytes { .. } | Origin::Reader(_) => None,
        }
    }

    /// Goes back to the beginning; what was read from a reader is gone.
    pub fn rewind(&mut self) -> bool {
        match &mut self.from {
            Origin::File { offset, .. } | Origin::Bytes { offset, .. } => {
                *offset = 0;
                true
            }
            Origin::Reader(_) => false,
        }
    }

    /// Passes over the first bytes of content of known length.
    pub fn skip(&mut self, bytes: u64) {
        match &mut self.from {
            Origin::File { offset, length, .. } => *offset = bytes.min(*length),
            Origin::Bytes { offset, bytes: all } => *offset = bytes.min(all.len() as u64),
            Origin::Reader(_) => {}
        }
    }

    /// All that is left, in one piece that a single request can hold.
    pub async fn single(&mut self) -> Result<Piece> {
        let limit = crate::client::SINGLE_LIMIT;
        self.whole(limit, limit)
            .await?
            .ok_or_else(|| Error::invalid(format!("{} is larger than the 64 MB of one request", self.name)))
    }

    /// How many bytes are left, where that is known.
    pub fn left(&self) -> Option<u64> {
        match &self.from {
            Origin::File { offset, length, .. } => Some(length - offset),
            Origin::Bytes { bytes, offset } => Some(bytes.len() as u64 - offset),
            Origin::Reader(_) => None,
        }
    }

    /// The whole content, where it is no longer than `limit`; a reader is tried with `chunk`.
    pub async fn whole(&mut self, limit: u64, chunk: u64) -> Result<Option<Piece>> {
        match self.left() {
            Some(left) if left <= limit => self.next(left).await.map(|piece| {
                Some(piece.unwrap_or_else(|| Piece::Bytes {
                    name: self.name.clone(),
                    bytes: Bytes::new(),
                }))
            }),
            Some(_) => Ok(None),
            None => {
                let first = self.next(chunk).await?;
                let second = self.next(1).await?;
                let (Some(Piece::Bytes { name, bytes }), second) = (first, second) else {
                    return Ok(Some(Piece::Bytes {
                        name: self.name.clone(),
                        bytes: Bytes::new(),
                    }));
                };
                match second {
                    None => Ok(Some(Piece::Bytes { name, bytes })),
                    Some(Piece::Bytes { bytes: more, .. }) => {
                        let mut joined = BytesMut::from(bytes);
                        joined.extend_from_slice(&more);
                        self.ahead = Some(joined.freeze());
                        Ok(None)
                    }
                    Some(Piece::File { .. }) => Ok(None),
                }
            }
        }
    }

    /// The next piece of at most `size` bytes; `None` at the end.
    pub async fn next(&mut self, size: u64) -> Result<Option<Piece>> {
        let name = self.name.clone();
        let wanted = usize::try_from(size).unwrap_or(usize::MAX);
        match &mut self.from {
            Origin::File { path, offset, length } => {
                let size = size.min(*length - *offset);
                let piece = Piece::File {
                    name,
                    path: path.clone(),
                    offset: *offset,
                    length: size,
                };
                *offset += size;
                Ok((size > 0).then_some(piece))
            }
            Origin::Bytes { bytes, offset } => {
                let from = usize::try_from(*offset).unwrap_or(usize::MAX).min(bytes.len());
                let piece = bytes.slice(from..bytes.len().min(from.saturating_add(wanted)));
                *offset += piece.len() as u64;
                Ok((!piece.is_empty()).then_some(Piece::Bytes { name, bytes: piece }))
            }
            Origin::Reader(reader) => {
                // Taken at once: growing piece by piece would hold up to three times as much.
                let mut buffer = BytesMut::with_capacity(wanted.min(crate::client::SINGLE_LIMIT as usize));
                if let Some(mut ahead) = self.ahead.take() {
                    buffer.extend_from_slice(&ahead.split_to(wanted.min(ahead.len())));
                    self.ahead = (!ahead.is_empty()).then_some(ahead);
                }
                let mut rest = reader.take(size - buffer.len() as u64);
                while rest.limit() > 0 {
                    let read = rest.read_buf(&mut buffer).await;
                    let read = read.map_err(|e| Error::file(format!("{name} cannot be read: {e}")))?;
                    if read == 0 {
                        break;
                    }
                }
                let bytes = buffer.freeze();
                Ok((!bytes.is_empty()).then_some(Piece::Bytes { name, bytes }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lengths(source: Source, limit: u64, chunk: u64) -> (Option<u64>, Vec<u64>) {
        let mut pieces = Pieces::new(source).await.expect("opened");
        let whole = pieces
            .whole(limit, chunk)
            .await
            .expect("read")
            .map(|p| p.length());
        let mut found = Vec::new();
        if whole.is_none() {
            while let Some(piece) = pieces.next(chunk).await.expect("read") {
                found.push(piece.length());
            }
        }
        (whole, found)
    }

    #[tokio::test]
    async fn content_comes_whole_or_in_chunks() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), [1; 10]).expect("written");
        let reader = |n: usize| Source::reader("a.twbx", std::io::Cursor::new(vec![1; n]));
        assert_eq!(lengths(file.path().into(), 10, 4).await, (Some(10), vec![]));
        assert_eq!(lengths(file.path().into(), 9, 4).await, (None, vec![4, 4, 2]));
        assert_eq!(
            lengths(Source::bytes("a.twb", vec![1; 5]), 4, 2).await,
            (None, vec![2, 2, 1])
        );
        assert_eq!(lengths(reader(4), 100, 4).await, (Some(4), vec![]));
        assert_eq!(lengths(reader(9), 100, 4).await, (None, vec![4, 4, 1]));
        assert_eq!(lengths(reader(0), 100, 4).await, (Some(0), vec![]));
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let error = Pieces::new("/nonexistent/a.twb".into())
            .await
            .err()
            .expect("missing");
        assert!(error.to_string().contains("/nonexistent/a.twb"), "{error}");
        assert!(Pieces::new("/".into()).await.is_err());
    }
}
