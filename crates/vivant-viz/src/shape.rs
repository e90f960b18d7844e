//! Shapes of marks, drawn by ourselves under Tableau's names.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use vivant_render::{Bitmap, Color, Item, Path, Rect, Stroke, Style};

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

/// Draws a shape of a palette around a point; names as `:filled/circle` or `circle`. Filled ones may have an edge.
pub(crate) fn shape(name: &str, (x, y): (f64, f64), size: f64, color: Color, edge: Option<Stroke>) -> Item {
    let (folder, plain) = name.rsplit_once('/').unwrap_or(("", name));
    let filled = folder.contains("filled");
    let plain = plain.trim_start_matches(':').trim_end_matches(".png");
    let half = size / 2.0;
    if let Some(item) =
        family(name).and_then(|(family, number)| of_family(&family, number, (x, y), half, color))
    {
        return item;
    }
    let style = match filled {
        true => Style {
            stroke: edge,
            ..Style::fill(color)
        },
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
        // Tableau: the filled one is a star.
        "asterisk" if filled => {
            let reach = |at: usize| if at.is_multiple_of(2) { 1.0 } else { 0.4 };
            let points = (0..10).map(|at| {
                let (sin, cos) = (at as f64 * 36.0).to_radians().sin_cos();
                (reach(at) * sin, -reach(at) * cos)
            });
            polygon(&points.collect::<Vec<_>>())
        }
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

/// The names of a palette, by place: Tableau's outlines, the same filled, or a family that is drawn here.
pub(crate) fn palette(name: Option<&str>) -> impl Fn(usize) -> String {
    let plain = name.unwrap_or_default().trim_start_matches(':').to_lowercase();
    move |at| match plain.as_str() {
        "filled" => format!(":filled/{}", DEFAULT[at % DEFAULT.len()]),
        family @ ("arrows" | "thin arrows" | "ratings" | "proportions" | "kpi" | "gender") => {
            format!("{family}/{}", at + 1)
        }
        _ => DEFAULT[at % DEFAULT.len()].to_owned(),
    }
}

/// A picture that a workbook brings as a shape.
pub(crate) fn bitmap(text: &str) -> Option<Bitmap> {
    let packed: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    Bitmap::new(BASE64_STANDARD.decode(packed).ok()?).ok()
}

/// Draws a picture around a point; its longer side has the size.
pub(crate) fn picture(bitmap: &Bitmap, (x, y): (f64, f64), size: f64) -> Item {
    let (width, height) = bitmap.size();
    let scale = size / f64::from(width.max(height));
    let (width, height) = (f64::from(width) * scale, f64::from(height) * scale);
    Item::Bitmap(
        Rect::new(x - width / 2.0, y - height / 2.0, width, height),
        bitmap.clone(),
    )
}

/// Draws a shape of a family, by its number.
fn of_family(family: &str, number: usize, (x, y): (f64, f64), half: f64, color: Color) -> Option<Item> {
    let polygon = |points: &[(f64, f64)]| {
        Item::Path(
            Path::polygon(points.iter().map(|(px, py)| (x + px * half, y + py * half))),
            Style::fill(color),
        )
    };
    Some(match family {
        "arrows" | "thin arrows" => {
            let thick = if family == "arrows" { 0.4 } else { 0.16 };
            // Up, then round the clock.
            let (sin, cos) = (number.saturating_sub(1) as f64 * 45.0).to_radians().sin_cos();
            let outline = [
                (0.0, -1.0),
                (0.85, -0.05),
                (thick, -0.05),
                (thick, 1.0),
                (-thick, 1.0),
                (-thick, -0.05),
                (-0.85, -0.05),
            ];
            polygon(&outline.map(|(px, py)| (px * cos - py * sin, px * sin + py * cos)))
        }
        "ratings" | "proportions" => {
            let part = (number as f64 - 1.0).clamp(0.0, 4.0) / 4.0;
            let mut path = Path::slice((x, y), 0.0, half, 0.0, 360.0 * part);
            if part <= 0.0 {
                path = Path::new();
            }
            path.0
                .extend(Path::slice((x, y), half * 0.86, half, 0.0, 360.0).0);
            Item::Path(path, Style::fill(color))
        }
        "kpi" => match number % 3 {
            1 => polygon(&[(0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)]),
            2 => Item::Circle((x, y), half, Style::fill(color)),
            _ => polygon(&[(0.0, 1.0), (1.0, -0.8), (-1.0, -0.8)]),
        },
        "gender" => {
            let skirt = if number.is_multiple_of(2) { 0.75 } else { 0.35 };
            let mut path = Path::circle(x, y - half * 0.7, half * 0.3);
            path.0.extend(
                Path::polygon([
                    (x - half * (1.1 - skirt), y - half * 0.3),
                    (x + half * (1.1 - skirt), y - half * 0.3),
                    (x + half * skirt, y + half),
                    (x - half * skirt, y + half),
                ])
                .0,
            );
            Item::Path(path, Style::fill(color))
        }
        _ => return None,
    })
}

/// The family of a name and the number in it, such as `Arrows/1-3.png`.
fn family(name: &str) -> Option<(String, usize)> {
    let (folder, file) = name.rsplit_once('/')?;
    let digits: String = file
        .trim_end_matches(".png")
        .rsplit('-')
        .next()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    Some((folder.to_lowercase(), digits.parse().unwrap_or(1)))
}

/// Whether a name is one of ours.
pub(crate) fn is_known(name: &str) -> bool {
    let plain = name
        .rsplit('/')
        .next()
        .unwrap_or(name)
        .trim_start_matches(':')
        .trim_end_matches(".png");
    let drawn = family(name)
        .is_some_and(|(family, number)| of_family(&family, number, (0.0, 0.0), 1.0, Color::BLACK).is_some());
    drawn || DEFAULT.contains(&plain) || matches!(plain, "cross" | "up-triangle")
}
