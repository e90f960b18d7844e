//! Checks a folder of real workbooks and data sources with `vivant doc check`, to see how much of them is understood.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Failure, files, process};

/// Endings of the documents that are checked.
const ENDINGS: &[&str] = &["twb", "twbx", "tds", "tdsx"];

/// As many documents as one call takes, far below the limit that systems set to a command line.
const BATCH: usize = 100;

/// Checks every document below `folder`.
pub fn run(folder: &str) -> Result<(), Failure> {
    let folder = std::path::absolute(folder).map_err(|e| format!("cannot look at `{folder}`: {e}"))?;
    let documents: Vec<PathBuf> = files::walk(&folder, "")?
        .iter()
        .filter(|path| is_document(path))
        .map(|path| folder.join(path))
        .collect();
    if documents.is_empty() {
        return Err(Failure::usage(format!(
            "`{}` holds no workbook and no data source",
            folder.display()
        )));
    }

    let root = files::root()?;
    let target = process::target_folder()?;
    process::claim_target(&root, &target)?;
    let mut build = process::cargo(&root);
    build
        .env("CARGO_TARGET_DIR", &target)
        .args(["build", "--locked", "--package", "vivant-cli"]);
    process::run(&mut build)?;
    let vivant = target.join("debug/vivant");
    if !knows_doc_check(&vivant)? {
        return Err(Failure::usage(
            "coverage needs the command `vivant doc check`, which this version of `vivant` does not have",
        ));
    }
    for batch in documents.chunks(BATCH) {
        process::run(Command::new(&vivant).args(["doc", "check", "--json"]).args(batch))?;
    }
    Ok(())
}

fn is_document(path: &str) -> bool {
    let ending = path
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn knows_doc_check(vivant: &Path) -> Result<bool, String> {
    Command::new(vivant)
        .args(["doc", "check", "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|status| status.success())
        .map_err(|e| format!("cannot start `{}`: {e}", vivant.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_ending() {
        assert!(is_document("a/Book.TWBX") && is_document("orders.tds"));
        assert!(!is_document("notes.txt") && !is_document("twb") && !is_document("book.twb.bak"));
    }
}
