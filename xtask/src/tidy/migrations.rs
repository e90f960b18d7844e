//! The migrations of SQLite and PostgreSQL must pair up from the first day: once the names drift apart,
//! nobody can say whether the two databases still mean the same.

use std::path::Path;

use super::Finding;
use crate::files;

/// The folders, one for each database, that must hold the same names.
const FOLDERS: [&str; 2] = [
    "crates/vivant-store/migrations/sqlite",
    "crates/vivant-store/migrations/postgres",
];

/// Compares the two migration folders.
pub fn check(root: &Path) -> Result<Vec<Finding>, String> {
    let mut names = Vec::new();
    for folder in FOLDERS {
        let prefix = format!("{folder}/");
        let paths = files::walk(root, folder)?;
        names.push(
            paths
                .iter()
                .map(|path| path.trim_start_matches(&prefix).to_owned())
                .collect::<Vec<_>>(),
        );
    }
    Ok(compare(&names[0], &names[1]))
}

fn compare(sqlite: &[String], postgres: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((here, names), (there, others)) in [
        ((FOLDERS[0], sqlite), (FOLDERS[1], postgres)),
        ((FOLDERS[1], postgres), (FOLDERS[0], sqlite)),
    ] {
        if names.is_empty() {
            findings.push(Finding::new(here, 1, "holds no migration"));
        }
        for (expected, name) in (1..).zip(names) {
            let path = format!("{here}/{name}");
            if !others.contains(name) {
                findings.push(Finding::new(&path, 1, format!("has no counterpart in `{there}`")));
            }
            if number(name) != Some(expected) {
                findings.push(Finding::new(
                    &path,
                    1,
                    format!("is the migration {expected} here, so its name must start with `{expected:04}_`"),
                ));
            }
        }
    }
    findings
}

/// The number of a file called `0001_name.sql`.
fn number(name: &str) -> Option<u32> {
    let (digits, rest) = name.split_once('_')?;
    (digits.len() == 4 && rest.len() > 4 && rest.ends_with(".sql")).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sqlite: &[&str], postgres: &[&str]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        compare(&owned(sqlite), &owned(postgres))
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn pairs_are_silent() {
        let names = ["0001_users.sql", "0002_jobs.sql"];
        assert_eq!(check(&names, &names), [""; 0]);
    }

    #[test]
    fn a_file_without_counterpart_is_found() {
        assert_eq!(
            check(&["0001_users.sql", "0002_jobs.sql"], &["0001_users.sql"]),
            [
                "crates/vivant-store/migrations/sqlite/0002_jobs.sql:1: has no counterpart in \
                 `crates/vivant-store/migrations/postgres`"
            ]
        );
    }

    #[test]
    fn a_gap_is_found_in_both() {
        let names = ["0001_users.sql", "0003_jobs.sql"];
        let found = check(&names, &names);
        assert_eq!(found.len(), 2);
        assert!(
            found[0]
                .ends_with("0003_jobs.sql:1: is the migration 2 here, so its name must start with `0002_`")
        );
    }

    #[test]
    fn empty_folders_are_found() {
        assert_eq!(check(&[], &[]).len(), 2);
    }

    #[test]
    fn a_stray_file_is_found() {
        let names = ["0001_users.sql", "README.md"];
        assert_eq!(check(&names, &names).len(), 2);
    }
}
