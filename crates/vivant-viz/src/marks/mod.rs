//! Marks: where they are, and how they look; each family draws in a module of its own.

mod bars;
mod density;
mod filled;
mod find;
mod kind;
mod labels;
mod lines;
mod pies;
mod points;
mod room;
mod sizes;
mod tiles;

use std::cell::OnceCell;
use std::collections::HashMap;

use vivant_document::spec::{FieldRef, PaneSpec, format};
use vivant_render::{Color, Item, Rect, Stroke, Style};

use crate::color::{Coloring, encoded};
use crate::lanes::Axis;
use crate::rows::Table;
use crate::scale::Scale;
use crate::theme;

pub(crate) use find::{rows_of, selected};
pub(crate) use kind::MarkKind;
pub(crate) use labels::{Chosen, widest};
pub(crate) use points::shape_names;
pub(crate) use room::{Labels, Wanted};
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
    /// The lanes that it is in: of rows, of columns.
    pub lanes: (usize, usize),
    /// The scales of its pane: vertical, horizontal.
    pub scales: (Option<Scale>, Option<Scale>),
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
    /// Which rows and columns are in one pane of the outer headers, by lane.
    pub blocks: (&'a [usize], &'a [usize]),
    /// Which marks have labels, where not all are alike.
    pub chosen: OnceCell<Chosen>,
}

impl Layer<'_> {
    fn alpha(&self) -> u8 {
        let set = format(&self.card.style, "mark", "mark-transparency").and_then(crate::number::finite);
        match (set, self.kind) {
            (Some(alpha), _) => alpha.clamp(0.0, 255.0) as u8,
            (None, MarkKind::Area) => theme::AREA_ALPHA,
            (None, MarkKind::Map) => theme::LAND_ALPHA,
            (None, _) => 255,
        }
    }

    fn color(&self, row: usize) -> Color {
        self.stepped_back(row, self.own_color(row))
    }

    /// The colour that a mark has by itself, whatever is selected.
    fn own_color(&self, row: usize) -> Color {
        let color = self.coloring.color(self.table, self.table.rows[row]);
        color.with_alpha((f64::from(self.alpha()) * color.opacity()).round() as u8)
    }

    /// The colour of a mark, paler where others are selected and it is not.
    fn stepped_back(&self, row: usize, color: Color) -> Color {
        match &self.table.selected {
            Some(selected) if !selected.contains(&row) => {
                let pale = theme::BEHIND.mix(color.with_alpha(255), theme::BEHIND_PART);
                pale.with_alpha(color.alpha)
            }
            _ => color,
        }
    }

    /// The mark whose colour several have that are drawn as one: the first, unless another is selected.
    fn face<'m>(&self, mut marks: impl Iterator<Item = &'m Mark> + Clone) -> Option<usize> {
        let selected = self.table.selected.as_ref();
        let is_selected = |mark: &&Mark| selected.is_some_and(|selected| selected.contains(&mark.row));
        let found = marks.clone().find(is_selected).or_else(|| marks.next());
        found.map(|mark| mark.row)
    }

    /// The line around a mark that is selected.
    fn selection(&self, row: usize) -> Option<Stroke> {
        let selected = self.table.selected.as_ref()?;
        selected
            .contains(&row)
            .then(|| Stroke::new(Color::BLACK, theme::SELECTION))
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
            stroke: self.selection(row).or_else(|| self.border()),
            ..Style::fill(self.color(row))
        }
    }

    /// Draws marks.
    pub fn draw(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
        self.chosen.get_or_init(|| self.choose(marks));
        match self.kind {
            MarkKind::Bar => self.bars(marks, wanted),
            MarkKind::Line => self.lines(marks, wanted),
            MarkKind::Area => self.areas(marks, wanted),
            MarkKind::Gantt => self.gantt(marks, wanted),
            MarkKind::Text => self.texts(marks),
            MarkKind::Pie => self.pies(marks, wanted),
            MarkKind::Square if self.row_axis.is_none() && self.col_axis.is_none() => {
                self.tiles(marks, wanted)
            }
            MarkKind::Circle
                if self.row_axis.is_none() && self.col_axis.is_none() && self.sizes.key.is_some() =>
            {
                self.bubbles(marks, wanted)
            }
            MarkKind::Polygon => self.polygons(marks),
            MarkKind::Density if self.row_axis.is_some() || self.col_axis.is_some() => self.density(marks),
            _ => self.points(marks, wanted),
        }
    }

    /// The point of a mark in pixels; `None` where an axis has no value for it.
    pub fn point(&self, mark: &Mark) -> Option<(f64, f64)> {
        let x = match (&self.col_axis, &mark.scales.1) {
            (Some(_), Some(scale)) => mark.pane.x + mark.pane.width * scale.part(mark.x?),
            _ => mark.pane.center().0,
        };
        let y = match (&self.row_axis, &mark.scales.0) {
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
        let splits = |name: &str, key: &FieldRef| match name {
            "color" => !self.table.is_continuous(key),
            // What is computed for a mark is no line of its own.
            "size" | "lod" | "shape" | "text" => {
                !self.table.is_continuous(key) && !self.table.is_measure(key)
            }
            _ => false,
        };
        let encodings = self.card.encodings.iter();
        let keys: Vec<&FieldRef> = encodings
            .filter(|(name, key)| splits(name, key))
            .map(|(_, key)| key)
            .collect();
        // Lines run through the panes of one row, or of one column, as far as their outer headers go. A path, or
        // a second axis, keeps them in their pane.
        let in_pane =
            self.row_axis.is_some() && self.col_axis.is_some() || encoded(self.card, "path").next().is_some();
        let place = |mark: &Mark| {
            let (row, col) = mark.lanes;
            let block = |blocks: &[usize], lane: usize| blocks.get(lane).copied().unwrap_or(lane);
            match (in_pane, along_x) {
                (true, _) => (row, col),
                (false, true) => (row, block(self.blocks.1, col)),
                (false, false) => (block(self.blocks.0, row), col),
            }
        };
        let mut found: Vec<Vec<&Mark>> = Vec::new();
        let mut at: HashMap<((usize, usize), Vec<String>), usize> = HashMap::new();
        for mark in marks {
            let row = self.table.rows[mark.row];
            let own = keys.iter().map(|key| format!("{:?}", self.table.value(row, key)));
            let number = *at.entry((place(mark), own.collect())).or_insert_with(|| {
                found.push(Vec::new());
                found.len() - 1
            });
            found[number].push(mark);
        }
        found
    }

    /// Where a mark is across the direction of lengths, in pixels.
    fn across(&self, mark: &Mark, vertical: bool) -> f64 {
        match vertical {
            true => match (&mark.scales.1, mark.x) {
                (Some(scale), Some(x)) => mark.pane.x + mark.pane.width * scale.part(x),
                _ => mark.pane.center().0,
            },
            false => match (&mark.scales.0, mark.y) {
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
