//! Areas that no table has: those of postcodes, about, and of several areas taken together.

use std::collections::HashMap;

use crate::mercator::{project, unproject};
use crate::outline::{ShapeId, outlines};

/// A closed line in degrees east and north; its last point leads back to the first.
pub type Ring = Vec<(f64, f64)>;

/// How far from its middle the area of a postcode goes at most, in metres of the projection.
const REACH: f64 = 30_000.0;
/// Parts of a degree that points of a ring are rounded to, so that neighbours meet: about a metre.
const ROUND: f64 = 1e5;
/// How many points the outer bend of a whole circle has.
const BENDS: f64 = 36.0;

/// Returns about the area of a place among others of its kind: what is nearer to its middle than to theirs, and not
/// too far from it. All are middles in metres of the projection.
pub(crate) fn cell(middle: (f64, f64), others: impl Iterator<Item = (f64, f64)>) -> Ring {
    let (x, y) = middle;
    let mut near: Vec<(f64, f64, f64)> = others
        .map(|other| (other.0 - x, other.1 - y))
        .map(|(dx, dy)| (dx.hypot(dy), dx, dy))
        .filter(|one| one.0 > 1.0 && one.0 < 2.0 * REACH)
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wide = 2.0 * REACH;
    let mut ring = vec![(-wide, -wide), (wide, -wide), (wide, wide), (-wide, wide)];
    for (away, dx, dy) in near {
        let farthest = ring.iter().map(|&(x, y)| x.hypot(y)).fold(0.0, f64::max);
        if away > 2.0 * farthest {
            break;
        }
        ring = halved(&ring, (dx / away, dy / away), away / 2.0);
    }
    let ring = rounded(&ring);
    ring.into_iter()
        .map(|(dx, dy)| unproject(x + dx, y + dy))
        .collect()
}

/// The part of a ring on this side of a line, which is given by where it looks and how far away it is.
fn halved(ring: &[(f64, f64)], (nx, ny): (f64, f64), away: f64) -> Vec<(f64, f64)> {
    let side = |&(x, y): &(f64, f64)| x * nx + y * ny - away;
    let mut out = Vec::with_capacity(ring.len() + 1);
    for (at, point) in ring.iter().enumerate() {
        let next = &ring[(at + 1) % ring.len()];
        let (here, there) = (side(point), side(next));
        if here <= 0.0 {
            out.push(*point);
        }
        if (here < 0.0 && there > 0.0) || (here > 0.0 && there < 0.0) {
            let part = here / (here - there);
            out.push((
                point.0 + (next.0 - point.0) * part,
                point.1 + (next.1 - point.1) * part,
            ));
        }
    }
    out
}

/// The part of a ring around its middle that a circle holds.
fn rounded(ring: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::with_capacity(ring.len());
    // The angle at which the ring left the circle.
    let mut left: Option<f64> = None;
    let mut first: Option<f64> = None;
    let bend = |out: &mut Vec<(f64, f64)>, from: f64, to: f64| {
        let turn = (to - from).rem_euclid(std::f64::consts::TAU);
        let steps = (turn / std::f64::consts::TAU * BENDS).ceil().max(1.0);
        for step in 1..steps as usize {
            let angle = from + turn * step as f64 / steps;
            out.push((REACH * angle.cos(), REACH * angle.sin()));
        }
    };
    for (at, &(x, y)) in ring.iter().enumerate() {
        let (next_x, next_y) = ring[(at + 1) % ring.len()];
        if x.hypot(y) <= REACH {
            out.push((x, y));
        }
        let (dx, dy) = (next_x - x, next_y - y);
        let (a, b, c) = (dx * dx + dy * dy, x * dx + y * dy, x * x + y * y - REACH * REACH);
        let inside = b * b - a * c;
        if a <= 0.0 || inside <= 0.0 {
            continue;
        }
        let root = inside.sqrt();
        for (part, enters) in [((-b - root) / a, true), ((-b + root) / a, false)] {
            if !(0.0..1.0).contains(&part) {
                continue;
            }
            let point = (x + dx * part, y + dy * part);
            let angle = point.1.atan2(point.0);
            match (enters, left.take()) {
                (true, Some(from)) => bend(&mut out, from, angle),
                (true, None) => first = Some(angle),
                (false, _) => left = Some(angle),
            }
            out.push(point);
        }
    }
    match (left, first) {
        (Some(from), Some(to)) => bend(&mut out, from, to),
        // Nothing of the ring is in the circle but all of the circle is in the ring.
        _ if out.is_empty() => {
            out.push((REACH, 0.0));
            bend(&mut out, 0.0, -1e-9);
        }
        _ => {}
    }
    out
}

/// Returns the rings of an area of the tables.
pub fn rings(shape: ShapeId) -> Vec<Ring> {
    let outlines = outlines();
    let Some(shape) = outlines.shapes.get(shape as usize) else {
        return Vec::new();
    };
    let ring = |parts: &Vec<(u32, bool)>| {
        let mut ring: Ring = Vec::new();
        for &(arc, back) in parts {
            let points = &outlines.arcs[arc as usize].points;
            let degrees = |&(x, y): &(f64, f64)| unproject(x, y);
            ring.pop();
            match back {
                true => ring.extend(points.iter().rev().map(degrees)),
                false => ring.extend(points.iter().map(degrees)),
            }
        }
        ring.pop();
        ring
    };
    shape.rings.iter().map(ring).collect()
}

/// Takes areas together: borders between them fall away. All rings must run the same way round, but for holes.
pub fn dissolved(rings: Vec<Ring>) -> Vec<Ring> {
    type Point = (i64, i64);
    let point = |&(x, y): &(f64, f64)| ((x * ROUND).round() as i64, (y * ROUND).round() as i64);
    let mut edges: Vec<(Point, Point)> = Vec::new();
    for ring in &rings {
        let mut points: Vec<Point> = ring.iter().map(point).collect();
        points.dedup();
        for (at, from) in points.iter().enumerate() {
            let to = points[(at + 1) % points.len()];
            if *from != to {
                edges.push((*from, to));
            }
        }
    }
    let mut count: HashMap<(Point, Point), u32> = HashMap::new();
    for &(from, to) in &edges {
        *count.entry((from.min(to), from.max(to))).or_default() += 1;
    }
    edges.retain(|&(from, to)| count[&(from.min(to), from.max(to))] == 1);
    let mut starts: HashMap<Point, Vec<Point>> = HashMap::new();
    for &(from, to) in edges.iter().rev() {
        starts.entry(from).or_default().push(to);
    }
    let mut out = Vec::new();
    for &(from, _) in &edges {
        let mut ring: Ring = Vec::new();
        let mut at = from;
        while let Some(next) = starts.get_mut(&at).and_then(Vec::pop) {
            ring.push((at.0 as f64 / ROUND, at.1 as f64 / ROUND));
            at = next;
            if at == from {
                break;
            }
        }
        if ring.len() > 2 {
            out.push(ring);
        }
    }
    out
}

/// Middles of places, by the squares of a grid as wide as what has a say in an area.
pub(crate) struct Grid(HashMap<(i32, i32), Vec<(f64, f64)>>);

impl Grid {
    /// Puts middles, in degrees north and east, into the grid.
    pub fn new(middles: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut squares: HashMap<(i32, i32), Vec<(f64, f64)>> = HashMap::new();
        for (lat, lon) in middles {
            let middle = project(lon, lat);
            squares.entry(Self::square(middle)).or_default().push(middle);
        }
        Self(squares)
    }

    fn square((x, y): (f64, f64)) -> (i32, i32) {
        (
            (x / (2.0 * REACH)).floor() as i32,
            (y / (2.0 * REACH)).floor() as i32,
        )
    }

    /// Returns the area around a middle, in degrees north and east.
    pub fn cell(&self, lat: f64, lon: f64) -> Ring {
        let middle = project(lon, lat);
        let (col, row) = Self::square(middle);
        let near = (-1..=1).flat_map(|by_col| (-1..=1).map(move |by_row| (col + by_col, row + by_row)));
        let others = near.filter_map(|square| self.0.get(&square)).flatten().copied();
        cell(middle, others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(ring: &[(f64, f64)]) -> f64 {
        let twice: f64 = (0..ring.len())
            .map(|at| {
                let ((x, y), (next_x, next_y)) = (ring[at], ring[(at + 1) % ring.len()]);
                x * next_y - next_x * y
            })
            .sum();
        twice / 2.0
    }

    #[test]
    fn places_share_the_land_between_them() {
        let places = [(30.0, -97.0), (30.0, -96.9), (30.1, -97.0), (30.1, -96.9)];
        let grid = Grid::new(places.into_iter());
        let cells: Vec<Ring> = places.iter().map(|&(lat, lon)| grid.cell(lat, lon)).collect();
        for cell in &cells {
            assert!(area(cell) > 0.0, "rings run the same way round");
        }
        let whole = dissolved(cells.clone());
        assert_eq!(whole.len(), 1, "they are one area");
        let parts: f64 = cells.iter().map(|cell| area(cell)).sum();
        assert!((area(&whole[0]) / parts - 1.0).abs() < 1e-3);
        // Who lives alone has a circle.
        let alone = Grid::new([(30.0, -97.0)].into_iter()).cell(30.0, -97.0);
        assert!(alone.len() > 30, "{}", alone.len());
        let (east, _) = unproject(REACH, 0.0);
        let widest = alone.iter().map(|(lon, _)| lon + 97.0).fold(0.0, f64::max);
        assert!((widest / east - 1.0).abs() < 0.02, "{widest} {east}");
    }

    #[test]
    fn neighbours_lose_their_border() {
        let square = |x: f64, y: f64| vec![(x, y), (x + 1.0, y), (x + 1.0, y + 1.0), (x, y + 1.0)];
        let all = dissolved(vec![square(0.0, 0.0), square(1.0, 0.0), square(5.0, 0.0)]);
        let mut sizes: Vec<f64> = all.iter().map(|ring| area(ring)).collect();
        sizes.sort_by(f64::total_cmp);
        assert_eq!(sizes, [1.0, 2.0]);
        // Eight around a hole.
        let around = (0..9)
            .filter(|at| *at != 4)
            .map(|at| square(f64::from(at % 3), f64::from(at / 3)));
        let mut sizes: Vec<f64> = dissolved(around.collect())
            .iter()
            .map(|ring| area(ring))
            .collect();
        sizes.sort_by(f64::total_cmp);
        assert_eq!(sizes, [-1.0, 9.0]);
        assert!(dissolved(Vec::new()).is_empty());
    }
}
