//! Pies.

use std::collections::HashMap;

use vivant_render::{Anchor, Color, Item, Path, Stroke};

use super::{Labels, Layer, Mark, widest};
use crate::color::encoded;
use crate::label;
use crate::number::number;

/// How far labels are from their slices, in pixels.
const AWAY: f64 = 6.0;

impl Layer<'_> {
    pub(super) fn pies(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
        let mut items = Vec::new();
        let angle = encoded(self.card, "wedge-size").next();
        let mut order: Vec<(u64, u64)> = Vec::new();
        let mut pies: HashMap<(u64, u64), Vec<&Mark>> = HashMap::new();
        for mark in marks {
            let Some((x, y)) = self.point(mark) else {
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
            // The room that the widest and the highest label take on each side.
            let (beside, above) = slices
                .iter()
                .filter(|mark| self.has_label(mark.row))
                .map(|mark| self.label_lines(mark.row, None))
                .map(|lines| (widest(&lines) + AWAY, label::height(&lines) + AWAY))
                .fold((0.0, 0.0), |(wide, high): (f64, f64), own| {
                    (wide.max(own.0), high.max(own.1))
                });
            let room = (pane.width - 2.0 * beside)
                .max(pane.width / 3.0)
                .min((pane.height - 2.0 * above).max(pane.height / 3.0));
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
                if to > from && self.has_label(mark.row) {
                    let lines = self.label_lines(mark.row, None);
                    let size = (widest(&lines), label::height(&lines));
                    let (left, top) = beside_circle(center, radius + AWAY, middle, size);
                    let align = match middle.cos() {
                        side if side > 0.2 => Anchor::Start,
                        side if side < -0.2 => Anchor::End,
                        _ => Anchor::Middle,
                    };
                    let x = match align {
                        Anchor::Start => left,
                        Anchor::Middle => left + size.0 / 2.0,
                        Anchor::End => left + size.0,
                    };
                    self.want(wanted, mark.row, lines, &[(x, top, align)], false);
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
}

/// Left and top of a box that lies beside a circle, in a direction, as near as it may without touching.
fn beside_circle((x, y): (f64, f64), radius: f64, direction: f64, (width, height): (f64, f64)) -> (f64, f64) {
    let (sin, cos) = direction.sin_cos();
    let at = |far: f64| (x + far * cos - width / 2.0, y + far * sin - height / 2.0);
    let is_clear = |far: f64| {
        let (left, top) = at(far);
        let (dx, dy) = (
            (left - x).max(x - left - width).max(0.0),
            (top - y).max(y - top - height).max(0.0),
        );
        dx.hypot(dy) >= radius
    };
    // Beyond the line that touches the circle there it is clear.
    let (mut near, mut far) = (radius, radius + (width * cos.abs() + height * sin.abs()) / 2.0);
    for _ in 0..16 {
        let middle = f64::midpoint(near, far);
        match is_clear(middle) {
            true => far = middle,
            false => near = middle,
        }
    }
    at(far)
}
