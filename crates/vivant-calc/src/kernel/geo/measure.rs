//! Lengths and areas on the ellipsoid WGS 84, in metres.
//!
//! Source of the formulas: T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid" (1975);
//! J. P. Snyder, "Map Projections" (1987), for the sphere of equal area.

use std::f64::consts::PI;

use super::{Geometry, Path, Point};

/// Half the longer axis of the ellipsoid.
pub(super) const AXIS: f64 = 6_378_137.0;

/// The flattening of the ellipsoid.
const FLATTENING: f64 = 1.0 / 298.257_223_563;

/// The square of the eccentricity of the ellipsoid.
pub(super) const ECCENTRICITY: f64 = FLATTENING * (2.0 - FLATTENING);

/// How many corners the area around a place has; Hyper makes as many.
const CORNERS: usize = 120;

/// Steps after which the way between two places is not found: they are nearly opposite.
const MOST_STEPS: usize = 200;

/// Gives the length of the shortest way between two places.
pub fn distance(from: Point, to: Point) -> f64 {
    if from == to {
        return 0.0;
    }
    vincenty(from, to).unwrap_or_else(|| on_sphere(from, to))
}

fn vincenty(from: Point, to: Point) -> Option<f64> {
    let reduced = |latitude: f64| ((1.0 - FLATTENING) * latitude.to_radians().tan()).atan();
    let (u1, u2) = (reduced(from.1), reduced(to.1));
    let (sin1, cos1, sin2, cos2) = (u1.sin(), u1.cos(), u2.sin(), u2.cos());
    let l = turned((to.0 - from.0).to_radians());
    let mut lambda = l;
    for _ in 0..MOST_STEPS {
        let (sin_l, cos_l) = lambda.sin_cos();
        let sin_sigma = (cos2 * sin_l).hypot(cos1 * sin2 - sin1 * cos2 * cos_l);
        if sin_sigma == 0.0 {
            return Some(0.0);
        }
        let cos_sigma = sin1 * sin2 + cos1 * cos2 * cos_l;
        let sigma = sin_sigma.atan2(cos_sigma);
        let sin_alpha = cos1 * cos2 * sin_l / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        // On the equator there is no such middle.
        let cos_m = match cos2_alpha {
            0.0 => 0.0,
            _ => cos_sigma - 2.0 * sin1 * sin2 / cos2_alpha,
        };
        let c = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha));
        let before = lambda;
        let inner = cos_m + c * cos_sigma * (2.0 * cos_m * cos_m - 1.0);
        lambda = l + (1.0 - c) * FLATTENING * sin_alpha * (sigma + c * sin_sigma * inner);
        if lambda.abs() > PI {
            return None;
        }
        if (lambda - before).abs() < 1e-12 {
            let (a, b) = series(cos2_alpha);
            let delta = correction(b, sin_sigma, cos_sigma, cos_m);
            return Some((1.0 - FLATTENING) * AXIS * a * (sigma - delta));
        }
    }
    None
}

/// Gives the two series of Vincenty's formulas.
fn series(cos2_alpha: f64) -> (f64, f64) {
    let shorter = (1.0 - FLATTENING) * (1.0 - FLATTENING);
    let u2 = cos2_alpha * (1.0 - shorter) / shorter;
    let a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
    let b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
    (a, b)
}

fn correction(b: f64, sin_sigma: f64, cos_sigma: f64, cos_m: f64) -> f64 {
    let square = 2.0 * cos_m * cos_m - 1.0;
    let third = b / 6.0 * cos_m * (4.0 * sin_sigma * sin_sigma - 3.0) * (2.0 * square - 1.0);
    b * sin_sigma * (cos_m + b / 4.0 * (cos_sigma * square - third))
}

/// The way on a sphere, for places that are nearly opposite.
fn on_sphere(from: Point, to: Point) -> f64 {
    let (a, b) = (from.1.to_radians(), to.1.to_radians());
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let h = half(b - a) + a.cos() * b.cos() * half((to.0 - from.0).to_radians());
    2.0 * AXIS * (1.0 - FLATTENING / 3.0) * h.sqrt().min(1.0).asin()
}

/// Turns an angle to where it is nearest to zero.
fn turned(angle: f64) -> f64 {
    angle - 2.0 * PI * (angle / (2.0 * PI)).round()
}

/// Gives the place so far away in a direction, which counts from the north by the east.
fn going(from: Point, direction: f64, metres: f64) -> Point {
    let u1 = ((1.0 - FLATTENING) * from.1.to_radians().tan()).atan();
    let (sin_d, cos_d) = direction.sin_cos();
    let sigma1 = u1.tan().atan2(cos_d);
    let sin_alpha = u1.cos() * sin_d;
    let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
    let (a, b) = series(cos2_alpha);
    let start = metres / ((1.0 - FLATTENING) * AXIS * a);
    let (mut sigma, mut cos_m) = (start, 0.0);
    for _ in 0..MOST_STEPS {
        cos_m = (2.0 * sigma1 + sigma).cos();
        let next = start + correction(b, sigma.sin(), sigma.cos(), cos_m);
        let is_found = (next - sigma).abs() < 1e-12;
        sigma = next;
        if is_found {
            break;
        }
    }
    let (sin_s, cos_s) = sigma.sin_cos();
    let rest = u1.sin() * sin_s - u1.cos() * cos_s * cos_d;
    let latitude =
        (u1.sin() * cos_s + u1.cos() * sin_s * cos_d).atan2((1.0 - FLATTENING) * sin_alpha.hypot(rest));
    let lambda = (sin_s * sin_d).atan2(u1.cos() * cos_s - u1.sin() * sin_s * cos_d);
    let c = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha));
    let inner = cos_m + c * cos_s * (2.0 * cos_m * cos_m - 1.0);
    let l = lambda - (1.0 - c) * FLATTENING * sin_alpha * (sigma + c * sin_s * inner);
    let longitude = turned(from.0.to_radians() + l).to_degrees();
    (longitude, latitude.to_degrees())
}

/// Gives the length of the lines of a geometry; without lines it is no number.
pub fn length(geometry: &Geometry) -> f64 {
    let parts = geometry.parts();
    let lines = parts.iter().filter_map(|part| match part {
        Geometry::Lines(lines) => Some(lines),
        _ => None,
    });
    let lines: Vec<&Path> = lines.flatten().collect();
    match lines.is_empty() {
        true => f64::NAN,
        false => lines.into_iter().map(way).sum(),
    }
}

fn way(path: &Path) -> f64 {
    path.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
}

/// Gives the surface of the areas of a geometry.
pub fn area(geometry: &Geometry) -> f64 {
    let areas = geometry.parts().into_iter().filter_map(|part| match part {
        Geometry::Areas(areas) => Some(areas),
        _ => None,
    });
    areas
        .flatten()
        .map(|rings| match rings.split_first() {
            Some((outer, holes)) => inside(outer) - holes.iter().map(inside).sum::<f64>(),
            None => 0.0,
        })
        .sum()
}

/// The surface inside of a ring: that of its image on the sphere that has the surface of the ellipsoid.
fn inside(ring: &Path) -> f64 {
    let e = ECCENTRICITY.sqrt();
    let q = |sin: f64| {
        let part = sin / (1.0 - ECCENTRICITY * sin * sin);
        (1.0 - ECCENTRICITY) * (part - ((1.0 - e * sin) / (1.0 + e * sin)).ln() / (2.0 * e))
    };
    let whole = q(1.0);
    let half_tangent =
        |latitude: f64| ((q(latitude.to_radians().sin()) / whole).clamp(-1.0, 1.0).asin() / 2.0).tan();
    let (mut sum, mut turn) = (0.0, 0.0);
    let next = ring.iter().cycle().skip(1);
    for (from, to) in ring.iter().zip(next) {
        let step = turned((to.0 - from.0).to_radians());
        let (a, b) = (half_tangent(from.1), half_tangent(to.1));
        sum += 2.0 * ((step / 2.0).tan() * (a + b)).atan2(1.0 + a * b);
        turn += step;
    }
    // A ring around a pole has the rest of its half of the earth.
    let sum = match turn.abs() > PI {
        true => 2.0 * PI - sum.abs(),
        false => sum.abs(),
    };
    sum * AXIS * AXIS * whole / 2.0
}

/// Gives the area around a place.
pub fn buffer(point: Point, metres: f64) -> Geometry {
    // Seen from above, outer rings run against the clock.
    let corner = |at: usize| {
        let direction = -2.0 * PI * at as f64 / CORNERS as f64;
        going(point, direction, metres)
    };
    let mut ring: Path = (0..CORNERS).map(corner).collect();
    ring.push(ring[0]);
    Geometry::Areas(vec![vec![ring]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, error: f64) {
        assert!(
            (found - expected).abs() <= error * expected.abs().max(1.0),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn ways_are_those_of_the_ellipsoid() {
        // Values of GeographicLib.
        near(distance((0.0, 0.0), (1.0, 0.0)), 111_319.490_793, 1e-9);
        near(distance((0.0, 0.0), (0.0, 1.0)), 110_574.388_558, 1e-9);
        near(distance((-122.32, 47.59), (-123.1, 48.5)), 116_705.131, 1e-7);
        near(
            distance((179.5, 10.0), (-179.5, 10.0)),
            distance((0.0, 10.0), (1.0, 10.0)),
            1e-12,
        );
        near(distance((0.0, 0.0), (180.0, 0.0)), 20_003_931.0, 1e-2);
        assert_eq!(distance((3.0, 4.0), (3.0, 4.0)), 0.0);
    }

    #[test]
    fn what_is_gone_is_the_distance() {
        for (from, direction, metres) in [
            ((-122.32, 47.59), 0.3, 1_000.0),
            ((10.0, -60.0), 2.0, 500_000.0),
            ((179.9, 0.0), 1.6, 50_000.0),
        ] {
            near(distance(from, going(from, direction, metres)), metres, 1e-9);
        }
    }

    #[test]
    fn areas_are_those_of_the_ellipsoid() {
        let around = buffer((-122.32, 47.59), 1000.0);
        near(area(&around), 3_140_155.072, 1e-5);
        let octant = Geometry::from_text("POLYGON((0 0, 90 0, 0 90, 0 0))").unwrap();
        near(area(&octant), 510_065_621_724_000.0 / 8.0, 1e-9);
        let cap = Geometry::from_text("POLYGON((0 0, 90 0, 180 0, -90 0, 0 0))").unwrap();
        near(area(&cap), 510_065_621_724_000.0 / 2.0, 1e-9);
        let holed = "POLYGON((0 0, 2 0, 2 2, 0 2, 0 0), (0.5 0.5, 1 0.5, 1 1, 0.5 1, 0.5 0.5))";
        let whole = Geometry::from_text("POLYGON((0 0, 2 0, 2 2, 0 2, 0 0))").unwrap();
        assert!(area(&Geometry::from_text(holed).unwrap()) < area(&whole));
        assert_eq!(area(&Geometry::Points(vec![(0.0, 0.0)])), 0.0);
    }

    #[test]
    fn lengths_are_those_of_lines() {
        let lines = Geometry::from_text("MULTILINESTRING((0 0, 1 0, 2 0), (0 0, 0 1))").unwrap();
        near(length(&lines), 2.0 * 111_319.490_793 + 110_574.388_558, 1e-9);
        assert!(length(&Geometry::Points(vec![(0.0, 0.0)])).is_nan());
    }
}
