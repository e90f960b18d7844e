//! How geometries lie to one another, on the flat map of longitude and latitude.

use super::{Geometry, Path, Point};

/// Tells whether two geometries have a place in common.
pub fn intersects(a: &Geometry, b: &Geometry) -> bool {
    let others = b.parts();
    a.parts()
        .into_iter()
        .any(|one| others.iter().any(|other| meets(one, other)))
}

fn meets(a: &Geometry, b: &Geometry) -> bool {
    use Geometry::{Areas, Lines, Points};
    match (a, b) {
        (Points(a), Points(b)) => a.iter().any(|point| b.contains(point)),
        (Points(points), Lines(lines)) | (Lines(lines), Points(points)) => points
            .iter()
            .any(|point| lines.iter().any(|line| is_on(*point, line))),
        (Points(points), Areas(areas)) | (Areas(areas), Points(points)) => points
            .iter()
            .any(|point| areas.iter().any(|area| is_in(*point, area))),
        (Lines(a), Lines(b)) => a.iter().any(|one| b.iter().any(|other| cross(one, other))),
        (Lines(lines), Areas(areas)) | (Areas(areas), Lines(lines)) => lines.iter().any(|line| {
            areas.iter().any(|area| {
                line.first().is_some_and(|first| is_in(*first, area))
                    || area.iter().any(|ring| cross(line, ring))
            })
        }),
        (Areas(a), Areas(b)) => a.iter().any(|one| b.iter().any(|other| overlap(one, other))),
        // What is mixed was taken apart.
        _ => false,
    }
}

fn overlap(a: &[Path], b: &[Path]) -> bool {
    let start = |area: &[Path]| area.first().and_then(|ring| ring.first()).copied();
    start(a).is_some_and(|first| is_in(first, b))
        || start(b).is_some_and(|first| is_in(first, a))
        || a.iter().any(|one| b.iter().any(|other| cross(one, other)))
}

/// Tells whether a place is inside of an area or on its edge.
fn is_in(point: Point, area: &[Path]) -> bool {
    if area.iter().any(|ring| is_on(point, ring)) {
        return true;
    }
    let mut is_inside = false;
    for pair in area.iter().flat_map(|ring| ring.windows(2)) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        if (y1 > point.1) != (y2 > point.1) {
            let x = x1 + (point.1 - y1) / (y2 - y1) * (x2 - x1);
            is_inside ^= point.0 < x;
        }
    }
    is_inside
}

fn is_on(point: Point, path: &Path) -> bool {
    match path.len() {
        1 => path[0] == point,
        _ => path.windows(2).any(|pair| is_between(pair[0], pair[1], point)),
    }
}

/// The side of the line from one place to another on which a third is: positive on the left.
fn side(from: Point, to: Point, point: Point) -> f64 {
    (to.0 - from.0) * (point.1 - from.1) - (to.1 - from.1) * (point.0 - from.0)
}

fn is_between(from: Point, to: Point, point: Point) -> bool {
    let within = |a: f64, b: f64, c: f64| a.min(b) <= c && c <= a.max(b);
    within(from.0, to.0, point.0) && within(from.1, to.1, point.1) && side(from, to, point) == 0.0
}

fn crosses(a: (Point, Point), b: (Point, Point)) -> bool {
    let (s1, s2) = (side(a.0, a.1, b.0), side(a.0, a.1, b.1));
    let (s3, s4) = (side(b.0, b.1, a.0), side(b.0, b.1, a.1));
    if s1 * s2 < 0.0 && s3 * s4 < 0.0 {
        return true;
    }
    is_between(a.0, a.1, b.0)
        || is_between(a.0, a.1, b.1)
        || is_between(b.0, b.1, a.0)
        || is_between(b.0, b.1, a.1)
}

/// The segments of a path with where they begin and end in the west, the western ones first.
fn segments(path: &Path) -> Vec<(f64, f64, usize)> {
    let pairs = path.windows(2).enumerate();
    let mut found: Vec<(f64, f64, usize)> = pairs
        .map(|(at, pair)| (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0), at))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
}

/// Tells whether two paths have a place in common.
fn cross(a: &Path, b: &Path) -> bool {
    let others = segments(b);
    segments(a).into_iter().any(|(west, east, at)| {
        let end = others.partition_point(|other| other.0 <= east);
        others[..end]
            .iter()
            .filter(|other| other.1 >= west)
            .any(|other| crosses((a[at], a[at + 1]), (b[other.2], b[other.2 + 1])))
    })
}

/// Tells whether a geometry is one: lines with two places, rings that are closed and do not cross themselves.
pub fn is_valid(geometry: &Geometry) -> bool {
    let is_place = |point: &Point| point.0.is_finite() && point.1.abs() <= 90.0;
    geometry.parts().into_iter().all(|part| match part {
        Geometry::Points(points) => points.iter().all(is_place),
        Geometry::Lines(lines) => lines
            .iter()
            .all(|line| line.len() >= 2 && line.iter().all(is_place)),
        Geometry::Areas(areas) => areas.iter().flatten().all(|ring| {
            ring.len() >= 4 && ring.first() == ring.last() && ring.iter().all(is_place) && is_simple(ring)
        }),
        Geometry::Mixed(_) => true,
    })
}

/// Tells whether a ring does not cross or touch itself.
fn is_simple(ring: &Path) -> bool {
    let all = segments(ring);
    let count = ring.len() - 1;
    for (place, (_, east, at)) in all.iter().enumerate() {
        let after = all[place + 1..].iter().take_while(|other| other.0 <= *east);
        for (_, _, other) in after {
            let (first, second) = (*at.min(other), *at.max(other));
            let are_neighbours = second - first == 1 || (first == 0 && second == count - 1);
            let (a, b) = ((ring[first], ring[first + 1]), (ring[second], ring[second + 1]));
            let is_wrong = match are_neighbours {
                // Neighbours share one place, and no more.
                true if second - first == 1 => is_between(a.0, a.1, b.1) || is_between(b.0, b.1, a.0),
                true => is_between(a.0, a.1, b.0) || is_between(b.0, b.1, a.1),
                false => crosses(a, b),
            };
            if is_wrong {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometries_meet_or_not() {
        let check = |a: &str, b: &str, expected: bool| {
            let (one, other) = (Geometry::from_text(a).unwrap(), Geometry::from_text(b).unwrap());
            assert_eq!(intersects(&one, &other), expected, "{a} {b}");
            assert_eq!(intersects(&other, &one), expected, "{b} {a}");
        };
        let square = "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 3 1, 3 3, 1 3, 1 1))";
        check("POINT(0.5 0.5)", square, true);
        check("POINT(2 2)", square, false);
        check("POINT(4 2)", square, true);
        check("POINT(5 2)", square, false);
        check("POINT(1 1)", "LINESTRING(0 0, 2 2)", true);
        check("POINT(1 1.1)", "LINESTRING(0 0, 2 2)", false);
        check("LINESTRING(0 0, 2 2)", "LINESTRING(0 2, 2 0)", true);
        check("LINESTRING(0 0, 2 2)", "LINESTRING(3 3, 4 4)", false);
        check("LINESTRING(-1 2, 5 2)", square, true);
        check("LINESTRING(1.5 2, 2.5 2)", square, false);
        check("POLYGON((5 5, 6 5, 6 6, 5 5))", square, false);
        check("POLYGON((-1 -1, 9 -1, 9 9, -1 9, -1 -1))", square, true);
        check("MULTIPOINT(9 9, 0 0)", square, true);
        check(
            "GEOMETRYCOLLECTION(POINT(9 9), LINESTRING(3 3, 9 9))",
            square,
            true,
        );
    }

    #[test]
    fn rings_that_cross_themselves_are_not_valid() {
        let check = |text: &str| is_valid(&Geometry::from_text(text).unwrap());
        assert!(check("POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))"));
        assert!(!check("POLYGON((0 0, 4 4, 4 0, 0 4, 0 0))"));
        assert!(!check("POLYGON((0 0, 4 0, 4 4, 0 4))"));
        assert!(!check("POLYGON((0 0, 4 0, 2 0, 0 0))"));
        assert!(!check("LINESTRING(0 0)"));
        assert!(!check("POINT(0 91)"));
        assert!(check("LINESTRING(0 0, 1 1)"));
    }
}
