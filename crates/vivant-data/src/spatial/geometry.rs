//! Geometries as points in memory, written as well-known binary.

use super::projection::Projection;

/// A longitude and a latitude, or before they are projected back an easting and a northing.
pub(super) type Point = [f64; 2];

/// A geometry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Geometry {
    Point(Point),
    Line(Vec<Point>),
    /// The outer ring, then the holes in it.
    Polygon(Vec<Vec<Point>>),
    Points(Vec<Point>),
    Lines(Vec<Vec<Point>>),
    Polygons(Vec<Vec<Vec<Point>>>),
    Collection(Vec<Geometry>),
}

impl Geometry {
    /// Makes polygons of rings that say by their direction what they are: outer ones clockwise, as in shapefiles.
    pub fn of_rings(rings: Vec<Vec<Point>>) -> Option<Self> {
        let mut outer: Vec<(Vec<Vec<Point>>, [f64; 4])> = Vec::new();
        let mut holes = Vec::new();
        for ring in rings.into_iter().filter(|ring| ring.len() >= 3) {
            if area(&ring) <= 0.0 {
                let bounds = bounds(&ring);
                outer.push((vec![ring], bounds));
            } else {
                holes.push(ring);
            }
        }
        for hole in holes {
            let at = hole[0];
            let within = |bounds: &[f64; 4]| {
                at[0] >= bounds[0] && at[1] >= bounds[1] && at[0] <= bounds[2] && at[1] <= bounds[3]
            };
            let found = match outer.len() {
                1 => Some(0),
                _ => outer
                    .iter()
                    .position(|(rings, bounds)| within(bounds) && contains(&rings[0], at)),
            };
            match found {
                Some(index) => outer[index].0.push(hole),
                // A hole in nothing is an outer ring written the wrong way around.
                None => {
                    let bounds = bounds(&hole);
                    outer.push((vec![hole], bounds));
                }
            }
        }
        let mut polygons: Vec<Vec<Vec<Point>>> = outer.into_iter().map(|(rings, _)| rings).collect();
        match polygons.len() {
            0 => None,
            1 => polygons.pop().map(Geometry::Polygon),
            _ => Some(Geometry::Polygons(polygons)),
        }
    }

    /// Turns eastings and northings into longitudes and latitudes.
    pub fn unproject(&mut self, projection: &Projection) {
        let each = |points: &mut Vec<Point>| {
            for point in points {
                *point = projection.inverse(*point);
            }
        };
        match self {
            Geometry::Point(point) => *point = projection.inverse(*point),
            Geometry::Line(points) | Geometry::Points(points) => each(points),
            Geometry::Polygon(lines) | Geometry::Lines(lines) => lines.iter_mut().for_each(each),
            Geometry::Polygons(polygons) => polygons.iter_mut().flatten().for_each(each),
            Geometry::Collection(items) => items.iter_mut().for_each(|item| item.unproject(projection)),
        }
    }

    /// Writes well-known binary, little-endian; outer rings run counterclockwise and holes clockwise.
    pub fn to_binary(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        let head = |out: &mut Vec<u8>, code: u32| {
            out.push(1);
            out.extend_from_slice(&code.to_le_bytes());
        };
        let points = |out: &mut Vec<u8>, points: &[Point]| {
            count(out, points.len());
            points.iter().for_each(|at| point(out, at));
        };
        match self {
            Geometry::Point(at) => {
                head(out, 1);
                point(out, at);
            }
            Geometry::Line(line) => {
                head(out, 2);
                points(out, line);
            }
            Geometry::Polygon(rings) => {
                head(out, 3);
                write_rings(out, rings);
            }
            Geometry::Points(all) => {
                head(out, 4);
                count(out, all.len());
                for at in all {
                    head(out, 1);
                    point(out, at);
                }
            }
            Geometry::Lines(lines) => {
                head(out, 5);
                count(out, lines.len());
                for line in lines {
                    head(out, 2);
                    points(out, line);
                }
            }
            Geometry::Polygons(polygons) => {
                head(out, 6);
                count(out, polygons.len());
                for rings in polygons {
                    head(out, 3);
                    write_rings(out, rings);
                }
            }
            Geometry::Collection(items) => {
                head(out, 7);
                count(out, items.len());
                items.iter().for_each(|item| item.write(out));
            }
        }
    }
}

fn point(out: &mut Vec<u8>, at: &Point) {
    out.extend_from_slice(&at[0].to_le_bytes());
    out.extend_from_slice(&at[1].to_le_bytes());
}

fn count(out: &mut Vec<u8>, count: usize) {
    // What is in memory is fewer than four thousand million points.
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn write_rings(out: &mut Vec<u8>, rings: &[Vec<Point>]) {
    count(out, rings.len());
    for (index, ring) in rings.iter().enumerate() {
        let is_open = ring.first() != ring.last();
        count(out, ring.len() + usize::from(is_open));
        let is_backwards = (area(ring) > 0.0) != (index == 0);
        let close = |out: &mut Vec<u8>, first: Option<&Point>| {
            if let (true, Some(first)) = (is_open, first) {
                point(out, first);
            }
        };
        if is_backwards {
            ring.iter().rev().for_each(|at| point(out, at));
            close(out, ring.last());
        } else {
            ring.iter().for_each(|at| point(out, at));
            close(out, ring.first());
        }
    }
}

/// Returns twice the area of a ring, positive where it runs counterclockwise.
fn area(ring: &[Point]) -> f64 {
    let Some(origin) = ring.first() else { return 0.0 };
    let next = ring.iter().skip(1).chain(ring.first());
    ring.iter()
        .zip(next)
        .map(|(a, b)| (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1]))
        .sum()
}

fn bounds(ring: &[Point]) -> [f64; 4] {
    ring.iter().fold(
        [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
        |b, at| [b[0].min(at[0]), b[1].min(at[1]), b[2].max(at[0]), b[3].max(at[1])],
    )
}

/// Tells whether a point is inside a ring: a ray from it crosses the ring an odd number of times.
fn contains(ring: &[Point], at: Point) -> bool {
    let mut inside = false;
    let mut before = ring.last().copied().unwrap_or(at);
    for here in ring {
        if (here[1] > at[1]) != (before[1] > at[1])
            && at[0] < (before[0] - here[0]) * (at[1] - here[1]) / (before[1] - here[1]) + here[0]
        {
            inside = !inside;
        }
        before = *here;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, size: f64, clockwise: bool) -> Vec<Point> {
        let mut ring = vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]];
        if !clockwise {
            ring.reverse();
        }
        ring
    }

    #[test]
    fn holes_go_where_they_are() {
        let rings = vec![
            square(0.0, 0.0, 10.0, true),
            square(20.0, 0.0, 10.0, true),
            square(22.0, 2.0, 1.0, false),
        ];
        let Some(Geometry::Polygons(polygons)) = Geometry::of_rings(rings) else {
            panic!("two polygons");
        };
        assert_eq!(polygons.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
        assert!(area(&polygons[0][0]) < 0.0);
        assert_eq!(Geometry::of_rings(Vec::new()), None);
    }

    #[test]
    fn rings_are_written_closed_and_the_right_way_around() {
        let binary = Geometry::Polygon(vec![vec![[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]]).to_binary();
        let number = |at: usize| f64::from_le_bytes(binary[at..at + 8].try_into().unwrap());
        assert_eq!(binary[..13], [1, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0]);
        assert_eq!(binary.len(), 13 + 4 * 16);
        // Counterclockwise from the last point on.
        assert_eq!([number(13), number(21)], [1.0, 1.0]);
        assert_eq!([number(13 + 48), number(21 + 48)], [1.0, 1.0]);
    }
}
