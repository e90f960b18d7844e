//! Formats of documents as those of spreadsheets.

use vivant_document::spec::{DateUnit, Derivation};

/// Days from the first day of spreadsheets to 1970-01-01.
pub(super) const EPOCH: f64 = 25_569.0;

/// Returns the number format of a spreadsheet for a format of a document; `None` where none fits.
pub(super) fn number(format: Option<&str>, is_integer: bool) -> Option<String> {
    let Some(format) = format.filter(|format| !format.is_empty()) else {
        return is_integer.then(|| "#,##0".to_owned());
    };
    let mut chars = format.chars();
    match chars.next()? {
        'n' | 'c' | 'p' | '*' => Some(pattern(chars.as_str())),
        'C' => Some("\"$\"#,##0.00;(\"$\"#,##0.00)".to_owned()),
        _ => None,
    }
}

/// Writes letters that spreadsheets would take for something else as literals.
fn pattern(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut in_quotes = false;
    while let Some(char) = chars.next() {
        match char {
            '"' => in_quotes = !in_quotes,
            _ if in_quotes => {}
            '\\' | '_' => {
                out.push(char);
                if let Some(next) = chars.next() {
                    out.push(next);
                }
                continue;
            }
            'E' | 'e' if matches!(chars.peek(), Some('+' | '-')) => {}
            '0' | '#' | '?' | '.' | ',' | ';' | '%' | ' ' | '-' | '+' | '(' | ')' | '$' | '/' | ':' => {}
            other => {
                out.push('\\');
                out.push(other);
                continue;
            }
        }
        out.push(char);
    }
    if in_quotes {
        out.push('"');
    }
    out
}

/// Returns the date format of a spreadsheet for what is taken of a date; `None` where only text says it.
pub(super) fn date(derivation: Derivation, format: Option<&str>, has_time: bool) -> Option<&'static str> {
    if format.is_some_and(|format| !format.is_empty()) {
        return None;
    }
    match derivation {
        Derivation::Trunc(DateUnit::Year | DateUnit::IsoYear) => Some("yyyy"),
        Derivation::Trunc(DateUnit::Month) => Some("mmmm yyyy"),
        Derivation::Trunc(DateUnit::Week | DateUnit::IsoWeek | DateUnit::Day) => Some("mmmm d, yyyy"),
        Derivation::Trunc(DateUnit::Quarter | DateUnit::IsoQuarter) => None,
        _ if has_time => Some("m/d/yyyy h:mm:ss AM/PM"),
        _ => Some("m/d/yyyy"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_spreadsheets() {
        let cases = [
            (Some("n#,##0.00;-#,##0.00"), "#,##0.00;-#,##0.00"),
            (Some("c\"$\"#,##0;(\"$\"#,##0)"), "\"$\"#,##0;(\"$\"#,##0)"),
            (Some("p0.0%"), "0.0%"),
            (Some("*00000"), "00000"),
            (Some("n#,##0,K"), "#,##0,\\K"),
            (Some("n0.00E+00"), "0.00E+00"),
            (Some("n0\" km"), "0\" km\""),
            (None, "#,##0"),
        ];
        for (format, expected) in cases {
            assert_eq!(number(format, true).as_deref(), Some(expected), "{format:?}");
        }
        assert_eq!(number(None, false), None);
        assert_eq!(number(Some("S1033"), true), None);
    }
}
