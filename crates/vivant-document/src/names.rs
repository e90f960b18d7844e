//! Names in brackets inside attributes and text: `[field]`, `[source].[instance]`, several in one text.
//!
//! This only finds where names stand; what they mean is decided by whoever asks.

use std::ops::Range;

/// A name of one or more parts in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// All of it, from the first bracket to the last.
    pub range: Range<usize>,
    /// Its parts, each with its brackets.
    pub parts: Vec<Range<usize>>,
}

impl Found {
    /// Returns a part without brackets.
    pub fn part(&self, text: &str, index: usize) -> String {
        unquote(&text[self.parts[index].clone()])
    }
}

/// Finds all names in a text. A bracket that is never closed is no name.
pub(crate) fn find_names(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('[').map(|offset| at + offset) {
        let mut parts = Vec::new();
        let mut end = start;
        while let Some(length) = bracketed(&text[end..]) {
            parts.push(end..end + length);
            end += length;
            if text[end..].starts_with(".[") {
                end += 1;
            } else {
                break;
            }
        }
        let Some(last) = parts.last().map(|part| part.end) else {
            break;
        };
        found.push(Found {
            range: start..last,
            parts,
        });
        at = last;
    }
    found
}

/// Splits a text that is one name and nothing else into its parts, without brackets.
pub(crate) fn split_name(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let found = find_names(text).into_iter().next()?;
    (found.range == (0..text.len())).then(|| {
        (0..found.parts.len())
            .map(|index| found.part(text, index))
            .collect()
    })
}

/// Returns the length of a name at the beginning of a text: to the first `]` that is not doubled.
fn bracketed(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'[') {
        return None;
    }
    let mut at = 1;
    loop {
        at += memchr::memchr(b']', bytes.get(at..)?)?;
        if bytes.get(at + 1) == Some(&b']') {
            at += 2;
        } else {
            return Some(at + 1);
        }
    }
}

/// Puts a name in brackets unless it is.
pub fn quote(name: &str) -> String {
    if is_quoted(name) {
        name.to_owned()
    } else {
        vivant_calc::names::quote(name)
    }
}

/// Removes the brackets of a name, if it has any.
pub fn unquote(name: &str) -> String {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) if is_quoted(name) => inside.replace("]]", "]"),
        _ => name.to_owned(),
    }
}

fn is_quoted(name: &str) -> bool {
    bracketed(name) == Some(name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_wherever_they_stand() {
        let text = "<[ds].[sum:a]]b:qk]> and [c] [open";
        let found: Vec<_> = find_names(text)
            .into_iter()
            .map(|found| &text[found.range])
            .collect();
        assert_eq!(found, ["[ds].[sum:a]]b:qk]", "[c]"]);
        assert_eq!(
            split_name("[ds].[sum:a]]b:qk]").unwrap(),
            ["ds".to_owned(), "sum:a]b:qk".to_owned()]
        );
        assert_eq!(split_name("[a] + [b]"), None);
        assert_eq!(split_name("a"), None);
    }

    #[test]
    fn brackets_go_on_and_off_once() {
        assert_eq!(quote("a]b"), "[a]]b]");
        assert_eq!(quote("[a]]b]"), "[a]]b]");
        assert_eq!(unquote("[a]]b]"), "a]b");
        assert_eq!(unquote("a"), "a");
        assert_eq!(unquote("[a].[b]"), "[a].[b]");
        assert_eq!(quote(""), "[]");
    }
}
