//! Opens a package: checks its whole directory first, then reads single entries, and nothing it does not need.
//!
//! Only the directory at the end of the archive is believed; sizes it declares are checked while unpacking.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Seek};

use zip::ZipArchive;

use zip::read::{ArchiveOffset, Config, ZipFile};
use zip::result::ZipError;
// `ZipArchive` gathers a directory of any size and drops entries of one name; this walks it entry by entry.
use zip::unstable::read::ZipIterable;

use crate::error::{Diagnostics, Error, Place, Result, shorten};
use crate::kind::FileKind;
use crate::limits::{Limit, Limits};

/// Archive whose directory has been checked.
pub(crate) struct Package<R> {
    archive: ZipArchive<R>,
    members: Vec<Member>,
}

/// Entry of the archive.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Path, with `/` between folders; that of a folder ends in one.
    pub name: String,
    /// Unpacked size as declared.
    pub size: u64,
}

impl Member {
    /// Stands for an entry of which only the path counts.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            size: 0,
        }
    }
}

/// Tableau writes archives that begin at byte 0; looking for others would mean to search the whole file.
const CONFIG: Config = Config {
    archive_offset: ArchiveOffset::Known(0),
};

impl<R: Read + Seek> Package<R> {
    /// Reads and checks the directory.
    pub fn open(mut source: R, limits: &Limits) -> Result<Self> {
        let members = directory(&mut source, limits)?;
        let archive = ZipArchive::with_config(CONFIG, source).map_err(translate)?;
        if archive.len() != members.len() {
            return Err(Error::damaged(
                "the directory of the archive cannot be read twice alike",
                Place::default(),
            ));
        }
        Ok(Self { archive, members })
    }

    /// Returns the entries in the order of the directory.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Finds the document: the file with this extension that lies in no folder.
    pub fn document(&self, extension: &'static str, diagnostics: &mut Diagnostics) -> Result<usize> {
        let is_document = |name: &str| {
            // Archives made on a Mac have a shadow `._name` of every file.
            let file = name.rsplit('/').next().unwrap_or_default();
            let found = file.rsplit_once('.').map_or("", |(_, found)| found);
            found.eq_ignore_ascii_case(extension) && !file.starts_with("._")
        };
        let at_the_top = |member: &Member| !member.name.contains('/') && is_document(&member.name);
        let mut found = (0..self.members.len()).filter(|&index| at_the_top(&self.members[index]));
        if let Some(first) = found.next() {
            for other in found {
                diagnostics.warn(
                    &self.members[other].name,
                    "a second document in the package; not read",
                );
            }
            return Ok(first);
        }
        let inside = self.members.iter().find(|member| is_document(&member.name));
        Err(Error::NoDocument {
            expected: match extension {
                "twb" => ".twb",
                _ => ".tds",
            },
            hint: match inside {
                Some(member) => format!(
                    "; `{}` lies in a folder: pack the files themselves, not the folder around them",
                    shorten(&member.name)
                ),
                None => "; save it again as a packaged file with Tableau".to_owned(),
            },
        })
    }

    /// Finds an entry by its whole path.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|member| member.name == name)
    }

    /// Returns a way to find the entries that connections name.
    pub fn names(&self) -> Names<'_> {
        Names::new(&self.members)
    }

    /// Unpacks an entry; reading fails if it does not have the declared size and checksum.
    pub fn read(&mut self, index: usize) -> Result<Unpacked<ZipFile<'_, R>>> {
        let member = &self.members[index];
        let file = self
            .archive
            .by_index(index)
            .map_err(|error| translate(error).within(&member.name))?;
        Ok(Unpacked {
            source: file,
            left: member.size,
        })
    }

    /// Returns the archive, to copy entries as they are.
    pub fn archive(&mut self) -> &mut ZipArchive<R> {
        &mut self.archive
    }
}

/// Checks every entry of the directory before anything is unpacked.
fn directory<R: Read + Seek>(source: R, limits: &Limits) -> Result<Vec<Member>> {
    let mut archive = ZipIterable::try_new(source, CONFIG).map_err(translate)?;
    if archive.len() > limits.archive_entries {
        let limit = Limit::ArchiveEntries;
        return Err(Error::too_large(limit, limits.archive_entries, Place::default()));
    }
    let mut members = Vec::with_capacity(archive.len());
    let mut names = HashSet::with_capacity(archive.len());
    let mut extents = Vec::with_capacity(archive.len());
    let mut total = 0_u64;
    for entry in archive.files().map_err(translate)? {
        let entry = entry.map_err(translate)?;
        if entry.name_raw().len() > limits.path_bytes {
            let name = entry.name().map_err(translate)?;
            return Err(Error::too_large(
                Limit::PathBytes,
                limits.path_bytes,
                Place::member(&name),
            ));
        }
        let name = entry.name().map_err(translate)?.into_owned();
        check_path(&name)?;
        if !names.insert(name.trim_end_matches('/').to_lowercase()) {
            return Err(Error::hostile("two entries with one name", Place::member(&name)));
        }
        if entry.encrypted() {
            return Err(Error::hostile("an encrypted entry", Place::member(&name)));
        }
        if entry.is_symlink() {
            return Err(Error::hostile("a link to another file", Place::member(&name)));
        }
        let (size, packed) = (entry.size(), entry.compressed_size());
        if size > limits.ratio_free_bytes && size / packed.max(1) > limits.compression_ratio {
            let limit = Limit::CompressionRatio;
            return Err(Error::too_large(
                limit,
                limits.compression_ratio,
                Place::member(&name),
            ));
        }
        total = total.saturating_add(size);
        if total > limits.archive_bytes {
            return Err(Error::too_large(
                Limit::ArchiveBytes,
                limits.archive_bytes,
                Place::member(&name),
            ));
        }
        // What precedes the data is at least 30 bytes and the name.
        let least = packed.saturating_add(30 + entry.name_raw().len() as u64);
        extents.push((
            entry.header_start(),
            entry.header_start().saturating_add(least),
            members.len(),
        ));
        members.push(Member { name, size });
    }
    extents.sort_unstable();
    for pair in extents.windows(2) {
        if pair[0].1 > pair[1].0 {
            return Err(Error::hostile(
                "entries that share their bytes",
                Place::member(&members[pair[1].2].name),
            ));
        }
    }
    Ok(members)
}

/// Refuses paths that could lead out of a folder, on any system.
pub(crate) fn check_path(name: &str) -> Result<()> {
    let refuse = |problem: &str| Err(Error::hostile(problem, Place::member(name)));
    let inside = name.strip_suffix('/').unwrap_or(name);
    if name.contains('\\') {
        return refuse("a path with a backslash");
    }
    if name.chars().any(char::is_control) {
        return refuse("a path with a control character");
    }
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return refuse("an absolute path");
    }
    match inside.split('/').find(|part| matches!(*part, "" | "." | "..")) {
        Some("..") => refuse("a path that leads out of the package"),
        Some(_) => refuse("a path with an empty step"),
        None => Ok(()),
    }
}

/// Finds entries by the paths that documents use.
pub(crate) struct Names<'p> {
    members: &'p [Member],
    exact: HashMap<String, usize>,
    /// By last step of the path; `None` when several entries have it.
    base: HashMap<String, Option<usize>>,
}

impl<'p> Names<'p> {
    pub(crate) fn new(members: &'p [Member]) -> Self {
        let mut exact = HashMap::new();
        let mut base = HashMap::new();
        for (index, member) in members.iter().enumerate() {
            let name = member.name.to_lowercase();
            let last = name.rsplit('/').next().unwrap_or_default().to_owned();
            base.entry(last)
                .and_modify(|place| *place = None)
                .or_insert(Some(index));
            exact.insert(name, index);
        }
        Self { members, exact, base }
    }

    /// Finds the entry that a path means.
    ///
    /// Tableau: nearly all paths match exactly; some documents name the temporary folder of the machine that
    /// saved them, and then the last step of the path finds the entry.
    pub fn find(&self, path: &str) -> Option<&'p Member> {
        let path = path.replace('\\', "/").to_lowercase();
        let index = self
            .exact
            .get(&path)
            .copied()
            .or_else(|| *self.base.get(path.rsplit('/').next()?)?)?;
        Some(&self.members[index]).filter(|member| !member.name.ends_with('/'))
    }
}

/// Entry being unpacked: passes exactly the declared number of bytes, or fails.
pub(crate) struct Unpacked<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let lie = || Error::hostile("an entry that is not as large as it says", Place::default());
        let count = self.source.read(out).map_err(|error| {
            // The archive reader stops one byte past the declared size and can say so in words only.
            if error.to_string().contains("declared uncompressed size") {
                lie().into()
            } else {
                error
            }
        })?;
        if count as u64 > self.left || (count == 0 && self.left > 0 && !out.is_empty()) {
            return Err(lie().into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Document of a package or of its own, by the kind of file.
pub(crate) fn document_extension(kind: FileKind) -> &'static str {
    if kind.is_workbook() { "twb" } else { "tds" }
}

pub(crate) fn translate(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => Error::from(error),
        ZipError::UnsupportedArchive(what) => Error::Unsupported {
            what: format!("archive: {}", what.to_lowercase()),
            advice: "pack the files again with Tableau or another program",
        },
        other => {
            let detail = other.to_string().to_lowercase();
            let detail = detail.strip_prefix("invalid zip archive: ").unwrap_or(&detail);
            Error::damaged(
                format!("the archive is broken or cut short: {detail}"),
                Place::default(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_hostile() {
        for name in [
            "Book.twb",
            "Data/Extracts/a b.hyper",
            "Data/",
            "Image/ü.png",
            "a..b/c...d",
            "~x",
        ] {
            assert!(check_path(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/..",
            "..\\x",
            "a\\b",
            "C:/x",
            "c:x",
            "a//b",
            "./a",
            "a\0b",
            "a\nb",
        ] {
            assert!(matches!(check_path(name), Err(Error::Hostile { .. })), "{name:?}");
        }
    }

    #[test]
    fn entries_are_found_as_documents_name_them() {
        let member = |name: &str| Member {
            name: name.to_owned(),
            size: 1,
        };
        let members = [
            member("Book.twb"),
            member("Data/a/x.hyper"),
            member("Data/a/y.csv"),
            member("Data/b/y.csv"),
            member("Data/z.hyper/"),
        ];
        let names = Names::new(&members);
        let find = |path: &str| names.find(path).map(|member| member.name.as_str());
        assert_eq!(find("Data/a/x.hyper"), Some("Data/a/x.hyper"));
        assert_eq!(find("data\\A\\X.hyper"), Some("Data/a/x.hyper"));
        assert_eq!(find("C:/Temp/x.hyper"), Some("Data/a/x.hyper"));
        assert_eq!(find("C:/Temp/y.csv"), None, "two entries have this name");
        assert_eq!(find("Data/z.hyper"), None, "a folder is no file");
        assert_eq!(find("other.hyper"), None);
        assert_eq!(find(""), None);
    }
}
