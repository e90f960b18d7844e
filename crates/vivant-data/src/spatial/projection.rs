//! From eastings and northings back to longitudes and latitudes: the projections that `.prj` files name most.
//!
//! The series are those of Snyder, Map Projections: A Working Manual (1987). Datums are taken as they are: what a
//! file of an old datum says is up to some hundred metres off.

use super::geometry::Point;
use crate::error::{DataError, Result, shorten};

/// Brackets inside one another deeper than this are not read.
const DEPTH: usize = 16;

/// How points become longitudes and latitudes, in degrees.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Projection {
    kind: Kind,
    /// Larger half axis.
    a: f64,
    /// Square of the eccentricity.
    e2: f64,
    /// Metres of a unit, for degrees radians.
    unit: f64,
    false_easting: f64,
    false_northing: f64,
    /// In radians.
    central_meridian: f64,
    latitude_of_origin: f64,
    scale: f64,
    /// Longitude of the prime meridian, in degrees.
    prime: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Geographic,
    /// The sphere that web maps use, or an ellipsoid.
    Mercator {
        is_sphere: bool,
    },
    TransverseMercator,
    Conic {
        n: f64,
        f: f64,
        rho0: f64,
    },
    Albers {
        n: f64,
        c: f64,
        rho0: f64,
    },
}

impl Projection {
    /// Web Mercator, which names of coordinate systems can mean without a description.
    pub fn web_mercator() -> Self {
        Self {
            kind: Kind::Mercator { is_sphere: true },
            a: 6_378_137.0,
            e2: 0.0,
            unit: 1.0,
            false_easting: 0.0,
            false_northing: 0.0,
            central_meridian: 0.0,
            latitude_of_origin: 0.0,
            scale: 1.0,
            prime: 0.0,
        }
    }

    /// Reads the description of a `.prj` file; `None` where points are longitudes and latitudes already.
    pub fn parse(text: &str, file: &str) -> Result<Option<Self>> {
        let mut reader = Reader { rest: text.trim() };
        let Some(root) = reader.node(DEPTH) else {
            return Err(DataError::damaged(
                format!("{file} (coordinate system)"),
                "it is no description of a coordinate system",
            ));
        };
        let unsupported = |what: &str| DataError::UnsupportedSetting {
            setting: "the coordinate system",
            value: shorten(what),
            hint: format!("save `{file}` with longitudes and latitudes (EPSG:4326)"),
        };
        // A system of heights stands beside the one of places.
        let root = match root.name.as_str() {
            "COMPD_CS" | "COMPOUNDCRS" => root.child(&["PROJCS", "PROJCRS", "GEOGCS", "GEOGCRS"]),
            _ => Some(&root),
        };
        let Some(root) = root else {
            return Err(unsupported("a compound system without places"));
        };
        let geographic = match root.name.as_str() {
            "GEOGCS" | "GEOGCRS" => root,
            "PROJCS" => root
                .child(&["GEOGCS"])
                .ok_or_else(|| unsupported("a projection of nothing"))?,
            other => return Err(unsupported(other)),
        };
        let spheroid = geographic
            .child(&["DATUM"])
            .and_then(|datum| datum.child(&["SPHEROID", "ELLIPSOID"]));
        let a = spheroid.and_then(|one| one.number(0)).unwrap_or(6_378_137.0);
        let flat = spheroid.and_then(|one| one.number(1)).unwrap_or(298.257_223_563);
        let f = if flat == 0.0 { 0.0 } else { 1.0 / flat };
        let e2 = f * (2.0 - f);
        let angle = unit(geographic).unwrap_or(1_f64.to_radians());
        let prime = geographic
            .child(&["PRIMEM"])
            .and_then(|prime| prime.number(0))
            .map_or(0.0, |degrees| (degrees * angle).to_degrees());
        let mut made = Self {
            kind: Kind::Geographic,
            a,
            e2,
            unit: angle,
            false_easting: 0.0,
            false_northing: 0.0,
            central_meridian: 0.0,
            latitude_of_origin: 0.0,
            scale: 1.0,
            prime,
        };
        if !(a > 0.0 && (0.0..1.0).contains(&e2)) {
            return Err(unsupported("an ellipsoid that is none"));
        }
        if std::ptr::eq(root, geographic) {
            let is_plain = (angle - 1_f64.to_radians()).abs() < 1e-12 && prime == 0.0;
            return Ok((!is_plain).then_some(made));
        }
        let name = root
            .child(&["PROJECTION"])
            .and_then(|projection| projection.text.clone())
            .unwrap_or_default();
        let parameter = |names: &[&str]| {
            root.children
                .iter()
                .filter(|child| child.name == "PARAMETER")
                .find(|child| {
                    let text = child.text.as_deref().unwrap_or_default();
                    names.iter().any(|name| text.eq_ignore_ascii_case(name))
                })
                .and_then(|child| child.number(0))
        };
        let metres = unit(root).unwrap_or(1.0);
        made.unit = metres;
        made.false_easting = parameter(&["false_easting"]).unwrap_or(0.0) * metres;
        made.false_northing = parameter(&["false_northing"]).unwrap_or(0.0) * metres;
        made.central_meridian =
            parameter(&["central_meridian", "longitude_of_center", "longitude_of_origin"]).unwrap_or(0.0)
                * angle;
        made.latitude_of_origin =
            parameter(&["latitude_of_origin", "latitude_of_center"]).unwrap_or(0.0) * angle;
        made.scale = parameter(&["scale_factor"]).unwrap_or(1.0);
        let first = parameter(&["standard_parallel_1"]).map(|degrees| degrees * angle);
        let second = parameter(&["standard_parallel_2"]).map(|degrees| degrees * angle);
        made.kind = match name.to_ascii_lowercase().as_str() {
            "mercator_auxiliary_sphere" | "popular_visualisation_pseudo_mercator" => {
                Kind::Mercator { is_sphere: true }
            }
            "mercator" | "mercator_1sp" | "mercator_2sp" => {
                if let Some(parallel) = first {
                    made.scale = parallel.cos() / (1.0 - e2 * parallel.sin().powi(2)).sqrt();
                }
                // Some writers of web maps name the plain projection and mean the sphere.
                let is_web = root
                    .child(&["EXTENSION"])
                    .and_then(|one| one.more.first())
                    .is_some_and(|text| text.contains("+nadgrids=@null"));
                Kind::Mercator { is_sphere: is_web }
            }
            "transverse_mercator" | "gauss_kruger" => Kind::TransverseMercator,
            "lambert_conformal_conic" | "lambert_conformal_conic_1sp" | "lambert_conformal_conic_2sp" => {
                let first = first.unwrap_or(made.latitude_of_origin);
                made.conic(first, second.unwrap_or(first))
            }
            "albers" | "albers_conic_equal_area" => {
                let first = first.unwrap_or(0.0);
                made.albers(first, second.unwrap_or(first))
            }
            _ => return Err(unsupported(&name)),
        };
        Ok(Some(made))
    }

    fn m(&self, latitude: f64) -> f64 {
        latitude.cos() / (1.0 - self.e2 * latitude.sin().powi(2)).sqrt()
    }

    fn t(&self, latitude: f64) -> f64 {
        let e = self.e2.sqrt();
        let sine = e * latitude.sin();
        (std::f64::consts::FRAC_PI_4 - latitude / 2.0).tan() / ((1.0 - sine) / (1.0 + sine)).powf(e / 2.0)
    }

    fn q(&self, latitude: f64) -> f64 {
        let sine = latitude.sin();
        if self.e2 == 0.0 {
            return 2.0 * sine;
        }
        let e = self.e2.sqrt();
        (1.0 - self.e2)
            * (sine / (1.0 - self.e2 * sine * sine) - ((1.0 - e * sine) / (1.0 + e * sine)).ln() / (2.0 * e))
    }

    fn conic(&self, first: f64, second: f64) -> Kind {
        let n = match (first - second).abs() < 1e-10 {
            true => first.sin(),
            false => (self.m(first).ln() - self.m(second).ln()) / (self.t(first).ln() - self.t(second).ln()),
        };
        let f = self.m(first) / (n * self.t(first).powf(n));
        let rho0 = self.a * f * self.t(self.latitude_of_origin).powf(n) * self.scale;
        Kind::Conic { n, f, rho0 }
    }

    fn albers(&self, first: f64, second: f64) -> Kind {
        let (m1, q1) = (self.m(first), self.q(first));
        let n = match (first - second).abs() < 1e-10 {
            true => first.sin(),
            false => (m1 * m1 - self.m(second).powi(2)) / (self.q(second) - q1),
        };
        let c = m1 * m1 + n * q1;
        let rho0 = self.a * (c - n * self.q(self.latitude_of_origin)).sqrt() / n;
        Kind::Albers { n, c, rho0 }
    }

    /// Returns the latitude whose `t` this is.
    fn conformal(&self, t: f64) -> f64 {
        let e = self.e2.sqrt();
        let mut latitude = std::f64::consts::FRAC_PI_2 - 2.0 * t.atan();
        for _ in 0..12 {
            let sine = e * latitude.sin();
            let next =
                std::f64::consts::FRAC_PI_2 - 2.0 * (t * ((1.0 - sine) / (1.0 + sine)).powf(e / 2.0)).atan();
            if (next - latitude).abs() < 1e-13 {
                return next;
            }
            latitude = next;
        }
        latitude
    }

    /// Returns longitude and latitude of a point, in degrees.
    pub fn inverse(&self, [x, y]: Point) -> Point {
        let x = x * self.unit - self.false_easting;
        let y = y * self.unit - self.false_northing;
        let (longitude, latitude) = match self.kind {
            Kind::Geographic => (x, y),
            Kind::Mercator { is_sphere: true } => {
                let latitude = (y / self.a).sinh().atan();
                (self.central_meridian + x / self.a, latitude)
            }
            Kind::Mercator { is_sphere: false } => {
                let radius = self.a * self.scale;
                (
                    self.central_meridian + x / radius,
                    self.conformal((-y / radius).exp()),
                )
            }
            Kind::TransverseMercator => self.transverse(x, y),
            Kind::Conic { n, f, rho0 } => {
                let rho = n.signum() * x.hypot(rho0 - y);
                let theta = (n.signum() * x).atan2(n.signum() * (rho0 - y));
                let t = (rho / (self.a * f * self.scale)).powf(1.0 / n);
                (self.central_meridian + theta / n, self.conformal(t))
            }
            Kind::Albers { n, c, rho0 } => {
                let rho = x.hypot(rho0 - y);
                let theta = (n.signum() * x).atan2(n.signum() * (rho0 - y));
                let q = (c - (rho * n / self.a).powi(2)) / n;
                (self.central_meridian + theta / n, self.authalic(q))
            }
        };
        [longitude.to_degrees() + self.prime, latitude.to_degrees()]
    }

    /// Returns the latitude whose `q` this is.
    fn authalic(&self, q: f64) -> f64 {
        let mut latitude = (q / 2.0).clamp(-1.0, 1.0).asin();
        if self.e2 == 0.0 {
            return latitude;
        }
        let e = self.e2.sqrt();
        for _ in 0..25 {
            let sine = latitude.sin();
            let part = 1.0 - self.e2 * sine * sine;
            let step = part * part / (2.0 * latitude.cos())
                * (q / (1.0 - self.e2) - sine / part
                    + ((1.0 - e * sine) / (1.0 + e * sine)).ln() / (2.0 * e));
            if !step.is_finite() || step.abs() < 1e-13 {
                break;
            }
            latitude += step;
        }
        latitude
    }

    /// Length of the meridian from the equator on.
    fn meridian(&self, latitude: f64) -> f64 {
        let (e2, e4, e6) = (self.e2, self.e2.powi(2), self.e2.powi(3));
        self.a
            * ((1.0 - e2 / 4.0 - 3.0 * e4 / 64.0 - 5.0 * e6 / 256.0) * latitude
                - (3.0 * e2 / 8.0 + 3.0 * e4 / 32.0 + 45.0 * e6 / 1024.0) * (2.0 * latitude).sin()
                + (15.0 * e4 / 256.0 + 45.0 * e6 / 1024.0) * (4.0 * latitude).sin()
                - 35.0 * e6 / 3072.0 * (6.0 * latitude).sin())
    }

    fn transverse(&self, x: f64, y: f64) -> (f64, f64) {
        let (e2, e4, e6) = (self.e2, self.e2.powi(2), self.e2.powi(3));
        let along = self.meridian(self.latitude_of_origin) + y / self.scale;
        let mu = along / (self.a * (1.0 - e2 / 4.0 - 3.0 * e4 / 64.0 - 5.0 * e6 / 256.0));
        let e1 = (1.0 - (1.0 - e2).sqrt()) / (1.0 + (1.0 - e2).sqrt());
        let foot = mu
            + (3.0 * e1 / 2.0 - 27.0 * e1.powi(3) / 32.0) * (2.0 * mu).sin()
            + (21.0 * e1.powi(2) / 16.0 - 55.0 * e1.powi(4) / 32.0) * (4.0 * mu).sin()
            + 151.0 * e1.powi(3) / 96.0 * (6.0 * mu).sin()
            + 1097.0 * e1.powi(4) / 512.0 * (8.0 * mu).sin();
        let second = e2 / (1.0 - e2);
        let c = second * foot.cos().powi(2);
        let t = foot.tan().powi(2);
        let part = 1.0 - e2 * foot.sin().powi(2);
        let n = self.a / part.sqrt();
        let r = self.a * (1.0 - e2) / part.powf(1.5);
        let d = x / (n * self.scale);
        let latitude = foot
            - n * foot.tan() / r
                * (d.powi(2) / 2.0
                    - (5.0 + 3.0 * t + 10.0 * c - 4.0 * c * c - 9.0 * second) * d.powi(4) / 24.0
                    + (61.0 + 90.0 * t + 298.0 * c + 45.0 * t * t - 252.0 * second - 3.0 * c * c)
                        * d.powi(6)
                        / 720.0);
        let longitude = self.central_meridian
            + (d - (1.0 + 2.0 * t + c) * d.powi(3) / 6.0
                + (5.0 - 2.0 * c + 28.0 * t - 3.0 * c * c + 8.0 * second + 24.0 * t * t) * d.powi(5) / 120.0)
                / foot.cos();
        (longitude, latitude)
    }
}

/// Returns the size of the unit that a system is measured in.
fn unit(node: &Node) -> Option<f64> {
    node.child(&["UNIT", "LENGTHUNIT", "ANGLEUNIT"])?
        .number(0)
        .filter(|factor| *factor > 0.0)
}

/// `NAME["text", 1, OTHER[…]]`.
struct Node {
    name: String,
    text: Option<String>,
    more: Vec<String>,
    numbers: Vec<f64>,
    children: Vec<Node>,
}

impl Node {
    fn child(&self, names: &[&str]) -> Option<&Node> {
        self.children
            .iter()
            .find(|child| names.contains(&child.name.as_str()))
    }

    fn number(&self, index: usize) -> Option<f64> {
        self.numbers.get(index).copied()
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn node(&mut self, depth: usize) -> Option<Node> {
        let depth = depth.checked_sub(1)?;
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        let mut node = Node {
            name: name.to_ascii_uppercase(),
            text: None,
            more: Vec::new(),
            numbers: Vec::new(),
            children: Vec::new(),
        };
        let Some(rest) = self.rest.strip_prefix(['[', '(']) else {
            return (!name.is_empty()).then_some(node);
        };
        self.rest = rest;
        loop {
            self.rest = self.rest.trim_start();
            let next = self.rest.chars().next()?;
            match next {
                ']' | ')' => {
                    self.rest = &self.rest[1..];
                    return (!name.is_empty()).then_some(node);
                }
                ',' => self.rest = &self.rest[1..],
                '"' => {
                    let (text, rest) = self.rest[1..].split_once('"')?;
                    self.rest = rest;
                    match node.text {
                        None => node.text = Some(text.to_owned()),
                        Some(_) => node.more.push(text.to_owned()),
                    }
                }
                '0'..='9' | '-' | '+' | '.' => {
                    let end = self
                        .rest
                        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))?;
                    let (number, rest) = self.rest.split_at(end);
                    node.numbers.push(number.parse().ok()?);
                    self.rest = rest;
                }
                _ => node.children.push(self.node(depth)?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLARKE: &str = r#"GEOGCS["NAD27",DATUM["D",SPHEROID["Clarke 1866",6378206.4,294.9786982]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]"#;

    fn check(projection: &str, parameters: &[(&str, f64)], from: Point, to: Point) {
        let parameters: String = parameters
            .iter()
            .map(|(name, value)| format!("PARAMETER[\"{name}\",{value}],"))
            .collect();
        let text =
            format!("PROJCS[\"x\",{CLARKE},PROJECTION[\"{projection}\"],{parameters}UNIT[\"Meter\",1.0]]");
        let made = Projection::parse(&text, "x.prj").unwrap().unwrap();
        let found = made.inverse(from);
        for index in 0..2 {
            assert!((found[index] - to[index]).abs() < 2e-6, "{projection}: {found:?}");
        }
    }

    #[test]
    fn worked_examples_come_out() {
        // The numerical examples of Snyder's appendix.
        check(
            "Transverse_Mercator",
            &[("Central_Meridian", -75.0), ("Scale_Factor", 0.9996)],
            [127_106.5, 4_484_124.4],
            [-73.5, 40.5],
        );
        let conic = |first, second| {
            [
                ("Standard_Parallel_1", first),
                ("Standard_Parallel_2", second),
                ("Latitude_Of_Origin", 23.0),
                ("Central_Meridian", -96.0),
            ]
        };
        check(
            "Lambert_Conformal_Conic",
            &conic(33.0, 45.0),
            [1_894_410.9, 1_564_649.5],
            [-75.0, 35.0],
        );
        check(
            "Albers",
            &conic(29.5, 45.5),
            [1_885_472.7, 1_535_925.0],
            [-75.0, 35.0],
        );
        check(
            "Mercator",
            &[("Central_Meridian", -180.0)],
            [11_688_673.7, 4_139_145.6],
            [-75.0, 35.0],
        );
    }

    #[test]
    fn the_sphere_of_web_maps_and_degrees_are_known() {
        let found = Projection::web_mercator().inverse([20_037_508.342_789_244, 0.0]);
        assert!((found[0] - 180.0).abs() < 1e-9 && found[1].abs() < 1e-9);
        assert_eq!(Projection::parse(CLARKE, "x").unwrap(), None);
    }

    #[test]
    fn what_is_not_known_says_so() {
        let error = |text: &str| Projection::parse(text, "x.shp").unwrap_err().to_string();
        let text = format!("PROJCS[\"x\",{CLARKE},PROJECTION[\"Krovak\"],UNIT[\"Meter\",1.0]]");
        assert!(error(&text).contains("Krovak") && error(&text).contains("EPSG:4326"));
        for text in ["", "PROJCS[", "[[[[", &"A[".repeat(10_000)] {
            assert!(Projection::parse(text, "x").is_err(), "{text:.20}");
        }
    }
}
