//! Layers: the marks of one card between two axes.

use std::cell::OnceCell;
use std::collections::HashMap;

use vivant_document::spec::{PaneSpec, SheetSpec, Side, format, format_for};
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
    /// Whether marks without a value lie at zero: on the vertical axis, on the horizontal one.
    at_zero: (bool, bool),
}

/// What the document says of missing values on an axis.
fn missing<'t>(table: &Table<'t>, axis: &Axis, attr: &str) -> Option<&'t str> {
    format_for(&table.sheet.style, "table", attr, &axis.key)
        .or_else(|| format(&table.sheet.style, "worksheet", attr))
}

fn is_at_zero(table: &Table<'_>, axis: Option<&Axis>) -> bool {
    axis.is_some_and(|axis| {
        !table.is_date(&axis.key) && missing(table, axis, "omit-on-special") == Some("false")
    })
}

impl Drawn<'_> {
    /// How many marks have no place for want of a value, where the document lets that be said.
    pub fn count_missing(&self, table: &Table<'_>) -> usize {
        let axes = [(&self.row_axis, self.at_zero.0), (&self.col_axis, self.at_zero.1)];
        let told = axes.into_iter().filter_map(|(axis, at_zero)| {
            let axis = axis.as_ref().filter(|_| !at_zero)?;
            let is_told = missing(table, axis, "show-null-value-warning") != Some("false");
            is_told.then_some(axis)
        });
        let told: Vec<&Axis> = told.collect();
        let is_missing = |&&(_, _, row): &&(usize, usize, usize)| {
            told.iter()
                .any(|axis| number(&table.value(table.rows[row], &axis.key)).is_none())
        };
        match told.is_empty() {
            true => 0,
            false => self.marks.iter().filter(is_missing).count(),
        }
    }

    /// What draws them.
    pub fn with<'l>(
        &'l self,
        table: &'l Table<'_>,
        coloring: &'l Coloring,
        blocks: (&'l [usize], &'l [usize]),
    ) -> Layer<'l> {
        Layer {
            table,
            card: self.card,
            kind: self.kind,
            coloring,
            row_axis: self.row_axis.as_ref(),
            col_axis: self.col_axis.as_ref(),
            sizes: Sizes::of(table, self.card),
            blocks,
            chosen: OnceCell::new(),
        }
    }
}

/// The cards for a pair of axes: its own, else the one for all; or the layers of a map.
fn cards<'a>(sheet: &'a SheetSpec, row: Option<&Axis>, col: Option<&Axis>) -> Vec<&'a PaneSpec> {
    let is = |side: Side, axis: Option<&Axis>, card: &PaneSpec| {
        card.axis.as_ref().is_some_and(|(of, field, index)| {
            *of == side && axis.is_some_and(|axis| axis.key == *field && axis.index == *index)
        })
    };
    let own = sheet
        .panes
        .iter()
        .find(|card| is(Side::Rows, row, card) || is(Side::Cols, col, card));
    if own.is_none() && !sheet.layers().is_empty() {
        return sheet.layers().iter().collect();
    }
    own.or_else(|| sheet.panes.iter().find(|card| card.axis.is_none()))
        .or_else(|| sheet.panes.first())
        .into_iter()
        .collect()
}

/// A card for a pair of axes: the frame of its rows, itself, and its layer once a mark is in it.
type Card<'a> = (Option<usize>, &'a PaneSpec, Option<usize>);

/// The different axes of lanes, and the numbers of those that each lane has; no axis is one of them.
fn options(lanes: &[Lane]) -> (Vec<Option<Axis>>, Vec<Vec<usize>>) {
    let mut axes: Vec<Option<Axis>> = vec![None];
    let mut number = |axis: &Axis| {
        let known = axes.iter().position(|known| known.as_ref() == Some(axis));
        known.unwrap_or_else(|| {
            axes.push(Some(axis.clone()));
            axes.len() - 1
        })
    };
    let options = lanes.iter().map(|lane| match lane.axes.is_empty() {
        true => vec![0],
        false => lane.axes.iter().map(&mut number).collect(),
    });
    let options = options.collect();
    (axes, options)
}

/// The layers of marks: for each pair of axes the marks of its card.
pub(crate) fn layers<'a>(table: &Table<'a>, rows: &[Lane], cols: &[Lane]) -> Vec<Drawn<'a>> {
    let mut row_lanes: Vec<Vec<usize>> = vec![Vec::new(); table.rows.len()];
    for (at, lane) in rows.iter().enumerate() {
        for &row in &lane.rows {
            row_lanes[row].push(at);
        }
    }
    let (row_axes, row_options) = options(rows);
    let (col_axes, col_options) = options(cols);
    let mut layers: Vec<Drawn<'a>> = Vec::new();
    // The layers of the cards of each pair of axes, each with the frame of its rows.
    let mut known: HashMap<(usize, usize), Vec<Card<'a>>> = HashMap::new();
    for (col_at, col) in cols.iter().enumerate() {
        for &row in &col.rows {
            for &row_at in &row_lanes[row] {
                for &row_axis in &row_options[row_at] {
                    for &col_axis in &col_options[col_at] {
                        let (on_rows, on_cols) = (&row_axes[row_axis], &col_axes[col_axis]);
                        let own = known.entry((row_axis, col_axis)).or_insert_with(|| {
                            let cards = cards(table.sheet, on_rows.as_ref(), on_cols.as_ref()).into_iter();
                            cards.map(|card| (table.frame_of(card), card, None)).collect()
                        });
                        for (frame, card, layer) in own {
                            if frame.is_some_and(|frame| frame != table.frame(table.rows[row])) {
                                continue;
                            }
                            let at = *layer.get_or_insert_with(|| {
                                layers.push(Drawn {
                                    kind: MarkKind::of(table, card, on_rows.as_ref(), on_cols.as_ref()),
                                    card,
                                    row_axis: on_rows.clone(),
                                    col_axis: on_cols.clone(),
                                    marks: Vec::new(),
                                    at_zero: (
                                        is_at_zero(table, on_rows.as_ref()),
                                        is_at_zero(table, on_cols.as_ref()),
                                    ),
                                });
                                layers.len() - 1
                            });
                            layers[at].marks.push((row_at, col_at, row));
                        }
                    }
                }
            }
        }
    }
    // Layers of a map lie in the order of their cards.
    let order = |layer: &Drawn<'_>| {
        table
            .sheet
            .panes
            .iter()
            .position(|card| std::ptr::eq(card, layer.card))
    };
    if table.sheet.has_layers {
        layers.sort_by_key(order);
    }
    for layer in &mut layers {
        layer.marks.sort_unstable_by_key(|place| place.2);
    }
    layers
}

/// A mark of a layer, without scales.
pub(crate) fn mark(
    table: &Table<'_>,
    layer: &Drawn<'_>,
    (row_lane, col_lane, row): (usize, usize, usize),
    pane: Rect,
) -> Mark {
    let place = |axis: &Option<Axis>, at_zero: bool| {
        let value = number(&table.value(table.rows[row], &axis.as_ref()?.key));
        value.or(at_zero.then_some(0.0))
    };
    Mark {
        row,
        pane,
        x: place(&layer.col_axis, layer.at_zero.1),
        y: place(&layer.row_axis, layer.at_zero.0),
        lanes: (row_lane, col_lane),
        scales: (None, None),
    }
}
