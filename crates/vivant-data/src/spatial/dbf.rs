//! dBASE tables: what shapefiles keep their attributes in.

use std::fs::File;
use std::io::{BufReader, Read};

use encoding_rs::Encoding;
use vivant_calc::civil::{Date, DateTime};

use crate::build::ColumnBuilder;
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType};

/// A table, read from its first row to its last.
pub(super) struct Table {
    name: String,
    input: BufReader<File>,
    fields: Vec<Field>,
    record: Vec<u8>,
    encoding: &'static Encoding,
    left: u32,
    locale: Locale,
}

struct Field {
    column: Column,
    kind: u8,
    at: usize,
    width: usize,
}

impl Table {
    /// Opens a table; `page` names the character set that stands in a file beside it.
    pub fn open(file: &DataFile, page: Option<&str>, limits: &DataLimits) -> Result<Self> {
        let name = file.name().to_owned();
        let mut input = BufReader::with_capacity(256 << 10, file.open()?);
        let mut head = [0_u8; 32];
        let cut = |error: std::io::Error| DataError::damaged(&name, error);
        input.read_exact(&mut head).map_err(cut)?;
        let rows = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let header = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let width = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let mut rest = vec![0; header.saturating_sub(32)];
        input.read_exact(&mut rest).map_err(cut)?;
        let encoding = encoding(page, head[29]);
        let mut fields = Vec::new();
        let mut names = Vec::new();
        // The first byte of a record says whether it is deleted.
        let mut at = 1;
        for field in rest.chunks_exact(32).take_while(|field| field[0] != 0x0d) {
            let end = field[..11].iter().position(|byte| *byte == 0).unwrap_or(11);
            let (text, _, _) = encoding.decode(&field[..end]);
            let kind = field[11];
            let mut size = usize::from(field[16]);
            let mut decimals = field[17];
            if kind == b'C' {
                // Long texts have the higher byte of their length where decimals are counted.
                size += usize::from(decimals) << 8;
                decimals = 0;
            }
            names.push(text.trim().to_owned());
            fields.push(Field {
                column: Column {
                    name: String::new(),
                    kind: column_type(kind, size, decimals),
                },
                kind,
                at,
                width: size,
            });
            at += size;
        }
        if at > width || fields.len() > limits.columns {
            return Err(DataError::damaged(
                &name,
                "its fields are larger than its records",
            ));
        }
        for (field, name) in fields.iter_mut().zip(crate::text::header_names(names)) {
            field.column.name = name;
        }
        Ok(Self {
            name,
            input,
            fields,
            record: vec![0; width],
            encoding,
            left: rows,
            locale: Locale::default(),
        })
    }

    /// Returns the columns in their order.
    pub fn columns(&self) -> Vec<Column> {
        self.fields.iter().map(|field| field.column.clone()).collect()
    }

    /// Reads the next record; `None` at the end, `false` for one that is deleted.
    pub fn read(&mut self) -> Result<Option<bool>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.input
            .read_exact(&mut self.record)
            .map_err(|error| DataError::damaged(&self.name, error))?;
        Ok(Some(self.record.first() != Some(&b'*')))
    }

    /// Adds the values of the record to columns, which have the types that `kinds` says.
    pub fn push(&self, columns: &mut [ColumnBuilder], kinds: &[ColumnType]) {
        for ((field, column), kind) in self.fields.iter().zip(columns).zip(kinds) {
            let bytes = &self.record[field.at..field.at + field.width];
            match field.kind {
                b'I' | b'+' if field.width == 4 => {
                    column.push_integer(i64::from(i32::from_le_bytes(four(bytes))));
                }
                b'O' | b'B' if field.width == 8 => {
                    let mut eight = [0; 8];
                    eight.copy_from_slice(bytes);
                    column.push_number(f64::from_le_bytes(eight));
                }
                b'T' | b'@' if field.width == 8 => match moment(bytes) {
                    Some(moment) => column.push_moment(Some(moment), moment.serial()),
                    None => column.push_null(),
                },
                _ => {
                    let (text, _, _) = self.encoding.decode(bytes);
                    let text = text.trim_matches(['\0', ' ']);
                    match field.kind {
                        _ if text.is_empty() => column.push_null(),
                        b'D' => match day(text) {
                            Some(day) => column.push_moment(Some(day.midnight()), day.serial() as f64),
                            None => column.push_null(),
                        },
                        b'L' => match text {
                            "T" | "t" | "Y" | "y" => column.push_boolean(true),
                            "F" | "f" | "N" | "n" => column.push_boolean(false),
                            _ => column.push_null(),
                        },
                        // Stars stand for a number that has no room.
                        b'N' | b'F' if text.starts_with('*') => column.push_null(),
                        b'N' | b'F' => match (text.parse::<i64>(), text.parse::<f64>()) {
                            (Ok(number), _) => column.push_integer(number),
                            (_, Ok(number)) => column.push_number(number),
                            _ => column.push_null(),
                        },
                        _ if *kind == ColumnType::String => column.push_string(text),
                        _ => column.push_text(text, &self.locale),
                    }
                }
            }
        }
    }

    /// Returns how many bytes a record has.
    pub fn width(&self) -> usize {
        self.record.len()
    }
}

fn four(bytes: &[u8]) -> [u8; 4] {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[..4]);
    four
}

fn day(text: &str) -> Option<Date> {
    let number: i64 = text.parse().ok()?;
    Date::new(number / 10_000, number / 100 % 100, number % 100)
}

/// A Julian day and milliseconds.
fn moment(bytes: &[u8]) -> Option<DateTime> {
    let days = i64::from(i32::from_le_bytes(four(bytes)));
    let millis = i64::from(i32::from_le_bytes(four(&bytes[4..])));
    if days == 0 {
        return None;
    }
    // Day 2,440,588 is the first of 1970.
    DateTime::new(Date::from_days(days - 2_440_588)?, 0)?.plus_micros(millis * 1_000)
}

fn column_type(kind: u8, width: usize, decimals: u8) -> ColumnType {
    match kind {
        b'N' | b'F' if decimals == 0 && width < 19 => ColumnType::Integer,
        b'N' | b'F' | b'O' | b'B' | b'Y' => ColumnType::Real,
        b'I' | b'+' => ColumnType::Integer,
        b'L' => ColumnType::Boolean,
        b'D' => ColumnType::Date,
        b'T' | b'@' => ColumnType::DateTime,
        _ => ColumnType::String,
    }
}

/// Finds the character set: a `.cpg` file says it, or a byte of the header.
fn encoding(page: Option<&str>, driver: u8) -> &'static Encoding {
    if let Some(page) = page {
        let page = page.trim();
        let named = Encoding::for_label(page.as_bytes()).or_else(|| {
            let digits: String = page.chars().filter(char::is_ascii_digit).collect();
            Encoding::for_label(format!("windows-{digits}").as_bytes())
                .or_else(|| digits.starts_with("8859").then_some(encoding_rs::WINDOWS_1252))
        });
        if let Some(found) = named {
            return found;
        }
    }
    match driver {
        0x4d | 0x7a => encoding_rs::GBK,
        0x4e | 0x79 => encoding_rs::EUC_KR,
        0x4f | 0x78 => encoding_rs::BIG5,
        0x13 | 0x7b => encoding_rs::SHIFT_JIS,
        0xc8 => encoding_rs::WINDOWS_1250,
        0xc9 => encoding_rs::WINDOWS_1251,
        0xca => encoding_rs::WINDOWS_1254,
        0xcb => encoding_rs::WINDOWS_1253,
        0xcc => encoding_rs::WINDOWS_1257,
        _ => encoding_rs::WINDOWS_1252,
    }
}
