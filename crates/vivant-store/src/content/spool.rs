//! The spool: files being written, beside the content storage until they are whole.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

use crate::secrets::{hex, random};
use crate::{Error, Result};

/// Bytes gathered before they are hashed and written, off the runtime's threads.
const BUFFER: usize = 1 << 20;

/// A file being written; deleted when dropped.
pub struct Spool {
    state: State,
    buffer: Vec<u8>,
    size: u64,
    leftover: Leftover,
}

/// Where the writer is. One buffer is hashed and written while the next is gathered.
enum State {
    /// At hand, with an empty buffer.
    Idle(Writer, Vec<u8>),
    /// At work on a buffer.
    Busy(JoinHandle<Result<(Writer, Vec<u8>)>>),
    /// Lost, after a write that failed or was given up half way.
    Broken,
}

struct Writer {
    file: File,
    hash: Sha256,
}

impl Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.file
            .write_all(bytes)
            .map_err(|e| Error::io("writing a spool file", &e))
    }
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
            state: State::Idle(
                Writer {
                    file,
                    hash: Sha256::new(),
                },
                Vec::new(),
            ),
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
        let (writer, _) = self.writer().await?;
        Ok(Spooled {
            size: self.size,
            sha256: hex(&writer.hash.finalize()),
            leftover: self.leftover,
        })
    }

    /// Hands the buffer to the writer, once that has done with the one before.
    async fn flush(&mut self) -> Result<()> {
        let (mut writer, empty) = self.writer().await?;
        let mut full = std::mem::replace(&mut self.buffer, empty);
        self.state = State::Busy(tokio::task::spawn_blocking(move || {
            writer.write(&full)?;
            full.clear();
            Ok((writer, full))
        }));
        Ok(())
    }

    /// Waits for the writer and takes it, with an empty buffer.
    async fn writer(&mut self) -> Result<(Writer, Vec<u8>)> {
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Idle(writer, buffer) => Ok((writer, buffer)),
            State::Busy(work) => joined(work.await),
            State::Broken => Err(Error::backend("a spool file was given up half way")),
        }
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

/// Runs file work where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    joined(tokio::task::spawn_blocking(work).await)
}

fn joined<T>(outcome: std::result::Result<Result<T>, tokio::task::JoinError>) -> Result<T> {
    outcome.unwrap_or_else(|e| Err(Error::backend(format!("file work: {e}"))))
}
