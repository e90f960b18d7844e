//! Rules for the text of single files: module docs, words that do not stay, white space.

use super::Finding;

/// Endings of files that people write line by line. Test data is not among them: it may need odd spaces.
const TEXT: &[&str] = &[
    "rs",
    "toml",
    "md",
    "sql",
    "py",
    "sh",
    "yaml",
    "yml",
    "html",
    "css",
    "js",
    "gitignore",
    "gitattributes",
];

/// Folders whose files are scripts although their names have no ending.
const SCRIPTS: &[&str] = &["scripts/", ".ci/"];

/// Words that must not land in Rust code, with what to do instead. They are put together here so that this
/// file does not hold them itself.
const PASSING: &[(&str, &str)] = &[
    (
        concat!("todo", "!("),
        "finish it, or return an error that says what is missing",
    ),
    (
        concat!("unimplemented", "!("),
        "finish it, or return an error that says what is missing",
    ),
    (concat!("dbg", "!("), "remove it, or log with `tracing`"),
    (
        concat!("#[", "ignore"),
        "a test runs or goes; assert today's wrong answer with a FIXME",
    ),
];

/// Whether the rules of this file hold for the file at `path`.
pub fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, ending)) => TEXT.contains(&ending),
        None => name == "LICENSE" || SCRIPTS.iter().any(|folder| path.starts_with(folder)),
    }
}

/// Checks one file.
pub fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = white_space(path, text);
    if path.ends_with(".rs") {
        if is_module(path) && !text.starts_with("//!") {
            findings.push(Finding::new(
                path,
                1,
                "a module opens with `//!`: what it is, and what it is not",
            ));
        }
        findings.extend(passing_words(path, text));
    }
    findings
}

/// Whether the file is a module of a crate, not one of its tests, examples or its build script.
fn is_module(path: &str) -> bool {
    let inside = path
        .strip_prefix("crates/")
        .and_then(|rest| rest.split_once('/'))
        .map(|(_, inside)| inside);
    inside.is_some_and(|inside| inside.starts_with("src/")) || path.starts_with("xtask/src/")
}

fn white_space(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        if line.ends_with('\r') {
            findings.push(Finding::new(
                path,
                number,
                "the line ends with CRLF; lines end with LF here",
            ));
        } else if line.ends_with([' ', '\t']) {
            findings.push(Finding::new(path, number, "white space at the end of the line"));
        }
    }
    let lines = text.split('\n').count();
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(Finding::new(path, lines, "the last line has no line end"));
    } else if text.ends_with("\n\n") {
        findings.push(Finding::new(path, lines - 1, "empty line at the end of the file"));
    }
    findings
}

fn passing_words(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (word, advice) in PASSING {
            let found = line.match_indices(word).any(|(at, _)| {
                // `my_` before the word makes it another word.
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
            });
            if found {
                findings.push(Finding::new(path, number, format!("`{word}`: {advice}")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<String> {
        super::check(path, text).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_module_opens_with_its_doc() {
        assert_eq!(check("crates/vivant-model/src/id.rs", "//! Ids.\n"), [""; 0]);
        assert_eq!(check("crates/vivant-model/src/api/id.rs", "use a;\n").len(), 1);
        assert_eq!(check("xtask/src/main.rs", "").len(), 1);
        assert_eq!(check("crates/vivant-model/tests/it.rs", "use a;\n"), [""; 0]);
    }

    #[test]
    fn passing_words_are_found_in_tests_too() {
        for (word, _) in PASSING {
            let text = format!("fn f() {{\n    {word}]);\n}}\n");
            let found = check("crates/vivant-model/tests/it.rs", &text);
            assert_eq!(found.len(), 1, "{word}");
            assert!(
                found[0].starts_with("crates/vivant-model/tests/it.rs:2: "),
                "{}",
                found[0]
            );
        }
        let other = format!("fn my_{}\n", PASSING[0].0);
        assert_eq!(check("crates/vivant-model/tests/it.rs", &other), [""; 0]);
    }

    #[test]
    fn white_space_is_found_at_its_line() {
        assert_eq!(
            check("a.md", "one\ntwo \n"),
            ["a.md:2: white space at the end of the line"]
        );
        assert_eq!(
            check("a.md", "one\r\n"),
            ["a.md:1: the line ends with CRLF; lines end with LF here"]
        );
        assert_eq!(
            check("a.md", "one\ntwo"),
            ["a.md:2: the last line has no line end"]
        );
        assert_eq!(
            check("a.md", "one\n\n"),
            ["a.md:2: empty line at the end of the file"]
        );
        assert_eq!(check("a.md", "one\n\ntwo\n"), [""; 0]);
        assert_eq!(check("a.md", ""), [""; 0]);
    }

    #[test]
    fn data_and_pictures_are_not_text() {
        assert!(is_text("crates/a/src/lib.rs") && is_text("scripts/s3") && is_text("docs/API.md"));
        assert!(is_text(".gitignore") && is_text("LICENSE"));
        assert!(
            !is_text("samples/book.twb") && !is_text("tests/data/rows.csv") && !is_text("samples/README")
        );
    }
}
