//! Folders and files that only their user may read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::{Error, Result};

/// Makes a folder that only its user may enter, with those above it; one that others may write to is refused.
pub(crate) fn folder(path: &Path) -> Result<()> {
    let trouble = |e: io::Error| Error::file(format!("the folder {} cannot be made: {e}", path.display()));
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(trouble)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_err(trouble)?.permissions().mode();
        if mode & 0o022 != 0 {
            return Err(Error::file(format!(
                "others may write to the folder {}; take that right away (chmod go-w), or choose another folder",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Opens a file that only its user may read, and makes it where it is missing.
pub(crate) fn file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|e| Error::file(format!("{} cannot be opened: {e}", path.display())))
}

/// Writes a file that only its user may read, in place of the old one, all at once.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    let unwritable = |e: io::Error| Error::file(format!("{} cannot be written: {e}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("."));
    // Temporary files are made for their user alone.
    let mut temporary = tempfile::Builder::new()
        .prefix(".vivant-")
        .tempfile_in(folder)
        .map_err(unwritable)?;
    write(temporary.as_file_mut()).map_err(unwritable)?;
    temporary.persist(path).map_err(|e| unwritable(e.error))?;
    Ok(())
}

/// Reads a file that only its user may read; `None` where it is missing. One that others may read or change
/// is refused: it must be taken for known.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let unreadable = |e: io::Error| Error::file(format!("{} cannot be read: {e}", path.display()));
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::file(format!(
                "others may read {}; delete it, and keep that folder for yourself",
                path.display()
            )));
        }
    }
    let mut bytes = Vec::new();
    // Nothing that is kept here is large.
    io::Read::read_to_end(&mut io::Read::take(file, 1024 * 1024), &mut bytes).map_err(unreadable)?;
    Ok(Some(bytes))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_private_stays_private() {
        let root = tempfile::tempdir().expect("a folder");
        let inner = root.path().join("a/b");
        folder(&inner).expect("made");
        let path = inner.join("secret");
        assert!(read(&path).expect("nothing there").is_none());
        replace(&path, |file| file.write_all(b"one")).expect("written");
        replace(&path, |file| file.write_all(b"two")).expect("written again");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&path)), (0o700, 0o600));
        assert_eq!(read(&path).expect("read").as_deref(), Some(&b"two"[..]));
        assert_eq!(std::fs::read_dir(&inner).expect("listed").count(), 1);

        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("opened up");
        assert!(
            read(&path)
                .expect_err("known to others")
                .to_string()
                .contains("others may read")
        );
        std::fs::set_permissions(&inner, PermissionsExt::from_mode(0o777)).expect("opened up");
        assert!(folder(&inner).is_err());
    }
}
