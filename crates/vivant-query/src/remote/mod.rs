//! Tables of databases: what a plan needs of them is asked for when the plan is made, and no more.
//!
//! Columns and conditions go to whoever gives the table. A condition there may let through more rows than it
//! says, since plans test all rows again; it must not lose one.

mod groups;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType as ArrowType, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::ScalarValue;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use vivant_calc::civil::{Date, DateTime};
use vivant_calc::{Diagnostic, Value};

use crate::tables::PlanTable;
pub use groups::{GroupRemotely, Grouping, Measure};

/// What a condition compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Equal,
    /// Another.
    NotEqual,
    /// Less.
    Less,
    /// Less, or the same.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater, or the same.
    GreaterOrEqual,
}

/// A condition on the columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A column compared with a value that is not null.
    Compare {
        /// The column.
        column: String,
        /// How.
        with: Comparison,
        /// The value.
        value: Value,
    },
    /// A column that has one of the values, none of which is null.
    In {
        /// The column.
        column: String,
        /// The values.
        values: Vec<Value>,
    },
    /// A column without a value.
    Null(String),
    /// A column with a value.
    NotNull(String),
    /// All of them hold.
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
    /// It does not hold, or is null.
    NotTrue(Box<Condition>),
}

/// What a plan needs of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The columns, in order; there is at least one.
    pub columns: Vec<String>,
    /// Conditions that all rows fulfil.
    pub conditions: Vec<Condition>,
    /// How many rows are enough.
    pub most: Option<usize>,
}

/// What [`Remote::fetch`] gives.
pub type Fetched<'r> = Pin<Box<dyn Future<Output = Result<PlanTable, Box<Diagnostic>>> + Send + 'r>>;

/// A table that is asked for parts.
pub trait Remote: fmt::Debug + Send + Sync {
    /// Returns the columns.
    fn schema(&self) -> SchemaRef;

    /// Tells whether rows can be left out by a condition.
    fn takes(&self, condition: &Condition) -> bool;

    /// Gets what is wanted: a table of the columns, in order.
    fn fetch(&self, wanted: Wanted) -> Fetched<'_>;

    /// Returns the table of the groups: columns `g0`, `g1` and so on, and `m0`, `m1` and so on for the measures. A
    /// group may come in several parts. `None` where rows are to be grouped here.
    fn grouped(&self, grouping: &Grouping) -> Option<Arc<dyn Remote>> {
        let _ = grouping;
        None
    }
}

/// Makes a table for plans.
pub fn remote(table: Arc<dyn Remote>) -> PlanTable {
    Arc::new(RemoteTable(table))
}

#[derive(Debug)]
struct RemoteTable(Arc<dyn Remote>);

impl RemoteTable {
    async fn plan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let schema = self.0.schema();
        let name = |index: usize| schema.field(index).name().clone();
        let mut columns: Vec<String> = match projection {
            Some(indexes) => indexes.iter().map(|&index| name(index)).collect(),
            None => (0..schema.fields().len()).map(name).collect(),
        };
        // Rows are counted by any column; the first is as good as others.
        let counts_only = columns.is_empty();
        if counts_only {
            columns.push(name(0));
        }
        let mut conditions: Vec<Condition> = Vec::new();
        for found in filters.iter().filter_map(|filter| condition(filter, &schema)) {
            // What is tested in several ways is one condition.
            if self.0.takes(&found) && !conditions.contains(&found) {
                conditions.push(found);
            }
        }
        let wanted = Wanted {
            columns,
            conditions,
            most: limit,
        };
        let fetched = self.0.fetch(wanted).await;
        let fetched = fetched.map_err(|error| DataFusionError::External(Box::from(error.to_string())))?;
        let nothing = Vec::new();
        fetched
            .scan(state, counts_only.then_some(&nothing), &[], limit)
            .await
    }
}

impl TableProvider for RemoteTable {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn scan<'s, 'state, 'projection, 'filters, 'all>(
        &'s self,
        state: &'state dyn Session,
        projection: Option<&'projection Vec<usize>>,
        filters: &'filters [Expr],
        limit: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = PlanResult<Arc<dyn ExecutionPlan>>> + Send + 'all>>
    where
        's: 'all,
        'state: 'all,
        'projection: 'all,
        'filters: 'all,
        Self: 'all,
    {
        Box::pin(self.plan(state, projection, filters, limit))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> PlanResult<Vec<TableProviderFilterPushDown>> {
        let schema = self.0.schema();
        let taken = |filter: &&Expr| match condition(filter, &schema) {
            Some(condition) if self.0.takes(&condition) => TableProviderFilterPushDown::Inexact,
            _ => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(taken).collect())
    }
}

/// Makes a condition of an expression that is true for just the rows to be kept; `None` where it says more than
/// conditions do.
fn condition(expr: &Expr, schema: &SchemaRef) -> Option<Condition> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And | Operator::Or => {
                let both = vec![condition(left, schema)?, condition(right, schema)?];
                Some(match op {
                    Operator::And => Condition::All(both),
                    _ => Condition::Any(both),
                })
            }
            _ => {
                let with = comparison(*op)?;
                let (column, with, value) = match (column(left, schema), column(right, schema)) {
                    (Some(column), None) => (column, with, literal(right)?),
                    (None, Some(column)) => (column, turned(with), literal(left)?),
                    _ => return None,
                };
                Some(Condition::Compare { column, with, value })
            }
        },
        Expr::Between(between) if !between.negated => {
            let column = column(&between.expr, schema)?;
            let bound = |with, value: &Expr| {
                Some(Condition::Compare {
                    column: column.clone(),
                    with,
                    value: literal(value)?,
                })
            };
            Some(Condition::All(vec![
                bound(Comparison::GreaterOrEqual, &between.low)?,
                bound(Comparison::LessOrEqual, &between.high)?,
            ]))
        }
        Expr::InList(InList { expr, list, negated }) => {
            let column = column(expr, schema)?;
            let values: Vec<Value> = list.iter().map(literal).collect::<Option<_>>()?;
            let found = Condition::In {
                column: column.clone(),
                values,
            };
            Some(match negated {
                false => found,
                // A row without a value is in no list and out of none.
                true => Condition::All(vec![
                    Condition::NotTrue(Box::new(found)),
                    Condition::NotNull(column),
                ]),
            })
        }
        Expr::IsNull(inner) => column(inner, schema).map(Condition::Null),
        Expr::IsNotNull(inner) => column(inner, schema).map(Condition::NotNull),
        Expr::IsTrue(inner) => condition(inner, schema),
        Expr::IsNotTrue(inner) => Some(Condition::NotTrue(Box::new(condition(inner, schema)?))),
        Expr::Not(inner) | Expr::IsFalse(inner) => opposite(inner, schema),
        Expr::Alias(alias) => condition(&alias.expr, schema),
        Expr::Column(_) | Expr::Cast(_) | Expr::TryCast(_) => {
            let name = column(expr, schema)?;
            let is_boolean = schema.field_with_name(&name).ok()?.data_type() == &ArrowType::Boolean;
            is_boolean.then_some(Condition::Compare {
                column: name,
                with: Comparison::Equal,
                value: Value::Boolean(true),
            })
        }
        _ => None,
    }
}

/// Makes a condition of an expression that is false for the rows to be kept.
fn opposite(expr: &Expr, schema: &SchemaRef) -> Option<Condition> {
    match expr {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: op @ (Operator::And | Operator::Or),
            right,
        }) => {
            let both = vec![opposite(left, schema)?, opposite(right, schema)?];
            Some(match op {
                Operator::And => Condition::Any(both),
                _ => Condition::All(both),
            })
        }
        Expr::Not(inner) | Expr::IsNotTrue(inner) => condition(inner, schema),
        Expr::IsTrue(inner) => Some(Condition::NotTrue(Box::new(condition(inner, schema)?))),
        Expr::IsNull(inner) => column(inner, schema).map(Condition::NotNull),
        Expr::IsNotNull(inner) => column(inner, schema).map(Condition::Null),
        Expr::InList(InList { expr, list, negated }) => {
            let list = InList {
                expr: expr.clone(),
                list: list.clone(),
                negated: !negated,
            };
            condition(&Expr::InList(list), schema)
        }
        Expr::Alias(alias) => opposite(&alias.expr, schema),
        _ => match condition(expr, schema)? {
            Condition::Compare { column, with, value } => Some(Condition::Compare {
                column,
                with: reversed(with),
                value,
            }),
            _ => None,
        },
    }
}

/// Finds the column that an expression is, as far as its values stay what they are.
fn column(expr: &Expr, schema: &SchemaRef) -> Option<String> {
    let same_type = |inner: &Expr, target: &ArrowType| {
        let name = column(inner, schema)?;
        let field = schema.field_with_name(&name).ok()?;
        (field.data_type() == target).then_some(name)
    };
    match expr {
        Expr::Column(found) => {
            let known = schema.field_with_name(&found.name).ok()?;
            Some(known.name().clone())
        }
        Expr::Cast(cast) => same_type(&cast.expr, cast.field.data_type()),
        Expr::TryCast(cast) => same_type(&cast.expr, cast.field.data_type()),
        Expr::Alias(alias) => column(&alias.expr, schema),
        _ => None,
    }
}

/// Reads a literal that is not null.
fn literal(expr: &Expr) -> Option<Value> {
    let Expr::Literal(value, _) = expr else {
        return None;
    };
    Some(match value {
        ScalarValue::Boolean(Some(value)) => Value::Boolean(*value),
        ScalarValue::Int64(Some(value)) => Value::Integer(*value),
        ScalarValue::Float64(Some(value)) => Value::Real(*value),
        ScalarValue::Utf8(Some(value)) => Value::String(value.clone()),
        ScalarValue::Date32(Some(days)) => Value::Date(Date::from_days(i64::from(*days))?),
        ScalarValue::TimestampMicrosecond(Some(micros), None) => {
            Value::DateTime(DateTime::from_micros(*micros)?)
        }
        _ => return None,
    })
}

fn comparison(op: Operator) -> Option<Comparison> {
    Some(match op {
        Operator::Eq => Comparison::Equal,
        Operator::NotEq => Comparison::NotEqual,
        Operator::Lt => Comparison::Less,
        Operator::LtEq => Comparison::LessOrEqual,
        Operator::Gt => Comparison::Greater,
        Operator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The comparison that holds where this one does not.
fn reversed(with: Comparison) -> Comparison {
    match with {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

/// The comparison with its sides exchanged.
fn turned(with: Comparison) -> Comparison {
    match with {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use datafusion::arrow::array::{Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
    use datafusion::arrow::datatypes::{Field, Schema};
    use datafusion::execution::context::SessionContext;
    use datafusion::functions_aggregate::expr_fn::{avg, count, max, sum};
    use datafusion::logical_expr::{col, lit, not, try_cast};

    use super::*;
    use crate::tables::in_memory;

    /// A table that remembers what was wanted, and leaves no row out by itself.
    #[derive(Debug)]
    struct Asked {
        rows: RecordBatch,
        wanted: Mutex<Vec<Wanted>>,
    }

    impl Remote for Asked {
        fn schema(&self) -> SchemaRef {
            self.rows.schema()
        }

        fn takes(&self, condition: &Condition) -> bool {
            !matches!(condition, Condition::NotTrue(_))
        }

        fn fetch(&self, wanted: Wanted) -> Fetched<'_> {
            let indexes: Vec<usize> = wanted
                .columns
                .iter()
                .map(|name| self.rows.schema().index_of(name).unwrap())
                .collect();
            self.wanted.lock().unwrap().push(wanted);
            let rows = self.rows.project(&indexes).unwrap();
            Box::pin(async move { in_memory(rows.schema(), vec![rows]) })
        }
    }

    fn asked() -> Arc<Asked> {
        let field = |name: &str, kind| Field::new(name, kind, true);
        let schema = Schema::new(vec![
            field("n", ArrowType::Int64),
            field("t", ArrowType::Utf8),
            field("b", ArrowType::Boolean),
        ]);
        let columns: Vec<Arc<dyn Array>> = vec![
            Arc::new(Int64Array::from(vec![Some(1), Some(2), None, Some(4)])),
            Arc::new(StringArray::from(vec![Some("a"), Some("b"), Some("a"), None])),
            Arc::new(BooleanArray::from(vec![
                Some(true),
                Some(false),
                None,
                Some(true),
            ])),
        ];
        Arc::new(Asked {
            rows: RecordBatch::try_new(Arc::new(schema), columns).unwrap(),
            wanted: Mutex::default(),
        })
    }

    /// Filters the table as plans of sheets do, and returns how many rows there are and what was wanted.
    fn check(filter: Expr, rows: usize, expected: &[Condition]) {
        let table = asked();
        let found = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(async {
                let session = SessionContext::new();
                let exprs = vec![
                    try_cast(col("n"), ArrowType::Int64).alias("number"),
                    try_cast(col("t"), ArrowType::Utf8).alias("text"),
                    try_cast(col("b"), ArrowType::Boolean).alias("flag"),
                ];
                let frame = session.read_table(remote(table.clone())).unwrap();
                let frame = frame.select(exprs).unwrap().filter(filter).unwrap();
                let frame = frame.select(vec![col("number")]).unwrap();
                frame.count().await.unwrap()
            });
        assert_eq!(found, rows);
        let wanted = table.wanted.lock().unwrap();
        assert_eq!(wanted.len(), 1, "{wanted:?}");
        assert_eq!(wanted[0].conditions, expected);
    }

    fn compare(column: &str, with: Comparison, value: Value) -> Condition {
        Condition::Compare {
            column: column.to_owned(),
            with,
            value,
        }
    }

    #[test]
    fn conditions_of_filters_go_to_the_table() {
        let text = |text: &str| Value::String(text.to_owned());
        check(
            col("number").gt(lit(1_i64)),
            2,
            &[compare("n", Comparison::Greater, Value::Integer(1))],
        );
        check(
            lit(1_i64).lt_eq(col("number")).and(col("text").eq(lit("b"))),
            1,
            &[
                compare("n", Comparison::GreaterOrEqual, Value::Integer(1)),
                compare("t", Comparison::Equal, text("b")),
            ],
        );
        let list = ["a", "b", "c", "d"];
        check(
            col("text")
                .in_list(list.map(lit).to_vec(), false)
                .is_true()
                .or(col("text").is_null()),
            4,
            &[Condition::Any(vec![
                Condition::In {
                    column: "t".to_owned(),
                    values: list.map(text).to_vec(),
                },
                Condition::Null("t".to_owned()),
            ])],
        );
        check(
            col("flag"),
            2,
            &[compare("b", Comparison::Equal, Value::Boolean(true))],
        );
        check(
            not(col("number").gt(lit(1_i64))),
            1,
            &[compare("n", Comparison::LessOrEqual, Value::Integer(1))],
        );
        // What the table does not take, and what no condition says, is tested here.
        check(not(col("flag").is_true()), 2, &[]);
        check((col("number") + lit(1_i64)).eq(lit(3_i64)), 1, &[]);
    }

    /// A table that says what groups it was asked for, and gives these.
    #[derive(Debug)]
    struct Groups {
        rows: Arc<Asked>,
        given: RecordBatch,
        asked: Mutex<Option<Grouping>>,
    }

    impl Remote for Groups {
        fn schema(&self) -> SchemaRef {
            self.rows.schema()
        }

        fn takes(&self, _: &Condition) -> bool {
            true
        }

        fn fetch(&self, _: Wanted) -> Fetched<'_> {
            panic!("no rows are needed")
        }

        fn grouped(&self, grouping: &Grouping) -> Option<Arc<dyn Remote>> {
            *self.asked.lock().unwrap() = Some(grouping.clone());
            Some(Arc::new(Asked {
                rows: self.given.clone(),
                wanted: Mutex::default(),
            }))
        }
    }

    #[test]
    fn groups_are_put_together_of_their_parts() {
        let field = |name: &str, kind| Field::new(name, kind, true);
        let names = ["g0", "m0", "m1", "m2", "m3", "m4"];
        let kinds = names.map(|name| match name {
            "g0" => field(name, ArrowType::Utf8),
            "m0" => field(name, ArrowType::Float64),
            _ => field(name, ArrowType::Int64),
        });
        let numbers = |numbers: [i64; 3]| -> Arc<dyn Array> { Arc::new(Int64Array::from(numbers.to_vec())) };
        let columns: Vec<Arc<dyn Array>> = vec![
            Arc::new(StringArray::from(vec![Some("a"), Some("b"), Some("a")])),
            Arc::new(Float64Array::from(vec![4.0, 10.0, 2.0])),
            numbers([2, 5, 1]),
            numbers([3, 6, 1]),
            numbers([7, 8, 9]),
            numbers([4, 10, 2]),
        ];
        let table = Arc::new(Groups {
            rows: asked(),
            given: RecordBatch::try_new(Arc::new(Schema::new(kinds.to_vec())), columns).unwrap(),
            asked: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lines = runtime.block_on(async {
            let session = SessionContext::new();
            session.add_optimizer_rule(Arc::new(GroupRemotely));
            let frame = session.read_table(remote(table.clone())).unwrap();
            let fields = vec![col("n").alias("number"), col("t").alias("text")];
            let frame = frame.select(fields).unwrap();
            let frame = frame.filter(col("number").gt(lit(0_i64))).unwrap();
            let measures = vec![
                avg(col("number")).alias("average"),
                count(lit(1_i64)).alias("rows"),
                max(col("number")).alias("most"),
                sum(col("number")).alias("sum"),
            ];
            let frame = frame.aggregate(vec![col("text").alias("key")], measures).unwrap();
            let doubled = col("rows") + lit(1_i64);
            let frame = frame
                .select(vec![col("key"), col("average"), doubled, col("most"), col("sum")])
                .unwrap();
            let sorted = frame.sort(vec![col("key").sort(true, true)]).unwrap();
            let found = sorted.collect().await.unwrap();
            datafusion::arrow::util::pretty::pretty_format_batches(&found)
                .unwrap()
                .to_string()
        });
        let lines: Vec<&str> = lines
            .lines()
            .filter(|line| line.starts_with("| a ") || line.starts_with("| b "))
            .collect();
        let cells = |line: &str| -> Vec<String> {
            let cells = line.split('|').map(|cell| cell.trim().to_owned());
            cells.filter(|cell| !cell.is_empty()).collect()
        };
        assert_eq!(cells(lines[0]), ["a", "2.0", "5", "9", "6"]);
        assert_eq!(cells(lines[1]), ["b", "2.0", "7", "8", "10"]);
        let asked = table.asked.lock().unwrap().clone().unwrap();
        let n = || "n".to_owned();
        assert_eq!(asked.groups, ["t"]);
        assert_eq!(
            asked.measures,
            [
                Measure::SumAsReal(n()),
                Measure::Count(n()),
                Measure::Rows,
                Measure::Max(n()),
                Measure::Sum(n()),
            ]
        );
        assert_eq!(
            asked.conditions,
            [compare("n", Comparison::Greater, Value::Integer(0))]
        );
    }

    #[test]
    fn only_the_columns_that_count_are_fetched() {
        let table = asked();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let session = SessionContext::new();
            let frame = session.read_table(remote(table.clone())).unwrap();
            let groups = vec![col("t")];
            let sums = vec![sum(col("n")).alias("s"), count(col("n")).alias("c")];
            let found = frame
                .clone()
                .aggregate(groups, sums)
                .unwrap()
                .collect()
                .await
                .unwrap();
            assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
            assert_eq!(frame.clone().count().await.unwrap(), 4);
            frame.limit(0, Some(2)).unwrap().collect().await.unwrap();
        });
        let wanted = table.wanted.lock().unwrap();
        let columns: Vec<Vec<&str>> = wanted
            .iter()
            .map(|wanted| wanted.columns.iter().map(String::as_str).collect())
            .collect();
        assert_eq!(columns, [vec!["n", "t"], vec!["n"], vec!["n", "t", "b"]]);
        assert_eq!(
            wanted.iter().map(|wanted| wanted.most).collect::<Vec<_>>(),
            [None, None, Some(2)]
        );
    }
}
