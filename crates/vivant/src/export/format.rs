//! Formats of documents as those of spreadsheets.

use vivant_document::display::Language;
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
pub(super) fn date(
    language: &Language,
    derivation: Derivation,
    format: Option<&str>,
    has_time: bool,
) -> Option<String> {
    if format.is_some_and(|format| !format.is_empty()) {
        return None;
    }
    let found = match derivation {
        Derivation::Trunc(DateUnit::Year | DateUnit::IsoYear) => "yyyy".to_owned(),
        Derivation::Trunc(DateUnit::Month) => language.month_year.to_owned(),
        Derivation::Trunc(DateUnit::Week | DateUnit::IsoWeek | DateUnit::Day) => {
            language.long_date.to_owned()
        }
        Derivation::Trunc(DateUnit::Quarter | DateUnit::IsoQuarter) => return None,
        _ if has_time => format!("{} {}", language.short_date, language.time),
        _ => language.short_date.to_owned(),
    };
    // Spreadsheets have other letters for minutes and months, and take what is not of their own in quotes.
    let mut out = String::new();
    let mut in_quotes = false;
    for char in found.chars() {
        match char {
            '"' => {
                in_quotes = !in_quotes;
                out.push(char);
            }
            'M' | 'n' if !in_quotes && !out.ends_with('A') && !out.ends_with('P') => out.push('m'),
            'H' if !in_quotes => out.push('h'),
            other if !in_quotes && !other.is_ascii() => out.extend(['"', other, '"']),
            other => out.push(other),
        }
    }
    Some(out)
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

    #[test]
    fn dates_are_those_of_spreadsheets_in_a_language() {
        let of = |code: &str, derivation, has_time| {
            date(Language::find(code).expect(code), derivation, None, has_time).expect("a format")
        };
        let month = Derivation::Trunc(DateUnit::Month);
        assert_eq!(of("en", Derivation::None, true), "m/d/yyyy h:mm:ss AM/PM");
        assert_eq!(of("en", month, false), "mmmm yyyy");
        assert_eq!(of("de", Derivation::None, false), "dd.mm.yyyy");
        assert_eq!(of("es", month, false), "mmmm \"de\" yyyy");
        assert_eq!(of("ja", month, false), "yyyy\"年\"m\"月\"");
    }
}
