//! What is done on the result of a query: order, table calculations, filters of these, results put together.

mod address;
mod dense;
mod functions;
mod quick;
mod sort;
mod table;

pub use dense::{Group, fill, too_large};
pub use functions::aggregate;
pub use sort::{Orders, members, ranks, sort, summed};
pub use table::Calculation;

use std::collections::HashMap;

use vivant_calc::kernel::text::Collation;
use vivant_calc::{Diagnostic, Value};
use vivant_document::spec::{FieldRef, FilterTest, Literal, MemberSet, RangeNulls};

use crate::asker::Item;
use crate::fields::unsupported;
use crate::filters::dates_of;
use crate::frame::{ColumnRole, Frame, FrameColumn, compare};
use crate::rows::Surroundings;

/// Results beside the table that calculations read: by a measure and the dimensions it was asked for.
pub type Extra = HashMap<(FieldRef, Vec<FieldRef>), Frame>;

/// Writes a value so that equal values have equal texts, for looking up.
pub fn key_text(value: &Value) -> String {
    match value {
        Value::Null => "\u{0}".to_owned(),
        Value::Real(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("n{}", *value as i64),
        Value::Integer(value) => format!("n{value}"),
        other => format!("{}:{other}", other.data_type()),
    }
}

/// Writes a value of a column so that values that count as equal have equal texts.
pub fn key_in(column: &FrameColumn, value: &Value) -> String {
    key_with(column.ignores_case, value)
}

/// Writes a value so that values that count as equal have equal texts.
pub fn key_with(ignores_case: bool, value: &Value) -> String {
    match value {
        Value::String(text) if ignores_case => {
            format!("{}:{}", value.data_type(), Collation::IgnoreCase.key(text))
        }
        value => key_text(value),
    }
}

/// Writes the dimensions of a row.
fn row_key(frame: &Frame, row: usize, dimensions: &[usize]) -> String {
    let mut key = String::new();
    for &column in dimensions {
        let column = &frame.columns[column];
        key.push_str(&key_in(column, &column.values[row]));
        key.push('\u{1}');
    }
    key
}

/// Writes the members that each row has of some dimensions.
pub fn keys_by(frame: &Frame, dimensions: &[FieldRef]) -> Vec<String> {
    let columns: Vec<usize> = dimensions
        .iter()
        .filter_map(|key| frame.columns.iter().position(|column| column.key == *key))
        .collect();
    (0..frame.rows).map(|row| row_key(frame, row, &columns)).collect()
}

/// Writes the members that each row has of some dimensions.
pub fn row_keys(frame: &Frame, dimensions: &[Item]) -> Vec<String> {
    let keys: Vec<FieldRef> = dimensions.iter().map(|item| item.key.clone()).collect();
    keys_by(frame, &keys)
}

/// Finds the rows of each combination of members.
pub fn row_places(frame: &Frame, dimensions: &[Item]) -> HashMap<String, Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (row, key) in row_keys(frame, dimensions).into_iter().enumerate() {
        places.entry(key).or_default().push(row);
    }
    places
}

/// Puts two results with the same dimensions together: every row of both, measures side by side.
pub fn outer_join(mut left: Frame, right: Frame) -> Frame {
    let dimensions = |frame: &Frame| -> Vec<usize> {
        (0..frame.columns.len())
            .filter(|&index| frame.columns[index].role == ColumnRole::Dimension)
            .collect()
    };
    let (a, b) = (dimensions(&left), dimensions(&right));
    let mut places: HashMap<String, usize> =
        (0..left.rows).map(|row| (row_key(&left, row, &a), row)).collect();
    let mut target = Vec::with_capacity(right.rows);
    for row in 0..right.rows {
        let key = row_key(&right, row, &b);
        let place = *places.entry(key).or_insert_with(|| {
            for (&to, &from) in a.iter().zip(&b) {
                let value = right.columns[from].values[row].clone();
                left.columns[to].values.push(value);
            }
            for column in left
                .columns
                .iter_mut()
                .filter(|column| column.role == ColumnRole::Measure)
            {
                column.values.push(Value::Null);
            }
            left.rows += 1;
            left.rows - 1
        });
        target.push(place);
    }
    for column in right
        .columns
        .into_iter()
        .filter(|column| column.role == ColumnRole::Measure)
    {
        let mut values = vec![Value::Null; left.rows];
        for (row, value) in column.values.into_iter().enumerate() {
            values[target[row]] = value;
        }
        left.columns.push(FrameColumn { values, ..column });
    }
    left
}

/// Leaves out the rows that a filter of the finished table does not keep.
pub fn filter(
    frame: &mut Frame,
    key: &FieldRef,
    test: &FilterTest,
    surroundings: &Surroundings,
) -> Result<(), Box<Diagnostic>> {
    let Some(column) = frame.column(key) else {
        return Ok(());
    };
    let mut kept = Vec::with_capacity(frame.rows);
    for row in 0..frame.rows {
        if keeps(test, &column.values[row], column.ignores_case, surroundings)? {
            kept.push(row);
        }
    }
    if kept.len() < frame.rows {
        frame.take(&kept);
    }
    Ok(())
}

/// Tells whether a filter keeps a value.
pub fn keeps(
    test: &FilterTest,
    value: &Value,
    ignores_case: bool,
    surroundings: &Surroundings,
) -> Result<bool, Box<Diagnostic>> {
    let at_least = |bound: &Option<Literal>| match bound.as_ref().and_then(Literal::value) {
        Some(bound) => compare(value, bound).is_ge(),
        None => true,
    };
    let at_most = |bound: &Option<Literal>| match bound.as_ref().and_then(Literal::value) {
        Some(bound) => compare(value, bound).is_le(),
        None => true,
    };
    Ok(match test {
        FilterTest::All => true,
        FilterTest::Members(members) => member(members, value, ignores_case)?,
        FilterTest::Range { min, max, nulls } => match (nulls, value.is_null()) {
            (RangeNulls::All, _) => true,
            (RangeNulls::NullOnly, null) => null,
            (RangeNulls::NonNull, null) => !null,
            (RangeNulls::InRangeOrNull, true) => true,
            (_, true) => false,
            _ => at_least(min) && at_most(max),
        },
        FilterTest::Relative {
            include_null,
            include_future,
            ..
        } => {
            let (from, to, anchor) = dates_of(test, surroundings)?;
            let moment = match value {
                Value::Null => return Ok(*include_null),
                Value::Date(date) => date.midnight(),
                Value::DateTime(moment) => *moment,
                _ => return Ok(false),
            };
            moment >= from && moment < to && (*include_future || moment <= anchor)
        }
        FilterTest::Other(class) => return Err(unsupported(&format!("filters of class '{class}'"))),
    })
}

fn member(set: &MemberSet, value: &Value, ignores_case: bool) -> Result<bool, Box<Diagnostic>> {
    let is = |literal: &Literal| match (literal.value(), value) {
        (Some(Value::String(one)), Value::String(text)) if ignores_case => {
            Collation::IgnoreCase.key(one) == Collation::IgnoreCase.key(text)
        }
        (Some(one), value) => key_text(one) == key_text(value),
        (None, _) => false,
    };
    let member = |set: &MemberSet| member(set, value, ignores_case);
    Ok(match set {
        MemberSet::All(_) => true,
        MemberSet::Empty(_) => false,
        MemberSet::Member { member, .. } => is(member),
        MemberSet::Range { from, to, .. } => {
            let from = from.value().is_none_or(|from| compare(value, from).is_ge());
            let to = to.value().is_none_or(|to| compare(value, to).is_le());
            from && to
        }
        MemberSet::Union(parts) => {
            let mut found = false;
            for part in parts {
                found |= member(part)?;
            }
            found
        }
        MemberSet::Intersection(parts) | MemberSet::Cross(parts) => {
            let mut found = true;
            for part in parts {
                found &= member(part)?;
            }
            found
        }
        MemberSet::Except(all, out) => member(all)? && !member(out)?,
        MemberSet::Where { .. } | MemberSet::Top { .. } | MemberSet::Set(_) | MemberSet::Other(_) => {
            return Err(unsupported(
                "conditions, ranks and sets as filters of the finished table",
            ));
        }
    })
}
