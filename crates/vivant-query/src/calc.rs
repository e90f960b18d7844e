//! Formulas of a data source: read, checked against its fields, kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vivant_calc::check::{Environment, FieldInfo};
use vivant_calc::names::FieldName;
use vivant_calc::{DataType, Diagnostic, Level, check, parse};
use vivant_document::spec::{Derivation, FieldKind, FieldSpec, OBJECT_PART, ParameterSpec, SourceSpec};

use crate::expr::MOST_NESTED;
use crate::rows::Formula;

/// A formula that was read, or what is wrong with it.
type Read = Result<Arc<Formula>, Box<Diagnostic>>;

/// The fields of a data source as formulas see them, with those of one sheet.
pub struct Fields<'s> {
    /// The data source.
    pub source: &'s SourceSpec,
    /// Fields that only the sheet has: data source and field.
    pub local: &'s [(String, FieldSpec)],
    /// All data sources, for fields of others.
    pub others: &'s [SourceSpec],
    /// Parameters.
    pub parameters: &'s [ParameterSpec],
    formulas: Mutex<HashMap<String, Read>>,
    levels: Mutex<HashMap<String, Option<(DataType, Level)>>>,
    /// How many data sources were gone through to come here.
    depth: usize,
}

/// Formulas that lead through more data sources than this lead round in a circle.
const MAX_SOURCES: usize = 8;

impl<'s> Fields<'s> {
    /// Takes a data source, with the fields that a sheet adds.
    pub fn new(
        source: &'s SourceSpec,
        local: &'s [(String, FieldSpec)],
        others: &'s [SourceSpec],
        parameters: &'s [ParameterSpec],
    ) -> Fields<'s> {
        Fields {
            source,
            local,
            others,
            parameters,
            formulas: Mutex::default(),
            levels: Mutex::default(),
            depth: 0,
        }
    }

    /// Lists the fields of this data source that only the sheet has.
    fn of_sheet(&self) -> impl Iterator<Item = &'s FieldSpec> + use<'s> {
        let name = &self.source.name;
        let own = self.local.iter().filter(move |(source, _)| source == name);
        own.map(|(_, field)| field)
    }

    /// Finds a field by its internal name.
    pub fn get(&self, name: &str) -> Option<&'s FieldSpec> {
        self.of_sheet()
            .find(|field| field.name == name)
            .or_else(|| self.source.field(name))
            .or_else(|| {
                self.of_sheet()
                    .find(|field| field.name.eq_ignore_ascii_case(name))
            })
    }

    /// Reads a formula over the fields; the same text is read once.
    pub fn formula(&self, text: &str) -> Read {
        let known = locked(&self.formulas).get(text).cloned();
        if let Some(found) = known {
            return found;
        }
        let parsed = parse(text);
        let found = match parsed.diagnostics.iter().find(|one| one.is_error()) {
            Some(error) => Err(Box::new(error.clone())),
            None => {
                let checked = check(&parsed.value, self);
                match checked.diagnostics.iter().find(|one| one.is_error()) {
                    Some(error) => Err(Box::new(error.clone())),
                    None => Ok(Arc::new(Formula {
                        tree: parsed.value,
                        checked,
                    })),
                }
            }
        };
        locked(&self.formulas).insert(text.to_owned(), found.clone());
        found
    }

    /// Tells type and level of a field; a calculation has those of its formula.
    pub fn level(&self, field: &FieldSpec) -> (DataType, Level) {
        let known = locked(&self.levels).get(&field.name).copied();
        if let Some(known) = known {
            // A formula that comes back to itself has no level; the checker says so where it is used.
            return known.unwrap_or((field.data_type, Level::Row));
        }
        let FieldKind::Calculation { formula, .. } = &field.kind else {
            return (field.data_type, Level::Row);
        };
        // What builds on too many others is refused where it is computed.
        let open = locked(&self.levels)
            .values()
            .filter(|level| level.is_none())
            .count();
        if open > MOST_NESTED {
            return (field.data_type, Level::Row);
        }
        locked(&self.levels).insert(field.name.clone(), None);
        let found = match self.formula(formula) {
            Ok(formula) => {
                let root = formula.checked.root();
                let data_type = match root.data_type {
                    DataType::Null | DataType::Unknown => field.data_type,
                    other => other,
                };
                (data_type, root.level)
            }
            Err(_) => (field.data_type, Level::Row),
        };
        locked(&self.levels).insert(field.name.clone(), Some(found));
        found
    }
}

impl Environment for Fields<'_> {
    fn field(&self, name: &FieldName) -> Option<FieldInfo> {
        if let Some(source) = &name.source
            && source != OBJECT_PART
            && !source.eq_ignore_ascii_case(&self.source.name)
        {
            let other = self
                .others
                .iter()
                .find(|one| one.name.eq_ignore_ascii_case(source))?;
            let mut fields = Fields::new(other, self.local, self.others, self.parameters);
            fields.depth = self.depth + 1;
            let field = fields.get(&name.name)?;
            let (data_type, level) = match fields.depth > MAX_SOURCES {
                true => (field.data_type, Level::Row),
                false => fields.level(field),
            };
            return Some(FieldInfo::new(data_type, level).secondary());
        }
        let key = match &name.source {
            Some(source) if source == OBJECT_PART => format!("{OBJECT_PART}].[{}", name.name),
            _ => name.name.clone(),
        };
        let field = self.get(&key)?;
        Some(match &field.kind {
            FieldKind::Set { .. } => FieldInfo::set(),
            FieldKind::Combined { .. } => FieldInfo::combined(),
            _ => {
                let (data_type, level) = self.level(field);
                FieldInfo::new(data_type, level)
            }
        })
    }

    fn parameter(&self, name: &str) -> Option<DataType> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name.eq_ignore_ascii_case(name))
            .map(|parameter| parameter.data_type)
    }
}

/// Tells whether an instance of a field is computed for each mark, or over marks.
pub fn level_of(derivation: Derivation, field: (DataType, Level)) -> Level {
    match derivation {
        Derivation::None => field.1.max(Level::Row),
        Derivation::User => field.1.max(Level::Aggregate),
        Derivation::Aggregate(_) | Derivation::Attribute => Level::Aggregate,
        _ => Level::Row,
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
