//! The order of rows: each dimension by its own order, the outermost first.

use std::borrow::Cow;
use std::collections::HashMap;

use vivant_calc::Value;
use vivant_calc::kernel::text::Collation;
use vivant_document::spec::{FieldRef, SheetSpec, SortBy};

use super::functions::aggregate;
use super::key_in;
use crate::asker::Item;
use crate::frame::{Frame, FrameColumn, compare, number, order_key};

/// Orders of members that queries found, by dimension and text of the member.
pub type Orders = HashMap<FieldRef, HashMap<String, usize>>;

/// Finds the place of each member by a measure.
pub fn ranks(
    frame: &Frame,
    dimension: &FieldRef,
    measure: &FieldRef,
    descending: bool,
) -> HashMap<String, usize> {
    let mut rows: Vec<usize> = (0..frame.rows).collect();
    rows.sort_by(|&a, &b| {
        let by = compare(&frame.value(measure, a), &frame.value(measure, b));
        let by = if descending { by.reverse() } else { by };
        by.then_with(|| compare(&frame.value(dimension, a), &frame.value(dimension, b)))
    });
    let Some(column) = frame.column(dimension) else {
        return HashMap::new();
    };
    rows.into_iter()
        .enumerate()
        .map(|(place, row)| (key_in(column, &column.values[row]), place))
        .collect()
}

/// Sums up what each member of a dimension has.
pub fn summed(frame: &Frame, dimension: &FieldRef, measure: &FieldRef) -> Frame {
    let (Some(members), Some(values)) = (frame.column(dimension), frame.column(measure)) else {
        return Frame::default();
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(Value, Vec<Value>)> = Vec::new();
    for (member, value) in members.values.iter().zip(&values.values) {
        let place = *places.entry(key_in(members, member)).or_insert(found.len());
        if place == found.len() {
            found.push((member.clone(), Vec::new()));
        }
        found[place].1.push(value.clone());
    }
    let rows = found.len();
    let (keys, sums) = found
        .into_iter()
        .map(|(member, values)| {
            let are_numbers = values
                .iter()
                .all(|value| value.is_null() || number(value).is_some());
            let by = if are_numbers { "SUM" } else { "MIN" };
            (member, aggregate(by, &values, None, 0.0))
        })
        .unzip();
    let like = |column: &FrameColumn, values: Vec<Value>| FrameColumn {
        key: column.key.clone(),
        role: column.role,
        data_type: column.data_type,
        values,
        ignores_case: column.ignores_case,
        bin: column.bin,
    };
    Frame {
        columns: vec![like(members, keys), like(values, sums)],
        rows,
        ..Frame::default()
    }
}

/// Gives the place of each row's member among the members of a dimension.
pub fn places(frame: &Frame, sheet: &SheetSpec, dimension: &FieldRef, orders: &Orders) -> Vec<usize> {
    let Some(column) = frame.column(dimension) else {
        return vec![0; frame.rows];
    };
    // Each member once, and the number of each row's member.
    let (mut numbers, mut members) = (HashMap::new(), Vec::new());
    let number = |value| {
        *numbers.entry(Key::of(column, value)).or_insert_with(|| {
            members.push(value);
            members.len() - 1
        })
    };
    let mut places: Vec<usize> = column.values.iter().map(number).collect();
    drop(numbers);
    let sort = sheet.sorts.iter().find(|sort| sort.column == *dimension);
    let descending = sort.is_some_and(|sort| sort.descending);
    let mut order: Vec<usize> = (0..members.len()).collect();
    let is_text = |member: &&Value| matches!(member, Value::Null | Value::String(_));
    match members.iter().all(is_text) {
        // What texts are ordered by costs more to find than to compare.
        true => order.sort_by_cached_key(|&at| match members[at] {
            Value::String(text) => Some(order_key(text)),
            _ => None,
        }),
        false => order.sort_by(|&a, &b| compare(members[a], members[b])),
    }
    match sort.map(|sort| &sort.by) {
        Some(SortBy::List(list)) => {
            let listed: HashMap<String, usize> = list
                .iter()
                .filter_map(|literal| literal.value())
                .enumerate()
                .map(|(place, value)| (key_in(column, value), place))
                .collect();
            let place = |&at: &usize| listed.get(&key_in(column, members[at])).copied();
            order.sort_by_cached_key(|at| place(at).unwrap_or(usize::MAX));
        }
        Some(SortBy::Field(_)) => {
            if let Some(found) = orders.get(dimension) {
                let place = |&at: &usize| found.get(&key_in(column, members[at])).copied();
                order.sort_by_cached_key(|at| place(at).unwrap_or(usize::MAX));
            }
        }
        Some(SortBy::Natural | SortBy::Alphabetic) if descending => order.reverse(),
        _ => {}
    }
    let mut place_of = vec![0; order.len()];
    for (place, member) in order.into_iter().enumerate() {
        place_of[member] = place;
    }
    for place in &mut places {
        *place = place_of[*place];
    }
    places
}

/// A member, for looking up: the same as its [`key_in`] without writing it.
#[derive(PartialEq, Eq, Hash)]
enum Key<'v> {
    Null,
    Number(i64),
    Real(u64),
    Boolean(bool),
    Text(Cow<'v, str>),
    Day(i64),
    Moment(i64),
}

impl<'v> Key<'v> {
    fn of(column: &FrameColumn, value: &'v Value) -> Key<'v> {
        match value {
            Value::Null => Key::Null,
            Value::Integer(value) => Key::Number(*value),
            Value::Real(value) if value.fract() == 0.0 && value.abs() < 1e15 => Key::Number(*value as i64),
            Value::Real(value) if value.is_nan() => Key::Real(f64::NAN.to_bits()),
            Value::Real(value) => Key::Real(value.to_bits()),
            Value::Boolean(value) => Key::Boolean(*value),
            Value::String(text) if column.ignores_case => Key::Text(Collation::IgnoreCase.key(text)),
            Value::String(text) => Key::Text(text.into()),
            Value::Date(date) => Key::Day(date.days()),
            Value::DateTime(moment) => Key::Moment(moment.micros()),
        }
    }
}

/// Lists the members of dimensions in the order of display; those that have another in each pane are left out.
pub fn members(
    frame: &Frame,
    sheet: &SheetSpec,
    dimensions: &[Item],
    orders: &Orders,
) -> Vec<(FieldRef, Vec<Value>)> {
    let is_nested = |key: &FieldRef| {
        let mut sorts = sheet.sorts.iter().filter(|sort| sort.column == *key);
        sorts.any(|sort| matches!(sort.by, SortBy::Nested { .. }))
    };
    let mut found = Vec::new();
    for item in dimensions.iter().filter(|item| !is_nested(&item.key)) {
        let Some(column) = frame.column(&item.key) else {
            continue;
        };
        let places = places(frame, sheet, &item.key, orders);
        let mut all: Vec<(usize, &Value)> = places.into_iter().zip(&column.values).collect();
        all.sort_by_key(|(place, _)| *place);
        all.dedup_by_key(|(place, _)| *place);
        let members = all.into_iter().map(|(_, value)| value.clone());
        found.push((item.key.clone(), members.collect()));
    }
    found
}

/// Puts the rows of a result in the order of display: by what has headers, the outermost first.
pub fn sort(frame: &mut Frame, sheet: &SheetSpec, heads: &[&FieldRef], orders: &Orders) {
    /// The places of the members of a head, and the values that go before them.
    type Head<'f> = (Vec<usize>, Option<(&'f FrameColumn, bool)>);
    let keys: Vec<Head<'_>> = heads
        .iter()
        .map(|head| {
            let nested = sheet.sorts.iter().find_map(|sort| match &sort.by {
                SortBy::Nested { measure, .. } if sort.column == **head => {
                    Some((frame.column(measure)?, sort.descending))
                }
                _ => None,
            });
            (places(frame, sheet, head, orders), nested)
        })
        .collect();
    let mut rows: Vec<usize> = (0..frame.rows).collect();
    rows.sort_by(|&a, &b| {
        for (places, nested) in &keys {
            if let Some((measure, descending)) = nested
                && places[a] != places[b]
            {
                let by = compare(&measure.values[a], &measure.values[b]);
                let by = if *descending { by.reverse() } else { by };
                if by.is_ne() {
                    return by;
                }
            }
            let by = places[a].cmp(&places[b]);
            if by.is_ne() {
                return by;
            }
        }
        a.cmp(&b)
    });
    frame.take(&rows);
}
