//! Marks: where they are, and how they look; each family draws in a module of its own.

mod bars;
mod filled;
mod kind;
mod labels;
mod lines;
mod pies;
mod points;
mod sizes;
mod tiles;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use vivant_document::spec::{FieldRef, PaneSpec, format};
use vivant_render::{Color, Item, Rect, Stroke, Style};

use crate::color::Coloring;
use crate::lanes::Axis;
use crate::rows::Table;
use crate::scale::Scale;
use crate::theme;

pub(crate) use kind::MarkKind;
pub(crate) use labels::{Wanted, placed, widest};
pub(crate) use points::shape_names;
pub(crate) use sizes::Sizes;

/// One mark with its place.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// Its number among the rows of the table.
    pub row: usize,
    /// The pane.
    pub pane: Rect,
    /// Its place along the horizontal axis, by value; `None` where there are headers.
    pub x: Option<f64>,
    /// Its place along the vertical axis, by value.
    pub y: Option<f64>,
}

/// The marks of one card over one pair of axes.
pub(crate) struct Layer<'a> {
    pub table: &'a Table<'a>,
    pub card: &'a PaneSpec,
    pub kind: MarkKind,
    pub coloring: &'a Coloring,
    /// The scale of the vertical axis of a pane, by its top.
    pub row_axis: Option<&'a Axis>,
    pub col_axis: Option<&'a Axis>,
    pub sizes: Sizes,
    /// The marks that alone have labels, where not all have.
    pub chosen: OnceCell<Option<HashSet<usize>>>,
}

impl Layer<'_> {
    fn alpha(&self) -> u8 {
        let set = format(&self.card.style, "mark", "mark-transparency").and_then(crate::number::finite);
        match (set, self.kind) {
            (Some(alpha), _) => alpha.clamp(0.0, 255.0) as u8,
            (None, MarkKind::Area) => theme::AREA_ALPHA,
            (None, _) => 255,
        }
    }

    fn color(&self, row: usize) -> Color {
        let color = self.coloring.color(self.table, self.table.rows[row]);
        color.with_alpha((f64::from(self.alpha()) * color.opacity()).round() as u8)
    }

    fn border(&self) -> Option<Stroke> {
        if format(&self.card.style, "mark", "has-stroke") != Some("true") {
            return None;
        }
        let color = format(&self.card.style, "mark", "stroke-color").and_then(|text| text.parse().ok());
        Some(Stroke::new(color.unwrap_or(Color::WHITE), 1.0))
    }

    fn style(&self, row: usize) -> Style {
        Style {
            stroke: self.border(),
            ..Style::fill(self.color(row))
        }
    }

    /// Draws marks. `scales` gives the scales of a mark's pane: vertical, horizontal.
    pub fn draw(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        wanted: &mut Vec<Wanted>,
    ) -> Vec<Item> {
        self.chosen.get_or_init(|| self.extremes(marks));
        match self.kind {
            MarkKind::Bar => self.bars(marks, scales, wanted),
            MarkKind::Line => self.lines(marks, scales, wanted),
            MarkKind::Area => self.areas(marks, scales, wanted),
            MarkKind::Gantt => self.gantt(marks, scales, wanted),
            MarkKind::Text => self.texts(marks, scales),
            MarkKind::Pie => self.pies(marks, scales, wanted),
            MarkKind::Square if self.row_axis.is_none() && self.col_axis.is_none() => {
                self.tiles(marks, wanted)
            }
            MarkKind::Circle
                if self.row_axis.is_none() && self.col_axis.is_none() && self.sizes.key.is_some() =>
            {
                self.bubbles(marks, wanted)
            }
            MarkKind::Polygon => self.polygons(marks, scales),
            _ => self.points(marks, scales, wanted),
        }
    }

    /// The point of a mark in pixels; `None` where an axis has no value for it.
    pub fn point(&self, mark: &Mark, scales: &(Option<Scale>, Option<Scale>)) -> Option<(f64, f64)> {
        let x = match (&self.col_axis, &scales.1) {
            (Some(_), Some(scale)) => mark.pane.x + mark.pane.width * scale.part(mark.x?),
            _ => mark.pane.center().0,
        };
        let y = match (&self.row_axis, &scales.0) {
            (Some(_), Some(scale)) => mark.pane.y + mark.pane.height * (1.0 - scale.part(mark.y?)),
            _ => mark.pane.center().1,
        };
        Some((x, y))
    }

    /// Whether lengths of bars and areas go upwards.
    pub fn is_vertical(&self) -> bool {
        match (self.row_axis, self.col_axis) {
            (Some(_), None) => true,
            (None, _) => false,
            (Some(row), Some(_)) => self.table.is_measure(&row.key) && !self.table.is_date(&row.key),
        }
    }

    /// Marks by what a line or area joins: all dimensions of the card but the path, and the pane.
    fn series<'m>(&self, marks: &'m [Mark], along_x: bool) -> Vec<Vec<&'m Mark>> {
        let keys: Vec<&FieldRef> = self
            .card
            .encodings
            .iter()
            .filter(|(name, key)| {
                matches!(name.as_str(), "color" | "size" | "lod" | "shape" | "text")
                    && !self.table.is_continuous(key)
            })
            .map(|(_, key)| key)
            .collect();
        let mut order: Vec<String> = Vec::new();
        let mut series: HashMap<String, Vec<&Mark>> = HashMap::new();
        for mark in marks {
            let row = self.table.rows[mark.row];
            let mut name: String = keys
                .iter()
                .map(|key| format!("{:?}\u{1}", self.table.value(row, key)))
                .collect();
            // Lines run through the panes of one row, or of one column.
            let lane = if along_x { mark.pane.y } else { mark.pane.x };
            name.push_str(&format!("{}", lane.to_bits()));
            if self.row_axis.is_some() && self.col_axis.is_some() {
                let other = if along_x { mark.pane.x } else { mark.pane.y };
                name.push_str(&format!("\u{1}{}", other.to_bits()));
            }
            series
                .entry(name.clone())
                .or_insert_with(|| {
                    order.push(name);
                    Vec::new()
                })
                .push(mark);
        }
        order.iter().filter_map(|name| series.remove(name)).collect()
    }

    /// Where a mark is across the direction of lengths, in pixels.
    fn across(&self, mark: &Mark, scales: &(Option<Scale>, Option<Scale>), vertical: bool) -> f64 {
        match vertical {
            true => match (&scales.1, mark.x) {
                (Some(scale), Some(x)) => mark.pane.x + mark.pane.width * scale.part(x),
                _ => mark.pane.center().0,
            },
            false => match (&scales.0, mark.y) {
                (Some(scale), Some(y)) => mark.pane.y + mark.pane.height * (1.0 - scale.part(y)),
                _ => mark.pane.center().1,
            },
        }
    }
}

/// Marks by their panes, in the order of the first of each.
fn panes(marks: &[Mark]) -> Vec<(Rect, Vec<&Mark>)> {
    let mut found: Vec<(Rect, Vec<&Mark>)> = Vec::new();
    let mut at: HashMap<(u64, u64), usize> = HashMap::new();
    for mark in marks {
        let place = (mark.pane.x.to_bits(), mark.pane.y.to_bits());
        let number = *at.entry(place).or_insert_with(|| {
            found.push((mark.pane, Vec::new()));
            found.len() - 1
        });
        found[number].1.push(mark);
    }
    found
}
