//! The query string: paging, `filter=`, `sort=`, `fields=`.
//!
//! Grammar and limits only; which fields a list has is said in [`FilterField`] tables, which
//! server and client share.

use crate::errors::ErrorCode;
use crate::time::Timestamp;

/// Page size where none is asked for.
pub const DEFAULT_PAGE_SIZE: u32 = 100;
/// The largest page.
pub const MAX_PAGE_SIZE: u32 = 1000;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// From 1.
    pub number: u32,
    /// 1 to [`MAX_PAGE_SIZE`].
    pub size: u32,
}

/// Why a query string cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The code to answer.
    pub code: ErrorCode,
    /// What is wrong.
    pub detail: String,
}

fn error<T>(code: ErrorCode, detail: String) -> Result<T, QueryError> {
    Err(QueryError { code, detail })
}

/// The decoded name-value pairs of a query string; the last of a name counts.
#[derive(Clone, Debug, Default)]
pub struct QueryString(Vec<(String, String)>);

impl QueryString {
    /// Decodes `a=1&b=2`; `+` is a plus sign unless the pair comes from a form.
    ///
    /// Tableau: TSC below API 3.7 appends filters raw, so `&` inside a value cuts it; a piece
    /// without `=` behind a filter is therefore taken as its continuation.
    pub fn parse(query: &str) -> Self {
        let decode = |s: &str| {
            percent_encoding::percent_decode_str(s)
                .decode_utf8_lossy()
                .into_owned()
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        for piece in query.split('&').filter(|p| !p.is_empty()) {
            match piece.split_once('=') {
                Some((name, value)) => {
                    // Python's urlencode writes a space as `+`; a literal plus arrives as %2B.
                    pairs.push((decode(&name.replace('+', " ")), decode(&value.replace('+', " "))));
                }
                None => match pairs.last_mut() {
                    Some((name, value)) if name == "filter" => {
                        value.push('&');
                        value.push_str(&decode(piece));
                    }
                    _ => pairs.push((decode(piece), String::new())),
                },
            }
        }
        Self(pairs)
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Every pair, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Reads a boolean parameter, in any case of letters; absent is `false`.
    pub fn flag(&self, name: &str) -> Result<bool, QueryError> {
        match self.get(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => error(
                ErrorCode::InvalidParameterValue,
                format!("{name} must be true or false, not '{}'", clip(text)),
            ),
        }
    }

    /// Reads `pageNumber` and `pageSize`.
    pub fn paging(&self) -> Result<Paging, QueryError> {
        let number = match self.get("pageNumber") {
            None => 1,
            Some(text) => match text.parse::<u32>() {
                Ok(n) if n >= 1 => n,
                _ => {
                    let detail = format!(
                        "pageNumber must be a whole number of 1 or more, not '{}'",
                        clip(text)
                    );
                    return error(ErrorCode::InvalidPageNumber, detail);
                }
            },
        };
        let size = match self.get("pageSize") {
            None => DEFAULT_PAGE_SIZE,
            Some(text) if is_huge(text) => {
                return error(
                    ErrorCode::PageSizeLimit,
                    format!("pageSize {} is above {MAX_PAGE_SIZE}", clip(text)),
                );
            }
            Some(text) => match text.parse::<u64>() {
                Ok(n) if n > u64::from(MAX_PAGE_SIZE) => {
                    return error(
                        ErrorCode::PageSizeLimit,
                        format!("pageSize {n} is above {MAX_PAGE_SIZE}"),
                    );
                }
                Ok(n) if n >= 1 => n as u32,
                _ => {
                    let detail = format!(
                        "pageSize must be a whole number of 1 or more, not '{}'",
                        clip(text)
                    );
                    return error(ErrorCode::InvalidPageSize, detail);
                }
            },
        };
        Ok(Paging { number, size })
    }
}

/// Whether the text is a whole number beyond what any counter holds.
fn is_huge(text: &str) -> bool {
    text.len() > 18 && text.bytes().all(|b| b.is_ascii_digit())
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operator {
    Eq,
    In,
    Gt,
    Gte,
    Lt,
    Lte,
    /// Contains.
    Has,
    /// Equal without regard to case.
    CiEq,
}

impl Operator {
    /// The name in a filter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::In => "in",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Has => "has",
            Self::CiEq => "cieq",
        }
    }

    /// Reads the name in a filter.
    pub fn parse(text: &str) -> Option<Self> {
        use Operator::*;
        [Eq, In, Gt, Gte, Lt, Lte, Has, CiEq]
            .into_iter()
            .find(|op| op.as_str() == text)
    }
}

/// The kind of value that a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FieldType {
    Text,
    Int,
    Bool,
    Time,
}

/// A value of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FilterValue {
    Text(String),
    Int(i64),
    Bool(bool),
    Time(Timestamp),
}

/// A field by which a list is filtered and sorted, with what the real server offers for it.
#[derive(Clone, Copy, Debug)]
pub struct FilterField {
    /// The name in a filter.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldType,
}

/// One condition; several are joined by AND.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// A name of the list's table.
    pub field: &'static str,
    /// The comparison.
    pub operator: Operator,
    /// One value, or several for `in`.
    pub values: Vec<FilterValue>,
}

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// A name of the list's table.
    pub field: &'static str,
    /// `desc`.
    pub descending: bool,
}

/// Reads `filter=field:op:value[,field:op:value…]`.
///
/// Commas inside `[a,b]` belong to the list, and only the first two colons separate, since times
/// contain colons. A piece behind a comma that does not begin with a field and an operator belongs
/// to the value before it. Of two conditions on one field with the same operator the last counts,
/// as on the real server; a range needs both `gte` and `lte`, so other pairs are joined.
pub fn parse_filter(expression: &str, fields: &[FilterField]) -> Result<Vec<Filter>, QueryError> {
    let mut filters: Vec<Filter> = Vec::new();
    for part in split_conditions(expression, fields) {
        let filter = parse_condition(&part, fields)?;
        filters.retain(|f| f.field != filter.field || f.operator != filter.operator);
        filters.push(filter);
    }
    Ok(filters)
}

fn split_conditions(expression: &str, fields: &[FilterField]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut depth = 0u32;
    let mut part = String::new();
    for c in expression.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    let mut joined: Vec<String> = Vec::new();
    for part in parts {
        let begins = part.split(':').count() >= 3
            && part
                .split(':')
                .nth(1)
                .is_some_and(|op| Operator::parse(op).is_some())
            || part
                .split(':')
                .next()
                .is_some_and(|name| fields.iter().any(|f| f.name == name));
        match joined.last_mut() {
            Some(last) if !begins && !part.is_empty() => {
                last.push(',');
                last.push_str(&part);
            }
            _ if part.is_empty() => {}
            _ => joined.push(part),
        }
    }
    joined
}

fn parse_condition(part: &str, fields: &[FilterField]) -> Result<Filter, QueryError> {
    let bad = |detail: String| QueryError {
        code: ErrorCode::InvalidFilter,
        detail,
    };
    let mut pieces = part.splitn(3, ':');
    let (Some(name), Some(operator), Some(value)) = (pieces.next(), pieces.next(), pieces.next()) else {
        return Err(bad(format!(
            "filter '{}' is not of the form field:operator:value",
            clip(part)
        )));
    };
    let field = find_field(name.trim(), fields)?;
    let operator = Operator::parse(operator).ok_or_else(|| {
        bad(format!(
            "'{}' is not a filter operator; use eq, in, gt, gte, lt, lte, has or cieq",
            clip(operator)
        ))
    })?;
    let texts: Vec<&str> = match operator {
        Operator::In => {
            let inner = value.trim().strip_prefix('[').and_then(|v| v.strip_suffix(']'));
            let inner = inner.ok_or_else(|| {
                bad(format!(
                    "operator in needs a list such as [a,b], not '{}'",
                    clip(value)
                ))
            })?;
            inner.split(',').map(str::trim).collect()
        }
        _ => vec![value],
    };
    if field.kind == FieldType::Bool && !matches!(operator, Operator::Eq | Operator::In) {
        return Err(bad(format!(
            "field {name} is true or false and can only be compared with eq"
        )));
    }
    if field.kind != FieldType::Text && matches!(operator, Operator::Has | Operator::CiEq) {
        return Err(bad(format!(
            "operator {} needs a text field, which {name} is not",
            operator.as_str()
        )));
    }
    let values = texts
        .into_iter()
        .map(|text| convert(field, text))
        .collect::<Result<_, _>>()?;
    Ok(Filter {
        field: field.name,
        operator,
        values,
    })
}

fn convert(field: &FilterField, text: &str) -> Result<FilterValue, QueryError> {
    let value = match field.kind {
        FieldType::Text => Some(FilterValue::Text(text.to_owned())),
        FieldType::Int => text.trim().parse().ok().map(FilterValue::Int),
        FieldType::Bool if text.eq_ignore_ascii_case("true") => Some(FilterValue::Bool(true)),
        FieldType::Bool if text.eq_ignore_ascii_case("false") => Some(FilterValue::Bool(false)),
        FieldType::Bool => None,
        FieldType::Time => Timestamp::parse(text.trim()).map(FilterValue::Time),
    };
    let kind = match field.kind {
        FieldType::Text => "text",
        FieldType::Int => "a whole number",
        FieldType::Bool => "true or false",
        FieldType::Time => "a time such as 2016-05-01T06:00:00Z",
    };
    value.ok_or_else(|| QueryError {
        code: ErrorCode::InvalidFilter,
        detail: format!("filter on {} needs {kind}, not '{}'", field.name, clip(text)),
    })
}

fn find_field<'f>(name: &str, fields: &'f [FilterField]) -> Result<&'f FilterField, QueryError> {
    fields.iter().find(|f| f.name == name).ok_or_else(|| {
        let names: Vec<_> = fields.iter().map(|f| f.name).collect();
        QueryError {
            code: ErrorCode::InvalidFilter,
            detail: format!(
                "'{}' is not a field of this list; the fields are {}",
                clip(name),
                names.join(", ")
            ),
        }
    })
}

/// Reads `sort=field:asc|desc[,…]`; a field alone ascends.
pub fn parse_sort(expression: &str, fields: &[FilterField]) -> Result<Vec<SortKey>, QueryError> {
    expression
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let (name, direction) = part.split_once(':').unwrap_or((part, "asc"));
            let field = find_field(name.trim(), fields)?;
            let descending = match direction.trim() {
                d if d.eq_ignore_ascii_case("asc") => false,
                d if d.eq_ignore_ascii_case("desc") => true,
                other => {
                    let detail = format!(
                        "sort direction of {} is asc or desc, not '{}'",
                        field.name,
                        clip(other)
                    );
                    return error(ErrorCode::InvalidFilter, detail);
                }
            };
            Ok(SortKey {
                field: field.name,
                descending,
            })
        })
        .collect()
}

/// Which parts of an item an answer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    all: bool,
    default: bool,
    names: Vec<String>,
}

impl Fields {
    /// Reads `fields=`; `None` is the normal answer. Unknown names are ignored, since TSC sends the
    /// letters of `_default_` one by one.
    pub fn parse(expression: Option<&str>) -> Self {
        let Some(expression) = expression.filter(|e| !e.trim().is_empty()) else {
            return Self {
                default: true,
                ..Self::default()
            };
        };
        let mut fields = Self::default();
        for name in expression.split(',').map(str::trim) {
            // Tableau: a keyword may carry its resource, as in `user._all_`.
            match name.rsplit('.').next().unwrap_or(name) {
                "_all_" => fields.all = true,
                "_default_" => fields.default = true,
                _ => fields.names.push(name.to_owned()),
            }
        }
        fields
    }

    /// The normal answer.
    pub fn normal() -> Self {
        Self {
            default: true,
            ..Self::default()
        }
    }

    /// Returns whether a part is wanted: `resource` and `name` as in `workbook.size`, or in
    /// `project.name` for a part of a part; `normally` says whether the normal answer has it.
    pub fn wants(&self, resource: &str, name: &str, normally: bool) -> bool {
        if self.all || (self.default && normally) {
            return true;
        }
        self.names.iter().any(|n| match n.split_once('.') {
            Some((r, rest)) => (r == resource && rest == name) || (r == name && resource == "*"),
            None => n == name,
        })
    }

    /// Returns whether any part of a child element such as `project` or `owner` is wanted.
    pub fn wants_child(&self, child: &str, normally: bool) -> bool {
        self.all
            || (self.default && normally)
            || self
                .names
                .iter()
                .any(|n| n == child || n.split_once('.').is_some_and(|(r, _)| r == child))
    }

    /// Returns whether everything is wanted.
    pub fn is_all(&self) -> bool {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[FilterField] = &[
        FilterField {
            name: "name",
            kind: FieldType::Text,
        },
        FilterField {
            name: "updatedAt",
            kind: FieldType::Time,
        },
        FilterField {
            name: "size",
            kind: FieldType::Int,
        },
        FilterField {
            name: "hasExtracts",
            kind: FieldType::Bool,
        },
    ];

    fn check(expression: &str, expected: &[(&str, Operator, &[&str])]) {
        let filters = parse_filter(expression, FIELDS).expect(expression);
        let shown: Vec<(&str, Operator, Vec<String>)> = filters
            .iter()
            .map(|f| {
                (
                    f.field,
                    f.operator,
                    f.values.iter().map(|v| format!("{v:?}")).collect(),
                )
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(f, o, v)| (*f, *o, v.iter().map(|s| s.to_string()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(shown, expected);
    }

    fn check_error(expression: &str, part: &str) {
        let error = parse_filter(expression, FIELDS).expect_err(expression);
        assert_eq!(error.code, ErrorCode::InvalidFilter);
        assert!(error.detail.contains(part), "{}", error.detail);
    }

    #[test]
    fn filters() {
        use Operator::*;
        check(
            "name:eq:World Indicators",
            &[("name", Eq, &["Text(\"World Indicators\")"])],
        );
        check(
            "name:in:[a,b],size:gt:3",
            &[
                ("name", In, &["Text(\"a\")", "Text(\"b\")"]),
                ("size", Gt, &["Int(3)"]),
            ],
        );
        check(
            "updatedAt:gte:2016-05-01T06:00:00Z",
            &[("updatedAt", Gte, &["Time(Timestamp(1462082400000))"])],
        );
        check("name:eq:a,name:eq:b", &[("name", Eq, &["Text(\"b\")"])]);
        check(
            "size:gt:1,size:lt:9",
            &[("size", Gt, &["Int(1)"]), ("size", Lt, &["Int(9)"])],
        );
        check("name:eq:Smith, John", &[("name", Eq, &["Text(\"Smith, John\")"])]);
        check("name:eq:a:b:c", &[("name", Eq, &["Text(\"a:b:c\")"])]);
        check("hasExtracts:eq:True", &[("hasExtracts", Eq, &["Bool(true)"])]);
        check("", &[]);
    }

    #[test]
    fn bad_filters_say_what_is_wrong() {
        check_error("shoeSize:eq:3", "the fields are name, updatedAt");
        check_error("name:like:x", "not a filter operator");
        check_error("name", "field:operator:value");
        check_error("size:eq:big", "a whole number");
        check_error("updatedAt:gt:yesterday", "a time such as");
        check_error("hasExtracts:gt:true", "only be compared with eq");
        check_error("size:has:3", "needs a text field");
        check_error("name:in:x", "a list such as [a,b]");
    }

    #[test]
    fn sort_keys() {
        let keys = parse_sort("name:desc,size", FIELDS).expect("valid");
        assert_eq!(
            keys.iter().map(|k| (k.field, k.descending)).collect::<Vec<_>>(),
            [("name", true), ("size", false)]
        );
        assert!(parse_sort("name:down", FIELDS).is_err());
    }

    #[test]
    fn paging_limits_and_codes() {
        let check = |query: &str, expected: Result<(u32, u32), ErrorCode>| {
            let paging = QueryString::parse(query).paging();
            assert_eq!(
                paging.map(|p| (p.number, p.size)).map_err(|e| e.code),
                expected,
                "{query}"
            );
        };
        check("", Ok((1, 100)));
        check("pageNumber=2&pageSize=1000", Ok((2, 1000)));
        check("pageSize=1001", Err(ErrorCode::PageSizeLimit));
        check("pageSize=99999999999999999999", Err(ErrorCode::PageSizeLimit));
        for bad in ["0", "-1", "x", "1.5", ""] {
            check(&format!("pageNumber={bad}"), Err(ErrorCode::InvalidPageNumber));
            check(&format!("pageSize={bad}"), Err(ErrorCode::InvalidPageSize));
        }
    }

    #[test]
    fn query_strings_keep_what_clients_mean() {
        let query = QueryString::parse("filter=name:eq:Sales%20%26%20Ops&x=a+b&y=a%2Bb&x=c");
        assert_eq!(query.get("filter"), Some("name:eq:Sales & Ops"));
        assert_eq!((query.get("x"), query.get("y")), (Some("c"), Some("a+b")));
        let raw = QueryString::parse("filter=name:eq:Sales & Ops&pageSize=5");
        assert_eq!(
            (raw.get("filter"), raw.get("pageSize")),
            (Some("name:eq:Sales & Ops"), Some("5"))
        );
    }

    #[test]
    fn fields_choose_parts() {
        let normal = Fields::parse(None);
        assert!(normal.wants("workbook", "name", true) && !normal.wants("workbook", "sheetCount", false));
        let all = Fields::parse(Some("_all_"));
        assert!(all.wants("workbook", "sheetCount", false) && all.wants_child("owner", false));
        let some = Fields::parse(Some("id,workbook.size,project.name,_,a"));
        assert!(some.wants("workbook", "size", true) && some.wants("project", "name", false));
        assert!(!some.wants("workbook", "name", true) && some.wants_child("project", true));
        assert!(!some.wants_child("owner", true));
    }
}
