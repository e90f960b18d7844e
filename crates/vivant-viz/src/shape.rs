//! Shapes of marks, drawn by ourselves under Tableau's names.

use vivant_render::{Color, Item, Path, Rect, Stroke, Style};

/// Width of the lines of open shapes.
const PEN: f64 = 1.5;

/// The shapes of the default palette, in its order.
pub(crate) const DEFAULT: [&str; 10] = [
    "circle",
    "square",
    "plus",
    "times",
    "asterisk",
    "diamond",
    "triangle",
    "down-triangle",
    "left-triangle",
    "right-triangle",
];

/// Draws a shape of a palette around a point; names as `:filled/circle` or `circle`.
pub(crate) fn shape(name: &str, (x, y): (f64, f64), size: f64, color: Color) -> Item {
    let (folder, plain) = name.rsplit_once('/').unwrap_or(("", name));
    let filled = folder.contains("filled");
    let plain = plain.trim_start_matches(':').trim_end_matches(".png");
    let half = size / 2.0;
    let style = match filled {
        true => Style::fill(color),
        false => Style::stroke(Stroke::new(color, PEN)),
    };
    let lines = |ends: &[(f64, f64, f64, f64)]| {
        let mut path = Path::new();
        for (x1, y1, x2, y2) in ends {
            let line = Path::polyline([(x + x1 * half, y + y1 * half), (x + x2 * half, y + y2 * half)]);
            path.0.extend(line.0);
        }
        Item::Path(
            path,
            Style::stroke(Stroke::new(color, if filled { PEN * 1.6 } else { PEN })),
        )
    };
    let polygon = |points: &[(f64, f64)]| {
        Item::Path(
            Path::polygon(points.iter().map(|(px, py)| (x + px * half, y + py * half))),
            style.clone(),
        )
    };
    const D: f64 = std::f64::consts::FRAC_1_SQRT_2;
    match plain {
        "square" => Item::Rect(
            Rect::new(x - half * 0.9, y - half * 0.9, size * 0.9, size * 0.9),
            0.0,
            style,
        ),
        "plus" => lines(&[(-1.0, 0.0, 1.0, 0.0), (0.0, -1.0, 0.0, 1.0)]),
        "times" | "cross" => lines(&[(-D, -D, D, D), (-D, D, D, -D)]),
        "asterisk" => lines(&[
            (-1.0, 0.0, 1.0, 0.0),
            (0.0, -1.0, 0.0, 1.0),
            (-D, -D, D, D),
            (-D, D, D, -D),
        ]),
        "diamond" => polygon(&[(0.0, -1.1), (1.1, 0.0), (0.0, 1.1), (-1.1, 0.0)]),
        "triangle" | "up-triangle" => polygon(&[(0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)]),
        "down-triangle" => polygon(&[(0.0, 1.0), (1.0, -0.8), (-1.0, -0.8)]),
        "left-triangle" => polygon(&[(-1.0, 0.0), (0.8, -1.0), (0.8, 1.0)]),
        "right-triangle" => polygon(&[(1.0, 0.0), (-0.8, -1.0), (-0.8, 1.0)]),
        _ => Item::Circle((x, y), half, style),
    }
}

/// Whether a name is one of ours.
pub(crate) fn is_known(name: &str) -> bool {
    let plain = name
        .rsplit('/')
        .next()
        .unwrap_or(name)
        .trim_start_matches(':')
        .trim_end_matches(".png");
    DEFAULT.contains(&plain) || matches!(plain, "cross" | "up-triangle")
}
