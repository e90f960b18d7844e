//! Exports: the rows of a sheet as CSV, as Tableau writes the data of a view.

use std::io::{self, Write};

use vivant_calc::Value;
use vivant_document::display;
use vivant_document::spec::{Derivation, FieldRef, FieldSpec, Literal, SheetSpec, WorkbookSpec, format_for};
use vivant_query::{Answer, ColumnRole, Frame, FrameColumn};

/// A column of an export.
struct Shown<'a> {
    column: &'a FrameColumn,
    field: Option<&'a FieldSpec>,
    derivation: Derivation,
    format: Option<String>,
    title: String,
}

/// Writes the summary data of a sheet: dimensions, then measures, one line for each mark.
pub fn csv(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(frame) = answer.frames.first() else {
        return Ok(());
    };
    let (dimensions, measures) = columns(workbook, sheet, frame);
    let listed: Vec<&Shown<'_>> = answer
        .measure_names
        .iter()
        .filter_map(|name| measures.iter().find(|shown| shown.column.key == *name))
        .collect();
    let beside: Vec<&Shown<'_>> = measures
        .iter()
        .filter(|shown| !answer.measure_names.contains(&shown.column.key))
        .collect();
    let mut header: Vec<String> = dimensions.iter().map(|shown| shown.title.clone()).collect();
    header.extend(beside.iter().map(|shown| shown.title.clone()));
    if !listed.is_empty() {
        header.push("Measure Names".to_owned());
        header.push("Measure Values".to_owned());
    }
    line(out, &header)?;
    for row in 0..frame.rows {
        let mut cells: Vec<String> = dimensions.iter().map(|shown| text(shown, row)).collect();
        cells.extend(beside.iter().map(|shown| text(shown, row)));
        if listed.is_empty() {
            line(out, &cells)?;
            continue;
        }
        for shown in &listed {
            let mut cells = cells.clone();
            cells.push(shown.title.clone());
            cells.push(text(shown, row));
            line(out, &cells)?;
        }
    }
    Ok(())
}

/// Sorts the columns of a result: dimensions of shelves in their order, those of the marks card by title,
/// then measures.
fn columns<'a>(
    workbook: &'a WorkbookSpec,
    sheet: &'a SheetSpec,
    frame: &'a Frame,
) -> (Vec<Shown<'a>>, Vec<Shown<'a>>) {
    let shelves: Vec<&FieldRef> = sheet
        .rows
        .fields()
        .into_iter()
        .chain(sheet.cols.fields())
        .collect();
    let mut dimensions = Vec::new();
    let mut measures = Vec::new();
    for column in &frame.columns {
        let shown = shown(workbook, sheet, column);
        match column.role {
            ColumnRole::Dimension => dimensions.push(shown),
            ColumnRole::Measure => measures.push(shown),
        }
    }
    let place = |shown: &Shown<'_>| shelves.iter().position(|key| **key == shown.column.key);
    dimensions.sort_by(|a, b| match (place(a), place(b)) {
        (None, None) => a.title.cmp(&b.title),
        (a, b) => a.unwrap_or(usize::MAX).cmp(&b.unwrap_or(usize::MAX)),
    });
    // What is on the marks card comes before what is on an axis.
    measures.sort_by_key(|shown| place(shown).map_or(0, |at| at + 1));
    (dimensions, measures)
}

fn shown<'a>(workbook: &'a WorkbookSpec, sheet: &'a SheetSpec, column: &'a FrameColumn) -> Shown<'a> {
    let pill = sheet.pill(&column.key);
    let name = pill.map_or(column.key.name.as_str(), |pill| pill.field.as_str());
    let local = sheet
        .local_fields
        .iter()
        .find(|(source, field)| *source == column.key.source && field.name == name)
        .map(|(_, field)| field);
    let source = workbook.source(&column.key.source);
    let field = local.or_else(|| source.and_then(|source| source.field(name)));
    let of_sheet = format_for(&sheet.style, "cell", "text-format", &column.key)
        .or_else(|| format_for(&sheet.style, "label", "text-format", &column.key));
    let format = of_sheet
        .map(str::to_owned)
        .or_else(|| pill.and_then(display::calc_format).map(str::to_owned))
        .or_else(|| field.and_then(|field| field.format.clone()));
    let alias = source.and_then(|source| {
        let found = source.measure_aliases.iter().find(|(key, _)| *key == column.key);
        found.map(|(_, alias)| alias.clone())
    });
    Shown {
        column,
        field,
        derivation: pill.map_or(Derivation::None, |pill| pill.derivation),
        format,
        title: alias.unwrap_or_else(|| {
            field.map_or_else(|| column.key.name.clone(), |field| display::title(field, pill))
        }),
    }
}

fn text(shown: &Shown<'_>, row: usize) -> String {
    let value = &shown.column.values[row];
    let alias = shown.field.and_then(|field| {
        let found = field.aliases.iter().find(|(key, _)| match key {
            Literal::Value(key) => key == value,
            _ => false,
        });
        found.map(|(_, alias)| alias.clone())
    });
    match (alias, value, shown.column.role) {
        (Some(alias), _, ColumnRole::Dimension) => alias,
        (_, Value::Null, ColumnRole::Dimension) => "Null".to_owned(),
        _ => display::text(value, shown.derivation, shown.format.as_deref()),
    }
}

/// Writes a line; quotes only where they are needed.
fn line(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}
