//! Along which rows a table calculation runs: partitions, and the order in them.

use std::collections::HashMap;

use vivant_document::spec::{Addressing, FieldRef, SheetSpec, Side, TableCalc};

use super::sort::places;
use super::{Extra, key_in, row_key};
use crate::asker::{Wanted, on_shelf};
use crate::frame::{Frame, compare};

/// Rows in partitions, each in the order of the calculation.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The rows of each partition.
    pub partitions: Vec<Vec<usize>>,
}

impl Order {
    /// Finds partitions and order for the rows of a result that is in the order of display.
    pub fn new(frame: &Frame, sheet: &SheetSpec, wanted: &Wanted, calc: &TableCalc, extra: &Extra) -> Order {
        let addressed = addressed(sheet, wanted, calc);
        let restart = partitioned(sheet, wanted, calc);
        let partition_by: Vec<usize> = restart
            .iter()
            .filter_map(|key| frame.columns.iter().position(|column| column.key == *key))
            .collect();
        let none = HashMap::new();
        let own = calc.sort.as_ref().and_then(|(using, descending)| {
            let by: Vec<FieldRef> = addressed.iter().map(|key| (*key).clone()).collect();
            let found = extra.get(&(using.clone(), by.clone()))?;
            Some(own_order(frame, found, &by, using, *descending))
        });
        let places: Vec<Vec<usize>> = addressed
            .iter()
            .map(|key| placed(frame, sheet, key, &none))
            .collect();
        // Offsets step along the fields down to the level; what is deeper keeps its position.
        let level = calc
            .level
            .as_ref()
            .and_then(|level| addressed.iter().position(|key| is_of(key, level, wanted)));
        let (stepped, deeper) = match level {
            Some(level) => places.split_at(level + 1),
            None => (&places[..], &[][..]),
        };
        let positions = positions(frame, &partition_by, stepped, deeper);
        let mut found: HashMap<(String, usize), usize> = HashMap::new();
        let mut partitions: Vec<Vec<usize>> = Vec::new();
        for row in 0..frame.rows {
            let position = positions.as_ref().map_or(0, |positions| positions[row]);
            let key = (row_key(frame, row, &partition_by), position);
            let index = *found.entry(key).or_insert_with(|| {
                partitions.push(Vec::new());
                partitions.len() - 1
            });
            partitions[index].push(row);
        }
        let keys: Vec<&Vec<usize>> = own.iter().chain(stepped).collect();
        for partition in &mut partitions {
            partition.sort_by(|&a, &b| {
                keys.iter()
                    .map(|places| places[a].cmp(&places[b]))
                    .find(|by| by.is_ne())
                    .unwrap_or_else(|| a.cmp(&b))
            });
        }
        Order { partitions }
    }
}

/// Lists the dimensions at whose members a calculation starts again.
pub fn partitioned(sheet: &SheetSpec, wanted: &Wanted, calc: &TableCalc) -> Vec<FieldRef> {
    let addressed = addressed(sheet, wanted, calc);
    let keys = wanted.dimensions.iter().map(|item| &item.key);
    keys.filter(|key| !addressed.contains(key)).cloned().collect()
}

/// Lists the dimensions along which a calculation runs, the outermost first.
pub fn addressed<'w>(sheet: &SheetSpec, wanted: &'w Wanted, calc: &TableCalc) -> Vec<&'w FieldRef> {
    let rows = on_shelf(sheet, Side::Rows, wanted);
    let cols = on_shelf(sheet, Side::Cols, wanted);
    let marks: Vec<&FieldRef> = wanted
        .dimensions
        .iter()
        .map(|item| &item.key)
        .filter(|key| !rows.contains(key) && !cols.contains(key))
        .collect();
    let join = |parts: &[&[&'w FieldRef]]| parts.concat();
    let last = |list: &[&'w FieldRef]| -> Vec<&'w FieldRef> { list.last().copied().into_iter().collect() };
    match &calc.addressing {
        // Tableau: lines of several colours along dates run apart; where nothing lies on the shelf, as in pies and
        // stacked bars, the calculation runs along what the marks are made of.
        Addressing::Rows if cols.is_empty() => marks,
        Addressing::Rows => cols,
        Addressing::Columns if rows.is_empty() => marks,
        Addressing::Columns => rows,
        Addressing::Table => join(&[&rows, &cols, &marks]),
        Addressing::TableCol => join(&[&cols, &rows, &marks]),
        Addressing::Pane => join(&[&last(&rows), &last(&cols), &marks]),
        Addressing::PaneCol => join(&[&last(&cols), &last(&rows), &marks]),
        Addressing::RowInPane => last(&cols),
        Addressing::ColumnInPane => last(&rows),
        Addressing::CellInPane => marks,
        Addressing::Fields(fields) => {
            let mut list: Vec<&FieldRef> = Vec::new();
            for field in fields {
                for item in &wanted.dimensions {
                    // A field stands for all its parts that are in the view.
                    if is_of(&item.key, field, wanted) && !list.contains(&&item.key) {
                        list.push(&item.key);
                    }
                }
            }
            if let Some(restart) = &calc.restart
                && let Some(position) = list.iter().rposition(|key| is_of(key, restart, wanted))
            {
                // The field and all above it start the calculation again.
                list.drain(..=position);
            }
            list
        }
    }
}

/// Tells whether a dimension is what a calculation names: an instance, or a field with all its parts.
fn is_of(key: &FieldRef, named: &FieldRef, wanted: &Wanted) -> bool {
    key == named
        || wanted
            .dimensions
            .iter()
            .any(|item| item.key == *key && key.source == named.source && item.field == named.name)
}

/// Gives each row its position among the rows of the same step.
fn positions(
    frame: &Frame,
    partition_by: &[usize],
    stepped: &[Vec<usize>],
    deeper: &[Vec<usize>],
) -> Option<Vec<usize>> {
    if deeper.is_empty() {
        return None;
    }
    let mut steps: HashMap<(String, Vec<usize>), Vec<usize>> = HashMap::new();
    for row in 0..frame.rows {
        let step = stepped.iter().map(|places| places[row]).collect();
        let key = (row_key(frame, row, partition_by), step);
        steps.entry(key).or_default().push(row);
    }
    let mut positions = vec![0; frame.rows];
    for mut rows in steps.into_values() {
        rows.sort_by_key(|&row| (deeper.iter().map(|places| places[row]).collect::<Vec<_>>(), row));
        for (position, row) in rows.into_iter().enumerate() {
            positions[row] = position;
        }
    }
    Some(positions)
}

/// Gives the place of each row in an order of the calculation's own.
fn own_order(
    frame: &Frame,
    found: &Frame,
    by: &[FieldRef],
    using: &FieldRef,
    descending: bool,
) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..found.rows).collect();
    rows.sort_by(|&a, &b| {
        let order = compare(&found.value(using, a), &found.value(using, b));
        let order = if descending { order.reverse() } else { order };
        let members = by
            .iter()
            .map(|key| compare(&found.value(key, a), &found.value(key, b)));
        order.then(members.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then))
    });
    let keys = super::keys_by(found, by);
    let places: HashMap<&str, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, &row)| (keys[row].as_str(), place))
        .collect();
    super::keys_by(frame, by)
        .iter()
        .map(|key| places.get(key.as_str()).copied().unwrap_or(usize::MAX))
        .collect()
}

/// Gives the place of each row's member: the order of display where the dimension has one of its own.
fn placed(frame: &Frame, sheet: &SheetSpec, key: &FieldRef, none: &super::Orders) -> Vec<usize> {
    let sorted_by_query = sheet
        .sorts
        .iter()
        .any(|sort| sort.column == *key && matches!(sort.by, vivant_document::spec::SortBy::Field(_)));
    if !sorted_by_query {
        return places(frame, sheet, key, none);
    }
    // The rows are in the order of display already: members in the order in which they come first.
    let mut seen = HashMap::new();
    let Some(column) = frame.column(key) else {
        return vec![0; frame.rows];
    };
    column
        .values
        .iter()
        .map(|value| {
            let next = seen.len();
            *seen.entry(key_in(column, value)).or_insert(next)
        })
        .collect()
}
