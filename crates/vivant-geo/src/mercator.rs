//! The projection of maps: Web Mercator, in metres.

use std::f64::consts::PI;

/// Half of the width of the world in metres.
pub const EXTENT: f64 = 20_037_508.342_789_244;

/// The latitude where the square world ends.
pub const LIMIT: f64 = 85.051_128_779_806_59;

/// From degrees east and north to metres east and north.
pub fn project(lon: f64, lat: f64) -> (f64, f64) {
    let lat = lat.clamp(-LIMIT, LIMIT).to_radians();
    (
        lon / 180.0 * EXTENT,
        (PI / 4.0 + lat / 2.0).tan().ln() / PI * EXTENT,
    )
}

/// From metres east and north to degrees east and north.
pub fn unproject(x: f64, y: f64) -> (f64, f64) {
    (
        x / EXTENT * 180.0,
        (2.0 * (y / EXTENT * PI).exp().atan() - PI / 2.0).to_degrees(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_a_square() {
        let (x, y) = project(180.0, LIMIT);
        assert!((x - EXTENT).abs() < 1e-6 && (y - EXTENT).abs() < 1.0, "{x} {y}");
        assert_eq!(project(0.0, 0.0).0, 0.0);
        assert!(project(0.0, 90.0).1.is_finite());
        // Berlin, as map services place it.
        let (x, y) = project(13.405, 52.52);
        assert!(
            (x - 1_492_237.8).abs() < 1.0 && (y - 6_894_699.8).abs() < 1.0,
            "{x} {y}"
        );
        let (lon, lat) = unproject(x, y);
        assert!((lon - 13.405).abs() < 1e-9 && (lat - 52.52).abs() < 1e-9);
    }
}
