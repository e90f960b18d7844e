//! Edits of documents. Each changes what its name says, on every branch of a feature, and nothing else.
//!
//! An edit that cannot be done says why and leaves the document as it was, as far as it is one step; the edits
//! that gather several steps return a report of what they did. Data sources are named by their key or, when
//! only one has it, by their caption; fields by internal name, caption or name in the database.

mod column;
mod connection;
mod extract;
mod field;
mod filter;
mod literal;
mod parameter;
mod relation;
mod repoint;
mod scope;
mod sheet;
mod source;

pub use column::ColumnChange;
pub use connection::{ConnectionChange, ConnectionMatch, PublishedChange, SwapReport};
pub use field::{AddedCalculation, NewCalculation};
pub use filter::{FilterScope, NewFilter, Period, RelativeDate};
pub use literal::Literal;
pub use parameter::{Domain, NewParameter, ParameterChange};
pub use relation::{JoinKind, JoinOn, NewJoin, TableSource};
pub use repoint::RepointReport;
pub(crate) use scope::Scope;
pub use sheet::DeletedSheet;
pub use source::{CONNECTORS, Connector, NewConnection, NewDatasource, NewExtract};

use crate::error::{Error, Result, shorten};
use crate::names::{quote, unquote};
use crate::tree::{Element, NodeId, Tree};
use crate::view::{Column, Datasource, Document};

/// Order of the children of a data source, as Tableau writes them.
pub(crate) const DATASOURCE_ORDER: [&str; 33] = [
    "document-format-change-manifest",
    "repository-location",
    "connection",
    "utility-dimensions",
    "dimension",
    "overridable-settings",
    "aliases",
    "column",
    "column-instance",
    "group",
    "mapped-images",
    "drill-paths",
    "unlinked-server-hierarchies",
    "folder",
    "folders-common",
    "folders-parameters",
    "actions",
    "calculated-members",
    "extract",
    "layout",
    "style",
    "semantic-values",
    "date-options",
    "default-date-format",
    "default-sorts",
    "field-sort-info",
    "datasource-dependencies",
    "explainability",
    "filter",
    "analytic-model",
    "object-graph",
    "default-calendar-type",
    "data-source-tree",
];

/// Order of the children of a workbook, as Tableau writes them.
pub(crate) const WORKBOOK_ORDER: [&str; 24] = [
    "document-format-change-manifest",
    "repository-location",
    "preferences",
    "style-theme",
    "style",
    "local-data",
    "local-data-typed",
    "datasources",
    "datasource-relationships",
    "mapsources",
    "shared-views",
    "actions",
    "worksheets",
    "dashboards",
    "windows",
    "datagraph",
    "thumbnails",
    "external",
    "referenced-extensions",
    "explain-data",
    "data-orientation",
    "tab-agent-config",
    "accelerator-details",
    "workbook-optimizer",
];

/// Order of the children of a field, as Tableau writes them.
pub(crate) const COLUMN_ORDER: [&str; 9] = [
    "server-captions",
    "calculation",
    "utility-members",
    "aliases",
    "statistical-model",
    "semantic-values",
    "desc",
    "members",
    "range",
];

/// Finds a name that nothing has yet: `A.twb`, else `A (1).twb`, `A (2).twb` and so on.
///
/// `extension` is without a dot; one that `stem` already ends in is not added again.
pub fn free_name(stem: &str, extension: &str, mut taken: impl FnMut(&str) -> bool) -> String {
    let ending = format!(".{extension}");
    let stem = if stem.to_lowercase().ends_with(&ending) {
        &stem[..stem.len() - ending.len()]
    } else {
        stem
    };
    let first = format!("{stem}{ending}");
    if !taken(&first) {
        return first;
    }
    (1_u64..)
        .map(|number| format!("{stem} ({number}){ending}"))
        .find(|name| !taken(name))
        .expect("there are more numbers than files")
}

/// Makes a number of so many digits from a text, the same every time.
pub(crate) fn digits(seed: &str, length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut round = 0_u64;
    while text.len() < length {
        // FNV-1a: nothing secret, only spread out.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ round;
        for byte in seed.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash ^= hash >> 29;
        text.push_str(&hash.to_string());
        round += 1;
    }
    text.truncate(length);
    if text.starts_with('0') {
        text.replace_range(..1, "1");
    }
    text
}

/// Fields by name of a data source, resolved once.
pub(crate) fn field_name(source: Datasource<'_>, name: &str) -> Result<String> {
    let names = source.field_names();
    let quoted = quote(name);
    if names.contains(&quoted) {
        return Ok(quoted);
    }
    let by_caption: Vec<_> = source
        .columns()
        .into_iter()
        .filter(|column| column.caption().as_deref() == Some(name))
        .map(|column| column.name().into_owned())
        .collect();
    if let [only] = &by_caption[..] {
        return Ok(only.clone());
    }
    if by_caption.len() > 1 {
        return Err(Error::edit(format!(
            "several fields are called `{}`: {}",
            shorten(name),
            by_caption.join(", ")
        )));
    }
    let remote = unquote(name);
    let by_remote: Vec<_> = source
        .metadata_records()
        .into_iter()
        .filter(|record| record.remote_name().as_deref() == Some(&*remote))
        .filter_map(|record| record.local_name())
        .collect();
    if let [only] = &by_remote[..] {
        return Ok(only.clone().into_owned());
    }
    let near = nearest(&remote, names.iter().map(|known| unquote(known)));
    Err(Error::edit(format!(
        "data source `{}` has no field `{}`{}",
        shorten(&source.label()),
        shorten(name),
        near.map_or(String::new(), |near| format!(
            "; did you mean `{}`?",
            shorten(&near)
        ))
    )))
}

/// Finds the name that differs least, if it differs little.
pub(crate) fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(64).collect();
    let most = if wanted.len() < 4 {
        1
    } else {
        (wanted.len() / 3).max(2)
    };
    known
        .take(5_000)
        .map(|candidate| {
            let other: Vec<char> = candidate.to_lowercase().chars().take(64).collect();
            (distance(&wanted, &other), candidate)
        })
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let cost = usize::from(left != right);
            let new = (before + cost).min(row[j] + 1).min(row[j + 1] + 1);
            before = std::mem::replace(&mut row[j + 1], new);
        }
    }
    row[b.len()]
}

/// Role and type of a field without a `column`, by its metadata.
pub(crate) fn default_role(datatype: &str, aggregation: Option<&str>) -> (&'static str, &'static str) {
    match (datatype, aggregation) {
        ("integer" | "real", Some("Count" | "None")) => ("dimension", "ordinal"),
        ("integer" | "real", _) => ("measure", "quantitative"),
        ("date" | "datetime", _) => ("dimension", "ordinal"),
        ("spatial", _) => ("measure", "nominal"),
        _ => ("dimension", "nominal"),
    }
}

impl Document {
    pub(crate) fn source_node(&self, source: &str) -> Result<NodeId> {
        Ok(self.datasource(source)?.node())
    }

    pub(crate) fn source_at(&self, node: NodeId) -> Datasource<'_> {
        Datasource {
            tree: &self.tree,
            node,
        }
    }

    /// Returns the `column` of a field, on all branches; makes one from the metadata if there is none.
    pub(crate) fn column_nodes(&mut self, source: NodeId, name: &str) -> Result<Vec<NodeId>> {
        let found: Vec<NodeId> = self
            .tree
            .all_named(source, "column")
            .filter(|&column| self.tree.has(column, "name", name))
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let view = self.source_at(source);
        let record = view
            .metadata_records()
            .into_iter()
            .find(|record| record.local_name().as_deref() == Some(name));
        let datatype = record
            .and_then(|record| record.local_type())
            .map_or("string".to_owned(), |datatype| datatype.into_owned());
        let aggregation = record.and_then(|record| record.aggregation());
        let (role, kind) = default_role(&datatype, aggregation.as_deref());
        let column = Element::new("column")
            .with("datatype", datatype)
            .with("name", name)
            .with("role", role)
            .with("type", kind);
        Ok(vec![self.tree.insert_ordered(
            source,
            &column,
            &DATASOURCE_ORDER,
        )?])
    }

    /// Returns the copies of a column that sheets hold.
    pub(crate) fn column_copies(&self, source: &str, name: &str) -> Vec<NodeId> {
        let tree = &self.tree;
        tree.all_descendants(tree.root())
            .filter(|&node| {
                tree.plain_name(node) == "datasource-dependencies" && tree.has(node, "datasource", source)
            })
            .flat_map(|node| tree.all_named(node, "column"))
            .filter(|&column| tree.has(column, "name", name))
            .collect()
    }

    /// Returns the copies of a column and the column itself.
    pub(crate) fn column_everywhere(&mut self, source: NodeId, name: &str) -> Result<Vec<NodeId>> {
        let mut nodes = self.column_nodes(source, name)?;
        let key = self.source_at(source).name().into_owned();
        nodes.extend(self.column_copies(&key, name));
        Ok(nodes)
    }

    /// Says in words where an element stands: the sheet, action or data source, and the field in it.
    pub(crate) fn describe(&self, node: NodeId) -> String {
        let tree = &self.tree;
        let mut parts = Vec::new();
        for at in std::iter::once(node).chain(tree.ancestors(node)) {
            let label = |name: &str| {
                tree.value(at, "caption")
                    .or_else(|| tree.value(at, "name"))
                    .map_or_else(
                        || name.to_owned(),
                        |label| format!("{name} '{}'", shorten(&unquote(&label))),
                    )
            };
            let name = tree.plain_name(at);
            let parent = tree.parent(at).map(|parent| tree.plain_name(parent));
            match (name, parent) {
                ("worksheet" | "dashboard" | "window" | "thumbnail" | "object", _) => parts.push(label(name)),
                ("datasource", Some("datasources")) | ("datasource", None) => {
                    let label = Datasource { tree, node: at }.label();
                    parts.push(format!("data source '{}'", shorten(&label)));
                }
                ("column", Some("datasource")) => parts.push(label("field")),
                ("group", Some("datasource")) => parts.push(label("set")),
                ("filter", _) => {
                    let column = tree.get(at, "column").unwrap_or_default();
                    parts.push(format!("filter {}", shorten(&column)));
                }
                (other, Some("actions")) if other.ends_with("action") => parts.push(label("action")),
                ("zone", _) => {
                    let id = tree.get(at, "id").unwrap_or_default();
                    parts.push(format!("zone {}", shorten(&id)));
                }
                (
                    "shared-views" | "connection" | "extract" | "datasource-relationships" | "rows" | "cols",
                    _,
                ) => {
                    parts.push(name.to_owned());
                }
                _ => {}
            }
        }
        // Zones lie in zones: the innermost says enough.
        let mut seen_zone = false;
        parts.retain(|part| !part.starts_with("zone ") || !std::mem::replace(&mut seen_zone, true));
        parts.reverse();
        parts.join(" / ")
    }
}

/// Copies what a `column` says besides its place, so that copies look the same.
pub(crate) fn same_attributes(tree: &mut Tree, from: NodeId, to: NodeId, names: &[&str]) -> Result<()> {
    for name in names {
        let value = tree.get(from, name).map(std::borrow::Cow::into_owned);
        tree.set_or_remove(to, name, value.as_deref())?;
    }
    Ok(())
}

/// Tells whether a name is already the caption of another field.
pub(crate) fn caption_taken(source: Datasource<'_>, caption: &str, but: &str) -> bool {
    source
        .columns()
        .into_iter()
        .filter(|column: &Column<'_>| column.name() != but)
        .any(|column| column.label() == caption)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_never_takes_a_name_that_is_there() {
        let taken = ["A.twb", "A (1).twb"];
        let name = |stem: &str| free_name(stem, "twb", |name| taken.contains(&name));
        assert_eq!(name("A"), "A (2).twb");
        assert_eq!(name("A.TWB"), "A (2).twb");
        assert_eq!(name("B"), "B.twb");
    }

    #[test]
    fn near_names_are_suggested() {
        let known = || ["Profit", "Sales"].map(str::to_owned).into_iter();
        assert_eq!(nearest("profitt", known()).as_deref(), Some("Profit"));
        assert_eq!(nearest("Quantity", known()), None);
        assert_eq!(digits("a", 19).len(), 19);
        assert_ne!(digits("a", 19), digits("b", 19));
    }
}
