//! Outlines in the pixels of a view.

use std::collections::HashMap;

use vivant_geo::{ArcKind, Shape, outlines};
use vivant_render::{Path, Step};

use super::View;

/// Points nearer than this to the one before them are not drawn, in pixels.
const NEAR: f64 = 0.6;

/// Draws outlines; neighbours keep one border, however coarse it is.
pub(crate) struct Sketch {
    pub view: View,
    arcs: HashMap<(u32, i64), Vec<(f64, f64)>>,
}

impl Sketch {
    pub fn new(view: View) -> Self {
        Self {
            view,
            arcs: HashMap::new(),
        }
    }

    /// The points of an arc in pixels, in a copy of the world.
    fn arc(&mut self, number: u32, shift: f64) -> &[(f64, f64)] {
        let view = self.view;
        self.arcs.entry((number, shift as i64)).or_insert_with(|| {
            let arc = &outlines().arcs[number as usize];
            let at = |&(x, y): &(f64, f64)| view.at((x + shift, y));
            let (Some(first), Some(last)) = (arc.points.first(), arc.points.last()) else {
                return Vec::new();
            };
            // What cannot be seen only has to lead on to what can.
            let own = view.bounds();
            let outside = arc.bounds[0] + shift > own[2]
                || arc.bounds[2] + shift < own[0]
                || arc.bounds[1] > own[3]
                || arc.bounds[3] < own[1];
            if outside {
                return vec![at(first), at(last)];
            }
            let mut points: Vec<(f64, f64)> = Vec::with_capacity(arc.points.len());
            points.push(at(first));
            // What is shorter than the units of the table is one point.
            let inner = arc.points.get(1..arc.points.len() - 1).unwrap_or_default();
            for point in inner {
                let (x, y) = at(point);
                let (last_x, last_y) = points[points.len() - 1];
                if (x - last_x).abs() >= NEAR || (y - last_y).abs() >= NEAR {
                    points.push((x, y));
                }
            }
            points.push(at(last));
            points
        })
    }

    /// Adds the rings of an area to a path.
    pub fn area(&mut self, shape: &Shape, path: &mut Path) {
        let shifts: Vec<f64> = self.view.copies(shape.bounds).collect();
        for shift in shifts {
            for ring in &shape.rings {
                let mut points: Vec<(f64, f64)> = Vec::new();
                for &(arc, back) in ring {
                    let own = self.arc(arc, shift);
                    let skip = usize::from(!points.is_empty());
                    match back {
                        true => points.extend(own.iter().rev().skip(skip)),
                        false => points.extend(own.iter().skip(skip)),
                    }
                }
                if is_visible(&points, &self.view) {
                    points.pop();
                    path.0.extend(Path::polygon(points).0);
                }
            }
        }
    }

    /// Adds the border of an area to a path, without the ends of the world.
    pub fn border(&mut self, shape: &Shape, path: &mut Path) {
        let shifts: Vec<f64> = self.view.copies(shape.bounds).collect();
        for shift in shifts {
            for &(arc, _) in shape.rings.iter().flatten() {
                if outlines().arcs[arc as usize].kind != ArcKind::Seam {
                    self.line(arc, shift, path);
                }
            }
        }
    }

    /// Adds an arc to a path.
    pub fn line(&mut self, arc: u32, shift: f64, path: &mut Path) {
        let points = self.arc(arc, shift);
        if points.len() < 2 {
            return;
        }
        let mut steps = points.iter();
        path.0.extend(steps.next().map(|&(x, y)| Step::Move(x, y)));
        path.0.extend(steps.map(|&(x, y)| Step::Line(x, y)));
    }
}

/// Whether a ring is large enough to be seen, and in the pane.
fn is_visible(points: &[(f64, f64)], view: &View) -> bool {
    if points.len() < 4 {
        return false;
    }
    let none = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let (left, top, right, bottom) = points.iter().fold(none, |all, &(x, y)| {
        (all.0.min(x), all.1.min(y), all.2.max(x), all.3.max(y))
    });
    let pane = &view.pane;
    (right - left) + (bottom - top) > 0.8
        && left < pane.right()
        && right > pane.x
        && top < pane.bottom()
        && bottom > pane.y
}
