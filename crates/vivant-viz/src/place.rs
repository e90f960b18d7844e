//! Layouts without axes: tree maps and packed circles.

use vivant_render::Rect;

/// Cuts a rectangle into tiles with areas as `sizes`, as square as they become. Sizes are given from large to small.
pub(crate) fn tree_map(sizes: &[f64], area: Rect) -> Vec<Rect> {
    let total: f64 = sizes.iter().sum();
    let mut tiles = Vec::with_capacity(sizes.len());
    if total.is_nan() || total <= 0.0 {
        return vec![Rect::new(area.x, area.y, 0.0, 0.0); sizes.len()];
    }
    let unit = area.width * area.height / total;
    let mut rest = area;
    let mut at = 0;
    while at < sizes.len() {
        let along = rest.width.min(rest.height);
        let mut end = at + 1;
        let mut sum = sizes[at] * unit;
        let worst = |sum: f64, least: f64, most: f64| {
            if along <= 0.0 || sum <= 0.0 || least <= 0.0 {
                return f64::INFINITY;
            }
            (along * along * most / (sum * sum)).max(sum * sum / (along * along * least))
        };
        let most = sizes[at] * unit;
        while end < sizes.len() {
            let next = sizes[end] * unit;
            if worst(sum + next, next, most) > worst(sum, sizes[end - 1] * unit, most) {
                break;
            }
            sum += next;
            end += 1;
        }
        let thick = if along > 0.0 { sum / along } else { 0.0 };
        let mut offset = 0.0;
        for size in &sizes[at..end] {
            let long = if thick > 0.0 { size * unit / thick } else { 0.0 };
            tiles.push(match rest.width >= rest.height {
                true => Rect::new(rest.x, rest.y + offset, thick, long),
                false => Rect::new(rest.x + offset, rest.y, long, thick),
            });
            offset += long;
        }
        rest = match rest.width >= rest.height {
            true => rest.inset(thick, 0.0, 0.0, 0.0),
            false => rest.inset(0.0, thick, 0.0, 0.0),
        };
        at = end;
    }
    tiles
}

/// Puts circles side by side around the middle of an area; returns middles and radii, in the order given.
pub(crate) fn packed(areas: &[f64], area: Rect) -> Vec<(f64, f64, f64)> {
    let radii: Vec<f64> = areas.iter().map(|area| area.max(0.0).sqrt()).collect();
    let mut order: Vec<usize> = (0..radii.len()).filter(|&at| radii[at] > 0.0).collect();
    order.sort_by(|&a, &b| radii[b].total_cmp(&radii[a]));
    let placed = Front::packed(order.iter().map(|&at| radii[at]));
    let bounds = placed
        .iter()
        .fold((0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64), |b, (x, y, r)| {
            (b.0.min(x - r), b.1.min(y - r), b.2.max(x + r), b.3.max(y + r))
        });
    let (width, height) = (bounds.2 - bounds.0, bounds.3 - bounds.1);
    let scale = match width > 0.0 && height > 0.0 {
        true => (area.width / width).min(area.height / height),
        false => 0.0,
    };
    let (middle_x, middle_y) = area.center();
    let mut out = vec![(middle_x, middle_y, 0.0); radii.len()];
    for (&at, (x, y, radius)) in order.iter().zip(placed) {
        out[at] = (
            middle_x + (x - (bounds.0 + bounds.2) / 2.0) * scale,
            middle_y + (y - (bounds.1 + bounds.3) / 2.0) * scale,
            (radius * scale - 0.5).max(0.5),
        );
    }
    out
}

/// A circle: its middle and radius.
type Circle = (f64, f64, f64);

/// The outermost ring of circles that were put side by side, each of which touches the one before it.
///
/// A new circle goes between the two neighbours that are nearest to the middle; whom it would lie on cuts the ring
/// short there. So each costs time in proportion to the ring, not to all circles.
#[derive(Default)]
struct Front {
    circles: Vec<Circle>,
    /// Who comes after each circle in the ring, and before it.
    after: Vec<usize>,
    before: Vec<usize>,
}

impl Front {
    fn packed(radii: impl Iterator<Item = f64>) -> Vec<Circle> {
        let mut front = Self::default();
        for radius in radii {
            let pair = match front.circles.as_slice() {
                [] => (0.0, 0.0, radius),
                [(x, y, other)] => (x + other + radius, *y, radius),
                _ => {
                    front.insert(radius);
                    continue;
                }
            };
            front.circles.push(pair);
            front.after = (1..front.circles.len()).chain([0]).collect();
            front.before = front.after.clone();
        }
        front.circles
    }

    fn link(&mut self, a: usize, b: usize) {
        self.after[a] = b;
        self.before[b] = a;
    }

    fn insert(&mut self, radius: f64) {
        let mut a = self.nearest();
        let mut b = self.after[a];
        let spot = loop {
            let spot = touching(self.circles[a], self.circles[b], radius);
            // Whom it would lie on, nearest along the ring on either side of the two.
            let Some((hit, is_after)) = self.hit(a, b, spot) else {
                break spot;
            };
            match is_after {
                true => b = hit,
                false => a = hit,
            }
            self.link(a, b);
        };
        let fresh = self.circles.len();
        self.circles.push(spot);
        self.after.push(b);
        self.before.push(a);
        self.link(a, fresh);
        self.link(fresh, b);
    }

    /// The circle of the ring after which the two are that are nearest to the middle of all.
    fn nearest(&self) -> usize {
        let far = |at: usize| {
            let ((ax, ay, ar), (bx, by, br)) = (self.circles[at], self.circles[self.after[at]]);
            // Where the two touch.
            let part = ar / (ar + br);
            (ax + (bx - ax) * part).hypot(ay + (by - ay) * part)
        };
        // The last one is always in the ring.
        let first = self.circles.len() - 1;
        let mut best = (first, far(first));
        let mut at = self.after[first];
        while at != first {
            let own = far(at);
            if own < best.1 {
                best = (at, own);
            }
            at = self.after[at];
        }
        best.0
    }

    fn hit(&self, a: usize, b: usize, (x, y, radius): Circle) -> Option<(usize, bool)> {
        let overlaps = |at: usize| {
            let (cx, cy, other) = self.circles[at];
            (x - cx).hypot(y - cy) < (radius + other) * (1.0 - 1e-7)
        };
        let (mut forth, mut back) = (self.after[b], self.before[a]);
        let (mut ahead, mut behind) = (self.circles[b].2, self.circles[a].2);
        loop {
            if forth == a || back == b {
                return None;
            }
            let is_last = forth == back;
            if ahead <= behind {
                if overlaps(forth) {
                    return Some((forth, true));
                }
                ahead += 2.0 * self.circles[forth].2;
                forth = self.after[forth];
            } else {
                if overlaps(back) {
                    return Some((back, false));
                }
                behind += 2.0 * self.circles[back].2;
                back = self.before[back];
            }
            if is_last {
                return None;
            }
        }
    }
}

/// The circle that touches two others, to the right of who goes from the first to the second.
fn touching((ax, ay, ar): Circle, (bx, by, br): Circle, radius: f64) -> Circle {
    let (dx, dy) = (bx - ax, by - ay);
    let distance = dx.hypot(dy).max(f64::MIN_POSITIVE);
    let (to_a, to_b) = (ar + radius, br + radius);
    let along = (to_a * to_a - to_b * to_b + distance * distance) / (2.0 * distance);
    let off = (to_a * to_a - along * along).max(0.0).sqrt();
    (
        ax + (along * dx + off * dy) / distance,
        ay + (along * dy - off * dx) / distance,
        radius,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_have_their_areas_and_fill_the_whole() {
        let area = Rect::new(10.0, 20.0, 300.0, 200.0);
        let sizes = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0];
        let tiles = tree_map(&sizes, area);
        for (tile, size) in tiles.iter().zip(sizes) {
            assert!(
                (tile.width * tile.height - size * 2500.0).abs() < 1e-6,
                "{tile:?}"
            );
            assert!(tile.x >= 10.0 - 1e-9 && tile.right() <= 310.0 + 1e-9);
            assert!(
                tile.width / tile.height < 4.0 && tile.height / tile.width < 4.0,
                "{tile:?}"
            );
        }
        assert_eq!(tree_map(&[0.0], area).len(), 1);
    }

    #[test]
    fn circles_do_not_overlap() {
        let areas: Vec<f64> = (1..60).map(f64::from).collect();
        let circles = packed(&areas, Rect::new(0.0, 0.0, 400.0, 300.0));
        for (at, a) in circles.iter().enumerate() {
            for b in &circles[..at] {
                assert!((a.0 - b.0).hypot(a.1 - b.1) >= a.2 + b.2 - 1e-6);
            }
            assert!(a.0 - a.2 >= -1.0 && a.1 + a.2 <= 301.0);
        }
        assert!(packed(&[], Rect::default()).is_empty());
        // Few large ones among many small ones lie close, too.
        let areas: Vec<f64> = (0..400)
            .map(|at| if at < 4 { 5000.0 } else { 1.0 + f64::from(at % 7) })
            .collect();
        let circles = packed(&areas, Rect::new(0.0, 0.0, 1000.0, 1000.0));
        let covered: f64 = circles.iter().map(|(_, _, r)| r * r * std::f64::consts::PI).sum();
        assert!(covered > 400_000.0, "{covered}");
        for (at, a) in circles.iter().enumerate() {
            assert!(
                circles[..at]
                    .iter()
                    .all(|b| (a.0 - b.0).hypot(a.1 - b.1) >= a.2 + b.2 - 1e-6)
            );
        }
    }
}
