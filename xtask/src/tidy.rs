//! Checks the rules of the house that no compiler knows. It runs under plain `cargo test`, too.
//!
//! Every rule returns findings; none of them writes, reads the network or looks at git.

use std::fmt;
use std::path::Path;

use crate::{Failure, codegen, files, process, say};

mod arrows;
mod bans;
mod documents;
mod migrations;
mod sources;

/// One broken rule, at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    /// A finding at a line, counted from 1.
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Runs every rule and prints what they find.
pub fn run() -> Result<(), Failure> {
    let findings = findings(&files::root()?)?;
    for finding in &findings {
        say(finding);
    }
    match findings.len() {
        0 => Ok(()),
        n => Err(Failure::from(format!("{n} finding(s)"))),
    }
}

/// Runs every rule on the workspace at `root`. An error means that a rule could not look at all.
pub fn findings(root: &Path) -> Result<Vec<Finding>, String> {
    let packages = arrows::packages(root, &process::metadata(root)?)?;
    let mut findings = arrows::check(&packages);
    let all = files::walk(root, "")?;
    for path in all.iter().filter(|path| sources::is_text(path)) {
        findings.extend(sources::check(path, &files::read(root, path)?));
    }
    for path in all.iter().filter(|path| documents::is_document(path)) {
        findings.extend(documents::check(root, path, &files::read(root, path)?));
    }
    findings.extend(migrations::check(root)?);
    findings.extend(bans::check(
        "Cargo.lock",
        &files::read(root, "Cargo.lock")?,
        &files::read(root, "deny.toml")?,
    )?);
    findings.extend(codegen::stale(root));
    findings.extend(codegen::unproved(root)?);
    findings.sort();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let findings = findings(&files::root().unwrap()).unwrap();
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(findings.is_empty(), "\n{}\n", lines.join("\n"));
    }
}
