//! Ranges: from which value to which an axis goes.

use std::collections::HashMap;

use vivant_calc::DataType;
use vivant_document::spec::{AxisSpec, Derivation, Literal, Side, format};
use vivant_render::Rect;

use crate::color::{Coloring, encoded};
use crate::lanes::{Axis, Lane};
use crate::layers::{Drawn, mark};
use crate::marks::{Mark, MarkKind};
use crate::number::number;
use crate::reference::Reference;
use crate::rows::Table;
use crate::scale::{Scale, ScaleKind};

/// What the range of an axis has to hold.
#[derive(Clone, Copy)]
struct Range {
    min: f64,
    max: f64,
    /// Whether bars or areas stand on it.
    from_zero: bool,
    /// Whether points lie on it, which need room for their radius.
    points: bool,
    /// Whether labels stand at the ends of bars.
    labelled: bool,
}

/// The scale of each axis of each lane.
pub(crate) fn scales(
    table: &Table<'_>,
    rows: &[Lane],
    cols: &[Lane],
    layers: &[Drawn<'_>],
    colorings: &[Coloring],
    references: &[Vec<Reference<'_>>],
    area: Rect,
) -> HashMap<(Side, usize, Axis), Scale> {
    let spec = |side: Side, axis: &Axis| -> Option<&AxisSpec> {
        table
            .sheet
            .axes
            .iter()
            .find(|spec| spec.side == side && spec.field == axis.key && spec.index == axis.index)
    };
    let mut ranges: HashMap<(Side, usize, Axis), Range> = HashMap::new();
    for (layer, coloring) in layers.iter().zip(colorings) {
        // Stacks end where all their parts together do: marks by their cells.
        let marks: Vec<Mark> = layer
            .marks
            .iter()
            .map(|&(row_lane, col_lane, row)| {
                mark(
                    table,
                    layer,
                    row,
                    Rect::new(col_lane as f64, row_lane as f64, 0.0, 0.0),
                )
            })
            .collect();
        let drawing = layer.with(table, coloring);
        let vertical = drawing.is_vertical();
        let stacked = layer
            .kind
            .stands_on_zero()
            .then(|| drawing.stacks(&marks, vertical));
        let labelled = encoded(layer.card, "text").next().is_some()
            || format(&layer.card.style, "mark", "mark-labels-show") == Some("true");
        for (side, axis) in [(Side::Rows, &layer.row_axis), (Side::Cols, &layer.col_axis)] {
            let Some(axis) = axis else { continue };
            let lengths = stacked.as_ref().filter(|_| (side == Side::Rows) == vertical);
            for (at, (&(row_lane, col_lane, _), mark)) in layer.marks.iter().zip(&marks).enumerate() {
                let lane = if side == Side::Rows { row_lane } else { col_lane };
                let own = if side == Side::Rows { mark.y } else { mark.x };
                let values: [Option<f64>; 2] = match lengths {
                    Some(stacked) => [stacked[at].0, stacked[at].1],
                    None => {
                        let length = match layer.kind {
                            MarkKind::Gantt
                                if (side == Side::Rows) == (vertical || layer.col_axis.is_none()) =>
                            {
                                drawing
                                    .sizes
                                    .key
                                    .as_ref()
                                    .and_then(|key| number(&table.value(table.rows[mark.row], key)))
                            }
                            _ => None,
                        };
                        match own.and_then(|own| drawing.breadth(mark.row, own)) {
                            Some((from, to)) => [Some(from), Some(to)],
                            None => [own, own.zip(length).map(|(own, length)| own + length)],
                        }
                    }
                };
                let range = ranges.entry((side, lane, axis.clone())).or_insert(Range {
                    min: f64::INFINITY,
                    max: f64::NEG_INFINITY,
                    from_zero: false,
                    points: false,
                    labelled: false,
                });
                for value in values.into_iter().flatten() {
                    range.min = range.min.min(value);
                    range.max = range.max.max(value);
                }
                range.from_zero |= lengths.is_some();
                range.labelled |= labelled && lengths.is_some();
                range.points |= matches!(
                    layer.kind,
                    MarkKind::Circle
                        | MarkKind::Shape
                        | MarkKind::Square
                        | MarkKind::Text
                        | MarkKind::Pie
                        | MarkKind::Density
                );
            }
        }
    }
    for reference in references.iter().flatten() {
        for &lane in &reference.lanes {
            if let Some(range) = ranges.get_mut(&(reference.side, lane, reference.axis.clone())) {
                for value in reference.values() {
                    range.min = range.min.min(value);
                    range.max = range.max.max(value);
                }
            }
        }
    }
    // All lanes of a field have one range, unless each has its own; and so have two axes that are synchronised.
    let joined = |ranges: &HashMap<(Side, usize, Axis), Range>,
                  side: Side,
                  lane: usize,
                  axis: &Axis|
     -> Option<Range> {
        let independent = spec(side, axis).and_then(|spec| spec.range_type.as_deref()) == Some("independent");
        let lanes = if side == Side::Rows { rows } else { cols };
        let partner: Vec<&Axis> = lanes[lane]
            .axes
            .iter()
            .filter(|other| {
                *other != axis
                    && (spec(side, other).is_some_and(|spec| spec.synchronized)
                        || spec(side, axis).is_some_and(|spec| spec.synchronized))
            })
            .collect();
        ranges
            .iter()
            .filter(|((of, at, other), _)| {
                *of == side && (*other == *axis || partner.contains(&other)) && (!independent || *at == lane)
            })
            .map(|(_, range)| *range)
            .reduce(|a, b| Range {
                min: a.min.min(b.min),
                max: a.max.max(b.max),
                from_zero: a.from_zero || b.from_zero,
                points: a.points || b.points,
                labelled: a.labelled || b.labelled,
            })
    };
    let mut found = HashMap::new();
    for (side, lanes) in [(Side::Rows, rows), (Side::Cols, cols)] {
        let length = match side {
            Side::Rows => area.height / lanes.len().max(1) as f64,
            Side::Cols => area.width / lanes.len().max(1) as f64,
        };
        for (at, lane) in lanes.iter().enumerate() {
            for axis in &lane.axes {
                let range = joined(&ranges, side, at, axis);
                found.insert(
                    (side, at, axis.clone()),
                    scale(table, axis, spec(side, axis), range, length),
                );
            }
        }
    }
    found
}

fn scale(
    table: &Table<'_>,
    axis: &Axis,
    spec: Option<&AxisSpec>,
    range: Option<Range>,
    length: f64,
) -> Scale {
    let data_type = table.data_type(&axis.key);
    let kind = match spec.and_then(|spec| spec.scale.as_deref()) {
        Some("log") => ScaleKind::Log,
        Some("symlog") => ScaleKind::SymLog,
        _ => ScaleKind::of(data_type),
    };
    let dates = matches!(data_type, DataType::Date | DataType::DateTime);
    let (mut min, mut max) = match range {
        Some(range) if range.min <= range.max => (range.min, range.max),
        _ => (0.0, 1.0),
    };
    // Axes of dimensions hold their members alone.
    let zero = !dates
        && kind == ScaleKind::Linear
        && table.is_measure(&axis.key)
        && spec.is_none_or(|spec| spec.include_zero);
    if zero {
        min = min.min(0.0);
        max = max.max(0.0);
    }
    let span = match max - min {
        span if span > 0.0 => span,
        _ if dates => 1.0,
        _ => max.abs().max(1.0),
    };
    let (points, from_zero, labelled) = range.map_or((false, false, false), |range| {
        (range.points, range.from_zero, range.labelled)
    });
    match kind {
        ScaleKind::Date => {
            let pad = if from_zero { 0.02 } else { 0.03 } * span;
            min -= pad;
            max += pad;
        }
        ScaleKind::Log => {
            min = if min > 0.0 {
                10_f64.powf(min.log10().floor())
            } else {
                max.clamp(1e-6, 1.0)
            };
            max = 10_f64.powf(max.max(min * 10.0).log10().ceil());
        }
        ScaleKind::SymLog | ScaleKind::Linear => {
            let radius = if points {
                6.0 / length.max(60.0) * span
            } else {
                0.0
            };
            let end = if labelled { 0.12 } else { 0.05 } * span;
            // Bars, areas and lines end at zero; points lie around it.
            if min < 0.0 || points || min > 0.0 && !zero {
                min -= if points { 0.05 * span + radius } else { end };
            }
            if max > 0.0 || points {
                max += end + radius;
            }
        }
    }
    let literal = |value: Option<&Literal>| match value {
        Some(Literal::Value(value)) => number(value),
        _ => None,
    };
    if let Some(spec) = spec {
        let fixed = spec.range_type.as_deref().unwrap_or_default();
        if fixed == "fixed" || fixed == "fixedmin" {
            min = literal(spec.min.as_ref()).unwrap_or(min);
        }
        if fixed == "fixed" || fixed == "fixedmax" {
            max = literal(spec.max.as_ref()).unwrap_or(max);
        }
    }
    if max.is_nan() || max <= min {
        max = min + span;
    }
    Scale {
        kind,
        min,
        max,
        reversed: spec.is_some_and(|spec| spec.reverse),
        unit: table.pill(&axis.key).and_then(|pill| match pill.derivation {
            Derivation::Trunc(unit) => Some(unit),
            _ => None,
        }),
    }
}
