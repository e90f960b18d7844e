//! Pills: a field as a sheet uses it, with its derivation and table calculations.
//!
//! Source of the codes: the published schema and the files of all versions; a pill is always looked up by
//! its name among the instances of the sheet, and its name is taken apart only where no instance is written.

use vivant_calc::diag::Diagnostic;
use vivant_calc::types::DataType;

use crate::names::{quote, split_name, unquote};
use crate::tree::{NodeId, Tree};

/// The part of a name that stands for the rows of a table of the logical model.
pub const OBJECT_PART: &str = "__tableau_internal_object_id__";

/// A field or an instance of one in a data source, names without brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldRef {
    /// The data source, by its internal name; empty where the document leaves it out.
    pub source: String,
    /// The field or instance. A count of rows of a table is `__tableau_internal_object_id__].[…`: two
    /// names joined, as [`FieldRef::parse`] gives it.
    pub name: String,
}

impl FieldRef {
    /// Names a field.
    pub fn new(source: impl Into<String>, name: impl Into<String>) -> FieldRef {
        FieldRef {
            source: source.into(),
            name: name.into(),
        }
    }

    /// Reads `[source].[name]`, `[source].[table part].[name]` or `[name]`, which is of `source`.
    pub fn parse(text: &str, source: &str) -> Option<FieldRef> {
        let mut parts = split_name(text)?;
        match parts.len() {
            1 => Some(FieldRef::new(source, parts.remove(0))),
            2 if parts[0] == OBJECT_PART => Some(FieldRef::new(source, join(&parts))),
            2 => Some(FieldRef::new(parts.remove(0), parts.remove(0))),
            3 => {
                let source = parts.remove(0);
                Some(FieldRef::new(source, join(&parts)))
            }
            _ => None,
        }
    }

    /// Tells whether this is the list of measure names.
    pub fn is_measure_names(&self) -> bool {
        self.name == ":Measure Names"
    }

    /// Tells whether this stands for the values of the measures in the list of measure names.
    pub fn is_measure_values(&self) -> bool {
        self.name == "Multiple Values"
    }

    /// Tells whether this is one of the fields that geocoding makes.
    pub fn is_generated(&self) -> bool {
        matches!(
            &*self.name,
            "Latitude (generated)" | "Longitude (generated)" | "Geometry (generated)"
        )
    }
}

impl std::fmt::Display for FieldRef {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.source.is_empty() {
            write!(out, "{}.", quote(&self.source))?;
        }
        match self.name.split_once("].[") {
            Some((first, second)) if first == OBJECT_PART => write!(out, "[{first}].{}", quote(second)),
            _ => out.write_str(&quote(&self.name)),
        }
    }
}

fn join(parts: &[String]) -> String {
    parts.join("].[")
}

/// What is taken of a field: a part of a date, an aggregate, or the field as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Derivation {
    /// The field as it is.
    None,
    /// An aggregate.
    Aggregate(Aggregate),
    /// The calculation aggregates by itself, or is a table calculation.
    User,
    /// One value, or a mark of several.
    Attribute,
    /// Whether the member is in the set.
    InOut,
    /// A part of a date, an integer.
    Part(DateUnit),
    /// A date cut off at a unit.
    Trunc(DateUnit),
    /// Year and month as one integer, `202403`.
    MonthYear,
    /// Year, month and day as one integer, `20240315`.
    MonthDayYear,
}

/// An aggregate of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// How many values there are.
    Count,
    /// How many different values there are.
    CountD,
    /// The median.
    Median,
    /// The standard deviation of a sample.
    Stdev,
    /// The standard deviation of a population.
    StdevP,
    /// The variance of a sample.
    Var,
    /// The variance of a population.
    VarP,
    /// A percentile, 0 to 100.
    Percentile(u8),
    /// Geometries put together.
    Collect,
}

/// A unit of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateUnit {
    /// Year.
    Year,
    /// Quarter.
    Quarter,
    /// Month.
    Month,
    /// Week of the year.
    Week,
    /// Day of the week.
    Weekday,
    /// Day of the month.
    Day,
    /// Hour.
    Hour,
    /// Minute.
    Minute,
    /// Second.
    Second,
    /// Year of ISO weeks.
    IsoYear,
    /// Quarter of ISO weeks.
    IsoQuarter,
    /// ISO week.
    IsoWeek,
    /// ISO day of the week, Monday is 1.
    IsoWeekday,
}

impl DateUnit {
    /// Returns the word that formulas use: `year`, `iso-week`.
    pub fn as_str(self) -> &'static str {
        match self {
            DateUnit::Year => "year",
            DateUnit::Quarter => "quarter",
            DateUnit::Month => "month",
            DateUnit::Week => "week",
            DateUnit::Weekday => "weekday",
            DateUnit::Day => "day",
            DateUnit::Hour => "hour",
            DateUnit::Minute => "minute",
            DateUnit::Second => "second",
            DateUnit::IsoYear => "iso-year",
            DateUnit::IsoQuarter => "iso-quarter",
            DateUnit::IsoWeek => "iso-week",
            DateUnit::IsoWeekday => "iso-weekday",
        }
    }
}

/// Every derivation: the word of the attribute and the code in names.
#[rustfmt::skip]
const DERIVATIONS: &[(&str, &str, Derivation)] = {
    use Aggregate as A;
    use DateUnit as U;
    use Derivation::{Aggregate as Agg, Part, Trunc};
    &[
        ("None", "none", Derivation::None),
        ("Sum", "sum", Agg(A::Sum)),
        ("Avg", "avg", Agg(A::Avg)),
        ("Min", "min", Agg(A::Min)),
        ("Max", "max", Agg(A::Max)),
        ("Count", "cnt", Agg(A::Count)),
        ("CountD", "ctd", Agg(A::CountD)),
        ("Median", "med", Agg(A::Median)),
        ("Stdev", "std", Agg(A::Stdev)),
        ("StdevP", "stp", Agg(A::StdevP)),
        ("Var", "var", Agg(A::Var)),
        ("VarP", "vrp", Agg(A::VarP)),
        ("Collect", "clct", Agg(A::Collect)),
        ("Attribute", "attr", Derivation::Attribute),
        ("User", "usr", Derivation::User),
        ("InOut", "io", Derivation::InOut),
        ("MY", "my", Derivation::MonthYear),
        ("MDY", "md", Derivation::MonthDayYear),
        ("Year", "yr", Part(U::Year)),
        ("Quarter", "qr", Part(U::Quarter)),
        ("Month", "mn", Part(U::Month)),
        ("Week", "wk", Part(U::Week)),
        ("Weekday", "wd", Part(U::Weekday)),
        ("Day", "dy", Part(U::Day)),
        ("Hour", "hr", Part(U::Hour)),
        ("Minute", "mi", Part(U::Minute)),
        ("Second", "sc", Part(U::Second)),
        ("ISO-Year", "iyr", Part(U::IsoYear)),
        ("ISO-Qtr", "iqr", Part(U::IsoQuarter)),
        ("ISO-Week", "iwk", Part(U::IsoWeek)),
        ("ISO-Weekday", "iwd", Part(U::IsoWeekday)),
        ("Year-Trunc", "tyr", Trunc(U::Year)),
        ("Quarter-Trunc", "tqr", Trunc(U::Quarter)),
        ("Month-Trunc", "tmn", Trunc(U::Month)),
        ("Week-Trunc", "twk", Trunc(U::Week)),
        ("Day-Trunc", "tdy", Trunc(U::Day)),
        ("Hour-Trunc", "thr", Trunc(U::Hour)),
        ("Minute-Trunc", "tmi", Trunc(U::Minute)),
        ("Second-Trunc", "tsc", Trunc(U::Second)),
        ("ISO-Year-Trunc", "tiyr", Trunc(U::IsoYear)),
        ("ISO-Qtr-Trunc", "tiqr", Trunc(U::IsoQuarter)),
        ("ISO-Week-Trunc", "tiwk", Trunc(U::IsoWeek)),
        ("ISO-Weekday-Trunc", "tiwd", Trunc(U::IsoWeekday)),
    ]
};

impl Derivation {
    /// Reads the word of a `derivation` or `aggregation` attribute, and the percentile beside it.
    pub fn from_word(word: &str, percentile: Option<u8>) -> Option<Derivation> {
        if word.eq_ignore_ascii_case("percentile") {
            return Some(Derivation::Aggregate(Aggregate::Percentile(
                percentile.unwrap_or(50),
            )));
        }
        DERIVATIONS
            .iter()
            .find(|(known, _, _)| known.eq_ignore_ascii_case(word))
            .map(|&(_, _, derivation)| derivation)
    }

    /// Reads the code of an instance's name.
    pub fn from_code(code: &str) -> Option<Derivation> {
        if let Some(percentile) = code.strip_prefix("prc").and_then(|rest| rest.parse().ok()) {
            return Some(Derivation::Aggregate(Aggregate::Percentile(percentile)));
        }
        DERIVATIONS
            .iter()
            .find(|(_, known, _)| *known == code)
            .map(|&(_, _, derivation)| derivation)
    }

    /// Tells whether the result is computed over many rows.
    pub fn is_aggregate(self) -> bool {
        matches!(
            self,
            Derivation::Aggregate(_) | Derivation::User | Derivation::Attribute
        )
    }

    /// Tells whether the result comes from a date.
    pub fn is_date(self) -> bool {
        matches!(
            self,
            Derivation::Part(_) | Derivation::Trunc(_) | Derivation::MonthYear | Derivation::MonthDayYear
        )
    }

    /// Returns the type of the result for a field of a type.
    pub fn result(self, field: DataType) -> DataType {
        match self {
            Derivation::None | Derivation::User | Derivation::Attribute => field,
            Derivation::InOut => DataType::Boolean,
            Derivation::Part(_) | Derivation::MonthYear | Derivation::MonthDayYear => DataType::Integer,
            // Tableau: a date cut off at a unit shorter than a day stays what it is.
            Derivation::Trunc(_) => field,
            Derivation::Aggregate(aggregate) => match aggregate {
                Aggregate::Count | Aggregate::CountD => DataType::Integer,
                Aggregate::Sum | Aggregate::Min | Aggregate::Max | Aggregate::Collect => match field {
                    DataType::Boolean if aggregate == Aggregate::Sum => DataType::Integer,
                    other => other,
                },
                Aggregate::Median | Aggregate::Percentile(_) | Aggregate::Avg => DataType::Real,
                Aggregate::Stdev | Aggregate::StdevP | Aggregate::Var | Aggregate::VarP => DataType::Real,
            },
        }
    }
}

/// A field as a sheet uses it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pill {
    /// The key by which shelves, encodings, filters and sorts refer to it.
    pub key: FieldRef,
    /// The field, in the same data source.
    pub field: String,
    /// What is taken of it.
    pub derivation: Derivation,
    /// Whether it has headers (blue); else it has an axis (green).
    pub discrete: bool,
    /// Whether discrete members have an order of their own.
    pub ordinal: bool,
    /// Table calculations in the order of their application. Those with a
    /// [`TableCalc::field`] say how a calculation used in the formula is addressed.
    pub table_calcs: Vec<TableCalc>,
    /// The instance whose forecast this is.
    pub forecast_of: Option<String>,
    /// The aggregate that totals use in place of their own.
    pub visual_total: Option<Aggregate>,
}

impl Pill {
    /// Makes a pill from a name alone, where an instance is used that is written nowhere.
    pub fn from_name(key: &FieldRef) -> Option<Pill> {
        pill_from_name(key)
    }

    /// Tells whether a table calculation is part of it by its own or its field's doing.
    pub fn has_table_calc(&self) -> bool {
        !self.table_calcs.is_empty()
    }
}

/// What a table calculation computes, if it is a quick one; those of formulas have [`TableCalcKind::Formula`].
#[derive(Debug, Clone, PartialEq)]
pub enum TableCalcKind {
    /// The formula says it.
    Formula,
    /// Running total with this aggregate.
    CumTotal(String),
    /// Difference from another cell.
    Difference,
    /// Difference from another cell as part of it.
    PctDiff,
    /// Part of another cell.
    PctValue,
    /// Part of the total.
    PctTotal,
    /// Rank with the words of `rank-options`, such as `Competition,Descending`.
    Rank(String),
    /// Rank between 0 and 1.
    PctRank(String),
    /// Moving calculation.
    WindowTotal {
        /// The aggregate.
        aggregation: String,
        /// First offset.
        from: i64,
        /// Last offset.
        to: i64,
        /// Whether the cell itself counts.
        include_current: bool,
        /// Whether windows that stick out give nothing.
        null_if_incomplete: bool,
    },
    /// A kind that is not known.
    Other(String),
}

/// Along which fields a table calculation runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Addressing {
    /// Across the table: along the columns shelf.
    Rows,
    /// Down the table: along the rows shelf.
    Columns,
    /// Across, then down.
    Table,
    /// Down, then across.
    TableCol,
    /// Across the pane, then down.
    Pane,
    /// Down the pane, then across.
    PaneCol,
    /// Across the pane.
    RowInPane,
    /// Down the pane.
    ColumnInPane,
    /// Within the cell.
    CellInPane,
    /// Along these fields, the outermost first.
    Fields(Vec<FieldRef>),
}

/// How a table calculation is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCalc {
    /// The field of the formula that this is for; `None` is the pill itself.
    pub field: Option<FieldRef>,
    /// What is computed.
    pub kind: TableCalcKind,
    /// Along which fields.
    pub addressing: Addressing,
    /// The field at which it starts again.
    pub restart: Option<FieldRef>,
    /// The field along whose values offsets step.
    pub level: Option<FieldRef>,
    /// Offset of the other cell of differences; `first` and `last` have their own values.
    pub offset: Offset,
    /// Order of the addressed cells: by a field, descending or not.
    pub sort: Option<(FieldRef, bool)>,
}

/// Which other cell a difference is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offset {
    /// So many cells further; -1 is the one before.
    Relative(i64),
    /// The first cell.
    First,
    /// The last cell.
    Last,
}

/// Reads a `column-instance`.
pub(crate) fn pill(tree: &Tree, node: NodeId, source: &str) -> Option<Pill> {
    let name = tree.get(node, "name")?;
    // Instances of the rows of a table have a name of two parts.
    let name = match split_name(&name) {
        Some(mut parts) if parts.len() > 1 => parts.pop()?,
        _ => unquote(&name),
    };
    let column = tree.get(node, "column")?;
    let field = FieldRef::parse(&column, source).map_or_else(|| unquote(&column), |found| found.name);
    let percentile = tree
        .value(node, "aggregation-param")
        .and_then(|text| text.parse().ok());
    let word = tree.get(node, "derivation").unwrap_or_default();
    let derivation = Derivation::from_word(&word, percentile)?;
    let kind = tree.get(node, "type").unwrap_or_default();
    let visual_total = tree
        .value(node, "visual-totals")
        .and_then(|word| Derivation::from_word(&word, None))
        .and_then(|derivation| match derivation {
            Derivation::Aggregate(aggregate) => Some(aggregate),
            _ => None,
        });
    Some(Pill {
        key: FieldRef::new(source, name_key(&column, name)),
        field,
        derivation,
        discrete: kind != "quantitative",
        ordinal: kind == "ordinal",
        table_calcs: tree
            .named(node, "table-calc")
            .map(|at| table_calc(tree, at, source))
            .collect(),
        forecast_of: tree
            .value(node, "forecast-column-base")
            .map(|base| FieldRef::parse(&base, source).map_or_else(|| unquote(&base), |found| found.name)),
        visual_total,
    })
}

/// An instance of the rows of a table is referred to by two names.
fn name_key(column: &str, name: String) -> String {
    match split_name(column) {
        Some(parts) if parts.len() == 2 && parts[0] == OBJECT_PART => format!("{OBJECT_PART}].[{name}"),
        _ => name,
    }
}

/// Reads a `table-calc`.
pub(crate) fn table_calc(tree: &Tree, node: NodeId, source: &str) -> TableCalc {
    let get = |name: &str| tree.value(node, name);
    let reference = |name: &str| get(name).and_then(|text| FieldRef::parse(&text, source));
    let whole = |name: &str, default: i64| get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let aggregation = get("aggregation").map_or_else(|| "Sum".to_owned(), |text| text.into_owned());
    let ranks = get("rank-options").unwrap_or_default().into_owned();
    let window = get("window-options").unwrap_or_default();
    let kind = match get("type").as_deref() {
        None | Some("Custom" | "None") => TableCalcKind::Formula,
        Some("CumTotal") => TableCalcKind::CumTotal(aggregation),
        Some("Difference") => TableCalcKind::Difference,
        Some("PctDiff") => TableCalcKind::PctDiff,
        Some("PctValue") => TableCalcKind::PctValue,
        Some("PctTotal") => TableCalcKind::PctTotal,
        Some("Rank") => TableCalcKind::Rank(ranks),
        Some("PctRank") => TableCalcKind::PctRank(ranks),
        Some("WindowTotal") => TableCalcKind::WindowTotal {
            aggregation,
            from: whole("from", 0),
            to: whole("to", 0),
            include_current: window.contains("IncludeCurrent"),
            null_if_incomplete: window.contains("NullIfIncomplete"),
        },
        Some(other) => TableCalcKind::Other(other.to_owned()),
    };
    let mut fields: Vec<FieldRef> = tree
        .named(node, "order")
        .filter_map(|order| FieldRef::parse(&tree.get(order, "field")?, source))
        .collect();
    if fields.is_empty() {
        fields.extend(reference("ordering-field"));
    }
    let addressing = match get("ordering-type").as_deref() {
        Some("Columns") => Addressing::Columns,
        Some("Table") => Addressing::Table,
        Some("TableCol") => Addressing::TableCol,
        Some("Pane") => Addressing::Pane,
        Some("PaneCol") => Addressing::PaneCol,
        Some("RowInPane") => Addressing::RowInPane,
        Some("ColumnInPane") => Addressing::ColumnInPane,
        Some("CellInPane") => Addressing::CellInPane,
        Some("Field") => Addressing::Fields(fields),
        _ => Addressing::Rows,
    };
    let offset = match get("diff-options").as_deref() {
        Some("First") => Offset::First,
        Some("Last") => Offset::Last,
        _ => tree
            .find(node, &["address", "value"])
            .and_then(|value| match &*tree.text(value) {
                "first" | "First" => Some(Offset::First),
                "last" | "Last" => Some(Offset::Last),
                text => text.trim().parse().ok().map(Offset::Relative),
            })
            .unwrap_or(Offset::Relative(-1)),
    };
    let sort = tree.child(node, "sort").and_then(|sort| {
        let using = FieldRef::parse(&tree.value(sort, "using")?, source)?;
        Some((using, tree.has(sort, "direction", "DESC")))
    });
    TableCalc {
        field: reference("field"),
        kind,
        addressing,
        restart: reference("level-break"),
        level: reference("level-address"),
        offset,
        sort,
    }
}

/// Makes a pill from a name alone, where a sheet uses an instance that is written nowhere.
pub(crate) fn pill_from_name(key: &FieldRef) -> Option<Pill> {
    let (object, name) = match key.name.split_once("].[") {
        Some((first, second)) if first == OBJECT_PART => (true, second),
        _ => (false, &*key.name),
    };
    let mut parts: Vec<&str> = name.split(':').collect();
    if parts.len() < 3 {
        return None;
    }
    if parts.last().is_some_and(|last| last.parse::<u32>().is_ok()) {
        parts.pop();
    }
    let kind = parts.pop()?;
    // Prefixes of quick table calculations cannot be known from the name alone.
    let derivation = Derivation::from_code(parts.remove(0))?;
    if !matches!(kind, "nk" | "ok" | "qk") || parts.is_empty() {
        return None;
    }
    let field = parts.join(":");
    Some(Pill {
        key: key.clone(),
        field: if object {
            format!("{OBJECT_PART}].[{field}")
        } else {
            field
        },
        derivation,
        discrete: kind != "qk",
        ordinal: kind == "ok",
        table_calcs: Vec::new(),
        forecast_of: None,
        visual_total: None,
    })
}

/// Says that something is not known; code `spec.*`.
pub(crate) fn unknown(what: &str, text: &str) -> Diagnostic {
    Diagnostic::warning(
        "spec.not-understood",
        format!("{what} `{}` is not understood", crate::error::shorten(text)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_one_two_and_three_parts_are_references() {
        let field = FieldRef::parse("[ds].[sum:a]]b:qk]", "").unwrap();
        assert_eq!((field.source.as_str(), field.name.as_str()), ("ds", "sum:a]b:qk"));
        let count = FieldRef::parse("[ds].[__tableau_internal_object_id__].[cnt:Orders_1:qk]", "").unwrap();
        assert_eq!(count.name, "__tableau_internal_object_id__].[cnt:Orders_1:qk");
        assert_eq!(
            count.to_string(),
            "[ds].[__tableau_internal_object_id__].[cnt:Orders_1:qk]"
        );
        assert_eq!(FieldRef::parse("[a]", "ds"), Some(FieldRef::new("ds", "a")));
    }

    #[test]
    fn instances_without_an_element_are_read_from_their_names() {
        let pill = pill_from_name(&FieldRef::new("ds", "tmn:Order: Date:qk:1")).unwrap();
        assert_eq!(pill.field, "Order: Date");
        assert_eq!(pill.derivation, Derivation::Trunc(DateUnit::Month));
        assert!(!pill.discrete);
        let pill = pill_from_name(&FieldRef::new("ds", "prc95:Fare:qk")).unwrap();
        assert_eq!(pill.derivation, Derivation::Aggregate(Aggregate::Percentile(95)));
        assert_eq!(pill_from_name(&FieldRef::new("ds", "Set 1")), None);
    }
}
