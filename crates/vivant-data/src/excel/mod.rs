//! Spreadsheets: `excel-direct`, `excel` and what the data interpreter left behind; `.xlsx`, `.xlsm`, `.xlsb`
//! and `.xls`.
//!
//! Cells of the newer formats stream; of the sheet only the batch under construction is in memory, and the
//! table of texts, whose size is checked first.

mod check;
mod name;
mod sheet;

use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;

use calamine::{Reader, Xls, Xlsb, Xlsx};

use crate::batches::{BatchSink, Batches};
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result, known, shorten};
use crate::files::DataFile;
use crate::infer::{Guess, SPREADSHEET_ROWS};
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, schema_of};
use crate::spec::TableSpec;
use crate::text::{header_names, place_of};
use name::{Area, SheetName};
use sheet::Cell;

/// A spreadsheet of any format.
enum Book {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Xlsb(Box<Xlsb<BufReader<File>>>),
    Xls(Box<Xls<BufReader<File>>>),
}

/// Rows among which the header is looked for where the data interpreter was on.
const INTERPRETED_ROWS: u32 = 1_000;

/// Opens a sheet, a part of one or a named range as a table.
///
/// `is_cleaned` says that the data interpreter was on: the header is the first row that has all the names that
/// the document lists, wherever it is.
pub(crate) fn open(
    file: &DataFile,
    table: &TableSpec,
    is_cleaned: bool,
    limits: &DataLimits,
) -> Result<Batches> {
    let mut book = Book::open(file, limits)?;
    let (sheet, area) = book.place(table, file.name())?;
    let reading = Reading {
        file: file.name().to_owned(),
        sheet,
        area,
        header: table.format("header").map(|header| header != "no"),
        wanted: table
            .columns
            .iter()
            .map(|column| column.column.name.clone())
            .collect(),
        is_cleaned,
    };
    let look = reading.look(&mut book, limits)?;
    let locale = Locale::from_name(table.format("locale").unwrap_or_default());
    let (columns, places) = look.columns(table, &reading, &locale)?;
    let schema = schema_of(&columns);
    let limits = limits.clone();
    let batches_schema = schema.clone();
    Batches::from_thread(schema, move |sink| {
        let mut builder = BatchBuilder::new(batches_schema, &columns, &[]);
        reading.send(&mut book, &look, &places, &mut builder, &limits, sink)
    })
}

/// Lists the sheets and named ranges of a spreadsheet, as relations name them.
pub(crate) fn tables(file: &DataFile, limits: &DataLimits) -> Result<Vec<String>> {
    let book = Book::open(file, limits)?;
    let (sheets, names) = book.names();
    Ok(sheets
        .into_iter()
        .map(|sheet| format!("{sheet}$"))
        .chain(
            names
                .into_iter()
                .filter(|(_, meaning)| name::reference(meaning).is_some())
                .map(|(name, _)| name),
        )
        .collect())
}

impl Book {
    fn open(file: &DataFile, limits: &DataLimits) -> Result<Self> {
        let damaged = |message: String| DataError::damaged(file.name(), message);
        let mut head = [0; 4];
        let mut opened = file.open()?;
        let length = opened
            .read(&mut head)
            .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
        let reader = || file.open().map(BufReader::new);
        match &head[..length] {
            b"PK\x03\x04" => match check::package(file, limits)? {
                check::Kind::Xlsb => Xlsb::new(reader()?)
                    .map(|book| Self::Xlsb(Box::new(book)))
                    .map_err(|error| damaged(error.to_string())),
                check::Kind::Xlsx => Xlsx::new(reader()?)
                    .map(|book| Self::Xlsx(Box::new(book)))
                    .map_err(|error| damaged(error.to_string())),
            },
            b"\xd0\xcf\x11\xe0" => {
                check::old(file, limits)?;
                Xls::new(reader()?)
                    .map(|book| Self::Xls(Box::new(book)))
                    .map_err(|error| damaged(error.to_string()))
            }
            _ => Err(damaged("it is no spreadsheet".to_owned())),
        }
    }

    /// Returns the names of the sheets, and named ranges with what they stand for.
    fn names(&self) -> (Vec<String>, Vec<(String, String)>) {
        match self {
            Self::Xlsx(book) => (book.sheet_names(), book.defined_names().to_vec()),
            Self::Xlsb(book) => (book.sheet_names(), book.defined_names().to_vec()),
            Self::Xls(book) => (book.sheet_names(), book.defined_names().to_vec()),
        }
    }

    /// Finds the sheet and the part of it that a table means.
    fn place(&self, table: &TableSpec, file: &str) -> Result<(String, Area)> {
        let name = table.parts().pop().unwrap_or_default();
        let (sheets, names) = self.names();
        let wanted = SheetName::parse(&name);
        let no_table = || DataError::NoTable {
            table: shorten(&name),
            place: file.to_owned(),
            known: known(sheets.iter().map(|sheet| format!("{sheet}$"))),
        };
        if !wanted.is_sheet
            && let Some((_, meaning)) = names
                .iter()
                .find(|(found, _)| found.eq_ignore_ascii_case(&wanted.sheet))
        {
            let (sheet, area) = name::reference(meaning).ok_or_else(|| {
                DataError::damaged(
                    file,
                    format!(
                        "the named range `{}` is not one rectangle: {}",
                        shorten(&wanted.sheet),
                        shorten(meaning)
                    ),
                )
            })?;
            let sheet = name::find(&sheets, &sheet).ok_or_else(no_table)?;
            return Ok((sheet, area));
        }
        let sheet = name::find(&sheets, &wanted.sheet).ok_or_else(no_table)?;
        let mut area = wanted.area.unwrap_or_default();
        if wanted.area.is_none()
            && let Some(start) = table.format("gridOrigin").and_then(name::origin)
        {
            // Tableau: the region that was in use when the sheet was looked at; rows that came later count too.
            area = start;
        }
        Ok((sheet, area))
    }
}

/// Which cells are read.
struct Reading {
    file: String,
    sheet: String,
    area: Area,
    header: Option<bool>,
    /// Names of the columns that the document lists.
    wanted: Vec<String>,
    is_cleaned: bool,
}

/// What the first rows show.
struct Look {
    /// The row of the header, or the first row of data.
    first_row: u32,
    /// The column that counts as the first.
    first_column: u32,
    names: Vec<String>,
    has_header: bool,
    guesses: Vec<Guess>,
}

impl Reading {
    /// Tells whether a row has all the names that the document lists.
    fn is_header(&self, cells: &[(u32, Cell<'_>)]) -> bool {
        let texts: Vec<String> = cells
            .iter()
            .map(|(_, cell)| cell.text().trim().to_lowercase())
            .collect();
        self.wanted
            .iter()
            .all(|name| texts.contains(&name.trim().to_lowercase()))
    }

    /// Looks at the first rows: where the table begins, its header, and what the columns hold.
    fn look(&self, book: &mut Book, limits: &DataLimits) -> Result<Look> {
        let mut rows: Vec<(u32, Vec<(u32, Cell<'static>)>)> = Vec::new();
        let mut guesses: Vec<(u32, Guess)> = Vec::new();
        let mut seen = 0;
        let mut skipped = 0;
        let mut first_column = u32::MAX;
        let mut guess_of = |column: u32, cell: &Cell<'_>, locale: &Locale| {
            let at = match guesses.binary_search_by_key(&column, |(column, _)| *column) {
                Ok(at) => at,
                Err(at) => {
                    guesses.insert(at, (column, Guess::default()));
                    at
                }
            };
            cell.guess(&mut guesses[at].1, locale);
        };
        let locale = Locale::default();
        sheet::rows(
            book,
            &self.sheet,
            &self.file,
            &self.area,
            limits,
            &mut |row, cells| {
                if self.is_cleaned && seen == 0 && !self.is_header(cells) {
                    skipped += 1;
                    return Ok(match skipped < INTERPRETED_ROWS {
                        true => ControlFlow::Continue(()),
                        false => ControlFlow::Break(()),
                    });
                }
                first_column = first_column.min(cells[0].0);
                if rows.len() < 2 {
                    rows.push((
                        row,
                        cells
                            .iter()
                            .map(|(column, cell)| (*column, cell.owned()))
                            .collect(),
                    ));
                }
                if seen > 0 {
                    for (column, cell) in cells {
                        guess_of(*column, cell, &locale);
                    }
                }
                seen += 1;
                Ok(if seen > SPREADSHEET_ROWS {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            },
        )?;
        let first_column = self.area.first_column.unwrap_or(first_column);
        if self.is_cleaned && rows.is_empty() {
            return Err(DataError::UnsupportedSetting {
                setting: "the data interpreter",
                value: format!("{}$ of {}", self.sheet, self.file),
                hint: "no row of the sheet has the names of the columns; publish the cleaned table"
                    .to_owned(),
            });
        }
        let Some((first_row, first)) = rows.first() else {
            return Ok(Look {
                first_row: 0,
                first_column: 0,
                names: Vec::new(),
                has_header: self.header.unwrap_or(true),
                guesses: Vec::new(),
            });
        };
        let has_header = match self.header {
            _ if self.is_cleaned => true,
            Some(has_header) => has_header,
            None => first.iter().all(|(_, cell)| matches!(cell, Cell::Text(_))),
        };
        if !has_header {
            for (column, cell) in first {
                guess_of(*column, cell, &locale);
            }
        }
        let last_column = first
            .iter()
            .map(|(column, _)| *column)
            .chain(guesses.iter().map(|(column, _)| *column))
            .max()
            .unwrap_or(first_column);
        let width = last_column.saturating_sub(first_column) as usize + 1;
        if width > limits.columns {
            return Err(DataError::TooLarge {
                what: self.file.clone(),
                limit: limits.columns as u64,
                unit: "columns",
            });
        }
        let mut names = vec![String::new(); width];
        if has_header {
            for (column, cell) in first {
                if let Some(name) = column
                    .checked_sub(first_column)
                    .and_then(|at| names.get_mut(at as usize))
                {
                    *name = cell.text();
                }
            }
        }
        let mut by_place = vec![Guess::default(); width];
        for (column, guess) in guesses {
            if let Some(place) = column
                .checked_sub(first_column)
                .and_then(|at| by_place.get_mut(at as usize))
            {
                *place = guess;
            }
        }
        Ok(Look {
            first_row: *first_row,
            first_column,
            names: header_names(names),
            has_header,
            guesses: by_place,
        })
    }

    /// Reads all rows below the header.
    fn send(
        &self,
        book: &mut Book,
        look: &Look,
        places: &[usize],
        builder: &mut BatchBuilder,
        limits: &DataLimits,
        sink: &BatchSink,
    ) -> Result<()> {
        let locale = Locale::default();
        let mut next_row = look.first_row + u32::from(look.has_header);
        let mut row_cells: Vec<Cell<'static>> = Vec::new();
        let width = look.names.len();
        sheet::rows(
            book,
            &self.sheet,
            &self.file,
            &self.area,
            limits,
            &mut |row, cells| {
                if row < next_row {
                    return Ok(ControlFlow::Continue(()));
                }
                // Empty rows between others are rows of nulls; those at the end are none.
                while next_row < row {
                    builder.columns.iter_mut().for_each(ColumnBuilder::push_null);
                    builder.end_row(8 * places.len());
                    next_row += 1;
                    if builder.is_full(limits) {
                        sink.send(builder.finish()?)?;
                    }
                }
                row_cells.clear();
                row_cells.resize(width, Cell::Null);
                let mut bytes = 0;
                let mut by_place: Vec<Option<&Cell<'_>>> = vec![None; width];
                for (column, cell) in cells {
                    if let Some(place) = column
                        .checked_sub(look.first_column)
                        .and_then(|at| by_place.get_mut(at as usize))
                    {
                        bytes += cell.bytes();
                        *place = Some(cell);
                    }
                }
                for (column, place) in builder.columns.iter_mut().zip(places) {
                    match by_place.get(*place).copied().flatten() {
                        Some(cell) => cell.push(column, &locale),
                        None => column.push_null(),
                    }
                }
                builder.end_row(bytes + 8 * places.len());
                next_row += 1;
                if builder.is_full(limits) {
                    sink.send(builder.finish()?)?;
                }
                Ok(ControlFlow::Continue(()))
            },
        )?;
        if builder.rows() > 0 {
            sink.send(builder.finish()?)?;
        }
        Ok(())
    }
}

impl Look {
    /// Finds the columns of the document in the sheet, or takes those that are there.
    fn columns(
        &self,
        table: &TableSpec,
        reading: &Reading,
        _locale: &Locale,
    ) -> Result<(Vec<Column>, Vec<usize>)> {
        if table.columns.is_empty() {
            return Ok(self
                .names
                .iter()
                .zip(&self.guesses)
                .enumerate()
                .map(|(place, (name, guess))| {
                    let column = Column {
                        name: name.clone(),
                        kind: guess.decide(),
                    };
                    (column, place)
                })
                .unzip());
        }
        let mut columns = Vec::with_capacity(table.columns.len());
        let mut places = Vec::with_capacity(table.columns.len());
        for (index, wanted) in table.columns.iter().enumerate() {
            let ordinal = wanted.ordinal.unwrap_or(index);
            let place = if self.has_header {
                place_of(&wanted.column.name, ordinal, &self.names).ok_or_else(|| DataError::NoColumn {
                    column: shorten(&wanted.column.name),
                    table: format!("{}$ of {}", reading.sheet, reading.file),
                    known: known(&self.names),
                })?
            } else {
                ordinal
            };
            columns.push(wanted.column.clone());
            places.push(place);
        }
        Ok((columns, places))
    }
}
