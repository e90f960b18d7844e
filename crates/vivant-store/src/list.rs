//! Lists: filters, sort keys and pages, and the SQL that they become.

use crate::{Error, Millis, Result};

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
    pub(crate) sql: Sql,
}

/// How a field is written in SQL.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sql {
    /// An expression, and the joins that it needs.
    Expr {
        expr: &'static str,
        joins: &'static [&'static str],
    },
    /// A text column that has a key column beside it, on which there is an index.
    Name {
        exact: &'static str,
        key: &'static str,
        joins: &'static [&'static str],
    },
    /// Rows of another table: `EXISTS (SELECT 1 {from} AND {column} = …)`, sorted by the least.
    Rows {
        from: &'static str,
        exact: &'static str,
        key: &'static str,
    },
}
