//! Trend lines: curves fitted to the marks of a pane, one for each colour.

use std::collections::HashMap;

use vivant_document::spec::{FieldRef, Side, attribute, format};
use vivant_render::{Color, Item, Path, Stroke, Style};

use crate::color::Coloring;
use crate::lanes::{Axis, Lane, groups, outer};
use crate::layers::Drawn;
use crate::layout::Layout;
use crate::number::number;
use crate::reference::Scales;
use crate::rows::Table;
use crate::scale::Scale;
use crate::stats::{Fit, Model};
use crate::tell::Told;
use crate::theme;

/// Into how many pieces a curve is cut.
const PIECES: usize = 48;
/// How sure the bands around a curve are.
const PROBABILITY: f64 = 0.95;

/// Where values of one side lie, in pixels.
enum Places {
    /// Along an axis: its scale, begin and length.
    Axis(Scale, f64, f64),
    /// In the middle of headers: value and pixel, by value.
    Headers(Vec<(f64, f64)>),
}

impl Places {
    fn of(&self, value: f64, side: Side) -> Option<f64> {
        match self {
            Self::Axis(scale, begin, length) => Some(match side {
                Side::Cols => begin + length * scale.part(value),
                Side::Rows => begin + length * (1.0 - scale.part(value)),
            }),
            Self::Headers(known) => {
                let after = known.iter().position(|(at, _)| *at >= value)?;
                let (to, end) = known[after];
                let Some((from, begin)) = after.checked_sub(1).map(|before| known[before]) else {
                    return Some(end);
                };
                Some(begin + (end - begin) * (value - from) / (to - from))
            }
        }
    }
}

/// The points of one curve.
struct Points {
    row_lane: usize,
    col_lane: usize,
    /// What the curve follows and what it gives.
    points: Vec<(f64, f64)>,
    /// The first of its marks.
    first: usize,
}

/// Draws the trend lines of a layer.
pub(crate) fn trends(
    table: &Table<'_>,
    layer: &Drawn<'_>,
    coloring: &Coloring,
    (rows, cols): (&[Lane], &[Lane]),
    layout: &Layout,
    scale: &Scales<'_>,
    told: &mut Told,
) -> Vec<Item> {
    let mut items = Vec::new();
    for attributes in &layer.card.trend_lines {
        let get = |name: &str| attribute(attributes, name);
        if get("enabled") == Some("false") {
            continue;
        }
        let degree = get("degree").and_then(|text| text.parse().ok()).unwrap_or(3);
        let fit = match get("fit").unwrap_or("linear") {
            "linear" => Fit::Linear,
            "log" => Fit::Log,
            "exp" => Fit::Exp,
            "power" => Fit::Power,
            "polynomial" => Fit::Polynomial(degree),
            other => {
                told.of_sheet(table, format!("trend lines of the model '{other}' are not drawn"));
                continue;
            }
        };
        // What is measured follows what it is measured over.
        let upright = match (&layer.row_axis, &layer.col_axis) {
            (Some(row), Some(col)) => !table.is_date(&row.key) || table.is_date(&col.key),
            (row, _) => row.is_some(),
        };
        let by_color = get("exclude-color") != Some("true");
        for group in points(table, layer, coloring, (rows, cols), upright, by_color) {
            let Some(model) = Model::fit(&group.points, fit, get("exclude-intercept") == Some("true")) else {
                continue;
            };
            let side = |side: Side, axis: &Option<Axis>, lane: usize, lanes: &[Lane]| {
                places(table, layout, scale, side, axis.as_ref(), lane, lanes)
            };
            let (Some(vertical), Some(horizontal)) = (
                side(Side::Rows, &layer.row_axis, group.row_lane, rows),
                side(Side::Cols, &layer.col_axis, group.col_lane, cols),
            ) else {
                continue;
            };
            let colored = by_color && matches!(coloring, Coloring::Members { .. });
            let color = match colored {
                true => coloring.color(table, table.rows[group.first]),
                false => theme::GREY,
            };
            let pixel = |x: f64, y: f64| -> Option<(f64, f64)> {
                match upright {
                    true => Some((horizontal.of(x, Side::Cols)?, vertical.of(y, Side::Rows)?)),
                    false => Some((horizontal.of(y, Side::Cols)?, vertical.of(x, Side::Rows)?)),
                }
            };
            let (least, most) = group
                .points
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), (x, _)| {
                    (least.min(*x), most.max(*x))
                });
            let samples: Vec<f64> = (0..=PIECES)
                .map(|at| least + (most - least) * at as f64 / PIECES as f64)
                .collect();
            if get("enable-confidence-bands") == Some("true") {
                let edge = |pick: fn((f64, f64)) -> f64| -> Vec<(f64, f64)> {
                    samples
                        .iter()
                        .filter_map(|x| pixel(*x, pick(model.band(*x, PROBABILITY)?)))
                        .collect()
                };
                let (low, high) = (edge(|band| band.0), edge(|band| band.1));
                if low.len() > 1 {
                    let outline = high.iter().copied().chain(low.iter().rev().copied());
                    items.push(Item::Path(
                        Path::polygon(outline),
                        Style::fill(color.with_alpha(38)),
                    ));
                    for line in [low, high] {
                        let stroke = Stroke::new(color.with_alpha(120), 1.0);
                        items.push(Item::Path(Path::polyline(line), Style::stroke(stroke)));
                    }
                }
            }
            let straight = model.is_straight()
                && matches!((&vertical, &horizontal), (Places::Axis(..), Places::Axis(..)));
            let curve: Vec<(f64, f64)> = samples
                .iter()
                .enumerate()
                // A straight line needs its ends alone, where axes are straight too.
                .filter(|(at, _)| {
                    !straight || !is_linear(&vertical, &horizontal) || *at == 0 || *at == PIECES
                })
                .filter_map(|(_, x)| pixel(*x, model.at(*x)?))
                .collect();
            if let Some(stroke) = stroke(table, layer, color).filter(|_| curve.len() > 1) {
                items.push(Item::Path(Path::polyline(curve), Style::stroke(stroke)));
            }
        }
    }
    items
}

fn is_linear(vertical: &Places, horizontal: &Places) -> bool {
    use crate::scale::ScaleKind;
    let linear = |places: &Places| matches!(places, Places::Axis(scale, ..) if matches!(scale.kind, ScaleKind::Linear | ScaleKind::Date));
    linear(vertical) && linear(horizontal)
}

fn stroke(table: &Table<'_>, layer: &Drawn<'_>, color: Color) -> Option<Stroke> {
    let own = |attr: &str| format(&layer.card.style, "trendline", attr);
    if own("line-visibility") == Some("off") {
        return None;
    }
    let mut stroke = table.reference_stroke("trendline", "", Side::Rows, true)?;
    let set = own("stroke-color").or_else(|| format(&table.sheet.style, "trendline", "stroke-color"));
    stroke.color = set.and_then(|text| text.parse().ok()).unwrap_or(color);
    if let Some(width) = own("stroke-size").and_then(crate::number::finite) {
        stroke.width = width.clamp(0.5, 20.0);
    }
    Some(stroke)
}

/// Where values lie on one side; `None` where headers are no numbers.
fn places(
    table: &Table<'_>,
    layout: &Layout,
    scale: &Scales<'_>,
    side: Side,
    axis: Option<&Axis>,
    lane: usize,
    lanes: &[Lane],
) -> Option<Places> {
    let spot = |lane: usize| match side {
        Side::Rows => layout.rows[lane],
        Side::Cols => layout.cols[lane],
    };
    if let Some(axis) = axis {
        let (begin, length) = spot(lane);
        return Some(Places::Axis(scale(side, lane, axis)?, begin, length));
    }
    let outer = |lane: &Lane| lane.headers[..lane.headers.len().saturating_sub(1)].to_vec();
    let wanted = outer(&lanes[lane]);
    let mut known: Vec<(f64, f64)> = Vec::new();
    for (at, other) in lanes
        .iter()
        .enumerate()
        .filter(|(_, other)| outer(other) == wanted)
    {
        let header = other.headers.last().filter(|header| !header.total)?;
        let (begin, length) = spot(at);
        if table.data_type(&header.key).is_number() || table.is_date(&header.key) {
            known.extend(number(&header.value).map(|value| (value, begin + length / 2.0)));
        }
    }
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    (!known.is_empty()).then_some(Places::Headers(known))
}

/// The points of each curve: by pane, and by colour where each has its own.
fn points(
    table: &Table<'_>,
    layer: &Drawn<'_>,
    coloring: &Coloring,
    (rows, cols): (&[Lane], &[Lane]),
    upright: bool,
    by_color: bool,
) -> Vec<Points> {
    let value = |row: usize, axis: &Option<Axis>, lane: &Lane| -> Option<f64> {
        let key: &FieldRef = match axis {
            Some(axis) => &axis.key,
            None => &lane.headers.last()?.key,
        };
        number(&table.value(table.rows[row], key))
    };
    let blocks = |lanes: &[Lane], axis: &Option<Axis>| match axis {
        Some(_) => (0..lanes.len()).collect(),
        None => groups(lanes, outer),
    };
    let (row_blocks, col_blocks) = (blocks(rows, &layer.row_axis), blocks(cols, &layer.col_axis));
    let mut order: Vec<(usize, usize, usize)> = Vec::new();
    let mut found: HashMap<(usize, usize, usize), Points> = HashMap::new();
    for &(row_lane, col_lane, row) in &layer.marks {
        if table.is_total(table.rows[row]) {
            continue;
        }
        let (Some(y), Some(x)) = (
            value(row, &layer.row_axis, &rows[row_lane]),
            value(row, &layer.col_axis, &cols[col_lane]),
        ) else {
            continue;
        };
        let color = if by_color {
            coloring.place(table, table.rows[row])
        } else {
            0
        };
        let place = (row_blocks[row_lane], col_blocks[col_lane], color);
        let known = found.entry(place).or_insert_with(|| {
            order.push(place);
            Points {
                row_lane,
                col_lane,
                points: Vec::new(),
                first: row,
            }
        });
        known.points.push(if upright { (x, y) } else { (y, x) });
    }
    order.iter().filter_map(|place| found.remove(place)).collect()
}
