//! Bodies of answers: in memory while they are small, else in a file that goes with the last who reads it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tempfile::TempPath;
use tokio_util::io::ReaderStream;

/// How much of a body is held in memory.
const IN_MEMORY: usize = 16 << 20;

/// How many bytes on disk count as one in memory.
const DISK_SHARE: u64 = 16;

/// A body that can be sent many times.
#[derive(Clone, Debug)]
pub enum Output {
    /// The bytes.
    Memory(Bytes),
    /// A file and its size.
    File(Arc<TempPath>, u64),
}

impl Output {
    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        match self {
            Output::Memory(bytes) => bytes.len() as u64,
            Output::File(_, size) => *size,
        }
    }

    /// What it counts where bytes are remembered: a file takes none of the memory, but the disk has an end, too.
    pub fn weight(&self) -> usize {
        match self {
            Output::Memory(bytes) => bytes.len(),
            Output::File(_, size) => usize::try_from(size / DISK_SHARE).unwrap_or(usize::MAX),
        }
    }

    /// Returns the bytes.
    pub async fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            Output::Memory(bytes) => Ok(bytes.to_vec()),
            Output::File(path, _) => tokio::fs::read(path.as_ref()).await,
        }
    }

    /// Makes the body of a response.
    pub async fn body(&self) -> io::Result<Body> {
        match self {
            Output::Memory(bytes) => Ok(Body::from(bytes.clone())),
            Output::File(path, _) => {
                let file = tokio::fs::File::open(path.as_ref()).await?;
                let keep = Arc::clone(path);
                let stream = ReaderStream::with_capacity(file, 64 * 1024).map(move |part| {
                    let _ = &keep;
                    part
                });
                Ok(Body::from_stream(stream))
            }
        }
    }
}

/// Takes a body as it is written.
pub struct Collector {
    folder: PathBuf,
    memory: Vec<u8>,
    file: Option<(io::BufWriter<File>, TempPath)>,
    size: u64,
}

impl Collector {
    /// Begins a body; `folder` is for what is too large for memory.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            memory: Vec::new(),
            file: None,
            size: 0,
        }
    }

    /// Ends the body.
    pub fn finish(self) -> io::Result<Output> {
        match self.file {
            None => Ok(Output::Memory(self.memory.into())),
            Some((mut file, path)) => {
                file.flush()?;
                Ok(Output::File(Arc::new(path), self.size))
            }
        }
    }
}

impl Write for Collector {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let (file, path) = tempfile::Builder::new()
                .prefix("answer-")
                .tempfile_in(&self.folder)?
                .into_parts();
            let mut file = io::BufWriter::new(file);
            file.write_all(&std::mem::take(&mut self.memory))?;
            self.file = Some((file, path));
        }
        match &mut self.file {
            Some((file, _)) => file.write_all(bytes)?,
            None => self.memory.extend_from_slice(bytes),
        }
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_bodies_are_files_that_go_with_their_readers() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut collector = Collector::new(folder.path());
        let line = vec![b'x'; 1 << 20];
        for _ in 0..20 {
            collector.write_all(&line).expect("room");
        }
        let output = collector.finish().expect("room");
        assert_eq!((output.size(), output.weight()), (20 << 20, (20 << 20) / 16));
        let files = || std::fs::read_dir(folder.path()).expect("it is there").count();
        assert_eq!(files(), 1);
        let body = output.body().await.expect("it opens");
        drop(output);
        let sent = axum::body::to_bytes(body, usize::MAX).await.expect("it is read");
        assert_eq!(sent.len(), 20 << 20);
        assert_eq!(files(), 0);
    }
}
