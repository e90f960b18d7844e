//! Data sources: names, connections, tables, files, features, structure.

use std::collections::{HashMap, HashSet};

use super::{CheckOptions, Findings};
use crate::edit::nearest;
use crate::error::shorten;
use crate::names::{find_names, unquote};
use crate::tree::{NodeId, Tree, plain};
use crate::view::{Datasource, RelationKind};

pub(super) fn check(findings: &mut Findings<'_>, options: &CheckOptions<'_>) {
    let document = findings.document;
    let mut names: HashMap<String, NodeId> = HashMap::new();
    for source in document.all_datasources() {
        let name = source.name().into_owned();
        if name.is_empty() && document.workbook().is_some() {
            findings.add(
                "document.structure",
                source.node(),
                "a data source of a workbook has no name".to_owned(),
            );
        } else if names.insert(name.clone(), source.node()).is_some() {
            findings.add(
                "document.duplicate-datasource",
                source.node(),
                format!("a second data source is named `{}`", shorten(&name)),
            );
        }
        columns(findings, source);
        if !source.is_parameters() {
            relations(findings, source);
            files(findings, source, options);
        }
    }
    features(findings);
}

fn columns(findings: &mut Findings<'_>, source: Datasource<'_>) {
    let mut names = HashSet::new();
    let mut captions: HashMap<String, String> = HashMap::new();
    for column in source.columns() {
        let name = column.name().into_owned();
        if name.is_empty() {
            findings.add(
                "document.structure",
                column.node(),
                "a column has no name".to_owned(),
            );
            continue;
        }
        if column.datatype().is_none() {
            findings.add(
                "document.structure",
                column.node(),
                format!("column {} has no datatype", shorten(&name)),
            );
        }
        if !names.insert(name.clone()) {
            findings.add(
                "document.duplicate-field",
                column.node(),
                format!("a second field is named {}", shorten(&name)),
            );
            continue;
        }
        if let Some(caption) = column.caption()
            && !column.is_hidden()
            && let Some(first) = captions.insert(caption.clone().into_owned(), name.clone())
        {
            findings.add(
                "document.duplicate-caption",
                column.node(),
                format!(
                    "fields {} and {} are both called `{}`",
                    shorten(&first),
                    shorten(&name),
                    shorten(&caption)
                ),
            );
        }
        if column.is_parameter() {
            parameter(findings, column);
        }
    }
}

fn parameter(findings: &mut Findings<'_>, column: crate::view::Column<'_>) {
    if column.domain().as_deref() != Some("list") {
        return;
    }
    let Some(value) = column.value() else { return };
    let members = column.members();
    let is_member = members.iter().any(|member| same_value(&member.key, &value));
    if !members.is_empty() && !is_member {
        findings.add(
            "document.parameter-value",
            column.node(),
            format!("value {} is not in the list of the parameter", shorten(&value)),
        );
    }
}

/// Tableau: numbers are written with as many digits as happen to be there.
fn same_value(a: &str, b: &str) -> bool {
    a == b
        || match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a == b || (a - b).abs() <= f64::EPSILON * a.abs() * 4.0,
            _ => false,
        }
}

fn relations(findings: &mut Findings<'_>, source: Datasource<'_>) {
    let connections: HashSet<String> = source
        .connections()
        .into_iter()
        .filter_map(|connection| connection.name().map(|name| name.into_owned()))
        .collect();
    let mut tables: HashSet<String> = HashSet::new();
    for relation in source.all_relations() {
        if let Some(name) = relation.name() {
            tables.insert(unquote(&name));
        }
        if let Some(connection) = relation.connection()
            && !connections.contains(&*connection)
            && source.is_federated()
        {
            findings.add(
                "document.unknown-connection",
                relation.node(),
                format!("connection `{}` is not there", shorten(&connection)),
            );
        }
        let inside = relation.relations().len();
        match relation.kind() {
            RelationKind::Join if inside != 2 => {
                findings.add(
                    "document.structure",
                    relation.node(),
                    format!("a join has {inside} sides instead of two"),
                );
            }
            RelationKind::Table if relation.table().is_none() => {
                findings.add(
                    "document.structure",
                    relation.node(),
                    "a table has no name".to_owned(),
                );
            }
            RelationKind::Union | RelationKind::Pivot | RelationKind::Project if inside == 0 => {
                findings.add(
                    "document.structure",
                    relation.node(),
                    "a relation that builds on others has none inside".to_owned(),
                );
            }
            _ => {}
        }
    }
    let tree = source.tree();
    for connection in tree.named(source.node(), "connection") {
        for map in tree
            .named(connection, "cols")
            .flat_map(|cols| tree.named(cols, "map"))
        {
            let value = tree.get(map, "value").unwrap_or_default();
            let Some(found) = find_names(&value).into_iter().next() else {
                continue;
            };
            let table = found.part(&value, 0);
            if found.parts.len() > 1 && !tables.is_empty() && !tables.contains(&table) {
                findings.add(
                    "document.unknown-relation",
                    map,
                    format!("table `{}` is not there", shorten(&table)),
                );
            }
        }
    }
    let objects: HashSet<String> = source
        .objects()
        .into_iter()
        .filter_map(|object| object.id().map(|id| id.into_owned()))
        .collect();
    for relationship in source.relationships() {
        for end in relationship.ends() {
            match end {
                Some(id) if objects.contains(&id) => {}
                Some(id) => {
                    findings.add(
                        "document.unknown-object",
                        relationship.node(),
                        format!("table `{}` of the model is not there", shorten(&id)),
                    );
                }
                None => {
                    findings.add(
                        "document.structure",
                        relationship.node(),
                        "a relationship lacks one of its ends".to_owned(),
                    );
                }
            }
        }
    }
}

fn files(findings: &mut Findings<'_>, source: Datasource<'_>, options: &CheckOptions<'_>) {
    let Some(has_file) = options.has_file else { return };
    let mut extracted = false;
    for extract in source.extracts() {
        let Some(path) = extract.path() else { continue };
        if has_file(&path) {
            extracted |= extract.is_enabled();
        } else if extract.is_enabled() {
            let found = findings.add(
                "document.missing-extract",
                extract.node(),
                format!("the package does not hold the extract `{}`", shorten(&path)),
            );
            if let Some(found) = found {
                found.hint = Some("refresh the extract, or publish the workbook without it".to_owned());
            }
        }
    }
    for connection in source.connections() {
        let Some(path) = connection.path().filter(|_| connection.is_file()) else {
            continue;
        };
        // A whole path names a file on the machine of who saved it: the package is not meant to have it.
        let absolute =
            path.starts_with('/') || path.starts_with('\\') || path.as_bytes().get(1) == Some(&b':');
        if !extracted && !absolute && !has_file(&path) {
            findings.add(
                "document.missing-file",
                connection.node(),
                format!("the package does not hold the file `{}`", shorten(&path)),
            );
        }
    }
}

fn features(findings: &mut Findings<'_>) {
    let tree = findings.document.tree();
    let root = tree.root();
    let Some(manifest) = tree.child(root, "document-format-change-manifest") else {
        return;
    };
    let announced: HashSet<&str> = tree
        .all_children(manifest)
        .flat_map(|child| {
            let raw = tree.raw_name(child);
            used_features(raw).chain(std::iter::once(plain(raw)))
        })
        .collect();
    let mut missing: Vec<(String, NodeId)> = Vec::new();
    let mut seen = HashSet::new();
    for node in tree.all_descendants(root) {
        for feature in names_of(tree, node).flat_map(used_features) {
            if !announced.contains(feature) && seen.insert(feature) {
                missing.push((feature.to_owned(), node));
            }
        }
    }
    for (feature, node) in missing {
        findings.add(
            "document.feature-not-announced",
            node,
            format!("the manifest does not list `{}`", shorten(&feature)),
        );
    }
}

fn names_of(tree: &Tree, node: NodeId) -> impl Iterator<Item = &str> {
    std::iter::once(tree.raw_name(node)).chain(tree.attributes(node).map(|(name, _)| name))
}

/// Returns the features in the prefixes of a name.
fn used_features(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let (condition, after) = rest.strip_prefix("_.fcp.")?.split_once("...")?;
        rest = after;
        condition.rsplit_once('.').map(|(feature, _)| feature)
    })
}

/// Adds to a finding what may have been meant.
pub(super) fn suggestion(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    nearest(name, known).map(|near| format!("did you mean `{}`?", shorten(&near)))
}
