//! Marks by what a document says of them.

use std::collections::{HashMap, HashSet};

use vivant_calc::Value;
use vivant_document::spec::{FieldRef, Literal, Tuple};

use crate::number::number;
use crate::rows::Table;

/// The rows that have the values of each of the tuples, by their dimensions.
pub(crate) fn rows_of<'t>(
    table: &Table<'_>,
    rows: impl Iterator<Item = usize> + Clone,
    tuples: impl Iterator<Item = Option<&'t [(FieldRef, Literal)]>>,
) -> Vec<Option<usize>> {
    // Tuples of the same fields find their rows in the same table.
    let mut tables: HashMap<Vec<&FieldRef>, HashMap<Vec<String>, usize>> = HashMap::new();
    let mut found = Vec::new();
    // A field that the view groups by no longer leaves nothing that the tuple could speak of.
    let is_gone = |key: &FieldRef| {
        let is_known = table.data.frames.iter().any(|frame| frame.column(key).is_some());
        !is_known && !key.is_measure_names() && !table.is_continuous(key)
    };
    for tuple in tuples {
        if tuple.is_some_and(|tuple| tuple.iter().any(|(key, _)| is_gone(key))) {
            found.push(None);
            continue;
        }
        let groups = |key: &FieldRef| key.is_measure_names() || !table.is_measure(key);
        let known: Vec<&(FieldRef, Literal)> = tuple
            .unwrap_or_default()
            .iter()
            .filter(|(key, _)| groups(key))
            .collect();
        let keys: Vec<&FieldRef> = known.iter().map(|(key, _)| key).collect();
        let wanted = known
            .iter()
            .map(|(key, literal)| literal.value().map(|value| written(key, value)));
        let Some(wanted) = wanted
            .collect::<Option<Vec<String>>>()
            .filter(|wanted| !wanted.is_empty())
        else {
            found.push(None);
            continue;
        };
        let by_values = tables.entry(keys).or_insert_with_key(|keys| {
            let mut by_values = HashMap::new();
            for at in rows.clone() {
                let row = table.rows[at];
                let own = keys.iter().map(|key| {
                    let listed = row.measure.filter(|_| key.is_measure_names());
                    match listed.and_then(|at| table.data.measure_names.get(at)) {
                        Some(measure) => format!("{measure:?}"),
                        None => plain(&table.value(row, key)),
                    }
                });
                by_values.entry(own.collect()).or_insert(at);
            }
            by_values
        });
        found.push(by_values.get(&wanted).copied());
    }
    found
}

/// The marks that are selected; `None` where none of those that are named is in the view.
pub(crate) fn selected(table: &Table<'_>, tuples: &[Tuple]) -> Option<HashSet<usize>> {
    if tuples.is_empty() {
        return None;
    }
    let mut found = HashSet::new();
    // Each card has its own row for the same values.
    for frame in 0..table.data.frames.len() {
        let of_frame = |at: &usize| table.rows[*at].frame == frame;
        let rows = (0..table.rows.len()).filter(of_frame);
        let tuples = tuples.iter().map(|tuple| Some(tuple.as_slice()));
        found.extend(rows_of(table, rows, tuples).into_iter().flatten());
    }
    (!found.is_empty()).then_some(found)
}

/// A value of a document as `plain` writes that of a row.
fn written(key: &FieldRef, value: &Value) -> String {
    let listed = match value {
        Value::String(text) if key.is_measure_names() => FieldRef::parse(text, &key.source),
        _ => None,
    };
    listed.map_or_else(|| plain(value), |measure| format!("{measure:?}"))
}

/// A value by which rows are found: numbers and dates of all types are alike.
fn plain(value: &Value) -> String {
    number(value).map_or_else(|| format!("{value:?}"), |number| number.to_string())
}
