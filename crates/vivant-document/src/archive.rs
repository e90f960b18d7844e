//! Packages opened for editing: entries that nobody touched are copied byte for byte, headers included.
//!
//! [`PackageFile`] knows the directory of the archive and nothing of what is inside until it is asked. Saving
//! writes kept entries as they lie in the source, in their order, and packs only what was replaced or added; a
//! package that was not edited is written as the same bytes.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::error::{Diagnostics, Error, Place, Result, shorten};
use crate::kind::FileKind;
use crate::limits::{Limit, Limits};
use crate::package::{Names, Package, check_path};

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

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const RECORD: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR64: [u8; 4] = *b"PK\x06\x07";
const ZIP64: u16 = 1;
const FULL: u32 = u32::MAX;

fn damaged(problem: &str) -> Error {
    Error::damaged(problem, Place::default())
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | (u32::from(u16_at(bytes, at + 2)) << 16)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | (u64::from(u32_at(bytes, at + 4)) << 32)
}

struct Record {
    bytes: Vec<u8>,
    size: u64,
    packed: u64,
    offset: u64,
}

/// Directory at the end of the archive.
struct Directory {
    records: Vec<Record>,
    start: u64,
    length: u64,
    comment: Vec<u8>,
}

impl Directory {
    fn read(source: &mut (impl Read + Seek), limits: &Limits) -> Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        let tail_start = length.saturating_sub(22 + 65_535 + 20);
        source.seek(SeekFrom::Start(tail_start))?;
        let mut tail = Vec::new();
        source.read_to_end(&mut tail)?;
        let end = memchr::memmem::rfind_iter(&tail, &END)
            .find(|&at| at + 22 + usize::from(u16_at(&tail, at + 20)) <= tail.len())
            .ok_or_else(|| damaged("the archive has no directory"))?;
        let mut count = u64::from(u16_at(&tail, end + 10));
        let mut size = u64::from(u32_at(&tail, end + 12));
        let mut start = u64::from(u32_at(&tail, end + 16));
        let comment = tail[end + 22..end + 22 + usize::from(u16_at(&tail, end + 20))].to_vec();
        if let Some(locator) = end
            .checked_sub(20)
            .filter(|&at| tail[at..].starts_with(&LOCATOR64))
        {
            source.seek(SeekFrom::Start(u64_at(&tail, locator + 8)))?;
            let mut end64 = [0; 56];
            source.read_exact(&mut end64)?;
            if end64[..4] != END64 {
                return Err(damaged("the large directory is not where the archive says"));
            }
            count = u64_at(&end64, 32);
            size = u64_at(&end64, 40);
            start = u64_at(&end64, 48);
        }
        if count > limits.archive_entries as u64 {
            let limit = Limit::ArchiveEntries;
            return Err(Error::too_large(limit, limits.archive_entries, Place::default()));
        }
        if start.checked_add(size).is_none_or(|end| end > length) {
            return Err(damaged("the directory lies outside of the archive"));
        }
        source.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        source.take(size).read_to_end(&mut bytes)?;
        let mut records = Vec::with_capacity(count as usize);
        let mut at = 0;
        for _ in 0..count {
            let rest = bytes.get(at..).unwrap_or_default();
            let whole = 46
                + usize::from(u16_at(rest, 28))
                + usize::from(u16_at(rest, 30))
                + usize::from(u16_at(rest, 32));
            if !rest.starts_with(&RECORD) || rest.len() < whole {
                return Err(damaged("the directory of the archive is cut short"));
            }
            let record = &rest[..whole];
            let (size, packed, offset) = measures(record);
            if offset
                .checked_add(30)
                .and_then(|at| at.checked_add(packed))
                .is_none_or(|end| end > start)
            {
                return Err(damaged("an entry lies outside of the archive"));
            }
            records.push(Record {
                bytes: record.to_vec(),
                size,
                packed,
                offset,
            });
            at += whole;
        }
        Ok(Self {
            records,
            start,
            length,
            comment,
        })
    }
}

/// Reads size, packed size and place from a record, which may hold them in the extra field for large archives.
fn measures(record: &[u8]) -> (u64, u64, u64) {
    let small = [u32_at(record, 24), u32_at(record, 20), u32_at(record, 42)];
    let mut values = small.map(u64::from);
    if small.contains(&FULL) {
        let large = extras(record)
            .find(|(id, _)| *id == ZIP64)
            .map_or(&[][..], |(_, data)| data);
        let mut at = 0;
        for (value, small) in values.iter_mut().zip(small) {
            if small == FULL && at + 8 <= large.len() {
                *value = u64_at(large, at);
                at += 8;
            }
        }
    }
    (values[0], values[1], values[2])
}

/// Goes through the extra fields of a record.
fn extras(record: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let begin = 46 + usize::from(u16_at(record, 28));
    let mut rest = record
        .get(begin..begin + usize::from(u16_at(record, 30)))
        .unwrap_or_default();
    std::iter::from_fn(move || {
        let id = u16_at(rest, 0);
        let data = rest.get(4..4 + usize::from(u16_at(rest, 2)))?;
        rest = &rest[4 + data.len()..];
        Some((id, data))
    })
}

/// Returns a record for the same entry at another place.
fn moved(record: &[u8], offset: u64) -> Vec<u8> {
    let (size, packed, before) = measures(record);
    if before == offset {
        return record.to_vec();
    }
    let mut bytes = record.to_vec();
    if offset < u64::from(FULL) && u32_at(record, 42) != FULL {
        bytes[42..46].copy_from_slice(&(offset as u32).to_le_bytes());
        return bytes;
    }
    let template = Template::of_record(record, u16_at(record, 10));
    template.record(u16_at(record, 8), u32_at(record, 16), size, packed, offset)
}

/// What a header says besides sizes and place.
struct Template {
    made_by: u16,
    flags: u16,
    method: u16,
    time: [u8; 4],
    name: Vec<u8>,
    /// Extra fields of the directory's record, without the one for large archives.
    extra: Vec<u8>,
    comment: Vec<u8>,
    attributes: [u8; 6],
}

impl Template {
    fn new(name: &str) -> Self {
        Self {
            // MS-DOS, version 2.0, like Tableau's own archives.
            made_by: 20,
            flags: if name.is_ascii() { 0 } else { 1 << 11 },
            method: 8,
            // 1 January 1980: nothing here reads a clock.
            time: [0, 0, 0x21, 0],
            name: name.as_bytes().to_vec(),
            extra: Vec::new(),
            comment: Vec::new(),
            attributes: [0; 6],
        }
    }

    fn of_record(record: &[u8], method: u16) -> Self {
        let name_end = 46 + usize::from(u16_at(record, 28));
        let extra_end = name_end + usize::from(u16_at(record, 30));
        let mut extra = Vec::new();
        for (id, data) in extras(record).filter(|(id, _)| *id != ZIP64) {
            extra.extend_from_slice(&id.to_le_bytes());
            extra.extend_from_slice(&(data.len() as u16).to_le_bytes());
            extra.extend_from_slice(data);
        }
        Self {
            made_by: u16_at(record, 4),
            flags: u16_at(record, 8) & (1 << 11),
            method: if method == 0 { 0 } else { 8 },
            time: [record[12], record[13], record[14], record[15]],
            name: record[46..name_end].to_vec(),
            extra,
            comment: record[extra_end..].to_vec(),
            attributes: record[36..42].try_into().expect("six bytes are six bytes"),
        }
    }

    fn named(&self, name: &str) -> Self {
        Self {
            made_by: self.made_by,
            time: self.time,
            attributes: self.attributes,
            ..Self::new(name)
        }
    }

    /// Writes the directory's record.
    fn record(&self, flags: u16, checksum: u32, size: u64, packed: u64, offset: u64) -> Vec<u8> {
        let full = u64::from(FULL);
        let mut large = Vec::new();
        for value in [size, packed, offset] {
            if value >= full {
                large.extend_from_slice(&value.to_le_bytes());
            }
        }
        let mut extra = self.extra.clone();
        if !large.is_empty() {
            extra.extend_from_slice(&ZIP64.to_le_bytes());
            extra.extend_from_slice(&(large.len() as u16).to_le_bytes());
            extra.extend_from_slice(&large);
        }
        let needed: u16 = if large.is_empty() { 20 } else { 45 };
        let mut bytes = Vec::with_capacity(46 + self.name.len() + extra.len());
        bytes.extend_from_slice(&RECORD);
        bytes.extend_from_slice(&self.made_by.to_le_bytes());
        bytes.extend_from_slice(&needed.to_le_bytes());
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&self.method.to_le_bytes());
        bytes.extend_from_slice(&self.time);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(&(packed.min(full) as u32).to_le_bytes());
        bytes.extend_from_slice(&(size.min(full) as u32).to_le_bytes());
        bytes.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&(extra.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&(self.comment.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&self.attributes);
        bytes.extend_from_slice(&(offset.min(full) as u32).to_le_bytes());
        bytes.extend_from_slice(&self.name);
        bytes.extend_from_slice(&extra);
        bytes.extend_from_slice(&self.comment);
        bytes
    }

    /// Writes the header before the data. A large entry has its sizes in an extra field.
    fn local(&self, checksum: u32, size: u64, packed: u64, large: bool) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(50 + self.name.len());
        let needed: u16 = if large { 45 } else { 20 };
        bytes.extend_from_slice(&LOCAL);
        bytes.extend_from_slice(&needed.to_le_bytes());
        bytes.extend_from_slice(&self.flags.to_le_bytes());
        bytes.extend_from_slice(&self.method.to_le_bytes());
        bytes.extend_from_slice(&self.time);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        let (short_packed, short_size) = if large {
            (FULL, FULL)
        } else {
            (packed as u32, size as u32)
        };
        bytes.extend_from_slice(&short_packed.to_le_bytes());
        bytes.extend_from_slice(&short_size.to_le_bytes());
        bytes.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&(if large { 20_u16 } else { 0 }).to_le_bytes());
        bytes.extend_from_slice(&self.name);
        if large {
            bytes.extend_from_slice(&ZIP64.to_le_bytes());
            bytes.extend_from_slice(&16_u16.to_le_bytes());
            bytes.extend_from_slice(&size.to_le_bytes());
            bytes.extend_from_slice(&packed.to_le_bytes());
        }
        bytes
    }
}

/// Writes one entry and returns its record for the directory.
fn write_entry<W: Write + Seek>(
    out: &mut W,
    begin: u64,
    template: &Template,
    content: Content<'_>,
) -> Result<Vec<u8>> {
    let at = out.stream_position()?;
    let (declared, mut reader): (u64, Box<dyn Read + '_>) = match content {
        Content::Bytes(bytes) => (bytes.len() as u64, Box::new(io::Cursor::new(bytes))),
        Content::Reader(size, reader) => (size, reader),
    };
    // Packing can make data a little larger, so the line is drawn below 4 GiB.
    let large = declared >= 0xF000_0000;
    out.write_all(&template.local(0, 0, 0, large))?;
    let data = out.stream_position()?;
    let mut crc = Crc::new();
    if template.method == 0 {
        pump(&mut reader, &mut *out, &mut crc)?;
    } else {
        let mut packer = DeflateEncoder::new(&mut *out, flate2::Compression::default());
        pump(&mut reader, &mut packer, &mut crc)?;
        packer.finish()?;
    }
    let end = out.stream_position()?;
    let packed = end - data;
    let size = crc_amount(declared, &crc)?;
    out.seek(SeekFrom::Start(at))?;
    out.write_all(&template.local(crc.sum(), size, packed, large))?;
    out.seek(SeekFrom::Start(end))?;
    Ok(template.record(template.flags, crc.sum(), size, packed, at - begin))
}

/// Checks that as many bytes came as were announced; [`Crc`] counts them in 32 bits.
fn crc_amount(declared: u64, crc: &Crc) -> Result<u64> {
    if crc.amount() == declared as u32 {
        Ok(declared)
    } else {
        Err(Error::edit("a file that changed its size while it was packed"))
    }
}

fn pump(reader: &mut dyn Read, out: &mut impl Write, crc: &mut Crc) -> Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        crc.update(&buffer[..count]);
        out.write_all(&buffer[..count])?;
    }
}

fn write_end(out: &mut impl Write, start: u64, size: u64, count: u64, comment: &[u8]) -> Result<()> {
    let full = u64::from(FULL);
    if start >= full || size >= full || count >= u64::from(u16::MAX) {
        out.write_all(&END64)?;
        out.write_all(&44_u64.to_le_bytes())?;
        out.write_all(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
        for value in [count, count, size, start] {
            out.write_all(&value.to_le_bytes())?;
        }
        out.write_all(&LOCATOR64)?;
        out.write_all(&[0; 4])?;
        out.write_all(&(start + size).to_le_bytes())?;
        out.write_all(&1_u32.to_le_bytes())?;
    }
    out.write_all(&END)?;
    out.write_all(&[0; 4])?;
    let count = count.min(u64::from(u16::MAX)) as u16;
    out.write_all(&count.to_le_bytes())?;
    out.write_all(&count.to_le_bytes())?;
    out.write_all(&(size.min(full) as u32).to_le_bytes())?;
    out.write_all(&(start.min(full) as u32).to_le_bytes())?;
    out.write_all(&(comment.len() as u16).to_le_bytes())?;
    out.write_all(comment)?;
    Ok(())
}

/// Entry being unpacked: exactly the declared bytes, or an error.
struct Checked<'r> {
    source: Box<dyn Read + 'r>,
    left: u64,
    checksum: u32,
    crc: Crc,
}

impl Read for Checked<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let count = self.source.read(out)?;
        if count as u64 > self.left || (count == 0 && self.left > 0) {
            let problem = "an entry that is not as large as it says";
            return Err(Error::hostile(problem, Place::default()).into());
        }
        self.left -= count as u64;
        self.crc.update(&out[..count]);
        if count == 0 && self.crc.sum() != self.checksum {
            return Err(damaged("the checksum of an entry is wrong").into());
        }
        Ok(count)
    }
}
