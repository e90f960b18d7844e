//! Pies.

use std::collections::HashMap;

use vivant_render::{Anchor, Color, Item, Path, Stroke};

use super::{Labels, Layer, Mark};
use crate::color::encoded;
use crate::number::number;

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
            let beside = match self.labelled() {
                true => {
                    slices
                        .iter()
                        .flat_map(|mark| self.label_lines(mark.row, None))
                        .map(|line| line.width())
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
                if to > from && self.has_label(mark.row) {
                    let lines = self.label_lines(mark.row, None);
                    let high = crate::label::height(&lines);
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
                    self.want(wanted, mark.row, lines, &[(x, top, anchor)], false);
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
