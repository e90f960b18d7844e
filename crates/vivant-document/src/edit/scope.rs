//! The fields and parameters that formulas of a data source can name, with their types and levels.

use std::collections::HashMap;

use vivant_calc::check::{Environment, FieldInfo, FieldKind};
use vivant_calc::lex::{TokenKind, lex};
use vivant_calc::names::FieldName;
use vivant_calc::types::{DataType, Level};

use super::nearest;
use crate::error::{Error, Result, shorten};
use crate::names::{quote, unquote};
use crate::view::{Datasource, Document};

/// The fields and parameters that a formula of a data source can name.
pub(crate) struct Scope {
    own: HashMap<String, FieldInfo>,
    /// How the names of the fields are spelled.
    spelling: HashMap<String, String>,
    captions: HashMap<String, Option<String>>,
    others: HashMap<String, HashMap<String, FieldInfo>>,
    parameters: HashMap<String, DataType>,
    parameter_captions: HashMap<String, String>,
    /// The parameters are in a workbook that is not at hand.
    open_parameters: bool,
}

impl Scope {
    pub fn of(document: &Document, source: Datasource<'_>) -> Self {
        let own = fields_of(source);
        let names = source.field_names();
        let spelling = names
            .iter()
            .map(|name| unquote(name))
            .map(|name| (name.to_lowercase(), name))
            .collect();
        let mut captions: HashMap<String, Option<String>> = HashMap::new();
        for column in source.columns() {
            if let Some(caption) = column.caption() {
                captions
                    .entry(caption.into_owned())
                    .and_modify(|several| *several = None)
                    .or_insert_with(|| Some(unquote(&column.name())));
            }
        }
        let others = document
            .datasources()
            .into_iter()
            .filter(|other| other.node() != source.node())
            .map(|other| (other.name().to_lowercase(), fields_of(other)))
            .collect();
        let mut parameters = HashMap::new();
        let mut parameter_captions = HashMap::new();
        // A data source of its own has copies of the parameters that its formulas use.
        let tree = document.tree();
        let copies = tree
            .named(source.node(), "datasource-dependencies")
            .filter(|&node| tree.has(node, "datasource", "Parameters"))
            .flat_map(|node| tree.named(node, "column"))
            .map(|node| crate::view::Column { tree, node });
        for parameter in document.parameters().into_iter().chain(copies) {
            let name = unquote(&parameter.name());
            parameter_captions.insert(parameter.label(), name.clone());
            parameters.insert(
                name.to_lowercase(),
                data_type(parameter.datatype().as_deref().unwrap_or_default()),
            );
        }
        Self {
            own,
            spelling,
            captions,
            others,
            parameters,
            parameter_captions,
            open_parameters: document.workbook().is_none(),
        }
    }

    /// Writes fields and parameters that are named by their captions by their internal names.
    pub fn with_internal_names(&self, formula: &str) -> Result<String> {
        let tokens = lex(formula);
        let significant: Vec<_> = tokens.iter().filter(|token| !token.kind.is_trivia()).collect();
        let mut text = String::with_capacity(formula.len());
        let mut at = 0;
        for (index, token) in significant.iter().enumerate() {
            if token.kind != TokenKind::Field {
                continue;
            }
            let name = unquote(token.span.of(formula));
            let after_dot = index > 0 && significant[index - 1].kind == TokenKind::Dot;
            let before_dot = significant
                .get(index + 1)
                .is_some_and(|next| next.kind == TokenKind::Dot);
            if before_dot {
                continue;
            }
            let internal = if after_dot {
                let source = index
                    .checked_sub(2)
                    .map(|first| unquote(significant[first].span.of(formula)));
                match source.as_deref() {
                    Some("Parameters") if !self.parameters.contains_key(&name.to_lowercase()) => {
                        self.parameter_captions.get(&name).cloned()
                    }
                    _ => None,
                }
            } else if self.own.contains_key(&name.to_lowercase()) {
                // Tableau: upper and lower case are one in names, but files spell them as the field does.
                self.spelling
                    .get(&name.to_lowercase())
                    .filter(|spelled| **spelled != name)
                    .cloned()
            } else {
                match self.captions.get(&name) {
                    Some(Some(internal)) => Some(internal.clone()),
                    Some(None) => {
                        return Err(Error::edit(format!(
                            "several fields are called `{}`",
                            shorten(&name)
                        )));
                    }
                    None => None,
                }
            };
            if let Some(internal) = internal {
                text.push_str(&formula[at..token.span.start]);
                text.push_str(&quote(&internal));
                at = token.span.end;
            }
        }
        text.push_str(&formula[at..]);
        Ok(text)
    }
}

impl Environment for Scope {
    fn field(&self, name: &FieldName) -> Option<FieldInfo> {
        let key = name.name.to_lowercase();
        match &name.source {
            None => self.own.get(&key).copied(),
            // Tableau: the tables of the model, of which rows can be counted.
            Some(source) if source == "__tableau_internal_object_id__" => self
                .own
                .contains_key(&key)
                .then(|| FieldInfo::new(DataType::Table, Level::Row)),
            Some(source) => self
                .others
                .get(&source.to_lowercase())?
                .get(&key)
                .map(|info| info.secondary()),
        }
    }

    fn parameter(&self, name: &str) -> Option<DataType> {
        let known = self.parameters.get(&name.to_lowercase()).copied();
        known.or_else(|| self.open_parameters.then_some(DataType::Unknown))
    }

    fn suggest(&self, name: &FieldName) -> Option<FieldName> {
        let known = self.own.keys().cloned().chain(self.captions.keys().cloned());
        nearest(&name.name, known).map(FieldName::new)
    }
}

fn data_type(datatype: &str) -> DataType {
    match datatype {
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

/// Describes the fields of a data source by their lower-case names.
fn fields_of(source: Datasource<'_>) -> HashMap<String, FieldInfo> {
    let mut fields = HashMap::new();
    for record in source.metadata_records() {
        let name = unquote(&record.local_name().unwrap_or_default()).to_lowercase();
        let datatype = data_type(record.local_type().as_deref().unwrap_or_default());
        fields.insert(name, FieldInfo::new(datatype, Level::Row));
    }
    let tree = source.tree();
    for name in source.field_names() {
        fields
            .entry(unquote(&name).to_lowercase())
            .or_insert_with(|| FieldInfo::new(DataType::Unknown, Level::Row));
    }
    for group in tree.named(source.node(), "group") {
        let name = unquote(&tree.get(group, "name").unwrap_or_default()).to_lowercase();
        let combined = tree.user(group, "ui-builder").as_deref() == Some("nest-group");
        let info = if combined {
            FieldInfo::combined()
        } else {
            FieldInfo::set()
        };
        fields.insert(
            name,
            FieldInfo {
                kind: info.kind,
                ..info
            },
        );
    }
    for column in source.columns() {
        let raw = column.name();
        let name = unquote(&raw).to_lowercase();
        let datatype = data_type(column.datatype().as_deref().unwrap_or_default());
        let level = column
            .calculation()
            .filter(|calculation| matches!(calculation.class().as_deref(), None | Some("tableau")))
            .and_then(|calculation| calculation.formula())
            .map_or(Level::Row, |formula| level_of(&formula));
        let kind = fields.get(&name).map_or(FieldKind::Plain, |known| known.kind);
        let mut info = FieldInfo::new(datatype, level);
        if kind != FieldKind::Plain {
            info.kind = kind;
        }
        // Tables are named `[__tableau_internal_object_id__].[id]`: their last part counts.
        if let Some((_, last)) = raw.split_once("].[") {
            fields.insert(last.trim_end_matches(']').to_lowercase(), info);
        }
        fields.insert(name, info);
    }
    for object in source.objects() {
        if let Some(id) = object.id() {
            fields.insert(id.to_lowercase(), FieldInfo::new(DataType::Table, Level::Row));
        }
    }
    for name in [
        ":measure names",
        "multiple values",
        "latitude (generated)",
        "longitude (generated)",
        "geometry (generated)",
    ] {
        let datatype = if name.starts_with(':') {
            DataType::String
        } else {
            DataType::Real
        };
        fields
            .entry(name.to_owned())
            .or_insert(FieldInfo::new(datatype, Level::Row));
    }
    // What a calculation uses may itself be aggregated: a few rounds settle chains of calculations.
    for _ in 0..8 {
        let mut changed = false;
        for column in source.columns() {
            let Some(formula) = column.calculation().and_then(|calculation| calculation.formula()) else {
                continue;
            };
            let name = unquote(&column.name()).to_lowercase();
            let Some(info) = fields.get(&name).copied() else {
                continue;
            };
            if info.level != Level::Row {
                continue;
            }
            let above = lex(&formula)
                .into_iter()
                .filter(|token| token.kind == TokenKind::Field)
                .filter_map(|token| fields.get(&unquote(token.span.of(&formula)).to_lowercase()))
                .map(|used| used.level)
                .max_by_key(|level| rank(*level))
                .unwrap_or(Level::Row);
            if above.is_aggregated() && !formula.contains('{') {
                fields.insert(name, FieldInfo { level: above, ..info });
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    fields
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Row => 0,
        level if level.is_aggregated() => 2,
        _ => 1,
    }
}

/// Level of a formula by itself, with fields taken as rows.
fn level_of(formula: &str) -> Level {
    struct Rows;
    impl Environment for Rows {
        fn field(&self, _: &FieldName) -> Option<FieldInfo> {
            Some(FieldInfo::new(DataType::Unknown, Level::Row))
        }
        fn parameter(&self, _: &str) -> Option<DataType> {
            Some(DataType::Unknown)
        }
    }
    let parsed = vivant_calc::parse(formula);
    vivant_calc::check(&parsed.value, &Rows).root().level
}
