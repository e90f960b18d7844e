//! The crosstab: a table laid out as the sheet is, as a spreadsheet.
//!
//! Fields on rows are headers on the left, fields on columns headers above, outermost first; fields that are
//! on the marks card alone follow those on the left. Measures stand in the cells; several of them, or a list of
//! measure names, are one more header. Totals stand behind what they are totals of, or before it where the sheet
//! says so.
//!
//! A crosstab is put in order in memory, so it has a limit; the page is written row by row to a file.

use std::collections::HashMap;
use std::path::Path;

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};
use vivant_calc::Value;
use vivant_document::display::{ENGLISH, Language};
use vivant_document::spec::{FieldRef, SheetSpec, WorkbookSpec};
use vivant_query::{Answer, ColumnRole, Frame, compare};

use super::{ExportError, Shown, Summary, format};

/// The most rows of a spreadsheet.
const MOST_ROWS: usize = 1_048_576;
/// The most columns of a spreadsheet.
const MOST_COLUMNS: usize = 16_384;
/// The most cells of a crosstab: it is held in memory.
const MOST_CELLS: usize = 5_000_000;
/// How many values an answer may have of which a crosstab is made.
pub(crate) const MOST_VALUES: usize = 2 * MOST_CELLS;
/// The most cells of headers on the left that are merged with others: these are held in memory, too. Beyond that a
/// header stands in the first row of those that it is for.
const MOST_MERGED: usize = 250_000;
/// The longest name of a sheet.
const NAME_CHARS: usize = 31;

/// Writes the crosstab of a sheet as an `.xlsx` file.
pub fn xlsx(workbook: &WorkbookSpec, sheet: &SheetSpec, answer: &Answer) -> Result<Vec<u8>, ExportError> {
    xlsx_in(ENGLISH, workbook, sheet, answer)
}

/// Writes the crosstab of a sheet as [`xlsx`] does, headers in a language. Cells are numbers, which spreadsheets
/// show the way of whoever opens them.
pub fn xlsx_in(
    language: &'static Language,
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
) -> Result<Vec<u8>, ExportError> {
    xlsx_by(None, language, workbook, sheet, answer)
}

/// Writes the crosstab of a sheet as [`xlsx_in`] does, its rows by way of a file in a folder if there is one.
pub(crate) fn xlsx_by(
    folder: Option<&Path>,
    language: &'static Language,
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
) -> Result<Vec<u8>, ExportError> {
    let table = Crosstab::new(language, workbook, sheet, answer)?;
    let mut book = Workbook::new();
    let page = match folder {
        Some(folder) => {
            book.set_tempdir(folder).map_err(failed)?;
            book.add_worksheet_with_constant_memory().map_err(failed)?
        }
        None => book.add_worksheet(),
    };
    page.set_name(page_name(&sheet.name)).map_err(failed)?;
    table.write(page).map_err(failed)?;
    book.save_to_buffer().map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn failed(error: XlsxError) -> ExportError {
    ExportError::Spreadsheet(error.to_string())
}

/// Makes the name of a page: what spreadsheets do not take in it is left out.
fn page_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|char| {
            if matches!(char, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || char.is_control() {
                ' '
            } else {
                char
            }
        })
        .take(NAME_CHARS)
        .collect();
    let clean = clean.trim_matches(['\'', ' ']);
    match clean {
        "" => "Sheet".to_owned(),
        // Tableau and spreadsheets keep this name for themselves.
        clean if clean.eq_ignore_ascii_case("history") => format!("{clean} 1"),
        clean => clean.to_owned(),
    }
}

/// A level of headers.
enum Level<'a> {
    /// Members of a field.
    Field(Shown<'a>),
    /// Titles of measures.
    Measures,
}

/// A header: for each level a member, or the number of a measure.
type Header = Vec<Part>;

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A member; `None` where the mark has no such field.
    Member(Option<Value>),
    /// A measure, by its number.
    Measure(usize),
    /// All members of a field: a total.
    All,
}

struct Crosstab<'a> {
    rows: Vec<Level<'a>>,
    cols: Vec<Level<'a>>,
    measures: Vec<Shown<'a>>,
    row_headers: Vec<Header>,
    col_headers: Vec<Header>,
    /// In the order of rows and columns.
    cells: Vec<Found<'a>>,
}

/// A value in its cell.
struct Found<'a> {
    row: u32,
    col: u32,
    measure: u32,
    value: &'a Value,
}

impl<'a> Crosstab<'a> {
    fn new(
        language: &'static Language,
        workbook: &'a WorkbookSpec,
        sheet: &'a SheetSpec,
        answer: &'a Answer,
    ) -> Result<Crosstab<'a>, ExportError> {
        let Summary {
            dimensions,
            measures: own,
            listed,
            ..
        } = Summary::new(workbook, sheet, answer).spoken(language);
        let is_list = !listed.is_empty();
        // Where places are is no number to read across.
        let own = own.into_iter().filter(|shown| !shown.key.is_generated());
        let measures: Vec<Shown<'a>> = listed.into_iter().chain(own).collect();
        let on_cols = sheet.cols.fields();
        let names_on_rows = sheet.rows.fields().iter().any(|key| key.is_measure_names());
        let (cols, rows): (Vec<_>, Vec<_>) = dimensions
            .into_iter()
            .partition(|shown| on_cols.contains(&&shown.key) && !sheet.rows.fields().contains(&&shown.key));
        let mut rows: Vec<Level<'a>> = rows.into_iter().map(Level::Field).collect();
        let mut cols: Vec<Level<'a>> = cols.into_iter().map(Level::Field).collect();
        // One measure in a table with headers above needs no title.
        let titled = is_list || measures.len() > 1 || cols.is_empty();
        if titled && !measures.is_empty() {
            let (levels, shelf) = match names_on_rows {
                true => (&mut rows, sheet.rows.fields()),
                false => (&mut cols, on_cols),
            };
            let at = place_of_names(&shelf, levels);
            levels.insert(at, Level::Measures);
        }
        let mut table = Crosstab {
            rows,
            cols,
            measures,
            row_headers: Vec::new(),
            col_headers: Vec::new(),
            cells: Vec::new(),
        };
        table.fill(sheet, answer)?;
        Ok(table)
    }

    /// Finds the headers, puts them in order and puts the values in their cells.
    fn fill(&mut self, sheet: &SheetSpec, answer: &'a Answer) -> Result<(), ExportError> {
        let totals = &sheet.totals;
        let (mut rows, mut cols) = (
            Headers::new(totals.row == Some(true), MOST_ROWS, "rows or more"),
            Headers::new(totals.column == Some(true), MOST_COLUMNS, "columns or more"),
        );
        let mut found: Vec<Found<'a>> = Vec::new();
        let bodies = answer
            .frames
            .iter()
            .enumerate()
            .map(|(at, frame)| (at, frame, &[][..]));
        let totals = answer.totals.iter();
        let totals = totals.map(|total| (total.frame, &total.rows, &total.over[..]));
        for (part, frame, over) in bodies.chain(totals) {
            let measures = self.measures.iter().enumerate();
            let measures: Vec<(usize, &'a [Value])> = measures
                .filter_map(|(at, shown)| Some((at, &frame.column(&shown.key)?.values[..])))
                .collect();
            for row in 0..frame.rows {
                if measures.is_empty() {
                    let mut header = header_of(&self.rows, frame, row, 0, over);
                    self.tell_apart(&mut header, sheet, part, row);
                    rows.place(header)?;
                    cols.place(header_of(&self.cols, frame, row, 0, over))?;
                }
                for &(measure, values) in &measures {
                    let mut header = header_of(&self.rows, frame, row, measure, over);
                    self.tell_apart(&mut header, sheet, part, row);
                    found.push(Found {
                        row: rows.place(header)?,
                        col: cols.place(header_of(&self.cols, frame, row, measure, over))?,
                        measure: number(measure),
                        value: &values[row],
                    });
                    if found.len() > MOST_CELLS {
                        return Err(ExportError::TooLarge {
                            found: found.len(),
                            limit: MOST_CELLS,
                            unit: "cells or more",
                        });
                    }
                }
            }
        }
        let (row_order, row_headers) = rows.ordered(&known_orders(&self.rows, answer));
        let (col_order, col_headers) = cols.ordered(&known_orders(&self.cols, answer));
        for cell in &mut found {
            cell.row = row_order[cell.row as usize];
            cell.col = col_order[cell.col as usize];
        }
        // Of several values for one cell the last counts.
        found.reverse();
        found.sort_by_key(|cell| (cell.row, cell.col));
        found.dedup_by_key(|cell| (cell.row, cell.col));
        self.cells = found;
        self.row_headers = row_headers;
        self.col_headers = col_headers;
        let check = |found: usize, limit: usize, unit| match found > limit {
            true => Err(ExportError::TooLarge { found, limit, unit }),
            false => Ok(()),
        };
        check(
            self.row_headers.len() + self.cols.len() + 1,
            MOST_ROWS,
            "rows with its headers",
        )?;
        check(
            self.col_headers.len() + self.rows.len(),
            MOST_COLUMNS,
            "columns with its headers",
        )
    }

    /// Marks of a sheet that is not aggregated are rows of their own, also where their headers are the same.
    fn tell_apart(&self, header: &mut Header, sheet: &SheetSpec, frame: usize, row: usize) {
        if !sheet.aggregated {
            let number = i64::try_from(row).unwrap_or(i64::MAX);
            header.push(Part::Measure(frame));
            header.push(Part::Member(Some(Value::Integer(number))));
        }
    }

    fn write(&self, page: &mut Worksheet) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold();
        let top = bold.clone().set_align(FormatAlign::Top);
        let label_rows = usize::from(self.cols.iter().any(|level| matches!(level, Level::Field(_))));
        let first_row = label_rows + self.cols.len();
        let first_col = self.rows.len();
        // Labels of the fields on the left stand in the last row above the cells.
        let label_row = first_row.max(1) - 1;
        let first_row = first_row.max(usize::from(!self.rows.is_empty()));
        if label_rows > 0 {
            let labels: Vec<&str> = self
                .cols
                .iter()
                .filter_map(|level| match level {
                    Level::Field(shown) => Some(shown.title.as_str()),
                    Level::Measures => None,
                })
                .collect();
            let last = first_col + self.col_headers.len().max(1) - 1;
            merged(page, (0, first_col), (0, last), &labels.join(" / "), &bold)?;
        }
        // What is written of a row is written before the next one.
        for row in 0..first_row {
            if let Some(at) = row.checked_sub(label_rows)
                && let Some(level) = self.cols.get(at)
            {
                for (from, to) in runs(&self.col_headers, at) {
                    let cells = ((row, first_col + from), (row, first_col + to));
                    let label = total_label(&self.col_headers[from], at, &self.cols);
                    self.header(page, level, &self.col_headers[from][at], label, cells, &bold)?;
                }
            }
            for (at, level) in self.rows.iter().enumerate().filter(|_| row == label_row) {
                let label = match level {
                    Level::Field(shown) => shown.title.as_str(),
                    Level::Measures => "",
                };
                page.write_string_with_format(number(row), column(at), label, &bold)?;
            }
        }
        let is_merged = self.row_headers.len() * self.rows.len() <= MOST_MERGED;
        let mut levels: Vec<_> = (0..self.rows.len())
            .map(|at| runs(&self.row_headers, at).into_iter().peekable())
            .collect();
        let formats = self.formats();
        let mut cells = self.cells.iter().peekable();
        for (row, header) in self.row_headers.iter().enumerate() {
            for (at, (level, runs)) in self.rows.iter().zip(&mut levels).enumerate() {
                let Some((from, to)) = runs.next_if(|(from, _)| *from == row) else {
                    continue;
                };
                let to = if is_merged { to } else { from };
                let cells = ((first_row + from, at), (first_row + to, at));
                let label = total_label(header, at, &self.rows);
                self.header(page, level, &header[at], label, cells, &top)?;
            }
            while let Some(cell) = cells.next_if(|cell| cell.row as usize == row) {
                let place = (number(first_row + row), column(first_col + cell.col as usize));
                let measure = cell.measure as usize;
                self.value(
                    page,
                    place,
                    &self.measures[measure],
                    cell.value,
                    &formats[measure],
                )?;
            }
        }
        Ok(())
    }

    /// Writes a header, merged over what it is for.
    fn header(
        &self,
        page: &mut Worksheet,
        level: &Level<'_>,
        part: &Part,
        total: &str,
        (from, to): ((usize, usize), (usize, usize)),
        style: &Format,
    ) -> Result<(), XlsxError> {
        let text = match (level, part) {
            (Level::Field(shown), Part::Member(Some(value))) => {
                let day = match value {
                    _ if from != to => None,
                    Value::Date(date) => Some((date.days() as f64, false)),
                    Value::DateTime(moment) => Some((moment.micros() as f64 / 86_400e6, moment.time() != 0)),
                    _ => None,
                };
                let format = day.and_then(|(_, has_time)| {
                    format::date(
                        shown.language,
                        shown.derivation,
                        shown.format.as_deref(),
                        has_time,
                    )
                });
                if let (Some((day, _)), Some(format)) = (day, format)
                    && day + format::EPOCH > 60.0
                {
                    let style = style.clone().set_num_format(format);
                    page.write_number_with_format(
                        number(from.0),
                        column(from.1),
                        day + format::EPOCH,
                        &style,
                    )?;
                    return Ok(());
                }
                shown.text(value)
            }
            (_, Part::Measure(measure)) => self.measures[*measure].title.clone(),
            (_, Part::All) => total.to_owned(),
            _ => String::new(),
        };
        merged(page, from, to, &text, style)
    }

    /// The format of the cells of each measure.
    fn formats(&self) -> Vec<Format> {
        self.measures
            .iter()
            .map(|shown| {
                let is_integer = shown.data_type == vivant_calc::DataType::Integer;
                let code = match shown.data_type {
                    data_type if data_type.is_date() => {
                        let has_time = data_type == vivant_calc::DataType::DateTime;
                        format::date(
                            shown.language,
                            shown.derivation,
                            shown.format.as_deref(),
                            has_time,
                        )
                    }
                    _ => format::number(shown.format.as_deref(), is_integer),
                };
                code.map_or_else(Format::new, |code| Format::new().set_num_format(code))
            })
            .collect()
    }

    fn value(
        &self,
        page: &mut Worksheet,
        (row, col): (u32, u16),
        shown: &Shown<'_>,
        value: &Value,
        format: &Format,
    ) -> Result<(), XlsxError> {
        let days = match value {
            Value::Null => return Ok(()),
            Value::Boolean(value) => {
                page.write_boolean(row, col, *value)?;
                return Ok(());
            }
            Value::Integer(value) => {
                page.write_number_with_format(row, col, *value as f64, format)?;
                return Ok(());
            }
            Value::Real(value) if value.is_finite() => {
                page.write_number_with_format(row, col, *value, format)?;
                return Ok(());
            }
            Value::Date(date) => Some((date.days() as f64, false)),
            Value::DateTime(moment) => Some((moment.micros() as f64 / 86_400e6, moment.time() != 0)),
            Value::Real(_) | Value::String(_) => None,
        };
        // Spreadsheets know no days before March 1900 for sure.
        if let Some((days, has_time)) = days
            && days + format::EPOCH > 60.0
            && format::date(
                shown.language,
                shown.derivation,
                shown.format.as_deref(),
                has_time,
            )
            .is_some()
        {
            page.write_number_with_format(row, col, days + format::EPOCH, format)?;
            return Ok(());
        }
        page.write_string(row, col, shorten(&shown.text(value)))?;
        Ok(())
    }
}

/// Finds where on a shelf the list of measure names stands among the levels.
fn place_of_names(shelf: &[&FieldRef], levels: &[Level<'_>]) -> usize {
    let Some(names) = shelf.iter().position(|key| key.is_measure_names()) else {
        return levels.len();
    };
    let before = |level: &Level<'_>| match level {
        Level::Field(shown) => shelf
            .iter()
            .position(|key| **key == shown.key)
            .is_some_and(|at| at < names),
        Level::Measures => false,
    };
    levels.iter().filter(|level| before(level)).count()
}

/// Returns what stands in a header of all members: the label in the first of them, nothing in those inside.
///
/// Tableau: a total over everything on a shelf is the grand total.
fn total_label(header: &Header, level: usize, levels: &[Level<'_>]) -> &'static str {
    let is_field = |at: &usize| matches!(levels[*at], Level::Field(_));
    let first = (0..levels.len()).find(|&at| header[at] == Part::All);
    match first {
        Some(first) if first != level => "",
        _ if (0..level).any(|at| is_field(&at)) => "Total",
        _ => "Grand Total",
    }
}

fn header_of(levels: &[Level<'_>], frame: &Frame, row: usize, measure: usize, over: &[FieldRef]) -> Header {
    levels
        .iter()
        .map(|level| match level {
            Level::Field(shown) if over.contains(&shown.key) => Part::All,
            Level::Field(shown) => Part::Member(
                frame
                    .column(&shown.key)
                    .filter(|column| column.role == ColumnRole::Dimension)
                    .map(|column| column.values[row].clone()),
            ),
            Level::Measures => Part::Measure(measure),
        })
        .collect()
}

/// Headers as they come up, each one once.
struct Headers {
    known: HashMap<String, u32>,
    all: Vec<Header>,
    /// Whether totals come before what they are totals of.
    totals_first: bool,
    /// How many there may be, and of what.
    limit: usize,
    unit: &'static str,
}

impl Headers {
    fn new(totals_first: bool, limit: usize, unit: &'static str) -> Headers {
        Headers {
            known: HashMap::new(),
            all: Vec::new(),
            totals_first,
            limit,
            unit,
        }
    }

    fn place(&mut self, header: Header) -> Result<u32, ExportError> {
        // Equal values print alike, and no others do.
        let key = format!("{header:?}");
        if let Some(&place) = self.known.get(&key) {
            return Ok(place);
        }
        if self.all.len() == self.limit {
            return Err(ExportError::TooLarge {
                found: self.limit + 1,
                limit: self.limit,
                unit: self.unit,
            });
        }
        let place = number(self.all.len());
        self.known.insert(key, place);
        self.all.push(header);
        Ok(place)
    }

    /// Puts the members of each level in the order that is known; else in that in which they come up, or, where
    /// what comes up rises or falls throughout, in that order: a member may be missing beside the first ones.
    fn ordered(mut self, known: &[Option<Ranks>]) -> (Vec<u32>, Vec<Header>) {
        self.known = HashMap::new();
        let depth = self.all.first().map_or(0, Vec::len);
        let of = |level: usize| match known.get(level) {
            Some(Some(known)) => known.clone(),
            _ => ranks(&self.all, level),
        };
        let ranks: Vec<Ranks> = (0..depth).map(of).collect();
        let total = if self.totals_first { 0 } else { usize::MAX };
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        let key = |place: &usize| -> Vec<usize> {
            let parts = self.all[*place].iter().zip(&ranks);
            parts
                .map(|(part, ranks)| match part {
                    Part::All => total,
                    part => ranks.get(&format!("{part:?}")).map_or(0, |rank| rank + 1),
                })
                .collect()
        };
        order.sort_by_cached_key(key);
        let mut places = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            places[old] = number(new);
        }
        let headers = order.iter().map(|&old| std::mem::take(&mut self.all[old]));
        (places, headers.collect())
    }
}

/// The place of each member of a level.
type Ranks = HashMap<String, usize>;

/// Ranks the members of the levels whose order the answer knows.
fn known_orders(levels: &[Level<'_>], answer: &Answer) -> Vec<Option<Ranks>> {
    let of = |level: &Level<'_>| {
        let Level::Field(shown) = level else { return None };
        let mut frames = answer.frames.iter().flat_map(|frame| &frame.members);
        let (_, members) = frames.find(|(key, _)| *key == shown.key)?;
        let parts = members.iter().map(|value| Part::Member(Some(value.clone())));
        Some(parts.map(|part| format!("{part:?}")).zip(0..).collect())
    };
    // Another frame may have members of its own, which only show in the order in which they come up.
    match answer.frames.len() {
        1 => levels.iter().map(of).collect(),
        _ => Vec::new(),
    }
}

/// Ranks the members of a level.
fn ranks(headers: &[Header], level: usize) -> Ranks {
    let mut members: Vec<&Part> = Vec::new();
    let mut seen = HashMap::new();
    let (mut rises, mut falls) = (true, true);
    let mut before: Option<&Header> = None;
    for header in headers {
        let part = &header[level];
        if *part == Part::All {
            continue;
        }
        if let Some(before) = before
            && before[..level] == header[..level]
        {
            match order_of(&before[level], part) {
                std::cmp::Ordering::Less => falls = false,
                std::cmp::Ordering::Greater => rises = false,
                std::cmp::Ordering::Equal => {}
            }
        }
        before = Some(header);
        seen.entry(format!("{part:?}")).or_insert_with(|| {
            members.push(part);
        });
    }
    match (rises, falls) {
        (true, _) => members.sort_by(|a, b| order_of(a, b)),
        (false, true) => members.sort_by(|a, b| order_of(b, a)),
        _ => {}
    }
    members
        .into_iter()
        .enumerate()
        .map(|(rank, part)| (format!("{part:?}"), rank))
        .collect()
}

fn order_of(a: &Part, b: &Part) -> std::cmp::Ordering {
    match (a, b) {
        (Part::Member(Some(a)), Part::Member(Some(b))) => compare(a, b),
        (Part::Member(a), Part::Member(b)) => a.is_some().cmp(&b.is_some()),
        (Part::Measure(a), Part::Measure(b)) => a.cmp(b),
        (Part::Measure(_), Part::Member(_)) => std::cmp::Ordering::Less,
        (Part::Member(_), Part::Measure(_)) => std::cmp::Ordering::Greater,
        // Totals have a place of their own.
        (Part::All, _) | (_, Part::All) => std::cmp::Ordering::Equal,
    }
}

/// Lists the runs of headers that are the same up to a level: first and last.
fn runs(headers: &[Header], level: usize) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, header) in headers.iter().enumerate() {
        match found.last_mut() {
            Some((from, to)) if headers[*from][..=level] == header[..=level] => *to = at,
            _ => found.push((at, at)),
        }
    }
    found
}

fn merged(
    page: &mut Worksheet,
    from: (usize, usize),
    to: (usize, usize),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let text = shorten(text);
    if from == to {
        page.write_string_with_format(number(from.0), column(from.1), text, format)?;
    } else {
        page.merge_range(
            number(from.0),
            column(from.1),
            number(to.0),
            column(to.1),
            &text,
            format,
        )?;
    }
    Ok(())
}

/// Cuts a text at what a cell takes.
fn shorten(text: &str) -> String {
    const MOST_CHARS: usize = 32_767;
    text.chars().take(MOST_CHARS).collect()
}

/// Returns a number that is below the limits of a page.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

fn column(col: usize) -> u16 {
    u16::try_from(col).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(text: &str) -> Part {
        Part::Member(Some(Value::String(text.to_owned())))
    }

    #[test]
    fn headers_keep_the_order_of_the_sheet() {
        let order = |all: &[&[&str]]| -> Vec<String> {
            let mut headers = Headers::new(false, 9, "rows");
            for header in all {
                let header = header.iter().map(|text| member(text)).collect();
                headers.place(header).unwrap();
            }
            let (_, found) = headers.ordered(&[]);
            found
                .iter()
                .map(|header| {
                    header
                        .iter()
                        .map(|part| match part {
                            Part::Member(Some(Value::String(text))) => text.as_str(),
                            _ => "?",
                        })
                        .collect()
                })
                .collect()
        };
        // The order is by hand where what comes up neither rises nor falls.
        assert_eq!(order(&[&["b"], &["a"], &["c"]]), ["b", "a", "c"]);
        assert_eq!(order(&[&["c"], &["b"], &["a"]]), ["c", "b", "a"]);
        // Members of the second level that come up late stand where they belong.
        assert_eq!(
            order(&[&["x", "b"], &["y", "a"], &["y", "b"]]),
            ["xb", "ya", "yb"]
        );
        let totals = |first: bool| -> Vec<Header> {
            let mut headers = Headers::new(first, 9, "rows");
            for header in [
                [member("b"), member("x")],
                [member("a"), member("x")],
                [member("b"), Part::All],
                [member("a"), Part::All],
                [Part::All, Part::All],
            ] {
                headers.place(header.to_vec()).unwrap();
            }
            headers.ordered(&[]).1
        };
        let texts = |first: bool| -> Vec<String> {
            let of = |part: &Part| match part {
                Part::Member(Some(value)) => value.to_string(),
                _ => "*".to_owned(),
            };
            let all = totals(first);
            all.iter().map(|header| header.iter().map(of).collect()).collect()
        };
        assert_eq!(texts(false), ["bx", "b*", "ax", "a*", "**"]);
        assert_eq!(texts(true), ["**", "b*", "bx", "a*", "ax"]);
    }

    #[test]
    fn more_headers_than_a_page_takes_are_refused_as_they_come() {
        let mut headers = Headers::new(false, 2, "rows or more");
        for text in ["a", "b", "a"] {
            headers.place(vec![member(text)]).unwrap();
        }
        let error = headers.place(vec![member("c")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the crosstab has 3 rows or more, and a spreadsheet takes 2; ask for the data as CSV"
        );
    }

    #[test]
    fn names_of_pages_are_those_that_spreadsheets_take() {
        assert_eq!(page_name("Sales [2024]/Q1"), "Sales  2024  Q1");
        assert_eq!(page_name("'x'"), "x");
        assert_eq!(page_name("///"), "Sheet");
        assert_eq!(page_name(&"é".repeat(40)).chars().count(), 31);
    }
}
