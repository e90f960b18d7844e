//! Where results go: the one place that writes to stdout, and files that are whole or not there.

use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::exit::UsageError;

/// Writes bytes to stdout.
///
/// A reader that has gone away, such as `head`, had what it wanted.
pub fn stdout(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    ended(out.write_all(bytes).and_then(|()| out.flush()))
}

/// A reader that has gone away is no failure.
fn ended(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// How much is written at once.
const PIECE: usize = 256 << 10;

/// stdout, and whether its reader has gone away.
struct Gone {
    out: io::BufWriter<io::Stdout>,
    is_gone: bool,
}

impl Write for Gone {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.is_gone |= matches!(&written, Err(error) if error.kind() == io::ErrorKind::BrokenPipe);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.is_gone |= matches!(&flushed, Err(error) if error.kind() == io::ErrorKind::BrokenPipe);
        flushed
    }
}

/// Where a result goes, found to be writable before the work begins.
#[derive(Debug)]
pub enum Destination {
    /// stdout.
    Stdout,
    /// A file that is replaced once everything is written.
    File {
        /// Its path.
        path: PathBuf,
        /// What is renamed to it.
        temporary: NamedTempFile,
    },
    /// A device or pipe, which cannot be replaced.
    Device(PathBuf, std::fs::File),
}

impl Destination {
    /// Opens a destination; `-` is stdout.
    pub fn open(path: &Path) -> Result<Self, UsageError> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        let unwritable = |e: io::Error| UsageError(format!("{} cannot be written: {e}", path.display()));
        // A link stays a link: what it points to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let existing = std::fs::metadata(&path).ok();
        match &existing {
            Some(metadata) if metadata.is_dir() => {
                return Err(unwritable(io::ErrorKind::IsADirectory.into()));
            }
            Some(metadata) if !metadata.is_file() => {
                let file = std::fs::OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .map_err(unwritable)?;
                return Ok(Self::Device(path, file));
            }
            _ => {}
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".vivant-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let ordinary = std::fs::Permissions::from_mode(0o666);
            builder.permissions(existing.map_or(ordinary, |metadata| metadata.permissions()));
        }
        let temporary = builder.tempfile_in(folder).map_err(unwritable)?;
        Ok(Self::File { path, temporary })
    }

    /// Writes the result.
    pub fn write(self, bytes: &[u8]) -> anyhow::Result<()> {
        let unwritable =
            |path: &Path, e: io::Error| anyhow::anyhow!("{} cannot be written: {e}", path.display());
        match self {
            Self::Stdout => Ok(stdout(bytes)?),
            Self::Device(path, mut file) => file.write_all(bytes).map_err(|e| unwritable(&path, e)),
            Self::File { path, mut temporary } => {
                let written = temporary
                    .write_all(bytes)
                    .and_then(|()| temporary.as_file().sync_all());
                written.map_err(|e| unwritable(&path, e))?;
                temporary.persist(&path).map_err(|e| unwritable(&path, e.error))?;
                Ok(())
            }
        }
    }

    /// Lets a result be written piece by piece.
    pub fn write_with(
        self,
        write: impl FnOnce(&mut (dyn Write + Send)) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let name = self.name();
        let unwritable = |e: io::Error| anyhow::anyhow!("{name} cannot be written: {e}");
        match self {
            Self::Stdout => {
                let mut out = Gone {
                    out: io::BufWriter::with_capacity(PIECE, io::stdout()),
                    is_gone: false,
                };
                let written = write(&mut out);
                match out.is_gone {
                    true => Ok(()),
                    false => written.and_then(|()| Ok(ended(out.out.flush())?)),
                }
            }
            Self::Device(_, file) => {
                let mut out = io::BufWriter::with_capacity(PIECE, file);
                write(&mut out)?;
                out.flush().map_err(unwritable)
            }
            Self::File { path, mut temporary } => {
                let mut out = io::BufWriter::with_capacity(PIECE, temporary.as_file_mut());
                write(&mut out)?;
                let written = out.flush();
                drop(out);
                let written = written.and_then(|()| temporary.as_file().sync_all());
                written.map_err(unwritable)?;
                temporary.persist(&path).map_err(|e| unwritable(e.error))?;
                Ok(())
            }
        }
    }

    /// Writes a result that was gathered in a file, from its beginning.
    pub fn write_from(self, gathered: &mut std::fs::File) -> anyhow::Result<()> {
        let name = self.name();
        let unwritable = |e: io::Error| anyhow::anyhow!("{name} cannot be written: {e}");
        gathered.seek(io::SeekFrom::Start(0)).map_err(unwritable)?;
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                ended(io::copy(gathered, &mut out).and_then(|_| out.flush())).map_err(unwritable)
            }
            Self::Device(_, mut file) => io::copy(gathered, &mut file).map(|_| ()).map_err(unwritable),
            Self::File { path, mut temporary } => {
                let written = io::copy(gathered, &mut temporary).and_then(|_| temporary.as_file().sync_all());
                written.map_err(unwritable)?;
                temporary.persist(&path).map_err(|e| unwritable(e.error))?;
                Ok(())
            }
        }
    }

    /// What to call it in a message.
    pub fn name(&self) -> String {
        match self {
            Self::Stdout => "stdout".to_owned(),
            Self::File { path, .. } | Self::Device(path, _) => path.display().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_or_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "old").expect("written");
        drop(Destination::open(&path).expect("writable"));
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "old");
        Destination::open(&path)
            .expect("writable")
            .write(b"new")
            .expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named_before_the_work() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in [folder.path().to_owned(), folder.path().join("no/such/x.csv")] {
            let error = Destination::open(&path).expect_err("unwritable").to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
