//! Grand totals and subtotals: each level of them is asked anew over the rows below, or computed from the cells
//! that are shown where a pill says so.
//!
//! Tableau: the total of a pill is its own aggregation over all rows of the larger group, so that averages are
//! those of rows and distinct counts count each value once. Filters of aggregates do not change totals, and those
//! of table calculations only where they say so.

use std::collections::HashSet;

use vivant_calc::Diagnostic;
use vivant_document::spec::{Aggregate, FieldRef, Side};

use crate::asker::{Asker, Item, Wanted};
use crate::engine::Total;
use crate::frame::Frame;
use crate::local;
use crate::query::Ask;

type Found<T> = Result<T, Box<Diagnostic>>;

impl Asker<'_> {
    /// Gives the totals of the rows that a level of detail shows.
    pub(crate) async fn totals(
        &self,
        number: usize,
        wanted: &Wanted,
        body: &Frame,
        orders: &local::Orders,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Vec<Total>> {
        let mut totals = Vec::new();
        if !self.has_totals(wanted) {
            return Ok(totals);
        }
        // Tableau: a filter of a table calculation leaves totals as they are unless it is applied to them.
        let (mut late, mut asked) = (Vec::new(), Vec::new());
        // What they pass over was said of the body.
        for (filter, item) in self.late(&mut Vec::new())? {
            if let Some(item) = item.filter(|item| item.local && filter.totals) {
                asked.push(item);
                late.push(filter);
            }
        }
        for over in self.levels(wanted) {
            let (rolled, kept): (Vec<Item>, Vec<Item>) = wanted
                .dimensions
                .iter()
                .cloned()
                .partition(|item| over.contains(&item.key));
            let is_kept = |item: &&Item| !over.contains(&item.key);
            let level = Wanted {
                dimensions: kept,
                measures: wanted.measures.iter().filter(is_kept).cloned().collect(),
                heads: wanted
                    .heads
                    .iter()
                    .filter(|head| !over.contains(head))
                    .cloned()
                    .collect(),
                rolled,
            };
            let mut rows = self
                .table(&level, asked.clone(), Ask::GROUPS, &late, orders, diagnostics)
                .await?;
            // What is not shown has no total either.
            let shown: HashSet<String> = local::row_keys(body, &level.dimensions).into_iter().collect();
            let keys = local::row_keys(&rows, &level.dimensions);
            let kept: Vec<usize> = (0..rows.rows).filter(|&row| shown.contains(&keys[row])).collect();
            rows.take(&kept);
            of_cells(&mut rows, body, &level);
            totals.push(Total {
                frame: number,
                over,
                rows,
            });
        }
        Ok(totals)
    }

    /// Tells whether a level of detail has totals.
    pub(crate) fn has_totals(&self, wanted: &Wanted) -> bool {
        !wanted.measures.iter().all(|item| item.attribute) && !self.levels(wanted).is_empty()
    }

    /// Lists the levels of totals: the headers that each leaves out.
    fn levels(&self, wanted: &Wanted) -> Vec<Vec<FieldRef>> {
        let totals = &self.question.sheet.totals;
        let rows = self.levels_of(Side::Rows, totals.row.is_some(), wanted);
        let cols = self.levels_of(Side::Cols, totals.column.is_some(), wanted);
        let mut levels = Vec::new();
        for row in &rows {
            for col in &cols {
                let over: Vec<FieldRef> = row.iter().chain(col).cloned().collect();
                if !over.is_empty() {
                    levels.push(over);
                }
            }
        }
        levels
    }

    /// Lists what the totals of one side leave out: nothing, what is inside of each subtotal, and everything.
    fn levels_of(&self, side: Side, is_grand: bool, wanted: &Wanted) -> Vec<Vec<FieldRef>> {
        let sheet = self.question.sheet;
        let (here, rows) = match side {
            Side::Rows => (sheet.rows.fields(), Vec::new()),
            Side::Cols => (sheet.cols.fields(), sheet.rows.fields()),
        };
        let mut headers: Vec<&FieldRef> = Vec::new();
        for key in here {
            let item = wanted
                .dimensions
                .iter()
                .chain(wanted.measures.iter().filter(|item| item.attribute))
                .find(|item| item.key == *key);
            // Axes have no place for totals.
            let is_header = item.is_some_and(|item| {
                let asker = self.of(&item.key.source);
                asker.is_ok_and(|asker| item.is_discrete(asker.fields))
            });
            if is_header && !rows.contains(&key) && !headers.contains(&key) {
                headers.push(key);
            }
        }
        let mut levels = vec![Vec::new()];
        for (at, header) in headers.iter().enumerate().rev() {
            let inside = &headers[at + 1..];
            if sheet.totals.subtotals.contains(header) && !inside.is_empty() {
                levels.push(inside.iter().map(|key| (*key).clone()).collect());
            }
        }
        if is_grand && !headers.is_empty() {
            levels.push(headers.into_iter().cloned().collect());
        }
        levels
    }
}

/// Computes the totals of pills whose totals are those of cells.
fn of_cells(rows: &mut Frame, body: &Frame, level: &Wanted) {
    let places = local::row_places(body, &level.dimensions);
    let keys = local::row_keys(rows, &level.dimensions);
    for item in &level.measures {
        let Some(aggregate) = item.pill.as_ref().and_then(|pill| pill.visual_total) else {
            continue;
        };
        let name = match aggregate {
            Aggregate::Sum => "SUM",
            Aggregate::Avg => "AVG",
            Aggregate::Min => "MIN",
            Aggregate::Max => "MAX",
            _ => continue,
        };
        let (Some(cells), Some(column)) = (
            body.column(&item.key),
            rows.columns.iter_mut().find(|column| column.key == item.key),
        ) else {
            continue;
        };
        for (row, key) in keys.iter().enumerate() {
            let of = places.get(key).into_iter().flatten();
            let values: Vec<_> = of.map(|&at| cells.values[at].clone()).collect();
            column.values[row] = local::aggregate(name, &values, None, 0.0);
        }
        if name == "AVG" {
            column.data_type = vivant_calc::DataType::Real;
        }
    }
}
