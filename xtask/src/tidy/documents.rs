//! Paths that the documents name must exist: a stale path is the commonest lie of a document.
//!
//! Looked at are words in backticks that start with a folder of the project, and links to other files.
//! Blocks of code are not: they hold commands, and those are tried by people and tests.

use std::path::Path;

use super::Finding;

/// The folders whose name makes a word in backticks a path of the project.
const FOLDERS: &[&str] = &[
    "crates", "xtask", "docs", "scripts", "tests", "samples", ".ci", ".cargo", ".github",
];

/// Whether the file at `path` is a document of the project.
pub fn is_document(path: &str) -> bool {
    path == "README.md" || (path.starts_with("docs/") && path.ends_with(".md"))
}

/// Checks one document of the project at `root`.
pub fn check(root: &Path, path: &str, text: &str) -> Vec<Finding> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    for (number, line) in prose(text) {
        for word in words_in_backticks(line).filter_map(project_path) {
            if !exists(root, &word) {
                findings.push(Finding::new(path, number, format!("`{word}` does not exist")));
            }
        }
        for target in link_targets(line).filter_map(local_target) {
            if !exists(&root.join(folder), target) {
                findings.push(Finding::new(
                    path,
                    number,
                    format!("the link leads to `{target}`, which does not exist"),
                ));
            }
        }
    }
    findings
}

/// The numbered lines outside fenced blocks of code.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

fn words_in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
}

/// The path in a word such as `crates/<name>/src/lib.rs:12`, with every placeholder turned into `*`.
fn project_path(word: &str) -> Option<String> {
    let (first, rest) = word.split_once('/')?;
    if !FOLDERS.contains(&first) || rest.is_empty() || word.contains([' ', '(', '=']) {
        return None;
    }
    let without_place = word
        .split(['#', ':'])
        .next()
        .unwrap_or(word)
        .trim_end_matches('/');
    let mut path = String::new();
    let mut rest = without_place;
    while let Some((before, after)) = rest.split_once('<') {
        let (_, after) = after.split_once('>')?;
        path.push_str(before);
        path.push('*');
        rest = after;
    }
    path.push_str(rest);
    Some(path)
}

/// The file that a link leads to, unless it leads out of the project or stays on the page.
fn local_target(target: &str) -> Option<&str> {
    let file = target.split('#').next().unwrap_or(target);
    (!file.is_empty() && !file.contains("://") && !file.starts_with("mailto:")).then_some(file)
}

/// Whether a path exists; `*` stands for anything within one name, `{a,b}` for each of its parts.
fn exists(root: &Path, path: &str) -> bool {
    if let Some((before, rest)) = path.split_once('{')
        && let Some((parts, after)) = rest.split_once('}')
    {
        return parts
            .split(',')
            .all(|part| exists(root, &format!("{before}{}{after}", part.trim())));
    }
    let mut reached = vec![root.to_path_buf()];
    for name in path.split('/') {
        let mut next = Vec::new();
        for folder in reached {
            if !name.contains('*') {
                next.push(folder.join(name));
            } else if let Ok(entries) = folder.read_dir() {
                let names = entries.filter_map(Result::ok);
                next.extend(
                    names
                        .filter(|e| fits(name, &e.file_name().to_string_lossy()))
                        .map(|e| e.path()),
                );
            }
        }
        next.retain(|path| path.try_exists().unwrap_or(false));
        reached = next;
    }
    !reached.is_empty()
}

/// Whether a name fits a pattern with `*` in it.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| fits(after, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    /// Checks a document that would lie in `docs`.
    fn check(text: &str) -> Vec<String> {
        let root = files::root().unwrap();
        super::check(&root, "docs/page.md", text)
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn paths_that_exist_are_silent() {
        let text = "See `xtask/src/main.rs`, `xtask/src/main.rs:12`, `xtask/src/`, `crates/<name>/src/lib.rs`,\n\
                    `crates/vivant-*/Cargo.toml`, `xtask/{src/main.rs,Cargo.toml}` and [the manifest](../Cargo.toml#top).\n";
        assert_eq!(check(text), [""; 0]);
    }

    #[test]
    fn a_path_that_is_gone_is_found_at_its_line() {
        assert_eq!(
            check("one\nsee `xtask/src/gone.rs`\n"),
            ["docs/page.md:2: `xtask/src/gone.rs` does not exist"]
        );
        assert_eq!(check("`crates/*/gone.rs`\n").len(), 1);
        assert_eq!(check("`xtask/{Cargo.toml,gone}`\n").len(), 1);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        assert_eq!(
            check("[x](../gone.md)\n"),
            ["docs/page.md:1: the link leads to `../gone.md`, which does not exist"]
        );
    }

    #[test]
    fn other_words_and_blocks_of_code_are_left_alone() {
        let text = "`/api/2.4/sites`, `text/xml`, `a/b`, `cargo xtask tidy`, [x](https://example.org/y), [z](#z)\n\
                    ```\n`xtask/src/gone.rs`\n```\n";
        assert_eq!(check(text), [""; 0]);
    }

    #[test]
    fn patterns_fit_whole_names() {
        assert!(fits("vivant-*", "vivant-model") && fits("*", "x") && fits("a*c*", "abcd"));
        assert!(!fits("vivant-*x", "vivant-model") && !fits("a*c", "abcd"));
    }
}
