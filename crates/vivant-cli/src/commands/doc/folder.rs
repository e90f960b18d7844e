//! Packages as folders, and back.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use vivant_document::{FileKind, Limits, PackageFile};

use super::file::{finish, wrong};
use crate::exit::UsageError;
use crate::output;

/// Options of `unpack`.
#[derive(Debug, clap::Args)]
pub struct UnpackArgs {
    /// Package: .twbx or .tdsx
    file: PathBuf,
    /// Folder to make
    folder: PathBuf,
}

/// Options of `pack`.
#[derive(Debug, clap::Args)]
pub struct PackArgs {
    /// Folder that `unpack` made, or one with a document and its files
    folder: PathBuf,
    /// Package to write: .twbx or .tdsx
    file: PathBuf,
    /// Replace the package if it is there
    #[arg(long)]
    overwrite: bool,
}

/// File that keeps the order of the entries.
const LIST: &str = "vivant-package.json";

/// Runs `unpack`.
pub fn unpack(args: &UnpackArgs) -> anyhow::Result<ExitCode> {
    let unreadable = |error| UsageError(format!("{} cannot be read: {error}", args.file.display()));
    let file = File::open(&args.file).map_err(unreadable)?;
    let mut package = PackageFile::open(BufReader::new(file), &Limits::default())
        .map_err(|error| wrong(&args.file, error))?;
    fs::create_dir(&args.folder).map_err(|error| {
        UsageError(format!(
            "folder {} cannot be made: {error}; give one that is not there yet",
            args.folder.display()
        ))
    })?;
    let names: Vec<String> = package.entries().map(|entry| entry.name.clone()).collect();
    for name in &names {
        // The names were checked when the package was opened: none leads out of the folder.
        let path = args.folder.join(name);
        if name.ends_with('/') {
            fs::create_dir_all(&path)?;
            continue;
        }
        if name == LIST {
            return Err(UsageError(format!("the package holds a `{LIST}` of its own")).into());
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut reader = package.read(name).map_err(|error| wrong(&args.file, error))?;
        let mut out =
            File::create_new(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        io::copy(&mut reader, &mut out)
            .map_err(|error| wrong(&args.file, vivant_document::Error::from(error)))?;
    }
    let list = json!({ "document": package.document_name(), "entries": names });
    fs::write(args.folder.join(LIST), format!("{list:#}\n"))?;
    output::stdout(format!("{} files in {}\n", names.len(), args.folder.display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `pack`.
pub fn pack(args: &PackArgs) -> anyhow::Result<ExitCode> {
    let kind = args
        .file
        .extension()
        .and_then(|extension| FileKind::from_extension(&extension.to_string_lossy()))
        .filter(|kind| kind.is_package())
        .ok_or_else(|| {
            UsageError(format!(
                "{} is no package; give a .twbx or .tdsx",
                args.file.display()
            ))
        })?;
    if args.file.exists() && !args.overwrite {
        return Err(UsageError(format!(
            "{} is there already; use --overwrite",
            args.file.display()
        ))
        .into());
    }
    let mut found = Vec::new();
    walk(&args.folder, "", &mut found)
        .map_err(|error| UsageError(format!("{} cannot be read: {error}", args.folder.display())))?;
    let listed: Vec<String> = match fs::read_to_string(args.folder.join(LIST)) {
        Ok(text) => {
            let list: Value = serde_json::from_str(&text)
                .map_err(|error| UsageError(format!("{LIST} cannot be read: {error}")))?;
            list["entries"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        }
        Err(_) => Vec::new(),
    };
    let document = format!(".{}", kind.plain().extension());
    let rank = |name: &String| {
        let listed_at = listed.iter().position(|known| known == name);
        // New files come after the known ones; in a new package the document comes first.
        let is_document = !name.contains('/') && name.to_lowercase().ends_with(&document);
        (listed_at.unwrap_or(usize::MAX), !is_document, name.clone())
    };
    found.retain(|name| name != LIST && (!name.ends_with('/') || listed.contains(name)));
    found.sort_by_key(rank);
    if !found
        .iter()
        .any(|name| !name.contains('/') && name.to_lowercase().ends_with(&document))
    {
        return Err(UsageError(format!("{} holds no {document} document", args.folder.display())).into());
    }
    let mut entries = Vec::with_capacity(found.len());
    for name in found {
        let path = args.folder.join(&name);
        let size = if name.ends_with('/') {
            0
        } else {
            fs::metadata(&path)?.len()
        };
        let reader = OnDemand {
            path: (!name.ends_with('/')).then_some(path),
            file: None,
        };
        entries.push((name, size, reader));
    }
    let beside = match args.file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let temporary = NamedTempFile::with_prefix_in(".vivant-", beside)
        .with_context(|| format!("{} cannot be written", args.file.display()))?;
    let count = entries.len();
    vivant_document::pack_with(BufWriter::new(temporary.as_file()), entries)
        .map_err(|error| wrong(&args.file, error))?;
    // What was written opens again, or it is not put into place.
    PackageFile::open(BufReader::new(temporary.reopen()?), &Limits::default())
        .map_err(|error| wrong(&args.folder, error))?;
    finish(temporary, &args.file, args.overwrite)?;
    output::stdout(format!("{count} files in {}\n", args.file.display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Lists files and folders below a folder; links are left out, for they may lead elsewhere.
fn walk(top: &Path, below: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(top.join(below))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(io::Error::other("a name that is not Unicode"));
        };
        let path = format!("{below}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            found.push(format!("{path}/"));
            walk(top, &format!("{path}/"), found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// File that is opened when it is read: a package may have more files than a process can open.
struct OnDemand {
    path: Option<PathBuf>,
    file: Option<File>,
}

impl Read for OnDemand {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.file.is_none() {
            match self.path.take() {
                Some(path) => self.file = Some(File::open(path)?),
                None => return Ok(0),
            }
        }
        let count = match &mut self.file {
            Some(file) => file.read(out)?,
            None => 0,
        };
        if count == 0 && !out.is_empty() {
            self.file = None;
        }
        Ok(count)
    }
}
