//! Exports: the rows of a sheet as a table in the order that Tableau writes, and as files.
//!
//! [`csv`], [`json`] and [`parquet`] write the summary data of an answer: one line for each mark; [`Form`] names the
//! same files for rows that are written as they come. [`xlsx`] writes the crosstab: the table as the sheet lays it
//! out.

mod crosstab;
mod format;
mod sending;
mod text;
mod title;

use std::collections::BTreeSet;

use vivant_calc::{DataType, Value};
use vivant_data::DataError;
use vivant_document::display::{self, ENGLISH, Language};
use vivant_document::spec::{
    Addressing, Derivation, FieldKind, FieldRef, FieldSpec, Literal, Pill, SheetSpec, WorkbookSpec,
    format_for,
};
use vivant_query::{Answer, Bin, ColumnRole, Frame, FrameColumn};

pub(crate) use crosstab::{MOST_VALUES, xlsx_by};
pub use crosstab::{xlsx, xlsx_in};
pub(crate) use sending::Sending;
pub use sending::{Form, csv, csv_in, json, parquet};

/// Why an answer cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// It does not fit.
    #[error("the crosstab has {found} {unit}, and a spreadsheet takes {limit}; ask for the data as CSV")]
    TooLarge {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
    /// The spreadsheet cannot be made.
    #[error("the spreadsheet: {0}")]
    Spreadsheet(String),
    /// The Parquet file cannot be made.
    #[error("{0}")]
    Parquet(#[from] DataError),
    /// It cannot be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// A column of an export.
pub(crate) struct Shown<'a> {
    key: FieldRef,
    pub(crate) role: ColumnRole,
    pub(crate) data_type: DataType,
    field: Option<&'a FieldSpec>,
    pub(crate) derivation: Derivation,
    pub(crate) format: Option<String>,
    pub(crate) title: String,
    pub(crate) language: &'static Language,
    words: &'static Language,
    bin: Option<Bin>,
}

impl<'a> Shown<'a> {
    /// Describes a column, with words of Tableau's own in a language; numbers and dates are English at first.
    pub(crate) fn new(
        words: &'static Language,
        workbook: &'a WorkbookSpec,
        sheet: &'a SheetSpec,
        column: &FrameColumn,
    ) -> Shown<'a> {
        let key = &column.key;
        let pill: Option<&Pill> = sheet.pill(key);
        let name = pill.map_or(key.name.as_str(), |pill| pill.field.as_str());
        let local = sheet
            .local_fields
            .iter()
            .find(|(source, field)| *source == key.source && field.name == name)
            .map(|(_, field)| field);
        let source = workbook.source(&key.source);
        let field = local.or_else(|| source.and_then(|source| source.field(name)));
        let of_sheet = format_for(&sheet.style, "cell", "text-format", key)
            .or_else(|| format_for(&sheet.style, "label", "text-format", key));
        // Shares of a total are shown as such.
        let is_share = sheet.percentages.is_some()
            && column.role == ColumnRole::Measure
            && column.data_type.is_number()
            && !pill.is_some_and(|pill| pill.has_table_calc() || pill.derivation == Derivation::Attribute);
        let own = match is_share {
            true => Some("p0.00%"),
            false => pill.and_then(display::calc_format),
        };
        // Tableau: bins are written like the numbers that they cut.
        let of_cut = || match &field?.kind {
            FieldKind::Bin { field, .. } => source?.field(field)?.format.clone(),
            _ => None,
        };
        let format = of_sheet
            .map(str::to_owned)
            .or_else(|| own.map(str::to_owned))
            .or_else(|| field.and_then(|field| field.format.clone()))
            .or_else(of_cut);
        let alias = source.and_then(|source| {
            let found = source.measure_aliases.iter().find(|(known, _)| known == key);
            found.map(|(_, alias)| alias.clone())
        });
        Shown {
            key: key.clone(),
            role: column.role,
            data_type: match column.bin {
                Some(bin) if !bin.is_whole() => DataType::Real,
                _ => column.data_type,
            },
            bin: column.bin,
            language: ENGLISH,
            words,
            derivation: pill.map_or(Derivation::None, |pill| pill.derivation),
            format,
            title: alias.unwrap_or_else(|| {
                let parameter = || match workbook.parameter(name).filter(|_| key.source == "Parameters") {
                    Some(parameter) => parameter.caption.clone(),
                    None => name.to_owned(),
                };
                let title = field.map_or_else(parameter, |field| title::of(words, field, pill, source));
                match is_share {
                    true => words.phrase("% of Total #", &[&title]) + &share_scope(words, sheet),
                    false => title,
                }
            }),
            field,
        }
    }

    /// The label of a member, if it has one.
    fn alias(&self, value: &Value) -> Option<&str> {
        if self.role == ColumnRole::Measure {
            return None;
        }
        let mut aliases = self.field?.aliases.iter();
        let same = |key: &Literal| matches!(key, Literal::Value(key) if key == value);
        aliases
            .find(|(key, _)| same(key))
            .map(|(_, alias)| alias.as_str())
    }

    /// Returns the value that people see, which of a bin is where it begins.
    fn seen(&self, value: &Value) -> Value {
        self.bin.map_or_else(|| value.clone(), |bin| bin.start(value))
    }

    /// Writes a value as the sheet shows it.
    pub(crate) fn text(&self, value: &Value) -> String {
        match (self.alias(value), value, self.role) {
            (Some(alias), _, _) => alias.to_owned(),
            (_, Value::Null, ColumnRole::Dimension) => self.words.say("Null").to_owned(),
            (_, Value::Boolean(value), _) => self.words.say(if *value { "True" } else { "False" }).to_owned(),
            _ => {
                let write = match self.role {
                    ColumnRole::Dimension => display::member_in,
                    _ => display::text_in,
                };
                write(
                    self.language,
                    &self.seen(value),
                    self.derivation,
                    self.format.as_deref(),
                )
            }
        }
    }
}

/// Says along what the shares of a sheet run that shows all measures so.
fn share_scope(words: &Language, sheet: &SheetSpec) -> String {
    let addressing = match sheet.percentages.as_deref() {
        Some("row") => Addressing::Rows,
        Some("column") => Addressing::Columns,
        Some("pane") => Addressing::Pane,
        Some("row-in-pane") => Addressing::RowInPane,
        Some("column-in-pane") => Addressing::ColumnInPane,
        Some("cell" | "cell-in-pane") => Addressing::CellInPane,
        _ => Addressing::Table,
    };
    title::along(words, &addressing, None)
}

/// A cell of the summary.
enum Cell<'c> {
    /// A value of a column; `None` where the mark has no such field.
    Value(&'c Shown<'c>, Option<&'c Value>),
    /// The title of a measure.
    Name(&'c str),
    /// All members of a field together: a total.
    All(DataType),
}

/// What stands for all members of a field.
///
/// Tableau: lines of totals have this word in the columns of the fields that they leave out.
const ALL: &str = "All";

impl Cell<'_> {
    fn text(&self) -> String {
        match self {
            Cell::Value(shown, Some(value)) => shown.text(value),
            Cell::Value(_, None) => String::new(),
            Cell::Name(name) => (*name).to_owned(),
            Cell::All(_) => ALL.to_owned(),
        }
    }

    /// The value itself; labels of texts in place of the texts.
    fn plain(&self) -> Value {
        match self {
            Cell::Value(shown, Some(value)) => match (shown.alias(value), value) {
                (Some(alias), Value::String(_)) => Value::String(alias.to_owned()),
                _ => shown.seen(value),
            },
            Cell::Value(_, None) => Value::Null,
            Cell::Name(name) => Value::String((*name).to_owned()),
            Cell::All(DataType::String) => Value::String(ALL.to_owned()),
            // A column of another type has no word for it.
            Cell::All(_) => Value::Null,
        }
    }
}

/// The summary data of a sheet: dimensions, then measures, one line for each mark.
struct Summary<'a> {
    dimensions: Vec<Shown<'a>>,
    /// Measures with a column of their own.
    measures: Vec<Shown<'a>>,
    /// Measures of the list of measure names, which share a column.
    listed: Vec<Shown<'a>>,
}

impl<'a> Summary<'a> {
    /// Finds the columns; the rows of the answer do not matter.
    fn new(workbook: &'a WorkbookSpec, sheet: &'a SheetSpec, answer: &Answer) -> Summary<'a> {
        let shelves: Vec<&FieldRef> = sheet
            .rows
            .fields()
            .into_iter()
            .chain(sheet.cols.fields())
            .collect();
        let (mut dimensions, mut measures) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        // Marks cards of another level of detail have columns of their own.
        for column in answer.frames.iter().flat_map(|frame| &frame.columns) {
            // An outline is no value to read.
            let is_outline = column.key.is_generated() && column.data_type == DataType::Spatial;
            if !seen.insert(&column.key) || is_outline {
                continue;
            }
            let shown = Shown::new(ENGLISH, workbook, sheet, column);
            match column.role {
                ColumnRole::Dimension => dimensions.push(shown),
                ColumnRole::Measure => measures.push(shown),
            }
        }
        // Shelves in their order, then the marks card by title.
        let place = |shown: &Shown<'_>| shelves.iter().position(|key| **key == shown.key);
        dimensions.sort_by(|a, b| match (place(a), place(b)) {
            (None, None) => a.title.cmp(&b.title),
            (a, b) => a.unwrap_or(usize::MAX).cmp(&b.unwrap_or(usize::MAX)),
        });
        // What is on the marks card comes before what is on an axis.
        measures.sort_by_key(|shown| place(shown).map_or(0, |at| at + 1));
        let mut listed = Vec::new();
        for name in &answer.measure_names {
            if let Some(at) = measures.iter().position(|shown| shown.key == *name) {
                listed.push(measures.remove(at));
            }
        }
        Summary {
            dimensions,
            measures,
            listed,
        }
    }

    /// Writes numbers and dates in a language.
    fn spoken(mut self, language: &'static Language) -> Summary<'a> {
        let all = self.dimensions.iter_mut().chain(&mut self.measures);
        for shown in all.chain(&mut self.listed) {
            shown.language = language;
        }
        self
    }

    fn header(&self) -> Vec<&str> {
        let mut header: Vec<&str> = self
            .dimensions
            .iter()
            .chain(&self.measures)
            .map(|shown| shown.title.as_str())
            .collect();
        if !self.listed.is_empty() {
            header.extend(["Measure Names", "Measure Values"]);
        }
        header
    }

    /// The header with a number behind names that come again.
    fn names(&self) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut names = Vec::new();
        for title in self.header() {
            let mut name = title.to_owned();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{title} ({number})");
                number += 1;
            }
            names.push(name);
        }
        names
    }

    fn types(&self) -> Vec<DataType> {
        let own = self.dimensions.iter().chain(&self.measures);
        let mut types: Vec<DataType> = own.map(|shown| shown.data_type).collect();
        if let Some(first) = self.listed.first() {
            let same = self.listed.iter().all(|shown| shown.data_type == first.data_type);
            let all_numbers = self.listed.iter().all(|shown| shown.data_type.is_number());
            types.push(DataType::String);
            types.push(match (same, all_numbers) {
                (true, _) => first.data_type,
                (_, true) => DataType::Real,
                _ => DataType::String,
            });
        }
        types
    }

    /// Hands out the lines of a frame or of totals one by one.
    fn lines(
        &self,
        frame: &Frame,
        over: &[FieldRef],
        take: &mut dyn FnMut(&[Cell<'_>]) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let own = columns(&self.dimensions, frame)
            .into_iter()
            .chain(columns(&self.measures, frame));
        let own: Vec<_> = own.collect();
        let listed = columns(&self.listed, frame);
        for row in (0..frame.rows).filter(|&row| frame.is_mark(row)) {
            let cells = own.iter().map(|&(shown, column)| match column {
                None if over.contains(&shown.key) => Cell::All(shown.data_type),
                column => Cell::Value(shown, column.map(|column| &column.values[row])),
            });
            let mut cells: Vec<Cell<'_>> = cells.collect();
            if listed.is_empty() {
                take(&cells)?;
                continue;
            }
            let before = cells.len();
            for (shown, column) in &listed {
                cells.truncate(before);
                cells.push(Cell::Name(&shown.title));
                cells.push(Cell::Value(shown, column.map(|column| &column.values[row])));
                take(&cells)?;
            }
        }
        Ok(())
    }
}

/// Finds the columns in a frame.
fn columns<'s, 'a>(list: &'s [Shown<'a>], frame: &'s Frame) -> Vec<(&'s Shown<'a>, Option<&'s FrameColumn>)> {
    list.iter()
        .map(|shown| (shown, frame.column(&shown.key)))
        .collect()
}
