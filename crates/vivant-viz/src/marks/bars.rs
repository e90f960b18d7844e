//! Bars and Gantt bars.

use std::collections::HashMap;

use vivant_render::{Item, Rect};

use super::labels::Stand;
use super::{Labels, Layer, Mark, MarkKind};
use crate::number::number;
use crate::scale::unit_days;
use crate::theme;

impl Layer<'_> {
    pub(super) fn bars(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
        let vertical = self.is_vertical();
        let mut items = Vec::with_capacity(marks.len());
        let thin = self.step(marks, vertical);
        let stacked = self.stacks(marks, vertical);
        let outer = outer_ends(marks, &stacked, vertical);
        let mut order: Vec<usize> = (0..marks.len()).collect();
        if !self.card.stacked.unwrap_or(true) {
            // The first member lies in front.
            order.sort_by_cached_key(|&at| {
                std::cmp::Reverse(self.coloring.place(self.table, self.table.rows[marks[at].row]))
            });
        }
        for at in order {
            let (mark, (from, to)) = (&marks[at], stacked[at]);
            let Some((from, to)) = from.zip(to) else { continue };
            let is_outer = outer[at];
            let both = mark.scales;
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
            let spread = other.zip(at).and_then(|(other, at)| {
                let (from, to) = match (self.breadth(mark.row, at), other.unit.and_then(unit_days)) {
                    (Some(breadth), _) => breadth,
                    // Whole days and hours, one beside the other.
                    (None, Some(days)) if self.is_fixed() => (at, at + days),
                    _ => return None,
                };
                let (a, b) = (other.part(from), other.part(to));
                Some((a.min(b), (a - b).abs()))
            });
            let (middle, band) = match (other, at, vertical) {
                (Some(other), Some(at), true) => (mark.pane.x + mark.pane.width * other.part(at), thin),
                (Some(other), Some(at), false) => {
                    (mark.pane.y + mark.pane.height * (1.0 - other.part(at)), thin)
                }
                (Some(_), None, _) => continue,
                (None, _, true) => (mark.pane.center().0, mark.pane.width),
                (None, _, false) => (mark.pane.center().1, mark.pane.height),
            };
            let part = self.sizes.part(self.table, mark.row).unwrap_or(0.0);
            let size = match (&self.sizes.key, self.sizes.vary()) {
                (None, true) => part.sqrt(),
                (Some(_), _) => part,
                (None, false) => 1.0,
            };
            let thick = (band * theme::BAR * self.sizes.factor * size).clamp(1.0, band.max(1.0));
            let (middle, thick) = match (spread, vertical) {
                (None, _) => (middle, thick),
                (Some((from, part)), true) => (
                    mark.pane.x + mark.pane.width * (from + part / 2.0),
                    (mark.pane.width * part).max(1.0),
                ),
                (Some((from, part)), false) => (
                    mark.pane.y + mark.pane.height * (1.0 - from - part / 2.0),
                    (mark.pane.height * part).max(1.0),
                ),
            };
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
            let stand = match is_outer {
                true => Stand::Beyond(to < 0.0),
                false => Stand::Within,
            };
            self.label_bar(mark, rect, vertical, stand, wanted);
        }
        items
    }

    pub(super) fn gantt(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
        let vertical = self.is_vertical() || self.col_axis.is_none();
        let mut items = Vec::with_capacity(marks.len());
        let crossed = if vertical { self.col_axis } else { self.row_axis };
        let thin = crossed.map(|_| self.step(marks, vertical));
        let part = theme::BAR * self.sizes.factor.min(1.0 / theme::BAR);
        for mark in marks {
            let both = mark.scales;
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
            let across = self.across(mark, vertical);
            let rect = match vertical {
                true => {
                    let thick = thin.unwrap_or(mark.pane.width) * part;
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
                    let thick = thin.unwrap_or(mark.pane.height) * part;
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
            self.label_bar(mark, rect, vertical, Stand::Either, wanted);
        }
        items
    }

    /// How many pixels the label of each bar takes beyond its end.
    pub fn reaches(
        &self,
        marks: &[Mark],
        stacked: &[(Option<f64>, Option<f64>)],
        vertical: bool,
    ) -> Vec<f64> {
        /// Labels of more bars than these cannot be read.
        const MOST: usize = 20_000;
        if marks.len() > MOST {
            return Vec::new();
        }
        self.chosen.get_or_init(|| self.choose(marks));
        let outer = outer_ends(marks, stacked, vertical).into_iter().zip(marks);
        outer
            .map(|(is_outer, mark)| match is_outer {
                true => self.label_reach(mark.row, vertical),
                false => 0.0,
            })
            .collect()
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
        // The first member is farthest from the axis; without colours it is the first mark.
        order.sort_by_cached_key(|&at| {
            let place = self.coloring.place(self.table, self.table.rows[marks[at].row]);
            std::cmp::Reverse((place, at))
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

    fn sizing(&self, name: &str) -> Option<&str> {
        let mut all = self.card.sizing.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether bars have a breadth in units of the axis that they stand on.
    pub fn is_fixed(&self) -> bool {
        self.kind == MarkKind::Bar && self.sizing("mark-sizing-setting") == Some("marks-scaling-on")
    }

    /// From where to where a bar reaches on the axis that it stands on, where the document or a field says so.
    pub fn breadth(&self, row: usize, at: f64) -> Option<(f64, f64)> {
        if !self.is_fixed() || self.row_axis.is_none() || self.col_axis.is_none() {
            return None;
        }
        let wide = match &self.sizes.key {
            _ if self.sizing("use-custom-mark-size") == Some("true") => self
                .sizing("custom-mark-size-in-axis-units")?
                .parse::<f64>()
                .ok()?,
            Some(key) => number(&self.table.value(self.table.rows[row], key))?,
            None => return None,
        };
        Some(match self.sizing("mark-alignment") {
            Some("mark-alignment-right") => (at - wide, at),
            Some("mark-alignment-center") => (at - wide / 2.0, at + wide / 2.0),
            _ => (at, at + wide),
        })
    }

    /// The room that a bar has on a continuous axis: the least distance of two.
    fn step(&self, marks: &[Mark], vertical: bool) -> f64 {
        let mut places: Vec<f64> = marks
            .iter()
            .filter_map(|mark| {
                let both = mark.scales;
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
}

/// Whether each bar stands on its axis alone, as all of them do.
fn outer_ends(marks: &[Mark], stacked: &[(Option<f64>, Option<f64>)], vertical: bool) -> Vec<bool> {
    // How many bars stand at a place.
    let mut standing: HashMap<[u64; 4], usize> = HashMap::new();
    for (mark, (from, _)) in marks.iter().zip(stacked) {
        if let Some(from) = from {
            *standing.entry(foot(mark, vertical, *from)).or_default() += 1;
        }
    }
    let is_outer = |(mark, ends): (&Mark, &(Option<f64>, Option<f64>))| {
        let Some((from, to)) = ends.0.zip(ends.1) else {
            return false;
        };
        let above = standing.get(&foot(mark, vertical, to)).copied().unwrap_or(0);
        from == 0.0 && above == usize::from(from == to)
    };
    let found: Vec<bool> = marks.iter().zip(stacked).map(is_outer).collect();
    // Where some bars stand on others, labels of all are inside.
    let are_alone = found
        .iter()
        .zip(stacked)
        .all(|(is_outer, (from, _))| *is_outer || from.is_none());
    match are_alone {
        true => found,
        false => vec![false; marks.len()],
    }
}

/// The place that a bar stands at: its pane, where it is across its axis, and where it begins along it.
fn foot(mark: &Mark, vertical: bool, from: f64) -> [u64; 4] {
    let across = if vertical { mark.x } else { mark.y };
    // Nothing below zero is zero.
    let bits = |value: f64| (value + 0.0).to_bits();
    [
        bits(mark.pane.x),
        bits(mark.pane.y),
        across.map_or(u64::MAX, bits),
        bits(from),
    ]
}
