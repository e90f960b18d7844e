//! The rows of a sheet, one by one, from whichever format.

use std::borrow::Cow;
use std::ops::ControlFlow;

use calamine::{Data, DataRef, Reader};
use vivant_calc::civil::{Date, DateTime};

use super::Book;
use super::name::Area;
use crate::build::ColumnBuilder;
use crate::error::{DataError, Result, shorten};
use crate::infer::Guess;
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::ColumnType;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'c> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'c, str>),
    Boolean(bool),
    /// Days since the end of 1899.
    Moment(f64),
    /// A date in ISO 8601.
    Iso(Cow<'c, str>),
}

impl Cell<'_> {
    fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    pub fn owned(&self) -> Cell<'static> {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(value) => Cell::Integer(*value),
            Self::Real(value) => Cell::Real(*value),
            Self::Text(value) => Cell::Text(Cow::Owned(value.clone().into_owned())),
            Self::Boolean(value) => Cell::Boolean(*value),
            Self::Moment(value) => Cell::Moment(*value),
            Self::Iso(value) => Cell::Iso(Cow::Owned(value.clone().into_owned())),
        }
    }

    /// Returns about how much room the cell takes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Iso(text) => text.len(),
            _ => 8,
        }
    }

    /// Returns the cell as the name of a column.
    pub fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Integer(value) => value.to_string(),
            Self::Real(value) => value.to_string(),
            Self::Text(value) | Self::Iso(value) => value.clone().into_owned(),
            Self::Boolean(value) => if *value { "True" } else { "False" }.to_owned(),
            Self::Moment(days) => moment(*days).map_or_else(String::new, |moment| match moment.time() {
                0 => moment.date().to_string(),
                _ => moment.to_string(),
            }),
        }
    }

    /// Counts what the cell looks like.
    pub fn guess(&self, guess: &mut Guess, locale: &Locale) {
        match self {
            Self::Null => {}
            Self::Integer(_) => guess.value(ColumnType::Integer),
            Self::Real(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                guess.value(ColumnType::Integer)
            }
            Self::Real(_) => guess.value(ColumnType::Real),
            Self::Text(_) => guess.value(ColumnType::String),
            Self::Boolean(_) => guess.value(ColumnType::Boolean),
            Self::Moment(days) if days.fract() == 0.0 => guess.value(ColumnType::Date),
            Self::Moment(_) => guess.value(ColumnType::DateTime),
            Self::Iso(text) => guess.text(text, locale),
        }
    }

    /// Adds the cell to a column; what does not fit is null, as Tableau has it.
    pub fn push(&self, column: &mut ColumnBuilder, locale: &Locale) {
        match self {
            Self::Null => column.push_null(),
            Self::Integer(value) => column.push_integer(*value),
            Self::Real(value) => column.push_number(*value),
            Self::Text(text) if text.is_empty() => column.push_null(),
            Self::Text(text) => column.push_text(text, locale),
            Self::Boolean(value) => column.push_boolean(*value),
            Self::Moment(days) => column.push_moment(moment(*days), *days),
            Self::Iso(text) => column.push_text(text, locale),
        }
    }
}

/// Gives the moment of a count of days, to the millisecond that spreadsheets keep.
fn moment(days: f64) -> Option<DateTime> {
    // Spreadsheets count a 29 February 1900 that never was, so days before March are one off.
    let days = if (1.0..60.0).contains(&days) {
        days + 1.0
    } else {
        days
    };
    let micros = Date::new(1899, 12, 30)?.midnight().plus_serial(days)?.micros();
    let rounded = micros.checked_add(500)?.div_euclid(1_000) * 1_000;
    DateTime::from_micros(rounded)
}

/// A row: its number and its cells, none of them null, in order.
type EachRow<'f> = dyn FnMut(u32, &[(u32, Cell<'_>)]) -> Result<ControlFlow<()>> + 'f;

/// Calls `each` with the rows of an area that have a cell, in order.
pub(super) fn rows(
    book: &mut Book,
    sheet: &str,
    file: &str,
    area: &Area,
    limits: &DataLimits,
    each: &mut EachRow<'_>,
) -> Result<()> {
    let damaged =
        |message: String| DataError::damaged(file, format!("sheet `{}`: {message}", shorten(sheet)));
    let unordered = || damaged("its rows are not in order".to_owned());
    let mut rows = Rows {
        cells: Vec::new(),
        row: 0,
        limit: limits.columns,
        file,
    };
    // The two readers have the same methods and no trait for them.
    macro_rules! stream {
        ($book:expr) => {{
            let epoch = epoch($book.has_1904_epoch());
            let mut reader = $book
                .worksheet_cells_reader(sheet)
                .map_err(|error| damaged(error.to_string()))?;
            while let Some(found) = reader.next_cell().map_err(|error| damaged(error.to_string()))? {
                let (row, column) = found.get_position();
                if area.last_row.is_some_and(|last| row > last) {
                    break;
                }
                let cell = shared(found.get_value(), epoch);
                if cell.is_null() || !area.has(row, column) {
                    continue;
                }
                if rows.starts(row).ok_or_else(unordered)? && rows.hand_out(each)?.is_break() {
                    return Ok(());
                }
                rows.push(row, column, cell.owned())?;
            }
        }};
    }
    match book {
        Book::Xlsx(book) => stream!(book),
        Book::Xlsb(book) => stream!(book),
        Book::Xls(book) => {
            let epoch = epoch(book.has_1904_epoch());
            let range = book
                .worksheet_range(sheet)
                .map_err(|error| damaged(error.to_string()))?;
            let (first_row, first_column) = range.start().unwrap_or_default();
            for (row, values) in (first_row..).zip(range.rows()) {
                let cells: Vec<(u32, Cell<'_>)> = (first_column..)
                    .zip(values)
                    .filter(|(column, _)| area.has(row, *column))
                    .map(|(column, value)| (column, plain(value, epoch)))
                    .filter(|(_, cell)| !cell.is_null())
                    .collect();
                if !cells.is_empty() && each(row, &cells)?.is_break() {
                    return Ok(());
                }
            }
            return Ok(());
        }
    }
    // Whether more rows are wanted does not matter any more.
    rows.hand_out(each).map(drop)
}

/// Returns by how many days the count of a file is behind: some count from 1904.
fn epoch(is_1904: bool) -> f64 {
    if is_1904 { 1_462.0 } else { 0.0 }
}

/// The row under construction.
struct Rows<'f> {
    cells: Vec<(u32, Cell<'static>)>,
    row: u32,
    limit: usize,
    file: &'f str,
}

impl Rows<'_> {
    /// Tells whether this row is a new one; `None` if it should have come before.
    fn starts(&self, row: u32) -> Option<bool> {
        if self.cells.is_empty() || row == self.row {
            return Some(false);
        }
        (row > self.row).then_some(true)
    }

    fn push(&mut self, row: u32, column: u32, cell: Cell<'static>) -> Result<()> {
        self.row = row;
        if self.cells.len() >= self.limit {
            return Err(DataError::TooLarge {
                what: self.file.to_owned(),
                limit: self.limit as u64,
                unit: "columns",
            });
        }
        self.cells.push((column, cell));
        Ok(())
    }

    fn hand_out(&mut self, each: &mut EachRow<'_>) -> Result<ControlFlow<()>> {
        if self.cells.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        self.cells.sort_by_key(|(column, _)| *column);
        let flow = each(self.row, &self.cells)?;
        self.cells.clear();
        Ok(flow)
    }
}

fn shared<'c>(value: &'c DataRef<'_>, epoch: f64) -> Cell<'c> {
    match value {
        DataRef::Int(value) => Cell::Integer(*value),
        DataRef::Float(value) => Cell::Real(*value),
        DataRef::String(value) => Cell::Text(Cow::Borrowed(value)),
        DataRef::SharedString(value) => Cell::Text(Cow::Borrowed(value)),
        DataRef::Bool(value) => Cell::Boolean(*value),
        DataRef::DateTime(value) => Cell::Moment(value.as_f64() + epoch),
        DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => Cell::Iso(Cow::Borrowed(value)),
        DataRef::Error(_) | DataRef::Empty => Cell::Null,
    }
}

fn plain(value: &Data, epoch: f64) -> Cell<'_> {
    match value {
        Data::Int(value) => Cell::Integer(*value),
        Data::Float(value) => Cell::Real(*value),
        Data::String(value) => Cell::Text(Cow::Borrowed(value)),
        Data::Bool(value) => Cell::Boolean(*value),
        Data::DateTime(value) => Cell::Moment(value.as_f64() + epoch),
        Data::DateTimeIso(value) | Data::DurationIso(value) => Cell::Iso(Cow::Borrowed(value)),
        Data::Error(_) | Data::Empty => Cell::Null,
    }
}
