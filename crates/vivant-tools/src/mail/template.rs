//! Texts with `{placeholders}`.
//!
//! A placeholder is a name in braces; `{{` and `}}` are braces themselves. Braces around anything that is no name, such
//! as rules of a style sheet, stay as they are. In HTML what is put in is escaped.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// What placeholders stand for.
pub type Values = BTreeMap<String, String>;

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// Takes a text apart.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let name = match brace {
                "{" => rest.split_once('}').filter(|(name, _)| is_name(name)),
                _ => None,
            };
            match name {
                Some((name, after)) => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Name(name.to_owned()));
                    rest = after;
                }
                None => plain.push_str(brace),
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Self { parts }
    }

    /// The text with values in it.
    pub fn text(&self, values: &Values) -> Result<String> {
        self.fill(values, |out, value| out.push_str(value))
    }

    /// The text with values in it, escaped for HTML.
    pub fn html(&self, values: &Values) -> Result<String> {
        self.fill(values, |out, value| {
            for c in value.chars() {
                match c {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '"' => out.push_str("&quot;"),
                    '\'' => out.push_str("&#39;"),
                    c => out.push(c),
                }
            }
        })
    }

    fn fill(&self, values: &Values, put: fn(&mut String, &str)) -> Result<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Name(name) => match values.get(name) {
                    Some(value) => put(&mut out, value),
                    None => {
                        let known: Vec<String> = values.keys().map(|name| format!("{{{name}}}")).collect();
                        return Err(Error::input(format!(
                            "nothing is known of {{{name}}}; there are {}; write {{{{ for a brace itself",
                            known.join(", ")
                        )));
                    }
                },
            }
        }
        Ok(out)
    }
}

/// Whether what stands in braces is a name: letters and digits, with spaces, dots, dashes and underscores between.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_'))
}

/// The texts of a letter.
#[derive(Clone, Debug)]
pub struct Templates {
    /// What it is about.
    pub subject: Template,
    /// Its text.
    pub text: Template,
    /// The same as HTML, where there is such a part.
    pub html: Option<Template>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        [("name", "Ann & <Bob>"), ("Sales Region", "{name}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn values_are_put_in_once() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Template::parse(text).text(&values()).expect(text), expected);
        };
        check("Dear {name},", "Dear Ann & <Bob>,");
        check("{Sales Region}{name}", "{name}Ann & <Bob>");
        check("{{name}} }} }", "{name} } }");
        check("a { color: red } {} {1} { x", "a { color: red } {} {1} { x");
        check("", "");
    }

    #[test]
    fn html_is_escaped() {
        let html = Template::parse("<b>{name}</b>").html(&values()).expect("known");
        assert_eq!(html, "<b>Ann &amp; &lt;Bob&gt;</b>");
    }

    #[test]
    fn unknown_names_are_told_with_those_there_are() {
        let error = Template::parse("{nam}")
            .text(&values())
            .expect_err("unknown")
            .to_string();
        assert!(
            error.contains("{nam}") && error.contains("{Sales Region}, {name}"),
            "{error}"
        );
    }
}
