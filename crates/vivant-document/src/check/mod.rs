//! Checks of a document: what would not open, not resolve or not show, with codes, places and hints.
//!
//! [`check`] never changes anything and never fails. Errors are things that a person would see as broken;
//! warnings may be meant; remarks are left-overs that do no harm, such as the colour of a member long gone.

mod fields;
mod sheets;
mod sources;

pub use vivant_calc::diag::{Diagnostic, Severity};

use crate::tree::NodeId;
use crate::view::Document;

/// A kind of finding: its code, how bad it is, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable name.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it means.
    pub meaning: &'static str,
}

const fn rule(code: &'static str, severity: Severity, meaning: &'static str) -> Rule {
    Rule {
        code,
        severity,
        meaning,
    }
}

/// All rules of this crate; findings inside formulas carry the codes of the calculation language (`calc.…`).
pub const RULES: [Rule; 21] = [
    rule(
        "document.unknown-field",
        Severity::Error,
        "a shelf, filter or mark uses a field that the data source does not have",
    ),
    rule(
        "document.stale-field",
        Severity::Info,
        "a style, window or action names a field that is gone",
    ),
    rule(
        "document.unknown-parameter",
        Severity::Error,
        "a parameter is used that is not there",
    ),
    rule(
        "document.unknown-datasource",
        Severity::Error,
        "a sheet uses a data source that is not there",
    ),
    rule(
        "document.unknown-sheet",
        Severity::Error,
        "a zone or story point shows a sheet that is not there",
    ),
    rule(
        "document.stale-sheet",
        Severity::Info,
        "a window, picture or action names a sheet that is gone",
    ),
    rule(
        "document.unknown-connection",
        Severity::Error,
        "a table names a connection that is not there",
    ),
    rule(
        "document.unknown-relation",
        Severity::Warning,
        "a field comes from a table that is not there",
    ),
    rule(
        "document.unknown-object",
        Severity::Error,
        "a relationship names a table of the model that is not there",
    ),
    rule(
        "document.unknown-zone",
        Severity::Warning,
        "a button shows or hides a zone that is not there",
    ),
    rule(
        "document.duplicate-datasource",
        Severity::Error,
        "two data sources have one name",
    ),
    rule(
        "document.duplicate-field",
        Severity::Error,
        "two fields of a data source have one name",
    ),
    rule(
        "document.duplicate-caption",
        Severity::Warning,
        "two fields of a data source look alike to people",
    ),
    rule(
        "document.duplicate-sheet",
        Severity::Error,
        "two sheets have one name",
    ),
    rule(
        "document.duplicate-id",
        Severity::Warning,
        "two things have one id",
    ),
    rule(
        "document.parameter-value",
        Severity::Warning,
        "the current value of a parameter is none that it may have",
    ),
    rule(
        "document.missing-file",
        Severity::Warning,
        "a file that a connection reads is not in the package",
    ),
    rule(
        "document.missing-extract",
        Severity::Warning,
        "the file of an extract is not in the package",
    ),
    rule(
        "document.feature-not-announced",
        Severity::Warning,
        "a feature is used that the manifest does not list",
    ),
    rule(
        "document.structure",
        Severity::Error,
        "an element lacks what it needs to mean anything",
    ),
    rule(
        "document.no-sheet-shown",
        Severity::Warning,
        "every sheet is hidden",
    ),
];

/// What a check may look at besides the document.
#[derive(Default)]
pub struct CheckOptions<'o> {
    /// Tells whether the package has a file that the document means by a path; none for a document of its own.
    pub has_file: Option<&'o dyn Fn(&str) -> bool>,
}

/// How many findings are kept; a broken document may have very many.
const MOST: usize = 5_000;

/// Checks a document.
pub fn check(document: &Document, options: &CheckOptions<'_>) -> Vec<Diagnostic> {
    let mut findings = Findings {
        document,
        lines: document.tree().line_starts(),
        found: Vec::new(),
    };
    sources::check(&mut findings, options);
    fields::check(&mut findings);
    sheets::check(&mut findings);
    findings.found
}

struct Findings<'d> {
    document: &'d Document,
    /// Where in the text that was read lines begin.
    lines: Vec<u32>,
    found: Vec<Diagnostic>,
}

impl Findings<'_> {
    /// Adds a finding of a rule, which must be in the table.
    fn add(&mut self, code: &'static str, node: NodeId, message: String) -> Option<&mut Diagnostic> {
        let severity = RULES
            .iter()
            .find(|rule| rule.code == code)
            .map_or(Severity::Error, |rule| rule.severity);
        let place = self.place(node);
        self.push(Diagnostic::new(severity, code, message).within(place))
    }

    fn push(&mut self, diagnostic: Diagnostic) -> Option<&mut Diagnostic> {
        if self.found.len() >= MOST {
            return None;
        }
        self.found.push(diagnostic);
        self.found.last_mut()
    }

    fn place(&self, node: NodeId) -> String {
        let what = self.document.describe(node);
        let byte = self.document.tree().byte(node);
        match byte.map(|byte| self.lines.partition_point(|&start| u64::from(start) <= byte)) {
            Some(line) if what.is_empty() => format!("line {line}"),
            Some(line) => format!("{what}, line {line}"),
            None => what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_one_row() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(rule.code.starts_with("document."));
            assert!(
                RULES[..index].iter().all(|other| other.code != rule.code),
                "{}",
                rule.code
            );
        }
    }
}
