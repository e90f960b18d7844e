//! Fields at the level of rows: columns, calculations, bins, groups, sets and levels of detail.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::functions::math::expr_fn::floor;
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast, lit, when};
use vivant_calc::names::FieldName;
use vivant_calc::tree::{LodKind, NodeId, NodeKind};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{
    BinSize, Derivation, FieldKind, FieldRef, FieldSpec, Literal, OBJECT_PART, Pill,
};

use crate::calc::Fields;
use crate::collate::same_key;
use crate::dates;
use crate::expr::{MOST_NESTED, Scope, Typed, compile, internal, parts_of, too_deep};
use crate::level::Aggregation;
use crate::rows::{Formula, Surroundings};
use crate::source::{Rows, column, join_null_safe};
use crate::values::{arrow_type, scalar_of};

type Found<T> = Result<T, Box<Diagnostic>>;

/// Calculations with more parts than this become columns of their own.
const LARGEST: usize = 200;

/// The rows of a data source while a plan grows over them.
pub struct RowScope<'s> {
    /// The fields of the data source.
    pub fields: &'s Fields<'s>,
    /// What formulas depend on.
    pub surroundings: &'s Arc<Surroundings>,
    /// The rows, with the columns that levels of detail and sets add.
    pub frame: DataFrame,
    /// Columns of physical fields.
    columns: HashMap<String, Typed>,
    /// Tells rows of the root table apart where joins repeat them.
    pub row_id: Option<String>,
    /// Columns of levels of detail and sets that were joined.
    joined: HashMap<String, Typed>,
    /// Dimensions of the view, for levels of detail that depend on it.
    pub view: Vec<(FieldRef, Typed)>,
    /// Whether dimension filters are in the frame already.
    pub filtered: bool,
    /// Fields that are being resolved, so that none resolves to itself.
    open: Vec<String>,
    count: usize,
}

impl<'s> RowScope<'s> {
    /// Takes the rows of a data source.
    pub fn new(fields: &'s Fields<'s>, rows: Rows, surroundings: &'s Arc<Surroundings>) -> RowScope<'s> {
        let columns = rows.fields.into_iter().map(|(field, (name, data_type))| {
            let collation = rows.collations.get(&field).copied();
            let typed = Typed::new(column(&name), data_type).collated(collation);
            (field, typed)
        });
        RowScope {
            fields,
            surroundings,
            frame: rows.frame,
            columns: columns.collect(),
            row_id: rows.row_id,
            joined: HashMap::new(),
            view: Vec::new(),
            filtered: false,
            open: Vec::new(),
            count: 0,
        }
    }

    /// Gives a name for a column that no other has.
    pub fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("\u{1f}{what}{}", self.count)
    }

    /// Gives the expression of a field, row by row.
    pub fn row_field(&mut self, name: &str) -> Found<Typed> {
        if let Some(typed) = self.columns.get(name) {
            return Ok(typed.clone());
        }
        let spec = self.fields.get(name).ok_or_else(|| unknown_field(name))?;
        if let Some(typed) = self.columns.get(&spec.name) {
            return Ok(typed.clone());
        }
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
        let found = self.made(spec);
        self.open.pop();
        found.map_err(|error| Box::new(error.within(format!("field '{}'", spec.caption))))
    }

    fn made(&mut self, spec: &'s FieldSpec) -> Found<Typed> {
        match &spec.kind {
            FieldKind::Column { column, .. } => Err(Box::new(
                Diagnostic::error(
                    "query.missing-column",
                    format!("the data does not have the column '{column}'"),
                )
                .hint("refresh the extract, or edit the connection"),
            )),
            FieldKind::Calculation { formula, .. } => {
                let formula = self.fields.formula(formula)?;
                let level = formula.checked.root().level;
                if level > Level::Row {
                    return Err(internal(format!("{} is not computed for rows", spec.caption)));
                }
                let found = self.formula(&formula)?;
                // The document's type counts where the formula leaves it open.
                let data_type = match found.data_type {
                    DataType::Null | DataType::Unknown => spec.data_type,
                    other => other,
                };
                let collation = found.collation;
                let expr = found.widened(data_type);
                if parts_of(&expr) <= LARGEST {
                    return Ok(Typed::new(expr, data_type).collated(collation));
                }
                // Who builds on it reads a column, so that it is computed once.
                let name = self.fresh("f");
                self.frame = self.frame.clone().with_column(&name, expr).map_err(internal)?;
                let typed = Typed::new(column(&name), data_type).collated(collation);
                self.columns.insert(spec.name.clone(), typed.clone());
                Ok(typed)
            }
            FieldKind::Bin { field, size, peg } => {
                let value = self.row_field(field)?;
                let size = bin_size(&spec.caption, size, self.surroundings)?;
                let real = value.widened(DataType::Real);
                let shifted = binary_expr(real, Operator::Minus, lit(*peg));
                let index = floor(binary_expr(shifted, Operator::Divide, lit(size)));
                Ok(Typed::new(
                    cast(index, arrow_type(DataType::Integer)),
                    DataType::Integer,
                ))
            }
            FieldKind::Group {
                fields,
                bins,
                default,
            } => self.group(fields, bins, default.as_ref()),
            FieldKind::Set { members, .. } => {
                let test = self.members(members)?;
                Ok(Typed::new(test, DataType::Boolean))
            }
            FieldKind::Combined { fields, delimiter } => {
                let (mut texts, mut collation) = (Vec::new(), None);
                for field in fields {
                    let text = format!("IFNULL(STR([{}]), 'Null')", field.replace(']', "]]"));
                    let formula = self.fields.formula(&text)?;
                    let found = self.formula(&formula)?;
                    collation = collation.max(found.collation);
                    texts.push(found.expr);
                }
                let joined = texts.into_iter().reduce(|all, next| {
                    let all = binary_expr(all, Operator::StringConcat, lit(delimiter.clone()));
                    binary_expr(all, Operator::StringConcat, next)
                });
                let joined = joined.ok_or_else(|| internal("a combined field of no fields"))?;
                Ok(Typed::new(joined, DataType::String).collated(collation))
            }
            FieldKind::Object { .. } => Ok(Typed::new(lit(1_i64), DataType::Integer)),
            FieldKind::Cluster { .. } => Err(unsupported("clusters")),
            FieldKind::Pseudo => Err(unsupported(&format!("the field '{}'", spec.caption))),
        }
    }

    /// Makes the expression of a formula at the level of rows.
    pub fn formula(&mut self, formula: &Arc<Formula>) -> Found<Typed> {
        let surroundings = Arc::clone(self.surroundings);
        compile(formula, formula.tree.root(), self, &surroundings)
    }

    fn group(
        &mut self,
        fields: &[String],
        bins: &[(Literal, Vec<Literal>)],
        default: Option<&Literal>,
    ) -> Found<Typed> {
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            values.push(self.row_field(field)?);
        }
        let Some(value) = values.first().cloned() else {
            return Err(internal("a group of no fields"));
        };
        let text = |literal: &Literal| match literal {
            Literal::Value(value) => Some(value.to_string()),
            Literal::Other(text) => Some(text.clone()),
            _ => None,
        };
        let otherwise = match default {
            Some(label) => lit(text(label).unwrap_or_default()),
            // Members of several fields show all of them.
            None if fields.len() > 1 => {
                let texts = fields.iter().map(|field| {
                    let text = format!("IFNULL(STR([{}]), 'Null')", field.replace(']', "]]"));
                    let formula = self.fields.formula(&text)?;
                    Ok(self.formula(&formula)?.expr)
                });
                let texts = texts.collect::<Found<Vec<Expr>>>()?;
                let joined = texts.into_iter().reduce(|all, next| {
                    let all = binary_expr(all, Operator::StringConcat, lit(", "));
                    binary_expr(all, Operator::StringConcat, next)
                });
                joined.ok_or_else(|| internal("a group of no fields"))?
            }
            None if value.data_type == DataType::String => value.expr.clone(),
            None => cast(value.expr.clone(), arrow_type(DataType::String)),
        };
        let mut case: Option<datafusion::logical_expr::conditional_expressions::CaseBuilder> = None;
        for (label, members) in bins {
            let test = match &values[..] {
                [value] => in_list(value, members.iter()),
                values => in_tuples(values, members),
            };
            let label = lit(text(label).unwrap_or_default());
            case = Some(match case {
                None => when(test, label),
                Some(mut case) => case.when(test, label),
            });
        }
        let expr = match case {
            Some(mut case) => case.otherwise(otherwise).map_err(internal)?,
            None => otherwise,
        };
        Ok(Typed::new(expr, DataType::String).collated(value.collation))
    }

    /// Gives the expression of an instance at the level of rows: a dimension.
    pub fn pill(&mut self, pill: &Pill) -> Found<Typed> {
        let field = self.row_field(&pill.field)?;
        self.derived(field, pill.derivation, &pill.field)
    }

    /// Takes a part of a date or the field as it is.
    pub fn derived(&mut self, field: Typed, derivation: Derivation, name: &str) -> Found<Typed> {
        let week_start = self.surroundings.week_start;
        let fiscal = self.fields.source.fiscal_start;
        let by_formula = |scope: &mut Self, text: String| {
            let formula = scope.fields.formula(&text)?;
            scope.formula(&formula)
        };
        let quoted = name.replace(']', "]]");
        if derivation.is_date() && !field.data_type.is_date() {
            return Err(Box::new(Diagnostic::error(
                "query.date",
                format!(
                    "the field '{name}' is taken as a date but is a {}",
                    field.data_type
                ),
            )));
        }
        match derivation {
            Derivation::None | Derivation::InOut | Derivation::User => Ok(field),
            Derivation::Part(unit) => match dates::part(unit, &field, fiscal) {
                Some(expr) => Ok(Typed::new(expr, DataType::Integer)),
                None => by_formula(self, format!("DATEPART('{}', [{quoted}])", unit.as_str())),
            },
            Derivation::Trunc(unit) => match dates::trunc(unit, &field, week_start, fiscal) {
                Some(expr) => Ok(Typed::new(expr, field.data_type)),
                None => {
                    let cut = if fiscal == 1 {
                        format!("DATETRUNC('{}', [{quoted}])", unit.as_str())
                    } else {
                        // A fiscal period begins so many months after that of the calendar.
                        let shift = fiscal - 1;
                        format!(
                            "DATEADD('month', {shift}, DATETRUNC('{}', DATEADD('month', -{shift}, [{quoted}])))",
                            unit.as_str()
                        )
                    };
                    let found = by_formula(self, cut)?;
                    Ok(Typed::new(
                        cast(found.expr, arrow_type(field.data_type)),
                        field.data_type,
                    ))
                }
            },
            Derivation::MonthYear => by_formula(
                self,
                format!("DATEPART('year', [{quoted}]) * 100 + DATEPART('month', [{quoted}])"),
            ),
            Derivation::MonthDayYear => by_formula(
                self,
                format!(
                    "DATEPART('year', [{quoted}]) * 10000 + DATEPART('month', [{quoted}]) * 100 \
                     + DATEPART('day', [{quoted}])"
                ),
            ),
            Derivation::Aggregate(_) | Derivation::Attribute => Err(internal(format!(
                "{name} is aggregated and has no value for rows"
            ))),
        }
    }

    /// Joins a column that was computed for groups of rows, and gives its expression.
    ///
    /// `groups` are the expressions whose values the groups have; `made` has one column for each of them,
    /// in order and under the names `names`, and the column `value`.
    pub fn attach(
        &mut self,
        groups: &[Typed],
        names: &[String],
        made: DataFrame,
        value: Typed,
    ) -> Found<Typed> {
        // The keys stand in columns of their own while the join runs.
        let mut keys = Vec::with_capacity(groups.len());
        let mut frame = self.frame.clone();
        for group in groups {
            let name = self.fresh("k");
            frame = frame.with_column(&name, group.key()).map_err(internal)?;
            keys.push(name);
        }
        let on: Vec<(String, String)> = keys.into_iter().zip(names.iter().cloned()).collect();
        self.frame = join_null_safe(frame, made, JoinType::Left, &on)?;
        Ok(value)
    }

    fn lod(&mut self, formula: &Arc<Formula>, node: NodeId) -> Found<Typed> {
        let NodeKind::Lod {
            kind,
            dimensions,
            body,
        } = formula.tree.kind(node)
        else {
            return Err(internal("not a level of detail"));
        };
        let key = format!("lod {:x} {}", Arc::as_ptr(formula) as usize, node.index());
        if let Some(typed) = self.joined.get(&key) {
            return Ok(typed.clone());
        }
        let surroundings = Arc::clone(self.surroundings);
        let mut groups: Vec<Typed> = Vec::new();
        let mut named = Vec::with_capacity(dimensions.len());
        for dimension in dimensions {
            named.push(compile(formula, *dimension, self, &surroundings)?);
        }
        match kind {
            LodKind::Table | LodKind::Fixed => groups.extend(named),
            LodKind::Include => {
                groups.extend(self.view.iter().map(|(_, typed)| typed.clone()));
                groups.extend(named);
            }
            LodKind::Exclude => {
                let out: Vec<Expr> = named.into_iter().map(|typed| typed.expr).collect();
                let kept = self.view.iter().filter(|(_, typed)| !out.contains(&typed.expr));
                groups.extend(kept.map(|(_, typed)| typed.clone()));
            }
        }
        let (made, names, value) = Aggregation::over(self, &groups, formula, *body)?;
        let found = self.attach(&groups, &names, made, value)?;
        self.joined.insert(key, found.clone());
        Ok(found)
    }

    /// Remembers a column that stands for a set.
    pub fn remember(&mut self, key: String, name: String) {
        let typed = Typed::new(column(&name), DataType::Boolean);
        self.joined.insert(key, typed);
    }

    /// Finds a column that stands for a set.
    pub fn remembered(&self, key: &str) -> Option<Expr> {
        self.joined.get(key).map(|typed| typed.expr.clone())
    }
}

impl Scope for RowScope<'_> {
    fn field(&mut self, name: &FieldName) -> Found<Typed> {
        match &name.source {
            Some(source) if source == OBJECT_PART => Ok(Typed::new(lit(1_i64), DataType::Integer)),
            Some(source) if !source.eq_ignore_ascii_case(&self.fields.source.name) => {
                Err(unsupported("fields of other data sources in formulas of rows"))
            }
            _ => self.row_field(&name.name),
        }
    }

    fn computed(&mut self, formula: &Arc<Formula>, node: NodeId) -> Found<Typed> {
        match formula.tree.kind(node) {
            NodeKind::Lod { .. } => self.lod(formula, node),
            _ => Err(internal("an aggregate has no value for rows")),
        }
    }
}

/// Tests whether a value is one of the literals; null is one only if it is listed.
pub fn in_list<'l>(value: &Typed, members: impl Iterator<Item = &'l Literal>) -> Expr {
    let mut null = false;
    let mut list = Vec::new();
    for member in members {
        match member {
            Literal::Value(Value::Null) => null = true,
            Literal::Value(member) => list.push(lit(scalar_of(member, value.data_type))),
            _ => {}
        }
    }
    if value.ignores_case() {
        list = list.into_iter().map(same_key).collect();
    }
    let listed = match list.is_empty() {
        true => lit(false),
        false => value.key().in_list(list, false).is_true(),
    };
    match null {
        true => listed.or(value.expr.clone().is_null()),
        false => listed,
    }
}

/// Tests whether values are together one of the tuples.
fn in_tuples(values: &[Typed], members: &[Literal]) -> Expr {
    let tests = members.iter().filter_map(|member| match member {
        Literal::Tuple(parts) if parts.len() == values.len() => {
            let tests = values.iter().zip(parts);
            let tests = tests.map(|(value, part)| in_list(value, std::iter::once(part)));
            tests.reduce(Expr::and)
        }
        _ => None,
    });
    tests.reduce(Expr::or).unwrap_or(lit(false))
}

/// Gives the width of a bin.
pub fn bin_size(caption: &str, size: &BinSize, surroundings: &Surroundings) -> Found<f64> {
    let size = match size {
        BinSize::Number(size) => *size,
        BinSize::Parameter(name) => match surroundings.parameters.get(&name.to_lowercase()) {
            Some(Value::Integer(size)) => *size as f64,
            Some(Value::Real(size)) => *size,
            _ => {
                return Err(Box::new(Diagnostic::error(
                    "query.parameter",
                    format!("the parameter '{name}' is no size of a bin"),
                )));
            }
        },
    };
    match size > 0.0 && size.is_finite() {
        true => Ok(size),
        false => Err(Box::new(Diagnostic::error(
            "query.bin",
            format!("the size of the bin '{caption}' is {size}, which is not above 0"),
        ))),
    }
}

/// Says that a field is not known.
pub fn unknown_field(name: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("query.unknown-field", format!("there is no field [{name}]"))
            .hint("look whether it was renamed or removed from the data source"),
    )
}

/// Says that something is not supported.
pub fn unsupported(what: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        "query.unsupported",
        format!("{what} are not supported yet"),
    ))
}
