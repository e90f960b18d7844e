//! Results: the rows of a marks card as plain values.

use std::cmp::Ordering;

use vivant_calc::{DataType, Value};
use vivant_document::spec::FieldRef;

/// What a column of a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// Part of the level of detail.
    Dimension,
    /// Computed for each mark.
    Measure,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameColumn {
    /// The pill or field that it belongs to.
    pub key: FieldRef,
    /// Whether it groups or was computed.
    pub role: ColumnRole,
    /// The type of its values.
    pub data_type: DataType,
    /// The values. Several values where one is asked for are [`MANY`].
    pub values: Vec<Value>,
}

/// What stands for more than one value.
pub const MANY: &str = "*";

/// The rows of a marks card.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// The columns, dimensions first.
    pub columns: Vec<FrameColumn>,
    /// The number of rows.
    pub rows: usize,
    /// For each row whether the data has none for it: headers and table calculations need it. Empty where there
    /// is no such row.
    pub added: Vec<bool>,
    /// The members of dimensions in the order of display, where it is the same in all of the table.
    pub members: Vec<(FieldRef, Vec<Value>)>,
}

impl Frame {
    /// Finds a column.
    pub fn column(&self, key: &FieldRef) -> Option<&FrameColumn> {
        self.columns.iter().find(|column| column.key == *key)
    }

    /// Returns a value; null where there is none.
    pub fn value(&self, key: &FieldRef, row: usize) -> Value {
        self.column(key)
            .and_then(|column| column.values.get(row))
            .cloned()
            .unwrap_or(Value::Null)
    }

    /// Tells whether a row makes a mark: whether the data has it, or something was computed for it.
    pub fn is_mark(&self, row: usize) -> bool {
        let measures = self
            .columns
            .iter()
            .filter(|column| column.role == ColumnRole::Measure);
        !self.added.get(row).is_some_and(|added| *added)
            || measures.into_iter().any(|column| !column.values[row].is_null())
    }

    /// Puts rows in another order, or leaves rows out.
    pub fn take(&mut self, order: &[usize]) {
        if !self.added.is_empty() {
            self.added = order.iter().map(|&row| self.added[row]).collect();
        }
        for column in &mut self.columns {
            column.values = order.iter().map(|&row| column.values[row].clone()).collect();
        }
        self.rows = order.len();
    }
}

/// Compares values of one type for sorting: null first, false before true, text without letter case.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => collate(a, b),
        (Value::Date(a), Value::Date(b)) => a.days().cmp(&b.days()),
        (Value::DateTime(a), Value::DateTime(b)) => a.micros().cmp(&b.micros()),
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}

/// Returns a value as a number, days and moments as theirs.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Real(value) => Some(*value),
        Value::Boolean(value) => Some(f64::from(u8::from(*value))),
        Value::Date(date) => Some(date.days() as f64 * 86_400e6),
        Value::DateTime(moment) => Some(moment.micros() as f64),
        _ => None,
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(_) => 1,
        Value::Integer(_) | Value::Real(_) => 2,
        Value::Date(_) | Value::DateTime(_) => 3,
        Value::String(_) => 4,
    }
}

/// Compares texts as people order them: punctuation before digits before letters, letter case last.
///
/// Tableau: the collation of English at the second strength; this is its outline for Latin text.
fn collate(a: &str, b: &str) -> Ordering {
    let key = |c: char| -> (u8, char) {
        match c {
            c if c.is_whitespace() => (0, c),
            c if c.is_alphabetic() => (3, base(c)),
            c if c.is_numeric() => (2, c),
            c => (1, c),
        }
    };
    let primary = a.chars().map(key).cmp(b.chars().map(key));
    primary
        .then_with(|| a.to_lowercase().cmp(&b.to_lowercase()))
        // Lower case comes first in English collations.
        .then_with(|| b.cmp(a))
}

/// Returns the letter below its accents, in lower case.
fn base(c: char) -> char {
    let lower = c.to_lowercase().next().unwrap_or(c);
    match lower {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ß' => 's',
        'ť' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ž' | 'ż' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ordered_as_people_do() {
        let mut words = ["b", "A", "a", "Ä", "2", "-", "B"];
        words.sort_by(|a, b| collate(a, b));
        assert_eq!(words, ["-", "2", "a", "A", "Ä", "b", "B"]);
    }
}
