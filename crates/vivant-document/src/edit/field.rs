//! Fields: calculations, captions, translations, aliases, hierarchies, and renaming everywhere.

use std::collections::{BTreeMap, HashMap, HashSet};

use vivant_calc::types::DataType;

use super::scope::Scope;
use super::{COLUMN_ORDER, DATASOURCE_ORDER, Document, Literal, caption_taken, digits, field_name};
use crate::error::{Error, Result, shorten};
use crate::names::{quote, unquote};
use crate::refs::{Instances, Reference, Site, references, rewrite};
use crate::tree::{Element, NodeId, Where};

/// A calculated field to add. What is not set is taken from the formula's type.
#[derive(Debug, Clone, Default)]
pub struct NewCalculation {
    /// Label.
    pub caption: String,
    /// Formula; fields may be named by their captions.
    pub formula: String,
    /// `dimension` or `measure`.
    pub role: Option<String>,
    /// `nominal`, `ordinal` or `quantitative`.
    pub kind: Option<String>,
    /// Type of the values.
    pub datatype: Option<String>,
}

/// A calculated field that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedCalculation {
    /// Internal name in brackets, by which filters and formulas refer to it.
    pub name: String,
    /// The formula as it was written into the document.
    pub formula: String,
}

impl Document {
    /// Adds a calculated field and returns its internal name.
    pub fn add_calculation(&mut self, datasource: &str, new: &NewCalculation) -> Result<AddedCalculation> {
        let source = self.source_node(datasource)?;
        if new.caption.trim().is_empty() {
            return Err(Error::edit("a calculated field needs a caption"));
        }
        let view = self.source_at(source);
        if caption_taken(view, &new.caption, "") || view.field_names().contains(&quote(&new.caption)) {
            return Err(Error::edit(format!(
                "there is a field `{}` already",
                shorten(&new.caption)
            )));
        }
        let (formula, inferred) = self.read_formula(source, &new.formula)?;
        let datatype = match &new.datatype {
            Some(datatype) => checked(
                datatype,
                &["string", "integer", "real", "boolean", "date", "datetime"],
            )?,
            None => inferred.datatype.to_owned(),
        };
        let role = match &new.role {
            Some(role) => checked(role, &["dimension", "measure"])?,
            None if inferred.is_aggregate || matches!(datatype.as_str(), "integer" | "real") => {
                "measure".to_owned()
            }
            None => "dimension".to_owned(),
        };
        let kind = match &new.kind {
            Some(kind) => checked(kind, &["nominal", "ordinal", "quantitative"])?,
            None => default_kind(&datatype, &role).to_owned(),
        };
        let taken: HashSet<String> = self.source_at(source).field_names().into_iter().collect();
        let name = (0..)
            .map(|round| {
                let key = self.source_at(source).name();
                format!(
                    "[Calculation_{}]",
                    digits(&format!("{key}\0{}\0{round}", new.caption), 19)
                )
            })
            .find(|name| !taken.contains(name))
            .expect("there are more numbers than fields");
        let column = Element::new("column")
            .with("caption", new.caption.as_str())
            .with("datatype", datatype)
            .with("name", name.as_str())
            .with("role", role)
            .with("type", kind)
            .child(
                Element::new("calculation")
                    .with("class", "tableau")
                    .with("formula", with_line_ends(&formula)),
            );
        self.tree.insert_ordered(source, &column, &DATASOURCE_ORDER)?;
        Ok(AddedCalculation { name, formula })
    }

    /// Changes the formula of a calculated field, in the copies of sheets too. Returns it as it was written.
    pub fn set_formula(&mut self, datasource: &str, field: &str, formula: &str) -> Result<String> {
        let source = self.source_node(datasource)?;
        let name = field_name(self.source_at(source), field)?;
        let (formula, _) = self.read_formula(source, formula)?;
        let mut changed = false;
        for column in self.column_everywhere(source, &name)? {
            let calculations: Vec<_> = self.tree.all_named(column, "calculation").collect();
            for calculation in calculations {
                changed = true;
                self.tree.set(calculation, "formula", &with_line_ends(&formula))?;
            }
        }
        if changed {
            Ok(formula)
        } else {
            Err(Error::edit(format!(
                "field `{}` is not calculated",
                shorten(field)
            )))
        }
    }

    /// Removes a calculated field that nothing uses.
    pub fn remove_calculation(&mut self, datasource: &str, field: &str) -> Result<()> {
        let source = self.source_node(datasource)?;
        let name = field_name(self.source_at(source), field)?;
        let is_calculated = self
            .source_at(source)
            .column(&name)
            .is_some_and(|column| column.calculation().is_some());
        if !is_calculated {
            return Err(Error::edit(format!(
                "field `{}` is not calculated",
                shorten(field)
            )));
        }
        let uses = self.uses_of_field(datasource, &name)?;
        if let Some(first) = uses.first() {
            return Err(Error::edit(format!(
                "field `{}` is used in {} places, first in {first}",
                shorten(field),
                uses.len()
            )));
        }
        let columns: Vec<_> = self
            .tree
            .all_named(source, "column")
            .filter(|&column| self.tree.has(column, "name", &name))
            .collect();
        columns
            .into_iter()
            .try_for_each(|column| self.tree.remove(column))
    }

    /// Lists the places that use a field, in words.
    pub fn uses_of_field(&self, datasource: &str, field: &str) -> Result<Vec<String>> {
        let source = self.datasource(datasource)?;
        let name = field_name(source, field)?;
        Ok(self.uses(&source.name(), &unquote(&name)))
    }

    /// Lists the places that use a field of a data source or a parameter, both without brackets.
    pub(crate) fn uses(&self, source: &str, field: &str) -> Vec<String> {
        self.uses_of(source, &HashSet::from([field]), |_| true)
            .remove(field)
            .unwrap_or_default()
    }

    /// Lists the places that use some fields, of those places that count.
    pub(crate) fn uses_of(
        &self,
        source: &str,
        fields: &HashSet<&str>,
        counts: impl Fn(NodeId) -> bool,
    ) -> HashMap<String, Vec<String>> {
        let instances = Instances::of(self);
        let mut seen = HashSet::new();
        let mut uses: HashMap<String, Vec<String>> = HashMap::new();
        for reference in references(self) {
            if reference.source != source || self.is_definition(&reference) || !counts(reference.node) {
                continue;
            }
            let field = if fields.contains(reference.name.as_str()) {
                Some(reference.name.clone())
            } else {
                instances
                    .field(source, &reference.name)
                    .filter(|field| fields.contains(field.as_ref()))
                    .map(|field| field.into_owned())
            };
            let Some(field) = field else { continue };
            let place = self.describe(reference.node);
            if seen.insert((field.clone(), place.clone())) {
                uses.entry(field).or_default().push(place);
            }
        }
        uses
    }

    /// Tells whether a reference is what defines the field, rather than a use of it.
    pub(crate) fn is_definition(&self, reference: &Reference) -> bool {
        let tree = &self.tree;
        let name = tree.plain_name(reference.node);
        let attribute = match &reference.site {
            Site::Attribute(raw) => crate::tree::plain(raw),
            Site::Text => return name == "local-name",
        };
        matches!(
            (name, attribute),
            ("column" | "group", "name") | ("map", "key") | ("column-instance" | "folder-item", _)
        )
    }

    /// Sets the caption of a field wherever it is written: data source, sheets, highlight actions. Without a
    /// caption people see the name.
    pub fn set_caption(&mut self, datasource: &str, field: &str, caption: Option<&str>) -> Result<()> {
        let source = self.source_node(datasource)?;
        let name = field_name(self.source_at(source), field)?;
        self.set_caption_of(source, &name, caption)
    }

    pub(crate) fn set_caption_of(&mut self, source: NodeId, name: &str, caption: Option<&str>) -> Result<()> {
        let view = self.source_at(source);
        let old = view.label_of(name);
        if let Some(caption) = caption {
            if caption.is_empty() {
                return Err(Error::edit("a caption cannot be empty"));
            }
            if caption_taken(view, caption, name) {
                return Err(Error::edit(format!(
                    "there is a field `{}` already",
                    shorten(caption)
                )));
            }
        }
        for column in self.column_everywhere(source, name)? {
            self.tree.set_or_remove(column, "caption", caption)?;
        }
        let new = caption.map_or_else(|| unquote(name), str::to_owned);
        self.rename_in_actions(&old, &new)
    }

    /// Highlight actions list fields by their captions.
    fn rename_in_actions(&mut self, old: &str, new: &str) -> Result<()> {
        let Some(actions) = self.tree.child(self.tree.root(), "actions") else {
            return Ok(());
        };
        // Two data sources may have a field of this caption: then the list means both, and stays.
        let others = self
            .datasources()
            .into_iter()
            .filter(|source| source.columns().into_iter().any(|column| column.label() == old))
            .count();
        if others > 0 {
            return Ok(());
        }
        let params: Vec<NodeId> = self
            .tree
            .all_descendants(actions)
            .filter(|&node| {
                self.tree.plain_name(node) == "param" && self.tree.has(node, "name", "field-captions")
            })
            .collect();
        for param in params {
            let value = self.tree.get(param, "value").unwrap_or_default().into_owned();
            let renamed: Vec<&str> = value
                .split(',')
                .map(|caption| if caption == old { new } else { caption })
                .collect();
            self.tree.set(param, "value", &renamed.join(","))?;
        }
        Ok(())
    }

    /// Sets the caption of a data source, also where sheets link to it.
    pub fn set_datasource_caption(&mut self, datasource: &str, caption: &str) -> Result<()> {
        let source = self.source_node(datasource)?;
        let key = self.source_at(source).name().into_owned();
        self.tree.set(source, "caption", caption)?;
        let links: Vec<NodeId> = self
            .tree
            .all_descendants(self.tree.root())
            .filter(|&node| {
                node != source
                    && self.tree.plain_name(node) == "datasource"
                    && self.tree.has(node, "name", &key)
                    && self.tree.get(node, "caption").is_some()
            })
            .collect();
        links
            .into_iter()
            .try_for_each(|link| self.tree.set(link, "caption", caption))
    }

    /// Translates captions of fields and parameters: those that a dictionary has as a whole, and marks such as
    /// `[[key]]` inside others. Returns before and after.
    pub fn translate(&mut self, dictionary: &BTreeMap<String, String>) -> Result<Vec<(String, String)>> {
        let mut found: Vec<(NodeId, String, String, String)> = Vec::new();
        for source in self.all_datasources() {
            for column in source.columns() {
                let Some(caption) = column.caption() else { continue };
                let translated = translated(&caption, dictionary);
                if translated != caption {
                    found.push((
                        source.node(),
                        column.name().into_owned(),
                        caption.into_owned(),
                        translated,
                    ));
                }
            }
        }
        let mut done = Vec::new();
        for (source, name, before, after) in found {
            self.set_caption_of(source, &name, Some(&after))?;
            done.push((before, after));
        }
        Ok(done)
    }

    /// Sets the label that is shown for a value of a field, or removes it.
    pub fn set_alias(
        &mut self,
        datasource: &str,
        field: &str,
        value: &Literal,
        label: Option<&str>,
    ) -> Result<()> {
        let source = self.source_node(datasource)?;
        let name = field_name(self.source_at(source), field)?;
        let key = value.to_string();
        for column in self.column_everywhere(source, &name)? {
            let holder = self.tree.all_named(column, "aliases").next();
            let alias = holder.and_then(|holder| {
                self.tree
                    .all_named(holder, "alias")
                    .find(|&alias| self.tree.has(alias, "key", &key))
            });
            match (alias, label) {
                (Some(alias), Some(label)) => self.tree.set(alias, "value", label)?,
                (Some(alias), None) => self.tree.remove(alias)?,
                (None, None) => {}
                (None, Some(label)) => {
                    let alias = Element::new("alias")
                        .with("key", key.as_str())
                        .with("value", label);
                    match holder {
                        Some(holder) => self.tree.insert(Where::Last(holder), &alias)?,
                        None => self.tree.insert_ordered(
                            column,
                            &Element::new("aliases").child(alias),
                            &COLUMN_ORDER,
                        )?,
                    };
                }
            }
        }
        Ok(())
    }

    /// Sets the fields of a hierarchy, making it if it is not there; without fields it is removed.
    pub fn set_hierarchy(&mut self, datasource: &str, name: &str, fields: &[&str]) -> Result<()> {
        let source = self.source_node(datasource)?;
        let view = self.source_at(source);
        let fields = fields
            .iter()
            .map(|field| field_name(view, field))
            .collect::<Result<Vec<_>>>()?;
        let holder = self.tree.all_named(source, "drill-paths").next();
        let path = holder.and_then(|holder| {
            self.tree
                .all_named(holder, "drill-path")
                .find(|&path| self.tree.has(path, "name", name))
        });
        if fields.is_empty() {
            return match (path, holder) {
                (Some(path), Some(holder)) => {
                    self.tree.remove(path)?;
                    if self.tree.all_children(holder).next().is_none() {
                        self.tree.remove(holder)?;
                    }
                    Ok(())
                }
                _ => Err(Error::edit(format!("there is no hierarchy `{}`", shorten(name)))),
            };
        }
        let items = fields
            .iter()
            .map(|field| Element::new("field").text(field.as_str()));
        if let Some(path) = path {
            let old: Vec<NodeId> = self.tree.all_children(path).collect();
            for item in items {
                self.tree.insert(Where::Last(path), &item)?;
            }
            return old.into_iter().try_for_each(|field| self.tree.remove(field));
        }
        let path = Element::new("drill-path").with("name", name).children(items);
        match holder {
            Some(holder) => self.tree.insert(Where::Last(holder), &path)?,
            None => {
                let holder = Element::new("drill-paths").child(path);
                self.tree.insert_ordered(source, &holder, &DATASOURCE_ORDER)?
            }
        };
        Ok(())
    }

    /// Renames a hierarchy.
    pub fn rename_hierarchy(&mut self, datasource: &str, old: &str, new: &str) -> Result<()> {
        let source = self.source_node(datasource)?;
        let paths: Vec<NodeId> = self
            .tree
            .all_named(source, "drill-paths")
            .flat_map(|holder| self.tree.all_named(holder, "drill-path"))
            .collect();
        if paths.iter().any(|&path| self.tree.has(path, "name", new)) {
            return Err(Error::edit(format!(
                "there is a hierarchy `{}` already",
                shorten(new)
            )));
        }
        match paths.into_iter().find(|&path| self.tree.has(path, "name", old)) {
            Some(path) => self.tree.set(path, "name", new),
            None => Err(Error::edit(format!("there is no hierarchy `{}`", shorten(old)))),
        }
    }

    /// Changes the internal name of a field everywhere: formulas, shelves, filters, actions, text. Returns how
    /// many references were changed. What people see changes only if the field has no caption.
    pub fn rename_field(&mut self, datasource: &str, field: &str, new: &str) -> Result<usize> {
        let source = self.source_node(datasource)?;
        let view = self.source_at(source);
        let old = unquote(&field_name(view, field)?);
        let new = unquote(new);
        if new.is_empty() {
            return Err(Error::edit("a name cannot be empty"));
        }
        let taken = |name: &String| unquote(name).to_lowercase() == new.to_lowercase();
        if old.to_lowercase() != new.to_lowercase() && view.field_names().iter().any(taken) {
            return Err(Error::edit(format!(
                "there is a field `{}` already",
                shorten(&new)
            )));
        }
        let key = view.name().into_owned();
        rewrite(self, |source, name| {
            (source == key && name == old).then(|| new.clone())
        })
    }

    /// Checks a formula and writes the fields in it by their internal names.
    fn read_formula(&self, source: NodeId, formula: &str) -> Result<(String, Inferred)> {
        let formula = formula.replace("\r\n", "\n");
        let scope = Scope::of(self, self.source_at(source));
        let formula = scope.with_internal_names(&formula)?;
        let parsed = vivant_calc::parse(&formula);
        let mut problems = parsed.diagnostics;
        let checked = vivant_calc::check(&parsed.value, &scope);
        let root = checked.root();
        problems.extend(checked.diagnostics);
        if let Some(first) = problems.iter().find(|problem| problem.is_error()) {
            return Err(Error::edit(format!("the formula is wrong: {first}")));
        }
        let datatype = match root.data_type {
            DataType::Boolean => "boolean",
            DataType::Integer => "integer",
            DataType::Real => "real",
            DataType::Date => "date",
            DataType::DateTime => "datetime",
            _ => "string",
        };
        let is_aggregate = root.level.is_aggregated();
        Ok((
            formula,
            Inferred {
                datatype,
                is_aggregate,
            },
        ))
    }
}

struct Inferred {
    datatype: &'static str,
    is_aggregate: bool,
}

fn checked(value: &str, allowed: &[&str]) -> Result<String> {
    if allowed.contains(&value) {
        Ok(value.to_owned())
    } else {
        Err(Error::edit(format!(
            "`{}` is none of {}",
            shorten(value),
            allowed.join(", ")
        )))
    }
}

/// Type of a field by its data type and role, as Tableau sets it.
pub(crate) fn default_kind(datatype: &str, role: &str) -> &'static str {
    match (datatype, role) {
        ("string" | "boolean" | "spatial", _) => "nominal",
        ("date" | "datetime", _) => "ordinal",
        (_, "measure") => "quantitative",
        _ => "ordinal",
    }
}

/// Tableau writes line ends in formulas as CR and LF.
fn with_line_ends(formula: &str) -> String {
    formula.replace('\n', "\r\n")
}

fn translated(caption: &str, dictionary: &BTreeMap<String, String>) -> String {
    if let Some(whole) = dictionary.get(caption) {
        return whole.clone();
    }
    let mut text = String::with_capacity(caption.len());
    let mut rest = caption;
    while let Some(start) = rest.find("[[") {
        let Some(length) = rest[start + 2..].find("]]") else {
            break;
        };
        let key = &rest[start + 2..start + 2 + length];
        text.push_str(&rest[..start]);
        match dictionary.get(key) {
            Some(word) => text.push_str(word),
            None => text.push_str(&rest[start..start + length + 4]),
        }
        rest = &rest[start + length + 4..];
    }
    text.push_str(rest);
    text
}
