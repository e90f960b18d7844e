//! The spool: files being written, beside the content storage until they are whole.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

use super::folder::sync_above;
use crate::secrets::{hex, random};
use crate::{Error, Result};

/// Bytes gathered before they are hashed and written, off the runtime's threads.
const BUFFER: usize = 1 << 20;
/// Bytes of a growing file that set out for the disk while more of them come.
const STRETCH: u64 = 8 << 20;

/// A file being written. It is deleted when dropped, unless it is the next part of one that grows.
pub struct Spool {
    state: State,
    buffer: Vec<u8>,
    size: u64,
    leftover: Leftover,
    /// What the parts before have made of a growing file.
    before: Option<Growing>,
    /// A stretch of a growing file on its way to the disk, and where it ends.
    sync: Option<JoinHandle<Result<()>>>,
    synced: u64,
}

/// A stored file that grows part by part: what is known of it between two parts.
#[derive(Clone, Debug)]
pub(crate) struct Growing {
    /// The key of its object.
    pub(crate) key: String,
    /// The bytes that count; what lies behind them is of a part that never came to its end.
    pub(crate) size: u64,
    /// Of those bytes.
    hash: Sha256,
}

impl Growing {
    /// An object that is still to be made.
    pub(crate) fn new(key: String) -> Self {
        Self {
            key,
            size: 0,
            hash: Sha256::new(),
        }
    }

    /// The SHA-256 so far, in lower-case hex.
    pub(crate) fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
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
    file: Arc<File>,
    hash: Sha256,
}

impl Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        (&*self.file)
            .write_all(bytes)
            .map_err(|e| Error::io("writing a spool file", &e))
    }
}

/// A whole file that is not stored yet, deleted when dropped; or a part of a growing file.
#[derive(Debug)]
pub struct Spooled {
    size: u64,
    sha256: String,
    leftover: Leftover,
    grown: Option<Growing>,
}

/// The file on disk; deleted when dropped, unless it was moved away or is a stored one.
#[derive(Debug)]
struct Leftover {
    path: PathBuf,
    stored: bool,
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if self.stored {
            return;
        }
        match std::fs::remove_file(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!("spool file {} stays behind: {e}", self.path.display());
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
            open(&at, true).map_err(|e| Error::io(format_args!("spool file {}", at.display()), &e))
        })
        .await?;
        Ok(Self::new(file, Sha256::new(), path, None))
    }

    /// Goes on with a growing file at its place.
    pub(super) async fn grow(path: PathBuf, before: Growing) -> Result<Self> {
        let (at, size) = (path.clone(), before.size);
        let file = blocking(move || {
            let opened = || {
                let mut file = open(&at, size == 0)?;
                match size {
                    0 => sync_above(&at)?,
                    size => drop(file.seek(SeekFrom::Start(size))?),
                }
                Ok(file)
            };
            opened().map_err(|e: std::io::Error| Error::io(format_args!("writing {}", at.display()), &e))
        })
        .await?;
        Ok(Self::new(file, before.hash.clone(), path, Some(before)))
    }

    fn new(file: File, hash: Sha256, path: PathBuf, before: Option<Growing>) -> Self {
        Self {
            state: State::Idle(
                Writer {
                    file: Arc::new(file),
                    hash,
                },
                Vec::new(),
            ),
            buffer: Vec::new(),
            size: 0,
            leftover: Leftover {
                path,
                stored: before.as_ref().is_some_and(|before| before.size > 0),
            },
            before,
            sync: None,
            synced: 0,
        }
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

    /// The bytes written so far, without those of parts before.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the file, or its part: that has reached the disk when this returns.
    pub async fn finish(mut self) -> Result<Spooled> {
        self.flush().await?;
        let (writer, _) = self.writer().await?;
        let grown = match self.before {
            None => None,
            Some(before) => {
                if let Some(sync) = self.sync {
                    joined(sync.await)?;
                }
                let size = before.size + self.size;
                let file = writer.file;
                blocking(move || {
                    file.set_len(size)
                        .and_then(|()| file.sync_all())
                        .map_err(|e| Error::io("writing a part of an upload", &e))
                })
                .await?;
                Some(Growing {
                    key: before.key,
                    size,
                    hash: writer.hash.clone(),
                })
            }
        };
        Ok(Spooled {
            size: self.size,
            sha256: hex(&writer.hash.finalize()),
            leftover: self.leftover,
            grown,
        })
    }

    /// Hands the buffer to the writer, once that has done with the one before.
    async fn flush(&mut self) -> Result<()> {
        let (mut writer, empty) = self.writer().await?;
        if self.before.is_some() && self.size - self.synced >= STRETCH {
            self.send_stretch(&writer.file).await?;
        }
        let mut full = std::mem::replace(&mut self.buffer, empty);
        self.state = State::Busy(tokio::task::spawn_blocking(move || {
            writer.write(&full)?;
            full.clear();
            Ok((writer, full))
        }));
        Ok(())
    }

    /// Lets what is written set out for the disk, if the stretch before has arrived. A failure is told only once
    /// for each open file, so none may be passed over.
    async fn send_stretch(&mut self, file: &Arc<File>) -> Result<()> {
        match self.sync.take() {
            Some(sync) if !sync.is_finished() => self.sync = Some(sync),
            before => {
                if let Some(before) = before {
                    joined(before.await)?;
                }
                self.synced = self.size;
                let file = Arc::clone(file);
                self.sync = Some(tokio::task::spawn_blocking(move || {
                    file.sync_data()
                        .map_err(|e| Error::io("writing a part of an upload", &e))
                }));
            }
        }
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
        &self.leftover.path
    }

    /// Its size in bytes; of a growing file, that of the part.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What the part has made of a growing file.
    pub(crate) fn grown(&self) -> Option<&Growing> {
        self.grown.as_ref()
    }

    /// Lets a growing file stay, now that something refers to it.
    pub(crate) fn keep(mut self) {
        self.leftover.stored = true;
    }

    /// Takes a growing file as it is under a name of its own, so that the bytes need not move again; `None` where
    /// the file system has no such second names. Nothing may be added to the file from now on.
    pub(super) async fn of_grown(folder: &Path, place: PathBuf, grown: &Growing) -> Result<Option<Self>> {
        let path = folder.join(hex(&random::<16>()?));
        let name = path.clone();
        let named = blocking(move || Ok(std::fs::hard_link(&place, &name).is_ok())).await?;
        Ok(named.then(|| Self {
            size: grown.size,
            sha256: grown.sha256(),
            leftover: Leftover { path, stored: false },
            grown: None,
        }))
    }

    /// A file that is written in one go; nobody asks for its checksum.
    pub(super) async fn written(
        folder: &Path,
        size: u64,
        write: impl FnOnce(File) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let path = folder.join(hex(&random::<16>()?));
        let leftover = Leftover { path, stored: false };
        let leftover = blocking(move || {
            let file = open(&leftover.path, true)
                .map_err(|e| Error::io(format_args!("spool file {}", leftover.path.display()), &e))?;
            write(file)?;
            Ok(leftover)
        })
        .await?;
        Ok(Self {
            size,
            sha256: String::new(),
            leftover,
            grown: None,
        })
    }

    /// Its SHA-256 in lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

fn open(path: &Path, new: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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
