//! Names of fields and parameters as formulas write them.
//!
//! A name in brackets is either a field of the data source at hand, `[Sales]`, or a field of a named
//! source, `[federated.0abc].[Sales]`. The source `Parameters` holds the parameters.
//! Brackets inside a name are written twice. Letter case does not matter when names are compared,
//! but is kept as written.

use std::fmt;

/// The name of the pseudo data source whose fields are the parameters.
pub const PARAMETERS: &str = "Parameters";

/// A reference to a field, without brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldName {
    /// The data source, when the reference names one.
    pub source: Option<String>,
    /// The field within the source.
    pub name: String,
}

impl FieldName {
    /// Names a field of the data source at hand.
    pub fn new(name: impl Into<String>) -> FieldName {
        FieldName {
            source: None,
            name: name.into(),
        }
    }

    /// Names a field of another data source.
    pub fn qualified(source: impl Into<String>, name: impl Into<String>) -> FieldName {
        FieldName {
            source: Some(source.into()),
            name: name.into(),
        }
    }

    /// Reads `[name]`, `[source].[name]` or a name without brackets; anything else gives nothing.
    pub fn parse(text: &str) -> Option<FieldName> {
        let text = text.trim();
        if !text.starts_with('[') {
            return (!text.is_empty() && !text.contains(['[', ']'])).then(|| FieldName::new(text));
        }
        let (first, rest) = bracketed(text)?;
        let rest = rest.trim_start();
        if rest.is_empty() {
            return Some(FieldName::new(first));
        }
        let (second, end) = bracketed(rest.strip_prefix('.')?.trim_start())?;
        end.is_empty().then(|| FieldName::qualified(first, second))
    }

    /// Tells whether the name is one of a parameter.
    pub fn is_parameter(&self) -> bool {
        self.source
            .as_deref()
            .is_some_and(|source| source.eq_ignore_ascii_case(PARAMETERS))
    }

    /// Tells whether both name the same field: letter case does not matter.
    pub fn matches(&self, other: &FieldName) -> bool {
        let same = |a: &str, b: &str| a == b || a.to_lowercase() == b.to_lowercase();
        let sources = match (&self.source, &other.source) {
            (Some(a), Some(b)) => same(a, b),
            (None, None) => true,
            _ => false,
        };
        sources && same(&self.name, &other.name)
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = &self.source {
            write!(out, "{}.", quote(source))?;
        }
        out.write_str(&quote(&self.name))
    }
}

/// Puts a name in brackets, with inner `]` doubled.
pub fn quote(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// Takes the brackets off one part of a name and undoes the doubling; a text that is not one
/// bracketed part is returned as it is.
pub fn unquote(text: &str) -> String {
    match bracketed(text) {
        Some((name, "")) => name,
        _ => text.to_string(),
    }
}

/// Splits one bracketed part off the front.
fn bracketed(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('[')?;
    let mut name = String::new();
    loop {
        let end = rest.find(']')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(']') {
            Some(after) => {
                name.push(']');
                rest = after;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(Option<&str>, &str)>) {
        let name = FieldName::parse(text);
        let shown = name
            .as_ref()
            .map(|name| (name.source.as_deref(), name.name.as_str()));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn names_are_read_with_and_without_brackets() {
        check("[Sales]", Some((None, "Sales")));
        check("[a]]b]", Some((None, "a]b")));
        check("[Parameters] . [P 1]", Some((Some("Parameters"), "P 1")));
        check("Sales", Some((None, "Sales")));
        for bad in ["", "[a", "[a].", "[a][b]", "[a].[b].[c]", "a]b"] {
            check(bad, None);
        }
    }

    #[test]
    fn names_are_written_so_that_they_read_back() {
        let name = FieldName::qualified("a]", "[b]");
        assert_eq!(name.to_string(), "[a]]].[[b]]]");
        assert_eq!(FieldName::parse(&name.to_string()), Some(name));
    }

    #[test]
    fn letter_case_does_not_matter() {
        assert!(FieldName::new("SALES").matches(&FieldName::new("Sales")));
        assert!(!FieldName::new("Sales").matches(&FieldName::qualified("x", "Sales")));
        assert!(FieldName::qualified("parameters", "p").is_parameter());
    }
}
