//! What a data source of a document reads, in plain terms: connections, and a tree of relations.

use std::collections::BTreeMap;

use vivant_document::tree::{NodeId, Tree};
use vivant_document::view::{self, Datasource, RelationKind};

use crate::error::{DataError, Result};
use crate::schema::{Column, ColumnType};

/// A connection to a file or a database.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConnectionSpec {
    /// Key by which relations name it; empty in documents before 10.0.
    pub name: String,
    /// Label.
    pub caption: Option<String>,
    /// Class of the connector, such as `textscan`.
    pub class: String,
    /// All attributes.
    pub attributes: BTreeMap<String, String>,
}

/// Leaves the attributes out: user names are among them.
impl std::fmt::Debug for ConnectionSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionSpec")
            .field("name", &self.name)
            .field("class", &self.class)
            .finish_non_exhaustive()
    }
}

impl ConnectionSpec {
    /// Reads a connection of a document.
    pub fn new(connection: view::Connection<'_>) -> Self {
        Self {
            name: connection.name().unwrap_or_default().into_owned(),
            caption: connection.caption().map(|caption| caption.into_owned()),
            class: connection.class().into_owned(),
            attributes: connection
                .tree()
                .attributes(connection.node())
                .map(|(name, value)| (name.to_owned(), value.into_owned()))
                .chain(levels(connection))
                .collect(),
        }
    }

    /// Makes a connection of a class without a document.
    pub fn of_class(class: impl Into<String>) -> Self {
        Self {
            class: class.into(),
            ..Self::default()
        }
    }

    /// Adds an attribute.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// Returns an attribute that is not empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Returns the path of the file as the document writes it, with `/` between folders.
    pub fn path(&self) -> Option<String> {
        let name = match self.class.as_str() {
            "hyper" | "dataengine" | "sqlite" | "duckdb" => {
                self.attribute("dbname").or_else(|| self.attribute("filename"))
            }
            _ => self.attribute("filename"),
        }?;
        let path = match self.attribute("directory") {
            Some(folder) => format!("{}/{name}", folder.trim_end_matches(['/', '\\'])),
            None => name.to_owned(),
        };
        Some(path.replace('\\', "/"))
    }

    /// Returns what messages call the connection: label, file or server; never a user.
    pub fn label(&self) -> String {
        self.caption
            .clone()
            .or_else(|| self.path())
            .or_else(|| self.attribute("server").map(str::to_owned))
            .unwrap_or_else(|| self.class.clone())
    }
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum RelationSpec {
    /// A table, sheet or file.
    Table(TableSpec),
    /// Custom SQL.
    Sql {
        /// Name by which columns refer to the result.
        name: String,
        /// Key of the connection.
        connection: String,
        /// The statement.
        sql: String,
    },
    /// A stored procedure.
    Procedure {
        /// Name by which columns refer to the result.
        name: String,
        /// Key of the connection.
        connection: String,
        /// The procedure, each part of its name in brackets.
        procedure: String,
        /// Arguments in their order: name and literal.
        arguments: Vec<(String, String)>,
    },
    /// Two relations side by side.
    Join {
        /// Which rows without a partner are kept.
        kind: JoinKind,
        /// The left side.
        left: Box<RelationSpec>,
        /// The right side.
        right: Box<RelationSpec>,
        /// The condition.
        on: Expression,
    },
    /// Tables one after another, columns matched by name.
    Union {
        /// Name by which columns refer to the result.
        name: String,
        /// The columns of the result.
        columns: Vec<Column>,
        /// The tables.
        tables: Vec<RelationSpec>,
    },
    /// Columns turned to rows.
    Pivot {
        /// Name by which columns refer to the result.
        name: String,
        /// The column that holds the names of the columns, with the label of each.
        tags: Vec<PivotTag>,
        /// The columns that hold the values.
        groups: Vec<PivotGroup>,
        /// What is pivoted.
        inside: Box<RelationSpec>,
    },
    /// A kind that only a query engine can answer.
    Other {
        /// What it is.
        kind: String,
    },
}

/// A table of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSpec {
    /// Name by which columns refer to it.
    pub name: String,
    /// The table as the document writes it, each part in brackets.
    pub table: String,
    /// Key of the connection; empty if there is only one.
    pub connection: String,
    /// The columns with the types that Tableau found, where the document says.
    pub columns: Vec<FileColumn>,
    /// How the file is written: `header`, `separator`, `character-set`, `text-qualifier`, `locale`, `gridOrigin`.
    pub format: BTreeMap<String, String>,
}

/// A column of a file, as the document describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileColumn {
    /// Name and type.
    pub column: Column,
    /// Place in the file, from 0.
    pub ordinal: Option<usize>,
    /// How dates are written, if the author said.
    pub date_format: Option<String>,
}

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Those with a partner.
    Inner,
    /// All of the left side.
    Left,
    /// All of the right side.
    Right,
    /// All.
    Full,
}

/// An expression of a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Operator, or for a leaf a column, literal or calculation.
    pub op: String,
    /// Operands.
    pub operands: Vec<Expression>,
}

/// The column of a pivot that holds the names of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PivotTag {
    /// Name and type.
    pub column: Column,
    /// Its values, one for each row that a row becomes.
    pub values: Vec<String>,
}

/// A column of a pivot that holds values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PivotGroup {
    /// Name and type.
    pub column: Column,
    /// The columns whose values it takes, in the order of the tags.
    pub fields: Vec<String>,
}

impl RelationSpec {
    /// Reads a relation of a document.
    pub fn new(relation: view::Relation<'_>, depth: usize) -> Result<Self> {
        if depth == 0 {
            return Err(DataError::TooLarge {
                what: "the relation".to_owned(),
                limit: crate::DataLimits::default().relation_depth as u64,
                unit: "levels",
            });
        }
        let tree = relation.tree();
        let get = |name: &str| tree.get(relation.node(), name).unwrap_or_default().into_owned();
        let inside = || -> Result<Vec<RelationSpec>> {
            relation
                .relations()
                .into_iter()
                .map(|inner| RelationSpec::new(inner, depth - 1))
                .collect()
        };
        Ok(match relation.kind() {
            RelationKind::Table => Self::Table(TableSpec::new(relation)),
            RelationKind::CustomSql => Self::Sql {
                name: get("name"),
                connection: get("connection"),
                sql: relation.sql().unwrap_or_default(),
            },
            RelationKind::Join => {
                let mut sides = inside()?.into_iter();
                let kind = match get("join").as_str() {
                    "left" => JoinKind::Left,
                    "right" => JoinKind::Right,
                    "full" => JoinKind::Full,
                    _ => JoinKind::Inner,
                };
                let on = tree
                    .named(relation.node(), "clause")
                    .find_map(|clause| tree.child(clause, "expression"))
                    .map(|top| expression(tree, top, depth));
                match (sides.next(), sides.next(), on) {
                    (Some(left), Some(right), Some(on)) => Self::Join {
                        kind,
                        left: Box::new(left),
                        right: Box::new(right),
                        on,
                    },
                    _ => Self::Other {
                        kind: "a join without two sides and a condition".to_owned(),
                    },
                }
            }
            RelationKind::Union => Self::Union {
                name: get("name"),
                columns: columns(tree, relation.node())
                    .into_iter()
                    .map(|column| column.column)
                    .collect(),
                tables: inside()?,
            },
            RelationKind::Pivot => {
                let Some(inner) = inside()?.into_iter().next() else {
                    return Ok(Self::Other {
                        kind: "a pivot of nothing".to_owned(),
                    });
                };
                pivot(tree, relation.node(), get("name"), inner)
            }
            RelationKind::StoredProcedure => Self::Procedure {
                name: get("name"),
                connection: get("connection"),
                procedure: relation.stored_procedure().unwrap_or_default().into_owned(),
                arguments: relation.arguments(),
            },
            RelationKind::Project => Self::Other {
                kind: "a relation with merged columns".to_owned(),
            },
            RelationKind::Collection => Self::Other {
                kind: "a collection of tables".to_owned(),
            },
            RelationKind::Other(kind) => Self::Other {
                kind: format!("a relation of kind `{kind}`"),
            },
        })
    }

    /// Returns the name by which columns refer to the relation; a join has none.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Table(table) => Some(&table.name),
            Self::Sql { name, .. }
            | Self::Procedure { name, .. }
            | Self::Union { name, .. }
            | Self::Pivot { name, .. } => Some(name),
            Self::Join { .. } | Self::Other { .. } => None,
        }
    }

    /// Returns the keys of the connections that the relation reads.
    pub fn connections(&self) -> Vec<&str> {
        let mut found = match self {
            Self::Table(table) => vec![table.connection.as_str()],
            Self::Sql { connection, .. } | Self::Procedure { connection, .. } => vec![connection.as_str()],
            Self::Join { left, right, .. } => [left.connections(), right.connections()].concat(),
            Self::Union { tables, .. } => tables.iter().flat_map(Self::connections).collect(),
            Self::Pivot { inside, .. } => inside.connections(),
            Self::Other { .. } => Vec::new(),
        };
        found.dedup();
        found
    }
}

impl TableSpec {
    fn new(relation: view::Relation<'_>) -> Self {
        let tree = relation.tree();
        let get = |name: &str| tree.get(relation.node(), name).unwrap_or_default().into_owned();
        let format = tree
            .child(relation.node(), "columns")
            .map(|columns| {
                tree.attributes(columns)
                    .map(|(name, value)| (name.to_owned(), value.into_owned()))
                    .collect()
            })
            .unwrap_or_default();
        Self {
            name: get("name"),
            table: get("table"),
            connection: get("connection"),
            columns: columns(tree, relation.node()),
            format,
        }
    }

    /// Makes a table without a document: columns and format are found out from the data.
    pub fn of_table(table: impl Into<String>) -> Self {
        let table = table.into();
        Self {
            name: table.clone(),
            table,
            connection: String::new(),
            columns: Vec::new(),
            format: BTreeMap::new(),
        }
    }

    /// Returns the parts of the table's name without brackets, such as schema and table.
    pub fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        let mut chars = self.table.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '[' {
                continue;
            }
            let mut part = String::new();
            while let Some(c) = chars.next() {
                match c {
                    ']' if chars.next_if_eq(&']').is_some() => part.push(']'),
                    ']' => break,
                    other => part.push(other),
                }
            }
            parts.push(part);
        }
        if parts.is_empty() && !self.table.is_empty() {
            parts.push(self.table.clone());
        }
        parts
    }

    /// Returns a setting of the file's format that is not empty.
    pub(crate) fn format(&self, name: &str) -> Option<&str> {
        self.format
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

/// Everything that a data source reads when it is not answered from its extract.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// Key of the data source.
    pub name: String,
    /// Label.
    pub label: String,
    /// Connections.
    pub connections: Vec<ConnectionSpec>,
    /// What is read, one relation for each table of the logical model.
    pub tables: Vec<LogicalTable>,
    /// Fields of physical columns.
    pub fields: Vec<PhysicalField>,
}

/// A table of the logical model.
#[derive(Debug, Clone, PartialEq)]
pub struct LogicalTable {
    /// Key of the table; empty where the data source has no logical model.
    pub id: String,
    /// Label.
    pub caption: String,
    /// Where its rows come from.
    pub relation: RelationSpec,
    /// The table of the extract that holds these rows, without brackets: schema and table.
    pub extract_table: Option<Vec<String>>,
}

/// A field and the physical column it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhysicalField {
    /// Name of the field, without brackets.
    pub field: String,
    /// Relation that has the column, without brackets.
    pub table: String,
    /// Name of the column there.
    pub column: String,
    /// Type, where the document says.
    pub kind: Option<ColumnType>,
    /// Key of the logical table; empty where there is none.
    pub object: String,
}

impl SourceSpec {
    /// Reads a data source of a document.
    pub fn new(datasource: Datasource<'_>, relation_depth: usize) -> Result<Self> {
        let connections = datasource
            .connections()
            .into_iter()
            .map(ConnectionSpec::new)
            .collect();
        let mut tables = Vec::new();
        for object in datasource.objects() {
            let Some(relation) = object.relation("") else {
                continue;
            };
            let extract_table = object
                .relation("extract")
                .and_then(|relation| Some(TableSpec::of_table(relation.table()?).parts()));
            tables.push(LogicalTable {
                id: object.id().unwrap_or_default().into_owned(),
                caption: object.caption().unwrap_or_default().into_owned(),
                relation: RelationSpec::new(relation, relation_depth)?,
                extract_table,
            });
        }
        if tables.is_empty() {
            for relation in datasource.relations() {
                let relation = RelationSpec::new(relation, relation_depth)?;
                tables.push(LogicalTable {
                    id: String::new(),
                    caption: relation.name().unwrap_or_default().to_owned(),
                    relation,
                    extract_table: None,
                });
            }
        }
        Ok(Self {
            name: datasource.name().into_owned(),
            label: datasource.label().into_owned(),
            connections,
            tables,
            fields: fields(datasource),
        })
    }

    /// Finds the connection that a relation names; a data source with one connection needs no name.
    pub fn connection(&self, name: &str) -> Option<&ConnectionSpec> {
        match self.connections.as_slice() {
            [only] if name.is_empty() => Some(only),
            all => all.iter().find(|connection| connection.name == name),
        }
    }
}

/// The levels of a JSON file, as an attribute; [`view::Connection::levels`].
fn levels(connection: view::Connection<'_>) -> Option<(String, String)> {
    let levels = connection.levels()?;
    Some((view::Connection::LEVELS.to_owned(), levels))
}

/// Reads which column each field shows.
fn fields(datasource: Datasource<'_>) -> Vec<PhysicalField> {
    let tree = datasource.tree();
    let text = |node: NodeId, name: &str| {
        tree.child(node, name)
            .map(|child| tree.text(child).into_owned())
            .unwrap_or_default()
    };
    let maps = datasource.column_maps();
    let maps: BTreeMap<&str, Vec<String>> = maps
        .iter()
        .map(|(key, value)| (&**key, TableSpec::of_table(&**value).parts()))
        .collect();
    let mut found: Vec<PhysicalField> = Vec::new();
    for record in datasource.metadata_records() {
        let local = text(record.node(), "local-name");
        let (table, column) = match maps.get(local.as_str()).map(Vec::as_slice) {
            Some([table, column]) => (table.clone(), column.clone()),
            _ => (
                bare(&text(record.node(), "parent-name")),
                text(record.node(), "remote-name"),
            ),
        };
        found.push(PhysicalField {
            field: bare(&local),
            table,
            column,
            kind: ColumnType::from_name(&text(record.node(), "local-type")),
            object: bare(&text(record.node(), "object-id")),
        });
    }
    if found.is_empty() {
        for (key, parts) in maps {
            if let [table, column] = parts.as_slice() {
                found.push(PhysicalField {
                    field: bare(key),
                    table: table.clone(),
                    column: column.clone(),
                    kind: None,
                    object: String::new(),
                });
            }
        }
    }
    found
}

/// Returns a name without its brackets.
fn bare(name: &str) -> String {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.replace("]]", "]"),
        None => name.to_owned(),
    }
}

/// Reads the columns of a relation in the order of their ordinals.
fn columns(tree: &Tree, relation: NodeId) -> Vec<FileColumn> {
    let mut found: Vec<FileColumn> = tree
        .named(relation, "columns")
        .flat_map(|columns| tree.named(columns, "column"))
        .filter_map(|column| {
            Some(FileColumn {
                column: Column {
                    name: tree.get(column, "name")?.into_owned(),
                    kind: ColumnType::from_name(&tree.get(column, "datatype")?)?,
                },
                ordinal: tree
                    .get(column, "ordinal")
                    .and_then(|ordinal| ordinal.parse().ok()),
                date_format: tree
                    .value(column, "date-parse-format")
                    .map(|format| format.into_owned()),
            })
        })
        .collect();
    found.sort_by_key(|column| column.ordinal);
    found
}

fn expression(tree: &Tree, node: NodeId, depth: usize) -> Expression {
    Expression {
        op: tree.get(node, "op").unwrap_or_default().into_owned(),
        operands: match depth {
            0 => Vec::new(),
            _ => tree
                .named(node, "expression")
                .map(|operand| expression(tree, operand, depth - 1))
                .collect(),
        },
    }
}

fn pivot(tree: &Tree, node: NodeId, name: String, inside: RelationSpec) -> RelationSpec {
    let kinds = columns(tree, node);
    let attribute = |node: NodeId| tree.get(node, "name").unwrap_or_default().into_owned();
    let column = |name: String| {
        let kind = kinds
            .iter()
            .find(|column| column.column.name == name)
            .map_or(ColumnType::String, |column| column.column.kind);
        Column { name, kind }
    };
    let tags = tree
        .named(node, "tag")
        .map(|tag| PivotTag {
            column: column(attribute(tag)),
            values: tree
                .named(tag, "value")
                .map(|value| bare(&attribute(value)))
                .collect(),
        })
        .collect();
    let groups = tree
        .named(node, "groups")
        .flat_map(|groups| tree.named(groups, "group"))
        .map(|group| PivotGroup {
            column: column(attribute(group)),
            fields: tree
                .named(group, "field")
                .map(|field| {
                    TableSpec::of_table(attribute(field))
                        .parts()
                        .pop()
                        .unwrap_or_default()
                })
                .collect(),
        })
        .collect();
    RelationSpec::Pivot {
        name,
        tags,
        groups,
        inside: Box::new(inside),
    }
}
