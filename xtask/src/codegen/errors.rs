//! The document of the errors: every row of the reference with the test that provokes it, or the reason why none can.
//!
//! The rows stand in a table beside the acceptance tests, which a script there writes from the tests themselves and
//! a test keeps current.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use crate::files;
use crate::tidy::Finding;

/// The table of rows.
pub const TABLE: &str = "tests/acceptance/errors.tsv";
/// Where the codes are that the server can answer.
const CODES: &str = "crates/vivant-wire/src/errors.rs";

const COLUMNS: &str = "operation\tstatus\tcode\tcondition\ttest\treason";

/// A row of the table.
#[derive(Debug, PartialEq)]
pub struct Row {
    pub operation: String,
    status: String,
    code: String,
    condition: String,
    /// The file of the test that provokes the error, or nothing.
    pub test: String,
    /// Why nothing can provoke it, or nothing.
    reason: String,
    line: usize,
}

/// Operations of the reference that share the method and the address of another: name, the other, and the version
/// that brought them.
pub const SHARING: [(&str, &str, &str); 3] = [
    ("Add Project to Favorites", "Add Data Source to Favorites", "3.1"),
    ("Add View to Favorites", "Add Data Source to Favorites", "2.0"),
    ("Add Workbook to Favorites", "Add Data Source to Favorites", "2.0"),
];

impl Row {
    /// The operation whose route answers: one address serves the favorites of all kinds.
    pub fn route(&self) -> &str {
        SHARING
            .iter()
            .find(|(name, ..)| *name == self.operation)
            .map_or(&self.operation, |(_, route, _)| route)
    }
}

/// Reads the table.
pub fn rows(root: &Path) -> Result<Vec<Row>, String> {
    parse(&files::read(root, TABLE)?).map_err(|e| format!("{TABLE}: {e}"))
}

fn parse(text: &str) -> Result<Vec<Row>, String> {
    let mut lines = (1..).zip(text.lines());
    if lines.next().is_none_or(|(_, first)| first != COLUMNS) {
        return Err(format!("does not begin with the line `{COLUMNS}`"));
    }
    let rows = lines.map(|(line, text)| {
        let cells: Vec<&str> = text.split('\t').collect();
        let [operation, status, code, condition, test, reason] = cells[..] else {
            return Err(format!("line {line}: {} cells where six should be", cells.len()));
        };
        let is_number = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(status, 3) || !is_number(code, 6) {
            return Err(format!(
                "line {line}: `{status}` and `{code}` are no status and code"
            ));
        }
        Ok(Row {
            operation: operation.to_owned(),
            status: status.to_owned(),
            code: code.to_owned(),
            condition: condition.to_owned(),
            test: test.to_owned(),
            reason: reason.to_owned(),
            line,
        })
    });
    rows.collect()
}

/// What is missing: rows of served operations with neither test nor reason, codes that the server does not know,
/// and served operations that no row speaks of.
pub fn gaps(root: &Path, served: &BTreeSet<String>) -> Result<Vec<Finding>, String> {
    Ok(find_gaps(&rows(root)?, served, &files::read(root, CODES)?))
}

fn find_gaps(rows: &[Row], served: &BTreeSet<String>, codes: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in rows.iter().filter(|row| served.contains(row.route())) {
        let Row { operation, code, .. } = row;
        if row.test.is_empty() && row.reason.is_empty() {
            let message =
                format!("`{operation}` is served, but no test provokes {code} and no reason says why");
            findings.push(Finding::new(TABLE, row.line, message));
        }
        if !row.test.is_empty() && !codes.contains(&format!("\"{code}\"")) {
            let message = format!("`{operation}` is to answer {code}, which {CODES} does not know");
            findings.push(Finding::new(TABLE, row.line, message));
        }
    }
    let tested: BTreeSet<&str> = rows
        .iter()
        .filter(|row| !row.test.is_empty())
        .map(Row::route)
        .collect();
    for operation in served.iter().filter(|name| !tested.contains(name.as_str())) {
        let message = format!("`{operation}` has a route and no errors that a test provokes");
        findings.push(Finding::new(TABLE, 1, message));
    }
    findings
}

/// The document as it should be.
pub fn document(root: &Path) -> Result<String, String> {
    Ok(render(&rows(root)?))
}

fn render(rows: &[Row]) -> String {
    let provoked = rows.iter().filter(|row| !row.test.is_empty()).count();
    let reasoned = rows.iter().filter(|row| !row.reason.is_empty()).count();
    let mut out = format!(
        "# Errors\n\n\
         Every row of the error tables of the REST reference 3.1, and of the operations served beyond it.\n\
         The test named provokes the error over HTTP, in XML and in JSON, and asserts status and code; where nothing can \
         provoke it, the reason is given.\n\n\
         Provoked: {provoked} of {}. With a reason: {reasoned}.\n\n\
         This page is written by `cargo xtask codegen` from `{TABLE}`, and that by \
         `tests/acceptance/support/error_table.py` from the tests.\n\n\
         | Operation | HTTP | Code | Condition | Test, or why there is none |\n\
         | --- | --- | --- | --- | --- |\n",
        rows.len()
    );
    for row in rows {
        let proof = match (row.test.as_str(), row.reason.as_str()) {
            ("", "") => "not served".to_owned(),
            ("", reason) => reason.to_owned(),
            (test, _) => format!("`tests/acceptance/{test}`"),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {proof} |",
            row.operation, row.status, row.code, row.condition
        )
        .expect("writing to a String cannot fail");
    }
    out
}

/// How many of an operation's rows are provoked, and where: `12 of 13, in x.py`.
pub fn summary(rows: &[Row], operation: &str) -> String {
    let own: Vec<&Row> = rows.iter().filter(|row| row.operation == operation).collect();
    let tests: BTreeSet<&str> = own
        .iter()
        .map(|row| row.test.as_str())
        .filter(|test| !test.is_empty())
        .collect();
    if tests.is_empty() {
        return String::new();
    }
    let provoked = own.iter().filter(|row| !row.test.is_empty()).count();
    let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
    format!("{provoked} of {}, {}", own.len(), tests.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lines: &[&str]) -> Vec<Row> {
        parse(&format!("{COLUMNS}\n{}", lines.join("\n"))).unwrap()
    }

    #[test]
    fn a_table_of_another_shape_is_an_error() {
        assert!(parse("").unwrap_err().contains("does not begin"));
        let check = |line: &str| parse(&format!("{COLUMNS}\n{line}")).unwrap_err();
        assert_eq!(check("a\tb"), "line 2: 2 cells where six should be");
        assert!(check("Query Site\t404\t4040\tNot found\t\t").contains("no status and code"));
    }

    #[test]
    fn gaps_are_found() {
        let rows = table(&[
            "Query Site\t404\t404000\tSite not found\tx.py\t",
            "Query Site\t405\t405000\tInvalid request method\t\t",
            "Query Site\t400\t400777\tOdd\tx.py\t",
            "Add View to Favorites\t400\t400005\tInvalid label\t\tsome reason",
            "Query View Data\t405\t405000\tInvalid request method\t\t",
        ]);
        let served = ["Query Site", "Add Data Source to Favorites"]
            .map(str::to_owned)
            .into();
        let findings: Vec<String> = find_gaps(&rows, &served, "\"404000\" \"405000\"")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(findings.len(), 3, "{findings:?}");
        assert!(findings[0].contains(":3:") && findings[0].contains("no test provokes 405000"));
        assert!(findings[1].contains(":4:") && findings[1].contains("400777"));
        assert!(findings[2].contains("`Add Data Source to Favorites` has a route and no errors"));
    }

    #[test]
    fn rows_are_summed_up_by_operation() {
        let rows = table(&[
            "Add View to Favorites\t400\t400005\tInvalid label\ta.py\t",
            "Add Data Source to Favorites\t400\t400005\tInvalid label\t\treason",
        ]);
        assert_eq!(summary(&rows, "Add View to Favorites"), "1 of 1, `a.py`");
        assert_eq!(summary(&rows, "Add Data Source to Favorites"), "");
        assert_eq!(summary(&rows, "Query Site"), "");
        let text = render(&rows);
        assert!(text.contains("Provoked: 1 of 2. With a reason: 1."));
        assert!(text.contains(
            "| Add View to Favorites | 400 | 400005 | Invalid label | `tests/acceptance/a.py` |\n"
        ));
        assert!(text.contains("| reason |\n"));
    }
}
