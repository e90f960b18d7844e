//! Outlines.

use std::f64::consts::{FRAC_PI_2, TAU};

/// How far the handle of a curve lies from its end for a quarter of a circle of radius 1.
const QUARTER: f64 = 0.552_284_749_830_793_4;

/// A step along an outline, to a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Begins a new part.
    Move(f64, f64),
    /// A straight line.
    Line(f64, f64),
    /// A cubic curve: two handles and the end.
    Curve(f64, f64, f64, f64, f64, f64),
    /// Back to the beginning of the part.
    Close,
}

/// An outline of straight lines and curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// An outline without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lines through points.
    pub fn polyline(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut path = Self::new();
        for (x, y) in points {
            path.0.push(match path.0.is_empty() {
                true => Step::Move(x, y),
                false => Step::Line(x, y),
            });
        }
        path
    }

    /// A closed outline through points.
    pub fn polygon(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut path = Self::polyline(points);
        path.0.push(Step::Close);
        path
    }

    /// A circle.
    pub fn circle(x: f64, y: f64, radius: f64) -> Self {
        let h = radius * QUARTER;
        Self(vec![
            Step::Move(x + radius, y),
            Step::Curve(x + radius, y + h, x + h, y + radius, x, y + radius),
            Step::Curve(x - h, y + radius, x - radius, y + h, x - radius, y),
            Step::Curve(x - radius, y - h, x - h, y - radius, x, y - radius),
            Step::Curve(x + h, y - radius, x + radius, y - h, x + radius, y),
            Step::Close,
        ])
    }

    /// A slice of a pie, or of a ring where `inner` is more than 0. Angles in degrees clockwise from the top.
    pub fn slice(center: (f64, f64), inner: f64, outer: f64, from: f64, to: f64) -> Self {
        let (begin, end) = (from.to_radians() - FRAC_PI_2, to.to_radians() - FRAC_PI_2);
        if end - begin >= TAU - 1e-9 {
            let mut path = Self::circle(center.0, center.1, outer);
            if inner > 0.0 {
                path.0.push(Step::Move(center.0 + inner, center.1));
                path.arc(center, inner, TAU, 0.0);
                path.0.push(Step::Close);
            }
            return path;
        }
        let on = |radius: f64, angle: f64| (center.0 + radius * angle.cos(), center.1 + radius * angle.sin());
        let mut path = Self::new();
        let (x, y) = on(outer, begin);
        path.0.push(Step::Move(x, y));
        path.arc(center, outer, begin, end);
        if inner > 0.0 {
            let (x, y) = on(inner, end);
            path.0.push(Step::Line(x, y));
            path.arc(center, inner, end, begin);
        } else {
            path.0.push(Step::Line(center.0, center.1));
        }
        path.0.push(Step::Close);
        path
    }

    /// Moves every point.
    #[must_use]
    pub fn translated(mut self, dx: f64, dy: f64) -> Self {
        for step in &mut self.0 {
            *step = match *step {
                Step::Move(x, y) => Step::Move(x + dx, y + dy),
                Step::Line(x, y) => Step::Line(x + dx, y + dy),
                Step::Curve(a, b, c, d, x, y) => Step::Curve(a + dx, b + dy, c + dx, d + dy, x + dx, y + dy),
                Step::Close => Step::Close,
            };
        }
        self
    }

    /// Goes on along a circle, between two angles in radians.
    fn arc(&mut self, (x, y): (f64, f64), radius: f64, from: f64, to: f64) {
        let parts = ((to - from).abs() / FRAC_PI_2).ceil().max(1.0);
        let step = (to - from) / parts;
        let handle = radius * 4.0 / 3.0 * (step / 4.0).tan();
        let mut angle = from;
        for _ in 0..parts as usize {
            let next = angle + step;
            let (begin, end) = ((angle.cos(), angle.sin()), (next.cos(), next.sin()));
            self.0.push(Step::Curve(
                x + radius * begin.0 - handle * begin.1,
                y + radius * begin.1 + handle * begin.0,
                x + radius * end.0 + handle * end.1,
                y + radius * end.1 - handle * end.0,
                x + radius * end.0,
                y + radius * end.1,
            ));
            angle = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(path: &Path) -> (f64, f64) {
        let points = path.0.iter().rev().find_map(|step| match *step {
            Step::Curve(.., x, y) => Some((x, y)),
            _ => None,
        });
        points.unwrap()
    }

    #[test]
    fn a_slice_ends_where_its_angle_points() {
        let quarter = Path::slice((0.0, 0.0), 0.0, 10.0, 0.0, 90.0);
        assert_eq!(quarter.0[0], Step::Move(10.0 * (-FRAC_PI_2).cos(), -10.0));
        let (x, y) = end(&quarter);
        assert!((x - 10.0).abs() < 1e-9 && y.abs() < 1e-9, "{x} {y}");
        let whole = Path::slice((0.0, 0.0), 4.0, 10.0, 0.0, 360.0);
        assert_eq!(whole.0.iter().filter(|step| **step == Step::Close).count(), 2);
    }
}
