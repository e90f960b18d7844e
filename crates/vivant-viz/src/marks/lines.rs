//! Lines, areas and polygons.

use vivant_calc::Value;
use vivant_document::spec::{FieldRef, format, format_for};
use vivant_render::{Item, Path, Stroke, Style};

use super::labels::Bend;
use super::{Labels, Layer, Mark};
use crate::color::{Coloring, encoded};
use crate::theme;

/// Width of the widest line of a size field.
const WIDEST: f64 = 8.0;

/// How a line goes from point to point.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Straight,
    /// Along the axis, then up or down at the next point.
    Step,
    /// Along the axis alone.
    Jump,
}

impl Way {
    /// The way that a document names; others are straight.
    fn of(name: Option<&str>) -> Self {
        match name {
            Some("step") => Self::Step,
            Some("jump") => Self::Jump,
            _ => Self::Straight,
        }
    }
}

/// A point of a line.
struct Stop {
    at: (f64, f64),
    row: usize,
    width: f64,
}

impl Layer<'_> {
    pub(super) fn lines(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
        let mut items = Vec::new();
        let along_x = self.is_vertical() || self.row_axis.is_some() && self.col_axis.is_some();
        let markers = format(&self.card.style, "mark", "mark-markers-mode");
        let mut series = self.series(marks, along_x);
        // The first member lies in front.
        series.reverse();
        for mut line in series {
            self.order(&mut line, along_x);
            let mut parts: Vec<Vec<Stop>> = vec![Vec::new()];
            let push = |at: (f64, f64), row: usize, parts: &mut Vec<Vec<Stop>>| {
                let stop = Stop {
                    at,
                    row,
                    width: self.line_width(row),
                };
                parts.last_mut().expect("there is a part").push(stop);
            };
            for mark in &line {
                match self.point(mark) {
                    Some(point) => push(point, mark.row, &mut parts),
                    // What has no value breaks the line, unless the document goes on.
                    None if self.connects(along_x) => {}
                    None => parts.push(Vec::new()),
                }
            }
            let face = self.face(line.iter().copied());
            for part in parts.iter().filter(|part| !part.is_empty()) {
                if part.len() == 1 || markers == Some("all") {
                    items.extend(part.iter().map(|stop| {
                        Item::Circle(stop.at, stop.width * 1.6, Style::fill(self.color(stop.row)))
                    }));
                }
                self.stroke(part, face, along_x, &mut items);
            }
            self.label_line(&line, wanted);
        }
        items
    }

    /// Puts the marks of a line in the order in which it goes through them.
    fn order(&self, line: &mut [&Mark], along_x: bool) {
        match encoded(self.card, "path").next() {
            Some(key) => self.by_path(line, key),
            None => line.sort_by(|a, b| self.across(a, along_x).total_cmp(&self.across(b, along_x))),
        }
    }

    fn by_path(&self, line: &mut [&Mark], key: &FieldRef) {
        let value = |mark: &&Mark| -> Value { self.table.value(self.table.rows[mark.row], key) };
        line.sort_by(|a, b| crate::color::natural(&value(a), &value(b)));
    }

    pub(super) fn line_width(&self, row: usize) -> f64 {
        if !self.sizes.vary() {
            return theme::LINE * self.sizes.factor;
        }
        let part = self.sizes.part(self.table, row).unwrap_or(0.0);
        (WIDEST * self.sizes.factor * part.sqrt()).max(1.0)
    }

    /// Draws a line without gaps; `face` is the mark whose colour it has where it has one.
    fn stroke(&self, part: &[Stop], face: Option<usize>, along_x: bool, items: &mut Vec<Item>) {
        let way = Way::of(format(&self.card.style, "mark", "line-interpolation"));
        let dashes: &[f64] = match format(&self.card.style, "mark", "mark-line-pattern") {
            Some("dashed") => &[6.0, 4.0],
            Some("dotted") => &[1.0, 4.0],
            _ => &[],
        };
        let colored = matches!(self.coloring, Coloring::Ramp { .. });
        let tapers = part
            .windows(2)
            .any(|pair| (pair[0].width - pair[1].width).abs() > 0.01);
        let stroke_as =
            |row: usize, stop: &Stop| Stroke::new(self.color(row), stop.width).rounded().dashed(dashes);
        let stroke = |stop: &Stop| stroke_as(stop.row, stop);
        // Where a line turns on its way to the next point.
        let corner = |from: &Stop, to: &Stop| match along_x {
            true => (to.at.0, from.at.1),
            false => (from.at.0, to.at.1),
        };
        if !colored && !tapers && way != Way::Jump {
            let [first, rest @ ..] = part else { return };
            if rest.is_empty() {
                return;
            }
            let mut points = vec![first.at];
            for pair in part.windows(2) {
                points.extend((way == Way::Step).then(|| corner(&pair[0], &pair[1])));
                points.push(pair[1].at);
            }
            let style = Style::stroke(stroke_as(face.unwrap_or(first.row), first));
            items.push(Item::Path(Path::polyline(points), style));
            return;
        }
        for pair in part.windows(2) {
            let (from, to) = (&pair[0], &pair[1]);
            match way {
                Way::Straight if tapers => items.push(self.taper(from, to)),
                Way::Straight => items.push(Item::Line(from.at, to.at, stroke(to))),
                Way::Step => {
                    let turn = corner(from, to);
                    items.push(Item::Line(from.at, turn, stroke(from)));
                    items.push(Item::Line(turn, to.at, stroke(to)));
                }
                Way::Jump => items.push(Item::Line(from.at, corner(from, to), stroke(from))),
            }
        }
    }

    /// A piece of a line that becomes thicker or thinner.
    fn taper(&self, from: &Stop, to: &Stop) -> Item {
        let (dx, dy) = (to.at.0 - from.at.0, to.at.1 - from.at.1);
        let length = dx.hypot(dy).max(1e-9);
        let side = |stop: &Stop, sign: f64| {
            let half = sign * stop.width / 2.0 / length;
            (stop.at.0 - dy * half, stop.at.1 + dx * half)
        };
        let outline = [side(from, 1.0), side(to, 1.0), side(to, -1.0), side(from, -1.0)];
        Item::Path(Path::polygon(outline), Style::fill(self.color(to.row)))
    }

    fn label_line(&self, line: &[&Mark], wanted: &mut Labels) {
        let points: Vec<(&Mark, (f64, f64))> = line
            .iter()
            .filter_map(|mark| Some((*mark, self.point(mark)?)))
            .collect();
        let ends_only = self.names_lines(line);
        for (at, &(mark, (x, y))) in points.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| points[at].1.1);
            let after = points.get(at + 1).map(|(_, (_, y))| *y);
            let neighbours = [before, after].into_iter().flatten();
            let bend = Bend {
                first: before.is_none(),
                last: after.is_none(),
                low: points.len() > 1 && neighbours.fold(f64::NEG_INFINITY, f64::max) < y - 1.0,
                ends_only,
            };
            self.label_point(mark, (x, y), self.line_width(mark.row) + 2.0, bend, wanted);
        }
    }

    /// Whether a line goes on where a value is missing.
    fn connects(&self, along_x: bool) -> bool {
        let axis = if along_x { self.row_axis } else { self.col_axis };
        let set = match axis {
            Some(axis) => format_for(&self.table.sheet.style, "table", "break-on-special", &axis.key),
            None => format(&self.table.sheet.style, "table", "break-on-special"),
        };
        set == Some("false")
    }

    pub(super) fn areas(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
        let vertical = self.is_vertical();
        let stacks = self.stacks(marks, vertical);
        // Marks are slices of one list: their place in it tells their place in the stack.
        let stack = |mark: &Mark| {
            let at = marks.partition_point(|known| known.row < mark.row);
            let same = marks[at..].iter().take_while(|known| known.row == mark.row);
            let found = same.enumerate().find(|(_, known)| known.lanes == mark.lanes)?;
            let (from, to) = stacks[at + found.0];
            from.zip(to)
        };
        let mut items = Vec::new();
        for mut area in self.series(marks, vertical) {
            self.order(&mut area, vertical);
            let names = self.names_lines(&area);
            let mut thickest: Option<(f64, &Mark, (f64, f64))> = None;
            let (mut upper, mut lower) = (Vec::new(), Vec::new());
            let last = area.len().saturating_sub(1);
            for (at, mark) in area.iter().enumerate() {
                let Some(scale) = (if vertical { mark.scales.0 } else { mark.scales.1 }) else {
                    continue;
                };
                let Some((from, to)) = stack(mark) else {
                    continue;
                };
                let across = self.across(mark, vertical);
                let place = |value: f64| match vertical {
                    true => (across, mark.pane.y + mark.pane.height * (1.0 - scale.part(value))),
                    false => (mark.pane.x + mark.pane.width * scale.part(value), across),
                };
                let from = if from == 0.0 { scale.base() } else { from };
                let (high, low) = (place(to), place(from));
                upper.push(high);
                lower.push(low);
                if names {
                    let thick = (high.0 - low.0).abs() + (high.1 - low.1).abs();
                    if thickest.is_none_or(|(known, _, _)| thick > known) {
                        let middle = (f64::midpoint(high.0, low.0), f64::midpoint(high.1, low.1));
                        thickest = Some((thick, mark, middle));
                    }
                } else {
                    let bend = Bend {
                        first: at == 0,
                        last: at == last,
                        ..Bend::default()
                    };
                    self.label_point(mark, high, 2.0, bend, wanted);
                }
            }
            if let Some((thick, mark, middle)) = thickest {
                self.label_inside(mark, middle, thick, vertical, wanted);
            }
            let Some(face) = self.face(area.iter().copied()) else {
                continue;
            };
            let color = self.color(face);
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

    pub(super) fn polygons(&self, marks: &[Mark]) -> Vec<Item> {
        let path = encoded(self.card, "path").next();
        let mut items = Vec::new();
        for mut outline in self.series(marks, true) {
            if let Some(key) = path {
                self.by_path(&mut outline, key);
            }
            let points: Vec<(f64, f64)> = outline.iter().filter_map(|mark| self.point(mark)).collect();
            if let (Some(face), true) = (self.face(outline.iter().copied()), points.len() > 2) {
                items.push(Item::Path(Path::polygon(points), self.style(face)));
            }
        }
        items
    }
}
