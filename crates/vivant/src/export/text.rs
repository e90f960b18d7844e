//! Lines of the summary data as text: CSV as Tableau writes it, and JSON.

use std::io::{self, Write};

use vivant_calc::Value;

use super::{ALL, Cell};

/// Writes a mark as an object.
pub(super) fn object(out: &mut dyn Write, names: &[String], cells: &[Cell<'_>]) -> io::Result<()> {
    out.write_all(b"  {")?;
    for (at, (name, cell)) in names.iter().zip(cells).enumerate() {
        if at > 0 {
            out.write_all(b", ")?;
        }
        string(out, name)?;
        out.write_all(b": ")?;
        match cell.plain() {
            _ if matches!(cell, Cell::All(_)) => string(out, ALL)?,
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
    out.write_all(b"}")
}

/// Adds a cell to a line of CSV; quotes only where they are needed.
pub(super) fn cell(line: &mut Vec<u8>, at: usize, text: &str) {
    if at > 0 {
        line.push(b',');
    }
    if text.contains([',', '"', '\n', '\r']) {
        line.push(b'"');
        for byte in text.bytes() {
            if byte == b'"' {
                line.push(b'"');
            }
            line.push(byte);
        }
        line.push(b'"');
    } else {
        line.extend_from_slice(text.as_bytes());
    }
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
        for (at, text) in ["a", "b,c", "d\"e", "", "f\ng", " h "].into_iter().enumerate() {
            cell(&mut out, at, text);
        }
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "a,\"b,c\",\"d\"\"e\",,\"f\ng\", h "
        );
    }

    #[test]
    fn texts_are_valid_json() {
        let mut out = Vec::new();
        string(&mut out, "a\"\\\n\u{1}é").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"\\\\\\n\\u0001é\"");
    }
}
