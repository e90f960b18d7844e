//! Reference lines, bands, distributions and box plots: computed from the marks of a cell, a pane or the table.

mod draw;

use std::collections::HashMap;

use vivant_document::spec::{Derivation, FieldRef, Literal, PaneSpec, ReferenceLine, Side, attribute};
use vivant_render::Color;

use crate::color::along;
use crate::lanes::{Axis, Lane, groups as lane_groups, outer};
use crate::layers::Drawn;
use crate::number::{number, plain};
use crate::palette::palette;
use crate::rows::Table;
use crate::stats::{BoxFigures, box_figures, deviation, mean, mean_interval, median_interval, percentile};
use crate::tell::Told;

pub(crate) use draw::{Scales, behind, over};

/// What one reference line of a document makes of one cell, pane or table.
pub(crate) struct Reference<'a> {
    spec: &'a ReferenceLine,
    pub side: Side,
    pub axis: Axis,
    /// The lanes of its axis.
    pub lanes: Vec<usize>,
    /// The lanes of the other side that it crosses.
    across: Vec<usize>,
    /// Where its lines stand, and what is written beside them.
    lines: Vec<(f64, String)>,
    /// What is filled between two values; an end that is none lies at the end of the axis.
    bands: Vec<(Option<f64>, Option<f64>, Color)>,
    figures: Option<BoxFigures>,
}

impl Reference<'_> {
    /// The values that the axis has to show.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        let of_box = self.figures.map(|figures| [figures.low, figures.high]);
        let ends = self.bands.iter().flat_map(|(from, to, _)| [*from, *to]).flatten();
        let lines = self.lines.iter().map(|(value, _)| *value);
        lines.chain(ends).chain(of_box.into_iter().flatten())
    }

    /// Whether marks within its box and whiskers are left out.
    fn hides(&self, value: f64) -> bool {
        self.figures
            .is_some_and(|figures| value >= figures.low && value <= figures.high)
    }
}

/// Computes all reference lines of a layer, which is given by its number.
pub(crate) fn references<'a>(
    table: &Table<'a>,
    (layers, number): (&[Drawn<'a>], usize),
    rows: &[Lane],
    cols: &[Lane],
    told: &mut Told,
) -> Vec<Reference<'a>> {
    let layer = &layers[number];
    // The card for all axes may have no marks of its own; its lines are those of an axis that layers share.
    let is_idle = |card: &&PaneSpec| layers.iter().all(|layer| layer.card.id != card.id);
    let has = |layer: &Drawn<'_>, key: &FieldRef| {
        let mut axes = [&layer.row_axis, &layer.col_axis].into_iter().flatten();
        axes.any(|axis| axis.key == *key)
    };
    let is_first = |key: &FieldRef| layers.iter().position(|layer| has(layer, key)) == Some(number);
    let idle = table.sheet.panes.iter().filter(is_idle);
    let shared = idle
        .flat_map(|card| &card.reference_lines)
        .filter(|spec| spec.axis.as_ref().is_some_and(is_first));
    let mut found = Vec::new();
    for spec in layer.card.reference_lines.iter().chain(shared) {
        for (side, axis) in [(Side::Rows, &layer.row_axis), (Side::Cols, &layer.col_axis)] {
            let Some(axis) = axis
                .as_ref()
                .filter(|axis| spec.axis.as_ref().is_none_or(|key| *key == axis.key))
            else {
                continue;
            };
            let source = spec.value.as_ref().unwrap_or(&axis.key);
            for group in groups(table, layer, spec, (side, axis), source, rows, cols) {
                let mut reference = Reference {
                    spec,
                    side,
                    axis: axis.clone(),
                    lanes: group.lanes,
                    across: group.across,
                    lines: Vec::new(),
                    bands: Vec::new(),
                    figures: None,
                };
                if spec.get("boxplot-whisker-type").is_some() {
                    let to_extremes = spec.get("boxplot-whisker-type") == Some("minmax");
                    reference.figures = box_figures(&group.values, to_extremes);
                } else {
                    reference.lines = lines(table, spec, source, &group.values, told);
                    reference.bands = bands(table, spec, &reference.lines);
                }
                found.push(reference);
            }
        }
    }
    pair(table, &mut found);
    found
}

/// What reference lines of two pairs have between them.
fn pair(table: &Table<'_>, found: &mut [Reference<'_>]) {
    for at in 0..found.len() {
        let Some(partner) = found[at].spec.get("paired-id") else {
            continue;
        };
        let other = found[at + 1..].iter().find(|other| {
            other.spec.get("id") == Some(partner)
                && (other.side, &other.axis) == (found[at].side, &found[at].axis)
                && other.lanes == found[at].lanes
                && other.across == found[at].across
        });
        let ends = other.and_then(|other| Some((other.lines.first()?.0, found[at].lines.first()?.0)));
        if let Some((a, b)) = ends {
            let id = found[at].spec.get("id").unwrap_or_default();
            let color = [id, partner].iter().find_map(|id| {
                table
                    .reference_format("refband", "fill-color", id, found[at].side)?
                    .parse()
                    .ok()
            });
            let color = color.unwrap_or(Color::rgb(0x00E1_E1E1));
            found[at].bands.push((Some(a.min(b)), Some(a.max(b)), color));
        }
    }
}

/// Whether marks are put on one another along a side, at the values of another axis.
///
/// Tableau: reference lines are those of whole stacks then; stacks at headers count part by part.
fn is_stacked(table: &Table<'_>, layer: &Drawn<'_>, side: Side) -> bool {
    let (Some(row), Some(_)) = (&layer.row_axis, &layer.col_axis) else {
        return false;
    };
    let vertical = table.is_measure(&row.key) && !table.is_date(&row.key);
    layer.kind.stands_on_zero() && layer.card.stacked.unwrap_or(true) && vertical == (side == Side::Rows)
}

/// The marks of one cell, pane or table.
struct Marks {
    lanes: Vec<usize>,
    across: Vec<usize>,
    values: Vec<f64>,
}

fn groups(
    table: &Table<'_>,
    layer: &Drawn<'_>,
    spec: &ReferenceLine,
    (side, axis): (Side, &Axis),
    source: &FieldRef,
    rows: &[Lane],
    cols: &[Lane],
) -> Vec<Marks> {
    let (own, other, crossed) = match side {
        Side::Rows => (rows, cols, &layer.col_axis),
        Side::Cols => (cols, rows, &layer.row_axis),
    };
    let crossed = crossed
        .as_ref()
        .filter(|_| *source == axis.key && is_stacked(table, layer, side));
    // Where the sum of each stack is among the values.
    let mut stacks: HashMap<((usize, usize), u64, bool), usize> = HashMap::new();
    let scope = spec.get("scope").unwrap_or("per-pane");
    // Lanes that are one for the scope have the same number.
    let numbers = |lanes: &[Lane]| -> Vec<usize> {
        match scope {
            "per-cell" => (0..lanes.len()).collect(),
            "per-table" => lane_groups(lanes, |lane| format!("{:?}", lane.axes)),
            _ => {
                let outer = lane_groups(lanes, outer);
                let number = |(at, lane): (usize, &Lane)| if lane.axes.is_empty() { outer[at] } else { at };
                lanes.iter().enumerate().map(number).collect()
            }
        }
    };
    let (own_numbers, other_numbers) = (numbers(own), numbers(other));
    let is_listed = axis.key.is_measure_values();
    let mut order: Vec<(usize, usize)> = Vec::new();
    let mut values: HashMap<(usize, usize), Vec<f64>> = HashMap::new();
    for &(row_lane, col_lane, row) in &layer.marks {
        let (lane, across) = match side {
            Side::Rows => (row_lane, col_lane),
            Side::Cols => (col_lane, row_lane),
        };
        let mark = table.rows[row];
        // Beside the list of measures, a line of one of them is that of its own marks.
        let of_other = is_listed
            && !source.is_measure_values()
            && mark.measure.is_some_and(|at| {
                table.data.measure_names.contains(source) && table.data.measure_names.get(at) != Some(source)
            });
        if of_other || table.is_total(mark) {
            continue;
        }
        let place = (own_numbers[lane], other_numbers[across]);
        let known = values.entry(place).or_insert_with(|| {
            order.push(place);
            Vec::new()
        });
        let Some(value) = number(&table.value(mark, source)) else {
            continue;
        };
        match crossed.and_then(|axis| number(&table.value(mark, &axis.key))) {
            Some(at) => {
                let stack = stacks
                    .entry((place, at.to_bits(), value < 0.0))
                    .or_insert(known.len());
                match known.get_mut(*stack) {
                    Some(sum) => *sum += value,
                    None => known.push(value),
                }
            }
            None => known.push(value),
        }
    }
    let members = |numbers: &[usize]| -> HashMap<usize, Vec<usize>> {
        let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
        for (lane, number) in numbers.iter().enumerate() {
            members.entry(*number).or_default().push(lane);
        }
        members
    };
    let (own_members, other_members) = (members(&own_numbers), members(&other_numbers));
    order
        .into_iter()
        .map(|place| Marks {
            lanes: own_members[&place.0].clone(),
            across: other_members[&place.1].clone(),
            values: values.remove(&place).unwrap_or_default(),
        })
        .collect()
}

/// The formulas that reference lines have.
const FORMULAS: [&str; 12] = [
    "constant",
    "average",
    "median",
    "min",
    "max",
    "sum",
    "total",
    "percentile",
    "quantiles",
    "stdev",
    "confidence",
    "medianconfidence",
];

/// The lines of a reference: where they stand, and what is written beside them.
fn lines(
    table: &Table<'_>,
    spec: &ReferenceLine,
    source: &FieldRef,
    values: &[f64],
    told: &mut Told,
) -> Vec<(f64, String)> {
    let formula = spec.get("formula").unwrap_or("average");
    let parameter = (source.source == "Parameters")
        .then(|| table.workbook.parameter(&source.name))
        .flatten();
    let parameter_value = parameter.and_then(|parameter| number(parameter.value.value()?));
    let values: &[f64] = match &parameter_value {
        Some(value) => std::slice::from_ref(value),
        None => values,
    };
    let each = |name: &str| -> Vec<f64> {
        spec.values
            .iter()
            .filter_map(|value| crate::number::finite(attribute(value, name)?))
            .collect()
    };
    let one = |value: Option<f64>, words: &str| -> Vec<(f64, String)> {
        value.map(|value| (value, words.to_owned())).into_iter().collect()
    };
    let language = table.workbook.language;
    let (name, middle) = match formula {
        "average" => (language.say("Average"), mean(values)),
        "median" => (language.say("Median"), percentile(values, 0.5)),
        "min" => (language.say("Minimum"), percentile(values, 0.0)),
        "max" => (language.say("Maximum"), percentile(values, 1.0)),
        "sum" | "total" => (
            language.say(if formula == "sum" { "Sum" } else { "Total" }),
            (!values.is_empty()).then(|| values.iter().sum()),
        ),
        "constant" => {
            let value = match Literal::parse(spec.get("value").unwrap_or_default()) {
                Literal::Value(value) => number(&value),
                _ => parameter_value,
            };
            ("", value)
        }
        _ => ("", None),
    };
    let additive = table.pill(source).is_none_or(|pill| {
        use vivant_document::spec::Aggregate;
        matches!(
            pill.derivation,
            Derivation::Aggregate(Aggregate::Sum | Aggregate::Count)
        )
    });
    if formula == "total" && parameter_value.is_none() && values.len() > 1 && !additive {
        // A sum of averages would be a wrong number.
        told.of_sheet(
            table,
            "a reference line shows the total of a field that is not a sum; it is not drawn".to_owned(),
        );
        return Vec::new();
    }
    if !FORMULAS.contains(&formula) {
        told.of_sheet(
            table,
            format!("reference lines of the formula '{formula}' are not drawn"),
        );
    }
    let found: Vec<(f64, String)> = match formula {
        _ if spec.get("percentage-bands") == Some("true") => {
            let percentages = each("percentage");
            let Some(middle) = middle else { return Vec::new() };
            percentages
                .into_iter()
                .map(|part| {
                    (
                        middle * part / 100.0,
                        language.phrase("#% of #", &[&plain(language, part), name]),
                    )
                })
                .collect()
        }
        "percentile" => each("percentile")
            .into_iter()
            .filter_map(|part| {
                Some((
                    percentile(values, part / 100.0)?,
                    language.phrase("#th Percentile", &[&plain(language, part)]),
                ))
            })
            .collect(),
        "quantiles" => {
            let tiles = spec
                .get("tile-count")
                .and_then(|text| text.parse::<usize>().ok())
                .unwrap_or(4)
                .clamp(2, 100);
            (1..tiles)
                .filter_map(|tile| {
                    let words = match (tiles, tile) {
                        (4, 1) => language.say("Lower Quartile").to_owned(),
                        (4, 3) => language.say("Upper Quartile").to_owned(),
                        _ if tile * 2 == tiles => language.say("Median").to_owned(),
                        _ => format!("{tile}/{tiles}"),
                    };
                    Some((percentile(values, tile as f64 / tiles as f64)?, words))
                })
                .collect()
        }
        "stdev" => {
            let spread = deviation(values, spec.get("type") != Some("population"));
            let Some((middle, spread)) = mean(values).zip(spread) else {
                return Vec::new();
            };
            let mut factors = each("factor");
            if factors.is_empty() {
                factors = vec![-1.0, 1.0];
            }
            let words = |factor: f64| {
                let words = match factor.abs() == 1.0 {
                    true => "# Standard Deviation",
                    false => "# Standard Deviations",
                };
                let sign = if factor > 0.0 { "+" } else { "" };
                language.phrase(words, &[&format!("{sign}{}", plain(language, factor))])
            };
            factors
                .into_iter()
                .map(|factor| (middle + factor * spread, words(factor)))
                .collect()
        }
        "confidence" | "medianconfidence" => {
            let part = spec
                .get("probability")
                .and_then(crate::number::finite)
                .unwrap_or(95.0);
            let interval = match formula {
                "confidence" => mean_interval(values, part / 100.0),
                _ => median_interval(values, part / 100.0),
            };
            let of = if formula == "confidence" {
                "Average"
            } else {
                "Median"
            };
            let words = language.phrase("#% CI of #", &[&plain(language, part), language.say(of)]);
            interval
                .map(|(low, high)| vec![(low, words.clone()), (high, words)])
                .unwrap_or_default()
        }
        _ => one(middle, name),
    };
    let mut found: Vec<(f64, String)> = found
        .into_iter()
        .filter(|(value, _)| value.is_finite())
        .map(|(value, words)| {
            let text = match (spec.get("label-type"), words.is_empty()) {
                (Some("none"), _) => String::new(),
                (Some("value"), _) | (_, true) if spec.get("label-type") != Some("custom") => {
                    table.reference_value(spec, source, value)
                }
                (Some("custom"), _) => {
                    let title = match parameter {
                        Some(parameter) => parameter.caption.clone(),
                        None => table.title(source),
                    };
                    spec.get("label")
                        .unwrap_or_default()
                        .replace("<Value>", &table.reference_value(spec, source, value))
                        .replace("<Computation>", &words)
                        .replace("<FieldName>", &title)
                        .replace("<Field Name>", &title)
                }
                _ => match parameter {
                    Some(parameter) if spec.get("percentage-bands") != Some("true") => {
                        parameter.caption.clone()
                    }
                    _ => words,
                },
            };
            (value, text)
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
}

/// What is filled between and beside the lines of a reference.
fn bands(
    table: &Table<'_>,
    spec: &ReferenceLine,
    lines: &[(f64, String)],
) -> Vec<(Option<f64>, Option<f64>, Color)> {
    let (above, below) = (
        spec.get("fill-above") == Some("true"),
        spec.get("fill-below") == Some("true"),
    );
    let id = spec.get("id").unwrap_or_default();
    let alone = spec.get("fill-above").is_none() && spec.get("fill-below").is_none();
    if alone || lines.is_empty() {
        // A plain line may have a colour of its own on each side.
        let color = |attr: &str| -> Option<Color> {
            let color: Color = table
                .reference_format("refline", attr, id, Side::Rows)?
                .parse()
                .ok()?;
            (color.alpha > 0).then_some(color)
        };
        let Some((value, _)) = lines.first() else {
            return Vec::new();
        };
        return [
            color("fill-below").map(|color| (None, Some(*value), color)),
            color("fill-above").map(|color| (Some(*value), None, color)),
        ]
        .into_iter()
        .flatten()
        .collect();
    }
    let mut ends: Vec<Option<f64>> = lines.iter().map(|(value, _)| Some(*value)).collect();
    if below {
        ends.insert(0, None);
    }
    if above {
        ends.push(None);
    }
    let count = ends.len() - 1;
    let colors = shades(table, id, count);
    ends.windows(2)
        .zip(colors)
        .map(|(pair, color)| (pair[0], pair[1], color))
        .collect()
}

/// How light the lightest of grey bands is.
const LIGHTEST: f64 = 0.94;

/// The colours of the bands of a distribution.
fn shades(table: &Table<'_>, id: &str, count: usize) -> Vec<Color> {
    let set = |attr: &str| table.reference_format("refband", attr, id, Side::Rows);
    let name = set("palette").unwrap_or_default();
    let reverse = set("reverse-palette") == Some("true");
    let last = count.max(2) - 1;
    let part = |at: usize| if count == 1 { 0.6 } else { at as f64 / last as f64 };
    let mut colors: Vec<Color> = if let Some(found) = palette(name) {
        let stops = found.colors();
        (0..count).map(|at| along(&stops, part(at))).collect()
    } else if let Some(color) = set("fill-color")
        .and_then(|text| text.parse::<Color>().ok())
        .filter(|_| name.is_empty())
    {
        (0..count)
            .map(|at| color.with_alpha((90.0 + 70.0 * (1.0 - part(at))) as u8))
            .collect()
    } else {
        // Greys are named by how light they are.
        let level = name
            .rsplit("gray")
            .next()
            .and_then(crate::number::finite)
            .unwrap_or(72.0);
        let dark = (level / 100.0).clamp(0.2, 0.88);
        (0..count)
            .map(|at| {
                let grey = ((dark + (LIGHTEST - dark) * part(at)) * 255.0).round() as u32;
                Color::rgb(grey << 16 | grey << 8 | grey)
            })
            .collect()
    };
    if reverse {
        colors.reverse();
    }
    colors
}

/// The marks that a box plot leaves out, by their number.
pub(crate) fn hidden(
    table: &Table<'_>,
    layer: &Drawn<'_>,
    found: &[Reference<'_>],
    row: (usize, usize, usize),
) -> bool {
    let hiding = |reference: &&Reference<'_>| reference.spec.get("boxplot-mark-exclusion") == Some("true");
    found.iter().filter(hiding).any(|reference| {
        let (lane, across, axis) = match reference.side {
            Side::Rows => (row.0, row.1, &layer.row_axis),
            Side::Cols => (row.1, row.0, &layer.col_axis),
        };
        axis.as_ref() == Some(&reference.axis)
            && reference.lanes.contains(&lane)
            && reference.across.contains(&across)
            && number(&table.value(table.rows[row.2], &reference.axis.key))
                .is_some_and(|value| reference.hides(value))
    })
}
