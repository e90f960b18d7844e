//! CSV as pandas' `to_csv(index=False)` writes it: `\n` behind each row, quotes only where they are
//! needed, UTF-8 without a mark.

/// Adds a row.
pub fn row(out: &mut String, fields: &[&str]) {
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        // Older Pythons leave a lone carriage return bare, which most readers take for a row's end.
        if field.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn quotes_are_written_where_needed() {
        // What `csv.writer(lineterminator="\n")` of Python 3.13 writes for the same rows.
        let mut out = String::new();
        row(&mut out, &["a", "", "ü b"]);
        row(&mut out, &["a,b", "say \"x\"", "two\nlines"]);
        row(&mut out, &[" a ", "'b'", "a;b\tc"]);
        row(&mut out, &["a\rb", "#", "="]);
        assert_eq!(
            out,
            "a,,ü b\n\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n a ,'b',a;b\tc\n\"a\rb\",#,=\n"
        );
    }
}
