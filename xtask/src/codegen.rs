//! Writes the documents that follow from the code, and tells when one no longer does.
//!
//! There is one so far: `docs/endpoints.md`, from the path table of the wire crate and the routes of the server.

use std::path::Path;

use crate::tidy::Finding;
use crate::{Failure, files, say};

mod endpoints;
mod tokens;

/// The generated document.
const ENDPOINTS: &str = "docs/endpoints.md";

/// Writes every generated document.
pub fn write() -> Result<(), Failure> {
    let root = files::root()?;
    let text = endpoints::document(&root)?;
    std::fs::write(root.join(ENDPOINTS), text).map_err(|e| format!("cannot write `{ENDPOINTS}`: {e}"))?;
    say(format_args!("wrote {ENDPOINTS}"));
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
    // A missing document differs at its first line.
    let present = std::fs::read_to_string(root.join(ENDPOINTS)).unwrap_or_default();
    let finding = match endpoints::document(root) {
        Ok(wanted) => first_difference(&wanted, &present).map(|line| {
            Finding::new(
                ENDPOINTS,
                line,
                "is stale; run `cargo xtask codegen` and commit what it writes",
            )
        }),
        Err(e) => Some(Finding::new(ENDPOINTS, 1, format!("cannot be written: {e}"))),
    };
    finding.into_iter().collect()
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
