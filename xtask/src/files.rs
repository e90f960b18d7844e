//! Finds the workspace and walks its files.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source: what `.gitignore` names, and tools' own folders.
const SKIPPED: &[&str] = &["target", "vivant-data", "__pycache__", "node_modules"];

/// Dotted names that are part of the project; every other one belongs to a tool.
const DOTTED: &[&str] = &[
    ".cargo",
    ".ci",
    ".github",
    ".gitignore",
    ".gitattributes",
    ".editorconfig",
];

/// The workspace's root folder.
///
/// Cargo says at run time where the package lies. The place known at compile time would be wrong in a
/// target folder that several clones share.
pub fn root() -> Result<PathBuf, String> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let start = match package {
        Some(folder) => folder,
        None => std::env::current_dir().map_err(|e| format!("cannot tell the current folder: {e}"))?,
    };
    start
        .ancestors()
        .find(|folder| {
            fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
        })
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("`{}` is not inside the workspace", start.display()))
}

/// Every file of the project under `folder`, as sorted paths relative to `root` with `/` between names.
/// A folder that is missing has no files.
pub fn walk(root: &Path, folder: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut open = vec![root.join(folder)];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(format!("cannot list `{}`: {e}", folder.display())),
        };
        for entry in entries {
            let entry = entry.map_err(|e| format!("cannot list `{}`: {e}", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if SKIPPED.contains(&name.as_str()) || (name.starts_with('.') && !DOTTED.contains(&name.as_str()))
            {
                continue;
            }
            let kind = entry
                .file_type()
                .map_err(|e| format!("cannot read `{}`: {e}", entry.path().display()))?;
            // Links are not followed: what they lead to is looked at where it lies.
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push(relative(root, &entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a text file of the project; the error names it.
pub fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|e| format!("cannot read `{path}`: {e}"))
}

/// The path below `root`, with `/` between names; the whole path where it lies elsewhere.
pub fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}
