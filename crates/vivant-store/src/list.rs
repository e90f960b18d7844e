//! Lists: filters, sort keys and pages, and the SQL that they become.

use vivant_model::name;

use crate::db::{Conn, Value};
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
    sql: Sql,
    nullable: bool,
}

/// How a field is written in SQL.
#[derive(Clone, Copy, Debug)]
enum Sql {
    /// An expression, and the join that it needs.
    Expr { expr: &'static str, join: &'static str },
    /// A text column that has a key column beside it, on which there is an index.
    Name {
        exact: &'static str,
        key: &'static str,
        join: &'static str,
    },
    /// Rows of other tables, found by `from`, that have the column; sorted by the least.
    Rows {
        from: &'static str,
        column: &'static str,
    },
}

impl Field {
    /// A field that is an expression.
    pub(crate) const fn new(name: &'static str, kind: FieldKind, expr: &'static str) -> Self {
        Self {
            name,
            kind,
            sql: Sql::Expr { expr, join: "" },
            nullable: false,
        }
    }

    /// A text field with a key column.
    pub(crate) const fn name(name: &'static str, exact: &'static str, key: &'static str) -> Self {
        Self {
            name,
            kind: FieldKind::Text,
            sql: Sql::Name { exact, key, join: "" },
            nullable: false,
        }
    }

    /// A field with any number of values on an item.
    pub(crate) const fn rows(
        name: &'static str,
        kind: FieldKind,
        from: &'static str,
        column: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            sql: Sql::Rows { from, column },
            nullable: true,
        }
    }

    /// The join that the field needs.
    pub(crate) const fn join(mut self, join: &'static str) -> Self {
        self.sql = match self.sql {
            Sql::Expr { expr, .. } => Sql::Expr { expr, join },
            Sql::Name { exact, key, .. } => Sql::Name { exact, key, join },
            rows => rows,
        };
        self
    }

    /// Says that items may lack the field.
    pub(crate) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// A list being put together: which rows of which tables.
pub(crate) struct Select {
    with: String,
    from: String,
    conditions: Vec<String>,
    joins: Vec<&'static str>,
    params: Vec<Value>,
}

impl Select {
    /// Begins with a table.
    pub(crate) fn from(from: &str) -> Self {
        Self {
            with: String::new(),
            from: from.to_owned(),
            conditions: Vec::new(),
            joins: Vec::new(),
            params: Vec::new(),
        }
    }

    /// Adds a parameter and answers its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("?{}", self.params.len())
    }

    /// Adds common table expressions, `WITH` included.
    pub(crate) fn with(&mut self, with: String) {
        self.with = with;
    }

    /// Adds a condition.
    pub(crate) fn and(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// Adds the filters and the order of a query and answers the ids on its page, with the number
    /// of rows on all pages.
    pub(crate) async fn page(
        mut self,
        conn: &Conn,
        fields: &[Field],
        query: &ListQuery,
        id: &str,
        default_order: &str,
    ) -> Result<(Vec<String>, u64)> {
        for filter in &query.filters {
            let field = find(fields, &filter.field)?;
            let condition = self.condition(field, filter)?;
            self.and(condition);
        }
        // Sort keys may need joins that the count does not.
        let conditions = match self.conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.conditions.join(" AND ")),
        };
        let count = format!(
            "{} SELECT COUNT(*) FROM {}{}{conditions}",
            self.with,
            self.from,
            self.joins.concat()
        );
        let filter_params = self.params.clone();
        let order = self.order(fields, &query.sort, id, default_order)?;
        let (number, size) = (query.page.number.max(1), query.page.size.max(1));
        let skipped = i64::from(number - 1) * i64::from(size);
        let (limit, offset) = (self.bind(i64::from(size)), self.bind(skipped));
        let rows = format!(
            "{} SELECT {id} FROM {}{}{conditions} ORDER BY {order} LIMIT {limit} OFFSET {offset}",
            self.with,
            self.from,
            self.joins.concat(),
        );
        let ids = conn
            .query(&rows, &self.params)
            .await?
            .into_iter()
            .map(|mut row| row.text())
            .collect::<Result<Vec<_>>>()?;
        if ids.is_empty() && number > 1 {
            return Err(Error::PastLastPage);
        }
        // A page that is not full is the last one.
        let total = match ids.len() < size as usize {
            true => skipped + ids.len() as i64,
            false => conn.number(&count, &filter_params).await?,
        };
        Ok((ids, total.max(0) as u64))
    }

    /// Answers the ids of all rows.
    pub(crate) async fn all(self, conn: &Conn, id: &str, order: &str) -> Result<Vec<String>> {
        let conditions = self.conditions.join(" AND ");
        let sql = format!(
            "{} SELECT {id} FROM {} WHERE {conditions} ORDER BY {order}",
            self.with, self.from
        );
        conn.query(&sql, &self.params)
            .await?
            .into_iter()
            .map(|mut row| row.text())
            .collect()
    }

    fn need(&mut self, join: &'static str) {
        if !join.is_empty() && !self.joins.contains(&join) {
            self.joins.push(join);
        }
    }

    fn condition(&mut self, field: &Field, filter: &Filter) -> Result<String> {
        let bad = |reason: &str| Error::BadFilter {
            field: filter.field.clone(),
            reason: reason.to_owned(),
        };
        let values = filter
            .values
            .iter()
            .map(|value| convert(field.kind, value).ok_or_else(|| bad(wanted(field.kind))))
            .collect::<Result<Vec<_>>>()?;
        let single = || match values.as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(bad("one value is needed")),
        };
        let comparison = match filter.op {
            Op::Gt => " > ",
            Op::Gte => " >= ",
            Op::Lt => " < ",
            Op::Lte => " <= ",
            Op::Eq | Op::In | Op::Has | Op::CiEq => " = ",
        };
        let is_range = !matches!(filter.op, Op::Eq | Op::In | Op::Has | Op::CiEq);
        if is_range && matches!(field.kind, FieldKind::Text | FieldKind::Bool) {
            return Err(bad("the field has no order; use eq or in"));
        }
        if matches!(filter.op, Op::Has | Op::CiEq) && field.kind != FieldKind::Text {
            return Err(bad("the field is not text; use eq or in"));
        }
        if let Sql::Name { exact, key, join } = field.sql {
            self.need(join);
            return Ok(match filter.op {
                Op::In => {
                    let keys: Vec<String> = texts(&values).map(|v| name::key(v)).collect();
                    let keys = self.bind(keys);
                    let exacts = self.bind(texts(&values).cloned().collect::<Vec<_>>());
                    format!("({key} IN LIST({keys}) AND {exact} IN LIST({exacts}))")
                }
                Op::Has => {
                    let pattern = self.bind(contains(&single()?, name::key));
                    format!("{key} LIKE {pattern} ESCAPE '\\'")
                }
                _ => {
                    let value = single()?;
                    let at = self.bind(
                        texts(std::slice::from_ref(&value))
                            .map(|v| name::key(v))
                            .collect::<String>(),
                    );
                    match filter.op {
                        Op::CiEq => format!("{key} = {at}"),
                        _ => format!("({key} = {at} AND {exact} = {})", self.bind(value)),
                    }
                }
            });
        }
        let (expr, rows) = match field.sql {
            Sql::Rows { from, column } => (column, Some(from)),
            Sql::Expr { expr, join }
            | Sql::Name {
                exact: expr, join, ..
            } => {
                self.need(join);
                (expr, None)
            }
        };
        let test = match filter.op {
            Op::In => {
                let list = match field.kind {
                    FieldKind::Text => Value::Texts(texts(&values).cloned().collect()),
                    _ => Value::Ints(ints(&values).collect()),
                };
                format!("{expr} IN LIST({})", self.bind(list))
            }
            Op::Has => {
                let pattern = self.bind(contains(&single()?, str::to_ascii_lowercase));
                format!("LOWER({expr}) LIKE {pattern} ESCAPE '\\'")
            }
            Op::CiEq => {
                let value = single()?;
                let lower: String = texts(&[value]).map(|v| v.to_ascii_lowercase()).collect();
                format!("LOWER({expr}) = {}", self.bind(lower))
            }
            _ => format!("{expr}{comparison}{}", self.bind(single()?)),
        };
        Ok(match rows {
            Some(from) => format!("EXISTS (SELECT 1 FROM {from} AND {test})"),
            None => test,
        })
    }

    fn order(&mut self, fields: &[Field], sort: &[SortKey], id: &str, default: &str) -> Result<String> {
        if sort.is_empty() {
            return Ok(default.to_owned());
        }
        let mut order = String::new();
        for key in sort {
            let field = find(fields, &key.field)?;
            let expr = match field.sql {
                Sql::Expr { expr, join } => {
                    self.need(join);
                    expr.to_owned()
                }
                Sql::Name { key, join, .. } => {
                    self.need(join);
                    key.to_owned()
                }
                Sql::Rows { from, column } => format!("(SELECT MIN({column}) FROM {from})"),
            };
            order.push_str(&expr);
            // Where a value is missing the two databases sort differently by themselves.
            order.push_str(match (key.descending, field.nullable) {
                (false, false) => ", ",
                (false, true) => " NULLS FIRST, ",
                (true, false) => " DESC, ",
                (true, true) => " DESC NULLS LAST, ",
            });
        }
        Ok(order + id)
    }
}

fn find<'a>(fields: &'a [Field], name: &str) -> Result<&'a Field> {
    fields
        .iter()
        .find(|f| f.name == name)
        .ok_or_else(|| Error::UnknownField(name.to_owned()))
}

fn convert(kind: FieldKind, value: &FilterValue) -> Option<Value> {
    match (kind, value) {
        (FieldKind::Text, FilterValue::Text(text)) => Some(Value::Text(text.clone())),
        (FieldKind::Int, FilterValue::Int(n)) | (FieldKind::Time, FilterValue::Time(n)) => {
            Some(Value::Int(*n))
        }
        (FieldKind::Int, FilterValue::Text(text)) => text.parse().ok().map(Value::Int),
        (FieldKind::Bool, FilterValue::Bool(b)) => Some(Value::Int(i64::from(*b))),
        (FieldKind::Bool, FilterValue::Text(text)) => text
            .to_ascii_lowercase()
            .parse::<bool>()
            .ok()
            .map(|b| Value::Int(i64::from(b))),
        _ => None,
    }
}

fn wanted(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text is needed",
        FieldKind::Int => "a whole number is needed",
        FieldKind::Bool => "true or false is needed",
        FieldKind::Time => "a time such as 2024-01-31T08:00:00Z is needed",
    }
}

fn texts(values: &[Value]) -> impl Iterator<Item = &String> {
    values.iter().filter_map(|v| match v {
        Value::Text(text) => Some(text),
        _ => None,
    })
}

fn ints(values: &[Value]) -> impl Iterator<Item = i64> {
    values.iter().filter_map(|v| match v {
        Value::Int(n) => Some(*n),
        _ => None,
    })
}

/// A pattern of LIKE for texts that contain the value.
fn contains(value: &Value, key: impl Fn(&str) -> String) -> String {
    let mut pattern = "%".to_owned();
    for c in texts(std::slice::from_ref(value)).flat_map(|v| key(v).chars().collect::<Vec<_>>()) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "%"
}
