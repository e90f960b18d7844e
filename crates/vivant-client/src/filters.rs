//! Filters and sort keys: written so that every character arrives, checked against what each list
//! offers.

use std::fmt;

use vivant_wire::Timestamp;
pub use vivant_wire::query::Operator;

use crate::error::{Error, Result};

/// What a list can be filtered and sorted by.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in expressions.
    pub name: &'static str,
    operators: Operators,
}

#[derive(Clone, Copy, Debug)]
enum Operators {
    /// `eq` and `in`.
    Text,
    /// `eq`, `gt`, `gte`, `lt`, `lte`.
    Range,
    /// `eq`.
    Equal,
}

impl Field {
    /// The operators that Tableau documents for the field.
    pub fn operators(&self) -> &'static [Operator] {
        use Operator::*;
        match self.operators {
            Operators::Text => &[Eq, In, CiEq],
            Operators::Range => &[Eq, Gt, Gte, Lt, Lte],
            Operators::Equal => &[Eq],
        }
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $table:ident { text: [$($text:literal),*], range: [$($range:literal),*], equal: [$($equal:literal),*] })*) => {$(
        $(#[$doc])*
        pub const $table: &[Field] = &[
            $(Field { name: $text, operators: Operators::Text },)*
            $(Field { name: $range, operators: Operators::Range },)*
            $(Field { name: $equal, operators: Operators::Equal },)*
        ];
    )*};
}

fields! {
    /// Users of a site.
    USERS { text: ["name", "siteRole", "friendlyName", "luid"], range: ["lastLogin"], equal: ["isLocal"] }
    /// Groups of a site.
    GROUPS { text: ["name", "domainName", "domainNickname", "minimumSiteRole", "luid"], range: ["userCount"], equal: ["isLocal"] }
    /// Projects.
    PROJECTS {
        text: ["name", "ownerName", "ownerDomain", "ownerEmail", "parentProjectId"],
        range: ["createdAt", "updatedAt"],
        equal: ["topLevelProject"]
    }
    /// Workbooks.
    WORKBOOKS {
        text: ["name", "contentUrl", "ownerName", "ownerDomain", "ownerEmail", "projectName", "tags"],
        range: ["createdAt", "updatedAt", "favoritesTotal", "sheetCount", "size", "subscriptionsTotal"],
        equal: ["displayTabs", "hasAlerts", "hasExtracts"]
    }
    /// Views.
    VIEWS {
        text: [
            "name", "caption", "contentUrl", "title", "viewUrlName", "sheetType", "workbookName",
            "workbookDescription", "projectName", "ownerName", "ownerDomain", "ownerEmail", "tags", "fields"
        ],
        range: ["createdAt", "updatedAt", "favoritesTotal", "hitsTotal", "sheetNumber"],
        equal: []
    }
    /// Flows.
    FLOWS {
        text: ["name", "projectName"],
        range: ["createdAt", "updatedAt"],
        equal: ["ownerName", "projectId"]
    }
    /// Runs of flows.
    FLOW_RUNS {
        text: ["flowId", "userId", "status"],
        range: ["progress", "startedAt", "completedAt"],
        equal: []
    }
    /// Custom views.
    CUSTOM_VIEWS {
        text: ["id", "name"],
        range: ["createdAt", "updatedAt"],
        equal: ["ownerId", "viewId", "workbookId", "shared"]
    }
    /// Metrics.
    METRICS {
        text: ["name", "ownerName", "projectName", "tags"],
        range: ["createdAt", "updatedAt"],
        equal: []
    }
    /// Data-driven alerts.
    DATA_ALERTS { text: [], range: [], equal: ["viewId"] }
    /// Jobs.
    JOBS {
        text: ["jobType", "status", "title", "subtitle", "notes", "args"],
        range: ["createdAt", "startedAt", "endedAt", "completedAt", "priority", "progress"],
        equal: []
    }
    /// Published data sources.
    DATASOURCES {
        text: [
            "name", "contentUrl", "description", "authenticationType", "connectionTo", "connectionType", "databaseName",
            "databaseUserName", "serverName", "tableName", "ownerName", "ownerDomain", "projectName", "tags"
        ],
        range: ["createdAt", "updatedAt", "favoritesTotal", "size", "connectedWorkbookType"],
        equal: [
            "type", "ownerEmail", "hasAlert", "hasEmbeddedPassword", "hasExtracts", "isCertified", "isConnectable",
            "isDefaultPort", "isHierarchical", "isPublished", "serverPort"
        ]
    }
}

/// A value to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A point in time.
    Time(Timestamp),
}

macro_rules! values {
    ($($type:ty => $variant:ident),*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

values!(&str => Text, String => Text, i64 => Int, i32 => Int, u32 => Int, bool => Bool, Timestamp => Time);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Time(time) => write!(f, "{time}"),
        }
    }
}

/// One condition of a filter; several are joined by AND.
///
/// ```
/// use vivant_client::Filter;
///
/// let filters = [Filter::eq("name", "Sales + Ops"), Filter::gte("size", 10)];
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    field: String,
    operator: Operator,
    values: Vec<Value>,
    checked: bool,
}

impl Filter {
    /// Makes a condition of a field, an operator and one value, or several for `in`.
    pub fn new(
        field: impl Into<String>,
        operator: Operator,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        Self {
            field: field.into(),
            operator,
            values: values.into_iter().collect(),
            checked: true,
        }
    }

    fn one(field: impl Into<String>, operator: Operator, value: impl Into<Value>) -> Self {
        Self::new(field, operator, [value.into()])
    }

    /// The field equals the value.
    pub fn eq(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::one(field, Operator::Eq, value)
    }

    /// The field equals the value but for the case of letters (newer servers).
    pub fn eq_ignoring_case(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::one(field, Operator::CiEq, value)
    }

    /// The field equals one of the values.
    pub fn any_of<V: Into<Value>>(field: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self::new(field, Operator::In, values.into_iter().map(Into::into))
    }

    /// The field is greater than the value.
    pub fn gt(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::one(field, Operator::Gt, value)
    }

    /// The field is greater than the value or equal to it.
    pub fn gte(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::one(field, Operator::Gte, value)
    }

    /// The field is less than the value.
    pub fn lt(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::one(field, Operator::Lt, value)
    }

    /// The field is less than the value or equal to it.
    pub fn lte(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::one(field, Operator::Lte, value)
    }

    /// Sends the condition also when the field or operator is not in the list's table, as for servers
    /// newer than this library.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    fn check(&self, fields: &[Field]) -> Result<()> {
        if self.checked {
            let field = known(&self.field, fields)?;
            if !field.operators().contains(&self.operator) {
                let names: Vec<&str> = field.operators().iter().map(|op| op.as_str()).collect();
                return Err(Error::invalid(format!(
                    "{} cannot be filtered with {}, only with {}",
                    self.field,
                    self.operator.as_str(),
                    names.join(", ")
                )));
            }
        }
        if self.values.is_empty() {
            return Err(Error::invalid(format!(
                "the filter on {} has no value",
                self.field
            )));
        }
        if self.values.len() > 1 && self.operator != Operator::In {
            let message = format!(
                "the filter on {} has several values; use any_of for that",
                self.field
            );
            return Err(Error::invalid(message));
        }
        self.values.iter().try_for_each(|value| self.check_value(value))
    }

    /// Refuses what the grammar cannot hold: a comma separates conditions and list values, even when
    /// it is percent-encoded, and brackets enclose lists.
    fn check_value(&self, value: &Value) -> Result<()> {
        let Value::Text(text) = value else {
            return Ok(());
        };
        let brackets = match self.operator {
            Operator::In => text.contains(['[', ']']),
            _ => !balanced(text),
        };
        let what = match (text.contains(','), brackets) {
            (true, _) => "a comma",
            (_, true) => "a bracket",
            _ => return Ok(()),
        };
        Err(Error::invalid(format!(
            "'{text}' has {what}, which a filter cannot hold; filter by another field, or list everything and choose yourself"
        )))
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    for c in text.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
        let values = values.join(",");
        write!(f, "{}:{}:", self.field, self.operator.as_str())?;
        match self.operator {
            Operator::In => write!(f, "[{values}]"),
            _ => f.write_str(&values),
        }
    }
}

/// A key to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    field: String,
    descending: bool,
}

impl Sort {
    /// Sorts upwards.
    pub fn asc(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            descending: false,
        }
    }

    /// Sorts downwards.
    pub fn desc(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            descending: true,
        }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}",
            self.field,
            if self.descending { "desc" } else { "asc" }
        )
    }
}

/// Writes the `filter` expression, not yet percent-encoded.
pub(crate) fn filter_expression(filters: &[Filter], fields: &[Field]) -> Result<Option<String>> {
    for (i, filter) in filters.iter().enumerate() {
        filter.check(fields)?;
        // Tableau: of two conditions on one field the server takes the last, without a word.
        if filters[..i]
            .iter()
            .any(|f| f.field == filter.field && f.operator == filter.operator)
        {
            let message = format!(
                "two filters on {} with {}; the server would ignore the first",
                filter.field,
                filter.operator.as_str()
            );
            return Err(Error::invalid(message));
        }
    }
    let parts: Vec<String> = filters.iter().map(ToString::to_string).collect();
    Ok((!parts.is_empty()).then(|| parts.join(",")))
}

/// Writes the `sort` expression, not yet percent-encoded.
pub(crate) fn sort_expression(keys: &[Sort], fields: &[Field]) -> Result<Option<String>> {
    for key in keys {
        known(&key.field, fields)?;
    }
    let parts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    Ok((!parts.is_empty()).then(|| parts.join(",")))
}

fn known<'f>(name: &str, fields: &'f [Field]) -> Result<&'f Field> {
    fields.iter().find(|f| f.name == name).ok_or_else(|| {
        let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
        match names.is_empty() {
            true => Error::invalid("this list can be neither filtered nor sorted"),
            false => Error::invalid(format!(
                "'{name}' is no field of this list; its fields are {}",
                names.join(", ")
            )),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(filters: &[Filter], expected: &str) {
        let expression = filter_expression(filters, WORKBOOKS).expect("valid");
        assert_eq!(expression.as_deref(), Some(expected));
    }

    fn check_error(filter: Filter, part: &str) {
        let error = filter_expression(std::slice::from_ref(&filter), WORKBOOKS)
            .expect_err(part)
            .to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn conditions_are_written() {
        check(
            &[Filter::eq("name", "Sales & Ops + 1: a[b]")],
            "name:eq:Sales & Ops + 1: a[b]",
        );
        check(
            &[
                Filter::any_of("tags", ["a", "b c"]),
                Filter::gte("size", 3),
                Filter::eq("hasExtracts", true),
            ],
            "tags:in:[a,b c],size:gte:3,hasExtracts:eq:true",
        );
        let time = Timestamp::parse("2016-05-01T06:00:00Z").expect("a time");
        check(
            &[Filter::gt("updatedAt", time)],
            "updatedAt:gt:2016-05-01T06:00:00Z",
        );
        check(&[Filter::eq("newField", "x").unchecked()], "newField:eq:x");
    }

    #[test]
    fn what_the_grammar_cannot_hold_is_refused() {
        check_error(Filter::eq("name", "Smith, John"), "a comma");
        check_error(Filter::eq("name", "a[b"), "a bracket");
        check_error(Filter::any_of("name", ["a[1]"]), "a bracket");
        check_error(Filter::eq("name", "x,y").unchecked(), "a comma");
    }

    #[test]
    fn fields_and_operators_are_checked() {
        check_error(Filter::eq("shoeSize", 3), "its fields are name, contentUrl");
        check_error(Filter::gt("name", "a"), "only with eq, in");
        check_error(Filter::any_of("name", Vec::<String>::new()), "no value");
        let twice = [Filter::eq("name", "a"), Filter::eq("name", "b")];
        assert!(filter_expression(&twice, WORKBOOKS).is_err());
        let range = [Filter::gte("size", 1), Filter::lte("size", 2)];
        assert!(filter_expression(&range, WORKBOOKS).is_ok());
    }

    #[test]
    fn expressions_read_back_by_the_grammar_of_the_contract() {
        use vivant_wire::query::{FieldType, FilterField, parse_filter};
        let fields = [
            FilterField {
                name: "name",
                kind: FieldType::Text,
            },
            FilterField {
                name: "size",
                kind: FieldType::Int,
            },
        ];
        let written = filter_expression(
            &[Filter::any_of("name", ["a:b", "c"]), Filter::lt("size", 3)],
            WORKBOOKS,
        )
        .expect("valid")
        .expect("not empty");
        let read = parse_filter(&written, &fields).expect("read back");
        assert_eq!((read.len(), read[0].values.len()), (2, 2));
    }

    #[test]
    fn sort_keys_keep_their_order() {
        let keys = [Sort::desc("size"), Sort::asc("name")];
        assert_eq!(
            sort_expression(&keys, WORKBOOKS).expect("valid").as_deref(),
            Some("size:desc,name:asc")
        );
        assert!(sort_expression(&[Sort::asc("x")], WORKBOOKS).is_err());
    }
}
