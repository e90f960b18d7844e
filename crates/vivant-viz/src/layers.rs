//! Layers: the marks of one card between two axes.

use std::cell::OnceCell;

use vivant_document::spec::{PaneSpec, SheetSpec, Side};
use vivant_render::Rect;

use crate::color::Coloring;
use crate::lanes::{Axis, Lane};
use crate::marks::{Layer, Mark, MarkKind, Sizes};
use crate::number::number;
use crate::rows::Table;

/// The marks of one card between two axes.
pub(crate) struct Drawn<'a> {
    pub card: &'a PaneSpec,
    pub kind: MarkKind,
    pub row_axis: Option<Axis>,
    pub col_axis: Option<Axis>,
    /// Row lane, column lane and number of each mark.
    pub marks: Vec<(usize, usize, usize)>,
}

impl Drawn<'_> {
    /// What draws them.
    pub fn with<'l>(&'l self, table: &'l Table<'_>, coloring: &'l Coloring) -> Layer<'l> {
        Layer {
            table,
            card: self.card,
            kind: self.kind,
            coloring,
            row_axis: self.row_axis.as_ref(),
            col_axis: self.col_axis.as_ref(),
            sizes: Sizes::of(table, self.card),
            chosen: OnceCell::new(),
        }
    }
}

/// The card for a pair of axes: its own, else the one for all.
fn card<'a>(sheet: &'a SheetSpec, row: Option<&Axis>, col: Option<&Axis>) -> Option<&'a PaneSpec> {
    let is = |side: Side, axis: Option<&Axis>, card: &PaneSpec| {
        card.axis.as_ref().is_some_and(|(of, field, index)| {
            *of == side && axis.is_some_and(|axis| axis.key == *field && axis.index == *index)
        })
    };
    let own = sheet
        .panes
        .iter()
        .find(|card| is(Side::Rows, row, card) || is(Side::Cols, col, card));
    own.or_else(|| sheet.panes.iter().find(|card| card.axis.is_none()))
        .or_else(|| sheet.panes.first())
}

/// The layers of marks: for each pair of axes the marks of its card.
pub(crate) fn layers<'a>(table: &Table<'a>, rows: &[Lane], cols: &[Lane]) -> Vec<Drawn<'a>> {
    let mut row_lanes: Vec<Vec<usize>> = vec![Vec::new(); table.rows.len()];
    for (at, lane) in rows.iter().enumerate() {
        for &row in &lane.rows {
            row_lanes[row].push(at);
        }
    }
    let mut layers: Vec<Drawn<'a>> = Vec::new();
    for (col_at, col) in cols.iter().enumerate() {
        for &row in &col.rows {
            for &row_at in &row_lanes[row] {
                let options = |lane: &Lane| -> Vec<Option<Axis>> {
                    match lane.axes.is_empty() {
                        true => vec![None],
                        false => lane.axes.iter().cloned().map(Some).collect(),
                    }
                };
                for row_axis in options(&rows[row_at]) {
                    for col_axis in options(col) {
                        let Some(card) = card(table.sheet, row_axis.as_ref(), col_axis.as_ref()) else {
                            continue;
                        };
                        if table
                            .frame_of(card)
                            .is_some_and(|frame| frame != table.frame(table.rows[row]))
                        {
                            continue;
                        }
                        let same =
                            |layer: &&mut Drawn<'_>| layer.row_axis == row_axis && layer.col_axis == col_axis;
                        let place = (row_at, col_at, row);
                        match layers.iter_mut().find(same) {
                            Some(layer) => layer.marks.push(place),
                            None => layers.push(Drawn {
                                kind: MarkKind::of(table, card, row_axis.as_ref(), col_axis.as_ref()),
                                card,
                                row_axis: row_axis.clone(),
                                col_axis: col_axis.clone(),
                                marks: vec![place],
                            }),
                        }
                    }
                }
            }
        }
    }
    for layer in &mut layers {
        layer.marks.sort_unstable_by_key(|place| place.2);
    }
    layers
}

pub(crate) fn mark(table: &Table<'_>, layer: &Drawn<'_>, row: usize, pane: Rect) -> Mark {
    let place = |axis: &Option<Axis>| {
        axis.as_ref()
            .and_then(|axis| number(&table.value(table.rows[row], &axis.key)))
    };
    Mark {
        row,
        pane,
        x: place(&layer.col_axis),
        y: place(&layer.row_axis),
    }
}
