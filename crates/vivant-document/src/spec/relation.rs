//! Physical tables of a data source: files, tables, joins, unions, pivots, custom SQL.

use vivant_calc::types::DataType;

use super::source::data_type;
use crate::names::{split_name, unquote};
use crate::tree::{NodeId, Tree};
use crate::view::{Relation, RelationKind};

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum RelationSpec {
    /// A table, sheet or file.
    Table(TableSpec),
    /// Two relations joined.
    Join {
        /// Which sides keep rows without a match.
        kind: JoinKind,
        /// When rows match; leaves are over `[relation].[remote column]`.
        condition: Condition,
        /// The left side.
        left: Box<RelationSpec>,
        /// The right side.
        right: Box<RelationSpec>,
    },
    /// Tables one after another, columns matched by name.
    Union {
        /// The name by which columns refer to it.
        name: String,
        /// Columns of the result.
        columns: Vec<ColumnSpec>,
        /// The tables.
        tables: Vec<RelationSpec>,
    },
    /// Columns turned to rows.
    Pivot {
        /// The name by which columns refer to it.
        name: String,
        /// Columns of the result that the pivot makes.
        columns: Vec<ColumnSpec>,
        /// For the column of names: its name and the text for each row.
        tag: (String, Vec<String>),
        /// For each column of values: its name and the columns it is filled from, as `[relation].[column]`.
        groups: Vec<(String, Vec<String>)>,
        /// The table that is turned.
        child: Box<RelationSpec>,
    },
    /// Columns chosen, merged or computed.
    Project {
        /// The name by which columns refer to it.
        name: String,
        /// Columns of the result; hidden inputs left out.
        columns: Vec<ColumnSpec>,
        /// Computed columns: name and formula over the child's columns.
        bindings: Vec<(String, String)>,
        /// The table they come from.
        child: Box<RelationSpec>,
    },
    /// Custom SQL.
    Sql {
        /// The name by which columns refer to it.
        name: String,
        /// The connection that runs it.
        connection: Option<String>,
        /// The query, with `<[Parameters].[P]>` where a parameter's value goes.
        sql: String,
    },
    /// A stored procedure.
    StoredProcedure {
        /// The name by which columns refer to it.
        name: String,
        /// The connection that runs it.
        connection: Option<String>,
        /// The procedure.
        procedure: String,
        /// Arguments: name and literal, or `<[Parameters].[P]>` where a parameter's value goes.
        arguments: Vec<(String, String)>,
    },
    /// A relation of another kind, by its type.
    Other(String),
}

/// A table, sheet or file.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSpec {
    /// The name by which columns refer to it.
    pub name: String,
    /// The parts of its name in the database, without brackets: `["dbo", "Orders"]`, `["Orders$"]`.
    pub path: Vec<String>,
    /// The key of its connection.
    pub connection: Option<String>,
    /// How a file is read.
    pub file: Option<FileSpec>,
    /// Columns of a file, in order.
    pub columns: Vec<ColumnSpec>,
}

/// How a file is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileSpec {
    /// Whether the first row holds names.
    pub header: bool,
    /// Character set, such as `UTF-8`.
    pub character_set: Option<String>,
    /// What stands between values.
    pub separator: Option<String>,
    /// What stands around text.
    pub text_qualifier: Option<String>,
    /// Locale of numbers and dates, such as `en_US`.
    pub locale: Option<String>,
    /// The part of an Excel sheet that is the table, as written.
    pub grid: Option<String>,
}

/// A physical column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSpec {
    /// Name.
    pub name: String,
    /// Type of its values.
    pub data_type: DataType,
    /// ICU pattern that dates are written in.
    pub date_pattern: Option<String>,
}

/// Which sides of a join keep rows without a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Neither.
    Inner,
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// Both.
    Full,
}

/// A condition over columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// An operator with its operands: `=`, `<`, `AND`.
    Op(String, Vec<Condition>),
    /// A column, a literal or a whole formula over columns.
    Leaf(String),
}

impl RelationSpec {
    /// Reads a relation.
    pub fn of(relation: Relation<'_>) -> RelationSpec {
        read(relation, 0)
    }

    /// Returns the name by which columns refer to the relation.
    pub fn name(&self) -> Option<&str> {
        match self {
            RelationSpec::Table(table) => Some(&table.name),
            RelationSpec::Union { name, .. }
            | RelationSpec::Pivot { name, .. }
            | RelationSpec::Project { name, .. }
            | RelationSpec::Sql { name, .. }
            | RelationSpec::StoredProcedure { name, .. } => Some(name),
            RelationSpec::Join { .. } | RelationSpec::Other(_) => None,
        }
    }

    /// Visits this relation and those inside it.
    pub fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s RelationSpec)) {
        visit(self);
        match self {
            RelationSpec::Join { left, right, .. } => {
                left.walk(visit);
                right.walk(visit);
            }
            RelationSpec::Union { tables, .. } => tables.iter().for_each(|table| table.walk(visit)),
            RelationSpec::Pivot { child, .. } | RelationSpec::Project { child, .. } => child.walk(visit),
            _ => {}
        }
    }
}

/// Joins deeper than this are not read.
const MAX_DEPTH: usize = 200;

fn read(relation: Relation<'_>, depth: usize) -> RelationSpec {
    let (tree, node) = (relation.tree(), relation.node());
    let name = || unquote(&relation.name().unwrap_or_default());
    let connection = || relation.connection().map(|text| text.into_owned());
    let children: Vec<Relation<'_>> = relation.relations();
    if depth > MAX_DEPTH {
        return RelationSpec::Other("too deep".to_owned());
    }
    let inner = |index: usize| {
        children
            .get(index)
            .map_or(RelationSpec::Other("missing".to_owned()), |&child| {
                read(child, depth + 1)
            })
    };
    match relation.kind() {
        RelationKind::Table => RelationSpec::Table(TableSpec {
            name: name(),
            path: relation
                .table()
                .and_then(|table| split_name(&table).or_else(|| Some(vec![table.into_owned()])))
                .unwrap_or_default(),
            connection: connection(),
            file: tree.child(node, "columns").map(|columns| file(tree, columns)),
            columns: columns(tree, node),
        }),
        RelationKind::Join => RelationSpec::Join {
            kind: match relation.join().as_deref() {
                Some("left") => JoinKind::Left,
                Some("right") => JoinKind::Right,
                Some("full") => JoinKind::Full,
                _ => JoinKind::Inner,
            },
            condition: tree
                .named(node, "clause")
                .find(|&clause| tree.has(clause, "type", "join"))
                .and_then(|clause| tree.child(clause, "expression"))
                .map_or(Condition::Op("AND".to_owned(), Vec::new()), |top| {
                    condition(tree, top)
                }),
            left: Box::new(inner(0)),
            right: Box::new(inner(1)),
        },
        RelationKind::Union => RelationSpec::Union {
            name: name(),
            columns: columns(tree, node),
            tables: (0..children.len()).map(inner).collect(),
        },
        RelationKind::Pivot => {
            let texts = |parent: NodeId, element: &str| -> Vec<String> {
                tree.named(parent, element)
                    .filter_map(|at| tree.get(at, "name").map(|text| text.into_owned()))
                    .collect()
            };
            let columns = columns(tree, node);
            let groups: Vec<(String, Vec<String>)> = tree
                .named(node, "groups")
                .flat_map(|groups| tree.named(groups, "group"))
                .map(|group| {
                    (
                        unquote(&tree.get(group, "name").unwrap_or_default()),
                        texts(group, "field"),
                    )
                })
                .collect();
            let mut child = inner(0);
            for (group, fields) in &groups {
                let data_type = columns.iter().find(|column| column.name == *group);
                let data_type = data_type.map_or(DataType::String, |column| column.data_type);
                for field in fields {
                    list(&mut child, field, data_type);
                }
            }
            RelationSpec::Pivot {
                name: name(),
                columns,
                tag: tree.child(node, "tag").map_or_else(Default::default, |tag| {
                    let values = texts(tag, "value").iter().map(|value| unquote(value)).collect();
                    (unquote(&tree.get(tag, "name").unwrap_or_default()), values)
                }),
                groups,
                child: Box::new(child),
            }
        }
        RelationKind::Project => RelationSpec::Project {
            name: name(),
            columns: columns(tree, node),
            bindings: tree
                .named(node, "bindings")
                .flat_map(|bindings| tree.named(bindings, "binding"))
                .filter_map(|binding| {
                    let name = unquote(&tree.get(binding, "name")?);
                    Some((name, tree.get(binding, "expression")?.into_owned()))
                })
                .collect(),
            child: Box::new(inner(0)),
        },
        RelationKind::CustomSql => RelationSpec::Sql {
            name: name(),
            connection: connection(),
            sql: relation.sql().unwrap_or_default(),
        },
        RelationKind::StoredProcedure => RelationSpec::StoredProcedure {
            name: name(),
            connection: connection(),
            procedure: relation.stored_procedure().unwrap_or_default().into_owned(),
            arguments: relation.arguments(),
        },
        // Tableau: the real model of a collection is the object graph.
        RelationKind::Collection => match children.len() {
            1 => inner(0),
            _ => RelationSpec::Other("collection".to_owned()),
        },
        RelationKind::Other(kind) => RelationSpec::Other(kind),
    }
}

fn file(tree: &Tree, columns: NodeId) -> FileSpec {
    let get = |name| tree.value(columns, name).map(|text| text.into_owned());
    FileSpec {
        header: get("header").as_deref() != Some("no"),
        character_set: get("character-set"),
        separator: get("separator"),
        text_qualifier: get("text-qualifier"),
        locale: get("locale"),
        grid: get("gridOrigin"),
    }
}

/// Adds a column that is turned to rows to the file that it is read from: Tableau lists only those that stay.
fn list(relation: &mut RelationSpec, field: &str, data_type: DataType) {
    let Some([of, name]) = split_name(field).and_then(|parts| <[String; 2]>::try_from(parts).ok()) else {
        return;
    };
    match relation {
        RelationSpec::Table(table) if table.name == of => {
            let is_listed = table.columns.iter().any(|column| column.name == name);
            if !table.columns.is_empty() && !is_listed {
                table.columns.push(ColumnSpec {
                    name,
                    data_type,
                    date_pattern: None,
                });
            }
        }
        RelationSpec::Join { left, right, .. } => {
            list(left, field, data_type);
            list(right, field, data_type);
        }
        _ => {}
    }
}

fn columns(tree: &Tree, relation: NodeId) -> Vec<ColumnSpec> {
    let mut found: Vec<(i64, ColumnSpec)> = tree
        .named(relation, "columns")
        .flat_map(|columns| tree.named(columns, "column"))
        .filter(|&column| !tree.has(column, "hidden", "true"))
        .enumerate()
        .filter_map(|(index, column)| {
            let ordinal = tree
                .value(column, "ordinal")
                .and_then(|text| text.parse().ok())
                .unwrap_or(index as i64);
            let spec = ColumnSpec {
                name: tree.get(column, "name")?.into_owned(),
                data_type: data_type(&tree.get(column, "datatype").unwrap_or_default()),
                date_pattern: tree
                    .value(column, "date-parse-format")
                    .map(|text| text.into_owned()),
            };
            Some((ordinal, spec))
        })
        .collect();
    found.sort_by_key(|(ordinal, _)| *ordinal);
    found.into_iter().map(|(_, column)| column).collect()
}

/// Reads an `expression` of a join or relationship.
pub(crate) fn condition(tree: &Tree, node: NodeId) -> Condition {
    condition_at(tree, node, 0)
}

fn condition_at(tree: &Tree, node: NodeId, depth: usize) -> Condition {
    let op = tree.get(node, "op").unwrap_or_default().into_owned();
    let operands: Vec<Condition> = tree
        .named(node, "expression")
        .filter(|_| depth < MAX_DEPTH)
        .map(|child| condition_at(tree, child, depth + 1))
        .collect();
    if operands.is_empty() {
        Condition::Leaf(op)
    } else {
        Condition::Op(op, operands)
    }
}
