//! Writes the documents that follow from the code, and tells when one no longer does.
//!
//! `docs/endpoints.md` follows from the path table of the wire crate and the routes of the server, the table
//! "What works" of the README from that, and `docs/errors.md` from the rows of errors that the tests provoke.

use std::path::Path;

use crate::tidy::Finding;
use crate::{Failure, files, say};

mod endpoints;
mod errors;
mod summary;
mod tokens;

/// The document of the endpoints.
const ENDPOINTS: &str = "docs/endpoints.md";
/// The document of the errors.
const ERRORS: &str = "docs/errors.md";
/// The document with a generated table in it.
const README: &str = "README.md";

/// Every generated document as it should be.
fn documents(root: &Path) -> Result<[(&'static str, String); 3], String> {
    let endpoints = endpoints::document(root)?;
    let readme =
        summary::readme(&files::read(root, README)?, &endpoints).map_err(|e| format!("{README}: {e}"))?;
    Ok([
        (ENDPOINTS, endpoints),
        (ERRORS, errors::document(root)?),
        (README, readme),
    ])
}

/// The routes and errors that nothing proves.
pub fn unproved(root: &Path) -> Result<Vec<Finding>, String> {
    errors::gaps(root, &endpoints::served(root)?)
}

/// Writes every generated document.
pub fn write() -> Result<(), Failure> {
    let root = files::root()?;
    for (name, text) in documents(&root)? {
        std::fs::write(root.join(name), text).map_err(|e| format!("cannot write `{name}`: {e}"))?;
        say(format_args!("wrote {name}"));
    }
    Ok(())
}

/// Fails unless every generated document is current.
pub fn check() -> Result<(), Failure> {
    let findings = stale(&files::root()?);
    for finding in &findings {
        say(finding);
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Failure::from("a generated document is stale".to_owned()))
    }
}

/// The generated documents that are not current, each at its first line that differs. A document that cannot be
/// written, because a source has another shape than it should, is a finding, too.
pub fn stale(root: &Path) -> Vec<Finding> {
    let documents = match documents(root) {
        Ok(documents) => documents,
        Err(e) => return vec![Finding::new(ENDPOINTS, 1, format!("cannot be written: {e}"))],
    };
    let mut findings = Vec::new();
    for (name, wanted) in documents {
        // A missing document differs at its first line.
        let present = std::fs::read_to_string(root.join(name)).unwrap_or_default();
        if let Some(line) = first_difference(&wanted, &present) {
            let message = "is stale; run `cargo xtask codegen` and commit what it writes";
            findings.push(Finding::new(name, line, message));
        }
    }
    findings
}

/// The number of the first line that differs, if any does.
fn first_difference(wanted: &str, present: &str) -> Option<usize> {
    if wanted == present {
        return None;
    }
    let same = wanted
        .split('\n')
        .zip(present.split('\n'))
        .take_while(|(wanted, present)| wanted == present);
    Some(same.count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_found() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\nb\n", "a\n"), Some(2));
        assert_eq!(first_difference("a\n", ""), Some(1));
        assert_eq!(first_difference("a\n", "a"), Some(2));
    }
}
