//! The bytes of a ZIP archive: headers, the directory at its end, and entries being packed and unpacked.

use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Crc;
use flate2::write::DeflateEncoder;

use super::Content;
use crate::error::{Error, Place, Result};
use crate::limits::{Limit, Limits};

pub(super) const LOCAL: [u8; 4] = *b"PK\x03\x04";
pub(super) const RECORD: [u8; 4] = *b"PK\x01\x02";
pub(super) const END: [u8; 4] = *b"PK\x05\x06";
pub(super) const END64: [u8; 4] = *b"PK\x06\x06";
pub(super) const LOCATOR64: [u8; 4] = *b"PK\x06\x07";
pub(super) const ZIP64: u16 = 1;
pub(super) const FULL: u32 = u32::MAX;

pub(super) fn damaged(problem: &str) -> Error {
    Error::damaged(problem, Place::default())
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | (u32::from(u16_at(bytes, at + 2)) << 16)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | (u64::from(u32_at(bytes, at + 4)) << 32)
}

pub(super) struct Record {
    pub(super) bytes: Vec<u8>,
    pub(super) size: u64,
    pub(super) packed: u64,
    pub(super) offset: u64,
}

/// Directory at the end of the archive.
pub(super) struct Directory {
    pub(super) records: Vec<Record>,
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) comment: Vec<u8>,
}

impl Directory {
    pub(super) fn read(source: &mut (impl Read + Seek), limits: &Limits) -> Result<Self> {
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
pub(super) fn measures(record: &[u8]) -> (u64, u64, u64) {
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
pub(super) fn extras(record: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
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
pub(super) fn moved(record: &[u8], offset: u64) -> Vec<u8> {
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
pub(super) struct Template {
    pub(super) made_by: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: [u8; 4],
    pub(super) name: Vec<u8>,
    /// Extra fields of the directory's record, without the one for large archives.
    pub(super) extra: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) attributes: [u8; 6],
}

impl Template {
    pub(super) fn new(name: &str) -> Self {
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

    pub(super) fn of_record(record: &[u8], method: u16) -> Self {
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

    pub(super) fn named(&self, name: &str) -> Self {
        Self {
            made_by: self.made_by,
            time: self.time,
            attributes: self.attributes,
            ..Self::new(name)
        }
    }

    /// Writes the directory's record.
    pub(super) fn record(&self, flags: u16, checksum: u32, size: u64, packed: u64, offset: u64) -> Vec<u8> {
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
    pub(super) fn local(&self, checksum: u32, size: u64, packed: u64, large: bool) -> Vec<u8> {
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
pub(super) fn write_entry<W: Write + Seek>(
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
pub(super) fn crc_amount(declared: u64, crc: &Crc) -> Result<u64> {
    if crc.amount() == declared as u32 {
        Ok(declared)
    } else {
        Err(Error::edit("a file that changed its size while it was packed"))
    }
}

pub(super) fn pump(reader: &mut dyn Read, out: &mut impl Write, crc: &mut Crc) -> Result<()> {
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

pub(super) fn write_end(
    out: &mut impl Write,
    start: u64,
    size: u64,
    count: u64,
    comment: &[u8],
) -> Result<()> {
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
pub(super) struct Checked<'r> {
    pub(super) source: Box<dyn Read + 'r>,
    pub(super) left: u64,
    pub(super) checksum: u32,
    pub(super) crc: Crc,
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
