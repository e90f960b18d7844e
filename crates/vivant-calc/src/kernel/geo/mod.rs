//! Geometries: points, lines and areas on the earth, longitude before latitude, in degrees of WGS 84.
//!
//! Values of formulas are well-known text; files and databases give well-known binary.

mod binary;
mod measure;
mod project;
mod relate;
mod text;

pub use measure::{area, buffer, distance, length};
pub use project::place;
pub use relate::{intersects, is_valid};

/// A place: longitude and latitude.
pub type Point = (f64, f64);

/// A ring of an area or a line: places in order.
pub type Path = Vec<Point>;

/// A geometry.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// Places.
    Points(Vec<Point>),
    /// Lines.
    Lines(Vec<Path>),
    /// Areas: for each its outer ring, then the rings of its holes.
    Areas(Vec<Vec<Path>>),
    /// Geometries of several kinds.
    Mixed(Vec<Geometry>),
}

/// Geometries nested deeper than this are not read.
const MAX_DEPTH: usize = 16;

impl Geometry {
    /// Reads well-known text.
    pub fn from_text(text: &str) -> Option<Geometry> {
        text::read(text)
    }

    /// Reads well-known binary. Heights and other third numbers are left out.
    pub fn from_binary(bytes: &[u8]) -> Option<Geometry> {
        binary::read(bytes)
    }

    /// Writes well-known text.
    pub fn to_text(&self) -> String {
        text::write(self)
    }

    /// Returns the west, south, east and north end; nothing if it is empty.
    pub fn ends(&self) -> Option<[f64; 4]> {
        let mut ends = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let mut take = |&(lon, lat): &Point| {
            ends = [
                ends[0].min(lon),
                ends[1].min(lat),
                ends[2].max(lon),
                ends[3].max(lat),
            ];
        };
        for part in self.parts() {
            match part {
                Geometry::Points(points) => points.iter().for_each(&mut take),
                Geometry::Lines(lines) => lines.iter().flatten().for_each(&mut take),
                Geometry::Areas(areas) => areas.iter().flatten().flatten().for_each(&mut take),
                Geometry::Mixed(_) => {}
            }
        }
        ends.iter().all(|end| end.is_finite()).then_some(ends)
    }

    /// Puts geometries together into one; nothing if there are none.
    pub fn collected(all: impl IntoIterator<Item = Geometry>) -> Option<Geometry> {
        let (mut points, mut lines, mut areas) = (Vec::new(), Vec::new(), Vec::new());
        let mut todo: Vec<Geometry> = all.into_iter().collect();
        if todo.is_empty() {
            return None;
        }
        todo.reverse();
        while let Some(geometry) = todo.pop() {
            match geometry {
                Geometry::Points(some) => points.extend(some),
                Geometry::Lines(some) => lines.extend(some),
                Geometry::Areas(some) => areas.extend(some),
                Geometry::Mixed(some) => todo.extend(some.into_iter().rev()),
            }
        }
        let parts = [
            (!points.is_empty()).then_some(Geometry::Points(points)),
            (!lines.is_empty()).then_some(Geometry::Lines(lines)),
            (!areas.is_empty()).then_some(Geometry::Areas(areas)),
        ];
        let mut parts: Vec<Geometry> = parts.into_iter().flatten().collect();
        match parts.len() {
            1 => parts.pop(),
            _ => Some(Geometry::Mixed(parts)),
        }
    }

    /// Names the kind, as `SHAPETYPE` does.
    pub fn kind(&self) -> &'static str {
        match self {
            Geometry::Points(points) => match points.len() {
                0 => "Empty",
                1 => "Point",
                _ => "MultiPoint",
            },
            Geometry::Lines(lines) => match lines.len() {
                0 => "Empty",
                1 => "LineString",
                _ => "MultiLineString",
            },
            Geometry::Areas(areas) => match areas.len() {
                0 => "Empty",
                1 => "Polygon",
                _ => "MultiPolygon",
            },
            Geometry::Mixed(parts) => match &parts[..] {
                [] => "Empty",
                [one] => one.kind(),
                _ => "Mixed",
            },
        }
    }

    /// Returns the one place that it is.
    pub fn point(&self) -> Option<Point> {
        match self {
            Geometry::Points(points) => match points[..] {
                [point] => Some(point),
                _ => None,
            },
            _ => None,
        }
    }

    /// Gives the rings of areas as lines; `None` where there are other kinds.
    pub fn outline(&self) -> Option<Geometry> {
        match self {
            Geometry::Areas(areas) => Some(Geometry::Lines(areas.iter().flatten().cloned().collect())),
            _ => None,
        }
    }

    /// Lists the geometries of one kind that it is made of.
    pub fn parts(&self) -> Vec<&Geometry> {
        let (mut found, mut todo) = (Vec::new(), vec![self]);
        while let Some(geometry) = todo.pop() {
            match geometry {
                Geometry::Mixed(parts) => todo.extend(parts.iter().rev()),
                one => found.push(one),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_of_the_product() {
        let kind = |text: &str| Geometry::from_text(text).map(|found| found.kind());
        assert_eq!(kind("POINT(1 2)"), Some("Point"));
        assert_eq!(kind("MULTIPOINT(1 2, 3 4)"), Some("MultiPoint"));
        assert_eq!(kind("LINESTRING EMPTY"), Some("Empty"));
        assert_eq!(kind("POLYGON((0 0, 1 0, 1 1, 0 0))"), Some("Polygon"));
        let mixed = "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))";
        assert_eq!(kind(mixed), Some("Mixed"));
    }

    #[test]
    fn geometries_are_put_together_by_kind() {
        let read = |text: &str| Geometry::from_text(text).unwrap();
        let all = |texts: &[&str]| {
            let found = Geometry::collected(texts.iter().map(|text| read(text)));
            found.map(|found| found.to_text())
        };
        assert_eq!(all(&[]), None);
        assert_eq!(all(&["POINT(1 2)"]).as_deref(), Some("POINT(1 2)"));
        assert_eq!(
            all(&["POINT(1 2)", "MULTIPOINT((3 4), (5 6))"]).as_deref(),
            Some("MULTIPOINT((1 2), (3 4), (5 6))")
        );
        assert_eq!(
            all(&["LINESTRING(0 0, 1 1)", "POINT(1 2)"]).as_deref(),
            Some("GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))")
        );
    }

    #[test]
    fn rings_become_lines() {
        let area = Geometry::from_text("POLYGON((0 0, 4 0, 0 4, 0 0), (1 1, 2 1, 1 2, 1 1))").unwrap();
        assert_eq!(
            area.outline().unwrap().to_text(),
            "MULTILINESTRING((0 0, 4 0, 0 4, 0 0), (1 1, 2 1, 1 2, 1 1))"
        );
        assert_eq!(Geometry::Points(vec![(1.0, 2.0)]).outline(), None);
    }
}
