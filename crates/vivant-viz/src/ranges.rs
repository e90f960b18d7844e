//! Ranges: from which value to which an axis goes.

use std::collections::HashMap;

use vivant_calc::DataType;
use vivant_document::spec::{AxisSpec, Derivation, Literal, Side, TableCalcKind, format};
use vivant_render::Rect;

use crate::backdrop;
use crate::color::{Coloring, encoded};
use crate::lanes::{Axis, Lane};
use crate::layers::{Drawn, mark};
use crate::layout::Axes;
use crate::marks::{Mark, MarkKind};
use crate::number::number;
use crate::reference::Reference;
use crate::rows::Table;
use crate::scale::{Scale, ScaleKind};

/// What the range of an axis has to hold.
#[derive(Clone)]
pub(crate) struct Range {
    min: f64,
    max: f64,
    /// Whether points lie on it, which need room for their radius.
    points: bool,
    /// Whether those are pies.
    pies: bool,
    /// Whether reference lines lie on it, which stand away from its ends.
    lined: bool,
    /// The ends of bars with labels beyond them, and how many pixels those need.
    labels: Vec<(f64, f64)>,
}

impl Range {
    const EMPTY: Self = Self {
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        points: false,
        pies: false,
        lined: false,
        labels: Vec::new(),
    };

    fn hold(&mut self, value: f64) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    fn join(&mut self, other: &Self) {
        // One that holds nothing leaves the other as it is.
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.points |= other.points;
        self.pies |= other.pies;
        self.lined |= other.lined;
        self.labels.extend_from_slice(&other.labels);
    }

    /// Widens a range so that labels stand beside the ends of their bars.
    fn with_labels(&self, (mut min, mut max): (f64, f64), length: f64) -> (f64, f64) {
        /// The most of an axis that its labels take.
        const MOST: f64 = 0.6;
        // A wider range has shorter bars: the labels need more of its units.
        for _ in 0..8 {
            let unit = (max - min) / length.max(1.0);
            let (low, high) = (min, max);
            for &(end, pixels) in &self.labels {
                let reach = pixels.min(length * MOST) * unit;
                match end < 0.0 {
                    true => min = min.min(end - reach),
                    false => max = max.max(end + reach),
                }
            }
            if (max - min) <= (high - low) * 1.001 {
                break;
            }
        }
        (min, max)
    }
}

/// What the axis of each lane has to hold.
pub(crate) type Own = HashMap<(Side, usize, Axis), Range>;

/// What makes scales.
pub(crate) struct Ranges<'r> {
    pub table: &'r Table<'r>,
    pub rows: &'r [Lane],
    pub cols: &'r [Lane],
    pub layers: &'r [Drawn<'r>],
    pub colorings: &'r [Coloring],
    pub references: &'r [Vec<Reference<'r>>],
    /// Which lanes are in one pane of the outer headers.
    pub blocks: (&'r [usize], &'r [usize]),
}

impl Ranges<'_> {
    fn lanes(&self, side: Side) -> &[Lane] {
        match side {
            Side::Rows => self.rows,
            Side::Cols => self.cols,
        }
    }

    /// The scale of each axis of each lane, which holds what [`Ranges::own`] found. `length` tells how many pixels it
    /// has there.
    pub fn scales(&self, own: &Own, length: &dyn Fn(Side, usize) -> f64) -> Axes {
        // What all lanes of a field have together.
        let mut shared: HashMap<(Side, &Axis), Range> = HashMap::new();
        for ((side, _, axis), range) in own {
            shared.entry((*side, axis)).or_insert(Range::EMPTY).join(range);
        }
        // All lanes of a field have one range, unless each has its own; and so have two axes that are synchronised.
        let mut known: HashMap<(Side, Vec<&Axis>), Scale> = HashMap::new();
        let mut found = Axes::default();
        let lanes = (self.rows, self.cols);
        for side in [Side::Rows, Side::Cols] {
            let whole = |axis: &Axis| backdrop::whole(self.table, lanes, side, axis);
            for (at, lane) in self.lanes(side).iter().enumerate() {
                for axis in &lane.axes {
                    let spec = axis.spec(self.table.sheet, side);
                    let is_joined = |axis: &Axis| {
                        axis.spec(self.table.sheet, side)
                            .is_some_and(|spec| spec.synchronized)
                    };
                    let partners = lane
                        .axes
                        .iter()
                        .filter(|other| *other != axis && (is_joined(other) || is_joined(axis)));
                    let axes: Vec<&Axis> = std::iter::once(axis).chain(partners).collect();
                    let is_independent =
                        spec.and_then(|spec| spec.range_type.as_deref()) == Some("independent");
                    let joined = |range: &dyn Fn(&Axis) -> Option<Range>| {
                        axes.iter().filter_map(|axis| range(axis)).reduce(|mut all, one| {
                            all.join(&one);
                            all
                        })
                    };
                    let scale = match is_independent {
                        true => {
                            let range = joined(&|axis| own.get(&(side, at, axis.clone())).cloned());
                            scale(self.table, axis, spec, range, (length(side, at), whole(axis)))
                        }
                        false => *known.entry((side, axes.clone())).or_insert_with(|| {
                            let range = joined(&|axis| shared.get(&(side, axis)).cloned());
                            scale(self.table, axis, spec, range, (length(side, at), whole(axis)))
                        }),
                    };
                    found.insert(side, at, axis.clone(), scale);
                }
            }
        }
        found
    }

    /// Whether labels stand beyond the ends of bars, so that ranges go by the lengths of axes.
    pub fn have_labels(&self) -> bool {
        self.layers.iter().any(|layer| {
            layer.kind == MarkKind::Bar
                && (encoded(layer.card, "text").next().is_some()
                    || format(&layer.card.style, "mark", "mark-labels-show") == Some("true")
                    || !self.table.sheet.mark_labels.is_empty())
        })
    }

    /// What the axis of each lane has to hold by its own marks and reference lines.
    pub fn own(&self) -> Own {
        let table = self.table;
        let mut ranges = Own::new();
        for (layer, coloring) in self.layers.iter().zip(self.colorings) {
            // Stacks end where all their parts together do: marks by their cells.
            let marks: Vec<Mark> = layer
                .marks
                .iter()
                .map(|&place| {
                    mark(
                        table,
                        layer,
                        place,
                        Rect::new(place.1 as f64, place.0 as f64, 0.0, 0.0),
                    )
                })
                .collect();
            let drawing = layer.with(table, coloring, self.blocks);
            let vertical = drawing.is_vertical();
            let stacked = layer
                .kind
                .stands_on_zero()
                .then(|| drawing.stacks(&marks, vertical));
            let reaches = match &stacked {
                Some(stacked) if layer.kind == MarkKind::Bar => drawing.reaches(&marks, stacked, vertical),
                _ => Vec::new(),
            };
            for (side, axis) in [(Side::Rows, &layer.row_axis), (Side::Cols, &layer.col_axis)] {
                let Some(axis) = axis else { continue };
                let lengths = stacked.as_ref().filter(|_| (side == Side::Rows) == vertical);
                for (at, mark) in marks.iter().enumerate() {
                    let (lane, own) = match side {
                        Side::Rows => (mark.lanes.0, mark.y),
                        Side::Cols => (mark.lanes.1, mark.x),
                    };
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
                    let range = ranges.entry((side, lane, axis.clone())).or_insert(Range::EMPTY);
                    for value in values.into_iter().flatten() {
                        range.hold(value);
                    }
                    if let (Some(_), Some(&reach), Some(end)) = (lengths, reaches.get(at), values[1])
                        && reach > 0.0
                    {
                        range.labels.push((end, reach));
                    }
                    range.pies |= layer.kind == MarkKind::Pie;
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
        for reference in self.references.iter().flatten() {
            for &lane in &reference.lanes {
                if let Some(range) = ranges.get_mut(&(reference.side, lane, reference.axis.clone())) {
                    for value in reference.values() {
                        range.hold(value);
                        range.lined = true;
                    }
                }
            }
        }
        ranges
    }
}

/// Whether an axis shows per cents of a total.
fn is_share(table: &Table<'_>, axis: &Axis) -> bool {
    table.pill(&axis.key).is_some_and(|pill| {
        let mut calcs = pill.table_calcs.iter();
        calcs.any(|calc| calc.field.is_none() && calc.kind == TableCalcKind::PctTotal)
    })
}

fn scale(
    table: &Table<'_>,
    axis: &Axis,
    spec: Option<&AxisSpec>,
    range: Option<Range>,
    (length, whole): (f64, Option<(f64, f64)>),
) -> Scale {
    let data_type = table.data_type(&axis.key);
    let kind = match spec.and_then(|spec| spec.scale.as_deref()) {
        Some("log") => ScaleKind::Log,
        Some("symlog") => ScaleKind::SymLog,
        _ => ScaleKind::of(data_type),
    };
    let dates = matches!(data_type, DataType::Date | DataType::DateTime);
    let (mut min, mut max) = match &range {
        Some(range) if range.min <= range.max => (range.min, range.max),
        _ => (0.0, 1.0),
    };
    // Axes of dimensions hold their members alone.
    let zero = !dates
        && kind == ScaleKind::Linear
        && table.is_measure(&axis.key)
        && spec.is_none_or(|spec| spec.include_zero);
    // Tableau: pies of one value, such as rings have, stand in the middle.
    if zero && min == max && range.as_ref().is_some_and(|range| range.pies) {
        max *= 2.0;
        (min, max) = (min.min(max), min.max(max));
    }
    if zero {
        min = min.min(0.0);
        max = max.max(0.0);
    }
    let span = match max - min {
        span if span > 0.0 => span,
        _ if dates => 1.0,
        _ => max.abs().max(1.0),
    };
    let points = range.as_ref().is_some_and(|range| range.points);
    match kind {
        ScaleKind::Date => {
            // Tableau: a twentieth at each end, whatever the marks are.
            min -= 0.05 * span;
            max += 0.05 * span;
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
            let end = 0.05 * span;
            // Bars, areas and lines end at zero; points lie around it.
            if min < 0.0 || points || min > 0.0 && !zero {
                min -= if points { 0.05 * span + radius } else { end };
            }
            let ends = (min, max);
            if max > 0.0 || points {
                max += end + radius;
            }
            // Shares of a whole end with it.
            let lined = range.as_ref().is_some_and(|range| range.lined);
            if is_share(table, axis) && !lined && (ends.1 - 1.0).abs() < 1e-9 {
                max = 1.0;
            }
            if let Some(range) = &range {
                let wide = range.with_labels(ends, length);
                (min, max) = (min.min(wide.0), max.max(wide.1));
            }
        }
    }
    // Tableau: pictures that are to be seen whole end with their axes; nothing is added to them.
    if let Some((low, high)) = whole {
        (min, max) = (min.min(low), max.max(high));
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
