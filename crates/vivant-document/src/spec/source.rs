//! Data sources resolved: where rows come from, which fields there are and what each is made of.

mod fields;

use std::collections::BTreeMap;

use vivant_calc::types::DataType;

use super::filter::{FilterSpec, MemberSet};
use super::literal::Literal;
use super::pill::{Derivation, FieldRef, Pill, TableCalc, pill};
use super::relation::{Condition, RelationSpec, condition};
use super::sort::{SortSpec, sorts};
use super::style::{StyleRule, rules};
use crate::names::{quote, split_name, unquote};
use crate::tree::{NodeId, Tree};
use crate::view::{Column, Connection, Datasource};

use fields::fields;
pub(crate) use fields::sheet_fields;

/// A data source with everything that queries need to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// The internal name.
    pub name: String,
    /// The label that people see.
    pub caption: String,
    /// Where a published data source is: its site and content URL.
    pub published: Option<(String, String)>,
    /// The connections, by their key; a source without keys has one with the key "".
    pub connections: Vec<ConnectionSpec>,
    /// The logical tables; older sources have one, without an id.
    pub objects: Vec<ObjectSpec>,
    /// How the logical tables are related.
    pub relationships: Vec<RelationshipSpec>,
    /// The extract, also one that is not used.
    pub extract: Option<ExtractSpec>,
    /// All fields.
    pub fields: Vec<FieldSpec>,
    /// The instances that the source itself defines.
    pub pills: Vec<Pill>,
    /// Filters on everything that uses the source.
    pub filters: Vec<FilterSpec>,
    /// Order of members where a sheet has none.
    pub sorts: Vec<SortSpec>,
    /// Default colours and shapes of fields.
    pub style: Vec<StyleRule>,
    /// First day of the week, lower case, if it is set.
    pub week_start: Option<String>,
    /// First month of the fiscal year, 1 is January.
    pub fiscal_start: i64,
    /// Hierarchies: name and fields.
    pub hierarchies: Vec<(String, Vec<String>)>,
    /// Labels of measures in the list of measure names, by instance.
    pub measure_aliases: Vec<(FieldRef, String)>,
    /// Places that ambiguous geographic names are in: role and literal.
    pub geography: Vec<(String, Literal)>,
    /// Pictures behind the axes of two fields, such as floor plans.
    pub images: Vec<MappedImage>,
}

/// A picture behind the axes of two fields.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedImage {
    /// Where it is in the package, or its address.
    pub path: String,
    /// The field of the horizontal axis, and where the picture begins and ends on it.
    pub x: (String, f64, f64),
    /// The field of the vertical axis, and where the upper and the lower edge of the picture are on it.
    pub y: (String, f64, f64),
    /// The members of fields that it is shown for; it is always shown without.
    pub only: Option<MemberSet>,
    /// Whether axes show all of it, whatever their values are.
    pub whole: bool,
}

/// A connection to a file, a database or a server.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionSpec {
    /// The key by which relations name it.
    pub key: String,
    /// The class of the connector, such as `postgres`.
    pub class: String,
    /// All attributes as written.
    pub attributes: BTreeMap<String, String>,
    /// The path of a file, as the document writes it.
    pub path: Option<String>,
}

/// A logical table.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectSpec {
    /// The key; empty in sources without a logical model.
    pub id: String,
    /// The label.
    pub caption: String,
    /// Its physical tables.
    pub relation: RelationSpec,
    /// Its table inside the extract.
    pub extract_table: Option<Vec<String>>,
}

/// How two logical tables are related.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationshipSpec {
    /// One table.
    pub left: String,
    /// The other table.
    pub right: String,
    /// When rows belong together; leaves are over fields of the data source.
    pub condition: Condition,
    /// Whether rows of the left table are unique by the condition's fields.
    pub left_unique: bool,
    /// Whether rows of the right table are unique by the condition's fields.
    pub right_unique: bool,
}

/// An extract.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtractSpec {
    /// Whether it is used in place of the connections.
    pub enabled: bool,
    /// The class of its connection: `hyper`, or `dataengine` of old files.
    pub class: String,
    /// The path of the file, as the document writes it.
    pub path: Option<String>,
    /// Tables inside the file, by the name that columns refer to.
    pub tables: BTreeMap<String, Vec<String>>,
    /// Columns of fields: field, name of the table, name of the column.
    pub columns: Vec<(String, String, String)>,
    /// Calculations whose values are in the file: the fields.
    pub materialized: Vec<String>,
    /// Fields whose greatest value an incremental refresh starts from.
    pub increment_key: Option<String>,
}

/// Whether a field groups or measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It groups.
    Dimension,
    /// It measures.
    Measure,
}

/// A field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldSpec {
    /// The internal name, without brackets.
    pub name: String,
    /// The label that people see.
    pub caption: String,
    /// The type of its values.
    pub data_type: DataType,
    /// Whether it groups or measures.
    pub role: Role,
    /// Whether it has headers rather than an axis.
    pub discrete: bool,
    /// Whether its discrete members have an order of their own.
    pub ordinal: bool,
    /// The aggregation that it starts with.
    pub aggregation: Option<Derivation>,
    /// Number or date format.
    pub format: Option<String>,
    /// Geographic role, such as `[State].[Name]`.
    pub semantic_role: Option<String>,
    /// The field whose places it puts together, as territories.
    pub role_from: Option<String>,
    /// Whether it is hidden from the list of fields.
    pub hidden: bool,
    /// Labels of values.
    pub aliases: Vec<(Literal, String)>,
    /// Whether its texts are the same in upper and lower case. Only texts of files and extracts are; what a
    /// database takes for the same, it says itself.
    pub ignores_case: bool,
    /// What it is made of.
    pub kind: FieldKind,
}

/// What a field is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// A physical column.
    Column {
        /// The name of the relation, if it is known.
        table: Option<String>,
        /// The name of the column in the relation.
        column: String,
        /// The logical table.
        object: Option<String>,
        /// Whether the user changed the type, so that values are cast.
        cast: bool,
    },
    /// A formula.
    Calculation {
        /// The formula, over internal names.
        formula: String,
        /// How table calculations in it are addressed unless a sheet says otherwise.
        table_calcs: Vec<TableCalc>,
    },
    /// Ranges of a number; the value is the index of the range.
    Bin {
        /// The field that is cut.
        field: String,
        /// The width of a range.
        size: BinSize,
        /// Where the range 0 begins.
        peg: f64,
    },
    /// Members put together.
    Group {
        /// The fields whose members are grouped; mostly one.
        fields: Vec<String>,
        /// The groups: label and members.
        bins: Vec<(Literal, Vec<Literal>)>,
        /// The label of all others; without it they keep their own.
        default: Option<Literal>,
    },
    /// Members that are in or out.
    Set {
        /// The members.
        members: MemberSet,
        /// What keeps its state here: a filter action.
        of_action: bool,
    },
    /// Members of several fields together.
    Combined {
        /// The fields, in order.
        fields: Vec<String>,
        /// What stands between the labels.
        delimiter: String,
    },
    /// The rows of a logical table; only their number can be asked.
    Object {
        /// The logical table.
        object: String,
    },
    /// Clusters that are computed for a sheet.
    Cluster {
        /// The key of the model.
        model: String,
    },
    /// The list of measure names, values of measures, or what geocoding makes.
    Pseudo,
}

/// The width of a bin.
#[derive(Debug, Clone, PartialEq)]
pub enum BinSize {
    /// A number.
    Number(f64),
    /// A parameter's value.
    Parameter(String),
}

/// Reads a picture behind axes; `None` where an edge of it is not said.
fn mapped_image(tree: &Tree, node: NodeId, source: &str) -> Option<MappedImage> {
    let mapping = tree.child(node, "mapping")?;
    let field = |name: &str| Some(unquote(&tree.get(mapping, name)?));
    let edge = |name: &str| {
        let number = tree.get(mapping, name)?.trim().parse::<f64>().ok();
        number.filter(|number| number.is_finite())
    };
    let path = tree.get(node, "expression")?;
    let only = tree.child(node, "groupfilter");
    Some(MappedImage {
        path: path.strip_prefix("file:").unwrap_or(&path).to_owned(),
        x: (field("x")?, edge("left")?, edge("right")?),
        y: (field("y")?, edge("top")?, edge("bottom")?),
        only: only.map(|at| MemberSet::of(tree, at, source)),
        whole: tree
            .child(node, "image-options")
            .is_some_and(|at| tree.value(at, "show-entire-image").as_deref() == Some("true")),
    })
}

impl SourceSpec {
    /// Resolves a data source.
    pub fn of(datasource: Datasource<'_>) -> SourceSpec {
        let (tree, node) = (datasource.tree(), datasource.node());
        let name = datasource.name().into_owned();
        let extract = extract(datasource);
        let dates = tree
            .descendants(node)
            .find(|&at| tree.is(at, "date-options"))
            .map(|at| {
                let fiscal = tree.value(at, "fiscal-year-start");
                (
                    tree.value(at, "start-of-week").map(|text| text.to_lowercase()),
                    fiscal.map_or(1, |text| month(&text)),
                )
            });
        let (week_start, fiscal_start) = dates.unwrap_or((None, 1));
        SourceSpec {
            caption: datasource.label().into_owned(),
            published: datasource
                .published_content_url()
                .map(|url| (datasource.published_site().unwrap_or_default(), url)),
            connections: connections(datasource),
            objects: objects(datasource),
            relationships: relationships(datasource),
            extract,
            fields: fields(datasource),
            pills: tree
                .named(node, "column-instance")
                .filter_map(|at| pill(tree, at, &name))
                .collect(),
            filters: FilterSpec::all(tree, node, &name),
            sorts: tree
                .named(node, "default-sorts")
                .flat_map(|at| sorts(tree, at, &name))
                .collect(),
            style: tree
                .named(node, "style")
                .flat_map(|style| rules(tree, style, &name))
                .collect(),
            week_start,
            fiscal_start,
            hierarchies: datasource
                .hierarchies()
                .into_iter()
                .map(|(name, fields)| {
                    (
                        unquote(&name),
                        fields.iter().map(|field| unquote(field)).collect(),
                    )
                })
                .collect(),
            measure_aliases: measure_aliases(datasource, &name),
            geography: tree
                .named(node, "semantic-values")
                .flat_map(|values| tree.named(values, "semantic-value"))
                .filter_map(|at| {
                    let key = tree.get(at, "key")?.into_owned();
                    Some((key, Literal::parse(&tree.get(at, "value")?)))
                })
                .collect(),
            images: tree
                .named(node, "mapped-images")
                .flat_map(|images| tree.named(images, "mapped-image"))
                .filter_map(|at| mapped_image(tree, at, &name))
                .collect(),
            name,
        }
    }

    /// Finds a field by its internal name; letter case does not matter if nothing else fits.
    pub fn field(&self, name: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|field| field.name == name).or_else(|| {
            let lower = name.to_lowercase();
            self.fields
                .iter()
                .find(|field| field.name.to_lowercase() == lower)
        })
    }

    /// Tells whether queries read the extract.
    pub fn uses_extract(&self) -> bool {
        self.extract.as_ref().is_some_and(|extract| extract.enabled)
    }

    /// Finds a connection by its key; without a key the only one.
    pub fn connection(&self, key: Option<&str>) -> Option<&ConnectionSpec> {
        match key {
            Some(key) => self.connections.iter().find(|one| one.key == key),
            None if self.connections.len() == 1 => self.connections.first(),
            None => None,
        }
    }
}

/// Reads the word of a type.
pub(crate) fn data_type(word: &str) -> DataType {
    match word {
        "string" => DataType::String,
        "integer" => DataType::Integer,
        "real" => DataType::Real,
        "boolean" => DataType::Boolean,
        "date" => DataType::Date,
        "datetime" => DataType::DateTime,
        "spatial" => DataType::Spatial,
        "table" => DataType::Table,
        _ => DataType::Unknown,
    }
}

/// Reads a month: a name, or a number that counts from 1.
fn month(text: &str) -> i64 {
    const NAMES: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let lower = text.to_lowercase();
    NAMES
        .iter()
        .position(|name| lower.starts_with(name))
        .map(|index| index as i64 + 1)
        .or_else(|| lower.parse().ok())
        .filter(|month| (1..=12).contains(month))
        .unwrap_or(1)
}

fn connections(datasource: Datasource<'_>) -> Vec<ConnectionSpec> {
    datasource
        .connections()
        .into_iter()
        .map(|connection| ConnectionSpec {
            key: connection.name().unwrap_or_default().into_owned(),
            class: connection.class().into_owned(),
            attributes: connection
                .tree()
                .attributes(connection.node())
                .map(|(name, value)| (name.to_owned(), value.into_owned()))
                .chain(
                    connection
                        .levels()
                        .map(|levels| (Connection::LEVELS.to_owned(), levels)),
                )
                .collect(),
            path: connection.path(),
        })
        .collect()
}

fn objects(datasource: Datasource<'_>) -> Vec<ObjectSpec> {
    let objects: Vec<ObjectSpec> = datasource
        .objects()
        .into_iter()
        .map(|object| ObjectSpec {
            id: object.id().unwrap_or_default().into_owned(),
            caption: object
                .caption()
                .or_else(|| object.id())
                .unwrap_or_default()
                .into_owned(),
            relation: object
                .relation("")
                .map_or(RelationSpec::Other("missing".to_owned()), RelationSpec::of),
            extract_table: object
                .relation("extract")
                .and_then(|relation| split_name(&relation.table()?)),
        })
        .collect();
    if !objects.is_empty() {
        return objects;
    }
    datasource
        .relations()
        .into_iter()
        .take(1)
        .map(|relation| ObjectSpec {
            id: String::new(),
            caption: unquote(&relation.name().unwrap_or_default()),
            relation: RelationSpec::of(relation),
            extract_table: None,
        })
        .collect()
}

fn relationships(datasource: Datasource<'_>) -> Vec<RelationshipSpec> {
    datasource
        .relationships()
        .into_iter()
        .filter_map(|relationship| {
            let (tree, node) = (relationship.tree(), relationship.node());
            let [left, right] = relationship.ends();
            let unique = |name: &str| {
                tree.child(node, name)
                    .is_some_and(|end| tree.has(end, "unique-key", "true"))
            };
            Some(RelationshipSpec {
                left: left?,
                right: right?,
                condition: condition(tree, tree.child(node, "expression")?),
                left_unique: unique("first-end-point"),
                right_unique: unique("second-end-point"),
            })
        })
        .collect()
}

fn extract(datasource: Datasource<'_>) -> Option<ExtractSpec> {
    let extract = datasource.extracts().into_iter().next()?;
    let connection = extract.connection()?;
    let (tree, node) = (connection.tree(), connection.node());
    let mut tables = BTreeMap::new();
    for relation in tree.descendants(node).filter(|&at| tree.is(at, "relation")) {
        let name = tree.value(relation, "name").map(|name| unquote(&name));
        let path = tree.value(relation, "table").and_then(|path| split_name(&path));
        if let (Some(name), Some(path)) = (name, path) {
            tables.insert(name, path);
        }
    }
    for object in datasource.objects() {
        if let (Some(id), Some(relation)) = (object.id(), object.relation("extract"))
            && let Some(path) = relation.table().and_then(|path| split_name(&path))
        {
            tables.entry(id.into_owned()).or_insert(path);
        }
    }
    Some(ExtractSpec {
        enabled: extract.is_enabled(),
        class: connection.class().into_owned(),
        path: extract.path(),
        tables,
        columns: mapped_columns(tree, node),
        materialized: tree
            .named(node, "calculations")
            .flat_map(|all| tree.named(all, "calculation"))
            .filter_map(|at| tree.get(at, "column").map(|name| unquote(&name)))
            .collect(),
        increment_key: tree
            .child(node, "refresh")
            .and_then(|refresh| tree.value(refresh, "increment-key"))
            .map(|name| unquote(&name)),
    })
}

/// Reads which columns the fields of a connection are: field, table, column.
fn mapped_columns(tree: &Tree, connection: NodeId) -> Vec<(String, String, String)> {
    let mut found: Vec<(String, String, String)> = tree
        .named(connection, "cols")
        .flat_map(|cols| tree.named(cols, "map"))
        .filter_map(|map| {
            let key = unquote(&tree.get(map, "key")?);
            let mut parts = split_name(&tree.get(map, "value")?)?;
            let column = parts.pop()?;
            Some((key, parts.pop().unwrap_or_default(), column))
        })
        .collect();
    for record in tree
        .named(connection, "metadata-records")
        .flat_map(|records| tree.named(records, "metadata-record"))
    {
        let text = |name: &str| {
            let child = tree.child(record, name)?;
            Some(tree.text(child).into_owned()).filter(|text| !text.is_empty())
        };
        if let (Some(local), Some(remote)) = (text("local-name"), text("remote-name")) {
            let local = unquote(&local);
            if !found.iter().any(|(field, _, _)| *field == local) {
                found.push((local, unquote(&text("parent-name").unwrap_or_default()), remote));
            }
        }
    }
    found
}

fn measure_aliases(datasource: Datasource<'_>, source: &str) -> Vec<(FieldRef, String)> {
    datasource
        .columns()
        .into_iter()
        .filter(|column| column.name() == quote(":Measure Names"))
        .flat_map(Column::aliases)
        .filter_map(|alias| {
            let key = Literal::parse(&alias.key);
            let vivant_calc::Value::String(text) = key.value()?.clone() else {
                return None;
            };
            Some((FieldRef::parse(&text, source)?, alias.value))
        })
        .collect()
}
