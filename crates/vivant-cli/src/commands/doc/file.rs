//! Files that hold documents: opened whatever their kind, and saved without overwriting what nobody named.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use vivant_document::edit::free_name;
use vivant_document::{Document, FileKind, Head, HeadDepth, Limits, PackageFile, Rest, datasources_end};

use super::Output;
use crate::exit::UsageError;
use crate::output;

/// A package whose entries are read from a file.
pub type Package = PackageFile<'static, BufReader<File>>;

/// An opened file.
pub struct Opened {
    pub path: PathBuf,
    pub kind: FileKind,
    pub document: Document,
    pub package: Option<Package>,
    /// Of a workbook of which only the head was read: what is still in the file.
    rest: Option<Rest>,
}

/// How much of a document is looked into.
#[derive(Clone, Copy, PartialEq)]
pub enum Depth {
    /// All of it.
    All,
    /// The data sources; of a workbook the sheets are only copied.
    Datasources,
    /// The connections of data sources and where published ones are; all else is only copied.
    Connections,
}

impl Depth {
    /// Returns how much of the head is looked into; none means that all of the document is.
    fn of_head(self) -> Option<HeadDepth> {
        match self {
            Self::All => None,
            Self::Datasources => Some(HeadDepth::All),
            Self::Connections => Some(HeadDepth::Connections),
        }
    }
}

/// Turns what is wrong with a document into a message about its file.
pub fn wrong(path: &Path, error: vivant_document::Error) -> anyhow::Error {
    UsageError(format!("{}: {error}", path.display())).into()
}

/// Opens a workbook or data source, of its own or in a package.
pub fn open(path: &Path, depth: Depth) -> anyhow::Result<Opened> {
    let unreadable = |error: std::io::Error| {
        anyhow::Error::from(UsageError(format!("{} cannot be read: {error}", path.display())))
    };
    let kind = path
        .extension()
        .and_then(|extension| FileKind::from_extension(&extension.to_string_lossy()))
        .filter(|kind| matches!(kind.plain(), FileKind::Twb | FileKind::Tds))
        .ok_or_else(|| {
            UsageError(format!(
                "{} is no document; give a .twb, .twbx, .tds or .tdsx",
                path.display()
            ))
        })?;
    let limits = Limits::default();
    let bad = |error| wrong(path, error);
    let file = File::open(path).map_err(unreadable)?;
    let head_depth = depth.of_head().filter(|_| kind.is_workbook());
    if !kind.is_package() {
        let mut file = file;
        if let Some(depth) = head_depth {
            let head = Head::read(&mut file, depth, &limits).map_err(bad)?;
            if let Some(head) = head
                && has_end(&mut file).map_err(unreadable)?
            {
                return Ok(Opened::of_head(path, kind, head, None));
            }
            file.rewind().map_err(unreadable)?;
            if let Some(end) = datasources_end(BufReader::new(&file), &limits).map_err(bad)? {
                file.rewind().map_err(unreadable)?;
                return Opened::head(path, kind, file, end, None);
            }
        }
        drop(file);
        let bytes = fs::read(path).map_err(unreadable)?;
        return Ok(Opened {
            path: path.to_owned(),
            kind,
            document: Document::parse(bytes, &limits).map_err(bad)?,
            package: None,
            rest: None,
        });
    }
    let mut package = PackageFile::open(BufReader::new(file), &limits).map_err(bad)?;
    if let Some(depth) = head_depth {
        let name = package.document_name().to_owned();
        let entry = package.read(&name).map_err(bad)?;
        if let Some(head) = Head::read(entry, depth, &limits).map_err(bad)? {
            return Ok(Opened::of_head(path, kind, head, Some(package)));
        }
        let entry = BufReader::new(package.read(&name).map_err(bad)?);
        if let Some(end) = datasources_end(entry, &limits).map_err(bad)? {
            let entry = reopen(path)?.into_entry(&name).map_err(bad)?;
            return Opened::head(path, kind, entry, end, Some(package));
        }
    }
    let bytes = package.read_document().map_err(bad)?;
    Ok(Opened {
        path: path.to_owned(),
        kind,
        document: Document::parse(bytes, &limits).map_err(bad)?,
        package: Some(package),
        rest: None,
    })
}

/// Tells whether a file ends as a workbook does: what was cut short is not only copied.
fn has_end(file: &mut File) -> std::io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(64)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(Head::is_end(&tail))
}

/// Opens a package a second time, to read from it while it is written anew.
fn reopen(path: &Path) -> anyhow::Result<Package> {
    let file = File::open(path)
        .map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())))?;
    PackageFile::open(BufReader::new(file), &Limits::default()).map_err(|error| wrong(path, error))
}

impl Opened {
    /// Reads only the head of a workbook.
    fn head(
        path: &Path,
        kind: FileKind,
        source: impl Read,
        end: u64,
        package: Option<Package>,
    ) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        source
            .take(end)
            .read_to_end(&mut bytes)
            .map_err(|error| wrong(path, error.into()))?;
        let head = Head::parse(bytes, &Limits::default()).map_err(|error| wrong(path, error))?;
        Ok(Self::of_head(path, kind, head, package))
    }

    fn of_head(path: &Path, kind: FileKind, head: Head, package: Option<Package>) -> Self {
        let (document, rest) = head.into_parts();
        Self {
            path: path.to_owned(),
            kind,
            document,
            package,
            rest: Some(rest),
        }
    }
}

/// A file that goes into the package when it is saved.
pub struct Addition {
    /// Path in the package.
    pub member: String,
    /// File to take it from.
    pub source: PathBuf,
}

/// What an edit says besides the document it leaves.
#[derive(Default)]
pub struct Report {
    /// For programs.
    pub json: Value,
    /// For people, one line each.
    pub lines: Vec<String>,
}

/// Opens a document, edits it, and saves it where the options say; prints what changed.
pub fn edit(
    path: &Path,
    depth: Depth,
    output: &Output,
    change: impl FnOnce(&mut Opened, &mut Vec<Addition>) -> anyhow::Result<Report>,
) -> anyhow::Result<ExitCode> {
    let mut opened = open(path, depth)?;
    // To say what changed, the document as it was is kept; both share the text that was read.
    let before = opened.document.clone();
    let mut additions = Vec::new();
    let report = change(&mut opened, &mut additions)?;
    let edited = opened.document.tree().is_edited() || !additions.is_empty();
    let changes: Vec<_> = if edited {
        vivant_document::diff(&before, &opened.document)
    } else {
        Vec::new()
    };
    drop(before);
    let written = if output.dry_run {
        None
    } else {
        Some(save(opened, output, additions)?)
    };
    if output.json {
        let value = json!({
            "edited": edited,
            "output": written.as_ref().map(|path| path.display().to_string()),
            "changes": changes.iter().map(super::show::change_json).collect::<Vec<_>>(),
            "report": report.json,
        });
        output::stdout(format!("{value:#}\n").as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for line in report.lines {
        text.push_str(&line);
        text.push('\n');
    }
    for change in changes {
        text.push_str(&format!("{change}\n"));
    }
    match written {
        Some(path) => text.push_str(&format!("written to {}\n", path.display())),
        None => text.push_str("nothing was written\n"),
    }
    output::stdout(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Saves an edited document and returns where.
fn save(opened: Opened, output: &Output, additions: Vec<Addition>) -> anyhow::Result<PathBuf> {
    let Opened {
        path,
        kind,
        document,
        package,
        rest,
    } = opened;
    let becomes_package = package.is_none() && !additions.is_empty();
    let kind = match (becomes_package, kind) {
        (true, FileKind::Twb) => FileKind::Twbx,
        (true, FileKind::Tds) => FileKind::Tdsx,
        (_, kind) => kind,
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let target = match (&output.output, output.in_place) {
        (Some(target), _) => {
            let same = target
                .canonicalize()
                .ok()
                .zip(path.canonicalize().ok())
                .is_some_and(|(target, path)| target == path);
            if same {
                return Err(UsageError(
                    "--output is the document itself; use --in-place for that".to_owned(),
                )
                .into());
            }
            let extension = target
                .extension()
                .map(|extension| extension.to_string_lossy().to_lowercase());
            if extension.as_deref() != Some(kind.extension()) {
                return Err(UsageError(format!(
                    "the result is a .{} file, and --output says otherwise",
                    kind.extension()
                ))
                .into());
            }
            target.clone()
        }
        (None, true) if becomes_package => {
            return Err(UsageError(
                "the result is a package, so it cannot take the place of the document; use --output"
                    .to_owned(),
            )
            .into());
        }
        (None, true) => path.canonicalize().unwrap_or_else(|_| path.clone()),
        (None, false) => {
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            folder.join(free_name(&stem, kind.extension(), |name| {
                folder.join(name).exists()
            }))
        }
    };
    let beside = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let unwritable = || format!("{} cannot be written", target.display());
    let temporary = NamedTempFile::with_prefix_in(".vivant-", &beside).with_context(unwritable)?;
    match package {
        Some(mut package) => {
            for addition in additions {
                let (size, reader) = open_addition(&addition)?;
                if package.names().contains(&addition.member.as_str()) {
                    package.replace_with(&addition.member, size, reader)
                } else {
                    package.add_with(&addition.member, size, reader)
                }
                .map_err(|error| wrong(&path, error))?;
            }
            match rest {
                _ if !document.tree().is_edited() => {}
                None => package.set_document(document.to_bytes()),
                Some(rest) => {
                    let name = package.document_name().to_owned();
                    let entry = reopen(&path)?
                        .into_entry(&name)
                        .map_err(|error| wrong(&path, error))?;
                    let head = Head::from_parts(document, rest);
                    package.set_document_with(head.length(package.document_size()), head.into_reader(entry));
                }
            }
            package
                .save(BufWriter::new(temporary.as_file()))
                .map_err(|error| wrong(&path, error))?;
        }
        None if becomes_package => {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let bytes = document.to_bytes();
            let mut entries: Vec<(String, u64, Box<dyn std::io::Read>)> =
                vec![(name, bytes.len() as u64, Box::new(std::io::Cursor::new(bytes)))];
            for addition in additions {
                let (size, reader) = open_addition(&addition)?;
                entries.push((addition.member, size, Box::new(reader)));
            }
            vivant_document::pack_with(BufWriter::new(temporary.as_file()), entries)
                .map_err(|error| wrong(&path, error))?;
        }
        None => {
            let mut out = BufWriter::new(temporary.as_file());
            match rest {
                None => document.write(&mut out).with_context(unwritable)?,
                Some(rest) => {
                    let file = BufReader::new(File::open(&path).with_context(unwritable)?);
                    let mut head = Head::from_parts(document, rest).into_reader(file);
                    std::io::copy(&mut head, &mut out).with_context(unwritable)?;
                }
            }
            out.flush().with_context(unwritable)?;
        }
    }
    finish(temporary, &target, output.output.is_some() || output.in_place)?;
    Ok(target)
}

/// Moves a finished file to its place; a name that was only chosen is never taken from another file.
pub fn finish(temporary: NamedTempFile, target: &Path, replace: bool) -> anyhow::Result<()> {
    let unwritable = || format!("{} cannot be written", target.display());
    // What takes the place of a file has to be on the disk before that one goes; a new file need not be.
    if replace && target.exists() {
        temporary.as_file().sync_all().with_context(unwritable)?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(target).map_or(0o644, |metadata| metadata.permissions().mode() & 0o777);
        temporary
            .as_file()
            .set_permissions(fs::Permissions::from_mode(mode))
            .with_context(unwritable)?;
    }
    if replace {
        temporary.persist(target).map_err(|error| error.error)
    } else {
        temporary.persist_noclobber(target).map_err(|error| error.error)
    }
    .with_context(unwritable)?;
    Ok(())
}

fn open_addition(addition: &Addition) -> anyhow::Result<(u64, File)> {
    let unreadable =
        |error: std::io::Error| UsageError(format!("{} cannot be read: {error}", addition.source.display()));
    let file = File::open(&addition.source).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    Ok((size, file))
}
