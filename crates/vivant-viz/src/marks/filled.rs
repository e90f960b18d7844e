//! Filled maps: areas of countries, states and counties.

use vivant_document::spec::format;
use vivant_geo::outlines;
use vivant_render::{Color, Fill, Item, Path, Rect, Stroke, Style};

use super::{Labels, Layer, Mark, panes};
use crate::color::{Coloring, encoded};
use crate::map::{Base, Map, Own, Sketch, View, shape};
use crate::number::number;

impl Layer<'_> {
    /// Draws the areas of marks; returns those that have none.
    pub fn filled(
        &self,
        marks: &[Mark],
        map: &Map,
        base: &Base,
        wanted: &mut Labels,
    ) -> (Vec<Item>, Vec<Mark>) {
        self.chosen.get_or_init(|| self.choose(marks));
        let mut items = Vec::new();
        let mut rest = Vec::new();
        let key = encoded(self.card, "geometry").next();
        let border = self.area_border();
        for (pane, own) in panes(marks) {
            let mut sketch = Sketch::new(map.view(pane));
            let mut drawn = false;
            // Lines around areas that are selected lie on those of their neighbours.
            let mut front = Vec::new();
            for mark in own {
                let row = self.table.rows[mark.row];
                let area = key
                    .and_then(|key| shape(self.table, row, key))
                    .and_then(|shape| outlines().shapes.get(shape as usize));
                let Some(area) = area else {
                    match key.and_then(|key| Own::of(self.table, row, key)) {
                        Some(own) => {
                            items.extend(self.own(mark, &own, &sketch.view, border.as_ref(), wanted))
                        }
                        None if mark.x.is_some() => rest.push(mark.clone()),
                        None => {}
                    }
                    continue;
                };
                // Tableau: an area without a value shows the land.
                if self.is_without_color(row) {
                    continue;
                }
                let mut path = Path::new();
                sketch.area(area, &mut path);
                if path.0.is_empty() {
                    continue;
                }
                drawn = true;
                items.push(Item::Path(path, self.fill_of(mark.row)));
                let selection = self.selection(mark.row);
                if let Some(stroke) = selection.as_ref().or(border.as_ref()) {
                    let mut line = Path::new();
                    sketch.border(area, &mut line);
                    let line = Item::Path(line, Style::stroke(stroke.clone()));
                    match selection {
                        Some(_) => front.push(line),
                        None => items.push(line),
                    }
                }
                if let (Some(x), Some(y)) = (mark.x, mark.y) {
                    let middle = sketch.view.at((x, y));
                    self.label_area(mark, middle, wanted);
                }
            }
            items.append(&mut front);
            if drawn {
                items.extend(base.great_lakes(&mut sketch));
            }
        }
        (items, rest)
    }

    /// Draws the geometry that a row brings along.
    fn own(
        &self,
        mark: &Mark,
        own: &Own,
        view: &View,
        border: Option<&Stroke>,
        wanted: &mut Labels,
    ) -> Vec<Item> {
        let row = self.table.rows[mark.row];
        let mut items = Vec::new();
        // Tableau: an area without a value shows the land.
        let path = match self.is_without_color(row) {
            true => Path::new(),
            false => own.areas(view),
        };
        if !path.0.is_empty() {
            items.push(Item::Path(path.clone(), self.fill_of(mark.row)));
            let border = self.selection(mark.row).or_else(|| border.cloned());
            items.extend(border.map(|stroke| Item::Path(path, Style::stroke(stroke))));
        }
        let lines = own.lines(view);
        if !lines.0.is_empty() {
            let color = match format(&self.card.style, "mark", "mark-transparency") {
                Some(_) => self.color(mark.row),
                None => self.color(mark.row).with_alpha(255),
            };
            let stroke = Stroke::new(color, self.line_width(mark.row)).rounded();
            items.push(Item::Path(lines, Style::stroke(stroke)));
        }
        if let Some(size) = self.point_size(mark.row) {
            for &(x, y) in &own.points {
                let spot = view.at((view.wrapped(x), y));
                items.push(Item::Circle(spot, size / 2.0, self.style(mark.row)));
            }
        }
        let middle = own.inside().map(|(x, y)| (view.wrapped(x), y));
        if let Some(middle) = middle.or_else(|| mark.x.zip(mark.y)) {
            self.label_area(mark, view.at(middle), wanted);
        }
        items
    }

    /// Whether a field gives colours but none to this row.
    fn is_without_color(&self, row: crate::rows::Row) -> bool {
        match self.coloring {
            Coloring::Ramp { key, .. } => number(&self.table.value(row, key)).is_none(),
            _ => false,
        }
    }

    fn fill_of(&self, row: usize) -> Style {
        Style {
            fill: Some(Fill::Solid(self.color(row))),
            stroke: None,
        }
    }

    /// The line around areas: the document's, else a thin one that darkens.
    fn area_border(&self) -> Option<Stroke> {
        match format(&self.card.style, "mark", "has-stroke") {
            Some("true") => self.border().map(|stroke| Stroke { width: 0.8, ..stroke }),
            Some("false") => None,
            _ => Some(Stroke::new(Color::rgb(0x0030_3030).with_alpha(90), 0.7).rounded()),
        }
    }

    fn label_area(&self, mark: &Mark, (x, y): (f64, f64), wanted: &mut Labels) {
        let wide = mark.pane.width.min(120.0);
        let room = Rect::new(x - wide / 2.0, y - 24.0, wide, 48.0);
        self.label_tile(mark, room, true, wanted);
    }
}
