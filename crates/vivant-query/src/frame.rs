//! Results: the rows of a marks card as plain values.

use std::cmp::Ordering;

use vivant_calc::kernel::text::{Collation, dictionary};
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
    /// Whether its texts are the same in upper and lower case.
    pub ignores_case: bool,
    /// How people read the values, if they are numbers of bins.
    pub bin: Option<Bin>,
}

impl FrameColumn {
    /// Tells how its texts are compared.
    pub(crate) fn collation(&self) -> Option<Collation> {
        let collation = match self.ignores_case {
            true => Collation::IgnoreCase,
            false => Collation::Binary,
        };
        (self.data_type == DataType::String).then_some(collation)
    }
}

/// Where bins begin. Documents and queries know bins by their numbers; people see where each begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The width of each.
    pub size: f64,
    /// Where the bin of the number 0 begins.
    pub peg: f64,
}

impl Bin {
    /// Tells whether all bins begin at whole numbers.
    pub fn is_whole(&self) -> bool {
        self.size.fract() == 0.0 && self.peg.fract() == 0.0
    }

    /// Returns where a bin begins; what is no number stays as it is.
    pub fn start(&self, value: &Value) -> Value {
        let Some(index) = number(value) else {
            return value.clone();
        };
        let start = index * self.size + self.peg;
        match self.is_whole() && start.abs() < 9e15 {
            true => Value::Integer(start as i64),
            // Three tenths, not a hair more than that.
            false => Value::Real(format!("{start:.11e}").parse().unwrap_or(start)),
        }
    }
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
            let values = &mut column.values;
            // No row comes twice.
            let taken = order
                .iter()
                .map(|&row| std::mem::replace(&mut values[row], Value::Null));
            column.values = taken.collect();
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
        (Value::String(a), Value::String(b)) => dictionary(a, b),
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

/// Returns bytes that are ordered as [`compare`] orders texts.
pub fn order_key(text: &str) -> Vec<u8> {
    let mut key = Collation::IgnoreCase.order_key(text).into_bytes();
    // Texts that are the same so far have as many characters, so that none begins another.
    key.extend(text.bytes().map(|byte| !byte));
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_begin_at_their_number_times_the_size() {
        let start = |size, peg, index| Bin { size, peg }.start(&Value::Integer(index));
        assert_eq!(start(50.0, 0.0, -14), Value::Integer(-700));
        assert_eq!(start(10.0, 3.0, 2), Value::Integer(23));
        assert_eq!(start(0.1, 0.0, 3), Value::Real(0.3));
        assert_eq!(start(2.5, 0.5, 2), Value::Real(5.5));
        assert_eq!(Bin { size: 5.0, peg: 0.0 }.start(&Value::Null), Value::Null);
    }

    #[test]
    fn keys_are_ordered_as_texts_are() {
        let words = [
            "", "a", "A", "aa", "AB", "Ab", "ab", "a b", "a-b", "ä", "Ä", "a\0", "a\0b", "b", "2", "10", "-",
            " ", "é", "É", "ﬁ", "𝔸", "\u{7f}", "İ", "i",
        ];
        for a in words {
            for b in words {
                let texts = compare(&Value::String(a.to_owned()), &Value::String(b.to_owned()));
                assert_eq!(order_key(a).cmp(&order_key(b)), texts, "{a:?} and {b:?}");
            }
        }
    }
}
