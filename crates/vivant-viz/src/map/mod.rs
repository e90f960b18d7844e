//! Maps: sheets with longitudes across and latitudes up.
//!
//! Marks lie in Web Mercator metres; a [`View`] says which part of the world a pane shows. What lies behind the
//! marks is drawn by [`base`] from the outlines of `vivant-geo`.

mod base;
mod own;
mod sketch;

use vivant_document::spec::{FieldRef, Literal, Side, attribute, format};
use vivant_geo::{EXTENT, outlines, project};
use vivant_render::{Anchor, Color, Font, Item, Rect, Style, Text};

use crate::marks::{Mark, MarkKind};
use crate::number::number;
use crate::rows::{Row, Table};
use crate::scale::{Scale, ScaleKind};
use crate::theme;

pub(crate) use base::Base;
pub(crate) use own::Own;
pub(crate) use sketch::Sketch;

/// Part of the view that stays free around the marks, on each side.
const MARGIN: f64 = 0.06;
/// The finest that a map of one place is drawn, in metres a pixel: the outlines know no more.
const FINEST: f64 = 120.0;
/// The finest that a map is drawn whose marks are closer than that: that of streets.
const CLOSEST: f64 = 1.0;

/// A sheet that is a map.
pub(crate) struct Map {
    /// West, south, east and north end of the marks, in metres; the east may lie beyond the end of the world.
    bounds: [f64; 4],
    /// What the document shows, if it says so: west, south, east, north.
    fixed: Option<[f64; 4]>,
    /// How many rows have no place.
    pub unknown: usize,
}

/// The part of the world that a pane shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    /// The pane.
    pub pane: Rect,
    /// Its middle, in metres.
    pub center: (f64, f64),
    /// Metres a pixel.
    pub scale: f64,
}

impl View {
    /// From metres to pixels.
    pub fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (middle_x, middle_y) = self.pane.center();
        (
            middle_x + (x - self.center.0) / self.scale,
            middle_y - (y - self.center.1) / self.scale,
        )
    }

    /// West, south, east and north end, in metres.
    pub fn bounds(&self) -> [f64; 4] {
        let (wide, high) = (
            self.pane.width / 2.0 * self.scale,
            self.pane.height / 2.0 * self.scale,
        );
        [
            self.center.0 - wide,
            self.center.1 - high,
            self.center.0 + wide,
            self.center.1 + high,
        ]
    }

    /// The zoom as map services count it: 0 shows the world in 256 pixels.
    pub fn zoom(&self) -> f64 {
        (2.0 * EXTENT / 256.0 / self.scale).log2()
    }

    /// The copy of a place that is nearest to the middle.
    pub fn wrapped(&self, x: f64) -> f64 {
        x + 2.0 * EXTENT * ((self.center.0 - x) / (2.0 * EXTENT)).round()
    }

    /// The distances to copies of the world that can be seen.
    pub fn copies(&self, bounds: [f64; 4]) -> impl Iterator<Item = f64> {
        let own = self.bounds();
        (-2..=2)
            .map(|copy| f64::from(copy) * 2.0 * EXTENT)
            .filter(move |shift| {
                bounds[0] + shift < own[2]
                    && bounds[2] + shift > own[0]
                    && bounds[1] < own[3]
                    && bounds[3] > own[1]
            })
    }

    /// The scale of a side.
    pub fn axis(&self, side: Side) -> Scale {
        let bounds = self.bounds();
        let (min, max) = match side {
            Side::Cols => (bounds[0], bounds[2]),
            Side::Rows => (bounds[1], bounds[3]),
        };
        Scale {
            kind: ScaleKind::Linear,
            min,
            max,
            reversed: false,
            unit: None,
        }
    }
}

/// Which coordinate a field has.
pub(crate) fn coordinate(table: &Table<'_>, key: &FieldRef) -> Option<Side> {
    match key.name.as_str() {
        "Latitude (generated)" => return Some(Side::Rows),
        "Longitude (generated)" => return Some(Side::Cols),
        _ => {}
    }
    let pill = table.pill(key)?;
    if pill.discrete {
        return None;
    }
    let field = table.workbook.source(&key.source)?.field(&pill.field)?;
    match vivant_geo::Role::parse(field.semantic_role.as_deref()?)? {
        vivant_geo::Role::Latitude => Some(Side::Rows),
        vivant_geo::Role::Longitude => Some(Side::Cols),
        _ => None,
    }
}

/// Whether a sheet is a map: latitudes on rows, longitudes on columns.
pub(crate) fn is_map(table: &Table<'_>) -> bool {
    let has = |fields: Vec<&FieldRef>, side| fields.iter().any(|key| coordinate(table, key) == Some(side));
    has(table.sheet.rows.fields(), Side::Rows) && has(table.sheet.cols.fields(), Side::Cols)
}

/// The place of a row in metres.
pub(crate) fn place(table: &Table<'_>, row: Row, lat: &FieldRef, lon: &FieldRef) -> Option<(f64, f64)> {
    let lat = number(&table.value(row, lat)).filter(|lat| lat.abs() <= 90.0)?;
    let lon = number(&table.value(row, lon)).filter(|lon| lon.abs() <= 540.0)?;
    Some(project(lon, lat))
}

/// The outline of a row's place.
pub(crate) fn shape(table: &Table<'_>, row: Row, key: &FieldRef) -> Option<u32> {
    match table.value(row, key) {
        vivant_calc::Value::Integer(shape) => u32::try_from(shape).ok(),
        _ => None,
    }
}

impl Map {
    /// Finds what a map has to show. `marks` are the rows with their kind, fields of latitude and longitude, and the
    /// field of the outline.
    pub fn of<'k>(
        table: &Table<'_>,
        marks: impl Iterator<Item = (usize, MarkKind, &'k FieldRef, &'k FieldRef, Option<&'k FieldRef>)>,
    ) -> Self {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut unknown = std::collections::HashSet::new();
        for (row, kind, lat, lon, geometry) in marks {
            let at = table.rows[row];
            let Some((x, y)) = place(table, at, lat, lon) else {
                unknown.insert((at.frame, at.row));
                continue;
            };
            let outline = geometry
                .filter(|_| kind == MarkKind::Map)
                .and_then(|key| shape(table, at, key))
                .and_then(|shape| outlines().shapes.get(shape as usize));
            let own = || {
                geometry
                    .filter(|_| kind == MarkKind::Map)
                    .and_then(|key| Own::of(table, at, key))
            };
            match outline {
                None if let Some(own) = own() => {
                    for bounds in own.bounds() {
                        spans.push((bounds[0], bounds[2]));
                        (south, north) = (south.min(bounds[1]), north.max(bounds[3]));
                    }
                }
                Some(shape) => {
                    for ring in &shape.rings {
                        let arcs = ring.iter().map(|(arc, _)| outlines().arcs[*arc as usize].bounds);
                        let bounds = arcs.reduce(joined).unwrap_or([x, y, x, y]);
                        spans.push((bounds[0], bounds[2]));
                        (south, north) = (south.min(bounds[1]), north.max(bounds[3]));
                    }
                }
                None => {
                    // One place has one longitude.
                    let x = x - 2.0 * EXTENT * (x / (2.0 * EXTENT)).round();
                    spans.push((x, x));
                    (south, north) = (south.min(y), north.max(y));
                }
            }
        }
        let (west, east) = tight(spans);
        Self {
            bounds: match west <= east && south <= north {
                true => [west, south, east, north],
                false => [-EXTENT, -EXTENT * 0.4, EXTENT, EXTENT * 0.7],
            },
            fixed: fixed(table),
            unknown: unknown.len(),
        }
    }

    /// The part of the world that a pane shows.
    pub fn view(&self, pane: Rect) -> View {
        let (bounds, free) = match self.fixed {
            Some(fixed) => (fixed, 0.0),
            None => (self.bounds, MARGIN),
        };
        let part = 1.0 - 2.0 * free;
        let (wide, high) = ((pane.width * part).max(1.0), (pane.height * part).max(1.0));
        let scale = ((bounds[2] - bounds[0]) / wide).max((bounds[3] - bounds[1]) / high);
        let is_point = bounds[2] - bounds[0] < 1.0 && bounds[3] - bounds[1] < 1.0;
        let finest = match is_point && self.fixed.is_none() {
            true => FINEST,
            false => CLOSEST,
        };
        // Nothing is seen of a world smaller than its pane but copies of it.
        let coarsest = 2.0 * EXTENT / pane.width.min(pane.height).max(1.0);
        View {
            pane,
            center: (
                f64::midpoint(bounds[0], bounds[2]),
                f64::midpoint(bounds[1], bounds[3]),
            ),
            scale: scale.clamp(finest, coarsest.max(FINEST)),
        }
    }

    /// Puts a mark into its place, in metres.
    pub fn mark(&self, table: &Table<'_>, mark: Mark, lat: &FieldRef, lon: &FieldRef) -> Mark {
        let view = self.view(mark.pane);
        let found = place(table, table.rows[mark.row], lat, lon);
        Mark {
            x: found.map(|(x, _)| view.wrapped(x)),
            y: found.map(|(_, y)| y),
            ..mark
        }
    }

    /// Says how many rows have no place, and where the map is from.
    pub fn notes(&self, table: &Table<'_>, panes: Rect, base: &Base) -> Vec<Item> {
        const SMALL: Font = Font::new(9.0);
        let mut items = Vec::new();
        if base.is_shown() && panes.width > 160.0 && panes.height > 80.0 {
            let at = (panes.x + 4.0, panes.bottom() - 4.0);
            items.push(Item::Text(Text::new(
                at,
                vivant_geo::CREDIT,
                SMALL,
                base.credit(),
            )));
        }
        let shown = format(&table.sheet.style, "worksheet", "show-null-value-warning") != Some("false")
            && format(&table.sheet.style, "table", "show-null-value-warning") != Some("false");
        if self.unknown > 0 && shown {
            let count = self.unknown.to_string();
            let words = table.workbook.language.phrase("# unknown", &[&count]);
            items.extend(indicator(words, panes));
        }
        items
    }
}

/// Writes at the corner of the panes how many marks are not in them.
pub(crate) fn indicator(words: String, panes: Rect) -> Vec<Item> {
    let wide = theme::TEXT.width(&words) + 12.0;
    let plate = Rect::new(panes.right() - wide - 6.0, panes.bottom() - 26.0, wide, 20.0);
    let base = plate.center().1 + theme::TEXT.cap_height() / 2.0;
    let text = Text::new((plate.center().0, base), words, theme::TEXT, Color::WHITE);
    vec![
        Item::Rect(plate, 3.0, Style::fill(Color::rgb(0x0080_8080))),
        Item::Text(text.anchored(Anchor::Middle)),
    ]
}

fn joined(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// What the document shows of the world, in metres.
fn fixed(table: &Table<'_>) -> Option<[f64; 4]> {
    let range = |side: Side| {
        table.sheet.axes.iter().find_map(|spec| {
            let metres = attribute(&spec.attributes, "projection") == Some("EPSG:3857");
            if spec.side != side || spec.range_type.as_deref() != Some("fixed") || !metres {
                return None;
            }
            let value = |literal: Option<&Literal>| match literal {
                Some(Literal::Value(value)) => number(value).filter(|value| value.is_finite()),
                _ => None,
            };
            let (min, max) = (value(spec.min.as_ref())?, value(spec.max.as_ref())?);
            (min < max).then_some((min, max))
        })
    };
    let ((west, east), (south, north)) = (range(Side::Cols)?, range(Side::Rows)?);
    Some([west, south, east, north])
}

/// The shortest way around the world that has all spans; it may go on beyond its end.
fn tight(mut spans: Vec<(f64, f64)>) -> (f64, f64) {
    /// A gap must be this much wider than the one at the end of the world to be cut instead.
    const CLEARLY: f64 = EXTENT * 0.1;
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(first), Some(last)) = (
        spans.first().map(|span| span.0),
        spans.iter().map(|span| span.1).reduce(f64::max),
    ) else {
        return (f64::INFINITY, f64::NEG_INFINITY);
    };
    let mut widest = (first + 2.0 * EXTENT - last + CLEARLY, None);
    let mut end = first;
    for (west, east) in spans {
        if west - end > widest.0 {
            widest = (west - end, Some((west, end)));
        }
        end = end.max(east);
    }
    match widest.1 {
        Some((west, east)) => (west, east + 2.0 * EXTENT),
        None => (first, last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(spans: &[(f64, f64)]) -> (f64, f64) {
        let metres = |lon: f64| lon / 180.0 * EXTENT;
        let (west, east) = tight(spans.iter().map(|&(w, e)| (metres(w), metres(e))).collect());
        ((west / EXTENT * 180.0).round(), (east / EXTENT * 180.0).round())
    }

    #[test]
    fn bounds_go_the_short_way_around() {
        assert_eq!(degrees(&[(10.0, 12.0), (-5.0, 2.0)]), (-5.0, 12.0));
        // Fiji and Samoa; New Zealand with the Chatham Islands.
        assert_eq!(degrees(&[(178.0, 178.0), (-172.0, -172.0)]), (178.0, 188.0));
        // Alaska reaches across the end of the world.
        assert_eq!(
            degrees(&[(-180.0, -130.0), (172.0, 180.0), (-125.0, -67.0)]),
            (172.0, 293.0)
        );
        // What lies all around is shown from end to end.
        assert_eq!(degrees(&[(-170.0, -20.0), (-10.0, 180.0)]), (-170.0, 180.0));
        assert_eq!(degrees(&[(7.0, 7.0)]), (7.0, 7.0));
    }

    #[test]
    fn views_hold_their_marks_and_keep_the_form_of_the_world() {
        let map = Map {
            bounds: [0.0, 0.0, 2_000_000.0, 1_000_000.0],
            fixed: None,
            unknown: 0,
        };
        let pane = Rect::new(50.0, 20.0, 400.0, 400.0);
        let view = map.view(pane);
        let (left, top) = view.at((0.0, 1_000_000.0));
        let (right, bottom) = view.at((2_000_000.0, 0.0));
        assert!((left - (50.0 + 24.0)).abs() < 1e-6, "{left}");
        assert!(((right - left) - 2.0 * (bottom - top)).abs() < 1e-6);
        assert!((f64::midpoint(top, bottom) - pane.center().1).abs() < 1e-6);
        // A single place is not shown closer than the outlines are known.
        let point = Map {
            bounds: [1e6, 1e6, 1e6, 1e6],
            ..map
        };
        assert_eq!(point.view(pane).scale, FINEST);
        assert!((view.wrapped(2.0 * EXTENT + 5.0) - 5.0).abs() < 1e-6);
    }
}
