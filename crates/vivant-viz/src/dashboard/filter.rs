//! What filter cards show: the members of a field with those that are chosen, or the ends of a range.

use vivant_calc::Value;
use vivant_calc::types::DataType;
use vivant_document::display::{self, Language};
use vivant_document::spec::{
    Derivation, FieldRef, FieldSpec, FilterSpec, FilterTest, Literal, MemberSet, PaneSpec, Pill, SheetSpec,
    Shelf, WorkbookSpec, ZoneKind, ZoneSpec, format_for,
};

use crate::dashboard::control::ControlState;
use crate::distinct::Distinct;
use crate::number::{number, same};
use crate::rows::SheetRows;

/// The values that a filter card lets choose from: what to ask for so that it can be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain {
    /// The worksheet that carries the filter.
    pub sheet: String,
    /// The field.
    pub field: FieldRef,
    /// Whether only values are wanted that other filters of the sheet leave.
    pub relevant: bool,
    /// Whether the least and the greatest value are wanted, and not all.
    pub ends: bool,
}

impl Domain {
    /// Finds what the control of a zone needs to know. `None` where it can be drawn without.
    pub fn of(workbook: &WorkbookSpec, zone: &ZoneSpec) -> Option<Domain> {
        let ZoneKind::Filter { sheet, field, mode } = &zone.kind else {
            return None;
        };
        let (spec, field) = (workbook.sheet(sheet)?, field.as_ref()?);
        let pill = pill_of(workbook, spec, field)?;
        let ends = is_range(workbook, spec, field);
        let listed = matches!(mode.as_deref(), None | Some("checklist" | "radiolist" | "slider"));
        let asks = match ends {
            // What is computed of rows has its range in the rows of the sheet.
            true => pill.derivation == Derivation::None || matches!(pill.derivation, Derivation::Trunc(_)),
            false => listed && !field.is_measure_names(),
        };
        asks.then(|| Domain {
            sheet: sheet.clone(),
            field: field.clone(),
            relevant: matches!(zone.get("values"), Some("relevant" | "cascading")),
            ends,
        })
    }

    /// Makes the worksheet whose rows are the values.
    pub fn sheet(&self, workbook: &WorkbookSpec) -> Option<SheetSpec> {
        let spec = workbook.sheet(&self.sheet)?;
        let pill = pill_of(workbook, spec, &self.field)?;
        let mut asked = SheetSpec {
            rows: Shelf::Empty,
            cols: Shelf::Empty,
            pages: Vec::new(),
            current_page: None,
            sorts: match self.ends {
                true => Vec::new(),
                false => spec
                    .sorts
                    .iter()
                    .filter(|sort| sort.column == self.field)
                    .cloned()
                    .collect(),
            },
            aggregated: true,
            totals: Default::default(),
            show_missing: Vec::new(),
            percentages: None,
            forecast: None,
            annotations: Vec::new(),
            mark_labels: Vec::new(),
            has_layers: false,
            filters: match self.relevant {
                true => {
                    let others = spec.filters.iter().filter(|filter| filter.column != self.field);
                    others.cloned().collect()
                }
                false => Vec::new(),
            },
            panes: vec![PaneSpec::of_mark("text")],
            ..spec.clone()
        };
        match self.ends {
            true => {
                for code in ["min", "max"] {
                    let key = FieldRef::new(&self.field.source, format!("{code}:{}:qk", pill.field));
                    if asked.pill(&key).is_none() {
                        asked.pills.push(Pill::from_name(&key)?);
                    }
                    asked.panes[0].encodings.push(("text".to_owned(), key));
                }
            }
            false => {
                if asked.pill(&self.field).is_none() {
                    asked.pills.push(pill.clone());
                }
                asked.rows = Shelf::parse(&self.field.to_string()).ok()?;
            }
        }
        Some(asked)
    }
}

fn pill_of(workbook: &WorkbookSpec, sheet: &SheetSpec, key: &FieldRef) -> Option<Pill> {
    let source = workbook.source(&key.source);
    let of_source = || source.and_then(|source| source.pills.iter().find(|pill| pill.key == *key).cloned());
    sheet
        .pill(key)
        .cloned()
        .or_else(of_source)
        .or_else(|| Pill::from_name(key))
}

fn field_of<'s>(workbook: &'s WorkbookSpec, sheet: &'s SheetSpec, key: &FieldRef) -> Option<&'s FieldSpec> {
    let pill = pill_of(workbook, sheet, key);
    let name = pill
        .as_ref()
        .map_or(key.name.as_str(), |pill| pill.field.as_str());
    let local = sheet
        .local_fields
        .iter()
        .find(|(source, field)| *source == key.source && field.name == name);
    let of_source = || workbook.source(&key.source).and_then(|source| source.field(name));
    local.map(|(_, field)| field).or_else(of_source)
}

/// The filter that a card is of: that of the pill, else one of the same field that says it otherwise.
fn filter_of<'s>(workbook: &WorkbookSpec, sheet: &'s SheetSpec, key: &FieldRef) -> Option<&'s FilterSpec> {
    let mut own = sheet.filters.iter().filter(|filter| filter.action.is_none());
    let meant = |key: &FieldRef| match pill_of(workbook, sheet, key) {
        Some(pill) => (pill.field, pill.derivation),
        None => (key.name.clone(), Derivation::None),
    };
    own.clone().find(|filter| filter.column == *key).or_else(|| {
        let wanted = meant(key);
        own.find(|filter| filter.column.source == key.source && meant(&filter.column) == wanted)
    })
}

/// Whether a filter is one of a range of numbers or dates.
fn is_range(workbook: &WorkbookSpec, sheet: &SheetSpec, key: &FieldRef) -> bool {
    match filter_of(workbook, sheet, key).map(|filter| &filter.test) {
        Some(FilterTest::Range { .. }) => true,
        Some(FilterTest::Members(_)) => false,
        _ => pill_of(workbook, sheet, key).is_some_and(|pill| !pill.discrete),
    }
}

/// The title of a filter card: as it was typed, else that of the field.
pub(crate) fn title(workbook: &WorkbookSpec, sheet: &SheetSpec, key: &FieldRef) -> String {
    let typed = ["quick-filter", "quick-filter-title"]
        .into_iter()
        .find_map(|element| {
            let rules = sheet
                .style
                .iter()
                .chain(&workbook.style)
                .filter(|rule| rule.element == element);
            let mut formats = rules.flat_map(|rule| &rule.formats);
            let found =
                formats.find(|format| format.attr == "title" && format.field.as_ref() == Some(key))?;
            let text = found
                .text
                .as_ref()
                .map_or_else(|| found.value.clone(), |text| text.plain());
            (!text.trim().is_empty()).then_some(text)
        });
    typed.unwrap_or_else(|| match field_of(workbook, sheet, key) {
        Some(field) => display::title_in(workbook.language, field, pill_of(workbook, sheet, key).as_ref()),
        None if key.is_measure_names() => workbook.language.say("Measure Names").to_owned(),
        None => pill_of(workbook, sheet, key).map_or_else(|| key.name.clone(), |pill| pill.field),
    })
}

/// What a filter card shows. `rows` are those of its [`Domain`], if they are there.
pub(crate) fn state(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    zone: &ZoneSpec,
    key: &FieldRef,
    mode: Option<&str>,
    rows: Option<&SheetRows<'_>>,
) -> ControlState {
    let filter = filter_of(workbook, sheet, key);
    let field = field_of(workbook, sheet, key);
    let derivation = pill_of(workbook, sheet, key).map_or(Derivation::None, |pill| pill.derivation);
    let format = format_for(&sheet.style, "quick-filter", "text-format", key)
        .or_else(|| format_for(&sheet.style, "label", "text-format", key))
        .or_else(|| field.and_then(|field| field.format.as_deref()));
    let language = workbook.language;
    let write = |literal: &Literal| -> String {
        match literal {
            Literal::Value(value) => label(language, field, derivation, format, value),
            Literal::Tuple(parts) => {
                let texts = parts.iter().filter_map(Literal::value);
                texts
                    .map(|value| label(language, None, Derivation::None, None, value))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            Literal::All => language.say("(All)").to_owned(),
            Literal::ManyValues => "*".to_owned(),
            Literal::Other(text) => measure_label(workbook, sheet, text),
        }
    };
    match filter.map(|filter| &filter.test) {
        Some(FilterTest::Relative {
            period,
            first,
            last,
            include_future,
            ..
        }) => ControlState::DropDown(relative(language, period, *first, *last, *include_future)),
        Some(FilterTest::Range { min, max, .. }) => range(min.as_ref(), max.as_ref(), rows, &write),
        _ if is_range(workbook, sheet, key) => range(None, None, rows, &write),
        other => {
            let set = match other {
                Some(FilterTest::Members(set)) => Some(set),
                _ => None,
            };
            members(language, set, filter, zone, key, mode, rows, &write)
        }
    }
}

/// The state of a filter by members.
#[expect(clippy::too_many_arguments, reason = "they are what a card is made of")]
fn members(
    language: &Language,
    set: Option<&MemberSet>,
    filter: Option<&FilterSpec>,
    zone: &ZoneSpec,
    key: &FieldRef,
    mode: Option<&str>,
    rows: Option<&SheetRows<'_>>,
    write: &dyn Fn(&Literal) -> String,
) -> ControlState {
    let everything = set.is_none_or(MemberSet::is_all) || filter.is_none();
    let listed = set.and_then(MemberSet::listed);
    let excluded = match set {
        Some(MemberSet::Except(all, out)) if all.is_all() => out.listed(),
        _ => None,
    };
    let say = |words: &'static str| language.say(words).to_owned();
    let summary = || match (&listed, &excluded) {
        _ if everything => say("(All)"),
        (Some(members), _) => match members.as_slice() {
            [] => say("(None)"),
            [one] => write(one),
            _ => say("(Multiple values)"),
        },
        (None, Some(out)) if out.is_empty() => say("(All)"),
        _ => say("(Multiple values)"),
    };
    let has_all = zone.get("show-all") != Some("false");
    match mode {
        Some("checkdropdown" | "dropdown" | "compact") => ControlState::DropDown(summary()),
        Some("pattern") => ControlState::Search(match set {
            Some(MemberSet::Where { formula, .. }) => first_text(formula),
            _ => String::new(),
        }),
        Some("typeinlist") => {
            let names = listed.or(excluded).unwrap_or_default();
            ControlState::Chosen(if everything {
                Vec::new()
            } else {
                names.into_iter().map(write).collect()
            })
        }
        Some("slider") => ControlState::Slider {
            text: summary(),
            part: match (&listed, column(rows, key)) {
                (Some(one), Some(column)) if one.len() == 1 && column.values.len() > 1 => {
                    let at = column
                        .values
                        .iter()
                        .position(|value| one[0].value().is_some_and(|own| same(own, value)));
                    at.map_or(0.0, |at| at as f64 / (column.values.len() - 1) as f64)
                }
                _ => 0.0,
            },
        },
        mode => {
            let single = mode == Some("radiolist");
            let mut items: Vec<(String, bool)> = match column(rows, key) {
                Some(column) => {
                    let held = set.map(Held::of);
                    let is_on = |value: &Value| held.as_ref().is_none_or(|held| held.has(value));
                    let values = column.values.iter();
                    values.map(|value| ((column.text)(value), is_on(value))).collect()
                }
                // Without the values of the field, those that the document names.
                None => {
                    let (names, on) = match (&listed, &excluded) {
                        (Some(names), _) => (names.clone(), true),
                        (None, Some(names)) => (names.clone(), false),
                        _ => (Vec::new(), true),
                    };
                    names.into_iter().map(|literal| (write(literal), on)).collect()
                }
            };
            let all = everything
                || !items.is_empty() && column(rows, key).is_some() && items.iter().all(|item| item.1);
            if single && all {
                items.iter_mut().for_each(|item| item.1 = false);
            }
            if has_all {
                items.insert(0, (say("(All)"), all));
            }
            ControlState::List { single, items }
        }
    }
}

/// The column of a field in the rows of its domain.
fn column<'r>(rows: Option<&'r SheetRows<'r>>, key: &FieldRef) -> Option<&'r crate::rows::Column<'r>> {
    rows?.frames.iter().find_map(|frame| frame.column(key))
}

/// A set of members that is asked for many values.
enum Held<'s> {
    /// Members, each found at once, and other sets beside them.
    Union(Distinct, Vec<Held<'s>>),
    Intersection(Vec<Held<'s>>),
    Except(Box<Held<'s>>, Box<Held<'s>>),
    Range(&'s Value, &'s Value),
    /// All, or none. Sets that only a query can tell have all.
    Every(bool),
}

impl<'s> Held<'s> {
    fn of(set: &'s MemberSet) -> Self {
        let all = |parts: &'s [MemberSet]| parts.iter().map(Held::of).collect();
        match set {
            MemberSet::All(_) | MemberSet::Where { .. } | MemberSet::Top { .. } | MemberSet::Set(_) => {
                Self::Every(true)
            }
            MemberSet::Other(_) | MemberSet::Cross(_) => Self::Every(true),
            MemberSet::Empty(_) => Self::Every(false),
            MemberSet::Member { .. } => Self::union(std::slice::from_ref(set)),
            MemberSet::Range { from, to, .. } => match (from.value(), to.value()) {
                (Some(from), Some(to)) => Self::Range(from, to),
                _ => Self::Every(true),
            },
            MemberSet::Union(parts) => Self::union(parts),
            MemberSet::Intersection(parts) => Self::Intersection(all(parts)),
            MemberSet::Except(whole, out) => Self::Except(Box::new(Self::of(whole)), Box::new(Self::of(out))),
        }
    }

    fn union(parts: &'s [MemberSet]) -> Self {
        let mut members = Distinct::default();
        let mut others = Vec::new();
        for part in parts {
            match part {
                MemberSet::Member { member, .. } => {
                    if let Some(value) = member.value() {
                        members.add([plain(value)]);
                    }
                }
                part => others.push(Self::of(part)),
            }
        }
        Self::Union(members, others)
    }

    fn has(&self, value: &Value) -> bool {
        match self {
            Self::Every(all) => *all,
            Self::Range(from, to) => between(from, value, to),
            Self::Union(members, others) => {
                members.place([plain(value)]).is_some() || others.iter().any(|other| other.has(value))
            }
            Self::Intersection(parts) => parts.iter().all(|part| part.has(value)),
            Self::Except(whole, out) => whole.has(value) && !out.has(value),
        }
    }
}

/// A value so that numbers and days that are the same are equal, whatever their type.
fn plain(value: &Value) -> Value {
    number(value).map_or_else(|| value.clone(), Value::Real)
}

fn between(from: &Value, value: &Value, to: &Value) -> bool {
    match (from, value, to) {
        (Value::String(from), Value::String(value), Value::String(to)) => from <= value && value <= to,
        _ => match (number(from), number(value), number(to)) {
            (Some(from), Some(value), Some(to)) => from <= value && value <= to,
            _ => false,
        },
    }
}

/// The state of a filter of a range.
fn range(
    min: Option<&Literal>,
    max: Option<&Literal>,
    rows: Option<&SheetRows<'_>>,
    write: &dyn Fn(&Literal) -> String,
) -> ControlState {
    let ends: Vec<Value> = rows
        .and_then(|rows| rows.frames.first())
        .map(|frame| {
            let columns = frame.columns.iter().filter(|column| !column.dimension);
            columns
                .filter_map(|column| column.values.first().cloned())
                .collect()
        })
        .unwrap_or_default();
    let (least, greatest) = match ends.as_slice() {
        [least, greatest, ..] => (Some(least), Some(greatest)),
        _ => (None, None),
    };
    let text = |literal: Option<&Literal>, end: Option<&Value>| match (literal, end) {
        (Some(literal), _) => write(literal),
        (None, Some(end)) => write(&Literal::Value(end.clone())),
        (None, None) => String::new(),
    };
    let part = |literal: Option<&Literal>, otherwise: f64| {
        let place = || {
            let (low, high) = (number(least?)?, number(greatest?)?);
            let own = number(literal?.value()?)?;
            (high > low).then(|| ((own - low) / (high - low)).clamp(0.0, 1.0))
        };
        place().unwrap_or(otherwise)
    };
    ControlState::Range {
        from: text(min, least),
        to: text(max, greatest),
        parts: (part(min, 0.0), part(max, 1.0)),
    }
}

/// What a filter keeps, in words: its members or its ends, else `All`.
///
/// Tableau: so titles say the value of a field that the rows of the sheet do not have.
pub(crate) fn words(workbook: &WorkbookSpec, sheet: &SheetSpec, key: &FieldRef) -> String {
    const MOST: usize = 8;
    let write = |literal: &Literal| {
        let value = literal.value()?;
        Some(member_text(workbook, sheet, key, value))
    };
    let found = match filter_of(workbook, sheet, key).map(|filter| &filter.test) {
        Some(FilterTest::Members(set)) => set.listed().and_then(|members| {
            let texts: Option<Vec<String>> = members.into_iter().map(write).collect();
            texts
                .filter(|texts| (1..=MOST).contains(&texts.len()))
                .map(|texts| texts.join(", "))
        }),
        Some(FilterTest::Range {
            min: Some(min),
            max: Some(max),
            ..
        }) => write(min)
            .zip(write(max))
            .map(|(min, max)| workbook.language.phrase("# to #", &[&min, &max])),
        _ => None,
    };
    found.unwrap_or_else(|| workbook.language.say("All").to_owned())
}

/// A member of a field as a control writes it.
pub(crate) fn member_text(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    key: &FieldRef,
    value: &Value,
) -> String {
    let field = field_of(workbook, sheet, key);
    let derivation = pill_of(workbook, sheet, key).map_or(Derivation::None, |pill| pill.derivation);
    let format = format_for(&sheet.style, "label", "text-format", key);
    label(
        workbook.language,
        field,
        derivation,
        format.or_else(|| field?.format.as_deref()),
        value,
    )
}

/// A value as a filter card writes it.
fn label(
    language: &Language,
    field: Option<&FieldSpec>,
    derivation: Derivation,
    format: Option<&str>,
    value: &Value,
) -> String {
    let aliases = field.map_or(&[][..], |field| &field.aliases);
    let alias = aliases
        .iter()
        .find(|(literal, _)| literal.value().is_some_and(|own| same(own, value)));
    match (alias, value) {
        (Some((_, alias)), _) => alias.clone(),
        (None, Value::Null) => language.say("Null").to_owned(),
        // Days as moments have no time to show.
        (None, Value::DateTime(moment)) if field.is_some_and(|field| field.data_type == DataType::Date) => {
            display::text_in(language, &Value::Date(moment.date()), derivation, format)
        }
        _ => display::member_in(language, value, derivation, format),
    }
}

/// The label of a measure in the list of measure names.
fn measure_label(workbook: &WorkbookSpec, sheet: &SheetSpec, text: &str) -> String {
    FieldRef::parse(text, "").map_or_else(|| text.to_owned(), |key| title(workbook, sheet, &key))
}

/// The first text in quotes of a formula.
fn first_text(formula: &str) -> String {
    let Some(begin) = formula.find(['"', '\'']) else {
        return String::new();
    };
    let quote = formula.as_bytes()[begin] as char;
    let rest = &formula[begin + 1..];
    rest[..rest.find(quote).unwrap_or(rest.len())].to_owned()
}

/// The words for periods around today: this one, the one before, the next, several up to now, several from now, and
/// this one up to now.
const PERIODS: &[(&str, [&str; 6])] = &[
    (
        "year",
        [
            "This year",
            "Previous year",
            "Next year",
            "Last # years",
            "Next # years",
            "Year to date",
        ],
    ),
    (
        "quarter",
        [
            "This quarter",
            "Previous quarter",
            "Next quarter",
            "Last # quarters",
            "Next # quarters",
            "Quarter to date",
        ],
    ),
    (
        "month",
        [
            "This month",
            "Previous month",
            "Next month",
            "Last # months",
            "Next # months",
            "Month to date",
        ],
    ),
    (
        "week",
        [
            "This week",
            "Previous week",
            "Next week",
            "Last # weeks",
            "Next # weeks",
            "Week to date",
        ],
    ),
    (
        "day",
        [
            "Today",
            "Yesterday",
            "Tomorrow",
            "Last # days",
            "Next # days",
            "Today",
        ],
    ),
    (
        "hour",
        [
            "This hour",
            "Previous hour",
            "Next hour",
            "Last # hours",
            "Next # hours",
            "Hour to date",
        ],
    ),
    (
        "minute",
        [
            "This minute",
            "Previous minute",
            "Next minute",
            "Last # minutes",
            "Next # minutes",
            "Minute to date",
        ],
    ),
];

/// Says which dates around today are kept, in the words of the control.
fn relative(language: &Language, period: &str, first: i64, last: i64, include_future: bool) -> String {
    let unit = period.strip_prefix("iso-").unwrap_or(period);
    let count = last.saturating_sub(first).saturating_add(1).to_string();
    let Some((_, words)) = PERIODS.iter().find(|(known, _)| *known == unit) else {
        return format!("{count} {unit}s");
    };
    let [this, previous, next, lately, ahead, to_date] = *words;
    let words = match (first, last) {
        (0, 0) if !include_future => to_date,
        (0, 0) => this,
        (-1, -1) => previous,
        (1, 1) => next,
        (_, 0) if first < 0 => lately,
        (0, _) if last > 0 => ahead,
        _ => return format!("{count} {unit}s"),
    };
    language.phrase(words, &[&count])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_dates_have_the_words_of_the_control() {
        let cases = [
            (("month", 0, 0, true), "This month"),
            (("year", 0, 0, false), "Year to date"),
            (("day", 0, 0, false), "Today"),
            (("day", -1, -1, true), "Yesterday"),
            (("iso-week", -2, 0, true), "Last 3 weeks"),
            (("quarter", 0, 1, true), "Next 2 quarters"),
            (("month", -1, -1, true), "Previous month"),
        ];
        for ((period, first, last, future), expected) in cases {
            assert_eq!(relative(display::ENGLISH, period, first, last, future), expected);
        }
    }

    #[test]
    fn sets_tell_their_members() {
        let member = |text: &str| MemberSet::Member {
            level: "x".to_owned(),
            member: Literal::Value(Value::String(text.to_owned())),
        };
        let text = |text: &str| Value::String(text.to_owned());
        let all = || MemberSet::All(vec!["x".to_owned()]);
        let out = MemberSet::Except(
            Box::new(all()),
            Box::new(MemberSet::Union(vec![member("a"), member("b")])),
        );
        let out = Held::of(&out);
        assert!(!out.has(&text("a")) && out.has(&text("c")));
        let years = MemberSet::Range {
            level: "x".to_owned(),
            from: Literal::Value(Value::Integer(2020)),
            to: Literal::Value(Value::Real(2022.0)),
        };
        let years = Held::of(&years);
        assert!(years.has(&Value::Integer(2022)) && !years.has(&Value::Integer(2023)));
    }

    #[test]
    fn a_wildcard_is_the_first_text_of_its_formula() {
        assert_eq!(first_text("CONTAINS(LOWER([Name]), \"abc\")"), "abc");
        assert_eq!(first_text("ISNULL([x])"), "");
        assert_eq!(first_text("x = 'open"), "open");
    }
}
