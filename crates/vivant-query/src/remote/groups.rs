//! Aggregates of a table of a database, computed there: a plan that groups rows of it reads the groups.
//!
//! What the database gives is put together once more here, so it may give a group in several parts.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::tree_node::Transformed;
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::error::Result as PlanResult;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::expr_fn::{max, min, sum};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, LogicalPlanBuilder, cast, lit};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::{Condition, Remote, RemoteTable, condition, literal, remote};
use crate::source::column;

/// What is computed of the rows of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// How many there are.
    Rows,
    /// How many have a value in a column.
    Count(String),
    /// The sum of a column.
    Sum(String),
    /// The sum of a column of integers, as doubles.
    SumAsReal(String),
    /// The least value of a column.
    Min(String),
    /// The greatest value of a column.
    Max(String),
}

/// Groups of the rows of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grouping {
    /// The columns by which rows are grouped.
    pub groups: Vec<String>,
    /// What is computed of each group.
    pub measures: Vec<Measure>,
    /// Conditions that all rows fulfil.
    pub conditions: Vec<Condition>,
}

impl Grouping {
    fn measure(&mut self, measure: Measure) -> Expr {
        let at = self.measures.iter().position(|known| *known == measure);
        let at = at.unwrap_or_else(|| {
            self.measures.push(measure);
            self.measures.len() - 1
        });
        column(&format!("m{at}"))
    }

    fn group(&mut self, name: &str) -> Expr {
        let at = self.groups.iter().position(|known| known == name);
        let at = at.unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        });
        column(&format!("g{at}"))
    }
}

/// Lets databases group the rows of their tables where they can.
#[derive(Debug, Default)]
pub struct GroupRemotely;

impl OptimizerRule for GroupRemotely {
    fn name(&self) -> &str {
        "group_remotely"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> PlanResult<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = &plan else {
            return Ok(Transformed::no(plan));
        };
        match grouped(aggregate)? {
            Some(grouped) => Ok(Transformed::yes(grouped)),
            None => Ok(Transformed::no(plan)),
        }
    }
}

/// Makes the plan that reads groups in place of rows; `None` where the rows are needed.
fn grouped(aggregate: &Aggregate) -> PlanResult<Option<LogicalPlan>> {
    let Some(rows) = Rows::of(&aggregate.input) else {
        return Ok(None);
    };
    let mut grouping = Grouping {
        conditions: rows.conditions.clone(),
        ..Grouping::default()
    };
    let mut outputs = Vec::new();
    for group in &aggregate.group_expr {
        let Some(name) = rows.column(group) else {
            return Ok(None);
        };
        outputs.push(grouping.group(&name));
    }
    let mut parts = Parts::default();
    for measure in &aggregate.aggr_expr {
        match parts.add(&rows, measure, &mut grouping) {
            Some(output) => outputs.push(output),
            None => return Ok(None),
        }
    }
    if grouping.measures.is_empty() && grouping.groups.is_empty() {
        return Ok(None);
    }
    let Some(table) = rows.table.grouped(&grouping) else {
        return Ok(None);
    };
    let source = provider_as_source(remote(table));
    let groups = (0..grouping.groups.len()).map(|at| column(&format!("g{at}")));
    let mut plan = LogicalPlanBuilder::scan("groups", source, None)?.aggregate(groups, parts.totals)?;
    let outputs = outputs.into_iter().zip(aggregate.schema.iter());
    let outputs: Vec<Expr> = outputs
        .map(|(output, (qualifier, field))| {
            cast(output, field.data_type().clone()).alias_qualified(qualifier.cloned(), field.name())
        })
        .collect();
    plan = plan.project(outputs)?;
    plan.build().map(Some)
}

/// What puts the parts of groups together.
#[derive(Default)]
struct Parts {
    totals: Vec<Expr>,
}

impl Parts {
    /// Adds an aggregate, and returns the expression of its value.
    fn add(&mut self, rows: &Rows, measure: &Expr, grouping: &mut Grouping) -> Option<Expr> {
        let measure = match measure {
            Expr::Alias(alias) => &*alias.expr,
            other => other,
        };
        let Expr::AggregateFunction(AggregateFunction { func, params }) = measure else {
            return None;
        };
        if params.distinct || params.filter.is_some() || !params.order_by.is_empty() {
            return None;
        }
        let [argument] = &params.args[..] else { return None };
        let (name, as_real) = match literal(argument) {
            Some(_) => (String::new(), false),
            None => rows.number(argument)?,
        };
        let sum_of = |name: String| match as_real {
            true => Measure::SumAsReal(name),
            false => Measure::Sum(name),
        };
        match func.name() {
            "count" => {
                let counted = match name.is_empty() {
                    true => Measure::Rows,
                    false => Measure::Count(name),
                };
                let part = grouping.measure(counted);
                // A count is never null, and plans rely on it.
                Some(coalesce(vec![self.total(sum(part)), lit(0_i64)]))
            }
            _ if name.is_empty() => None,
            "sum" => {
                let part = grouping.measure(sum_of(name));
                Some(self.total(sum(part)))
            }
            "min" => {
                let part = grouping.measure(Measure::Min(name));
                Some(self.total(min(part)))
            }
            "max" => {
                let part = grouping.measure(Measure::Max(name));
                Some(self.total(max(part)))
            }
            "avg" => {
                let total = grouping.measure(sum_of(name.clone()));
                let total = self.total(sum(total));
                let count = grouping.measure(Measure::Count(name));
                let count = self.total(sum(count));
                // Without a value there is no sum, and nothing is divided.
                Some(cast(total, ArrowType::Float64) / cast(count, ArrowType::Float64))
            }
            _ => None,
        }
    }

    fn total(&mut self, expr: Expr) -> Expr {
        let at = self.totals.iter().position(|known| match known {
            Expr::Alias(alias) => *alias.expr == expr,
            _ => false,
        });
        let at = at.unwrap_or_else(|| {
            self.totals.push(expr.alias(format!("t{}", self.totals.len())));
            self.totals.len() - 1
        });
        column(&format!("t{at}"))
    }
}

/// Rows of a table as a plan reads them: columns under other names, and conditions.
struct Rows {
    table: Arc<dyn Remote>,
    /// Columns of the table by the names that they have.
    names: HashMap<String, String>,
    conditions: Vec<Condition>,
}

impl Rows {
    /// Reads a plan; `None` where it is more than choosing columns and rows of one table.
    fn of(plan: &LogicalPlan) -> Option<Self> {
        match plan {
            LogicalPlan::TableScan(scan) => {
                let provider = source_as_provider(&scan.source).ok()?;
                let provider: &dyn std::any::Any = &*provider;
                let table = provider.downcast_ref::<RemoteTable>()?;
                if scan.fetch.is_some() {
                    return None;
                }
                let schema = table.0.schema();
                let conditions = scan.filters.iter().map(|filter| condition(filter, &schema));
                Some(Self {
                    conditions: conditions.collect::<Option<_>>()?,
                    names: schema
                        .fields()
                        .iter()
                        .map(|field| (field.name().clone(), field.name().clone()))
                        .collect(),
                    table: Arc::clone(&table.0),
                })
            }
            LogicalPlan::SubqueryAlias(alias) => Self::of(&alias.input),
            LogicalPlan::Filter(filter) => {
                let mut rows = Self::of(&filter.input)?;
                for part in split_conjunction(&filter.predicate) {
                    let part = rows.condition(part)?;
                    if !rows.conditions.contains(&part) {
                        rows.conditions.push(part);
                    }
                }
                Some(rows)
            }
            LogicalPlan::Projection(projection) => {
                let mut rows = Self::of(&projection.input)?;
                let names = projection.expr.iter().zip(projection.schema.fields());
                let known =
                    names.filter_map(|(expr, field)| Some((field.name().clone(), rows.column(expr)?)));
                rows.names = known.collect();
                Some(rows)
            }
            _ => None,
        }
    }

    /// Finds the column of the table that an expression is.
    fn column(&self, expr: &Expr) -> Option<String> {
        let schema = self.table.schema();
        super::column(&self.of_table(expr)?, &schema)
    }

    /// Finds the column that is computed with, and tells whether its integers are taken as doubles.
    fn number(&self, expr: &Expr) -> Option<(String, bool)> {
        let inner = match expr {
            Expr::Cast(cast) if *cast.field.data_type() == ArrowType::Float64 => &cast.expr,
            Expr::TryCast(cast) if *cast.field.data_type() == ArrowType::Float64 => &cast.expr,
            _ => return Some((self.column(expr)?, false)),
        };
        let name = self.column(inner)?;
        let schema = self.table.schema();
        match schema.field_with_name(&name).ok()?.data_type() {
            ArrowType::Int64 => Some((name, true)),
            ArrowType::Float64 => Some((name, false)),
            _ => None,
        }
    }

    fn condition(&self, expr: &Expr) -> Option<Condition> {
        condition(&self.of_table(expr)?, &self.table.schema())
    }

    /// Writes an expression over the columns of the table; `None` where it has others.
    fn of_table(&self, expr: &Expr) -> Option<Expr> {
        use datafusion::common::tree_node::TreeNode as _;
        let mut is_known = true;
        let renamed = expr.clone().transform(|part| {
            let Expr::Column(found) = &part else {
                return Ok(Transformed::no(part));
            };
            match self.names.get(&found.name) {
                Some(name) => Ok(Transformed::yes(column(name))),
                None => {
                    is_known = false;
                    Ok(Transformed::no(part))
                }
            }
        });
        renamed.ok().map(|found| found.data).filter(|_| is_known)
    }
}
