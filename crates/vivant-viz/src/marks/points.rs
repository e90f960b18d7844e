//! Circles, squares and shapes on axes, and density.

use vivant_document::spec::{FieldRef, format};
use vivant_render::{Item, Rect, Style};

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
        for mark in marks {
            let (Some(point), Some(part)) = (
                self.point(mark, &scales(mark.row)),
                self.sizes.part(self.table, mark.row),
            ) else {
                continue;
            };
            let size = match self.sizes.key {
                Some(_) => diameter(part, self.sizes.factor),
                None => theme::POINT * self.sizes.factor,
            };
            let color = self.color(mark.row);
            items.push(match self.kind {
                MarkKind::Square => Item::Rect(
                    Rect::new(point.0 - size / 2.0, point.1 - size / 2.0, size, size),
                    0.0,
                    self.style(mark.row),
                ),
                MarkKind::Shape => shape::shape(&shapes.name(self.table, mark.row), point, size, color),
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
            self.label_point(mark, point, size / 2.0 + 2.0, false, wanted);
        }
        items
    }

    fn shapes(&self) -> Shapes {
        let single = format(&self.card.style, "mark", "shape").map(str::to_owned);
        let Some(key) = encoded(self.card, "shape")
            .find(|key| !self.table.is_continuous(key))
            .cloned()
        else {
            return Shapes {
                key: None,
                names: Vec::new(),
                single: single
                    .filter(|name| shape::is_known(name))
                    .unwrap_or_else(|| "circle".to_owned()),
            };
        };
        let mut members: Vec<vivant_calc::Value> = Vec::new();
        for row in &self.table.rows {
            let value = self.table.value(*row, &key);
            if !members.contains(&value) {
                members.push(value);
            }
        }
        members.sort_by(crate::color::natural);
        let rules = self
            .table
            .workbook
            .source(&key.source)
            .map(|source| &source.style);
        let encoding = rules.and_then(|rules| {
            rules
                .iter()
                .flat_map(|rule| &rule.encodings)
                .rfind(|encoding| encoding.attr == "shape" && encoding.fields == [key.clone()])
        });
        let names = members
            .into_iter()
            .enumerate()
            .map(|(at, value)| {
                let set = encoding.and_then(|encoding| {
                    encoding.map.iter().find(|(from, _)| from.iter().any(|literal| matches!(literal, vivant_document::spec::Literal::Value(own) if *own == value)))
                });
                let name = set.map(|(_, name)| name.clone()).filter(|name| shape::is_known(name));
                (value, name.unwrap_or_else(|| shape::DEFAULT[at % shape::DEFAULT.len()].to_owned()))
            })
            .collect();
        Shapes {
            key: Some(key),
            names,
            single: String::new(),
        }
    }
}

struct Shapes {
    key: Option<FieldRef>,
    names: Vec<(vivant_calc::Value, String)>,
    single: String,
}

impl Shapes {
    fn name(&self, table: &Table<'_>, row: usize) -> String {
        let Some(key) = &self.key else {
            return self.single.clone();
        };
        let value = table.value(table.rows[row], key);
        let found = self.names.iter().find(|(known, _)| *known == value);
        found.map_or_else(|| "circle".to_owned(), |(_, name)| name.clone())
    }
}
