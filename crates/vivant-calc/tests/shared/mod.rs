//! Where the shared reference data is, and how to read it.
//!
//! The data is not part of the project: tests that need it pass without looking when it is absent.
//! `VIVANT_SHARED` names the folder; by default it lies beside the workspace.

#![allow(dead_code, reason = "each test program uses a part of this")]

use std::path::PathBuf;

/// Gives the folder of the shared data, if it is there.
pub fn folder() -> Option<PathBuf> {
    let folder = match std::env::var_os("VIVANT_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    folder.is_dir().then_some(folder)
}

/// Reads a tab-separated file of the folder `spec/calc`; see [`unescaped`] for its fields.
pub fn table(name: &str) -> Option<Vec<Vec<String>>> {
    let path = folder()?.join("spec/calc").join(name);
    let text = std::fs::read_to_string(path).ok()?;
    Some(
        text.lines()
            .map(|line| line.split('\t').map(str::to_string).collect())
            .collect(),
    )
}

/// Turns `\n`, `\t` and `\\` into what they stand for.
pub fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    out
}
