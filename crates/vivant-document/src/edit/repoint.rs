//! A workbook's data source exchanged for another, with a mapping of fields and a report of what does not fit.

use std::collections::{HashMap, HashSet};

use super::{DATASOURCE_ORDER, Document, WORKBOOK_ORDER};
use crate::error::{Error, Result, shorten};
use crate::names::unquote;
use crate::refs::rewrite;
use crate::tree::{Element, NodeId, USER_NAMESPACE, Where};

/// What became of the fields when a data source was exchanged. Names are without brackets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepointReport {
    /// Fields that the new data source has under the same name.
    pub same: usize,
    /// Fields that go by another name now: before and after.
    pub renamed: Vec<(String, String)>,
    /// Fields that the new data source does not have, with the places that use them; unused ones have none.
    pub missing: Vec<(String, Vec<String>)>,
    /// Fields of another type: name, before and after.
    pub types: Vec<(String, String, String)>,
    /// Whether the new data source does not say which fields it has, so that nothing could be compared.
    pub unknown_fields: bool,
}

impl RepointReport {
    /// Tells whether everything that is used is still there.
    pub fn is_complete(&self) -> bool {
        self.missing.iter().all(|(_, uses)| uses.is_empty())
    }
}

/// What a data source takes from another when it is exchanged: where the data are and how they are laid out.
const PHYSICAL: [&str; 4] = ["repository-location", "connection", "extract", "object-graph"];

impl Document {
    /// Tells what [`Document::repoint`] would report, without doing it.
    pub fn compare_fields(
        &self,
        datasource: &str,
        new: &Document,
        mapping: &HashMap<String, String>,
    ) -> Result<RepointReport> {
        self.plan(datasource, new, mapping).map(|plan| plan.report)
    }

    /// Exchanges a data source for another one, which is a data source document: connection, extract and
    /// logical model are taken from it; captions, calculations, folders and everything in sheets stay.
    ///
    /// `mapping` gives the new names of fields, both without brackets. Fields it does not name keep theirs, or
    /// take one that differs in letter case only. The key of the data source in the workbook stays.
    pub fn repoint(
        &mut self,
        datasource: &str,
        new: &Document,
        mapping: &HashMap<String, String>,
    ) -> Result<RepointReport> {
        let plan = self.plan(datasource, new, mapping)?;
        let source = self.source_node(datasource)?;
        let key = self.source_at(source).name().into_owned();
        let other = new.all_datasources()[0];

        let old: Vec<NodeId> = self
            .tree
            .all_children(source)
            .filter(|&child| PHYSICAL.contains(&self.tree.plain_name(child)))
            .collect();
        for node in old {
            self.tree.remove(node)?;
        }
        if !plan.report.renamed.is_empty() {
            let names: HashMap<&str, &str> = plan
                .report
                .renamed
                .iter()
                .map(|(old, new)| (old.as_str(), new.as_str()))
                .collect();
            rewrite(self, |place, name| {
                (place == key)
                    .then(|| names.get(name).map(|new| (*new).to_owned()))
                    .flatten()
            })?;
        }
        let mut features = HashSet::new();
        for child in other.tree().all_children(other.node()) {
            let name = other.tree().plain_name(child);
            if !PHYSICAL.contains(&name) {
                continue;
            }
            let xml = other.tree().xml(child);
            gather_features(&xml, &mut features);
            if xml.contains("user:") && self.tree.user_prefix(source).is_none() {
                self.tree.set(source, "xmlns:user", USER_NAMESPACE)?;
            }
            let rank = |name: &str| DATASOURCE_ORDER.iter().position(|known| *known == name);
            let own = rank(name);
            let place = self
                .tree
                .all_children(source)
                .find(|&at| rank(self.tree.plain_name(at)) > own && rank(self.tree.plain_name(at)).is_some())
                .map_or(Where::Last(source), Where::Before);
            self.tree.insert_xml(place, &xml)?;
        }
        self.add_columns(source, new)?;
        self.announce(&features)?;
        Ok(plan.report)
    }

    fn plan(&self, datasource: &str, new: &Document, mapping: &HashMap<String, String>) -> Result<Plan> {
        if new.workbook().is_some() {
            return Err(Error::edit(
                "the new data source has to be a data source document",
            ));
        }
        let source = self.datasource(datasource)?;
        let other = new.all_datasources()[0];
        if other.connections().is_empty() {
            return Err(Error::edit("the new data source has no connection"));
        }
        let known: Vec<String> = other.field_names().iter().map(|name| unquote(name)).collect();
        let exact: HashSet<&str> = known.iter().map(String::as_str).collect();
        let mut by_case: HashMap<String, Option<&str>> = HashMap::new();
        for name in &known {
            by_case
                .entry(name.to_lowercase())
                .and_modify(|several| *several = None)
                .or_insert(Some(name));
        }
        let mut report = RepointReport {
            unknown_fields: known.is_empty(),
            ..RepointReport::default()
        };
        let own: HashSet<String> = source.field_names().iter().map(|name| unquote(name)).collect();
        for name in mapping.keys() {
            if !own.contains(name) {
                return Err(Error::edit(format!(
                    "there is no field `{}` to map",
                    shorten(name)
                )));
            }
        }
        for name in mapping.values() {
            if !report.unknown_fields && !exact.contains(name.as_str()) {
                return Err(Error::edit(format!(
                    "the new data source has no field `{}` to map to",
                    shorten(name)
                )));
            }
        }
        let (old_types, new_types) = (datatypes(source), datatypes(other));
        let mut targets: HashMap<String, String> = HashMap::new();
        for name in physical_fields(source) {
            let target = match mapping.get(&name) {
                Some(target) => Some(target.as_str()),
                None if report.unknown_fields => Some(name.as_str()),
                None if exact.contains(name.as_str()) => Some(name.as_str()),
                None => by_case.get(&name.to_lowercase()).copied().flatten(),
            };
            let Some(target) = target else {
                report.missing.push((name, Vec::new()));
                continue;
            };
            if let Some(first) = targets.insert(target.to_owned(), name.clone()) {
                return Err(Error::edit(format!(
                    "fields `{}` and `{}` would both become `{}`",
                    shorten(&first),
                    shorten(&name),
                    shorten(target)
                )));
            }
            let before = old_types.get(&name).cloned();
            let after = new_types.get(target).cloned();
            if let (Some(before), Some(after)) = (before, after)
                && before != after
            {
                report.types.push((name.clone(), before, after));
            }
            if target == name {
                report.same += 1;
            } else {
                report.renamed.push((name.clone(), target.to_owned()));
            }
        }
        let missing: HashSet<&str> = report.missing.iter().map(|(name, _)| name.as_str()).collect();
        // What is exchanged with the connection needs its fields no longer.
        let mut uses = self.uses_of(&source.name(), &missing, |node| {
            !self.tree.ancestors(node).any(|at| {
                self.tree.parent(at) == Some(source.node()) && PHYSICAL.contains(&self.tree.plain_name(at))
            })
        });
        drop(missing);
        for (name, places) in &mut report.missing {
            *places = uses.remove(name).unwrap_or_default();
        }
        Ok(Plan { report })
    }

    /// Adds what the new data source says of fields that the old one does not have.
    fn add_columns(&mut self, source: NodeId, new: &Document) -> Result<()> {
        let other = new.all_datasources()[0];
        let known: HashSet<String> = self
            .tree
            .all_named(source, "column")
            .filter_map(|column| self.tree.get(column, "name").map(|name| name.into_owned()))
            .collect();
        for column in other.columns() {
            if known.contains(&*column.name()) {
                continue;
            }
            let xml = other.tree().xml(column.node());
            let place = self
                .tree
                .all_named(source, "column")
                .last()
                .map_or(Where::Last(source), Where::After);
            self.tree.insert_xml(place, &xml)?;
        }
        Ok(())
    }

    /// Lists features in the manifest that new elements use.
    fn announce(&mut self, features: &HashSet<String>) -> Result<()> {
        if features.is_empty() {
            return Ok(());
        }
        let root = self.tree.root();
        let manifest = match self.tree.child(root, "document-format-change-manifest") {
            Some(manifest) => manifest,
            None => {
                let element = Element::new("document-format-change-manifest");
                let first = Where::First(root);
                if self.workbook().is_some() {
                    self.tree.insert_ordered(root, &element, &WORKBOOK_ORDER)?
                } else {
                    self.tree.insert(first, &element)?
                }
            }
        };
        let known: HashSet<String> = self
            .tree
            .all_children(manifest)
            .map(|child| self.tree.plain_name(child).to_owned())
            .collect();
        let mut missing: Vec<&String> = features
            .iter()
            .filter(|feature| !known.contains(*feature))
            .collect();
        missing.sort();
        for feature in missing {
            let element = Element::new(format!("_.fcp.{feature}.true...{feature}"));
            self.tree.insert(Where::Last(manifest), &element)?;
        }
        Ok(())
    }
}

/// Types of the fields of a data source: of their columns, else of the metadata.
fn datatypes(source: crate::view::Datasource<'_>) -> HashMap<String, String> {
    let records = source.metadata_records();
    let records = records
        .iter()
        .filter_map(|record| Some((record.local_name()?, record.local_type()?)));
    let columns = source.columns();
    let columns = columns
        .iter()
        .filter_map(|column| Some((column.name(), column.datatype()?)));
    records
        .chain(columns)
        .map(|(name, datatype)| (unquote(&name), datatype.into_owned()))
        .collect()
}

struct Plan {
    report: RepointReport,
}

/// Fields that come from the connection: those with metadata, and columns that are not calculated.
fn physical_fields(source: crate::view::Datasource<'_>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    let mut add = |name: &str| {
        let name = unquote(name);
        if !name.is_empty() && !name.contains("__tableau_internal") && seen.insert(name.clone()) {
            names.push(name);
        }
    };
    for record in source.metadata_records() {
        add(&record.local_name().unwrap_or_default());
    }
    for column in source.columns() {
        let name = column.name();
        let own = name.starts_with("[:") || name.contains("__tableau_internal_object_id__");
        if column.calculation().is_none() && !own && !column.is_parameter() {
            add(&name);
        }
    }
    names
}

fn gather_features(xml: &str, features: &mut HashSet<String>) {
    for (at, _) in xml.match_indices("_.fcp.") {
        let rest = &xml[at + 6..];
        let name: String = rest
            .chars()
            .take_while(|character| character.is_ascii_alphanumeric() || *character == '_')
            .collect();
        let after = &rest[name.len()..];
        if after.starts_with(".true...") || after.starts_with(".false...") {
            features.insert(name);
        }
    }
}
