//! Published data sources put in the place of the connections that name them.

use vivant_document::spec::{
    Addressing, ExtractSpec, FieldKind, FieldRef, FieldSpec, ParameterSpec, SortBy, SourceSpec, TableCalc,
};
use vivant_document::{Document, FileKind, Limits, spec};

use crate::answer::AnswerError;
use crate::document;
use crate::world::Published;

/// What the document of a published data source means: the source, and the parameters that it brings.
pub(crate) struct Meaning {
    pub source: SourceSpec,
    pub parameters: Vec<ParameterSpec>,
}

/// Reads a published data source; `None` for a bare table file, which has no document.
pub(crate) fn read(published: &Published, limits: &Limits) -> Result<Option<Meaning>, AnswerError> {
    if published.kind.is_extract() {
        return Ok(None);
    }
    let bytes = document::bytes(published.file.path(), published.kind, limits)?;
    let mut found = spec::workbook(&Document::parse(bytes, limits)?).value;
    if found.sources.is_empty() {
        return Err(AnswerError::Empty);
    }
    Ok(Some(Meaning {
        source: found.sources.swap_remove(0),
        parameters: found.parameters,
    }))
}

/// Lets a source of a workbook read what the published one reads.
///
/// What the published source defines counts, whatever the workbook says a field of the same name is: its
/// filters may be there to keep rows from people. Labels and formats are the workbook's.
pub(crate) fn put(source: &mut SourceSpec, published: SourceSpec) {
    let from = published.name.clone();
    let to = source.name.clone();
    let moved = |key: &mut FieldRef| {
        if key.source == from {
            key.source.clone_from(&to);
        }
    };
    source.connections = published.connections;
    source.objects = published.objects;
    source.relationships = published.relationships;
    source.extract = published.extract;
    source.week_start = published.week_start;
    source.fiscal_start = published.fiscal_start;
    let mut filters = published.filters;
    for filter in &mut filters {
        moved(&mut filter.column);
    }
    source.filters.splice(0..0, filters);
    for mut sort in published.sorts {
        moved(&mut sort.column);
        match &mut sort.by {
            SortBy::Field(key) | SortBy::Nested { measure: key, .. } => moved(key),
            _ => {}
        }
        if !source.sorts.iter().any(|known| known.column == sort.column) {
            source.sorts.push(sort);
        }
    }
    for mut pill in published.pills {
        moved(&mut pill.key);
        pill.table_calcs.iter_mut().for_each(|calc| rename(calc, &moved));
        source.pills.retain(|known| known.key != pill.key);
        source.pills.push(pill);
    }
    let mut fields = published.fields;
    for field in &mut fields {
        if let FieldKind::Calculation { table_calcs, .. } = &mut field.kind {
            table_calcs.iter_mut().for_each(|calc| rename(calc, &moved));
        }
    }
    for field in &mut source.fields {
        if let Some(known) = fields.iter().find(|known| known.name == field.name) {
            field.kind = known.kind.clone();
            field.data_type = known.data_type;
            if field.aliases.is_empty() {
                field.aliases.clone_from(&known.aliases);
            }
            if field.format.is_none() {
                field.format.clone_from(&known.format);
            }
        } else if let Some(known) = behind(field, &fields) {
            // The workbook calls a field of the published source by another name.
            field.kind = FieldKind::Calculation {
                formula: vivant_document::quote(&known.name),
                table_calcs: Vec::new(),
            };
        }
    }
    for mut field in fields {
        if !source.fields.iter().any(|known| known.name == field.name) {
            field.hidden = true;
            source.fields.push(field);
        }
    }
}

/// Lets a source of a workbook read a bare table file: its columns are those that the workbook names.
pub(crate) fn put_table(source: &mut SourceSpec, kind: FileKind) {
    source.objects = Vec::new();
    source.relationships = Vec::new();
    source.extract = Some(ExtractSpec {
        enabled: true,
        class: kind.extension().to_owned(),
        path: Some(format!("extract.{}", kind.extension())),
        tables: std::collections::BTreeMap::default(),
        columns: Vec::new(),
        materialized: Vec::new(),
        increment_key: None,
    });
    for field in &mut source.fields {
        if let FieldKind::Column { object, .. } = &mut field.kind {
            *object = None;
        }
    }
}

/// Finds the published field that a column of the workbook stands for.
fn behind<'f>(field: &FieldSpec, fields: &'f [FieldSpec]) -> Option<&'f FieldSpec> {
    let FieldKind::Column { column, .. } = &field.kind else {
        return None;
    };
    fields
        .iter()
        .find(|known| known.name == *column)
        .or_else(|| fields.iter().find(|known| known.caption == *column))
}

fn rename(calc: &mut TableCalc, moved: &impl Fn(&mut FieldRef)) {
    let TableCalc {
        field,
        restart,
        level,
        sort,
        addressing,
        ..
    } = calc;
    field.iter_mut().chain(restart).chain(level).for_each(moved);
    sort.iter_mut().for_each(|(key, _)| moved(key));
    if let Addressing::Fields(keys) = addressing {
        keys.iter_mut().for_each(moved);
    }
}
