//! Lists: filters, sort keys and pages.

use vivant_model::Capability;

use crate::Millis;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items of the page, in order.
    pub items: Vec<T>,
    /// The number of items on all pages.
    pub total: u64,
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// The first key counts most; ties are broken by id.
    pub sort: Vec<SortKey>,
    /// Which part of the list.
    pub page: PageRequest,
    /// Fills [`crate::Project::counts`]; of no effect on other lists.
    pub with_counts: bool,
    /// Leaves out projects in which the caller lacks this; of no effect on other lists.
    pub capability: Option<Capability>,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// From 1.
    pub number: u32,
    /// Items on a page.
    pub size: u32,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { number: 1, size: 100 }
    }
}

/// A condition on one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The field's name in the REST API.
    pub field: String,
    /// How to compare.
    pub op: Op,
    /// What to compare with: one value, or any number for [`Op::In`].
    pub values: Vec<FilterValue>,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal; text with regard to case.
    Eq,
    /// Equal to one of several values.
    In,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Contains the text, without regard to case.
    Has,
    /// Equal without regard to case.
    CiEq,
}

/// A value of a filter.
#[derive(Clone, Debug, PartialEq)]
pub enum FilterValue {
    /// Text; also read as a number or a truth value where the field is one.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A point in time.
    Time(Millis),
}

/// A field to sort by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The field's name in the REST API.
    pub field: String,
    /// From the greatest to the least.
    pub descending: bool,
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// A truth value: [`Op::Eq`] and [`Op::In`] only.
    Bool,
    /// A point in time.
    Time,
}

/// A field that a list is filtered and sorted by.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in the REST API.
    pub name: &'static str,
    /// What its values are.
    pub kind: FieldKind,
    /// The value, as an expression of SQL.
    pub(crate) exact: &'static str,
    /// The value in lower case, where there is an indexed column of it.
    pub(crate) key: Option<&'static str>,
    /// The joins that the expression needs, in order.
    pub(crate) joins: &'static [&'static str],
    /// Where an item has any number of values.
    pub(crate) rows: Option<Rows>,
    /// Whether items may lack a value.
    pub(crate) nullable: bool,
}

/// Rows of another table that belong to an item of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// The table, with the name that expressions call it by.
    pub(crate) table: &'static str,
    /// Its column that names the item.
    pub(crate) of: &'static str,
    /// The item's own id.
    pub(crate) item: &'static str,
}

impl Field {
    /// A field that is an expression.
    pub(crate) const fn new(name: &'static str, kind: FieldKind, exact: &'static str) -> Self {
        Self {
            name,
            kind,
            exact,
            key: None,
            joins: &[],
            rows: None,
            nullable: false,
        }
    }

    /// A text field with a key column.
    pub(crate) const fn name(name: &'static str, exact: &'static str, key: &'static str) -> Self {
        let mut field = Self::new(name, FieldKind::Text, exact);
        field.key = Some(key);
        field
    }

    /// Says which joins the field needs, in order.
    pub(crate) const fn joins(mut self, joins: &'static [&'static str]) -> Self {
        self.joins = joins;
        self
    }

    /// Says that the field is one of rows that an item has any number of.
    pub(crate) const fn rows(mut self, rows: Rows) -> Self {
        self.rows = Some(rows);
        self.nullable = true;
        self
    }

    /// Says that items may lack the field.
    pub(crate) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}
