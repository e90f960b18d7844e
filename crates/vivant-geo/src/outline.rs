//! Outlines: areas made of arcs that neighbours share.

use std::sync::OnceLock;

use crate::mercator::project;
use crate::pack::{Numbers, unpack};

static SHAPES: &[u8] = include_bytes!("../data/shapes.z");

/// Units in a degree of the table.
const UNITS: f64 = 2000.0;

/// The number of an area.
pub type ShapeId = u32;

/// What an arc parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArcKind {
    /// Land and sea.
    Coast,
    /// Two countries.
    Country,
    /// Two states of a country.
    State,
    /// Two counties of the United States.
    County,
    /// Land and a lake.
    Lake,
    /// Nothing: there the table is cut at 180 degrees.
    Seam,
}

/// A line between two corners, as far as the same areas lie beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Arc {
    /// What it parts.
    pub kind: ArcKind,
    /// The least zoom of a map that shows it, where 0 is the world in 256 pixels.
    pub zoom: f64,
    /// Its points, in metres east and north.
    pub points: Vec<(f64, f64)>,
    /// West, south, east and north end.
    pub bounds: [f64; 4],
}

/// An area.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its rings, each of arcs and whether they run backwards. Holes run the other way round.
    pub rings: Vec<Vec<(u32, bool)>>,
    /// West, south, east and north end, in metres.
    pub bounds: [f64; 4],
}

/// All outlines.
pub struct Outlines {
    /// The arcs.
    pub arcs: Vec<Arc>,
    /// The areas: countries, states, regions, counties, lakes.
    pub shapes: Vec<Shape>,
}

/// Returns the outlines; the first call reads them.
pub fn outlines() -> &'static Outlines {
    static READ: OnceLock<Outlines> = OnceLock::new();
    READ.get_or_init(|| read(&unpack(SHAPES)))
}

fn read(data: &[u8]) -> Outlines {
    let mut numbers = Numbers::new(data);
    let (mut x, mut y) = (0, 0);
    let arcs: Vec<Arc> = (0..numbers.count())
        .map(|_| {
            let kind = match numbers.byte() {
                0 => ArcKind::Coast,
                1 => ArcKind::Country,
                2 => ArcKind::State,
                3 => ArcKind::County,
                4 => ArcKind::Lake,
                _ => ArcKind::Seam,
            };
            let zoom = f64::from(numbers.byte()) / 10.0;
            let points: Vec<(f64, f64)> = (0..numbers.count())
                .map(|_| {
                    x += numbers.number();
                    y += numbers.number();
                    project(x as f64 / UNITS, y as f64 / UNITS)
                })
                .collect();
            Arc {
                kind,
                zoom,
                bounds: bounds(points.iter().map(|&(x, y)| [x, y, x, y])),
                points,
            }
        })
        .collect();
    let shapes = (0..numbers.count())
        .map(|_| {
            let rings: Vec<Vec<(u32, bool)>> = (0..numbers.count())
                .map(|_| {
                    let mut last = 0;
                    (0..numbers.count())
                        .map(|_| {
                            last += numbers.number();
                            ((last >> 1) as u32, last & 1 == 1)
                        })
                        .collect()
                })
                .collect();
            let own = rings.iter().flatten().map(|(arc, _)| arcs[*arc as usize].bounds);
            Shape {
                bounds: bounds(own),
                rings,
            }
        })
        .collect();
    Outlines { arcs, shapes }
}

fn bounds(parts: impl Iterator<Item = [f64; 4]>) -> [f64; 4] {
    let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    parts.fold(none, |all, one| {
        [
            all[0].min(one[0]),
            all[1].min(one[1]),
            all[2].max(one[2]),
            all[3].max(one[3]),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_closed() {
        let outlines = outlines();
        assert!(outlines.shapes.len() > 8000);
        let end = |&(arc, back): &(u32, bool), last: bool| {
            let points = &outlines.arcs[arc as usize].points;
            match back == last {
                true => points[0],
                false => points[points.len() - 1],
            }
        };
        for (number, shape) in outlines.shapes.iter().enumerate() {
            for ring in &shape.rings {
                for (at, arc) in ring.iter().enumerate() {
                    let next = &ring[(at + 1) % ring.len()];
                    assert_eq!(end(arc, true), end(next, false), "shape {number}");
                }
            }
        }
    }
}
