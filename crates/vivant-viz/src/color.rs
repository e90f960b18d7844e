//! Which colour a mark has.

use std::collections::{HashMap, HashSet};

use vivant_calc::Value;
use vivant_calc::kernel::text::dictionary;
use vivant_document::spec::{Encoding, FieldKind, FieldRef, Literal, PaneSpec, StyleRule, format};
use vivant_render::Color;

use crate::number::number;
use crate::palette::{PaletteKind, automatic, palette};
use crate::rows::{Row, Table};
use crate::theme;

/// How the marks of a card are coloured.
pub(crate) enum Coloring {
    /// All alike.
    Single(Color),
    /// By members.
    Members {
        keys: Vec<FieldRef>,
        members: Vec<Member>,
        /// The numbers of members by their values.
        index: HashMap<String, usize>,
        /// The member that all marks of the card are, where it stands for the measure of an axis.
        own: Option<usize>,
    },
    /// By numbers.
    Ramp { key: FieldRef, ramp: Ramp },
}

/// A member with its colour.
pub(crate) struct Member {
    pub values: Vec<Value>,
    pub text: String,
    pub color: Color,
}

/// Colours by numbers.
pub(crate) struct Ramp {
    stops: Vec<Color>,
    pub min: f64,
    pub max: f64,
    /// The middle of two ramps.
    center: Option<f64>,
    /// Whether both sides use all their colours.
    full: bool,
    /// Into how many steps it is cut.
    steps: Option<usize>,
}

impl Coloring {
    /// Finds how a card is coloured.
    /// `measures` are those of the axes, which the list of measure names stands for where no measures are spread;
    /// `own` is that of the card.
    pub fn of(
        table: &Table<'_>,
        card: &PaneSpec,
        frame: Option<usize>,
        spacious: bool,
        (measures, own): (&[FieldRef], Option<usize>),
    ) -> Self {
        let keys: Vec<FieldRef> = encoded(card, "color").cloned().collect();
        let classic = is_classic(table);
        let fallback = || {
            let set = format(&card.style, "mark", "mark-color")
                .or_else(|| format(&table.sheet.style, "mark", "mark-color"));
            let first = automatic(1, classic).colors()[0];
            Self::Single(set.and_then(|text| text.parse().ok()).unwrap_or(first))
        };
        let rows: Vec<Row> = table
            .rows
            .iter()
            .copied()
            .filter(|row| frame.is_none_or(|frame| table.frame(*row) == frame))
            .collect();
        match keys.as_slice() {
            [] => fallback(),
            [key] if table.is_continuous(key) => {
                Ramp::of(table, key, &rows, spacious).map_or_else(fallback, |ramp| Self::Ramp {
                    key: key.clone(),
                    ramp,
                })
            }
            [key]
                if key.is_measure_names()
                    && own.is_some()
                    && rows.iter().all(|row| row.measure.is_none()) =>
            {
                let found = measures.iter().enumerate();
                let found =
                    found.map(|(at, measure)| (vec![Value::Integer(at as i64)], table.title(measure)));
                Self::Members {
                    members: colored(table, &keys, found.collect(), measures, classic),
                    keys,
                    index: HashMap::new(),
                    own,
                }
            }
            _ => {
                let discrete: Vec<FieldRef> =
                    keys.into_iter().filter(|key| !table.is_continuous(key)).collect();
                let found = members(table, &discrete, &rows);
                let members = colored(table, &discrete, found, &table.data.measure_names, classic);
                let index = members.iter().enumerate();
                match members.is_empty() {
                    true => fallback(),
                    false => Self::Members {
                        keys: discrete,
                        index: index.map(|(at, member)| (name(&member.values), at)).collect(),
                        members,
                        own: None,
                    },
                }
            }
        }
    }

    /// The colour of a mark.
    pub fn color(&self, table: &Table<'_>, row: Row) -> Color {
        match self {
            Self::Single(color) => *color,
            Self::Members { members, .. } => {
                let member = self.member(table, row).and_then(|at| members.get(at));
                member.map_or(theme::NO_VALUE, |member| member.color)
            }
            Self::Ramp { key, ramp } => ramp.color(number(&table.value(row, key))),
        }
    }

    /// The place of a mark's member in the order of the legend.
    pub fn place(&self, table: &Table<'_>, row: Row) -> usize {
        match self {
            Self::Members { members, .. } => self.member(table, row).unwrap_or(members.len()),
            _ => 0,
        }
    }

    fn member(&self, table: &Table<'_>, row: Row) -> Option<usize> {
        /// So few are found faster one by one.
        const FEW: usize = 12;
        let Self::Members {
            keys,
            members,
            index,
            own,
        } = self
        else {
            return None;
        };
        if own.is_some() {
            return *own;
        }
        let values: Vec<Value> = keys.iter().map(|key| table.value(row, key)).collect();
        match members.len() <= FEW {
            true => members.iter().position(|member| member.values == values),
            false => index.get(&name(&values)).copied(),
        }
    }
}

/// What values are found by.
fn name(values: &[Value]) -> String {
    format!("{values:?}")
}

/// The fields of an encoding of a card.
pub(crate) fn encoded<'c>(card: &'c PaneSpec, what: &'c str) -> impl Iterator<Item = &'c FieldRef> {
    card.encodings
        .iter()
        .filter(move |(name, _)| name == what)
        .map(|(_, key)| key)
}

/// Whether the document is of a version whose colours were others, or keeps the look of one.
pub(crate) fn is_classic(table: &Table<'_>) -> bool {
    let version = table
        .workbook
        .version
        .as_deref()
        .and_then(|version| version.split('.').next());
    let major = version.and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major < 10) || table.workbook.theme.as_deref() == Some("clean")
}

/// The encoding that a document has for a field: that of the sheet, else that of its data source.
fn encoding<'t>(table: &Table<'t>, keys: &[FieldRef]) -> Option<&'t Encoding> {
    let of = |rules: &'t [StyleRule]| {
        rules
            .iter()
            .filter(|rule| rule.element == "mark")
            .flat_map(|rule| &rule.encodings)
            .rfind(|encoding| encoding.attr == "color" && table.means(&encoding.fields, keys))
    };
    let source = keys.first().and_then(|key| table.workbook.source(&key.source));
    of(&table.sheet.style).or_else(|| source.and_then(|source| of(&source.style)))
}

/// The colours that an encoding names.
pub(crate) fn named_colors(
    table: &Table<'_>,
    encoding: Option<&Encoding>,
) -> Option<(Vec<Color>, PaletteKind)> {
    let read = |colors: &[String]| {
        colors
            .iter()
            .filter_map(|color| color.parse().ok())
            .collect::<Vec<Color>>()
    };
    let kind = |text: &str| match text {
        "ordered-sequential" => PaletteKind::Sequential,
        "ordered-diverging" => PaletteKind::Diverging,
        _ => PaletteKind::Categorical,
    };
    let encoding = encoding?;
    if let Some((of, colors)) = &encoding.colors {
        return Some((read(colors), kind(of))).filter(|(colors, _)| !colors.is_empty());
    }
    let name = encoding.palette.as_deref()?;
    if let Some((_, of, colors)) = table.workbook.palettes.iter().find(|(known, _, _)| known == name) {
        return Some((read(colors), kind(of))).filter(|(colors, _)| !colors.is_empty());
    }
    palette(name).map(|found| (found.colors(), found.kind))
}

/// The members that marks have, in the order that they have by themselves unless the sheet sorts them.
fn members(table: &Table<'_>, keys: &[FieldRef], rows: &[Row]) -> Vec<(Vec<Value>, String)> {
    let mut found: Vec<(Vec<Value>, String)> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    for row in rows {
        if !keys.iter().all(|key| table.has(*row, key)) {
            continue;
        }
        let values: Vec<Value> = keys.iter().map(|key| table.value(*row, key)).collect();
        if seen.insert(name(&values)) {
            let texts: Vec<String> = keys.iter().map(|key| table.text(*row, key)).collect();
            found.push((values, texts.join(", ")));
        }
    }
    let sorted = table.sheet.sorts.iter().any(|sort| keys.contains(&sort.column));
    if !sorted {
        found.sort_by(|(a, _), (b, _)| by_parts(a, b));
    }
    found
}

/// Gives members their colours. `measures` are those that the list of measure names stands for.
fn colored(
    table: &Table<'_>,
    keys: &[FieldRef],
    found: Vec<(Vec<Value>, String)>,
    measures: &[FieldRef],
    classic: bool,
) -> Vec<Member> {
    let encoding = encoding(table, keys);
    let explicit = |values: &[Value], text: &str| -> Option<Color> {
        let map = &encoding?.map;
        let same = |literal: &Literal| match (literal, values) {
            (Literal::Value(value), [own]) => {
                value == own || matches!(value, Value::String(name) if name == text)
            }
            (Literal::Tuple(parts), _) => {
                parts.len() == values.len()
                    && parts
                        .iter()
                        .zip(values)
                        .all(|(part, own)| matches!(part, Literal::Value(value) if value == own))
            }
            (Literal::Other(written), _) => written == text,
            _ => false,
        };
        let (_, color) = map.iter().find(|(from, _)| from.iter().any(same))?;
        color.parse().ok()
    };
    // The list of measures names them by reference.
    let measure = |values: &[Value]| -> Option<Color> {
        let [Value::Integer(at)] = values else { return None };
        let key = measures.get(usize::try_from(*at).ok()?)?;
        let map = &encoding?.map;
        let named = |literal: &Literal| match literal {
            Literal::Value(Value::String(text)) | Literal::Other(text) => {
                FieldRef::parse(text, &key.source).is_some_and(|found| found == *key)
            }
            _ => false,
        };
        let (_, color) = map.iter().find(|(from, _)| from.iter().any(named))?;
        color.parse().ok()
    };
    let of_names = keys.iter().any(FieldRef::is_measure_names);
    let rest = rest_of_group(table, keys);
    let is_rest = |values: &[Value]| rest.is_some_and(|rest| matches!(values, [value] if value == rest));
    let own = |values: &[Value], text: &str| match of_names {
        true => measure(values),
        false => explicit(values, text).or_else(|| is_rest(values).then_some(theme::REST)),
    };
    // Colours go by the order that members have by themselves, and by all that there are: a sort or a filter of
    // the sheet changes none.
    let mut order: Vec<&[Value]> = found.iter().map(|(values, _)| values.as_slice()).collect();
    if let [key] = keys
        && let Some((_, domain)) = table.data.domains.iter().find(|(known, _)| known == key)
    {
        let shown: HashSet<String> = found.iter().map(|(values, _)| name(values)).collect();
        let all = domain.iter().map(std::slice::from_ref);
        order.extend(all.filter(|value| !shown.contains(&name(value))));
    }
    order.sort_by(|a, b| by_parts(a, b));
    let words: HashMap<String, &str> = found
        .iter()
        .map(|(values, text)| (name(values), text.as_str()))
        .collect();
    let text_of = |values: &[Value]| words.get(&name(values)).copied().unwrap_or_default();
    let set: Vec<Option<Color>> = order.iter().map(|values| own(values, text_of(values))).collect();
    let free = order.len() - set.iter().flatten().count();
    let mut colors = match named_colors(table, encoding) {
        Some((colors, PaletteKind::Categorical)) => colors,
        // Members of an ordered palette lie evenly on it.
        Some((colors, _)) => (0..order.len())
            .map(|at| along(&colors, at as f64 / (order.len().max(2) - 1) as f64))
            .collect(),
        None => automatic(order.len(), classic).colors(),
    };
    if free < order.len() {
        // Those without a colour of their own take what the others leave.
        let left: Vec<Color> = colors
            .iter()
            .copied()
            .filter(|color| !set.contains(&Some(*color)))
            .collect();
        if !left.is_empty() {
            colors = left;
        }
    }
    let mut next = colors.iter().cycle();
    let mut given: HashMap<String, Color> = HashMap::with_capacity(order.len());
    for (values, own) in order.iter().zip(set) {
        let color = own.or_else(|| next.next().copied()).unwrap_or(theme::NO_VALUE);
        given.entry(name(values)).or_insert(color);
    }
    found
        .into_iter()
        .map(|(values, text)| {
            let color = given.get(&name(&values));
            Member {
                color: color.copied().unwrap_or(theme::NO_VALUE),
                values,
                text,
            }
        })
        .collect()
}

/// What the members of a group field are called that are in none of its groups.
fn rest_of_group<'t>(table: &Table<'t>, keys: &[FieldRef]) -> Option<&'t Value> {
    let [key] = keys else { return None };
    let field = table
        .pill(key)
        .map_or(key.name.as_str(), |pill| pill.field.as_str());
    match &table.workbook.source(&key.source)?.field(field)?.kind {
        FieldKind::Group { default, .. } => default.as_ref()?.value(),
        _ => None,
    }
}

fn by_parts(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    let mut parts = a.iter().zip(b).map(|(a, b)| natural(a, b));
    parts
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

/// The order of members without a sort: null first, text as in a dictionary.
pub(crate) fn natural(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => std::cmp::Ordering::Equal,
        (Value::Null, _) => std::cmp::Ordering::Less,
        (_, Value::Null) => std::cmp::Ordering::Greater,
        (Value::String(a), Value::String(b)) => dictionary(a, b),
        _ => number(a)
            .partial_cmp(&number(b))
            .unwrap_or(std::cmp::Ordering::Equal),
    }
}

/// The colour at a part of evenly spaced stops.
pub(crate) fn along(stops: &[Color], part: f64) -> Color {
    let last = stops.len() - 1;
    let place = part.clamp(0.0, 1.0) * last as f64;
    let at = (place.floor() as usize).min(last.saturating_sub(1));
    stops[at].mix(stops[(at + 1).min(last)], place - at as f64)
}

impl Ramp {
    fn of(table: &Table<'_>, key: &FieldRef, rows: &[Row], spacious: bool) -> Option<Self> {
        let with_totals = encoding(table, std::slice::from_ref(key))
            .is_some_and(|encoding| encoding.get("include-totals") == Some("true"));
        let shown = rows.iter().filter(|row| with_totals || !table.is_total(**row));
        let numbers = shown.filter_map(|row| number(&table.value(*row, key)));
        let (least, most) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        if least > most {
            return None;
        }
        let encoding = encoding(table, std::slice::from_ref(key));
        let set = |name: &str| encoding.and_then(|encoding| crate::number::finite(encoding.get(name)?));
        let crosses = least < 0.0 && most > 0.0;
        let (mut stops, kind) = named_colors(table, encoding).unwrap_or_else(|| {
            let name = match (crosses, spacious) {
                (true, _) => "orange_blue_diverging",
                (false, true) => "blue_teal",
                (false, false) => "blue",
            };
            let found = palette(name).expect("the palette is in the table");
            (found.colors(), found.kind)
        });
        if encoding.and_then(|encoding| encoding.get("reverse")) == Some("true") {
            stops.reverse();
        }
        let (min, max) = (set("min").unwrap_or(least), set("max").unwrap_or(most));
        let middle = if min < 0.0 && max > 0.0 {
            0.0
        } else {
            f64::midpoint(min, max)
        };
        Some(Self {
            stops,
            min,
            max,
            center: match kind {
                PaletteKind::Diverging => Some(set("center").unwrap_or(middle)),
                _ => set("center"),
            },
            full: encoding.and_then(|encoding| encoding.get("symmetric")) == Some("false"),
            steps: set("num-steps")
                .filter(|steps| *steps >= 2.0)
                .map(|steps| steps as usize),
        })
    }

    /// The colours from least to most.
    pub fn stops(&self) -> &[Color] {
        &self.stops
    }

    /// The colour of a number.
    pub fn color(&self, value: Option<f64>) -> Color {
        let Some(value) = value else {
            return theme::NO_VALUE;
        };
        let mut part = match self.center {
            None if self.max > self.min => (value - self.min) / (self.max - self.min),
            None => 1.0,
            Some(center) => {
                let (low, high) = ((center - self.min).abs(), (self.max - center).abs());
                let reach = match (self.full, value < center) {
                    (true, true) => low,
                    (true, false) => high,
                    (false, _) => low.max(high),
                };
                if reach > 0.0 {
                    0.5 + (value - center) / reach / 2.0
                } else {
                    0.5
                }
            }
        };
        part = part.clamp(0.0, 1.0);
        if let Some(steps) = self.steps {
            let step = ((part * steps as f64).floor() as usize).min(steps - 1);
            part = step as f64 / (steps - 1) as f64;
        }
        along(&self.stops, part)
    }

    /// The colours from least to most, for a legend.
    pub fn samples(&self) -> Vec<(f64, Color)> {
        const SAMPLES: usize = 24;
        const FINE: usize = 240;
        let color = |part: f64| self.color(Some(self.min + (self.max - self.min) * part));
        if self.steps.is_none() {
            let parts = (0..=SAMPLES).map(|at| at as f64 / SAMPLES as f64);
            return parts.map(|part| (part, color(part))).collect();
        }
        // Steps have edges: both colours stand at the same place.
        let mut samples = vec![(0.0, color(0.0))];
        for at in 1..FINE {
            let (part, before) = (at as f64 / FINE as f64, samples[samples.len() - 1].1);
            let now = color(part);
            if now != before {
                samples.extend([(part, before), (part, now)]);
            }
        }
        samples.push((1.0, color(1.0)));
        samples
    }
}
