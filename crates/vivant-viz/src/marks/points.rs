//! Circles, squares and shapes on axes, and density.

use std::collections::HashMap;

use vivant_calc::Value;
use vivant_document::spec::{FieldRef, Literal, format};
use vivant_render::{Bitmap, Item, Rect, Style};

use super::{Layer, Mark, MarkKind, Wanted};
use crate::color::encoded;
use crate::rows::Table;
use crate::scale::Scale;
use crate::shape;
use crate::theme;

/// Diameter of the largest circle of a size field.
const LARGEST: f64 = 34.0;
/// Diameter of the smallest circle of a size field.
const SMALLEST: f64 = 3.0;

/// The diameter of a circle by its part of the largest, and what all sizes are multiplied with.
pub(super) fn diameter(part: f64, factor: f64) -> f64 {
    (LARGEST * factor * part.sqrt()).max(SMALLEST)
}

impl Layer<'_> {
    pub(super) fn points(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        wanted: &mut Vec<Wanted>,
    ) -> Vec<Item> {
        let mut items = Vec::with_capacity(marks.len());
        let shapes = self.shapes();
        let flow = self.flow(marks);
        for (at, mark) in marks.iter().enumerate() {
            let spot = match &flow {
                Some(flow) => flow[at],
                None => self.point(mark, &scales(mark.row)),
            };
            let (Some(point), Some(part)) = (spot, self.sizes.part(self.table, mark.row)) else {
                continue;
            };
            let size = match self.sizes.vary() {
                true => diameter(part, self.sizes.factor),
                false => theme::POINT * self.sizes.factor,
            };
            let color = self.color(mark.row);
            items.push(match self.kind {
                MarkKind::Square => Item::Rect(
                    Rect::new(point.0 - size / 2.0, point.1 - size / 2.0, size, size),
                    0.0,
                    self.style(mark.row),
                ),
                MarkKind::Shape => {
                    let name = shapes.name(self.table, mark.row);
                    match shapes.pictures.get(name) {
                        Some(picture) => shape::picture(picture, point, size * PICTURE),
                        None => shape::shape(name, point, size, color),
                    }
                }
                MarkKind::Density => Item::Circle(
                    point,
                    size * 2.0,
                    Style {
                        fill: Some(vivant_render::Fill::Outward(vec![
                            (0.0, color.with_alpha(120)),
                            (1.0, color.with_alpha(0)),
                        ])),
                        stroke: None,
                    },
                ),
                _ => Item::Circle(point, size / 2.0, self.style(mark.row)),
            });
            self.label_point(mark, point, size / 2.0 + 2.0, (false, false), wanted);
        }
        items
    }

    /// How far marks that share a cell are apart.
    pub fn pitch(&self) -> f64 {
        let size = match self.sizes.vary() {
            true => LARGEST * self.sizes.factor,
            false => theme::POINT * self.sizes.factor,
        };
        size * if self.kind == MarkKind::Shape {
            PICTURE
        } else {
            1.0
        } + 3.0
    }

    /// Where marks stand that share a cell without axes: side by side, in rows. `None` where each has its own place.
    fn flow(&self, marks: &[Mark]) -> Option<Vec<Option<(f64, f64)>>> {
        if self.row_axis.is_some() || self.col_axis.is_some() || self.kind == MarkKind::Density {
            return None;
        }
        let cells = super::panes(marks);
        if cells.iter().all(|(_, own)| own.len() < 2) {
            return None;
        }
        let pitch = self.pitch();
        let mut spots: HashMap<usize, (f64, f64)> = HashMap::new();
        for (pane, own) in cells {
            let across = ((pane.width - 4.0) / pitch).floor().max(1.0) as usize;
            let lines = own.len().div_ceil(across);
            let top = pane.center().1 - (lines as f64 - 1.0) / 2.0 * pitch;
            for (at, mark) in own.iter().enumerate() {
                let (line, column) = (at / across, at % across);
                let x = pane.x + 2.0 + (column as f64 + 0.5) * pitch;
                spots.insert(mark.row, (x, top + line as f64 * pitch));
            }
        }
        Some(marks.iter().map(|mark| spots.get(&mark.row).copied()).collect())
    }

    fn shapes(&self) -> Shapes {
        let mut shapes = Shapes {
            key: None,
            names: Vec::new(),
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
            shapes.names = shape_names(self.table, key);
            shapes.key = Some(key.clone());
        }
        for name in shapes.names.iter().map(|(_, name)| name).chain([&shapes.single]) {
            let known = self.table.workbook.shapes.iter().find(|(known, _)| known == name);
            if let Some(picture) = known.and_then(|(_, text)| shape::bitmap(text)) {
                shapes.pictures.insert(name.clone(), picture);
            }
        }
        shapes
    }
}

/// How much larger pictures in place of shapes are.
const PICTURE: f64 = 1.8;

/// The shapes of the members of a field, in order.
pub(crate) fn shape_names(table: &Table<'_>, key: &FieldRef) -> Vec<(Value, String)> {
    let mut members: Vec<Value> = Vec::new();
    for row in table.rows.iter().filter(|row| table.has(**row, key)) {
        let value = table.value(*row, key);
        if !members.contains(&value) {
            members.push(value);
        }
    }
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
    names: Vec<(Value, String)>,
    single: String,
    pictures: HashMap<String, Bitmap>,
}

impl Shapes {
    fn name(&self, table: &Table<'_>, row: usize) -> &str {
        let Some(key) = &self.key else {
            return &self.single;
        };
        let value = table.value(table.rows[row], key);
        let found = self.names.iter().find(|(known, _)| *known == value);
        found.map_or("circle", |(_, name)| name)
    }
}
