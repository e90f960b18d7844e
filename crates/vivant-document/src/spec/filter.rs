//! Filters and the trees of members that filters and sets are made of.

use super::literal::Literal;
use super::pill::FieldRef;
use super::relation::Condition;
use crate::names::unquote;
use crate::tree::{NodeId, Tree};

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterSpec {
    /// The field or instance that is compared; of an action, its set.
    pub column: FieldRef,
    /// What it keeps.
    pub test: FilterTest,
    /// Whether it comes before sets, top N and fixed levels of detail.
    pub context: bool,
    /// The action that writes it.
    pub action: Option<String>,
    /// Whether it only hides members from the picture.
    pub hides: bool,
    /// The number that filters of several sheets share.
    pub group: Option<i64>,
    /// Whether it is applied to totals, too, if it compares a table calculation.
    pub totals: bool,
}

/// What a filter keeps.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterTest {
    /// Members.
    Members(MemberSet),
    /// Values of a range, both ends included.
    Range {
        /// The least value.
        min: Option<Literal>,
        /// The greatest value.
        max: Option<Literal>,
        /// What happens with missing values.
        nulls: RangeNulls,
    },
    /// Dates around today or an anchor.
    Relative {
        /// The unit, such as `month` or `iso-week`.
        period: String,
        /// First period, counted from the anchor's.
        first: i64,
        /// Last period, counted from the anchor's.
        last: i64,
        /// The date in place of today.
        anchor: Option<Literal>,
        /// Whether missing dates are kept.
        include_null: bool,
        /// Whether dates after the anchor are kept.
        include_future: bool,
    },
    /// Everything.
    All,
    /// A class that is not known.
    Other(String),
}

/// Which values a range filter keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeNulls {
    /// Values in the range.
    InRange,
    /// Values in the range and missing ones.
    InRangeOrNull,
    /// All values that are not missing.
    NonNull,
    /// Missing values only.
    NullOnly,
    /// All values.
    All,
}

/// A set of members, by a tree of operations. Levels are fields or instances without their data source.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberSet {
    /// All members of these levels.
    All(Vec<String>),
    /// No members.
    Empty(Vec<String>),
    /// One member.
    Member {
        /// The level.
        level: String,
        /// The member.
        member: Literal,
    },
    /// Members from one to another in the order of the level.
    Range {
        /// The level.
        level: String,
        /// First member.
        from: Literal,
        /// Last member.
        to: Literal,
    },
    /// Members of any.
    Union(Vec<MemberSet>),
    /// Members of all.
    Intersection(Vec<MemberSet>),
    /// Members of the first that are not in the second.
    Except(Box<MemberSet>, Box<MemberSet>),
    /// Members of several levels together.
    Cross(Vec<MemberSet>),
    /// Members for which a formula holds.
    Where {
        /// The formula; aggregates are per member.
        formula: String,
        /// The members that are tested.
        of: Box<MemberSet>,
    },
    /// The first or last so many members.
    Top {
        /// How many, as a number or the name of a parameter.
        count: Count,
        /// Whether these are the last.
        bottom: bool,
        /// Whether the count is in per cent.
        percent: bool,
        /// The formula that orders them.
        formula: String,
        /// Whether the order is from great to small.
        descending: bool,
        /// The members that are ordered.
        of: Box<MemberSet>,
    },
    /// Members of another set.
    Set(String),
    /// An operation that is not known.
    Other(String),
}

/// A number or a parameter's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Count {
    /// A number.
    Number(i64),
    /// A parameter, by its internal name.
    Parameter(String),
}

/// Trees deeper than this are not read.
const MAX_DEPTH: usize = 200;

impl MemberSet {
    /// Reads a `groupfilter`.
    pub(crate) fn of(tree: &Tree, node: NodeId, source: &str) -> MemberSet {
        read(tree, node, source, 0)
    }

    /// Returns the levels that members are of, in order.
    pub fn levels(&self) -> Vec<String> {
        match self {
            MemberSet::All(levels) | MemberSet::Empty(levels) => levels.clone(),
            MemberSet::Member { level, .. } | MemberSet::Range { level, .. } => vec![level.clone()],
            MemberSet::Union(parts) | MemberSet::Intersection(parts) => parts
                .iter()
                .map(MemberSet::levels)
                .find(|levels| !levels.is_empty())
                .unwrap_or_default(),
            MemberSet::Except(all, _) => all.levels(),
            MemberSet::Cross(parts) => parts.iter().flat_map(MemberSet::levels).collect(),
            MemberSet::Where { of, .. } | MemberSet::Top { of, .. } => of.levels(),
            MemberSet::Set(_) | MemberSet::Other(_) => Vec::new(),
        }
    }

    /// Tells whether everything is kept.
    pub fn is_all(&self) -> bool {
        match self {
            MemberSet::All(_) => true,
            MemberSet::Cross(parts) => parts.iter().all(MemberSet::is_all),
            _ => false,
        }
    }

    /// Returns the members that are listed one by one, if that is all there is.
    pub fn listed(&self) -> Option<Vec<&Literal>> {
        match self {
            MemberSet::Member { member, .. } => Some(vec![member]),
            MemberSet::Empty(_) => Some(Vec::new()),
            MemberSet::Union(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(part.listed()?);
                }
                Some(all)
            }
            _ => None,
        }
    }
}

fn read(tree: &Tree, node: NodeId, source: &str, depth: usize) -> MemberSet {
    if depth > MAX_DEPTH {
        return MemberSet::Other("too deep".to_owned());
    }
    let get = |name| tree.get(node, name);
    let level = || {
        get("level").map_or_else(String::new, |text| {
            FieldRef::parse(&text, source).map_or_else(|| unquote(&text), |found| found.name)
        })
    };
    let literal = |name| get(name).map_or(Literal::Other(String::new()), |text| Literal::parse(&text));
    let children: Vec<MemberSet> = tree
        .named(node, "groupfilter")
        .map(|child| read(tree, child, source, depth + 1))
        .collect();
    let first = |children: Vec<MemberSet>| {
        Box::new(children.into_iter().next().unwrap_or(MemberSet::All(Vec::new())))
    };
    match get("function").as_deref() {
        Some("level-members") => MemberSet::All(vec![level()]),
        Some("empty-level") => {
            let name = get("level").or_else(|| get("member")).unwrap_or_default();
            let name = FieldRef::parse(&name, source).map_or_else(|| unquote(&name), |found| found.name);
            MemberSet::Empty(vec![name])
        }
        Some("member") => MemberSet::Member {
            level: level(),
            member: literal("member"),
        },
        Some("range") => MemberSet::Range {
            level: level(),
            from: literal("from"),
            to: literal("to"),
        },
        Some("union") => MemberSet::Union(children),
        Some("intersection") => MemberSet::Intersection(children),
        Some("except") => {
            let mut children = children.into_iter();
            match (children.next(), children.next()) {
                (Some(all), Some(out)) => MemberSet::Except(Box::new(all), Box::new(out)),
                (Some(all), None) => all,
                _ => MemberSet::Other("except".to_owned()),
            }
        }
        Some("crossjoin") => MemberSet::Cross(children),
        // The same tuples with their columns in another order; levels are looked up by name.
        Some("reorder-dimensionality") => *first(children),
        Some("filter") => MemberSet::Where {
            formula: get("expression").unwrap_or_default().into_owned(),
            of: first(children),
        },
        Some("order") => *first(children),
        Some("end") => {
            let order = tree
                .named(node, "groupfilter")
                .find(|&child| tree.has(child, "function", "order"));
            let count = get("count").unwrap_or_default();
            MemberSet::Top {
                count: match count.parse() {
                    Ok(number) => Count::Number(number),
                    Err(_) => Count::Parameter(
                        FieldRef::parse(&count, "").map_or_else(|| count.to_string(), |found| found.name),
                    ),
                },
                bottom: get("end").as_deref() == Some("bottom"),
                percent: get("units").as_deref() == Some("percent"),
                formula: order
                    .and_then(|order| tree.get(order, "expression"))
                    .unwrap_or_default()
                    .into_owned(),
                descending: order.is_none_or(|order| !tree.has(order, "direction", "ASC")),
                of: first(children),
            }
        }
        Some("reference") => MemberSet::Set(get("field").map_or_else(String::new, |text| {
            FieldRef::parse(&text, source).map_or_else(|| unquote(&text), |found| found.name)
        })),
        other => MemberSet::Other(other.unwrap_or_default().to_owned()),
    }
}

impl FilterSpec {
    /// Reads the filters that are children of an element.
    pub(crate) fn all(tree: &Tree, parent: NodeId, source: &str) -> Vec<FilterSpec> {
        tree.named(parent, "filter")
            .filter_map(|node| FilterSpec::of(tree, node, source))
            .collect()
    }

    /// Reads a `filter`; one without a column is none.
    pub(crate) fn of(tree: &Tree, node: NodeId, source: &str) -> Option<FilterSpec> {
        let column = FieldRef::parse(&tree.get(node, "column")?, source)?;
        let get = |name: &str| tree.value(node, name);
        let bound = |name: &str| {
            let child = tree.child(node, name)?;
            Some(Literal::parse(&tree.text(child)))
        };
        let whole = |name: &str| get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let top = tree.child(node, "groupfilter");
        let test = match get("class").as_deref() {
            Some("categorical") => match top {
                Some(top) => FilterTest::Members(MemberSet::of(tree, top, &column.source)),
                None => FilterTest::All,
            },
            Some("quantitative") => FilterTest::Range {
                min: bound("min"),
                max: bound("max"),
                nulls: match get("included-values").as_deref() {
                    Some("in-range-or-null") => RangeNulls::InRangeOrNull,
                    Some("non-null") => RangeNulls::NonNull,
                    Some("null") => RangeNulls::NullOnly,
                    Some("all") => RangeNulls::All,
                    _ => RangeNulls::InRange,
                },
            },
            Some("relative-date") => FilterTest::Relative {
                period: get("period-type-v2")
                    .or_else(|| get("period-type"))
                    .unwrap_or_default()
                    .into_owned(),
                first: whole("first-period"),
                last: whole("last-period"),
                anchor: get("period-anchor").map(|text| Literal::parse(&text)),
                include_null: tree.has(node, "include-null", "true"),
                include_future: !tree.has(node, "include-future", "false"),
            },
            other => FilterTest::Other(other.unwrap_or_default().to_owned()),
        };
        Some(FilterSpec {
            column,
            test,
            context: tree.has(node, "context", "true"),
            action: tree
                .user(node, "ui-action-filter")
                .or_else(|| tree.user(top?, "ui-action-filter"))
                .map(|name| unquote(&name)),
            hides: tree.has(node, "kind", "hide"),
            group: get("filter-group").and_then(|text| text.parse().ok()),
            totals: tree.has(node, "affect-totals", "true"),
        })
    }
}

impl Condition {
    /// Writes the condition as a formula.
    pub fn formula(&self) -> String {
        match self {
            Condition::Leaf(text) => text.clone(),
            Condition::Op(op, operands) => {
                let parts: Vec<String> = operands.iter().map(Condition::formula).collect();
                match &*parts {
                    [one] => format!("{op}({one})"),
                    _ => format!("({})", parts.join(&format!(" {op} "))),
                }
            }
        }
    }
}
