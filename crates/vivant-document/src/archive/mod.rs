//! Packages opened for editing: entries that nobody touched are copied byte for byte, headers included.
//!
//! [`PackageFile`] knows the directory of the archive and nothing of what is inside until it is asked. Saving
//! writes kept entries as they lie in the source, in their order, and packs only what was replaced or added; a
//! package that was not edited is written as the same bytes.

mod format;

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::error::{Diagnostics, Error, Place, Result, shorten};
use crate::kind::FileKind;
use crate::limits::{Limit, Limits};
use crate::package::{Names, Package, check_path};
use format::{Checked, Directory, LOCAL, Template, damaged, moved, u16_at, u32_at, write_end, write_entry};

/// Entry of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageEntry {
    /// Path, with `/` between folders; that of a folder ends in one.
    pub name: String,
    /// Bytes, unpacked, of an entry that was not replaced.
    pub size: u64,
    /// Checksum (CRC-32) of an entry that was not replaced.
    pub checksum: u32,
}

/// What an entry is replaced with.
enum Content<'c> {
    Bytes(Vec<u8>),
    Reader(u64, Box<dyn Read + 'c>),
}

/// Entry as it lies in the source.
struct Stored {
    entry: PackageEntry,
    /// Its record in the directory.
    record: Vec<u8>,
    /// Where its header and data begin and end, whatever follows the data included.
    start: u64,
    end: u64,
    packed: u64,
    method: u16,
}

/// A package to read from and to edit.
pub struct PackageFile<'c, R> {
    source: R,
    length: u64,
    stored: Vec<Stored>,
    index: HashMap<String, usize>,
    comment: Vec<u8>,
    document: usize,
    kind: FileKind,
    replaced: HashMap<usize, Content<'c>>,
    removed: HashSet<usize>,
    added: Vec<(String, Content<'c>)>,
    limits: Limits,
}

impl<'c, R: Read + Seek> PackageFile<'c, R> {
    /// Opens a package and checks its directory.
    pub fn open(mut source: R, limits: &Limits) -> Result<Self> {
        let package = Package::open(&mut source, limits)?;
        let (document, kind) = match package.document("twb", &mut Diagnostics::default()) {
            Ok(index) => (index, FileKind::Twb),
            Err(no_workbook) => match package.document("tds", &mut Diagnostics::default()) {
                Ok(index) => (index, FileKind::Tds),
                Err(_) => return Err(no_workbook),
            },
        };
        let names: Vec<String> = package
            .members()
            .iter()
            .map(|member| member.name.clone())
            .collect();
        drop(package);
        let directory = Directory::read(&mut source, limits)?;
        if directory.records.len() != names.len() {
            return Err(damaged("the directory of the archive cannot be read twice alike"));
        }
        let mut stored: Vec<Stored> = Vec::with_capacity(names.len());
        for (name, record) in names.into_iter().zip(directory.records) {
            stored.push(Stored {
                entry: PackageEntry {
                    name,
                    size: record.size,
                    checksum: u32_at(&record.bytes, 16),
                },
                start: record.offset,
                end: 0,
                packed: record.packed,
                method: u16_at(&record.bytes, 10),
                record: record.bytes,
            });
        }
        let mut order: Vec<usize> = (0..stored.len()).collect();
        order.sort_unstable_by_key(|&index| stored[index].start);
        for (place, &index) in order.iter().enumerate() {
            stored[index].end = order
                .get(place + 1)
                .map_or(directory.start, |&next| stored[next].start);
        }
        // Its header takes 30 bytes and the name; the directory may not lie about the last one either.
        let least =
            |stored: &Stored| (30 + u64::from(u16_at(&stored.record, 28))).saturating_add(stored.packed);
        if let Some(lying) = stored
            .iter()
            .find(|stored| stored.end.saturating_sub(stored.start) < least(stored))
        {
            return Err(Error::hostile(
                "an entry that reaches into what follows it",
                Place::member(&lying.entry.name),
            ));
        }
        let index = stored
            .iter()
            .enumerate()
            .map(|(index, stored)| (stored.entry.name.clone(), index))
            .collect();
        Ok(Self {
            length: directory.length,
            source,
            stored,
            index,
            comment: directory.comment,
            document,
            kind,
            replaced: HashMap::new(),
            removed: HashSet::new(),
            added: Vec::new(),
            limits: limits.clone(),
        })
    }

    /// Returns the kind of the document inside: workbook or data source.
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Returns the path of the document.
    pub fn document_name(&self) -> &str {
        &self.stored[self.document].entry.name
    }

    /// Returns the entries that were there when the package was opened, in the order of its directory.
    pub fn entries(&self) -> impl Iterator<Item = &PackageEntry> {
        self.stored.iter().map(|stored| &stored.entry)
    }

    /// Returns the paths of the entries as they will be saved.
    pub fn names(&self) -> Vec<&str> {
        let kept = (0..self.stored.len()).filter(|index| !self.removed.contains(index));
        kept.map(|index| self.stored[index].entry.name.as_str())
            .chain(self.added.iter().map(|(name, _)| name.as_str()))
            .collect()
    }

    /// Finds the entry that a path in the document means: exactly, or by its last step if only one has it.
    pub fn find(&self, path: &str) -> Option<String> {
        let members: Vec<_> = self
            .names()
            .into_iter()
            .map(crate::package::Member::named)
            .collect();
        Names::new(&members).find(path).map(|member| member.name.clone())
    }

    /// Unpacks an entry as it was when the package was opened; reading fails if it does not have the declared
    /// size and checksum.
    pub fn read(&mut self, name: &str) -> Result<impl Read + '_> {
        let index = self.known(name)?;
        let stored = &self.stored[index];
        open_entry(&mut self.source, stored)
    }

    /// Unpacks an entry and keeps nothing else of the package.
    pub fn into_entry(mut self, name: &str) -> Result<impl Read + use<'c, R>>
    where
        R: 'c,
    {
        let index = self.known(name)?;
        let stored = self.stored.swap_remove(index);
        open_entry(self.source, &stored)
    }

    /// Unpacks the whole document.
    pub fn read_document(&mut self) -> Result<Vec<u8>> {
        let name = self.document_name().to_owned();
        let size = self.stored[self.document].entry.size;
        let allowed = self.limits.document_bytes;
        if size > allowed {
            return Err(Error::too_large(
                Limit::DocumentBytes,
                allowed,
                Place::member(&name),
            ));
        }
        // The declared size may lie, so the buffer grows with what really comes.
        let mut bytes = Vec::with_capacity(size.min(64 << 20) as usize);
        self.read(&name)?
            .read_to_end(&mut bytes)
            .map_err(|error| Error::from(error).within(&name))?;
        Ok(bytes)
    }

    /// Replaces the document with what a reader gives while saving, which must be `size` bytes.
    pub fn set_document_with(&mut self, size: u64, reader: impl Read + 'c) {
        let content = Content::Reader(size, Box::new(reader));
        self.replaced.insert(self.document, content);
    }

    /// Returns the bytes, unpacked, of the document.
    pub fn document_size(&self) -> u64 {
        self.stored[self.document].entry.size
    }

    /// Replaces the document.
    pub fn set_document(&mut self, bytes: Vec<u8>) {
        self.replaced.insert(self.document, Content::Bytes(bytes));
    }

    /// Replaces an entry.
    pub fn replace(&mut self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let index = self.known(name)?;
        self.replaced.insert(index, Content::Bytes(bytes));
        Ok(())
    }

    /// Replaces an entry with what a reader gives while saving, which must be `size` bytes.
    pub fn replace_with(&mut self, name: &str, size: u64, reader: impl Read + 'c) -> Result<()> {
        let index = self.known(name)?;
        self.replaced
            .insert(index, Content::Reader(size, Box::new(reader)));
        Ok(())
    }

    /// Adds an entry after the others.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<()> {
        self.add_content(name, Content::Bytes(bytes))
    }

    /// Adds an entry with what a reader gives while saving, which must be `size` bytes.
    pub fn add_with(&mut self, name: &str, size: u64, reader: impl Read + 'c) -> Result<()> {
        self.add_content(name, Content::Reader(size, Box::new(reader)))
    }

    /// Removes an entry; the document cannot be removed.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        if let Some(at) = self.added.iter().position(|(added, _)| added == name) {
            self.added.remove(at);
            return Ok(());
        }
        let index = self.known(name)?;
        if index == self.document {
            return Err(Error::edit("a package without its document is of no use"));
        }
        self.removed.insert(index);
        self.replaced.remove(&index);
        Ok(())
    }

    /// Writes the package.
    pub fn save<W: Write + Seek>(mut self, mut out: W) -> Result<W> {
        let begin = out.stream_position()?;
        if self.replaced.is_empty() && self.removed.is_empty() && self.added.is_empty() {
            self.copy(0, self.length, &mut out)?;
            out.flush()?;
            return Ok(out);
        }
        let mut order: Vec<usize> = (0..self.stored.len()).collect();
        order.sort_unstable_by_key(|&index| self.stored[index].start);
        // What stands before the first entry, if anything, stays.
        if let Some(&first) = order.first() {
            self.copy(0, self.stored[first].start, &mut out)?;
        }
        let mut records: HashMap<usize, Vec<u8>> = HashMap::with_capacity(self.stored.len());
        for index in order {
            if self.removed.contains(&index) {
                continue;
            }
            let offset = out.stream_position()? - begin;
            let record = match self.replaced.remove(&index) {
                None => {
                    let (start, end) = (self.stored[index].start, self.stored[index].end);
                    self.copy(start, end, &mut out)?;
                    moved(&self.stored[index].record, offset)
                }
                Some(content) => {
                    let template = Template::of_record(&self.stored[index].record, self.stored[index].method);
                    let name = self.stored[index].entry.name.clone();
                    write_entry(&mut out, begin, &template, content).map_err(|error| error.within(&name))?
                }
            };
            records.insert(index, record);
        }
        let mut directory: Vec<u8> = Vec::new();
        let mut count = 0_u64;
        for index in 0..self.stored.len() {
            if let Some(record) = records.remove(&index) {
                directory.extend_from_slice(&record);
                count += 1;
            }
        }
        let like = Template::of_record(&self.stored[self.document].record, 8);
        for (name, content) in std::mem::take(&mut self.added) {
            let template = like.named(&name);
            let record =
                write_entry(&mut out, begin, &template, content).map_err(|error| error.within(&name))?;
            directory.extend_from_slice(&record);
            count += 1;
        }
        let start = out.stream_position()? - begin;
        out.write_all(&directory)?;
        write_end(&mut out, start, directory.len() as u64, count, &self.comment)?;
        out.flush()?;
        Ok(out)
    }

    fn add_content(&mut self, name: &str, content: Content<'c>) -> Result<()> {
        check_path(name)?;
        if name.len() > self.limits.path_bytes {
            let place = Place::member(name);
            return Err(Error::too_large(Limit::PathBytes, self.limits.path_bytes, place));
        }
        let taken =
            |other: &str| other.eq_ignore_ascii_case(name) || other.to_lowercase() == name.to_lowercase();
        if self.names().into_iter().any(taken) {
            return Err(Error::edit(format!(
                "the package has an entry `{}` already",
                shorten(name)
            )));
        }
        self.added.push((name.to_owned(), content));
        Ok(())
    }

    fn known(&self, name: &str) -> Result<usize> {
        self.index
            .get(name)
            .copied()
            .filter(|index| !self.removed.contains(index))
            .ok_or_else(|| Error::edit(format!("the package has no entry `{}`", shorten(name))))
    }

    fn copy(&mut self, start: u64, end: u64, out: &mut impl Write) -> Result<()> {
        self.source.seek(SeekFrom::Start(start))?;
        let copied = io::copy(&mut (&mut self.source).take(end - start), out)?;
        if copied == end - start {
            Ok(())
        } else {
            Err(damaged("the file ends early"))
        }
    }
}

/// Goes to an entry's data and unpacks it.
fn open_entry<'r, R: Read + Seek + 'r>(mut source: R, stored: &Stored) -> Result<Checked<'r>> {
    let name = &stored.entry.name;
    source.seek(SeekFrom::Start(stored.start))?;
    let mut header = [0; 30];
    source.read_exact(&mut header)?;
    if header[..4] != LOCAL {
        return Err(damaged("an entry is not where the directory says").within(name));
    }
    let skip = i64::from(u16_at(&header, 26)) + i64::from(u16_at(&header, 28));
    source.seek(SeekFrom::Current(skip))?;
    let data = source.take(stored.packed);
    let inflate: Box<dyn Read + 'r> = match stored.method {
        0 => Box::new(data),
        8 => Box::new(DeflateDecoder::new(data)),
        other => {
            return Err(Error::Unsupported {
                what: format!("entry `{}` packed with method {other}", shorten(name)),
                advice: "pack the files again with Tableau or another program",
            });
        }
    };
    Ok(Checked {
        source: inflate,
        left: stored.entry.size,
        checksum: stored.entry.checksum,
        crc: Crc::new(),
    })
}

/// Writes a new package: the document first, then the files that belong to it.
pub fn pack<W: Write + Seek>(out: W, entries: Vec<(String, Vec<u8>)>) -> Result<W> {
    let contents = entries
        .into_iter()
        .map(|(name, bytes)| (name, Content::Bytes(bytes)));
    pack_contents(out, contents)
}

/// Writes a new package with what readers give, each with its size.
pub fn pack_with<W: Write + Seek, R: Read>(
    out: W,
    entries: impl IntoIterator<Item = (String, u64, R)>,
) -> Result<W> {
    let contents = entries
        .into_iter()
        .map(|(name, size, reader)| (name, Content::Reader(size, Box::new(reader))));
    pack_contents(out, contents)
}

fn pack_contents<'c, W: Write + Seek>(
    mut out: W,
    entries: impl IntoIterator<Item = (String, Content<'c>)>,
) -> Result<W> {
    let begin = out.stream_position()?;
    let mut directory = Vec::new();
    let mut seen = HashSet::new();
    let mut count = 0;
    for (name, content) in entries {
        check_path(&name)?;
        if !seen.insert(name.to_lowercase()) {
            return Err(Error::edit(format!(
                "two entries with the name `{}`",
                shorten(&name)
            )));
        }
        let record = write_entry(&mut out, begin, &Template::new(&name), content);
        directory.extend_from_slice(&record.map_err(|error| error.within(&name))?);
        count += 1;
    }
    let start = out.stream_position()? - begin;
    out.write_all(&directory)?;
    write_end(&mut out, start, directory.len() as u64, count, &[])?;
    out.flush()?;
    Ok(out)
}
