//! Rows of all combinations of members.

use std::collections::{HashMap, HashSet};

use vivant_calc::{Diagnostic, Value};
use vivant_document::spec::FieldRef;

use super::key_in;
use crate::frame::Frame;

/// Dimensions whose members come together.
pub struct Group {
    keys: Vec<FieldRef>,
    /// Members that there are besides those of the rows.
    more: Vec<Vec<Value>>,
}

impl Group {
    /// Takes dimensions, and members of theirs that the rows may lack.
    pub fn new(keys: Vec<FieldRef>, more: Vec<Vec<Value>>) -> Group {
        Group { keys, more }
    }
}

/// Says that a result is too large.
pub fn too_large(most: usize) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("query.too-large", format!("the view has more than {most} rows"))
            .hint("filter it, or ask for it at a higher level"),
    )
}

/// Adds a row without measures for each combination of the members of groups that has none. A dimension of no
/// group has no value in them. `most` is how many values there may be.
pub fn fill(frame: &mut Frame, groups: &[Group], most: usize) -> Result<(), Box<Diagnostic>> {
    let mut sets: Vec<(Vec<usize>, Vec<Vec<Value>>)> = Vec::with_capacity(groups.len());
    for group in groups.iter().filter(|group| !group.keys.is_empty()) {
        let columns: Vec<usize> = group
            .keys
            .iter()
            .filter_map(|key| frame.columns.iter().position(|column| column.key == *key))
            .collect();
        if columns.len() != group.keys.len() {
            return Ok(());
        }
        let mut seen = HashSet::new();
        let mut tuples = Vec::new();
        let present = (0..frame.rows).map(|row| -> Vec<Value> {
            let values = columns.iter().map(|&at| frame.columns[at].values[row].clone());
            values.collect()
        });
        for tuple in present.chain(group.more.iter().cloned()) {
            if seen.insert(text_of(frame, &columns, &tuple)) {
                tuples.push(tuple);
            }
        }
        sets.push((columns, tuples));
    }
    let combinations = sets
        .iter()
        .try_fold(1_usize, |all, (_, tuples)| all.checked_mul(tuples.len()));
    let width = frame.columns.len().max(1);
    let size = combinations.filter(|count| count.saturating_mul(width) <= most);
    let Some(size) = size else {
        return Err(too_large(most / width));
    };
    if size == 0 || sets.is_empty() {
        return Ok(());
    }
    let order: Vec<usize> = sets.iter().flat_map(|(columns, _)| columns.clone()).collect();
    let known: HashSet<String> = (0..frame.rows)
        .map(|row| super::row_key(frame, row, &order))
        .collect();
    let before = frame.rows;
    let mut at = vec![0; sets.len()];
    for _ in 0..size {
        let tuple: Vec<&Value> = at
            .iter()
            .zip(&sets)
            .flat_map(|(&at, (_, tuples))| &tuples[at])
            .collect();
        if !known.contains(&text_of(frame, &order, tuple.iter().copied())) {
            let values: HashMap<usize, &Value> = order.iter().copied().zip(tuple).collect();
            for (index, column) in frame.columns.iter_mut().enumerate() {
                let value = values.get(&index).map_or(Value::Null, |value| (*value).clone());
                column.values.push(value);
            }
            frame.rows += 1;
        }
        for (place, (_, tuples)) in at.iter_mut().zip(&sets).rev() {
            *place += 1;
            if *place < tuples.len() {
                break;
            }
            *place = 0;
        }
    }
    if frame.rows > before {
        frame.added.resize(before, false);
        frame.added.resize(frame.rows, true);
    }
    Ok(())
}

fn text_of<'v>(frame: &Frame, columns: &[usize], tuple: impl IntoIterator<Item = &'v Value>) -> String {
    let mut text = String::new();
    for (&column, value) in columns.iter().zip(tuple) {
        text.push_str(&key_in(&frame.columns[column], value));
        text.push('\u{1}');
    }
    text
}

#[cfg(test)]
mod tests {
    use vivant_calc::DataType;

    use super::*;
    use crate::frame::{ColumnRole, FrameColumn};

    fn frame(rows: &[(i64, i64, i64)]) -> Frame {
        let column = |name: &str, role, values: Vec<i64>| FrameColumn {
            key: FieldRef::new("d", name),
            role,
            data_type: DataType::Integer,
            values: values.into_iter().map(Value::Integer).collect(),
            ignores_case: false,
            bin: None,
        };
        Frame {
            columns: vec![
                column("a", ColumnRole::Dimension, rows.iter().map(|row| row.0).collect()),
                column("b", ColumnRole::Dimension, rows.iter().map(|row| row.1).collect()),
                column("m", ColumnRole::Measure, rows.iter().map(|row| row.2).collect()),
            ],
            rows: rows.len(),
            added: Vec::new(),
            members: Vec::new(),
        }
    }

    fn group(name: &str, more: &[i64]) -> Group {
        let more = more.iter().map(|value| vec![Value::Integer(*value)]);
        Group::new(vec![FieldRef::new("d", name)], more.collect())
    }

    #[test]
    fn combinations_without_a_row_get_one() {
        let mut found = frame(&[(1, 1, 10), (2, 2, 20)]);
        fill(&mut found, &[group("a", &[3]), group("b", &[])], 100).unwrap();
        assert_eq!(found.rows, 6);
        assert_eq!(found.added, [false, false, true, true, true, true]);
        let a: Vec<String> = found.columns[0].values.iter().map(Value::to_string).collect();
        let b: Vec<String> = found.columns[1].values.iter().map(Value::to_string).collect();
        assert_eq!(a, ["1", "2", "1", "2", "3", "3"]);
        assert_eq!(b, ["1", "2", "2", "1", "1", "2"]);
        assert!(found.is_mark(0) && !found.is_mark(2));
    }

    #[test]
    fn too_many_combinations_are_refused() {
        let rows: Vec<(i64, i64, i64)> = (0..100).map(|at| (at, at, 1)).collect();
        let error = fill(&mut frame(&rows), &[group("a", &[]), group("b", &[])], 20_000).unwrap_err();
        assert_eq!(error.code, "query.too-large");
    }
}
