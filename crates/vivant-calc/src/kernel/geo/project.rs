//! Coordinates of other systems as longitude and latitude.

use super::Point;
use super::measure::{AXIS, ECCENTRICITY};

/// The scale of the middle meridian of a UTM zone.
const SCALE: f64 = 0.9996;

/// Finds a place by its coordinates in the system of an EPSG number; `None` where the system is not known.
///
/// Known are longitude and latitude (4326, 4269, 4258), the maps of the web (3857) and the zones of UTM on WGS 84
/// (326xx, 327xx), on NAD 83 (269xx) and on ETRS 89 (258xx). The last two are taken for WGS 84, from which they
/// differ by a metre or two.
pub fn place(x: f64, y: f64, system: i64) -> Option<Point> {
    match system {
        4326 | 4269 | 4258 => Some((x, y)),
        3857 | 900_913 | 102_100 => {
            let latitude = 2.0 * (y / AXIS).exp().atan() - std::f64::consts::FRAC_PI_2;
            Some(((x / AXIS).to_degrees(), latitude.to_degrees()))
        }
        32_601..=32_660 => Some(transverse(x, y, system - 32_600)),
        32_701..=32_760 => Some(transverse(x, y - 10_000_000.0, system - 32_700)),
        26_901..=26_923 => Some(transverse(x, y, system - 26_900)),
        25_828..=25_838 => Some(transverse(x, y, system - 25_800)),
        _ => None,
    }
}

/// Source: J. P. Snyder, "Map Projections" (1987), the transverse Mercator projection.
fn transverse(x: f64, y: f64, zone: i64) -> Point {
    let e2 = ECCENTRICITY;
    let second = e2 / (1.0 - e2);
    let e1 = (1.0 - (1.0 - e2).sqrt()) / (1.0 + (1.0 - e2).sqrt());
    let mu = y / SCALE / (AXIS * (1.0 - e2 / 4.0 - 3.0 * e2.powi(2) / 64.0 - 5.0 * e2.powi(3) / 256.0));
    let foot = mu
        + (3.0 * e1 / 2.0 - 27.0 * e1.powi(3) / 32.0) * (2.0 * mu).sin()
        + (21.0 * e1.powi(2) / 16.0 - 55.0 * e1.powi(4) / 32.0) * (4.0 * mu).sin()
        + 151.0 * e1.powi(3) / 96.0 * (6.0 * mu).sin()
        + 1097.0 * e1.powi(4) / 512.0 * (8.0 * mu).sin();
    let (sin, cos, tan) = (foot.sin(), foot.cos(), foot.tan());
    let (c, t) = (second * cos * cos, tan * tan);
    let root = 1.0 - e2 * sin * sin;
    let n = AXIS / root.sqrt();
    let r = AXIS * (1.0 - e2) / root.powf(1.5);
    let d = (x - 500_000.0) / (n * SCALE);
    let fourth = 5.0 + 3.0 * t + 10.0 * c - 4.0 * c * c - 9.0 * second;
    let sixth = 61.0 + 90.0 * t + 298.0 * c + 45.0 * t * t - 252.0 * second - 3.0 * c * c;
    let latitude = foot - n * tan / r * (d * d / 2.0 - fourth * d.powi(4) / 24.0 + sixth * d.powi(6) / 720.0);
    let third = 1.0 + 2.0 * t + c;
    let fifth = 5.0 - 2.0 * c + 28.0 * t - 3.0 * c * c + 8.0 * second + 24.0 * t * t;
    let longitude = (d - third * d.powi(3) / 6.0 + fifth * d.powi(5) / 120.0) / cos;
    let middle = (zone * 6 - 183) as f64;
    (middle + longitude.to_degrees(), latitude.to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_other_systems_are_found() {
        let near = |found: Option<Point>, expected: Point| {
            let found = found.unwrap();
            assert!(
                (found.0 - expected.0).abs() < 1e-6 && (found.1 - expected.1).abs() < 1e-6,
                "{found:?} is not {expected:?}"
            );
        };
        near(place(7.0, 51.0, 4326), (7.0, 51.0));
        near(
            place(1_113_194.907_932_7, 6_446_275.841_017_16, 3857),
            (10.0, 50.0),
        );
        // The middle of a zone has the way from the equator for its northing.
        near(place(500_000.0, 0.0, 32_633), (15.0, 0.0));
        near(place(500_000.0, 10_000_000.0, 32_733), (15.0, 0.0));
        near(place(500_000.0, 4_982_950.400_219, 32_633), (15.0, 45.0));
        assert_eq!(place(1.0, 2.0, 3493), None);
    }
}
