//! The rows of a data source: extract or connections, joined as the model says, one column for each field.

use std::collections::{BTreeSet, HashMap, HashSet};

use datafusion::common::{Column as PlanColumn, JoinType, NullEquality};
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit, try_cast};
use vivant_calc::check::{Environment, FieldInfo};
use vivant_calc::kernel::text::Collation;
use vivant_calc::names::FieldName;
use vivant_calc::tree::NodeId;
use vivant_calc::{DataType, Diagnostic, Level, check, parse};
use vivant_document::spec::{
    Condition, FieldKind, JoinKind, ObjectSpec, RelationSpec, RelationshipSpec, SourceSpec,
};

use crate::data::{Data, Table};
use crate::expr::{Scope, Typed, compile, internal};
use crate::rows::{Formula, Surroundings};
use crate::spatial::geometry_text;
use crate::sql::with_parameters;
use crate::values::{arrow_type, calc_type};
use std::sync::Arc;

type Found<T> = Result<T, Box<Diagnostic>>;

/// Rows with the fields that they have.
#[derive(Clone)]
pub struct Rows {
    /// The plan; its columns are named by [`Rows::fields`].
    pub frame: DataFrame,
    /// Fields: internal name, and name and type of the column.
    pub fields: HashMap<String, (String, DataType)>,
    /// How texts of fields are compared.
    pub collations: HashMap<String, Collation>,
    /// Whether rows of the root table may come several times, and which column tells them apart.
    pub row_id: Option<String>,
}

/// Makes an expression of a column by its exact name.
pub fn column(name: &str) -> Expr {
    Expr::Column(PlanColumn::new_unqualified(name))
}

/// Between the name of a relation and the name of its column.
const SEPARATOR: char = '\u{1f}';

/// How many columns a data source may have.
const MOST_COLUMNS: usize = 16_384;

/// Opens the tables of a data source.
pub struct Opener<'o> {
    /// The session that plans belong to.
    pub session: &'o SessionContext,
    /// Who gives tables.
    pub data: &'o dyn Data,
    /// What formulas depend on.
    pub surroundings: &'o Arc<Surroundings>,
}

impl Opener<'_> {
    /// Opens the logical tables that are asked for, joined to the first.
    ///
    /// `wanted` are the ids of logical tables; the first is the one whose rows are all kept. With
    /// `inner`, only rows with a partner are kept.
    pub async fn rows(&self, source: &SourceSpec, wanted: &[String], inner: bool) -> Found<Rows> {
        let columns = source
            .fields
            .iter()
            .filter(|field| matches!(field.kind, FieldKind::Column { .. }));
        let columns = columns.count();
        if columns > MOST_COLUMNS {
            return Err(Box::new(
                Diagnostic::error(
                    "query.too-large",
                    format!(
                        "the data source '{}' has {columns} columns, and {MOST_COLUMNS} are read",
                        source.caption
                    ),
                )
                .hint("hide the columns that nobody needs, and extract or publish it without them"),
            ));
        }
        if source.objects.len() <= 1 || wanted.is_empty() {
            return match source.objects.first() {
                Some(object) => self.object(source, object).await,
                None if source.uses_extract() => self.extract(source, None).await,
                None => Err(Box::new(
                    Diagnostic::error(
                        "query.no-tables",
                        format!("the data source '{}' has no tables", source.caption),
                    )
                    .hint("publish the data source that it is connected to"),
                )),
            };
        }
        let path = join_order(source, wanted)?;
        let Some((root, steps)) = path.split_first() else {
            return Err(internal("no logical table is asked for"));
        };
        let mut rows = self.object(source, find(source, &root.object)?).await?;
        if steps.iter().any(|step| !step.unique) {
            rows = numbered(rows)?;
        }
        for step in steps {
            let next = self.object(source, find(source, &step.object)?).await?;
            let relationship = step
                .relationship
                .ok_or_else(|| internal("a table without a relationship"))?;
            rows = self.relate(rows, next, relationship, inner)?;
        }
        Ok(rows)
    }

    /// Opens one logical table.
    async fn object(&self, source: &SourceSpec, object: &ObjectSpec) -> Found<Rows> {
        if source.uses_extract() {
            return self.extract(source, Some(object)).await;
        }
        let frame = self.relation(source, &object.relation).await?;
        let names: Vec<(String, DataType)> = frame
            .schema()
            .fields()
            .iter()
            .map(|field| (field.name().clone(), calc_type(field.data_type())))
            .collect();
        let (mut exact, mut folded, mut last) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (position, (name, _)) in names.iter().enumerate() {
            exact.entry(name.clone()).or_insert(position);
            folded.entry(name.to_ascii_lowercase()).or_insert(position);
            let column = name.rsplit(SEPARATOR).next().unwrap_or(name);
            last.entry(column.to_owned()).or_insert(position);
        }
        let mut found = Vec::new();
        for field in &source.fields {
            let FieldKind::Column { table, column, .. } = &field.kind else {
                continue;
            };
            let position = match table {
                Some(table) => {
                    let full = format!("{table}{SEPARATOR}{column}");
                    let place = exact.get(&full);
                    place.or_else(|| folded.get(&full.to_ascii_lowercase())).copied()
                }
                None => last.get(column).copied(),
            };
            if let Some(position) = position {
                found.push((field, names[position].0.clone(), names[position].1));
            }
        }
        project(frame, found)
    }

    /// Opens the extract, or the table of one logical table in it.
    async fn extract(&self, source: &SourceSpec, object: Option<&ObjectSpec>) -> Found<Rows> {
        let extract = source.extract.as_ref().ok_or_else(|| internal("no extract"))?;
        let default = vec!["Extract".to_owned(), "Extract".to_owned()];
        // A flat extract has one table whatever the model; else each logical table has its own.
        let own = object.and_then(|object| {
            let path = object
                .extract_table
                .clone()
                .or_else(|| extract.tables.get(&object.id).cloned())?;
            Some((object.id.clone(), path))
        });
        let (key, path) = match own {
            Some((key, path)) if source.objects.len() > 1 => (Some(key), path),
            Some((_, path)) => (None, path),
            None => (None, extract.tables.values().next().cloned().unwrap_or(default)),
        };
        let provider = self.data.table(source, Table::Extract(&path)).await?;
        let frame = self.session.read_table(provider).map_err(internal)?;
        let names: Vec<(String, DataType)> = frame
            .schema()
            .fields()
            .iter()
            .map(|field| (field.name().clone(), calc_type(field.data_type())))
            .collect();
        let mut found = Vec::new();
        for field in &source.fields {
            let mapped = extract.columns.iter().find(|(name, table, _)| {
                *name == field.name
                    && key
                        .as_ref()
                        .is_none_or(|key| table == key || extract.tables.get(table) == Some(&path))
            });
            let materialized = extract.materialized.contains(&field.name);
            let remote = match (mapped, &field.kind) {
                (Some((_, _, column)), _) => column.clone(),
                (
                    None,
                    FieldKind::Column {
                        column, object: of, ..
                    },
                ) if key.is_none() || of.as_ref() == key.as_ref() => column.clone(),
                (None, _) if materialized => field.name.clone(),
                _ => continue,
            };
            // An extract that was refreshed here names its columns by fields.
            let known = names
                .iter()
                .find(|(name, _)| *name == remote)
                .or_else(|| names.iter().find(|(name, _)| *name == field.name));
            if let Some((name, data_type)) = known {
                found.push((field, name.clone(), *data_type));
            }
        }
        project(frame, found)
    }

    /// Opens a relation; its columns are named by relation and column.
    fn relation<'f>(
        &'f self,
        source: &'f SourceSpec,
        relation: &'f RelationSpec,
    ) -> std::pin::Pin<Box<dyn Future<Output = Found<DataFrame>> + Send + 'f>> {
        Box::pin(async move {
            match relation {
                RelationSpec::Table(_) | RelationSpec::Sql { .. } | RelationSpec::StoredProcedure { .. } => {
                    let written = with_parameters(source, relation, self.surroundings)?;
                    let provider = self.data.table(source, Table::Relation(&written)).await?;
                    let frame = self.session.read_table(provider).map_err(internal)?;
                    renamed(frame, relation.name().unwrap_or_default())
                }
                RelationSpec::Join {
                    kind,
                    condition,
                    left,
                    right,
                } => {
                    let left = self.relation(source, left).await?;
                    let right = self.relation(source, right).await?;
                    let kind = match kind {
                        JoinKind::Inner => JoinType::Inner,
                        JoinKind::Left => JoinType::Left,
                        JoinKind::Right => JoinType::Right,
                        JoinKind::Full => JoinType::Full,
                    };
                    let schema = left.schema().join(right.schema()).map_err(internal)?;
                    let mut names = Names::default();
                    let folded = without_case(source);
                    for field in schema.fields() {
                        if let Some((table, column)) = field.name().split_once(SEPARATOR) {
                            let name = FieldName::qualified(table, column);
                            let collation =
                                folded.contains(&(table, column)).then_some(Collation::IgnoreCase);
                            names.add(name, field.name(), calc_type(field.data_type()), collation);
                        }
                    }
                    let on = self.condition(condition, &mut names)?;
                    left.join_on(right, kind, on).map_err(internal)
                }
                RelationSpec::Union {
                    name,
                    columns,
                    tables,
                } => {
                    let mut all: Option<DataFrame> = None;
                    for table in tables {
                        let frame = self.relation(source, table).await?;
                        let part = union_part(frame, name, columns, table)?;
                        all = Some(match all {
                            None => part,
                            Some(before) => before.union(part).map_err(internal)?,
                        });
                    }
                    all.ok_or_else(|| internal("a union of no tables"))
                }
                RelationSpec::Pivot {
                    name,
                    tag,
                    groups,
                    child,
                    ..
                } => {
                    let frame = self.relation(source, child).await?;
                    pivot(frame, name, tag, groups)
                }
                RelationSpec::Project { .. } | RelationSpec::Other(_) => {
                    let kind = match relation {
                        RelationSpec::Other(kind) => kind.clone(),
                        _ => "project".to_owned(),
                    };
                    Err(Box::new(Diagnostic::error(
                        "query.unsupported",
                        format!("relations of kind '{kind}' are not supported yet"),
                    )))
                }
            }
        })
    }

    /// Joins the rows of another logical table.
    fn relate(&self, left: Rows, right: Rows, relationship: &RelationshipSpec, inner: bool) -> Found<Rows> {
        let mut names = Names::default();
        for (field, (name, data_type)) in left.fields.iter().chain(&right.fields) {
            let collation = left.collations.get(field).or(right.collations.get(field));
            names.add(FieldName::new(field), name, *data_type, collation.copied());
        }
        let on = self.condition(&relationship.condition, &mut names)?;
        let kind = if inner { JoinType::Inner } else { JoinType::Left };
        let mut fields = left.fields;
        fields.extend(right.fields);
        let mut collations = left.collations;
        collations.extend(right.collations);
        Ok(Rows {
            frame: left.frame.join_on(right.frame, kind, on).map_err(internal)?,
            fields,
            collations,
            row_id: left.row_id,
        })
    }

    /// Makes expressions of a condition; parts that all must hold come apart, so that joins can hash them.
    fn condition(&self, condition: &Condition, names: &mut Names) -> Found<Vec<Expr>> {
        match condition {
            Condition::Op(op, parts) if op.eq_ignore_ascii_case("and") => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.condition(part, names)?);
                }
                Ok(all)
            }
            other => {
                let text = other.formula();
                let parsed = parse(&text);
                let checked = check(&parsed.value, names);
                if let Some(error) = parsed
                    .diagnostics
                    .iter()
                    .chain(&checked.diagnostics)
                    .find(|one| one.is_error())
                {
                    return Err(Box::new(error.clone().within("join condition")));
                }
                let formula = Arc::new(Formula {
                    tree: parsed.value,
                    checked,
                });
                let root = formula.tree.root();
                Ok(vec![compile(&formula, root, names, self.surroundings)?.expr])
            }
        }
    }
}

/// Columns by name, for the conditions of joins.
#[derive(Default)]
struct Names {
    known: Vec<(FieldName, Typed)>,
}

impl Names {
    fn add(&mut self, name: FieldName, of: &str, data_type: DataType, collation: Option<Collation>) {
        let typed = Typed::new(column(of), data_type).collated(collation);
        self.known.push((name, typed));
    }

    fn find(&self, name: &FieldName) -> Option<&Typed> {
        let found = self.known.iter().find(|(known, _)| known.matches(name));
        found.map(|(_, typed)| typed)
    }
}

/// Lists the columns whose texts are the same in upper and lower case: table and column.
fn without_case(source: &SourceSpec) -> HashSet<(&str, &str)> {
    let fields = source.fields.iter().filter(|field| field.ignores_case);
    let columns = fields.filter_map(|field| match &field.kind {
        FieldKind::Column { table, column, .. } => Some((table.as_deref()?, column.as_str())),
        _ => None,
    });
    columns.collect()
}

impl Environment for Names {
    fn field(&self, name: &FieldName) -> Option<FieldInfo> {
        self.find(name)
            .map(|typed| FieldInfo::new(typed.data_type, Level::Row))
    }

    fn parameter(&self, _: &str) -> Option<DataType> {
        None
    }
}

impl Scope for Names {
    fn field(&mut self, name: &FieldName) -> Found<Typed> {
        let found = self.find(name).ok_or_else(|| {
            Box::new(Diagnostic::error(
                "query.unknown-field",
                format!("there is no column {name}"),
            ))
        })?;
        Ok(found.clone())
    }

    fn computed(&mut self, _: &Arc<Formula>, _: NodeId) -> Found<Typed> {
        Err(internal("aggregates cannot stand in join conditions"))
    }
}

/// Chooses the columns of fields, with the types that the document says.
fn project(
    frame: DataFrame,
    found: Vec<(&vivant_document::spec::FieldSpec, String, DataType)>,
) -> Found<Rows> {
    let mut exprs = Vec::with_capacity(found.len());
    let (mut fields, mut collations) = (HashMap::new(), HashMap::new());
    for (field, name, data_type) in found {
        let wanted = match field.data_type {
            // A geometry may be read from text.
            DataType::Spatial if data_type == DataType::String => DataType::Spatial,
            DataType::Unknown | DataType::Spatial | DataType::Table | DataType::Null => data_type,
            wanted => wanted,
        };
        let target = arrow_type(wanted);
        let is_same = frame
            .schema()
            .field_with_unqualified_name(&name)
            .is_ok_and(|found| *found.data_type() == target);
        let expr = match data_type {
            DataType::Spatial => try_cast(geometry_text(column(&name)), target),
            // A cast that changes nothing would keep filters from the statistics of files.
            _ if is_same => column(&name),
            _ => try_cast(column(&name), target),
        };
        exprs.push(expr.alias(&field.name));
        fields.insert(field.name.clone(), (field.name.clone(), wanted));
        if wanted == DataType::String {
            let collation = match field.ignores_case {
                true => Collation::IgnoreCase,
                false => Collation::Binary,
            };
            collations.insert(field.name.clone(), collation);
        }
    }
    if exprs.is_empty() {
        // Rows can be counted even where no field is known.
        exprs.push(lit(1_i64).alias("\u{1f}row"));
    }
    Ok(Rows {
        frame: frame.select(exprs).map_err(internal)?,
        fields,
        collations,
        row_id: None,
    })
}

fn renamed(frame: DataFrame, relation: &str) -> Found<DataFrame> {
    let exprs: Vec<Expr> = frame
        .schema()
        .fields()
        .iter()
        .map(|field| column(field.name()).alias(format!("{relation}{SEPARATOR}{}", field.name())))
        .collect();
    frame.select(exprs).map_err(internal)
}

fn union_part(
    frame: DataFrame,
    name: &str,
    columns: &[vivant_document::spec::ColumnSpec],
    table: &RelationSpec,
) -> Found<DataFrame> {
    let label = match table {
        RelationSpec::Table(table) => table.path.last().cloned().unwrap_or_else(|| table.name.clone()),
        other => other.name().unwrap_or_default().to_owned(),
    };
    let names: Vec<String> = frame
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let exprs: Vec<Expr> = columns
        .iter()
        .map(|wanted| {
            let found = names
                .iter()
                .find(|known| known.rsplit(SEPARATOR).next() == Some(wanted.name.as_str()));
            let data_type = arrow_type(wanted.data_type);
            let expr = match (found, wanted.name.as_str()) {
                (Some(found), _) => try_cast(column(found), data_type),
                (None, "Table Name" | "Sheet") => lit(label.trim_end_matches('$').replace('#', ".")),
                (None, "Path") => lit(label.clone()),
                (None, _) => try_cast(lit(datafusion::common::ScalarValue::Null), data_type),
            };
            expr.alias(format!("{name}{SEPARATOR}{}", wanted.name))
        })
        .collect();
    frame.select(exprs).map_err(internal)
}

fn pivot(
    frame: DataFrame,
    name: &str,
    tag: &(String, Vec<String>),
    groups: &[(String, Vec<String>)],
) -> Found<DataFrame> {
    let names: Vec<String> = frame
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let of = |text: &str| -> Option<String> {
        let field = FieldName::parse(text)?;
        let full = match &field.source {
            Some(table) => format!("{table}{SEPARATOR}{}", field.name),
            None => field.name.clone(),
        };
        names
            .iter()
            .find(|known| **known == full || known.rsplit(SEPARATOR).next() == Some(full.as_str()))
            .cloned()
    };
    let turned: BTreeSet<String> = groups
        .iter()
        .flat_map(|(_, fields)| fields)
        .filter_map(|text| of(text))
        .collect();
    let mut all: Option<DataFrame> = None;
    for (index, label) in tag.1.iter().enumerate() {
        let mut exprs: Vec<Expr> = names
            .iter()
            .filter(|name| !turned.contains(*name))
            .map(|name| column(name))
            .collect();
        exprs.push(lit(label.clone()).alias(format!("{name}{SEPARATOR}{}", tag.0)));
        for (group, fields) in groups {
            let missing = || {
                let field = fields.get(index).map_or("", String::as_str);
                Box::new(Diagnostic::error(
                    "query.unknown-field",
                    format!("the pivot '{name}' turns the column {field}, which its table does not have"),
                ))
            };
            let from = fields.get(index).and_then(|text| of(text)).ok_or_else(missing)?;
            let expr = column(&from);
            exprs.push(expr.alias(format!("{name}{SEPARATOR}{group}")));
        }
        let part = frame.clone().select(exprs).map_err(internal)?;
        all = Some(match all {
            None => part,
            Some(before) => before.union(part).map_err(internal)?,
        });
    }
    all.ok_or_else(|| internal("a pivot of no columns"))
}

/// A step of a walk over the logical model.
struct Step<'s> {
    object: String,
    relationship: Option<&'s RelationshipSpec>,
    /// Whether each row finds at most one partner.
    unique: bool,
}

/// Finds the smallest part of the model that holds all tables, beginning at the first.
fn join_order<'s>(source: &'s SourceSpec, wanted: &[String]) -> Found<Vec<Step<'s>>> {
    let root = &wanted[0];
    // Breadth first from the root: how each table is reached.
    let mut reached: HashMap<&str, (&str, &RelationshipSpec)> = HashMap::new();
    let mut queue = vec![root.as_str()];
    let mut at = 0;
    while at < queue.len() {
        let here = queue[at];
        at += 1;
        for relationship in &source.relationships {
            let there = match here {
                _ if relationship.left == here => relationship.right.as_str(),
                _ if relationship.right == here => relationship.left.as_str(),
                _ => continue,
            };
            if there != root && !reached.contains_key(there) {
                reached.insert(there, (here, relationship));
                queue.push(there);
            }
        }
    }
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    for object in &wanted[1..] {
        let mut here = object.as_str();
        while here != root {
            let Some((before, _)) = reached.get(here) else {
                return Err(Box::new(Diagnostic::error(
                    "query.unrelated",
                    format!(
                        "the tables of the data source '{}' that the sheet uses are not related",
                        source.caption
                    ),
                )));
            };
            needed.insert(here);
            here = before;
        }
    }
    let mut steps = vec![Step {
        object: root.clone(),
        relationship: None,
        unique: true,
    }];
    for object in queue.iter().skip(1).filter(|object| needed.contains(**object)) {
        let (_, relationship) = reached[object];
        let unique = if relationship.right == **object {
            relationship.right_unique
        } else {
            relationship.left_unique
        };
        steps.push(Step {
            object: (*object).to_owned(),
            relationship: Some(relationship),
            unique,
        });
    }
    Ok(steps)
}

fn find<'s>(source: &'s SourceSpec, id: &str) -> Found<&'s ObjectSpec> {
    source
        .objects
        .iter()
        .find(|object| object.id == id)
        .ok_or_else(|| internal(format!("no logical table '{id}'")))
}

/// Numbers rows that a join may repeat, so that each is counted once.
fn numbered(rows: Rows) -> Found<Rows> {
    let name = "\u{1f}id".to_owned();
    let number = datafusion::functions_window::expr_fn::row_number().alias(&name);
    Ok(Rows {
        frame: rows.frame.window(vec![number]).map_err(internal)?,
        fields: rows.fields,
        collations: rows.collations,
        row_id: Some(name),
    })
}

/// Joins so that nulls match nulls, which is how levels of detail come back to their rows.
pub fn join_null_safe(
    left: DataFrame,
    right: DataFrame,
    kind: JoinType,
    on: &[(String, String)],
) -> Found<DataFrame> {
    let (state, left) = left.into_parts();
    let (_, right) = right.into_parts();
    let (a, b): (Vec<PlanColumn>, Vec<PlanColumn>) = on
        .iter()
        .map(|(a, b)| (PlanColumn::new_unqualified(a), PlanColumn::new_unqualified(b)))
        .unzip();
    let plan = match on.is_empty() {
        true => LogicalPlanBuilder::from(left).cross_join(right),
        false => LogicalPlanBuilder::from(left).join_detailed(
            right,
            kind,
            (a, b),
            None,
            NullEquality::NullEqualsNull,
        ),
    };
    let plan = plan.and_then(LogicalPlanBuilder::build).map_err(internal)?;
    Ok(DataFrame::new(state, plan))
}
