//! What lies behind the marks of a map: land and water, borders, names.

use vivant_document::spec::format;
use vivant_geo::{ArcKind, Kind, Level, cities, kind, label, outlines, project};
use vivant_render::{Anchor, Color, Font, Group, Item, Path, Rect, Stroke, Style, Text};

use super::{Map, Sketch, View};
use crate::rows::Table;

/// The colours of a style.
#[derive(Clone, Copy)]
struct Colors {
    water: u32,
    land: u32,
    coast: u32,
    country: u32,
    state: u32,
    text: u32,
    faint: u32,
}

// Tableau: measured on pictures that it drew; light is the style of new maps.
const LIGHT: Colors = Colors {
    water: 0xFFFFFF,
    land: 0xE6E6E6,
    coast: 0xD6D6D6,
    country: 0xBDBDBD,
    state: 0xCFCFCF,
    text: 0x8A8A8A,
    faint: 0xA3A3A3,
};
const NORMAL: Colors = Colors {
    water: 0xC1D2D2,
    land: 0xE9E9E7,
    coast: 0xB3C6C6,
    country: 0xAFAFAC,
    state: 0xC9C9C6,
    text: 0x747474,
    faint: 0x8F8F8F,
};
const STREETS: Colors = Colors {
    water: 0xA9D4E4,
    land: 0xEFE9E1,
    ..NORMAL
};
const DARK: Colors = Colors {
    water: 0x2B2B2B,
    land: 0x0D0D0D,
    coast: 0x383838,
    country: 0x4A4A4A,
    state: 0x2F2F2F,
    text: 0x8A8A8A,
    faint: 0x6B6B6B,
};

const COUNTRY_FONT: Font = Font::new(11.0);
const SMALL_FONT: Font = Font::new(9.5);

/// How the background of a map looks, as the document says.
pub(crate) struct Base {
    colors: Colors,
    /// How much is washed out, up to 1, where nothing is left.
    washout: f64,
    coast: bool,
    countries: bool,
    states: bool,
    counties: bool,
    country_names: bool,
    state_names: bool,
    city_names: bool,
}

impl Base {
    /// Reads the style of a sheet's map.
    pub fn of(table: &Table<'_>) -> Self {
        let rules = &table.sheet.style;
        let style = format(rules, "map", "map-style")
            .unwrap_or("light")
            .to_ascii_lowercase();
        let (colors, prefix) = match style.as_str() {
            "streets" => (STREETS, ""),
            "normal" | "outdoors" | "satellite" => (NORMAL, ""),
            "dark" => (DARK, "dark"),
            _ => (LIGHT, "light"),
        };
        let washout = format(rules, "map", "washout")
            .and_then(crate::number::finite)
            .unwrap_or(0.0)
            .clamp(0.0, 1.0);
        let set = |names: &[&str]| -> Option<bool> {
            let layers = rules
                .iter()
                .filter(|rule| rule.element == "map-layer")
                .flat_map(|rule| &rule.formats)
                .filter(|one| one.attr == "enabled")
                .filter_map(|one| Some((one.id.as_deref()?.to_ascii_lowercase(), one.value == "true")))
                .filter(|(id, _)| names.iter().any(|name| id.contains(name)));
            let all: Vec<(String, bool)> = layers.collect();
            // Layers have other names in each style; those of the style count.
            let own = |id: &str| match prefix {
                "" => !id.starts_with("light") && !id.starts_with("dark"),
                prefix => id.starts_with(prefix),
            };
            let mine: Vec<bool> = all.iter().filter(|(id, _)| own(id)).map(|(_, on)| *on).collect();
            match mine.is_empty() {
                false => Some(mine.contains(&true)),
                true if all.is_empty() => None,
                true => Some(all.iter().any(|(_, on)| *on)),
            }
        };
        Self {
            colors,
            washout,
            coast: set(&["coastline"]).unwrap_or(true),
            countries: set(&["admin-0-boundaries", "adm0_bnd"]).unwrap_or(true),
            states: set(&["admin-1-boundaries", "statebounds"]).unwrap_or(true),
            counties: set(&["admin-2-boundaries", "countybounds"]).unwrap_or(false),
            country_names: set(&["admin-0-label", "adm0_lbl"]).unwrap_or(true),
            state_names: set(&["admin-1-label", "statelabels"]).unwrap_or(true),
            city_names: set(&["place-"]).unwrap_or(true),
        }
    }

    /// Whether anything of it can be seen.
    pub fn is_shown(&self) -> bool {
        self.washout < 1.0
    }

    /// The colour of the line that says where the data is from.
    pub fn credit(&self) -> Color {
        self.color(self.colors.faint)
    }

    fn color(&self, rgb: u32) -> Color {
        Color::rgb(rgb).mix(Color::WHITE, self.washout)
    }

    /// Draws a pane.
    pub fn draw(&self, sketch: &mut Sketch) -> Item {
        let view = sketch.view;
        let mut items = Vec::new();
        if self.is_shown() {
            items.push(Item::Rect(
                view.pane,
                0.0,
                Style::fill(self.color(self.colors.water)),
            ));
            self.land(sketch, &mut items);
            self.lines(sketch, &mut items);
            self.names(&view, &mut items);
        }
        Item::Group(Group {
            class: "base".to_owned(),
            clip: Some(view.pane),
            items,
        })
    }

    fn land(&self, sketch: &mut Sketch, items: &mut Vec<Item>) {
        let mut land = Path::new();
        let mut lakes = Path::new();
        for (number, shape) in outlines().shapes.iter().enumerate() {
            match kind(number as u32) {
                Kind::Country => sketch.area(shape, &mut land),
                Kind::Lake if is_large(shape.bounds, &sketch.view, 5.0) => sketch.area(shape, &mut lakes),
                _ => {}
            }
        }
        if !land.0.is_empty() {
            items.push(Item::Path(land, Style::fill(self.color(self.colors.land))));
        }
        if !lakes.0.is_empty() {
            items.push(Item::Path(lakes, Style::fill(self.color(self.colors.water))));
        }
    }

    fn lines(&self, sketch: &mut Sketch, items: &mut Vec<Item>) {
        let zoom = sketch.view.zoom();
        let kinds = [
            (
                ArcKind::County,
                self.counties && zoom > 5.0,
                self.colors.state,
                0.5,
            ),
            (ArcKind::State, self.states, self.colors.state, 0.8),
            (ArcKind::Coast, self.coast, self.colors.coast, 0.6),
            (ArcKind::Country, self.countries, self.colors.country, 1.0),
        ];
        for (of, on, color, width) in kinds {
            if !on {
                continue;
            }
            let mut path = Path::new();
            for (number, arc) in outlines().arcs.iter().enumerate() {
                // The world seen from afar has no states.
                let hidden =
                    of == ArcKind::State && arc.zoom > (zoom + 0.6).max(if zoom > 3.0 { 2.0 } else { 0.0 });
                if arc.kind != of || hidden || !is_large(arc.bounds, &sketch.view, 1.5) {
                    continue;
                }
                let shifts: Vec<f64> = sketch.view.copies(arc.bounds).collect();
                for shift in shifts {
                    sketch.line(number as u32, shift, &mut path);
                }
            }
            if !path.0.is_empty() {
                let stroke = Stroke::new(self.color(color), width).rounded();
                items.push(Item::Path(path, Style::stroke(stroke)));
            }
        }
    }

    /// Writes names where there is room, those of large places first.
    fn names(&self, view: &View, items: &mut Vec<Item>) {
        let zoom = view.zoom();
        let mut taken: Vec<Rect> = Vec::new();
        let mut write = |name: &str, lon: f64, lat: f64, font: Font, color: u32| {
            let (x, y) = project(lon, lat);
            let (x, y) = view.at((view.wrapped(x), y));
            let wide = font.width(name);
            let room = Rect::new(
                x - wide / 2.0,
                y - font.line_height() / 2.0,
                wide,
                font.line_height(),
            );
            let pane = view.pane.inset(2.0, 2.0, 2.0, 14.0);
            let inside = room.x >= pane.x
                && room.right() <= pane.right()
                && room.y >= pane.y
                && room.bottom() <= pane.bottom();
            let wider = room.inset(-8.0, -5.0, -8.0, -5.0);
            if !inside || taken.iter().any(|other| other.overlaps(&wider)) {
                return;
            }
            taken.push(room);
            let base = y + font.cap_height() / 2.0;
            let text = Text::new((x, base), name, font, self.color(color));
            items.push(Item::Text(text.anchored(Anchor::Middle)));
        };
        let mut names: Vec<vivant_geo::Label> = (0..outlines().shapes.len() as u32)
            .filter_map(label)
            .filter(|label| match label.level {
                Level::Country => self.country_names && label.zoom <= zoom + 0.3 && zoom < 8.0,
                Level::State => self.state_names && label.zoom <= zoom + 0.3 && zoom > 3.3,
                _ => self.counties && zoom > 8.0,
            })
            .collect();
        names.sort_by(|a, b| a.level.cmp(&b.level).then(a.zoom.total_cmp(&b.zoom)));
        for label in names {
            match label.level {
                Level::Country => write(label.name, label.lon, label.lat, COUNTRY_FONT, self.colors.text),
                _ => write(label.name, label.lon, label.lat, SMALL_FONT, self.colors.faint),
            }
        }
        if self.city_names && zoom > 5.2 {
            const MOST: usize = 40;
            let least = (3000.0 / 2.4_f64.powf(zoom - 4.6)).max(3.0) as u32;
            let own = view.bounds();
            let inside = |city: &vivant_geo::City| {
                let (x, y) = project(city.lon, city.lat);
                let x = view.wrapped(x);
                x > own[0] && x < own[2] && y > own[1] && y < own[3]
            };
            let large = cities().take_while(|city| city.thousands >= least);
            for city in large.filter(inside).take(MOST) {
                write(city.name, city.lon, city.lat, SMALL_FONT, self.colors.text);
            }
        }
    }

    /// The Great Lakes, which lie in front of the states around them.
    ///
    /// Tableau: outlines of states end at their shores.
    pub fn great_lakes(&self, sketch: &mut Sketch) -> Vec<Item> {
        let (west, south) = project(-92.5, 41.2);
        let (east, north) = project(-75.5, 49.2);
        let mut path = Path::new();
        for (number, shape) in outlines().shapes.iter().enumerate() {
            let [x0, y0, x1, y1] = shape.bounds;
            let there = x0 > west && x1 < east && y0 > south && y1 < north && x1 - x0 > 150_000.0;
            if there && kind(number as u32) == Kind::Lake {
                sketch.area(shape, &mut path);
            }
        }
        if path.0.is_empty() {
            return Vec::new();
        }
        let shore = Stroke::new(self.color(self.colors.coast), 0.6);
        vec![Item::Path(
            path,
            Style::fill(self.color(self.colors.water)).bordered(shore),
        )]
    }
}

impl Map {
    /// Draws what lies behind the marks of a pane.
    pub fn base(&self, base: &Base, pane: Rect) -> Item {
        base.draw(&mut Sketch::new(self.view(pane)))
    }
}

/// Whether something is as large as some pixels.
fn is_large(bounds: [f64; 4], view: &View, pixels: f64) -> bool {
    (bounds[2] - bounds[0]).max(bounds[3] - bounds[1]) > pixels * view.scale
}
