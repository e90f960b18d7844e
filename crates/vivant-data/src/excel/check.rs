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

/// Checks a spreadsheet in the old format, which is read as a whole.
pub(super) fn old(file: &DataFile, limits: &DataLimits) -> Result<()> {
    if file.size()? > limits.old_spreadsheet_bytes {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.old_spreadsheet_bytes,
            unit: "bytes",
        });
    }
    Ok(())
}
