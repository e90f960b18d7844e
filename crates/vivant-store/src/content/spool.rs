//! The spool: files being written, beside the content storage until they are whole.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::secrets::{hex, random};
use crate::{Error, Result};

/// Bytes gathered before they are hashed and written, off the runtime's threads.
const BUFFER: usize = 1 << 20;

/// A file being written; deleted when dropped.
pub struct Spool {
    /// `None` after a write that failed or was given up half way.
    writer: Option<Writer>,
    buffer: Vec<u8>,
    size: u64,
    leftover: Leftover,
}

struct Writer {
    file: File,
    hash: Sha256,
}

/// A whole file that is not stored yet; deleted when dropped.
#[derive(Debug)]
pub struct Spooled {
    size: u64,
    sha256: String,
    leftover: Leftover,
}

/// The file on disk; deleted when dropped, unless it was moved away.
#[derive(Debug)]
struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.0) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!("spool file {} stays behind: {e}", self.0.display());
            }
            _ => {}
        }
    }
}

impl Spool {
    pub(super) async fn create(folder: &Path) -> Result<Self> {
        let path = folder.join(hex(&random::<16>()?));
        let at = path.clone();
        let file = blocking(move || {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options
                .open(&at)
                .map_err(|e| Error::io(format_args!("spool file {}", at.display()), &e))
        })
        .await?;
        Ok(Self {
            writer: Some(Writer {
                file,
                hash: Sha256::new(),
            }),
            buffer: Vec::new(),
            size: 0,
            leftover: Leftover(path),
        })
    }

    /// Adds bytes to the file.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BUFFER - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            rest = later;
            if self.buffer.len() == BUFFER {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// The bytes written so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the file.
    pub async fn finish(mut self) -> Result<Spooled> {
        self.flush().await?;
        let writer = self.writer.take().ok_or_else(broken)?;
        Ok(Spooled {
            size: self.size,
            sha256: hex(&writer.hash.finalize()),
            leftover: self.leftover,
        })
    }

    async fn flush(&mut self) -> Result<()> {
        let mut writer = self.writer.take().ok_or_else(broken)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let (writer, buffer) = blocking(move || {
            writer.hash.update(&buffer);
            writer
                .file
                .write_all(&buffer)
                .map_err(|e| Error::io("writing a spool file", &e))?;
            buffer.clear();
            Ok((writer, buffer))
        })
        .await?;
        self.writer = Some(writer);
        self.buffer = buffer;
        Ok(())
    }
}

impl Spooled {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.leftover.0
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

fn broken() -> Error {
    Error::backend("a spool file was given up half way")
}

/// Runs file work where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(e) => Err(Error::backend(format!("file work: {e}"))),
    }
}
