//! Aggregates: from rows to one value for each group.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{
    array_agg, avg, corr, count, count_distinct, covar_pop, covar_samp, first_value, max, min,
    percentile_cont, stddev, stddev_pop, sum, var_pop, var_sample,
};
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, ExprSchemable as _, cast, lit, when};
use vivant_calc::names::FieldName;
use vivant_calc::tree::{NodeId, NodeKind};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{Aggregate, Derivation, FieldKind, OBJECT_PART};

use crate::collate::{ordered, spelled};
use crate::expr::{MOST_NESTED, Scope, Typed, compile, internal, parts_of, too_deep};
use crate::fields::{RowScope, unknown_field, unsupported};
use crate::frame::MANY;
use crate::rows::Formula;
use crate::source::column;
use crate::spatial::collected;
use crate::values::arrow_type;

type Found<T> = Result<T, Box<Diagnostic>>;

/// An aggregation that is being put together: the aggregates that expressions over groups need.
pub struct Aggregation<'a, 's> {
    /// The rows.
    pub rows: &'a mut RowScope<'s>,
    /// The groups.
    groups: Vec<Group>,
    /// The aggregates: an expression over rows, and the name of its column.
    aggregates: Vec<(Expr, String)>,
    /// Values of groups that have to be the only ones, each with the test whether there are several.
    many: Vec<(Expr, Expr)>,
    open: Vec<String>,
}

/// A group of an aggregation.
struct Group {
    /// The expression over rows.
    typed: Typed,
    /// The name of the column that tells groups apart.
    key: String,
    /// The name of the column that shows the member: where spellings differ in letter case, one of them.
    name: String,
}

impl<'a, 's> Aggregation<'a, 's> {
    /// Begins an aggregation to groups.
    pub fn new(rows: &'a mut RowScope<'s>, groups: &[Typed]) -> Aggregation<'a, 's> {
        let groups = groups
            .iter()
            .map(|typed| {
                let key = rows.fresh("g");
                Group {
                    typed: typed.clone(),
                    name: match typed.ignores_case() {
                        true => rows.fresh("s"),
                        false => key.clone(),
                    },
                    key,
                }
            })
            .collect();
        Aggregation {
            rows,
            groups,
            aggregates: Vec::new(),
            many: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Returns the expression of a group after the aggregation.
    pub fn group(&self, index: usize) -> Typed {
        let group = &self.groups[index];
        Typed::new(column(&group.name), group.typed.data_type).collated(group.typed.collation)
    }

    /// Computes one formula for groups: the plan, the names of their keys, and the column of the value.
    pub fn over(
        rows: &mut RowScope<'s>,
        groups: &[Typed],
        formula: &Arc<Formula>,
        node: NodeId,
    ) -> Found<(DataFrame, Vec<String>, Typed)> {
        let surroundings = Arc::clone(rows.surroundings);
        let mut aggregation = Aggregation::new(rows, groups);
        let value = compile(formula, node, &mut aggregation, &surroundings)?;
        let name = aggregation.rows.fresh("v");
        let (frame, names) = aggregation.finish()?;
        let mut exprs: Vec<Expr> = names.iter().map(|name| column(name)).collect();
        exprs.push(value.expr.clone().alias(&name));
        let frame = frame.select(exprs).map_err(internal)?;
        let value = Typed::new(column(&name), value.data_type).collated(value.collation);
        Ok((frame, names, value))
    }

    /// Ends the aggregation: a plan with a column for each group and each aggregate, and the names of the groups'
    /// keys.
    pub fn finish(self) -> Found<(DataFrame, Vec<String>)> {
        let names: Vec<String> = self.groups.iter().map(|group| group.key.clone()).collect();
        let mut frame = self.rows.frame.clone();
        let mut aggregates = self.aggregates;
        let mut groups: Vec<Expr> = Vec::with_capacity(self.groups.len());
        for Group { typed, key, name } in self.groups {
            groups.push(typed.key().alias(&key));
            if name != key {
                // Tableau shows the spelling that it met first, which is any; this is the same each time.
                aggregates.push((min(typed.expr), name));
            }
        }
        if let Some(id) = &self.rows.row_id
            && !aggregates.is_empty()
        {
            (frame, groups, aggregates) = once_for_each_row(frame, groups, aggregates, id)?;
        }
        if groups.is_empty() && aggregates.is_empty() {
            aggregates.push((count(lit(1_i64)), "\u{1f}none".to_owned()));
        }
        let aggregates: Vec<Expr> = aggregates
            .into_iter()
            .map(|(expr, name)| expr.alias(name))
            .collect();
        let frame = frame.aggregate(groups, aggregates).map_err(internal)?;
        Ok((frame, names))
    }

    /// Adds an aggregate and gives the expression of its column.
    fn add(&mut self, expr: Expr) -> Expr {
        if let Some((_, name)) = self.aggregates.iter().find(|(known, _)| *known == expr) {
            return column(name);
        }
        let name = self.rows.fresh("a");
        self.aggregates.push((expr, name.clone()));
        column(&name)
    }

    /// Gives the value of an instance for groups.
    pub fn pill(&mut self, field: &str, derivation: Derivation) -> Found<Typed> {
        match derivation {
            Derivation::Aggregate(aggregate) => {
                let spec = self.rows.fields.get(field);
                if let Some(spec) = spec
                    && matches!(spec.kind, FieldKind::Calculation { .. })
                    && self.rows.fields.level(spec).1 >= Level::Aggregate
                {
                    return self.aggregated_field(field);
                }
                if let Some((formula, node)) = self.level_of_field(field)?
                    && let Some(found) = self.inner_level(&formula, node, aggregate)?
                {
                    return Ok(found);
                }
                let value = self.rows.row_field(field)?;
                self.aggregate(aggregate, value)
            }
            Derivation::Attribute => {
                let spec = self.rows.fields.get(field);
                if let Some(spec) = spec
                    && self.rows.fields.level(spec).1 >= Level::Aggregate
                {
                    return self.aggregated_field(field);
                }
                let value = self.rows.row_field(field)?;
                self.attribute(value)
            }
            Derivation::User | Derivation::None => self.aggregated_field(field),
            other => {
                let value = self.rows.row_field(field)?;
                let value = self.rows.derived(value, other, field)?;
                self.attribute(value)
            }
        }
    }

    /// Gives the one value of the rows of a group, or the mark of many.
    fn attribute(&mut self, value: Typed) -> Found<Typed> {
        let (same, least) = self.same(&value);
        // Text has the mark of many; other types are null in its place, and whoever shows them asks.
        let otherwise = match value.data_type {
            DataType::String => when(
                least.clone().is_null(),
                lit(datafusion::common::ScalarValue::Utf8(None)),
            )
            .otherwise(lit(MANY))
            .map_err(internal)?,
            other => lit(crate::values::scalar_of(&Value::Null, other)),
        };
        let is_many = same.clone().is_false();
        let expr = when(same, least).otherwise(otherwise).map_err(internal)?;
        if value.data_type != DataType::String {
            self.many.push((expr.clone(), is_many));
        }
        Ok(Typed::new(expr, value.data_type).collated(value.collation))
    }

    /// Gives the test whether a value that was asked for stands for several, if it has no word for that itself.
    pub fn is_many(&self, value: &Typed) -> Option<Expr> {
        let found = self.many.iter().find(|(expr, _)| *expr == value.expr);
        found.map(|(_, is_many)| is_many.clone())
    }

    /// Tells whether all values of a group are the same, and gives one of them.
    fn same(&mut self, value: &Typed) -> (Expr, Expr) {
        let key = value.key();
        let (least, greatest) = (self.add(min(key.clone())), self.add(max(key)));
        let shown = match value.ignores_case() {
            true => self.add(min(value.expr.clone())),
            false => least.clone(),
        };
        (least.eq(greatest), shown)
    }

    /// Gives the value of a calculation that aggregates by itself.
    pub fn aggregated_field(&mut self, name: &str) -> Found<Typed> {
        let spec = self.rows.fields.get(name).ok_or_else(|| unknown_field(name))?;
        if let FieldKind::Calculation { formula, .. } = &spec.kind {
            let formula = self.rows.fields.formula(formula)?;
            let level = formula.checked.root().level;
            if level == Level::TableCalculation {
                return Err(internal(format!("'{}' is a table calculation", spec.caption)));
            }
            if level == Level::Aggregate || formula.checked.depends_on_view {
                if self.open.contains(&spec.name) {
                    return Err(Box::new(Diagnostic::error(
                        "query.cycle",
                        format!("the field '{}' depends on itself", spec.caption),
                    )));
                }
                if self.open.len() >= MOST_NESTED {
                    return Err(too_deep(&spec.caption));
                }
                self.open.push(spec.name.clone());
                let surroundings = Arc::clone(self.rows.surroundings);
                let found = compile(&formula, formula.tree.root(), self, &surroundings);
                self.open.pop();
                let found = found.and_then(|typed| match parts_of(&typed.expr) {
                    parts if parts > MOST_PARTS_OF_GROUPS => Err(too_large(&spec.caption)),
                    _ => Ok(typed),
                });
                return found.map_err(|error| Box::new(error.within(format!("field '{}'", spec.caption))));
            }
        }
        let value = self.rows.row_field(name)?;
        let position = self
            .groups
            .iter()
            .position(|group| group.typed.expr == value.expr);
        match position {
            Some(position) => Ok(self.group(position)),
            // A constant is the same everywhere; any other field has at most one value to show.
            None => self.attribute(value),
        }
    }

    /// Aggregates a value of rows.
    pub fn aggregate(&mut self, aggregate: Aggregate, value: Typed) -> Found<Typed> {
        let collation = value.collation;
        if aggregate == Aggregate::Collect {
            // One shape for many rows, such as a buffer around a parameter, is there once.
            let all = array_agg(value.expr).distinct().build().map_err(internal)?;
            let all = self.add(all);
            return Ok(Typed::new(collected(all), DataType::Spatial));
        }
        let Computed {
            expr,
            data_type,
            shown,
        } = aggregated(aggregate, value)?;
        Ok(Typed::new(shown(self.add(expr)), data_type).collated(collation))
    }

    /// Computes an aggregate call of a formula.
    fn call(&mut self, formula: &Arc<Formula>, node: NodeId) -> Found<Typed> {
        let NodeKind::Call {
            function: Some(function),
            arguments,
            ..
        } = formula.tree.kind(node)
        else {
            return Err(internal("not an aggregate"));
        };
        let surroundings = Arc::clone(self.rows.surroundings);
        if function.name == "COUNT"
            && let [argument] = &arguments[..]
            && let NodeKind::Field(field) = formula.tree.kind(formula.tree.unwrapped(*argument))
            && field.name.source.as_deref() == Some(OBJECT_PART)
        {
            return Ok(Typed::new(self.add(count(lit(1_i64))), DataType::Integer));
        }
        if let [argument] = &arguments[..]
            && let Some((inner, level)) = self.level_of_detail(formula, *argument)?
        {
            let aggregate = by_name(function.name);
            let view = matches!(inner.tree.kind(level), NodeKind::Lod { kind, .. } if kind.depends_on_view());
            match aggregate {
                Some(aggregate) => {
                    if let Some(found) = self.inner_level(&inner, level, aggregate)? {
                        return Ok(found);
                    }
                }
                None if view => {
                    return Err(unsupported(&format!(
                        "{} of levels of detail of the view",
                        function.name
                    )));
                }
                None => {}
            }
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(compile(formula, *argument, self.rows, &surroundings)?);
        }
        let mut values = values.into_iter();
        let first = values.next().ok_or_else(|| internal("an aggregate of nothing"))?;
        if let Some(aggregate) = by_name(function.name) {
            return self.aggregate(aggregate, first);
        }
        match function.name {
            "ATTR" if formula.tree.unwrapped(formula.tree.root()) == formula.tree.unwrapped(node) => {
                self.attribute(first)
            }
            // Tableau: inside another formula several values are null.
            "ATTR" => {
                let (same, least) = self.same(&first);
                let null = lit(crate::values::scalar_of(&Value::Null, first.data_type));
                let expr = when(same, least).otherwise(null).map_err(internal)?;
                Ok(Typed::new(expr, first.data_type).collated(first.collation))
            }
            "PERCENTILE" => {
                let fraction = arguments.get(1).copied();
                let fraction = fraction
                    .filter(|node| formula.checked.of(*node).level == Level::Constant)
                    .map(|node| {
                        let row = crate::rows::Row::new(&surroundings);
                        let context = crate::rows::context(&surroundings, &row);
                        vivant_calc::eval::Evaluator::new(&formula.tree, &formula.checked)
                            .run_node(node, &context)
                            .map_err(Box::new)
                    })
                    .transpose()?;
                let fraction = fraction
                    .and_then(|found| crate::frame::number(&found.value))
                    .ok_or_else(|| unsupported("percentiles that are no numbers"))?;
                let column = self.add(percentile(first.widened(DataType::Real), fraction)?);
                Ok(Typed::new(column, DataType::Real))
            }
            "CORR" | "COVAR" | "COVARP" => {
                let second = values.next().ok_or_else(|| internal("one argument is missing"))?;
                let (a, b) = (first.widened(DataType::Real), second.widened(DataType::Real));
                let expr = match function.name {
                    "CORR" => corr(a, b),
                    "COVAR" => covar_samp(a, b),
                    _ => covar_pop(a, b),
                };
                Ok(Typed::new(self.add(expr), DataType::Real))
            }
            other => Err(unsupported(&format!("calls of {other}"))),
        }
    }

    /// Aggregates a level of detail that depends on the view: first at its own level, then to the groups.
    fn inner_level(
        &mut self,
        formula: &Arc<Formula>,
        node: NodeId,
        aggregate: Aggregate,
    ) -> Found<Option<Typed>> {
        let NodeKind::Lod {
            kind,
            dimensions,
            body,
        } = formula.tree.kind(node)
        else {
            return Ok(None);
        };
        if !kind.depends_on_view() {
            return Ok(None);
        }
        let surroundings = Arc::clone(self.rows.surroundings);
        let mut named = Vec::new();
        for dimension in dimensions {
            named.push(compile(formula, *dimension, self.rows, &surroundings)?);
        }
        let mut groups: Vec<Typed> = self.groups.iter().map(|group| group.typed.clone()).collect();
        if *kind == vivant_calc::tree::LodKind::Include {
            for typed in named {
                if !groups.iter().any(|known| known.expr == typed.expr) {
                    groups.push(typed);
                }
            }
        } else {
            groups.retain(|typed| !named.iter().any(|out| out.expr == typed.expr));
        }
        let own: Vec<Typed> = self.groups.iter().map(|group| group.typed.clone()).collect();
        let (inner, names, value) = Aggregation::over(self.rows, &groups, formula, *body)?;
        // Each group of the level weighs the same, so only one of its rows counts.
        if *kind == vivant_calc::tree::LodKind::Exclude {
            let attached = self.rows.attach(&groups, &names, inner, value)?;
            let column = self.add(min(attached.expr.clone()));
            return Ok(Some(
                Typed::new(column, attached.data_type).collated(attached.collation),
            ));
        }
        let kept = &names[..own.len()];
        let collation = value.collation;
        let Computed {
            expr,
            data_type,
            shown,
        } = aggregated(aggregate, value)?;
        let name = self.rows.fresh("v");
        let group_names: Vec<String> = own.iter().map(|_| self.rows.fresh("i")).collect();
        let exprs: Vec<Expr> = kept
            .iter()
            .zip(&group_names)
            .map(|(from, to)| column(from).alias(to))
            .collect();
        let outer_frame = inner
            .aggregate(exprs, vec![expr.alias(&name)])
            .map_err(internal)?;
        let value = Typed::new(shown(column(&name)), data_type).collated(collation);
        let attached = self.rows.attach(&own, &group_names, outer_frame, value)?;
        let column = self.add(min(attached.expr.clone()));
        Ok(Some(Typed::new(column, attached.data_type).collated(collation)))
    }

    /// Finds the level of detail that a calculation is, if it is nothing else.
    fn level_of_field(&mut self, field: &str) -> Found<Option<(Arc<Formula>, NodeId)>> {
        let Some(spec) = self.rows.fields.get(field) else {
            return Ok(None);
        };
        let FieldKind::Calculation { formula, .. } = &spec.kind else {
            return Ok(None);
        };
        let formula = self.rows.fields.formula(formula)?;
        let root = formula.tree.unwrapped(formula.tree.root());
        let is_level = matches!(formula.tree.kind(root), NodeKind::Lod { .. });
        Ok(is_level.then_some((formula, root)))
    }

    /// Finds the level of detail that an argument is, directly or by a calculation that is nothing else.
    fn level_of_detail(
        &mut self,
        formula: &Arc<Formula>,
        node: NodeId,
    ) -> Found<Option<(Arc<Formula>, NodeId)>> {
        let node = formula.tree.unwrapped(node);
        match formula.tree.kind(node) {
            NodeKind::Lod { .. } => Ok(Some((Arc::clone(formula), node))),
            NodeKind::Field(field) => self.level_of_field(&field.name.name),
            _ => Ok(None),
        }
    }
}

/// How many parts a formula over aggregates may have, with all that it builds on.
const MOST_PARTS_OF_GROUPS: usize = 20_000;

fn too_large(caption: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "query.nested",
            format!(
                "the field '{caption}' has more than {MOST_PARTS_OF_GROUPS} parts with the calculations that it builds on"
            ),
        )
        .hint("use each calculation once, for example as one factor and not as many summands"),
    )
}

/// An aggregate of a value.
struct Computed {
    /// The aggregate over rows.
    expr: Expr,
    /// The type of its value.
    data_type: DataType,
    /// Makes the value of the column that the aggregate has.
    shown: fn(Expr) -> Expr,
}

/// Makes an aggregate of a value.
fn aggregated(aggregate: Aggregate, value: Typed) -> Found<Computed> {
    use DataType as D;
    let of = value.data_type;
    let real = || cast(value.expr.clone(), arrow_type(D::Real));
    // By the order of texts, which takes no account of letter case.
    if let Aggregate::Min | Aggregate::Max = aggregate
        && value.ignores_case()
    {
        let key = ordered(value.expr);
        return Ok(Computed {
            expr: if aggregate == Aggregate::Min {
                min(key)
            } else {
                max(key)
            },
            data_type: of,
            shown: spelled,
        });
    }
    let (expr, data_type) = match aggregate {
        Aggregate::Sum => match of {
            D::Boolean => (sum(cast(value.expr, arrow_type(D::Integer))), D::Integer),
            D::Integer | D::Real => (sum(value.expr), of),
            _ => return Err(of_type("SUM", of)),
        },
        Aggregate::Avg => (avg(real()), D::Real),
        Aggregate::Min => (min(value.expr), of),
        Aggregate::Max => (max(value.expr), of),
        Aggregate::Count => (count(value.expr), D::Integer),
        Aggregate::CountD => (count_distinct(value.key()), D::Integer),
        Aggregate::Median => (percentile(real(), 0.5)?, D::Real),
        Aggregate::Percentile(percent) => (percentile(real(), f64::from(percent) / 100.0)?, D::Real),
        Aggregate::Stdev => (stddev(real()), D::Real),
        Aggregate::StdevP => (stddev_pop(real()), D::Real),
        Aggregate::Var => (var_sample(real()), D::Real),
        Aggregate::VarP => (var_pop(real()), D::Real),
        Aggregate::Collect => return Err(unsupported("geometries put together over levels of detail")),
    };
    Ok(Computed {
        expr,
        data_type,
        shown: |column| column,
    })
}

impl Scope for Aggregation<'_, '_> {
    fn field(&mut self, name: &FieldName) -> Found<Typed> {
        match &name.source {
            Some(source)
                if source != OBJECT_PART && !source.eq_ignore_ascii_case(&self.rows.fields.source.name) =>
            {
                Err(unsupported("fields of other data sources"))
            }
            _ => self.aggregated_field(&name.name),
        }
    }

    fn computed(&mut self, formula: &Arc<Formula>, node: NodeId) -> Found<Typed> {
        match formula.tree.kind(node) {
            NodeKind::Lod { .. } => {
                let value = self.rows.computed(formula, node)?;
                // The level is that of the view or coarser: one value for each group.
                let column = self.add(min(value.expr));
                Ok(Typed::new(column, value.data_type).collated(value.collation))
            }
            _ => self.call(formula, node),
        }
    }
}

/// Finds an aggregate by the name of its function.
fn by_name(name: &str) -> Option<Aggregate> {
    Some(match name {
        "SUM" => Aggregate::Sum,
        "AVG" => Aggregate::Avg,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        "COUNT" => Aggregate::Count,
        "COUNTD" => Aggregate::CountD,
        "COLLECT" => Aggregate::Collect,
        "MEDIAN" => Aggregate::Median,
        "STDEV" => Aggregate::Stdev,
        "STDEVP" => Aggregate::StdevP,
        "VAR" => Aggregate::Var,
        "VARP" => Aggregate::VarP,
        _ => return None,
    })
}

/// Interpolates between the values around a fraction.
fn percentile(value: Expr, fraction: f64) -> Found<Expr> {
    Ok(percentile_cont(
        datafusion::logical_expr::SortExpr::new(value, true, false),
        lit(fraction.clamp(0.0, 1.0)),
    ))
}

/// Takes the arguments of aggregates once for each row of the root table and group.
#[allow(clippy::type_complexity)]
fn once_for_each_row(
    frame: DataFrame,
    groups: Vec<Expr>,
    aggregates: Vec<(Expr, String)>,
    id: &str,
) -> Found<(DataFrame, Vec<Expr>, Vec<(Expr, String)>)> {
    let names: Vec<String> = groups
        .iter()
        .map(|group| group.schema_name().to_string())
        .collect();
    let mut keys = groups;
    keys.push(column(id));
    let mut firsts = Vec::new();
    let mut outer = Vec::new();
    // Aggregates of the same argument share its values.
    let mut known: HashMap<Expr, String> = HashMap::new();
    for (aggregate, name) in aggregates {
        let Expr::AggregateFunction(mut function) = aggregate else {
            return Err(internal("not an aggregate"));
        };
        let sorted = function.params.order_by.iter_mut().map(|sort| &mut sort.expr);
        for argument in function.params.args.iter_mut().chain(sorted) {
            if matches!(argument, Expr::Literal(..)) {
                continue;
            }
            let inner = match known.get(argument) {
                Some(inner) => inner.clone(),
                None => {
                    let inner = format!("\u{1f}once{}", known.len());
                    firsts.push(any_of(argument.clone(), &frame)?.alias(&inner));
                    known.insert(argument.clone(), inner.clone());
                    inner
                }
            };
            *argument = column(&inner);
        }
        outer.push((Expr::AggregateFunction(function), name));
    }
    let frame = frame.aggregate(keys, firsts).map_err(internal)?;
    let groups = names.into_iter().map(|name| column(&name).alias(name)).collect();
    Ok((frame, groups, outer))
}

/// The value that all rows of a group have. The least one is found in little memory; the first one has an
/// accumulator of its own for each group.
fn any_of(value: Expr, frame: &DataFrame) -> Found<Expr> {
    let found = value.get_type(frame.schema()).map_err(internal)?;
    let has_order =
        found.is_numeric() || found.is_string() || found.is_temporal() || found == ArrowType::Boolean;
    Ok(match has_order {
        true => min(value),
        false => first_value(value, Vec::new()),
    })
}

fn of_type(function: &str, data_type: DataType) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        "query.type",
        format!("{function} is asked of a {data_type}"),
    ))
}
