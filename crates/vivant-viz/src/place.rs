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
    let mut placed: Vec<(f64, f64, f64)> = Vec::with_capacity(order.len());
    for &at in &order {
        let radius = radii[at];
        let spot = spot(&placed, radius);
        placed.push((spot.0, spot.1, radius));
    }
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

/// The place nearest to the middle where a circle touches others and overlaps none.
fn spot(placed: &[(f64, f64, f64)], radius: f64) -> (f64, f64) {
    // Beside a thousand circles a new one is near the edge: only the last ones are worth a look.
    const NEIGHBOURS: usize = 60;
    match placed {
        [] => return (0.0, 0.0),
        [(x, y, other)] => return (x + other + radius, *y),
        _ => {}
    }
    let free = |x: f64, y: f64| {
        placed.iter().all(|(px, py, pr)| {
            let (dx, dy, reach) = (x - px, y - py, pr + radius);
            dx * dx + dy * dy >= reach * reach * (1.0 - 1e-9)
        })
    };
    let mut best: Option<(f64, f64, f64)> = None;
    let from = placed.len().saturating_sub(NEIGHBOURS);
    for (at, a) in placed.iter().enumerate().skip(from) {
        for b in placed.iter().take(at).skip(from) {
            let (ra, rb) = (a.2 + radius, b.2 + radius);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let distance = dx.hypot(dy);
            if distance <= 0.0 || distance > ra + rb {
                continue;
            }
            let along = (ra * ra - rb * rb + distance * distance) / (2.0 * distance);
            let off = (ra * ra - along * along).max(0.0).sqrt();
            for side in [1.0, -1.0] {
                let x = a.0 + (along * dx - side * off * dy) / distance;
                let y = a.1 + (along * dy + side * off * dx) / distance;
                let far = x * x + y * y;
                if best.is_none_or(|(_, _, known)| far < known) && free(x, y) {
                    best = Some((x, y, far));
                }
            }
        }
    }
    best.map_or_else(
        || {
            let edge = placed.iter().map(|(x, _, r)| x + r).fold(0.0, f64::max);
            (edge + radius, 0.0)
        },
        |(x, y, _)| (x, y),
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
    }
}
