//! Geometries that rows bring along: points, lines and areas, in metres.

use vivant_calc::Value;
use vivant_calc::kernel::geo::Geometry;
use vivant_document::spec::FieldRef;
use vivant_geo::{EXTENT, project};
use vivant_render::Path;

use super::View;
use crate::rows::{Row, Table};

/// Lines between places further apart than this go around the globe, in degrees.
const FAR: f64 = 1.0;
/// How many degrees a piece of such a line has.
const PIECE: f64 = 0.5;

/// A geometry of a row.
#[derive(Default)]
pub(crate) struct Own {
    pub points: Vec<(f64, f64)>,
    lines: Vec<Line>,
    /// Areas: an outer ring and those of holes, which run the other way round.
    areas: Vec<Vec<Line>>,
}

/// Places one after the other, in metres.
type Line = Vec<(f64, f64)>;

impl Own {
    /// Reads the geometry of a row.
    pub fn of(table: &Table<'_>, row: Row, key: &FieldRef) -> Option<Self> {
        let Value::String(text) = table.value(row, key) else {
            return None;
        };
        let mut own = Self::default();
        for part in Geometry::from_text(&text)?.parts() {
            match part {
                Geometry::Points(points) => own.points.extend(points.iter().map(|&(x, y)| project(x, y))),
                Geometry::Lines(lines) => own.lines.extend(lines.iter().map(|line| path(line))),
                Geometry::Areas(areas) => own.areas.extend(areas.iter().map(|rings| area(rings))),
                Geometry::Mixed(_) => {}
            }
        }
        Some(own)
    }

    /// West, south, east and north end of each of its parts.
    pub fn bounds(&self) -> impl Iterator<Item = [f64; 4]> {
        let points = self.points.iter().map(|&(x, y)| [x, y, x, y]);
        let outer = self.areas.iter().filter_map(|rings| rings.first());
        points.chain(self.lines.iter().chain(outer).filter_map(|line| ends(line)))
    }

    /// Its areas as a path in the pixels of a view.
    pub fn areas(&self, view: &View) -> Path {
        let mut out = Path::new();
        for rings in &self.areas {
            for shift in copies(view, rings.first()) {
                for ring in rings {
                    out.0.extend(Path::polygon(pixels(view, ring, shift)).0);
                }
            }
        }
        out
    }

    /// A place well inside of its largest area, in metres: the middle of its widest part from west to east.
    pub fn inside(&self) -> Option<(f64, f64)> {
        const CUTS: usize = 9;
        let size = |rings: &[Line]| rings.first().map_or(0.0, |ring| surface(ring).abs());
        let largest = self.areas.iter().max_by(|a, b| size(a).total_cmp(&size(b)))?;
        let ends = ends(largest.first()?)?;
        let cut = |at: usize| {
            let part = (at as f64 + 0.5) / CUTS as f64;
            let y = ends[1] + (ends[3] - ends[1]) * part;
            let mut crossed: Vec<f64> = largest
                .iter()
                .flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)))
                .filter(|(a, b)| (a.1 > y) != (b.1 > y))
                .map(|(a, b)| a.0 + (b.0 - a.0) * (y - a.1) / (b.1 - a.1))
                .collect();
            crossed.sort_by(f64::total_cmp);
            let widest = crossed
                .chunks_exact(2)
                .map(|pair| (pair[1] - pair[0], f64::midpoint(pair[0], pair[1])))
                .max_by(|a, b| a.0.total_cmp(&b.0))?;
            // What is near the upper or lower end has less room for words.
            let room = widest.0 * (1.0 - (part - 0.5).abs());
            Some((room, (widest.1, y)))
        };
        (0..CUTS)
            .filter_map(cut)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, place)| place)
    }

    /// Its lines as a path in the pixels of a view.
    pub fn lines(&self, view: &View) -> Path {
        let mut out = Path::new();
        for line in &self.lines {
            for shift in copies(view, Some(line)) {
                out.0.extend(Path::polyline(pixels(view, line, shift)).0);
            }
        }
        out
    }
}

/// The distances to the copies of a line that can be seen.
fn copies(view: &View, line: Option<&Line>) -> impl Iterator<Item = f64> {
    line.and_then(|line| ends(line))
        .into_iter()
        .flat_map(|ends| view.copies(ends))
}

fn pixels(view: &View, line: &[(f64, f64)], shift: f64) -> impl Iterator<Item = (f64, f64)> {
    line.iter().map(move |&(x, y)| view.at((x + shift, y)))
}

/// West, south, east and north end of a line.
fn ends(line: &[(f64, f64)]) -> Option<[f64; 4]> {
    line.iter().map(|&(x, y)| [x, y, x, y]).reduce(super::joined)
}

/// An area in metres: each hole by the copy of the world that its outer ring is in.
fn area(rings: &[Vec<(f64, f64)>]) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::with_capacity(rings.len());
    for ring in rings {
        let mut ring = path(ring);
        let outer = out.first().and_then(|outer| ends(outer));
        if let (Some(outer), Some(own)) = (outer, ends(&ring)) {
            let apart = f64::midpoint(outer[0], outer[2]) - f64::midpoint(own[0], own[2]);
            let turn = 2.0 * EXTENT * (apart / (2.0 * EXTENT)).round();
            ring.iter_mut().for_each(|(x, _)| *x += turn);
        }
        if (surface(&ring) < 0.0) == out.is_empty() {
            ring.reverse();
        }
        out.push(ring);
    }
    out
}

/// A line in metres. Between places that are far apart it takes the shortest way around the globe, and it goes on beyond
/// the end of the world instead of back around it.
fn path(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::with_capacity(places.len());
    let mut put = |(lon, lat): (f64, f64)| {
        let (x, y) = project(lon, lat);
        let x = match out.last() {
            Some((last, _)) => x + 2.0 * EXTENT * ((last - x) / (2.0 * EXTENT)).round(),
            None => x,
        };
        out.push((x, y));
    };
    for pair in places.windows(2) {
        put(pair[0]);
        let (from, to) = (unit(pair[0]), unit(pair[1]));
        let angle = from
            .iter()
            .zip(to)
            .map(|(a, b)| a * b)
            .sum::<f64>()
            .clamp(-1.0, 1.0)
            .acos();
        // Places that lie opposite each other have no shortest way.
        if angle.to_degrees() > FAR && angle.to_degrees() < 179.9 {
            let steps = (angle.to_degrees() / PIECE).ceil() as usize;
            for step in 1..steps {
                let part = step as f64 / steps as f64;
                let (a, b) = (((1.0 - part) * angle).sin(), (part * angle).sin());
                let [x, y, z] = [0, 1, 2].map(|at| (a * from[at] + b * to[at]) / angle.sin());
                put((y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees()));
            }
        }
    }
    places.last().copied().into_iter().for_each(put);
    out
}

/// A place as a direction from the middle of the globe.
fn unit((lon, lat): (f64, f64)) -> [f64; 3] {
    let (lon, lat) = (lon.to_radians(), lat.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// Twice the surface of a ring: less than zero where it runs clockwise.
fn surface(ring: &[(f64, f64)]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_lines_bend_and_go_beyond_the_end_of_the_world() {
        // From Tokyo to San Francisco.
        let line = path(&[(139.7, 35.7), (-122.4, 37.8)]);
        assert!(line.len() > 100);
        assert!(
            line.windows(2).all(|pair| pair[1].0 > pair[0].0),
            "it goes east all the way"
        );
        let north = line.iter().map(|(_, y)| *y).fold(f64::MIN, f64::max);
        assert!(north > project(0.0, 45.0).1, "it passes far north of both");
        // A short one is straight.
        assert_eq!(path(&[(13.0, 52.0), (13.5, 52.2)]).len(), 2);
        assert_eq!(path(&[(0.0, 0.0), (180.0, 0.0)]).len(), 2);
    }

    #[test]
    fn the_inside_of_a_horseshoe_is_in_one_of_its_arms() {
        let own = Own {
            areas: vec![vec![vec![
                (0.0, 0.0),
                (10.0, 0.0),
                (10.0, 10.0),
                (6.0, 10.0),
                (6.0, 2.0),
                (3.0, 2.0),
                (3.0, 10.0),
                (0.0, 10.0),
            ]]],
            ..Own::default()
        };
        let (x, y) = own.inside().unwrap();
        assert!((6.0..10.0).contains(&x) || y < 2.0, "{x} {y}");
        assert!(Own::default().inside().is_none());
    }

    #[test]
    fn areas_on_both_sides_of_the_end_of_the_world_stand_side_by_side() {
        let square = |west: f64, south: f64, wide: f64| {
            let turn = |lon: f64| if lon > 180.0 { lon - 360.0 } else { lon };
            let corners = [
                (west, south),
                (west + wide, south),
                (west + wide, south + wide),
                (west, south + wide),
            ];
            corners.map(|(x, y)| (turn(x), y)).to_vec()
        };
        // One across the end with a hole beyond it, and one beyond it.
        let own = Own {
            areas: vec![
                area(&[square(170.0, 0.0, 20.0), square(184.0, 2.0, 4.0)]),
                area(&[square(192.0, 0.0, 5.0)]),
            ],
            ..Own::default()
        };
        let metres = |lon: f64| project(lon, 0.0).0;
        let pane = vivant_render::Rect {
            x: 0.0,
            y: 0.0,
            width: 400.0,
            height: 400.0,
        };
        // Degrees of longitude from 165 on, ten pixels each.
        let scale = metres(1.0) / 10.0;
        for middle in [185.0, -175.0] {
            let view = View {
                pane,
                center: (metres(1.0) * middle, metres(1.0) * 5.0),
                scale,
            };
            let found: Vec<(f64, f64)> = own
                .areas(&view)
                .0
                .split(|step| *step == vivant_render::Step::Close)
                .filter(|ring| !ring.is_empty())
                .map(|ring| {
                    let x = ring.iter().filter_map(|step| match step {
                        vivant_render::Step::Move(x, _) | vivant_render::Step::Line(x, _) => Some(*x),
                        _ => None,
                    });
                    x.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)))
                })
                .map(|(low, high)| (low.round(), high.round()))
                .collect();
            assert_eq!(found, [(50.0, 250.0), (190.0, 230.0), (270.0, 320.0)], "{middle}");
        }
    }

    #[test]
    fn surfaces_say_which_way_rings_run() {
        let ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)];
        assert!(surface(&ring) > 0.0);
        let back: Vec<(f64, f64)> = ring.iter().rev().copied().collect();
        assert!(surface(&back) < 0.0);
    }
}
