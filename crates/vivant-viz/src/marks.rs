//! Marks: which kind a card draws, where they are, and how they look.

use std::collections::HashMap;

use vivant_document::spec::{Derivation, FieldRef, PaneSpec, format};
use vivant_render::{Anchor, Color, Group, Item, Path, Rect, Stroke, Style, Text};

use crate::color::{Coloring, encoded};
use crate::lanes::Axis;
use crate::number::number;
use crate::place::{packed, tree_map};
use crate::rows::Table;
use crate::scale::Scale;
use crate::shape;
use crate::theme;

/// A kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Bar,
    Line,
    Area,
    Circle,
    Square,
    Shape,
    Text,
    Pie,
    Gantt,
    Polygon,
    Density,
    Map,
}

impl MarkKind {
    /// The kind that a card draws between two axes; where it follows from the fields, Tableau's rules decide.
    pub fn of(table: &Table<'_>, card: &PaneSpec, row: Option<&Axis>, col: Option<&Axis>) -> Self {
        match card.mark.as_str() {
            "bar" => Self::Bar,
            "line" => Self::Line,
            "area" => Self::Area,
            "circle" => Self::Circle,
            "square" => Self::Square,
            "shape" => Self::Shape,
            "text" => Self::Text,
            "pie" => Self::Pie,
            "ganttbar" | "gantt" => Self::Gantt,
            "polygon" => Self::Polygon,
            "heatmap" | "density" => Self::Density,
            "multipolygon" | "map" => Self::Map,
            _ => Self::automatic(table, card, row, col),
        }
    }

    fn automatic(table: &Table<'_>, card: &PaneSpec, row: Option<&Axis>, col: Option<&Axis>) -> Self {
        let generated = |axis: Option<&Axis>| axis.is_some_and(|axis| axis.key.is_generated());
        if generated(row) || generated(col) {
            return match encoded(card, "geometry").next() {
                Some(_) => Self::Map,
                None => Self::Circle,
            };
        }
        match (row, col) {
            (None, None) => {
                let bare = table.sheet.rows.is_empty() && table.sheet.cols.is_empty();
                match encoded(card, "size").next() {
                    Some(_) if bare => Self::Square,
                    _ => Self::Text,
                }
            }
            (Some(one), None) => Self::beside(table, one, table.sheet.cols.fields().last().copied()),
            (None, Some(one)) => Self::beside(table, one, table.sheet.rows.fields().last().copied()),
            (Some(row), Some(col)) => {
                let (row_date, col_date) = (table.is_date(&row.key), table.is_date(&col.key));
                let (row_measure, col_measure) = (table.is_measure(&row.key), table.is_measure(&col.key));
                match (row_measure, col_measure) {
                    (true, true) if row_date || col_date => Self::Line,
                    (true, true) => Self::Shape,
                    (false, false) => Self::Gantt,
                    _ if table.is_bin(&row.key) || table.is_bin(&col.key) => Self::Bar,
                    _ => Self::Line,
                }
            }
        }
    }

    /// The kind of an axis beside headers.
    fn beside(table: &Table<'_>, axis: &Axis, header: Option<&FieldRef>) -> Self {
        if !table.is_measure(&axis.key) {
            return Self::Gantt;
        }
        match header {
            Some(key) if table.is_date_part(key) => Self::Line,
            _ => Self::Bar,
        }
    }

    /// Whether marks start at the zero of their axis.
    pub fn stands_on_zero(self) -> bool {
        matches!(self, Self::Bar | Self::Area)
    }
}

impl Table<'_> {
    pub fn is_measure(&self, key: &FieldRef) -> bool {
        if key.is_measure_values() {
            return true;
        }
        self.data
            .frames
            .iter()
            .find_map(|frame| frame.column(key))
            .is_none_or(|column| !column.dimension)
    }

    pub fn is_date(&self, key: &FieldRef) -> bool {
        matches!(
            self.data_type(key),
            vivant_calc::DataType::Date | vivant_calc::DataType::DateTime
        )
    }

    fn is_date_part(&self, key: &FieldRef) -> bool {
        self.is_date(key)
            || self.pill(key).is_some_and(|pill| {
                matches!(
                    pill.derivation,
                    Derivation::Part(_)
                        | Derivation::Trunc(_)
                        | Derivation::MonthYear
                        | Derivation::MonthDayYear
                )
            })
    }

    fn is_bin(&self, key: &FieldRef) -> bool {
        let Some(name) = self.pill(key).map(|pill| pill.field.as_str()) else {
            return false;
        };
        self.workbook
            .source(&key.source)
            .and_then(|source| source.field(name))
            .is_some_and(|field| matches!(field.kind, vivant_document::spec::FieldKind::Bin { .. }))
    }
}

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

/// A label that wants room.
pub(crate) struct Wanted {
    pub text: Text,
    pub room: Rect,
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
    pub cull: bool,
}

/// How sizes follow from a field.
pub(crate) struct Sizes {
    pub key: Option<FieldRef>,
    pub min: f64,
    pub max: f64,
    pub factor: f64,
}

impl Sizes {
    pub fn of(table: &Table<'_>, card: &PaneSpec) -> Self {
        let key = encoded(card, "size").next().cloned();
        let mut numbers = (f64::INFINITY, f64::NEG_INFINITY);
        if let Some(key) = &key {
            for row in &table.rows {
                if let Some(value) = number(&table.value(*row, key)) {
                    numbers = (numbers.0.min(value), numbers.1.max(value));
                }
            }
        }
        let factor = format(&card.style, "mark", "size").and_then(|text| text.parse::<f64>().ok());
        Self {
            key: key.filter(|key| table.is_continuous(key)),
            min: numbers.0,
            max: numbers.1,
            factor: factor.unwrap_or(1.0).clamp(0.05, 20.0),
        }
    }

    /// The part of the largest size that a mark has, by area; 1 without a field. `None` for what has no size.
    fn part(&self, table: &Table<'_>, row: usize) -> Option<f64> {
        let Some(key) = &self.key else {
            return Some(1.0);
        };
        let value = number(&table.value(table.rows[row], key))?;
        let reach = self.max.abs().max(self.min.abs());
        if self.min < 0.0 && self.max > 0.0 {
            return Some((value - self.min) / (self.max - self.min));
        }
        (reach > 0.0).then(|| value.abs() / reach)
    }
}

/// Diameter of the largest circle of a size field.
const LARGEST: f64 = 34.0;
/// Diameter of the smallest circle of a size field.
const SMALLEST: f64 = 3.0;

impl Layer<'_> {
    fn alpha(&self) -> u8 {
        let set =
            format(&self.card.style, "mark", "mark-transparency").and_then(|text| text.parse::<f64>().ok());
        match (set, self.kind) {
            (Some(alpha), _) => alpha.clamp(0.0, 255.0) as u8,
            (None, MarkKind::Area) => theme::AREA_ALPHA,
            (None, _) => 255,
        }
    }

    fn color(&self, row: usize) -> Color {
        self.coloring
            .color(self.table, self.table.rows[row])
            .with_alpha(self.alpha())
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
    fn point(&self, mark: &Mark, scales: &(Option<Scale>, Option<Scale>)) -> Option<(f64, f64)> {
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

    fn bars(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        wanted: &mut Vec<Wanted>,
    ) -> Vec<Item> {
        let vertical = self.is_vertical();
        let mut items = Vec::with_capacity(marks.len());
        let thin = self.step(marks, scales, vertical);
        let stacked = self.stacks(marks, vertical);
        for (mark, (from, to)) in marks.iter().zip(&stacked) {
            let Some((from, to)) = from.zip(*to) else { continue };
            let both = scales(mark.row);
            let Some(scale) = (if vertical { &both.0 } else { &both.1 }) else {
                continue;
            };
            let from = if from == 0.0 { scale.base() } else { from };
            let (a, b) = (
                scale.part(from).clamp(-0.02, 1.02),
                scale.part(to).clamp(-0.02, 1.02),
            );
            let other = if vertical { &both.1 } else { &both.0 };
            let at = if vertical { mark.x } else { mark.y };
            let (middle, band) = match (other, at, vertical) {
                (Some(other), Some(at), true) => (mark.pane.x + mark.pane.width * other.part(at), thin),
                (Some(other), Some(at), false) => {
                    (mark.pane.y + mark.pane.height * (1.0 - other.part(at)), thin)
                }
                (Some(_), None, _) => continue,
                (None, _, true) => (mark.pane.center().0, mark.pane.width),
                (None, _, false) => (mark.pane.center().1, mark.pane.height),
            };
            let size = match self.sizes.key {
                Some(_) => self.sizes.part(self.table, mark.row).unwrap_or(0.0),
                None => 1.0,
            };
            let thick = (band * theme::BAR * self.sizes.factor * size).clamp(1.0, band.max(1.0));
            let rect = match vertical {
                true => {
                    let (top, bottom) = (1.0 - a.max(b), 1.0 - a.min(b));
                    Rect::new(
                        middle - thick / 2.0,
                        mark.pane.y + mark.pane.height * top,
                        thick,
                        mark.pane.height * (bottom - top),
                    )
                }
                false => Rect::new(
                    mark.pane.x + mark.pane.width * a.min(b),
                    middle - thick / 2.0,
                    mark.pane.width * (a - b).abs(),
                    thick,
                ),
            };
            items.push(Item::Rect(rect, 0.0, self.style(mark.row)));
            let alone = from == scale.base();
            self.label_bar(
                mark,
                rect,
                vertical,
                alone && self.is_last(&stacked, marks, mark, to),
                to < 0.0,
                wanted,
            );
        }
        items
    }

    /// Whether nothing is stacked on a bar.
    fn is_last(&self, stacked: &[(Option<f64>, Option<f64>)], marks: &[Mark], mark: &Mark, to: f64) -> bool {
        !marks.iter().zip(stacked).any(|(other, (from, _))| {
            other.row != mark.row
                && other.pane == mark.pane
                && *from == Some(to)
                && (other.x == mark.x || other.y == mark.y)
        })
    }

    /// From where to where each mark reaches along its axis, stacked where it is.
    pub fn stacks(&self, marks: &[Mark], vertical: bool) -> Vec<(Option<f64>, Option<f64>)> {
        let value = |mark: &Mark| if vertical { mark.y } else { mark.x };
        let stacks = self.card.stacked.unwrap_or(self.kind.stands_on_zero());
        let mut out = vec![(None, None); marks.len()];
        if !stacks {
            for (at, mark) in marks.iter().enumerate() {
                out[at] = (Some(0.0), value(mark));
            }
            return out;
        }
        let mut order: Vec<usize> = (0..marks.len()).collect();
        // The first member is farthest from the axis.
        order.sort_by_key(|&at| {
            std::cmp::Reverse(self.coloring.place(self.table, self.table.rows[marks[at].row]))
        });
        let mut ends: HashMap<(u64, u64, u64, bool), f64> = HashMap::new();
        for at in order {
            let mark = &marks[at];
            let Some(value) = value(mark) else { continue };
            let other = if vertical { mark.x } else { mark.y };
            let key = (
                mark.pane.x.to_bits(),
                mark.pane.y.to_bits(),
                other.map_or(u64::MAX, f64::to_bits),
                value < 0.0,
            );
            let end = ends.entry(key).or_insert(0.0);
            out[at] = (Some(*end), Some(*end + value));
            *end += value;
        }
        out
    }

    /// The room that a bar has on a continuous axis: the least distance of two.
    fn step(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        vertical: bool,
    ) -> f64 {
        let mut places: Vec<f64> = marks
            .iter()
            .filter_map(|mark| {
                let both = scales(mark.row);
                let (scale, value, length) = match vertical {
                    true => (both.1?, mark.x?, mark.pane.width),
                    false => (both.0?, mark.y?, mark.pane.height),
                };
                Some(scale.part(value) * length)
            })
            .collect();
        places.sort_by(f64::total_cmp);
        let gaps = places
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .filter(|gap| *gap > 0.01);
        let least = gaps.fold(f64::INFINITY, f64::min);
        if least.is_finite() { least.max(1.0) } else { 20.0 }
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

    fn lines(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        wanted: &mut Vec<Wanted>,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        let along_x = self.is_vertical() || self.row_axis.is_some() && self.col_axis.is_some();
        let path = encoded(self.card, "path").next();
        let markers = format(&self.card.style, "mark", "mark-markers-mode");
        let step = format(&self.card.style, "mark", "line-interpolation");
        let dashes: &[f64] = match format(&self.card.style, "mark", "mark-line-pattern") {
            Some("dashed") => &[6.0, 4.0],
            Some("dotted") => &[1.0, 4.0],
            _ => &[],
        };
        let width = theme::LINE * self.sizes.factor;
        let mut series = self.series(marks, along_x);
        // The first member lies in front.
        series.reverse();
        for mut line in series {
            match path {
                Some(key) => line.sort_by(|a, b| {
                    crate::color::natural(
                        &self.table.value(self.table.rows[a.row], key),
                        &self.table.value(self.table.rows[b.row], key),
                    )
                }),
                None => line.sort_by(|a, b| {
                    let place = |mark: &Mark| {
                        self.point(mark, &scales(mark.row))
                            .map(|(x, y)| if along_x { x } else { y })
                    };
                    place(a)
                        .unwrap_or(f64::MAX)
                        .total_cmp(&place(b).unwrap_or(f64::MAX))
                }),
            }
            let color = line.first().map_or(theme::NO_VALUE, |mark| self.color(mark.row));
            let varies = matches!(self.coloring, Coloring::Ramp { .. });
            let mut parts: Vec<Vec<((f64, f64), usize)>> = vec![Vec::new()];
            for mark in &line {
                match self.point(mark, &scales(mark.row)) {
                    Some(point) => parts.last_mut().expect("there is a part").push((point, mark.row)),
                    None => parts.push(Vec::new()),
                }
            }
            for part in parts.iter().filter(|part| !part.is_empty()) {
                if part.len() == 1 || markers == Some("all") {
                    for (point, row) in part {
                        items.push(Item::Circle(*point, width * 1.6, Style::fill(self.color(*row))));
                    }
                }
                if part.len() > 1 && varies {
                    for pair in part.windows(2) {
                        items.push(Item::Line(
                            pair[0].0,
                            pair[1].0,
                            Stroke::new(self.color(pair[1].1), width).rounded(),
                        ));
                    }
                } else if part.len() > 1 {
                    let points = stepped(part.iter().map(|(point, _)| *point), step);
                    items.push(Item::Path(
                        Path::polyline(points),
                        Style::stroke(Stroke::new(color, width).rounded().dashed(dashes)),
                    ));
                }
            }
            let ends = (
                line.first().map(|mark| mark.row),
                line.last().map(|mark| mark.row),
            );
            for mark in &line {
                if let Some((x, y)) = self.point(mark, &scales(mark.row)) {
                    let is_end = ends.0 == Some(mark.row) || ends.1 == Some(mark.row);
                    self.label_point(mark, (x, y), width + 2.0, is_end, wanted);
                }
            }
        }
        items
    }

    fn areas(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        wanted: &mut Vec<Wanted>,
    ) -> Vec<Item> {
        let vertical = self.is_vertical();
        let stacked: HashMap<usize, (Option<f64>, Option<f64>)> = marks
            .iter()
            .map(|mark| mark.row)
            .zip(self.stacks(marks, vertical))
            .collect();
        let mut items = Vec::new();
        for mut area in self.series(marks, vertical) {
            area.sort_by(|a, b| {
                let place = |mark: &Mark| self.across(mark, &scales(mark.row), vertical);
                place(a).total_cmp(&place(b))
            });
            let (mut upper, mut lower) = (Vec::new(), Vec::new());
            for mark in &area {
                let both = scales(mark.row);
                let Some(scale) = (if vertical { both.0 } else { both.1 }) else {
                    continue;
                };
                let Some((from, to)) = stacked.get(&mark.row).and_then(|(from, to)| from.zip(*to)) else {
                    continue;
                };
                let across = self.across(mark, &both, vertical);
                let place = |value: f64| match vertical {
                    true => (across, mark.pane.y + mark.pane.height * (1.0 - scale.part(value))),
                    false => (mark.pane.x + mark.pane.width * scale.part(value), across),
                };
                let from = if from == 0.0 { scale.base() } else { from };
                upper.push(place(to));
                lower.push(place(from));
                self.label_point(mark, place(to), 2.0, false, wanted);
            }
            let Some(first) = area.first() else { continue };
            let color = self.color(first.row);
            let edge = Path::polyline(upper.iter().copied());
            let outline = upper.into_iter().chain(lower.into_iter().rev());
            items.push(Item::Path(Path::polygon(outline), Style::fill(color)));
            items.push(Item::Path(
                edge,
                Style::stroke(Stroke::new(color.with_alpha(255), 1.0).rounded()),
            ));
        }
        items
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

    fn points(
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
                Some(_) => (LARGEST * self.sizes.factor * part.sqrt()).max(SMALLEST),
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

    fn gantt(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        wanted: &mut Vec<Wanted>,
    ) -> Vec<Item> {
        let vertical = self.is_vertical() || self.col_axis.is_none();
        let mut items = Vec::with_capacity(marks.len());
        for mark in marks {
            let both = scales(mark.row);
            let (Some(scale), Some(begin)) = (match vertical {
                true => (both.0, mark.y),
                false => (both.1, mark.x),
            }) else {
                continue;
            };
            let length = self
                .sizes
                .key
                .as_ref()
                .map(|key| number(&self.table.value(self.table.rows[mark.row], key)).unwrap_or(0.0));
            let (a, b) = (scale.part(begin), scale.part(begin + length.unwrap_or(0.0)));
            let across = self.across(mark, &both, vertical);
            let rect = match vertical {
                true => {
                    let thick = mark.pane.width * theme::BAR;
                    let (top, bottom) = (1.0 - a.max(b), 1.0 - a.min(b));
                    let high =
                        (mark.pane.height * (bottom - top)).max(if length.is_none() { 2.0 } else { 0.5 });
                    Rect::new(
                        across - thick / 2.0,
                        mark.pane.y + mark.pane.height * top,
                        thick,
                        high,
                    )
                }
                false => {
                    let thick = mark.pane.height * theme::BAR;
                    let wide =
                        (mark.pane.width * (a - b).abs()).max(if length.is_none() { 2.0 } else { 0.5 });
                    Rect::new(
                        mark.pane.x + mark.pane.width * a.min(b),
                        across - thick / 2.0,
                        wide,
                        thick,
                    )
                }
            };
            items.push(Item::Rect(rect, 0.0, self.style(mark.row)));
            self.label_bar(mark, rect, vertical, true, false, wanted);
        }
        items
    }

    fn texts(&self, marks: &[Mark], scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>)) -> Vec<Item> {
        let mut items = Vec::new();
        let mut used: HashMap<(u64, u64), f64> = HashMap::new();
        let on_axes = self.row_axis.is_some() || self.col_axis.is_some();
        let bare = self.table.sheet.rows.is_empty() && self.table.sheet.cols.is_empty();
        let font = theme::TEXT;
        let mut per_pane: HashMap<(u64, u64), usize> = HashMap::new();
        for mark in marks {
            *per_pane
                .entry((mark.pane.x.to_bits(), mark.pane.y.to_bits()))
                .or_default() += 1;
        }
        for mark in marks {
            let lines = self.label_lines(mark.row);
            let color = match self.coloring {
                Coloring::Single(_) => theme::DARK,
                _ => self.color(mark.row),
            };
            let height = lines.len() as f64 * font.line_height();
            if on_axes {
                let Some((x, y)) = self.point(mark, &scales(mark.row)) else {
                    continue;
                };
                for (at, line) in lines.iter().enumerate() {
                    let base = y - height / 2.0 + at as f64 * font.line_height() + font.ascent();
                    items.push(Item::Text(
                        Text::new((x, base), line.as_str(), font, color).anchored(Anchor::Middle),
                    ));
                }
                continue;
            }
            let place = (mark.pane.x.to_bits(), mark.pane.y.to_bits());
            let count = per_pane[&place] as f64;
            let top = used
                .entry(place)
                .or_insert_with(|| mark.pane.y + ((mark.pane.height - height * count) / 2.0).max(0.0));
            if *top > mark.pane.bottom() {
                continue;
            }
            for line in &lines {
                let base = *top + font.ascent();
                let words = font.fit(line, mark.pane.width - theme::PADDING);
                items.push(Item::Text(match self.alignment(bare) {
                    Anchor::Start => Text::new((mark.pane.x + theme::PADDING, base), words, font, color),
                    Anchor::Middle => {
                        Text::new((mark.pane.center().0, base), words, font, color).anchored(Anchor::Middle)
                    }
                    Anchor::End => Text::new((mark.pane.right() - theme::PADDING, base), words, font, color)
                        .anchored(Anchor::End),
                }));
                *top += font.line_height();
            }
        }
        items
    }

    /// How texts stand in their cells: numbers at the right.
    fn alignment(&self, bare: bool) -> Anchor {
        let set = format(&self.table.sheet.style, "cell", "text-align");
        match (set, bare) {
            (Some("left"), _) => Anchor::Start,
            (Some("center"), _) | (None, true) => Anchor::Middle,
            (Some("right"), _) => Anchor::End,
            _ => match encoded(self.card, "text").next() {
                Some(key) if self.table.data_type(key).is_number() || key.is_measure_values() => Anchor::End,
                _ => Anchor::Start,
            },
        }
    }

    fn pies(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
        wanted: &mut Vec<Wanted>,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        let angle = encoded(self.card, "wedge-size").next();
        let mut order: Vec<(u64, u64)> = Vec::new();
        let mut pies: HashMap<(u64, u64), Vec<&Mark>> = HashMap::new();
        for mark in marks {
            let Some((x, y)) = self.point(mark, &scales(mark.row)) else {
                continue;
            };
            let place = (x.to_bits(), y.to_bits());
            pies.entry(place)
                .or_insert_with(|| {
                    order.push(place);
                    Vec::new()
                })
                .push(mark);
        }
        for place in order {
            let Some(mut slices) = pies.remove(&place) else {
                continue;
            };
            slices.sort_by_key(|mark| self.coloring.place(self.table, self.table.rows[mark.row]));
            let center = (f64::from_bits(place.0), f64::from_bits(place.1));
            let pane = slices[0].pane;
            let fills = self.row_axis.is_none() && self.col_axis.is_none() || self.is_constant(marks);
            let beside = match self.labelled() {
                true => {
                    slices
                        .iter()
                        .flat_map(|mark| self.label_lines(mark.row))
                        .map(|line| theme::TEXT.width(&line))
                        .fold(0.0, f64::max)
                        + 8.0
                }
                false => 0.0,
            };
            let room = (pane.width - 2.0 * beside)
                .max(pane.width / 3.0)
                .min(pane.height - if beside > 0.0 { 40.0 } else { 0.0 });
            let part = match self.sizes.key {
                Some(_) => slices
                    .iter()
                    .filter_map(|mark| self.sizes.part(self.table, mark.row))
                    .fold(0.0, f64::max)
                    .sqrt(),
                None => 1.0,
            };
            let radius = match fills {
                true => (room / 2.0 - 6.0).max(4.0) * 0.9 * self.sizes.factor.min(1.1),
                false => 15.0 * self.sizes.factor,
            } * part;
            let value = |mark: &Mark| match angle {
                Some(key) => number(&self.table.value(self.table.rows[mark.row], key))
                    .unwrap_or(0.0)
                    .max(0.0),
                None => 1.0,
            };
            let total: f64 = slices.iter().map(|mark| value(mark)).sum();
            if total <= 0.0 {
                continue;
            }
            let mut from = 0.0;
            for mark in &slices {
                let to = from + 360.0 * value(mark) / total;
                let mut style = self.style(mark.row);
                if style.stroke.is_none() && slices.len() > 1 {
                    style.stroke = Some(Stroke::new(Color::WHITE, 1.0));
                }
                items.push(Item::Path(Path::slice(center, 0.0, radius, from, to), style));
                let middle = ((from + to) / 2.0 - 90.0).to_radians();
                if to > from && self.labelled() {
                    let lines = self.label_lines(mark.row);
                    let high = lines.len() as f64 * theme::TEXT.line_height();
                    let (x, y) = (
                        center.0 + (radius + 6.0) * middle.cos(),
                        center.1 + (radius + 6.0) * middle.sin(),
                    );
                    // Texts grow away from the slice.
                    let (anchor, top) = match middle.cos() {
                        side if side > 0.2 => (Anchor::Start, y - high / 2.0),
                        side if side < -0.2 => (Anchor::End, y - high / 2.0),
                        _ if middle.sin() < 0.0 => (Anchor::Middle, y - high),
                        _ => (Anchor::Middle, y),
                    };
                    self.want(wanted, &lines, (x, top), anchor, theme::DARK);
                }
                from = to;
            }
        }
        items
    }

    /// Whether the axes only give all marks one place, as for a ring.
    fn is_constant(&self, marks: &[Mark]) -> bool {
        marks
            .windows(2)
            .all(|pair| pair[0].x == pair[1].x && pair[0].y == pair[1].y)
    }

    /// Squares without axes: a tree map where a field gives sizes to several, else they fill their cells.
    fn tiles(&self, marks: &[Mark], wanted: &mut Vec<Wanted>) -> Vec<Item> {
        let mut items = Vec::new();
        for (pane, mut own) in panes(marks) {
            if own.len() == 1
                && (self.sizes.key.is_none()
                    || !self.table.sheet.rows.is_empty()
                    || !self.table.sheet.cols.is_empty())
            {
                let mark = own[0];
                let rect = match (&self.sizes.key, self.sizes.part(self.table, mark.row)) {
                    (None, _) => pane.inset(0.5, 0.5, 0.5, 0.5),
                    (Some(_), Some(part)) => {
                        let side = pane.width.min(pane.height) * 0.9 * part.sqrt();
                        Rect::new(
                            pane.center().0 - side / 2.0,
                            pane.center().1 - side / 2.0,
                            side,
                            side,
                        )
                    }
                    (Some(_), None) => continue,
                };
                items.push(Item::Rect(rect, 0.0, self.style(mark.row)));
                self.label_tile(mark, rect, true, wanted);
                continue;
            }
            let size = |mark: &Mark| match &self.sizes.key {
                Some(key) => number(&self.table.value(self.table.rows[mark.row], key))
                    .unwrap_or(0.0)
                    .max(0.0),
                None => 1.0,
            };
            own.retain(|mark| size(mark) > 0.0);
            own.sort_by(|a, b| size(b).total_cmp(&size(a)));
            let sizes: Vec<f64> = own.iter().map(|mark| size(mark)).collect();
            for (mark, tile) in own.iter().zip(tree_map(&sizes, pane)) {
                let rect = tile.inset(0.5, 0.5, 0.5, 0.5);
                items.push(Item::Rect(rect, 0.0, self.style(mark.row)));
                self.label_tile(mark, rect, false, wanted);
            }
        }
        items
    }

    fn bubbles(&self, marks: &[Mark], wanted: &mut Vec<Wanted>) -> Vec<Item> {
        let mut items = Vec::new();
        let crossed = !self.table.sheet.rows.is_empty() || !self.table.sheet.cols.is_empty();
        for (pane, own) in panes(marks) {
            if own.len() == 1 && crossed {
                let Some(part) = self.sizes.part(self.table, own[0].row) else {
                    continue;
                };
                let radius = pane.width.min(pane.height) * 0.45 * part.sqrt();
                items.push(Item::Circle(pane.center(), radius, self.style(own[0].row)));
                let (x, y) = pane.center();
                self.label_tile(
                    own[0],
                    Rect::new(x - radius, y - radius, 2.0 * radius, 2.0 * radius),
                    true,
                    wanted,
                );
                continue;
            }
            let areas: Vec<f64> = own
                .iter()
                .map(|mark| self.sizes.part(self.table, mark.row).unwrap_or(0.0))
                .collect();
            for (mark, (x, y, radius)) in own.iter().zip(packed(&areas, pane.inset(4.0, 4.0, 4.0, 4.0))) {
                if radius <= 0.0 {
                    continue;
                }
                items.push(Item::Circle((x, y), radius, self.style(mark.row)));
                let side = radius * 1.7;
                self.label_tile(
                    mark,
                    Rect::new(x - side / 2.0, y - radius, side, 2.0 * radius),
                    true,
                    wanted,
                );
            }
        }
        items
    }

    fn polygons(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
    ) -> Vec<Item> {
        let path = encoded(self.card, "path").next();
        let mut items = Vec::new();
        for mut outline in self.series(marks, true) {
            if let Some(key) = path {
                outline.sort_by(|a, b| {
                    crate::color::natural(
                        &self.table.value(self.table.rows[a.row], key),
                        &self.table.value(self.table.rows[b.row], key),
                    )
                });
            }
            let points: Vec<(f64, f64)> = outline
                .iter()
                .filter_map(|mark| self.point(mark, &scales(mark.row)))
                .collect();
            if let (Some(first), true) = (outline.first(), points.len() > 2) {
                items.push(Item::Path(Path::polygon(points), self.style(first.row)));
            }
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

    /// Whether marks have labels.
    fn labelled(&self) -> bool {
        match format(&self.card.style, "mark", "mark-labels-show") {
            Some("true") => true,
            Some("false") => false,
            _ => encoded(self.card, "text").next().is_some(),
        }
    }

    /// The lines of a mark's label or text.
    pub fn label_lines(&self, row: usize) -> Vec<String> {
        let mark = self.table.rows[row];
        if let Some(text) = &self.card.label {
            let mut out = String::new();
            for piece in &text.pieces {
                match &piece.content {
                    vivant_document::spec::PieceContent::Text(text) => out.push_str(text),
                    vivant_document::spec::PieceContent::Field(key) => {
                        out.push_str(&self.table.text(mark, key))
                    }
                    vivant_document::spec::PieceContent::Token(_) => {}
                }
            }
            return out
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect();
        }
        let own: Vec<String> = encoded(self.card, "text")
            .map(|key| self.table.text(mark, key))
            .collect();
        match (own.is_empty(), self.kind) {
            (false, _) => own.into_iter().filter(|line| !line.is_empty()).collect(),
            // A cell without a field to write.
            (true, MarkKind::Text) => vec!["Abc".to_owned()],
            (true, _) => {
                let vertical = self.is_vertical();
                let axis = if vertical { self.row_axis } else { self.col_axis };
                let key = axis
                    .map(|axis| &axis.key)
                    .or_else(|| encoded(self.card, "wedge-size").next())
                    .or(self.sizes.key.as_ref());
                key.map(|key| self.table.text(mark, key))
                    .into_iter()
                    .filter(|line| !line.is_empty())
                    .collect()
            }
        }
    }

    fn want(
        &self,
        wanted: &mut Vec<Wanted>,
        lines: &[String],
        (x, top): (f64, f64),
        anchor: Anchor,
        color: Color,
    ) {
        let font = theme::TEXT;
        for (at, line) in lines.iter().enumerate() {
            let width = font.width(line);
            let left = match anchor {
                Anchor::Start => x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            let y = top + at as f64 * font.line_height();
            wanted.push(Wanted {
                text: Text::new((x, y + font.ascent()), line.as_str(), font, color).anchored(anchor),
                room: Rect::new(left, y + 1.0, width, font.line_height() - 2.0),
            });
        }
    }

    fn label_point(&self, mark: &Mark, (x, y): (f64, f64), off: f64, is_end: bool, wanted: &mut Vec<Wanted>) {
        if !self.labelled() {
            return;
        }
        if format(&self.card.style, "mark", "mark-labels-mode") == Some("line-ends") && !is_end {
            return;
        }
        let lines = self.label_lines(mark.row);
        let height = lines.len() as f64 * theme::TEXT.line_height();
        let top = if y - off - height < mark.pane.y - 2.0 {
            y + off
        } else {
            y - off - height
        };
        self.want(wanted, &lines, (x, top), Anchor::Middle, theme::DARK);
    }

    fn label_bar(
        &self,
        mark: &Mark,
        rect: Rect,
        vertical: bool,
        outside: bool,
        negative: bool,
        wanted: &mut Vec<Wanted>,
    ) {
        if !self.labelled() {
            return;
        }
        let lines = self.label_lines(mark.row);
        let widest = lines
            .iter()
            .map(|line| theme::TEXT.width(line))
            .fold(0.0, f64::max);
        let height = lines.len() as f64 * theme::TEXT.line_height();
        let (x, y) = rect.center();
        if outside {
            match (vertical, negative) {
                (true, false) => self.want(
                    wanted,
                    &lines,
                    (x, rect.y - height - 1.0),
                    Anchor::Middle,
                    theme::DARK,
                ),
                (true, true) => self.want(
                    wanted,
                    &lines,
                    (x, rect.bottom() + 1.0),
                    Anchor::Middle,
                    theme::DARK,
                ),
                (false, false) => self.want(
                    wanted,
                    &lines,
                    (rect.right() + 4.0, y - height / 2.0),
                    Anchor::Start,
                    theme::DARK,
                ),
                (false, true) => self.want(
                    wanted,
                    &lines,
                    (rect.x - 4.0, y - height / 2.0),
                    Anchor::End,
                    theme::DARK,
                ),
            }
        } else if widest + 4.0 <= rect.width && height <= rect.height {
            self.want(
                wanted,
                &lines,
                (x, y - height / 2.0),
                Anchor::Middle,
                on(self.color(mark.row)),
            );
        }
    }

    fn label_tile(&self, mark: &Mark, rect: Rect, centred: bool, wanted: &mut Vec<Wanted>) {
        if !self.labelled() {
            return;
        }
        let font = theme::TEXT;
        let room = rect.width - 2.0 * theme::PADDING;
        let mut lines: Vec<String> = self
            .label_lines(mark.row)
            .iter()
            .flat_map(|line| font.wrap(line, room.max(10.0)))
            .collect();
        let most = ((rect.height - 2.0) / font.line_height()).floor().max(0.0) as usize;
        lines.truncate(most);
        if lines.is_empty() || lines.iter().any(|line| font.width(line) > room + 1.0) {
            return;
        }
        let height = lines.len() as f64 * font.line_height();
        let color = on(self.color(mark.row));
        match centred {
            true => self.want(
                wanted,
                &lines,
                (rect.center().0, rect.center().1 - height / 2.0),
                Anchor::Middle,
                color,
            ),
            false => self.want(wanted, &lines, (rect.x + 5.0, rect.y + 3.0), Anchor::Start, color),
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

/// The colour of text on a colour.
fn on(color: Color) -> Color {
    let shown = Color::WHITE.mix(color.with_alpha(255), color.opacity());
    if shown.luminance() < 0.4 {
        Color::WHITE
    } else {
        Color::BLACK
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

/// The points of a line that goes in steps, if it does.
fn stepped(points: impl Iterator<Item = (f64, f64)>, how: Option<&str>) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let (Some("step"), Some((_, last))) = (how, out.last().copied()) {
            out.push((x, last));
        }
        out.push((x, y));
    }
    out
}

/// Draws those labels that have room, the first ones first.
pub(crate) fn placed(wanted: Vec<Wanted>, cull: bool, within: Rect) -> Group {
    let mut taken: Vec<Rect> = Vec::new();
    let mut items = Vec::new();
    for Wanted { text, room } in wanted {
        let outside = room.x < within.x - 1.0
            || room.right() > within.right() + 1.0
            || room.bottom() > within.bottom() + 1.0;
        if cull && (outside || taken.iter().any(|other| other.overlaps(&room))) {
            continue;
        }
        taken.push(room);
        items.push(Item::Text(text));
    }
    Group {
        class: "labels".to_owned(),
        clip: None,
        items,
    }
}
