//! Along which rows a table calculation runs: partitions, and the order in them.

use std::collections::HashMap;

use vivant_calc::Diagnostic;
use vivant_document::spec::{Addressing, FieldRef, SheetSpec, TableCalc};

use super::sort::places;
use crate::engine::Wanted;
use crate::frame::Frame;

/// Rows in partitions, each in the order of the calculation.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The rows of each partition.
    pub partitions: Vec<Vec<usize>>,
}

/// The dimensions of a sheet by where they lie.
struct Places<'w> {
    rows: Vec<&'w FieldRef>,
    cols: Vec<&'w FieldRef>,
    marks: Vec<&'w FieldRef>,
}

impl Order {
    /// Finds partitions and order for the rows of a result that is in the order of display.
    pub fn new(
        frame: &Frame,
        sheet: &SheetSpec,
        wanted: &Wanted,
        calc: &TableCalc,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Order {
        let on = |shelf: &vivant_document::spec::Shelf| -> Vec<&FieldRef> {
            let fields = shelf.fields();
            let dimensions = wanted.dimensions.iter().map(|item| &item.key);
            dimensions.filter(|key| fields.contains(key)).collect()
        };
        let rows = on(&sheet.rows);
        let cols: Vec<&FieldRef> = on(&sheet.cols)
            .into_iter()
            .filter(|key| !rows.contains(key))
            .collect();
        let marks = wanted
            .dimensions
            .iter()
            .map(|item| &item.key)
            .filter(|key| !rows.contains(key) && !cols.contains(key))
            .collect();
        let all = Places { rows, cols, marks };
        let addressed = addressed(&all, wanted, calc, diagnostics);
        let partition_by: Vec<usize> = frame
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| {
                wanted.dimensions.iter().any(|item| item.key == column.key)
                    && !addressed.contains(&&column.key)
            })
            .map(|(index, _)| index)
            .collect();
        let none = HashMap::new();
        let keys: Vec<Vec<usize>> = addressed
            .iter()
            .map(|key| placed(frame, sheet, key, &none))
            .collect();
        let mut found: HashMap<String, usize> = HashMap::new();
        let mut partitions: Vec<Vec<usize>> = Vec::new();
        for row in 0..frame.rows {
            let key = super::row_key(frame, row, &partition_by);
            let index = *found.entry(key).or_insert_with(|| {
                partitions.push(Vec::new());
                partitions.len() - 1
            });
            partitions[index].push(row);
        }
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

/// Gives the place of each row's member: the order of display where the dimension has one of its own.
fn placed(frame: &Frame, sheet: &SheetSpec, key: &FieldRef, none: &super::sort::Orders) -> Vec<usize> {
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
            *seen.entry(super::key_text(value)).or_insert(next)
        })
        .collect()
}

fn addressed<'w>(
    all: &Places<'w>,
    wanted: &'w Wanted,
    calc: &TableCalc,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<&'w FieldRef> {
    let join = |parts: &[&[&'w FieldRef]]| parts.concat();
    let last = |list: &[&'w FieldRef]| -> Vec<&'w FieldRef> { list.last().copied().into_iter().collect() };
    if calc.level.is_some() {
        diagnostics.push(Diagnostic::warning(
            "query.unsupported",
            "table calculations at a level are computed at the deepest level",
        ));
    }
    if calc.sort.is_some() {
        diagnostics.push(Diagnostic::warning(
            "query.unsupported",
            "table calculations with an order of their own are computed in the order of display",
        ));
    }
    match &calc.addressing {
        Addressing::Rows => join(&[&all.cols, &all.marks]),
        Addressing::Columns => join(&[&all.rows, &all.marks]),
        Addressing::Table => join(&[&all.rows, &all.cols, &all.marks]),
        Addressing::TableCol => join(&[&all.cols, &all.rows, &all.marks]),
        Addressing::Pane => join(&[&last(&all.rows), &last(&all.cols), &all.marks]),
        Addressing::PaneCol => join(&[&last(&all.cols), &last(&all.rows), &all.marks]),
        Addressing::RowInPane => last(&all.cols),
        Addressing::ColumnInPane => last(&all.rows),
        Addressing::CellInPane => all.marks.clone(),
        Addressing::Fields(fields) => {
            let mut list: Vec<&FieldRef> = fields
                .iter()
                .filter_map(|field| {
                    let keys = wanted.dimensions.iter().map(|item| &item.key);
                    let by_field = |item: &&crate::engine::Item| {
                        item.key.source == field.source && item.field == field.name
                    };
                    keys.into_iter()
                        .find(|key| *key == field)
                        .or_else(|| wanted.dimensions.iter().find(by_field).map(|item| &item.key))
                })
                .collect();
            if let Some(restart) = &calc.restart
                && let Some(position) = list.iter().position(|key| *key == restart)
            {
                // The field and all above it start the calculation again.
                list.drain(..=position);
            }
            list
        }
    }
}
