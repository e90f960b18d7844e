//! Filters of data sources and extracts.

use super::{DATASOURCE_ORDER, Document, Literal, field_name};
use crate::error::{Error, Result, shorten};
use crate::names::unquote;
use crate::tree::{Element, NodeId, Where};
use crate::view::Datasource;

/// Where a filter works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterScope {
    /// On everything that uses the data source.
    Datasource,
    /// On the rows that go into the extract.
    Extract,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Years.
    Year,
    /// Quarters.
    Quarter,
    /// Months.
    Month,
    /// Weeks.
    Week,
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
}

impl Period {
    /// All units.
    pub const ALL: [Self; 7] = [
        Self::Year,
        Self::Quarter,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Hour,
        Self::Minute,
    ];

    /// Returns the word that documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
        }
    }
}

/// Dates around today: whole periods from `first` to `last`, counted from the current one, which is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelativeDate {
    /// Unit.
    pub period: Period,
    /// First period that is kept.
    pub first: i32,
    /// Last period that is kept.
    pub last: i32,
    /// Whether the rest of the last period, after now, is kept.
    pub include_future: bool,
}

impl RelativeDate {
    /// Keeps the current period.
    pub fn current(period: Period) -> Self {
        Self {
            period,
            first: 0,
            last: 0,
            include_future: true,
        }
    }

    /// Keeps the last so many periods, the current one included.
    pub fn last(period: Period, count: u16) -> Self {
        Self {
            first: 1 - i32::from(count.max(1)),
            ..Self::current(period)
        }
    }

    /// Keeps the next so many periods, after the current one.
    pub fn next(period: Period, count: u16) -> Self {
        Self {
            first: 1,
            last: i32::from(count.max(1)),
            ..Self::current(period)
        }
    }

    /// Keeps so many periods before the current one.
    pub fn previous(period: Period, count: u16) -> Self {
        Self {
            first: -i32::from(count.max(1)),
            last: -1,
            ..Self::current(period)
        }
    }

    /// Keeps the current period up to now.
    pub fn to_date(period: Period) -> Self {
        Self {
            include_future: false,
            ..Self::current(period)
        }
    }
}

/// A filter to add.
#[derive(Debug, Clone, PartialEq)]
pub enum NewFilter {
    /// Listed members.
    Members {
        /// The members.
        values: Vec<Literal>,
        /// Whether they are left out rather than kept.
        exclude: bool,
        /// Whether they were typed as a custom list.
        custom_list: bool,
    },
    /// Values between two bounds, both included.
    Range {
        /// Least value.
        min: Option<Literal>,
        /// Greatest value.
        max: Option<Literal>,
        /// Whether rows without a value are kept.
        include_null: bool,
    },
    /// Dates around today.
    RelativeDate(RelativeDate),
}

impl Document {
    /// Adds a filter on a field; one that is already there has to be removed first.
    pub fn add_filter(
        &mut self,
        datasource: &str,
        scope: FilterScope,
        field: &str,
        filter: &NewFilter,
    ) -> Result<()> {
        let source = self.source_node(datasource)?;
        let name = field_name(self.source_at(source), field)?;
        let holder = self.filter_holder(source, scope)?;
        if !self.filters_on(holder, &name).is_empty() {
            return Err(Error::edit(format!(
                "there is a filter on `{}` already; remove it first",
                shorten(&unquote(&name))
            )));
        }
        let element = self.filter_element(source, &name, filter)?;
        // A range works on the values themselves, which is an instance of the field.
        if !matches!(filter, NewFilter::Members { .. }) {
            self.ensure_instance(source, &name)?;
        }
        match scope {
            FilterScope::Datasource => {
                self.tree.insert_ordered(source, &element, &DATASOURCE_ORDER)?;
            }
            FilterScope::Extract => {
                // Tableau: filters stand between the extract's connection and its aggregation.
                let after = self
                    .tree
                    .all_children(holder)
                    .filter(|&child| matches!(self.tree.plain_name(child), "connection" | "filter"));
                let place = after.last().map_or(Where::First(holder), Where::After);
                self.tree.insert(place, &element)?;
            }
        }
        Ok(())
    }

    /// Removes the filters on a field and returns how many there were.
    pub fn remove_filter(&mut self, datasource: &str, scope: FilterScope, field: &str) -> Result<usize> {
        let source = self.source_node(datasource)?;
        let name = field_name(self.source_at(source), field)?;
        let holder = self.filter_holder(source, scope)?;
        let found = self.filters_on(holder, &name);
        for &filter in &found {
            self.tree.remove(filter)?;
        }
        Ok(found.len())
    }

    fn filter_holder(&self, source: NodeId, scope: FilterScope) -> Result<NodeId> {
        match scope {
            FilterScope::Datasource => Ok(source),
            FilterScope::Extract => self
                .tree
                .child(source, "extract")
                .ok_or_else(|| Error::edit("the data source has no extract; add one first")),
        }
    }

    fn filters_on(&self, holder: NodeId, name: &str) -> Vec<NodeId> {
        let plain = unquote(name);
        let instance = instance_name(name);
        self.tree
            .all_named(holder, "filter")
            .filter(|&filter| {
                let column = unquote(&self.tree.get(filter, "column").unwrap_or_default());
                column == plain || column == unquote(&instance)
            })
            .collect()
    }

    /// Makes the instance of a field that stands for its values, unless it is there.
    fn ensure_instance(&mut self, source: NodeId, name: &str) -> Result<()> {
        let instance = instance_name(name);
        let there = self
            .tree
            .all_named(source, "column-instance")
            .any(|node| self.tree.has(node, "name", &instance));
        if there {
            return Ok(());
        }
        let element = Element::new("column-instance")
            .with("column", name)
            .with("derivation", "None")
            .with("name", instance)
            .with("pivot", "key")
            .with("type", "quantitative");
        self.tree.insert_ordered(source, &element, &DATASOURCE_ORDER)?;
        Ok(())
    }

    fn filter_element(&self, source: NodeId, name: &str, filter: &NewFilter) -> Result<Element> {
        let base = |class: &str, column: &str| {
            Element::new("filter")
                .with("class", class)
                .with("column", column)
                .with("filter-group", "2")
        };
        let view = self.source_at(source);
        Ok(match filter {
            NewFilter::Members {
                values,
                exclude,
                custom_list,
            } => {
                if values.is_empty() {
                    return Err(Error::edit("a filter by members needs at least one"));
                }
                let mark = |element: Element| {
                    let element = element
                        .with("user:ui-domain", "database")
                        .with(
                            "user:ui-enumeration",
                            if *exclude { "exclusive" } else { "inclusive" },
                        )
                        .with("user:ui-marker", "enumerate");
                    if *custom_list {
                        element
                            .with("user:ui-manual-selection", "true")
                            .with("user:ui-manual-selection-all-when-empty", "true")
                    } else {
                        element
                    }
                };
                let member = |value: &Literal| {
                    Element::new("groupfilter")
                        .with("function", "member")
                        .with("level", name)
                        .with("member", value.to_string())
                };
                let set = |values: &[Literal]| match values {
                    [only] => member(only),
                    many => Element::new("groupfilter")
                        .with("function", "union")
                        .children(many.iter().map(member)),
                };
                let group = if *exclude {
                    mark(Element::new("groupfilter").with("function", "except"))
                        .child(
                            Element::new("groupfilter")
                                .with("function", "level-members")
                                .with("level", name),
                        )
                        .child(set(values))
                } else {
                    mark(set(values))
                };
                base("categorical", name).child(group)
            }
            NewFilter::Range {
                min,
                max,
                include_null,
            } => {
                if min.is_none() && max.is_none() {
                    return Err(Error::edit("a filter by range needs a least or a greatest value"));
                }
                let is_text =
                    |bound: &Option<Literal>| matches!(bound, Some(Literal::Text(_) | Literal::Boolean(_)));
                if is_text(min) || is_text(max) {
                    return Err(Error::edit("a filter by range is for numbers and dates"));
                }
                let included = if *include_null {
                    "in-range-or-null"
                } else {
                    "in-range"
                };
                let bound = |name: &str, value: &Option<Literal>| {
                    value
                        .as_ref()
                        .map(|value| Element::new(name).text(value.to_string()))
                };
                base("quantitative", &instance_name(name))
                    .with("included-values", included)
                    .children(bound("min", min).into_iter().chain(bound("max", max)))
            }
            NewFilter::RelativeDate(relative) => {
                if relative.first > relative.last {
                    return Err(Error::edit("the first period of a filter comes after its last"));
                }
                if let Some(datatype) = datatype_of(view, name)
                    && !matches!(datatype.as_str(), "date" | "datetime")
                {
                    return Err(Error::edit(format!(
                        "field `{}` is of type {datatype}; relative dates need dates",
                        shorten(&unquote(name))
                    )));
                }
                base("relative-date", &instance_name(name))
                    .with("first-period", relative.first.to_string())
                    .with("include-future", relative.include_future.to_string())
                    .with("include-null", "false")
                    .with("last-period", relative.last.to_string())
                    .with("period-type-v2", relative.period.as_str())
            }
        })
    }
}

fn instance_name(name: &str) -> String {
    let inside = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(name);
    format!("[none:{inside}:qk]")
}

/// Returns the type of a field: of its column, else of its metadata.
fn datatype_of(source: Datasource<'_>, name: &str) -> Option<String> {
    let columns = source.columns();
    columns
        .iter()
        .find(|column| column.name() == name)
        .and_then(|column| column.datatype())
        .or_else(|| {
            let records = source.metadata_records();
            let record = records
                .iter()
                .find(|record| record.local_name().as_deref() == Some(name))?;
            record.local_type()
        })
        .map(std::borrow::Cow::into_owned)
}
