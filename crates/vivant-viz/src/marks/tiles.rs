//! Marks without axes: tree maps, cells of colour, packed bubbles.

use vivant_render::{Item, Rect};

use super::{Labels, Layer, Mark, panes};
use crate::number::number;
use crate::place::{packed, tree_map};

impl Layer<'_> {
    /// Squares without axes: a tree map where a field gives sizes to several, else they fill their cells.
    pub(super) fn tiles(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
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

    pub(super) fn bubbles(&self, marks: &[Mark], wanted: &mut Labels) -> Vec<Item> {
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
}
