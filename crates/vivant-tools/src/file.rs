//! Workbooks and data sources as files: opened, edited, saved beside.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use vivant_document::{Document, FileKind, Limits, PackageFile};

use crate::error::{Context, Error, Result};

/// Edits a document, of its own or in a package, and saves it as another file of the same kind.
///
/// Returns what the edit returned and whether anything changed; what did not change is not saved.
pub fn edit<T>(path: &Path, to: &Path, change: impl FnOnce(&mut Document) -> Result<T>) -> Result<(T, bool)> {
    let kind = kind_of(path)?;
    let limits = Limits::default();
    let name = || path.display().to_string();
    let unreadable = |error| Error::file(path, "read", error);
    let unwritable = |error| Error::file(to, "written", error);
    if !kind.is_package() {
        let bytes = fs::read(path).map_err(unreadable)?;
        let mut document = Document::parse(bytes, &limits).context(name)?;
        let outcome = change(&mut document)?;
        let edited = document.tree().is_edited();
        if edited {
            let mut out = BufWriter::new(File::create(to).map_err(unwritable)?);
            document
                .write(&mut out)
                .and_then(|()| out.flush())
                .map_err(unwritable)?;
        }
        return Ok((outcome, edited));
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut package = PackageFile::open(BufReader::new(file), &limits).context(name)?;
    let bytes = package.read_document().context(name)?;
    let mut document = Document::parse(bytes, &limits).context(name)?;
    let outcome = change(&mut document)?;
    let edited = document.tree().is_edited();
    if edited {
        package.set_document(document.to_bytes());
        let out = BufWriter::new(File::create(to).map_err(unwritable)?);
        let mut out = package.save(out).context(name)?;
        out.flush().map_err(unwritable)?;
    }
    Ok((outcome, edited))
}

/// Says what kind of document a file is, by its name.
pub fn kind_of(path: &Path) -> Result<FileKind> {
    path.extension()
        .and_then(|extension| FileKind::from_extension(&extension.to_string_lossy()))
        .filter(|kind| matches!(kind.plain(), FileKind::Twb | FileKind::Tds))
        .ok_or_else(|| {
            Error::input(format!(
                "{} is no document; a .twb, .twbx, .tds or .tdsx is needed",
                path.display()
            ))
        })
}
