//! What is drawn: the rows of a sheet, one for each mark.

use std::borrow::Cow;
use std::collections::HashSet;

use vivant_calc::{DataType, Value};
use vivant_document::spec::{Derivation, FieldRef, Literal, Pill, SheetSpec, WorkbookSpec};
use vivant_render::Bitmap;

/// A column of rows.
pub struct Column<'a> {
    /// The pill or field.
    pub key: FieldRef,
    /// Its title as headers and axes show it, such as `Avg. Sales`.
    pub title: String,
    /// Whether it groups (`true`) or was computed.
    pub dimension: bool,
    /// The type of its values.
    pub data_type: DataType,
    /// The values.
    pub values: Cow<'a, [Value]>,
    /// Writes a value as headers and labels show it.
    pub text: Box<dyn Fn(&Value) -> String + 'a>,
    /// The format that the document gives its numbers, if any.
    pub format: Option<String>,
}

/// The rows of a marks card.
#[derive(Default)]
pub struct Rows<'a> {
    /// The columns.
    pub columns: Vec<Column<'a>>,
    /// How many rows there are.
    pub count: usize,
}

impl<'a> Rows<'a> {
    /// Finds a column.
    pub fn column(&self, key: &FieldRef) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.key == *key)
    }
}

/// The rows of all marks cards of a sheet, in the order in which the sheet shows them.
#[derive(Default)]
pub struct SheetRows<'a> {
    /// For each marks card that is drawn: its number, and which of the frames has its rows.
    pub panes: Vec<(i64, usize)>,
    /// The rows; cards with the same level of detail share them.
    pub frames: Vec<Rows<'a>>,
    /// The measures of the list of measure names, in order.
    pub measure_names: Vec<FieldRef>,
    /// Totals.
    pub totals: Vec<TotalRows<'a>>,
    /// Members of fields beyond those that are shown: those without the filters of the sheet, in order.
    pub domains: Vec<(FieldRef, Vec<Value>)>,
    /// The pictures behind its axes, by the paths of [`crate::backdrop_paths`]; those that are missing are not drawn.
    pub images: Vec<(String, Bitmap)>,
}

/// Totals of one level.
pub struct TotalRows<'a> {
    /// Which of the frames they are of.
    pub frame: usize,
    /// The headers that they go over.
    pub over: Vec<FieldRef>,
    /// The rows, without columns for those headers.
    pub rows: Rows<'a>,
}

/// One mark: a row of a frame, and a measure of the list of measure names where the sheet spreads that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub frame: usize,
    pub row: usize,
    pub measure: Option<usize>,
}

/// A sheet with its rows.
pub(crate) struct Table<'a> {
    pub workbook: &'a WorkbookSpec,
    pub sheet: &'a SheetSpec,
    pub data: &'a SheetRows<'a>,
    /// All marks.
    pub rows: Vec<Row>,
    /// The numbers of the marks that are selected, where any are.
    pub selected: Option<HashSet<usize>>,
}

impl<'a> Table<'a> {
    pub fn new(workbook: &'a WorkbookSpec, sheet: &'a SheetSpec, data: &'a SheetRows<'a>) -> Self {
        let on_shelf = |key: &&FieldRef| key.is_measure_names() || key.is_measure_values();
        let of_cards = sheet
            .panes
            .iter()
            .flat_map(|card| card.encodings.iter().map(|(_, key)| key));
        let fields = sheet.rows.fields().into_iter().chain(sheet.cols.fields());
        let spreads = !data.measure_names.is_empty()
            && (fields.chain(of_cards).any(|key| key.is_measure_values())
                || sheet
                    .rows
                    .fields()
                    .iter()
                    .chain(&sheet.cols.fields())
                    .any(on_shelf));
        let mut rows = Vec::new();
        let totals = data.totals.iter().map(|total| &total.rows);
        for (frame, own) in data.frames.iter().chain(totals).enumerate() {
            for row in 0..own.count {
                if !spreads {
                    rows.push(Row {
                        frame,
                        row,
                        measure: None,
                    });
                    continue;
                }
                for (measure, key) in data.measure_names.iter().enumerate() {
                    if own.column(key).is_some() {
                        rows.push(Row {
                            frame,
                            row,
                            measure: Some(measure),
                        });
                    }
                }
            }
        }
        let mut table = Self {
            workbook,
            sheet,
            data,
            rows,
            selected: None,
        };
        table.turn_to_page();
        table
    }

    /// Leaves the marks of one page: the one that was shown last, else the first.
    fn turn_to_page(&mut self) {
        let Some(key) = self.sheet.pages.first() else {
            return;
        };
        let mut members = self.members(key);
        members.sort_by(crate::color::natural);
        let wanted = match &self.sheet.current_page {
            Some(Literal::Tuple(parts)) => parts.first(),
            other => other.as_ref(),
        };
        let wanted = wanted.and_then(Literal::value);
        let same = |a: &Value, b: &Value| {
            let (a_number, b_number) = (crate::number::number(a), crate::number::number(b));
            a == b || a_number.is_some() && a_number == b_number
        };
        let found = members
            .iter()
            .find(|member| wanted.is_some_and(|wanted| same(member, wanted)));
        let Some(page) = found.or(members.first()).cloned() else {
            return;
        };
        let rows = std::mem::take(&mut self.rows);
        self.rows = rows
            .into_iter()
            .filter(|row| !self.has(*row, key) || self.value(*row, key) == page)
            .collect();
    }

    pub fn pill(&self, key: &FieldRef) -> Option<&'a Pill> {
        self.sheet.pill(key)
    }

    /// Whether fields of a style are some pills: by themselves, or by the names of fields that these show as they are.
    pub fn means(&self, fields: &[FieldRef], keys: &[FieldRef]) -> bool {
        let same = |field: &FieldRef, key: &FieldRef| {
            let plain = |pill: &Pill| pill.field == field.name && pill.derivation == Derivation::None;
            field == key || field.source == key.source && self.pill(key).is_some_and(plain)
        };
        fields.len() == keys.len() && fields.iter().zip(keys).all(|(field, key)| same(field, key))
    }

    /// Whether a pill makes an axis rather than headers.
    pub fn is_continuous(&self, key: &FieldRef) -> bool {
        if key.is_measure_values() || key.is_generated() {
            return true;
        }
        !key.is_measure_names() && self.pill(key).is_some_and(|pill| !pill.discrete)
    }

    fn total(&self, row: Row) -> Option<&'a TotalRows<'a>> {
        self.data
            .totals
            .get(row.frame.checked_sub(self.data.frames.len())?)
    }

    /// Whether a mark is a total.
    pub fn is_total(&self, row: Row) -> bool {
        self.total(row).is_some()
    }

    /// Whether a mark is a total over a header.
    pub fn is_total_over(&self, row: Row, key: &FieldRef) -> bool {
        self.total(row).is_some_and(|total| total.over.contains(key))
    }

    /// The frame of a mark; that of a total is the one whose total it is.
    pub fn frame(&self, row: Row) -> usize {
        self.total(row).map_or(row.frame, |total| total.frame)
    }

    /// The column that a mark has for a pill.
    fn column(&self, row: Row, key: &FieldRef) -> Option<&'a Column<'a>> {
        let frame = match self.total(row) {
            Some(total) => &total.rows,
            None => self.data.frames.get(row.frame)?,
        };
        match row.measure {
            Some(measure) if key.is_measure_values() => frame.column(self.data.measure_names.get(measure)?),
            _ => frame.column(key),
        }
    }

    /// Whether a mark has a value, null or not, for a pill.
    pub fn has(&self, row: Row, key: &FieldRef) -> bool {
        (key.is_measure_names() && row.measure.is_some()) || self.column(row, key).is_some()
    }

    pub fn value(&self, row: Row, key: &FieldRef) -> Value {
        if key.is_measure_names() {
            // The number keeps the order, and tells two of one title apart.
            return row
                .measure
                .map_or(Value::Null, |measure| Value::Integer(measure as i64));
        }
        self.column(row, key)
            .and_then(|column| column.values.get(row.row))
            .cloned()
            .unwrap_or(Value::Null)
    }

    /// The different values that marks have for a pill, in the order of the marks.
    pub fn members(&self, key: &FieldRef) -> Vec<Value> {
        let mut seen: HashSet<String> = HashSet::new();
        let rows = self.rows.iter().filter(|row| self.has(**row, key));
        rows.map(|row| self.value(*row, key))
            .filter(|value| seen.insert(format!("{value:?}")))
            .collect()
    }

    /// The value of a pill as it is shown.
    pub fn text(&self, row: Row, key: &FieldRef) -> String {
        self.shown(row, key, &self.value(row, key))
    }

    fn shown(&self, row: Row, key: &FieldRef, value: &Value) -> String {
        if key.is_measure_names() {
            let listed = row
                .measure
                .and_then(|measure| self.data.measure_names.get(measure));
            return listed.map(|key| self.title(key)).unwrap_or_default();
        }
        self.column(row, key)
            .map(|column| (column.text)(value))
            .unwrap_or_default()
    }

    /// The measure that a mark has for the list of measure values.
    pub fn listed(&self, row: Row, key: &FieldRef) -> Option<FieldRef> {
        let at = row.measure.filter(|_| key.is_measure_values())?;
        self.data.measure_names.get(at).cloned()
    }

    /// What a word in angle brackets stands for, where the sheet knows it.
    pub fn token(&self, word: &str) -> Option<String> {
        match word {
            "Sheet Name" => Some(self.sheet.name.clone()),
            "Page Name" => {
                let key = self.sheet.pages.first()?;
                let row = self.rows.first()?;
                Some(self.text(*row, key))
            }
            "Mark Count" => Some(self.rows.len().to_string()),
            _ => None,
        }
    }

    /// The title of a pill.
    pub fn title(&self, key: &FieldRef) -> String {
        if key.is_measure_names() {
            return self.workbook.language.say("Measure Names").to_owned();
        }
        if key.is_measure_values() {
            return self.workbook.language.say("Value").to_owned();
        }
        self.any_column(key)
            .map_or_else(|| key.name.clone(), |column| column.title.clone())
    }

    /// The name of a field above its headers: dates go by the field, whatever part of them is shown.
    pub fn label(&self, key: &FieldRef) -> String {
        let pill = self.pill(key).filter(|pill| {
            matches!(
                pill.derivation,
                Derivation::Part(_) | Derivation::Trunc(_) | Derivation::MonthYear | Derivation::MonthDayYear
            )
        });
        let source = self.workbook.source(&key.source);
        let field = pill
            .zip(source)
            .and_then(|(pill, source)| source.field(&pill.field));
        field.map_or_else(|| self.title(key), |field| field.caption.clone())
    }

    /// The format of a pill's numbers.
    pub fn format(&self, key: &FieldRef) -> Option<&'a str> {
        if key.is_measure_values() {
            // One that all measures share.
            let mut formats = self.data.measure_names.iter().map(|key| self.format(key));
            let first = formats.next()?;
            return first.filter(|_| formats.all(|format| format == first));
        }
        self.any_column(key)?.format.as_deref()
    }

    /// A number as labels of a pill show it.
    pub fn number_text(&self, key: &FieldRef, value: f64) -> String {
        let key = match key.is_measure_values() {
            true => self.data.measure_names.first().unwrap_or(key),
            false => key,
        };
        let Some(column) = self.any_column(key) else {
            return value.to_string();
        };
        (column.text)(&match column.data_type {
            DataType::Integer => Value::Integer(value.round() as i64),
            DataType::Date | DataType::DateTime => {
                crate::number::moment(value).map_or(Value::Null, Value::DateTime)
            }
            _ => Value::Real(value),
        })
    }

    pub fn data_type(&self, key: &FieldRef) -> DataType {
        if key.is_measure_values() {
            return DataType::Real;
        }
        self.any_column(key)
            .map_or(DataType::Null, |column| column.data_type)
    }

    fn any_column(&self, key: &FieldRef) -> Option<&'a Column<'a>> {
        self.data.frames.iter().find_map(|frame| frame.column(key))
    }
}
