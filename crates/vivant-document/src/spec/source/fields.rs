//! The fields of a data source: columns, calculations, bins, groups and sets.

use std::collections::{HashMap, HashSet, VecDeque};

use vivant_calc::types::DataType;

use super::{BinSize, FieldKind, FieldSpec, Role, SourceSpec, data_type, objects};
use crate::names::{split_name, unquote};
use crate::spec::filter::MemberSet;
use crate::spec::literal::Literal;
use crate::spec::pill::{Derivation, FieldRef, OBJECT_PART, pill_from_name, table_calc};
use crate::spec::relation::{ColumnSpec, RelationSpec};
use crate::tree::{NodeId, Tree};
use crate::view::{Column, Datasource};

/// What the metadata say of a column.
struct Record {
    remote: String,
    table: Option<String>,
    object: Option<String>,
    data_type: DataType,
    aggregation: Option<String>,
    ignores_case: bool,
}

/// Tells whether the collations that a data source names are those by which its text is compared.
fn has_collations(datasource: Datasource<'_>) -> bool {
    let enabled = datasource.extracts().iter().any(|extract| extract.is_enabled());
    enabled
        || datasource
            .connections()
            .iter()
            .all(|connection| connection.is_file())
}

/// Reads all fields of a data source: what the document declares, and what the metadata know besides.
pub(super) fn fields(datasource: Datasource<'_>) -> Vec<FieldSpec> {
    let (tree, node) = (datasource.tree(), datasource.node());
    let source = datasource.name();
    let mut records: Vec<(String, Record)> = Vec::new();
    let has_collations = has_collations(datasource);
    for record in datasource.metadata_records() {
        let Some(local) = record.local_name().map(|name| unquote(&name)) else {
            continue;
        };
        let object = tree
            .child(record.node(), "object-id")
            .map(|at| unquote(&tree.text(at)))
            .filter(|id| !id.is_empty());
        records.push((
            local.clone(),
            Record {
                remote: record.remote_name().unwrap_or_default().into_owned(),
                table: record.parent_name().map(|name| unquote(&name)),
                object,
                data_type: data_type(&record.local_type().unwrap_or_default()),
                aggregation: record.aggregation().map(|text| text.into_owned()),
                // Tableau: the second strength of a collation tells accents apart but not letter case.
                ignores_case: has_collations
                    && record
                        .collation()
                        .is_some_and(|name| name.split('_').any(|part| part == "S2")),
            },
        ));
    }
    // A table may have very many columns, so they are found by name and not one by one.
    let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (place, (local, _)) in records.iter().enumerate() {
        places.entry(local.clone()).or_default().push_back(place);
    }
    for (key, value) in datasource.column_maps() {
        let (key, parts) = (unquote(&key), split_name(&value));
        let Some([table, column]) = parts.and_then(|parts| <[String; 2]>::try_from(parts).ok()) else {
            continue;
        };
        match places.get(&key).and_then(|places| places.front()) {
            Some(&place) => {
                let record = &mut records[place].1;
                record.table = Some(table);
                record.remote = column;
            }
            None => {
                places.entry(key.clone()).or_default().push_back(records.len());
                records.push((
                    key,
                    Record {
                        remote: column,
                        table: Some(table),
                        object: None,
                        data_type: DataType::Unknown,
                        aggregation: None,
                        ignores_case: false,
                    },
                ));
            }
        }
    }

    let mut records: Vec<Option<(String, Record)>> = records.into_iter().map(Some).collect();
    let columns = datasource.columns();
    let mut fields: Vec<FieldSpec> = Vec::new();
    for column in &columns {
        if column.is_parameter() || unquote(&column.name()) == ":Measure Names" {
            continue;
        }
        let name = field_name(&column.name());
        let place = places.get_mut(&name).and_then(VecDeque::pop_front);
        let record = place
            .and_then(|place| records[place].take())
            .map(|(_, record)| record);
        fields.push(declared(*column, name, record, &source));
    }
    for (name, record) in records.into_iter().flatten() {
        fields.push(undeclared(name, record));
    }
    let names_of = |field: &FieldSpec| {
        let remote = match &field.kind {
            FieldKind::Column { column, .. } => Some(column.clone()),
            _ => None,
        };
        [Some(field.name.clone()), remote].into_iter().flatten()
    };
    let mut known: HashSet<String> = fields.iter().flat_map(names_of).collect();
    for (table, columns) in file_columns(datasource) {
        for column in columns {
            if !known.contains(&column.name) && column.data_type != DataType::Unknown {
                known.insert(column.name.clone());
                let record = Record {
                    remote: column.name.clone(),
                    table: Some(table.clone()),
                    object: None,
                    data_type: column.data_type,
                    aggregation: None,
                    ignores_case: false,
                };
                fields.push(undeclared(column.name, record));
            }
        }
    }
    for set in tree.named(node, "group") {
        if let Some(field) = group(tree, set, &source, &fields) {
            fields.push(field);
        }
    }
    for object in datasource.objects() {
        let id = object.id().unwrap_or_default().into_owned();
        let name = format!("{OBJECT_PART}].[{id}");
        if !fields.iter().any(|field| field.name == name) {
            fields.push(FieldSpec {
                caption: object
                    .caption()
                    .map_or_else(|| id.clone(), |text| text.into_owned()),
                kind: FieldKind::Object { object: id },
                ..plain(name, DataType::Table, Role::Measure)
            });
        }
    }
    fields
}

/// Columns of files are fields even where there are no metadata records at all.
fn file_columns(datasource: Datasource<'_>) -> Vec<(String, Vec<ColumnSpec>)> {
    if !datasource.metadata_records().is_empty() || !datasource.column_maps().is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for object in objects(datasource) {
        object.relation.walk(&mut |relation| {
            if let RelationSpec::Table(table) = relation {
                found.push((table.name.clone(), table.columns.clone()));
            }
        });
    }
    found
}

fn field_name(column: &str) -> String {
    match split_name(column) {
        Some(parts) if parts.len() > 1 => parts.join("].["),
        _ => unquote(column),
    }
}

fn plain(name: String, data_type: DataType, role: Role) -> FieldSpec {
    FieldSpec {
        caption: name.clone(),
        name,
        data_type,
        role,
        discrete: role == Role::Dimension,
        ordinal: data_type.is_date(),
        aggregation: None,
        format: None,
        semantic_role: None,
        role_from: None,
        hidden: false,
        aliases: Vec::new(),
        ignores_case: false,
        kind: FieldKind::Pseudo,
    }
}

/// A physical column without a `column` element: role and aggregation follow from its type.
fn undeclared(name: String, record: Record) -> FieldSpec {
    let role = match record.data_type {
        DataType::Integer | DataType::Real | DataType::Spatial => Role::Measure,
        _ => Role::Dimension,
    };
    let word = record.aggregation.as_deref();
    FieldSpec {
        ignores_case: record.ignores_case,
        discrete: !record.data_type.is_number(),
        aggregation: word.and_then(|word| Derivation::from_word(word, None)),
        kind: FieldKind::Column {
            table: record.table,
            column: record.remote,
            object: record.object,
            cast: false,
        },
        ..plain(name, record.data_type, role)
    }
}

fn declared(column: Column<'_>, name: String, record: Option<Record>, source: &str) -> FieldSpec {
    let (tree, node) = (column.tree(), column.node());
    let written = data_type(&column.datatype().unwrap_or_default());
    let role = match column.role().as_deref() {
        Some("measure") => Role::Measure,
        Some("dimension") => Role::Dimension,
        _ if written.is_number() => Role::Measure,
        _ => Role::Dimension,
    };
    let kind_word = column.kind();
    let discrete = match kind_word.as_deref() {
        Some(kind) => kind != "quantitative",
        None => role == Role::Dimension,
    };
    let word = column
        .aggregation()
        .map(|text| text.into_owned())
        .or_else(|| record.as_ref().and_then(|record| record.aggregation.clone()));
    let ignores_case = record.as_ref().is_some_and(|record| record.ignores_case);
    let kind = field_kind(column, &name, record, written, source);
    FieldSpec {
        caption: column.label(),
        discrete,
        ordinal: kind_word.as_deref() == Some("ordinal"),
        aggregation: word.and_then(|word| Derivation::from_word(&word, None)),
        format: column.default_format().map(|text| text.into_owned()),
        semantic_role: column.semantic_role().map(|text| text.into_owned()),
        role_from: column.role_from().map(|text| unquote(&text)),
        hidden: column.is_hidden(),
        aliases: tree
            .named(node, "aliases")
            .flat_map(|aliases| tree.named(aliases, "alias"))
            .filter_map(|alias| {
                let key = Literal::parse(&tree.get(alias, "key")?);
                Some((key, tree.get(alias, "value")?.into_owned()))
            })
            .collect(),
        ignores_case,
        kind,
        ..plain(name, written, role)
    }
}

fn field_kind(
    column: Column<'_>,
    name: &str,
    record: Option<Record>,
    written: DataType,
    source: &str,
) -> FieldKind {
    let tree = column.tree();
    if let Some(object) = name
        .strip_prefix(OBJECT_PART)
        .and_then(|rest| rest.strip_prefix("].["))
    {
        return FieldKind::Object {
            object: object.to_owned(),
        };
    }
    if let Some(model) = column.attribute("parent-model")
        && tree.has(column.node(), "is-adhoc-cluster", "true")
    {
        return FieldKind::Cluster {
            model: model.into_owned(),
        };
    }
    let Some(calculation) = column.calculation() else {
        let record = record.unwrap_or_else(|| Record {
            remote: name.to_owned(),
            table: None,
            object: None,
            data_type: DataType::Unknown,
            aggregation: None,
            ignores_case: false,
        });
        let cast = record.data_type != DataType::Unknown && record.data_type != written;
        return FieldKind::Column {
            table: record.table,
            column: record.remote,
            object: record.object,
            cast,
        };
    };
    let at = calculation.node();
    match calculation.class().as_deref() {
        Some("bin") => {
            let number = |name: &str| calculation.attribute(name).and_then(|text| text.parse().ok());
            let size = match calculation.attribute("size-parameter") {
                Some(parameter) => BinSize::Parameter(
                    FieldRef::parse(&parameter, "").map_or_else(String::new, |found| found.name),
                ),
                None => BinSize::Number(number("size").unwrap_or(1.0)),
            };
            FieldKind::Bin {
                field: unquote(&calculation.formula().unwrap_or_default()),
                size,
                peg: number("peg").unwrap_or(0.0),
            }
        }
        Some("categorical-bin") => FieldKind::Group {
            fields: calculation
                .attribute("column")
                .map(|text| {
                    crate::names::find_names(&text)
                        .iter()
                        .map(|found| found.part(&text, found.parts.len() - 1))
                        .collect()
                })
                .unwrap_or_default(),
            bins: tree
                .named(at, "bin")
                .filter_map(|bin| {
                    let label = Literal::parse(&tree.get(bin, "value")?);
                    let members = tree
                        .named(bin, "value")
                        .map(|value| Literal::parse(&tree.text(value)))
                        .collect();
                    Some((label, members))
                })
                .collect(),
            default: calculation.attribute("default").map(|text| Literal::parse(&text)),
        },
        _ => FieldKind::Calculation {
            formula: calculation.formula().unwrap_or_default(),
            table_calcs: tree
                .named(at, "table-calc")
                .map(|calc| table_calc(tree, calc, source))
                .collect(),
        },
    }
}

fn group(tree: &Tree, node: NodeId, source: &str, fields: &[FieldSpec]) -> Option<FieldSpec> {
    let name = unquote(&tree.get(node, "name")?);
    let top = tree.child(node, "groupfilter");
    let caption = tree
        .value(node, "caption")
        .map_or_else(|| name.clone(), |text| text.into_owned());
    let kind = if tree.user(node, "ui-builder").as_deref() == Some("nest-group") {
        let levels = top
            .map(|top| MemberSet::of(tree, top, source).levels())
            .unwrap_or_default();
        FieldKind::Combined {
            fields: levels
                .into_iter()
                .map(|level| field_of_level(&level, fields))
                .collect(),
            delimiter: tree
                .value(node, "delimiter")
                .map_or_else(|| ", ".to_owned(), |text| text.into_owned()),
        }
    } else {
        FieldKind::Set {
            members: top.map_or(MemberSet::All(Vec::new()), |top| MemberSet::of(tree, top, source)),
            of_action: tree.user(node, "auto-column").as_deref() == Some("sheet_link"),
        }
    };
    Some(FieldSpec {
        caption,
        hidden: tree.has(node, "hidden", "true"),
        kind,
        ..plain(name, DataType::Boolean, Role::Dimension)
    })
}

/// A level names a field or an instance of one.
fn field_of_level(level: &str, fields: &[FieldSpec]) -> String {
    if fields.iter().any(|field| field.name == level) {
        return level.to_owned();
    }
    pill_from_name(&FieldRef::new("", level)).map_or_else(|| level.to_owned(), |pill| pill.field)
}

/// Reads the fields that a sheet has copies of and its data source does not know: calculations typed on
/// a shelf.
pub(crate) fn sheet_fields(tree: &Tree, dependencies: NodeId, source: &SourceSpec) -> Vec<FieldSpec> {
    tree.named(dependencies, "column")
        .map(|node| Column { tree, node })
        .filter_map(|column| {
            let name = field_name(&column.name());
            if source.field(&name).is_some() || name == ":Measure Names" || column.is_parameter() {
                return None;
            }
            // A copy of a physical column that the source does not know cannot be read from anywhere.
            column.calculation()?;
            Some(declared(column, name, None, &source.name))
        })
        .collect()
}
