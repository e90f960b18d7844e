//! Text files: `textscan`, `textclean` and the older text drivers.

pub(crate) mod decode;
mod records;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use encoding_rs::Encoding;
use vivant_calc::dateparse::Pattern;

use crate::batches::Batches;
use crate::build::BatchBuilder;
use crate::error::{DataError, Result, shorten};
use crate::files::DataFile;
use crate::infer::{Guess, TEXT_ROWS};
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, schema_of};
use crate::spec::{FileColumn, TableSpec};
use decode::Decoded;
use records::{Dialect, Records};

/// Bytes at the beginning of a file from which its form is guessed.
const HEAD: usize = 1 << 20;

/// Opens a text file as a table.
pub(crate) fn open(file: &DataFile, table: &TableSpec, limits: &DataLimits) -> Result<Batches> {
    let size = file.size()?;
    if size > limits.file_bytes {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.file_bytes,
            unit: "bytes",
        });
    }
    let form = Form::find(file, table)?;
    let locale = Locale::from_name(table.format("locale").unwrap_or_default());
    let mut records = form.records(file, limits)?;
    let header = match form.has_header {
        true => {
            let names: Vec<String> = match records.read()? {
                Some(record) => record.fields().map(str::to_owned).collect(),
                None => Vec::new(),
            };
            Some(header_names(names))
        }
        false => None,
    };
    if header.as_ref().is_some_and(|names| names.len() > limits.columns) {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    let picked = if table.columns.is_empty() {
        infer(
            form.records(file, limits)?,
            header.as_deref(),
            &locale,
            limits,
            file.name(),
        )?
    } else {
        pick(&table.columns, header.as_deref(), file.name())?
    };
    let columns: Vec<Column> = picked.iter().map(|picked| picked.column.clone()).collect();
    let patterns = picked
        .iter()
        .map(|picked| picked.pattern())
        .collect::<Result<Vec<Option<Pattern>>>>()?;
    let schema = schema_of(&columns);
    let mut builder = BatchBuilder::new(schema.clone(), &columns, &patterns);
    let places: Vec<usize> = picked.iter().map(|picked| picked.place).collect();
    let limits = limits.clone();
    let mut done = false;
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            let result = fill(&mut records, &mut builder, &places, &locale, &limits);
            match result {
                Ok(more) => done = !more,
                Err(error) => {
                    done = true;
                    return Some(Err(error));
                }
            }
            (builder.rows() > 0).then(|| builder.finish())
        }),
    ))
}

/// Reads records until the batch is full; `false` at the end of the file.
fn fill<R: Read>(
    records: &mut Records<R>,
    builder: &mut BatchBuilder,
    places: &[usize],
    locale: &Locale,
    limits: &DataLimits,
) -> Result<bool> {
    while !builder.is_full(limits) {
        let Some(record) = records.read()? else {
            return Ok(false);
        };
        for (column, place) in builder.columns.iter_mut().zip(places) {
            match record.value(*place) {
                Some(text) => column.push_text(text, locale),
                None => column.push_null(),
            }
        }
        builder.end_row(record.bytes());
    }
    Ok(true)
}

/// How a file is written.
struct Form {
    encoding: &'static Encoding,
    dialect: Dialect,
    has_header: bool,
}

impl Form {
    /// Takes what the document says, and guesses the rest.
    fn find(file: &DataFile, table: &TableSpec) -> Result<Self> {
        let mut head = Vec::new();
        let mut source = file.open()?;
        (&mut source)
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
        let is_whole = head.len() < HEAD;
        let encoding = match table.format("character-set") {
            // A mark in the file is surer than what was found when the workbook was made.
            Some(name) => {
                Encoding::for_bom(&head).map_or_else(|| decode::by_name(name), |(found, _)| Ok(found))?
            }
            None => decode::guess(&head, is_whole),
        };
        let (text, _, _) = encoding.decode(&head);
        let guessed = records::guess(&text, is_whole);
        let separator = match table.format.get("separator").map(String::as_str) {
            None | Some("") => guessed.separator,
            Some(separator) => one_character(separator, "the separator")?,
        };
        let quote = match table.format.get("text-qualifier").map(String::as_str) {
            None => guessed.quote,
            Some("" | "none") => None,
            Some(quote) => match one_character(quote, "the text qualifier")? {
                quote if quote.is_ascii() => Some(quote as u8),
                quote => {
                    return Err(DataError::UnsupportedSetting {
                        setting: "the text qualifier",
                        value: quote.to_string(),
                        hint: "use one of the ASCII characters".to_owned(),
                    });
                }
            },
        };
        let dialect = Dialect { separator, quote };
        let has_header = match table.format("header") {
            Some(header) => header != "no",
            None => guess_header(&text, &dialect),
        };
        Ok(Self {
            encoding,
            dialect,
            has_header,
        })
    }

    fn records(&self, file: &DataFile, limits: &DataLimits) -> Result<Records<Decoded<File>>> {
        let mut source = file.open()?;
        source
            .seek(SeekFrom::Start(0))
            .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
        Ok(Records::new(
            file.name(),
            Decoded::new(source, self.encoding),
            &self.dialect,
            limits.record_bytes,
        ))
    }
}

fn one_character(text: &str, setting: &'static str) -> Result<char> {
    let text = match text {
        "\\t" => "\t",
        other => other,
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c != '\n' && c != '\r' => Ok(c),
        _ => Err(DataError::UnsupportedSetting {
            setting,
            value: shorten(text),
            hint: "it must be one character".to_owned(),
        }),
    }
}

/// The first row is a header where none of its fields is a number, a date or a truth value.
fn guess_header(text: &str, dialect: &Dialect) -> bool {
    let mut records = Records::new("", text.as_bytes(), dialect, usize::MAX);
    let locale = Locale::default();
    let Ok(Some(first)) = records.read() else {
        return false;
    };
    first.fields().all(|field| {
        let mut guess = Guess::default();
        guess.text(field, &locale);
        field.trim().is_empty() || guess.decide() == crate::ColumnType::String
    })
}

/// A column that is read, and its place in the file.
struct Picked {
    column: Column,
    place: usize,
    date_format: Option<String>,
}

impl Picked {
    fn pattern(&self) -> Result<Option<Pattern>> {
        let Some(format) = &self.date_format else {
            return Ok(None);
        };
        Pattern::new(format)
            .map(Some)
            .map_err(|_| DataError::UnsupportedSetting {
                setting: "the date format",
                value: shorten(format),
                hint: "it has a letter that is not known".to_owned(),
            })
    }
}

/// Finds the columns of the document in the header; without one, by their places.
fn pick(wanted: &[FileColumn], header: Option<&[String]>, file: &str) -> Result<Vec<Picked>> {
    let mut found = Vec::with_capacity(wanted.len());
    for (index, wanted) in wanted.iter().enumerate() {
        let ordinal = wanted.ordinal.unwrap_or(index);
        let place = match header {
            None => ordinal,
            Some(names) => {
                place_of(&wanted.column.name, ordinal, names).ok_or_else(|| DataError::NoColumn {
                    column: shorten(&wanted.column.name),
                    table: file.to_owned(),
                    known: crate::error::known(names),
                })?
            }
        };
        found.push(Picked {
            column: wanted.column.clone(),
            place,
            date_format: wanted.date_format.clone(),
        });
    }
    Ok(found)
}

/// Finds a column by its name; where two have it, the one at its place.
pub(crate) fn place_of(name: &str, ordinal: usize, names: &[String]) -> Option<usize> {
    if names.get(ordinal).is_some_and(|found| found == name) {
        return Some(ordinal);
    }
    let same = |test: &dyn Fn(&str) -> bool| names.iter().position(|found| test(found));
    same(&|found| found == name).or_else(|| {
        let name = name.trim().to_lowercase();
        same(&|found| found.trim().to_lowercase() == name)
    })
}

/// Makes names of a header unique and fills the empty ones.
///
/// Tableau: a column without a name is `F` and its number; a name that occurs again gets a number.
pub(crate) fn header_names(names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let name = match name.trim() {
                "" => format!("F{}", index + 1),
                trimmed => trimmed.replace(['\r', '\n'], " "),
            };
            let mut unique = name.clone();
            let mut number = 1;
            while !seen.insert(unique.to_lowercase()) {
                unique = format!("{name}{number}");
                number += 1;
            }
            unique
        })
        .collect()
}

/// Finds columns and types from the first rows.
fn infer<R: Read>(
    mut records: Records<R>,
    header: Option<&[String]>,
    locale: &Locale,
    limits: &DataLimits,
    file: &str,
) -> Result<Vec<Picked>> {
    if header.is_some() {
        records.read()?;
    }
    let mut guesses = vec![Guess::default(); header.map_or(0, <[String]>::len)];
    for _ in 0..TEXT_ROWS {
        let Some(record) = records.read()? else { break };
        if record.len() > limits.columns {
            return Err(DataError::TooLarge {
                what: file.to_owned(),
                limit: limits.columns as u64,
                unit: "columns",
            });
        }
        if header.is_none() && record.len() > guesses.len() {
            guesses.resize(record.len(), Guess::default());
        }
        for (guess, field) in guesses.iter_mut().zip(record.fields()) {
            guess.text(field, locale);
        }
    }
    Ok(guesses
        .iter()
        .enumerate()
        .map(|(place, guess)| Picked {
            column: Column {
                name: header.map_or_else(|| format!("F{}", place + 1), |names| names[place].clone()),
                kind: guess.decide(),
            },
            place,
            date_format: None,
        })
        .collect())
}
