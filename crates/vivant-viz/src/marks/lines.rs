//! Lines, areas and polygons.

use std::collections::HashMap;

use vivant_document::spec::{format, format_for};
use vivant_render::{Item, Path, Stroke, Style};

use super::{Layer, Mark, Wanted};
use crate::color::{Coloring, encoded};
use crate::scale::Scale;
use crate::theme;

/// Width of the widest line of a size field.
const WIDEST: f64 = 8.0;

/// What becomes of a missing value.
#[derive(Clone, Copy)]
enum Special {
    Break,
    Connect,
    Zero,
}

impl Layer<'_> {
    pub(super) fn lines(
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
                    let place = |mark: &Mark| self.across(mark, &scales(mark.row), along_x);
                    place(a).total_cmp(&place(b))
                }),
            }
            let color = line.first().map_or(theme::NO_VALUE, |mark| self.color(mark.row));
            let width = match line.first() {
                Some(mark) if self.sizes.vary() => {
                    let part = self.sizes.part(self.table, mark.row).unwrap_or(0.0);
                    (WIDEST * self.sizes.factor * part.sqrt()).max(1.0)
                }
                _ => width,
            };
            let varies = matches!(self.coloring, Coloring::Ramp { .. });
            let mut parts: Vec<Vec<((f64, f64), usize)>> = vec![Vec::new()];
            for mark in &line {
                match self.point(mark, &scales(mark.row)) {
                    Some(point) => parts.last_mut().expect("there is a part").push((point, mark.row)),
                    // What has no value breaks the line, unless the document goes on or down to zero.
                    None => match self.special(along_x) {
                        Special::Break => parts.push(Vec::new()),
                        Special::Connect => {}
                        Special::Zero => {
                            let mut zero = (*mark).clone();
                            *(if along_x { &mut zero.y } else { &mut zero.x }) = Some(0.0);
                            if let Some(point) = self.point(&zero, &scales(mark.row)) {
                                parts.last_mut().expect("there is a part").push((point, mark.row));
                            }
                        }
                    },
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
                    let end = (ends.0 == Some(mark.row), ends.1 == Some(mark.row));
                    self.label_point(mark, (x, y), width + 2.0, end, wanted);
                }
            }
        }
        items
    }

    /// What a line does where a value is missing.
    fn special(&self, along_x: bool) -> Special {
        let axis = if along_x { self.row_axis } else { self.col_axis };
        let get = |attr: &str| match axis {
            Some(axis) => format_for(&self.table.sheet.style, "table", attr, &axis.key),
            None => format(&self.table.sheet.style, "table", attr),
        };
        match (get("omit-on-special"), get("break-on-special")) {
            (Some("false"), _) => Special::Zero,
            (_, Some("false")) => Special::Connect,
            _ => Special::Break,
        }
    }

    pub(super) fn areas(
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
                self.label_point(mark, place(to), 2.0, (false, false), wanted);
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

    pub(super) fn polygons(
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
