//! SPSS system files: plain, compressed byte by byte (`.sav`) and packed (`.zsav`).

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use encoding_rs::Encoding;
use flate2::read::ZlibDecoder;
use vivant_calc::civil::DateTime;

use super::{typed, unsupported};
use crate::batches::Batches;
use crate::build::BatchBuilder;
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::TableSpec;

/// Seconds from the beginning of the Gregorian calendar, from which SPSS counts, to 1970.
const EPOCH: f64 = 12_219_379_200.0;
/// Bytes of the part that describes the data.
const DICTIONARY: usize = 256 << 20;
/// Texts are kept in pieces of this many bytes, and there is a piece for each of so many of their bytes: pieces are
/// filled to their end, and the last has room left.
const PIECE: usize = 255;
const COUNTED: usize = 252;

/// Opens a system file.
pub(super) fn open(file: &DataFile, table: &TableSpec, limits: &DataLimits) -> Result<Batches> {
    let mut reader = Reader {
        input: BufReader::with_capacity(256 << 10, file.open()?),
        name: file.name().to_owned(),
        big: false,
        taken: 0,
    };
    let dictionary = Dictionary::read(&mut reader, limits)?;
    let columns = dictionary
        .variables
        .iter()
        .map(|variable| Column {
            name: variable.name.clone(),
            kind: variable.kind,
        })
        .collect();
    let columns = typed(columns, table, file.name(), limits)?;
    let schema = schema_of(&columns);
    let mut builder = BatchBuilder::new(schema.clone(), &columns, &[]);
    let kinds: Vec<ColumnType> = columns.iter().map(|column| column.kind).collect();
    let mut cells = Cells::new(reader, &dictionary)?;
    let mut left = dictionary.rows;
    let limits = limits.clone();
    let mut done = false;
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || {
            while !done && !builder.is_full(&limits) {
                if left == Some(0) {
                    done = true;
                    break;
                }
                match cells.row(&dictionary, &kinds, &mut builder) {
                    Ok(true) => left = left.map(|left| left - 1),
                    Ok(false) if left.is_none() => done = true,
                    Ok(false) => {
                        done = true;
                        return Some(Err(cells.reader.damaged("it ends early")));
                    }
                    Err(error) => {
                        done = true;
                        return Some(Err(error));
                    }
                }
            }
            (builder.rows() > 0).then(|| builder.finish())
        }),
    ))
}

struct Reader {
    input: BufReader<File>,
    name: String,
    big: bool,
    taken: usize,
}

impl Reader {
    fn damaged(&self, message: impl ToString) -> DataError {
        DataError::damaged(&self.name, message)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input
            .read_exact(&mut bytes)
            .map_err(|error| DataError::damaged(&self.name, error))?;
        self.taken += N;
        Ok(bytes)
    }

    fn integer(&mut self) -> Result<i32> {
        let bytes = self.bytes::<4>()?;
        Ok(if self.big {
            i32::from_be_bytes(bytes)
        } else {
            i32::from_le_bytes(bytes)
        })
    }

    fn long(&mut self) -> Result<i64> {
        let bytes = self.bytes::<8>()?;
        Ok(if self.big {
            i64::from_be_bytes(bytes)
        } else {
            i64::from_le_bytes(bytes)
        })
    }

    fn real(&mut self) -> Result<f64> {
        let bytes = self.bytes::<8>()?;
        Ok(number(bytes, self.big))
    }

    /// Reads what the file says is this long; memory grows with what is there.
    fn block(&mut self, size: i64) -> Result<Vec<u8>> {
        let size = usize::try_from(size)
            .ok()
            .filter(|size| self.taken.saturating_add(*size) <= DICTIONARY)
            .ok_or_else(|| self.damaged("a part of its description is too large"))?;
        let mut block = Vec::new();
        (&mut self.input)
            .take(size as u64)
            .read_to_end(&mut block)
            .map_err(|error| DataError::damaged(&self.name, error))?;
        if block.len() < size {
            return Err(self.damaged("it ends early"));
        }
        self.taken += size;
        Ok(block)
    }
}

fn number(bytes: [u8; 8], big: bool) -> f64 {
    if big {
        f64::from_be_bytes(bytes)
    } else {
        f64::from_le_bytes(bytes)
    }
}

/// A column as the user sees it.
struct Variable {
    name: String,
    kind: ColumnType,
    /// Widths of its pieces in bytes; a number has none.
    pieces: Vec<usize>,
    /// Values that stand for none.
    missing: Vec<[u8; 8]>,
    range: Option<(f64, f64)>,
}

struct Dictionary {
    variables: Vec<Variable>,
    encoding: &'static Encoding,
    compression: i32,
    bias: f64,
    rows: Option<u64>,
    big: bool,
}

/// A variable record, before long names and long texts are known.
struct Raw {
    name: Vec<u8>,
    width: usize,
    format: u8,
    missing: Vec<[u8; 8]>,
    range: Option<(f64, f64)>,
}

impl Dictionary {
    fn read(reader: &mut Reader, limits: &DataLimits) -> Result<Self> {
        let _ = reader.bytes::<64>()?;
        let layout = reader.bytes::<4>()?;
        reader.big = match (i32::from_le_bytes(layout), i32::from_be_bytes(layout)) {
            (2 | 3, _) => false,
            (_, 2 | 3) => true,
            _ => return Err(reader.damaged("it is no system file of SPSS")),
        };
        reader.integer()?;
        let compression = reader.integer()?;
        reader.integer()?;
        let rows = u64::try_from(reader.integer()?).ok();
        let bias = reader.real()?;
        let _ = reader.bytes::<84>()?;
        if !(0..=2).contains(&compression) {
            return Err(unsupported(
                &format!("compression {compression} of {}", reader.name),
                "save it as `.sav` without compression",
            ));
        }
        let mut raw: Vec<Raw> = Vec::new();
        let mut page = None;
        let mut named = None;
        let (mut long_names, mut long_texts) = (Vec::new(), Vec::new());
        loop {
            match reader.integer()? {
                2 => {
                    if let Some(found) = variable(reader)? {
                        if raw.len() >= limits.columns.saturating_mul(16) {
                            return Err(DataError::TooLarge {
                                what: reader.name.clone(),
                                limit: limits.columns as u64,
                                unit: "columns",
                            });
                        }
                        raw.push(found);
                    }
                }
                3 => {
                    for _ in 0..reader.integer()?.max(0) {
                        let _ = reader.bytes::<8>()?;
                        let length = usize::from(reader.bytes::<1>()?[0]);
                        reader.block(((length + 8) / 8 * 8 - 1) as i64)?;
                    }
                }
                4 => {
                    let count = i64::from(reader.integer()?.max(0));
                    reader.block(count * 4)?;
                }
                6 => {
                    let lines = i64::from(reader.integer()?.max(0));
                    reader.block(lines * 80)?;
                }
                7 => {
                    let (kind, size, count) = (reader.integer()?, reader.integer()?, reader.integer()?);
                    let block = reader.block(i64::from(size.max(0)) * i64::from(count.max(0)))?;
                    match kind {
                        3 => page = block.get(28..32).map(|four| [four[0], four[1], four[2], four[3]]),
                        13 => long_names = block,
                        14 => long_texts = block,
                        20 => named = Some(String::from_utf8_lossy(&block).into_owned()),
                        _ => {}
                    }
                }
                999 => {
                    reader.integer()?;
                    break;
                }
                other => return Err(reader.damaged(format!("its description has a part {other}"))),
            }
        }
        let page = page.map(|four| {
            if reader.big {
                i32::from_be_bytes(four)
            } else {
                i32::from_le_bytes(four)
            }
        });
        let encoding = encoding(named.as_deref(), page);
        let names = pairs(&encoding.decode(&long_names).0);
        let widths = pairs(&encoding.decode(&long_texts).0);
        Ok(Self {
            variables: variables(raw, &names, &widths, encoding),
            encoding,
            compression,
            bias,
            rows,
            big: reader.big,
        })
    }
}

fn variable(reader: &mut Reader) -> Result<Option<Raw>> {
    let width = reader.integer()?;
    let (has_label, missing) = (reader.integer()?, reader.integer()?);
    let print = reader.integer()?;
    reader.integer()?;
    let name = reader.bytes::<8>()?;
    if has_label == 1 {
        let length = i64::from(reader.integer()?.max(0));
        reader.block((length + 3) / 4 * 4)?;
    }
    let mut values = Vec::new();
    for _ in 0..missing.unsigned_abs().min(3) {
        values.push(reader.bytes::<8>()?);
    }
    let big = reader.big;
    // A negative count: the first two are the ends of a range.
    let range = match values.as_slice() {
        [low, high, ..] if missing < 0 => Some((number(*low, big), number(*high, big))),
        _ => None,
    };
    if range.is_some() {
        values.drain(..2);
    }
    // A longer text is in several pieces.
    if width > PIECE as i32 {
        return Err(reader.damaged("a text is wider than texts can be"));
    }
    let Ok(width) = usize::try_from(width) else {
        // A continuation of the text before it.
        return Ok(None);
    };
    Ok(Some(Raw {
        name: name.to_vec(),
        width,
        format: (print >> 16 & 0xff) as u8,
        missing: values,
        range,
    }))
}

/// Reads `NAME=value` pairs, set apart by tabs.
fn pairs(text: &str) -> HashMap<String, String> {
    text.split('\t')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let value = value.trim_end_matches('\0');
            (
                name.trim_matches(['\0', ' ']).to_ascii_uppercase(),
                value.to_owned(),
            )
        })
        .collect()
}

fn variables(
    raw: Vec<Raw>,
    names: &HashMap<String, String>,
    widths: &HashMap<String, String>,
    encoding: &'static Encoding,
) -> Vec<Variable> {
    let mut found = Vec::new();
    let mut raw = raw.into_iter();
    while let Some(one) = raw.next() {
        let short = encoding.decode(&one.name).0.trim_end().to_owned();
        let key = short.to_ascii_uppercase();
        let mut pieces = match one.width {
            0 => Vec::new(),
            width => vec![width],
        };
        if let Some(width) = widths.get(&key).and_then(|width| width.parse::<usize>().ok())
            && width > PIECE
        {
            for _ in 1..width.div_ceil(COUNTED) {
                match raw.next() {
                    Some(next) => pieces.push(next.width),
                    None => break,
                }
            }
        }
        found.push(Variable {
            name: names.get(&key).cloned().unwrap_or(short),
            kind: match (one.width, one.format) {
                (1.., _) => ColumnType::String,
                (_, 20 | 23 | 24 | 28 | 29 | 30 | 38 | 39) => ColumnType::Date,
                (_, 21 | 22 | 41) => ColumnType::DateTime,
                _ => ColumnType::Real,
            },
            pieces,
            missing: one.missing,
            range: one.range,
        });
    }
    found
}

fn encoding(name: Option<&str>, page: Option<i32>) -> &'static Encoding {
    let named = name.and_then(|name| Encoding::for_label(name.trim().as_bytes()));
    named.unwrap_or_else(|| match page {
        Some(65_001) => encoding_rs::UTF_8,
        Some(page @ 1_250..=1_258) => {
            Encoding::for_label(format!("windows-{page}").as_bytes()).unwrap_or(encoding_rs::WINDOWS_1252)
        }
        Some(932) => encoding_rs::SHIFT_JIS,
        Some(936) => encoding_rs::GBK,
        Some(949) => encoding_rs::EUC_KR,
        Some(950) => encoding_rs::BIG5,
        _ => encoding_rs::WINDOWS_1252,
    })
}

/// A cell of eight bytes.
enum Cell {
    Bytes([u8; 8]),
    Number(f64),
    Missing,
    End,
}

/// The cells of the data, whichever way they are packed.
struct Cells {
    reader: Reader,
    compression: i32,
    codes: [u8; 8],
    next: usize,
    bias: f64,
    /// Blocks of a packed file that are still to come: packed size.
    blocks: Vec<(u64, usize)>,
    unpacked: Vec<u8>,
    at: usize,
}

impl Cells {
    fn new(mut reader: Reader, dictionary: &Dictionary) -> Result<Self> {
        let mut blocks = Vec::new();
        if dictionary.compression == 2 {
            let (_, trailer, length) = (reader.long()?, reader.long()?, reader.long()?);
            let trailer = u64::try_from(trailer).map_err(|_| reader.damaged("its blocks have no list"))?;
            reader
                .input
                .seek(SeekFrom::Start(trailer))
                .map_err(|error| reader.damaged(error))?;
            let _ = reader.bytes::<16>()?;
            let largest = reader.integer()?;
            let count = reader.integer()?;
            if i64::from(count)
                .checked_mul(24)
                .is_none_or(|bytes| bytes > length)
                || largest < 0
            {
                return Err(reader.damaged("the list of its blocks is too short"));
            }
            for _ in 0..count {
                let (_, at) = (reader.long()?, reader.long()?);
                let (size, _) = (reader.integer()?, reader.integer()?);
                let before = blocks.last().map(|(at, _)| *at);
                match (u64::try_from(at), usize::try_from(size)) {
                    // A block that is listed twice would make much of a small file.
                    (Ok(at), Ok(bytes)) if size <= largest && bytes <= 64 << 20 && Some(at) > before => {
                        blocks.push((at, bytes));
                    }
                    _ => return Err(reader.damaged("a block is nowhere")),
                }
            }
            blocks.reverse();
        }
        Ok(Self {
            reader,
            compression: dictionary.compression,
            codes: [0; 8],
            next: 8,
            bias: dictionary.bias,
            blocks,
            unpacked: Vec::new(),
            at: 0,
        })
    }

    /// Reads eight bytes of the data; `None` at the end.
    fn eight(&mut self) -> Result<Option<[u8; 8]>> {
        if self.compression == 2 {
            while self.at >= self.unpacked.len() {
                let Some((at, size)) = self.blocks.pop() else {
                    return Ok(None);
                };
                let input = &mut self.reader.input;
                input
                    .seek(SeekFrom::Start(at))
                    .map_err(|error| DataError::damaged(&self.reader.name, error))?;
                self.unpacked.clear();
                self.at = 0;
                ZlibDecoder::new(input)
                    .take(size as u64)
                    .read_to_end(&mut self.unpacked)
                    .map_err(|error| DataError::damaged(&self.reader.name, error))?;
            }
            let found = self.unpacked.get(self.at..self.at + 8);
            let mut bytes = [0; 8];
            bytes.copy_from_slice(found.ok_or_else(|| self.reader.damaged("a block ends early"))?);
            self.at += 8;
            return Ok(Some(bytes));
        }
        let mut bytes = [0; 8];
        let mut got = 0;
        while got < 8 {
            match self.reader.input.read(&mut bytes[got..]) {
                Ok(0) if got == 0 => return Ok(None),
                Ok(0) => return Err(self.reader.damaged("it ends early")),
                Ok(read) => got += read,
                Err(error) => return Err(DataError::io(format!("`{}`", self.reader.name), error)),
            }
        }
        Ok(Some(bytes))
    }

    fn cell(&mut self) -> Result<Cell> {
        if self.compression == 0 {
            return Ok(self.eight()?.map_or(Cell::End, Cell::Bytes));
        }
        loop {
            if self.next == 8 {
                match self.eight()? {
                    Some(codes) => self.codes = codes,
                    None => return Ok(Cell::End),
                }
                self.next = 0;
            }
            let code = self.codes[self.next];
            self.next += 1;
            return Ok(match code {
                0 => continue,
                252 => Cell::End,
                253 => self.eight()?.map_or(Cell::End, Cell::Bytes),
                254 => Cell::Bytes(*b"        "),
                255 => Cell::Missing,
                code => Cell::Number(f64::from(code) - self.bias),
            });
        }
    }

    /// Reads a row; `false` where there is none.
    fn row(
        &mut self,
        dictionary: &Dictionary,
        kinds: &[ColumnType],
        builder: &mut BatchBuilder,
    ) -> Result<bool> {
        let mut size = 0;
        for (index, (variable, kind)) in dictionary.variables.iter().zip(kinds).enumerate() {
            let column = &mut builder.columns[index];
            if variable.pieces.is_empty() {
                let value = match self.cell()? {
                    Cell::End if index == 0 => return Ok(false),
                    Cell::End => return Err(self.reader.damaged("it ends inside a row")),
                    Cell::Missing => None,
                    Cell::Number(value) => Some(value),
                    Cell::Bytes(bytes) => Some(number(bytes, dictionary.big)),
                };
                size += 8;
                let is_missing = |value: f64| {
                    // The least number of all stands for none.
                    value == -f64::MAX
                        || variable
                            .range
                            .is_some_and(|(low, high)| (low..=high).contains(&value))
                        || variable
                            .missing
                            .iter()
                            .any(|one| number(*one, dictionary.big) == value)
                };
                match value.filter(|value| !is_missing(*value)) {
                    None => column.push_null(),
                    Some(value) if variable.kind == ColumnType::Real => column.push_number(value),
                    Some(value) => {
                        let micros = (value - EPOCH) * 1e6;
                        // A time of day counts from nothing: it stands on Tableau's day zero.
                        let moment =
                            if value.abs() < 86_400.0 * 366.0 && variable.kind == ColumnType::DateTime {
                                DateTime::from_serial(value / 86_400.0)
                            } else {
                                DateTime::from_micros(micros.round() as i64)
                            };
                        column.push_moment(moment, value);
                    }
                }
                continue;
            }
            let mut text = Vec::new();
            for (turn, width) in variable.pieces.iter().enumerate() {
                let begin = text.len();
                for part in 0..width.div_ceil(8) {
                    match self.cell()? {
                        Cell::End if index == 0 && turn == 0 && part == 0 => return Ok(false),
                        Cell::Bytes(bytes) => text.extend_from_slice(&bytes),
                        Cell::End => return Err(self.reader.damaged("it ends inside a row")),
                        Cell::Missing | Cell::Number(_) => text.extend_from_slice(b"        "),
                    }
                }
                text.truncate(begin + width);
            }
            let decoded = dictionary.encoding.decode_without_bom_handling(&text).0;
            let trimmed = decoded.trim_end_matches([' ', '\0']);
            size += trimmed.len() + 8;
            let is_missing = variable
                .missing
                .iter()
                .any(|one| trimmed.as_bytes() == one.trim_ascii_end() && !trimmed.is_empty());
            match kind {
                _ if is_missing => column.push_null(),
                ColumnType::String => column.push_string(trimmed),
                _ => column.push_text(trimmed, &Locale::default()),
            }
        }
        builder.end_row(size);
        Ok(!dictionary.variables.is_empty())
    }
}
