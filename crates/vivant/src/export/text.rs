//! The summary data as text: CSV as Tableau writes it, and JSON.

use std::io::{self, Write};

use vivant_calc::Value;
use vivant_document::display::{ENGLISH, Language};
use vivant_document::spec::{SheetSpec, WorkbookSpec};
use vivant_query::Answer;

use super::{ExportError, Summary};

/// Writes the summary data of a sheet: dimensions, then measures, one line for each mark, values as the sheet
/// shows them.
pub fn csv(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    csv_in(ENGLISH, workbook, sheet, answer, out)
}

/// Writes the summary data of a sheet as [`csv`] does, numbers and dates in a language.
pub fn csv_in(
    language: &'static Language,
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let summary = Summary::new(workbook, sheet, answer).spoken(language);
    if answer.frames.iter().all(|frame| frame.columns.is_empty()) {
        return Ok(());
    }
    line(out, summary.header().into_iter())?;
    summary.each(&mut |cells| {
        let texts: Vec<String> = cells.iter().map(super::Cell::text).collect();
        Ok(line(out, texts.iter().map(String::as_str))?)
    })
}

/// Writes the summary data of a sheet as a list of objects, values as they are: numbers without a format, dates
/// as `2024-05-17`, missing values as null.
pub fn json(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let summary = Summary::new(workbook, sheet, answer);
    let names = summary.names();
    let mut first = true;
    out.write_all(b"[")?;
    summary.each(&mut |cells| {
        out.write_all(if std::mem::take(&mut first) {
            b"\n  {"
        } else {
            b",\n  {"
        })?;
        for (at, (name, cell)) in names.iter().zip(cells).enumerate() {
            if at > 0 {
                out.write_all(b", ")?;
            }
            string(out, name)?;
            out.write_all(b": ")?;
            match cell.plain() {
                _ if matches!(cell, super::Cell::All(_)) => string(out, super::ALL)?,
                Value::Null => out.write_all(b"null")?,
                Value::Boolean(value) => write!(out, "{value}")?,
                Value::Integer(value) => write!(out, "{value}")?,
                // JSON has no other numbers.
                Value::Real(value) if !value.is_finite() => out.write_all(b"null")?,
                Value::Real(value) => write!(out, "{value:?}")?,
                Value::String(text) => string(out, &text)?,
                value @ (Value::Date(_) | Value::DateTime(_)) => {
                    string(out, value.to_literal().trim_matches('#'))?;
                }
            }
        }
        Ok(out.write_all(b"}")?)
    })?;
    out.write_all(b"\n]\n")?;
    Ok(())
}

/// Writes a line; quotes only where they are needed.
fn line<'c>(out: &mut dyn Write, cells: impl Iterator<Item = &'c str>) -> io::Result<()> {
    for (index, cell) in cells.enumerate() {
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

fn string(out: &mut dyn Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut buffer = [0; 4];
    for char in text.chars() {
        match char {
            '"' => out.write_all(b"\\\"")?,
            '\\' => out.write_all(b"\\\\")?,
            '\n' => out.write_all(b"\\n")?,
            char if (char as u32) < 0x20 => write!(out, "\\u{:04x}", char as u32)?,
            char => out.write_all(char.encode_utf8(&mut buffer).as_bytes())?,
        }
    }
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut out = Vec::new();
        line(&mut out, ["a", "b,c", "d\"e", "", "f\ng", " h "].into_iter()).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "a,\"b,c\",\"d\"\"e\",,\"f\ng\", h \n"
        );
    }

    #[test]
    fn texts_are_valid_json() {
        let mut out = Vec::new();
        string(&mut out, "a\"\\\n\u{1}é").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"\\\\\\n\\u0001é\"");
    }
}
