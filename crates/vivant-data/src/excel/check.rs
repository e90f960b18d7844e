//! What is looked at before a spreadsheet is opened: its real sizes, so that nothing in it can fill the memory.

use std::io::{BufReader, Read};

use memchr::{memchr, memmem};
use zip::ZipArchive;

use crate::error::{DataError, Result, shorten};
use crate::files::DataFile;
use crate::limits::DataLimits;

/// The two packaged formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Xlsb,
}

/// Unpacks every part once and counts: declared sizes may lie.
pub(super) fn package(file: &DataFile, limits: &DataLimits) -> Result<Kind> {
    let damaged = |message: String| DataError::damaged(file.name(), message);
    let mut archive =
        ZipArchive::new(BufReader::new(file.open()?)).map_err(|error| damaged(error.to_string()))?;
    let mut total = 0_u64;
    let mut kind = None;
    let mut block = vec![0; 256 << 10];
    for index in 0..archive.len() {
        let mut part = archive
            .by_index(index)
            .map_err(|error| damaged(error.to_string()))?;
        let name = part
            .name()
            .map_err(|error| damaged(error.to_string()))?
            .into_owned();
        let packed = part.compressed_size().max(1);
        if name.eq_ignore_ascii_case("xl/workbook.bin") {
            kind = Some(Kind::Xlsb);
        } else if name.eq_ignore_ascii_case("xl/workbook.xml") {
            kind = Some(Kind::Xlsx);
        }
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        let held = !name.contains("worksheets/");
        let mut size = 0_u64;
        let mut token = 0_usize;
        loop {
            let read = part
                .read(&mut block)
                .map_err(|error| damaged(error.to_string()))?;
            if read == 0 {
                break;
            }
            size += read as u64;
            total += read as u64;
            let too_large = |limit: u64, unit: &'static str| DataError::TooLarge {
                what: format!("{} in {}", shorten(&name), file.name()),
                limit,
                unit,
            };
            if total > limits.spreadsheet_bytes {
                return Err(too_large(limits.spreadsheet_bytes, "bytes"));
            }
            if held && size > limits.shared_text_bytes {
                return Err(too_large(limits.shared_text_bytes, "bytes"));
            }
            if size > 16 << 20 && size / packed > limits.compression_ratio {
                return Err(too_large(limits.compression_ratio, "times its packed size"));
            }
            if is_xml {
                // A reader holds one piece between two tags in memory.
                token = longest(&block[..read], token, limits.record_bytes)
                    .ok_or_else(|| too_large(limits.record_bytes as u64, "bytes in one piece"))?;
                if size > limits.record_bytes as u64 && memmem::find(&block[..read], b"<!").is_some() {
                    return Err(damaged(format!(
                        "`{}` has comments or raw text and is too large for that",
                        shorten(&name)
                    )));
                }
            }
        }
    }
    kind.ok_or_else(|| damaged("the archive holds no workbook".to_owned()))
}

/// Returns how long the piece is that the block ends in, or `None` if a piece is too long; `before` is how
/// long it was already.
fn longest(block: &[u8], before: usize, limit: usize) -> Option<usize> {
    let mut token = before;
    let mut rest = block;
    while let Some(at) = memchr(b'<', rest) {
        if token + at > limit {
            return None;
        }
        token = 0;
        rest = &rest[at + 1..];
    }
    let token = token + rest.len();
    (token <= limit).then_some(token)
}

/// Checks a spreadsheet in the old format, which is read as a whole: the rectangles between the first and the
/// last cell of each sheet must not be larger than what the memory may hold.
pub(super) fn old(file: &DataFile, limits: &DataLimits) -> Result<()> {
    let too_large = |limit: u64, unit: &'static str| DataError::TooLarge {
        what: file.name().to_owned(),
        limit,
        unit,
    };
    if file.size()? > limits.old_spreadsheet_bytes {
        return Err(too_large(limits.old_spreadsheet_bytes, "bytes"));
    }
    let damaged = |error: std::io::Error| DataError::damaged(file.name(), error);
    let mut container = cfb::CompoundFile::open(file.open()?).map_err(damaged)?;
    let name = ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"]
        .into_iter()
        .find(|name| container.is_stream(name))
        .ok_or_else(|| DataError::damaged(file.name(), "it holds no workbook"))?;
    let mut stream = Vec::new();
    container
        .open_stream(name)
        .map_err(damaged)?
        .take(limits.old_spreadsheet_bytes)
        .read_to_end(&mut stream)
        .map_err(damaged)?;
    match cells(&stream) > OLD_CELLS {
        true => Err(too_large(OLD_CELLS, "cells between the first and the last")),
        false => Ok(()),
    }
}

/// Cells that the sheets of an old spreadsheet may span: four sheets as large as the format allows.
const OLD_CELLS: u64 = 4 * 65_536 * 256;

/// Counts the cells that the sheets span, from records of a kind, a length and a body.
fn cells(stream: &[u8]) -> u64 {
    let mut total = 0_u64;
    let mut bounds: Option<[u64; 4]> = None;
    let mut rest = stream;
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let Some((body, after)) = after.split_at_checked(length) else {
            break;
        };
        rest = after;
        let number = |at: usize| {
            body.get(at..at + 2)
                .map(|bytes| u64::from(u16::from_le_bytes([bytes[0], bytes[1]])))
        };
        match kind {
            // A sheet begins or ends.
            0x0809 | 0x0409 | 0x0209 | 0x0009 | 0x000A => total += area(bounds.take()),
            // Every record of one cell or more begins with its row and column.
            0x00FD
            | 0x0203
            | 0x027E
            | 0x00BD
            | 0x0204
            | 0x0205
            | 0x0006
            | 0x0206
            | 0x0406
            | 0x00D6
            | 0x0201
            | 0x00BE
            | 0x0001..=0x0005
            | 0x007E => {
                if let (Some(row), Some(first)) = (number(0), number(2)) {
                    // A record of several cells ends with its last column.
                    let last = match kind {
                        0x00BD | 0x00BE => number(length.saturating_sub(2)).unwrap_or(first).max(first),
                        _ => first,
                    };
                    let [top, bottom, left, right] = bounds.unwrap_or([row, row, first, last]);
                    bounds = Some([top.min(row), bottom.max(row), left.min(first), right.max(last)]);
                }
            }
            _ => {}
        }
    }
    total + area(bounds)
}

fn area(bounds: Option<[u64; 4]>) -> u64 {
    bounds.map_or(0, |[top, bottom, left, right]| {
        (bottom - top + 1) * (right - left + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, body: &[u16]) -> Vec<u8> {
        let length = (body.len() * 2) as u16;
        [kind, length]
            .iter()
            .chain(body)
            .flat_map(|word| word.to_le_bytes())
            .collect()
    }

    #[test]
    fn the_span_of_old_sheets_is_counted() {
        let sheet = [
            record(0x0809, &[0x600, 0x10]),
            record(0x0203, &[0, 0, 0, 0, 0, 0, 0]),
            record(0x00BD, &[9, 1, 0, 0, 0, 4]),
            record(0x000A, &[]),
        ]
        .concat();
        assert_eq!(cells(&sheet), 50);
        assert_eq!(cells(&[sheet.clone(), sheet].concat()), 100);
        let bomb = [record(0x0203, &[0, 0]), record(0x0203, &[65_535, 65_535])].concat();
        assert!(cells(&bomb) > OLD_CELLS);
        assert_eq!(cells(&[1, 2, 3]), 0);
    }

    #[test]
    fn long_pieces_are_found_across_blocks() {
        assert_eq!(longest(b"<a>xyz", 0, 10), Some(5));
        assert_eq!(longest(b"0123456", 5, 10), None);
        assert_eq!(longest(b"01234<", 5, 10), Some(0));
    }
}
