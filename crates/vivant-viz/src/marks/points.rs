//! Circles, squares and shapes on axes.

use std::cmp::Reverse;
use std::collections::HashMap;

use vivant_calc::Value;
use vivant_document::spec::{FieldRef, Literal, format};
use vivant_render::{Bitmap, Item, Rect};

use super::labels::Bend;
use super::{Labels, Layer, Mark, MarkKind};
use crate::color::encoded;
use crate::rows::Table;
use crate::shape;
use crate::theme;

/// Diameter of the largest circle of a size field.
const LARGEST: f64 = 20.0;
/// Diameter of the smallest circle of a size field.
const SMALLEST: f64 = 3.0;
/// Room between two marks that share a cell, in pixels.
const GAP: f64 = 5.0;

/// The diameter of a circle by its part of the largest, and what all sizes are multiplied with.
pub(super) fn diameter(part: f64, factor: f64) -> f64 {
    (LARGEST * factor * part.sqrt()).max(SMALLEST)
}

impl Layer<'_> {
    /// The diameter of a point; `None` for what has no size.
    pub(super) fn point_size(&self, row: usize) -> Option<f64> {
        let part = self.sizes.part(self.table, row)?;
        Some(match self.sizes.vary() {
            true => diameter(part, self.sizes.factor),
            false => theme::POINT * self.sizes.factor,
        })
    }

    pub(super) fn points(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
        let mut items = Vec::with_capacity(marks.len());
        let shapes = self.shapes();
        let flow = self.flow(marks);
        let on_axes = self.labelled() && (self.row_axis.is_some() || self.col_axis.is_some());
        for (at, mark) in marks.iter().enumerate() {
            let spot = match &flow {
                Some(flow) => flow[at],
                None => self.point(mark),
            };
            let (Some(point), Some(size)) = (spot, self.point_size(mark.row)) else {
                continue;
            };
            let color = self.color(mark.row);
            let item = match self.kind {
                MarkKind::Square => Item::Rect(
                    Rect::new(point.0 - size / 2.0, point.1 - size / 2.0, size, size),
                    0.0,
                    self.style(mark.row),
                ),
                MarkKind::Shape => {
                    let name = shapes.name(self.table, mark.row);
                    match shapes.pictures.get(name) {
                        Some(picture) => shape::picture(picture, point, size),
                        None => shape::shape(name, point, size, color, self.style(mark.row).stroke),
                    }
                }
                _ => Item::Circle(point, size / 2.0, self.style(mark.row)),
            };
            items.push((self.coloring.place(self.table, self.table.rows[mark.row]), item));
            if on_axes {
                wanted.keep_off(
                    mark.row,
                    Rect::new(point.0 - size / 2.0, point.1 - size / 2.0, size, size),
                );
            }
            self.label_point(mark, point, size / 2.0 + 2.0, Bend::default(), wanted);
        }
        // What comes first in the legend lies in front.
        items.sort_by_key(|(place, _)| Reverse(*place));
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// How far marks that share a cell are apart.
    pub fn pitch(&self) -> f64 {
        let size = match self.sizes.vary() {
            true => LARGEST,
            false => theme::POINT,
        };
        size * self.sizes.factor + GAP
    }

    /// Where marks stand that share a cell without axes: side by side, in rows, as many as the cell is high for.
    /// `None` where each has its own place.
    fn flow(&self, marks: &[Mark]) -> Option<Vec<Option<(f64, f64)>>> {
        if self.row_axis.is_some() || self.col_axis.is_some() {
            return None;
        }
        let cells = super::panes(marks);
        if cells.iter().all(|(_, own)| own.len() < 2) {
            return None;
        }
        let pitch = self.pitch();
        let mut spots: HashMap<(usize, (usize, usize)), (f64, f64)> = HashMap::new();
        for (pane, own) in cells {
            let across = ((pane.width - 4.0) / pitch).floor().max(1.0) as usize;
            // Half of the gap may be missing.
            let most = ((pane.height + GAP / 2.0) / pitch).floor().max(1.0) as usize;
            let lines = own.len().div_ceil(across).min(most);
            let top = pane.center().1 - (lines as f64 - 1.0) / 2.0 * pitch;
            for (at, mark) in own.iter().take(lines * across).enumerate() {
                let (line, column) = (at / across, at % across);
                let x = pane.x + 2.0 + (column as f64 + 0.5) * pitch;
                spots.insert((mark.row, mark.lanes), (x, top + line as f64 * pitch));
            }
        }
        Some(
            marks
                .iter()
                .map(|mark| spots.get(&(mark.row, mark.lanes)).copied())
                .collect(),
        )
    }

    fn shapes(&self) -> Shapes {
        let mut shapes = Shapes {
            key: None,
            names: HashMap::new(),
            single: "circle".to_owned(),
            pictures: HashMap::new(),
        };
        if self.kind != MarkKind::Shape {
            return shapes;
        }
        if let Some(name) = format(&self.card.style, "mark", "shape") {
            shapes.single = name.to_owned();
        }
        let discrete = |key: &&FieldRef| !self.table.is_continuous(key);
        if let Some(key) = encoded(self.card, "shape").find(discrete) {
            let names = shape_names(self.table, key).into_iter();
            shapes.names = names.map(|(value, name)| (format!("{value:?}"), name)).collect();
            shapes.key = Some(key.clone());
        }
        for name in shapes.names.values().chain([&shapes.single]) {
            let known = self.table.workbook.shapes.iter().find(|(known, _)| known == name);
            if let Some(picture) = known.and_then(|(_, text)| shape::bitmap(text)) {
                shapes.pictures.insert(name.clone(), picture);
            }
        }
        shapes
    }
}

/// The shapes of the members of a field, in order.
pub(crate) fn shape_names(table: &Table<'_>, key: &FieldRef) -> Vec<(Value, String)> {
    let mut members = table.members(key);
    members.sort_by(crate::color::natural);
    let rules = table.workbook.source(&key.source).map(|source| &source.style);
    let encoding = rules
        .into_iter()
        .flatten()
        .chain(&table.sheet.style)
        .flat_map(|rule| &rule.encodings)
        .rfind(|encoding| {
            encoding.attr == "shape" && table.means(&encoding.fields, std::slice::from_ref(key))
        });
    let palette = shape::palette(encoding.and_then(|encoding| encoding.palette.as_deref()));
    members
        .into_iter()
        .enumerate()
        .map(|(at, value)| {
            let is = |literal: &Literal| matches!(literal, Literal::Value(own) if *own == value);
            let set = encoding.and_then(|encoding| encoding.map.iter().find(|(from, _)| from.iter().any(is)));
            let name = set.map_or_else(|| palette(at), |(_, name)| name.clone());
            (value, name)
        })
        .collect()
}

struct Shapes {
    key: Option<FieldRef>,
    /// By the value of the field.
    names: HashMap<String, String>,
    single: String,
    pictures: HashMap<String, Bitmap>,
}

impl Shapes {
    fn name(&self, table: &Table<'_>, row: usize) -> &str {
        let Some(key) = &self.key else {
            return &self.single;
        };
        let value = table.value(table.rows[row], key);
        let found = self.names.get(&format!("{value:?}"));
        found.map_or("circle", String::as_str)
    }
}
