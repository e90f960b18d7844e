//! Density: how close marks lie, as a picture of colours.

use std::collections::HashMap;

use vivant_render::{Bitmap, Color, Item, Rect};

use super::{Layer, Mark, panes};
use crate::color::{Coloring, along, named_colors};
use crate::number::{finite, number};

/// How far a mark reaches, in pixels.
const REACH: f64 = 11.0;
/// The intensity of a document that says nothing.
const INTENSITY: f64 = 0.5;
/// The most colours of a picture: larger panes have coarser ones.
const MOST_CELLS: f64 = 2_000_000.0;
/// The most colours of all pictures of a layer: many pictures are coarser, too.
const MOST_IN_ALL: f64 = 40_000_000.0;
/// From few to many, over light maps.
const COLORS: [Color; 6] = [
    Color::rgb(0x00C9_EDE2),
    Color::rgb(0x008F_DDBE),
    Color::rgb(0x00A8_D65C),
    Color::rgb(0x00F2_CF3F),
    Color::rgb(0x00EE_8A2E),
    Color::rgb(0x00C6_2D1F),
];

/// A pane in cells, and how much lies in each.
struct Field {
    pane: Rect,
    /// Pixels of a cell.
    cell: f64,
    width: usize,
    height: usize,
    values: Vec<f64>,
}

impl Field {
    /// Makes one of so many in a layer.
    fn new(pane: Rect, of: usize) -> Self {
        let most = MOST_CELLS.min(MOST_IN_ALL / of.max(1) as f64);
        let cell = (pane.width * pane.height / most).sqrt().max(1.0);
        let count = |length: f64| (length / cell).ceil().max(1.0) as usize;
        let (width, height) = (count(pane.width), count(pane.height));
        Self {
            pane,
            cell,
            width,
            height,
            values: vec![0.0; width * height],
        }
    }

    /// Adds a mark: most in its middle, nothing from its reach on.
    fn add(&mut self, (x, y): (f64, f64), reach: f64, weight: f64) {
        let (x, y) = ((x - self.pane.x) / self.cell, (y - self.pane.y) / self.cell);
        let reach = (reach / self.cell).max(0.5);
        let span = |at: f64, count: usize| {
            let from = (at - reach).floor().clamp(0.0, count as f64) as usize;
            let to = (at + reach).ceil().clamp(0.0, count as f64) as usize;
            from..to
        };
        for row in span(y, self.height) {
            let dy = (row as f64 + 0.5 - y) / reach;
            for column in span(x, self.width) {
                let dx = (column as f64 + 0.5 - x) / reach;
                let rest = 1.0 - dx * dx - dy * dy;
                if rest > 0.0 {
                    self.values[row * self.width + column] += weight * rest * rest;
                }
            }
        }
    }

    /// Its picture, if anything is in it.
    fn picture(&self, intensity: f64, stops: &[Color], opacity: f64) -> Option<Item> {
        /// From this part of the most on, colours are opaque.
        const OPAQUE: f64 = 0.35;
        let most = self.values.iter().copied().fold(0.0, f64::max);
        if most <= 0.0 {
            return None;
        }
        let color = |value: &f64| {
            // Few beside many are still seen.
            let part = (value / most * intensity / INTENSITY).clamp(0.0, 1.0).sqrt();
            let alpha = 230.0 * opacity * (part / OPAQUE).min(1.0);
            along(stops, part).with_alpha(alpha.round() as u8)
        };
        let colors: Vec<Color> = self.values.iter().map(color).collect();
        let bitmap = Bitmap::of_pixels(self.width as u32, self.height as u32, &colors).ok()?;
        let place = Rect::new(
            self.pane.x,
            self.pane.y,
            self.width as f64 * self.cell,
            self.height as f64 * self.cell,
        );
        Some(Item::Bitmap(place, bitmap))
    }
}

impl Layer<'_> {
    /// Draws how close marks lie: for each pane, and for each member of a colour field, one picture.
    pub(super) fn density(&self, marks: &[Mark]) -> Vec<Item> {
        let rules = self.card.style.iter().filter(|rule| rule.element == "mark");
        let set = |name: &str| vivant_document::spec::format(&self.card.style, "mark", name).and_then(finite);
        let mut encodings = rules.flat_map(|rule| &rule.encodings);
        let encoding = encodings.find(|encoding| encoding.attr == "density-color");
        let intensity = set("density-intensity").unwrap_or(INTENSITY).clamp(0.0, 1.0);
        let reach = REACH * self.sizes.factor * set("density-kernel-size").unwrap_or(1.0).clamp(0.1, 10.0);
        let named = named_colors(self.table, encoding).map(|(colors, _)| colors);
        let opacity = f64::from(self.alpha()) / 255.0;
        let mut fields: Vec<(Rect, Vec<&Mark>)> = Vec::new();
        for (pane, own) in panes(marks) {
            let mut by_color: HashMap<usize, usize> = HashMap::new();
            for mark in own {
                let place = self.coloring.place(self.table, self.table.rows[mark.row]);
                let at = *by_color.entry(place).or_insert_with(|| {
                    fields.push((pane, Vec::new()));
                    fields.len() - 1
                });
                fields[at].1.push(mark);
            }
        }
        let count = fields.len();
        let picture = |(pane, marks): (Rect, Vec<&Mark>)| {
            let stops = match (self.coloring, &named) {
                (Coloring::Members { .. }, _) => {
                    let color = self.color(marks[0].row).with_alpha(255);
                    vec![Color::WHITE.mix(color, 0.5), color]
                }
                (_, Some(colors)) => colors.clone(),
                (Coloring::Ramp { ramp, .. }, None) => ramp.stops().to_vec(),
                (Coloring::Single(_), None) => COLORS.to_vec(),
            };
            let mut field = Field::new(pane, count);
            for mark in marks {
                let weight = match self.coloring {
                    Coloring::Ramp { key, .. } => number(&self.table.value(self.table.rows[mark.row], key))
                        .unwrap_or(0.0)
                        .max(0.0),
                    _ => 1.0,
                };
                if let Some(point) = self.point(mark) {
                    field.add(point, reach, weight);
                }
            }
            field.picture(intensity, &stops, opacity)
        };
        fields.into_iter().filter_map(picture).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_densest_where_marks_are_close() {
        let mut field = Field::new(Rect::new(10.0, 20.0, 100.0, 60.0), 1);
        field.add((30.5, 40.5), 10.0, 1.0);
        field.add((32.5, 40.5), 10.0, 1.0);
        field.add((90.5, 60.5), 10.0, 1.0);
        field.add((-500.0, 40.0), 10.0, 1.0);
        let at = |x: usize, y: usize| field.values[(y - 20) * field.width + x - 10];
        assert!((at(90, 60) - 1.0).abs() < 1e-9);
        assert!(at(31, 40) > 1.8 && at(60, 40) == 0.0, "{}", at(31, 40));
        assert!(at(95, 60) > 0.5 && at(101, 60) == 0.0 && at(10, 40) == 0.0);
        let Some(Item::Bitmap(place, _)) = field.picture(0.5, &COLORS, 1.0) else {
            panic!("there is no picture");
        };
        assert_eq!(place, Rect::new(10.0, 20.0, 100.0, 60.0));
    }

    #[test]
    fn large_panes_have_coarser_fields() {
        let field = Field::new(Rect::new(0.0, 0.0, 20_000.0, 20_000.0), 1);
        assert!(field.values.len() <= 2_100_000, "{}", field.values.len());
        // As do those of many.
        let one = Field::new(Rect::new(0.0, 0.0, 1_000.0, 1_000.0), 10_000);
        assert!(one.values.len() <= 4_200, "{}", one.values.len());
        assert!(field.picture(0.5, &COLORS, 1.0).is_none());
    }
}
