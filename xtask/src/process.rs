//! Runs other programs, with errors that say which and how it ended.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::json::Json;

/// The cargo that runs this chore, so that a chosen toolchain stays chosen.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Runs a program with our own output and no input; anything but success is an error.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|e| format!("cannot start {}: {e}", show(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", show(command)))
    }
}

/// Runs a program with no input and returns what it prints; its error output stays on the terminal.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot start {}: {e}", show(command)))?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", show(command), output.status));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| format!("{} printed bytes that are not UTF-8", show(command)))
}

/// What `cargo metadata` says of the workspace's own packages. It needs neither network nor lock file.
pub fn metadata(root: &Path) -> Result<Json, String> {
    let text = output(cargo(root).args(["metadata", "--no-deps", "--format-version", "1", "--offline"]))?;
    Json::parse(&text).map_err(|e| format!("cargo metadata: {e}"))
}

/// The folder for builds: what the caller set, or one outside the clone, so that clones share it.
pub fn target_folder() -> Result<PathBuf, String> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(target) = set("CARGO_TARGET_DIR") {
        return Ok(target);
    }
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("vivant/target"))
        .ok_or_else(|| "no folder for builds: set CARGO_TARGET_DIR, XDG_CACHE_HOME or HOME".to_owned())
}

/// Takes a shared target folder over for this clone.
///
/// Cargo knows a workspace crate by its path below the workspace and by the times of its files. A second
/// clone with older files therefore gets the first clone's build and calls it fresh (seen with cargo 1.95).
/// So the workspace's own crates are removed when the clone changes; outside crates stay.
pub fn claim_target(root: &Path, target: &Path) -> Result<(), String> {
    let record = target.join("vivant-clone");
    let owner = root.to_string_lossy().into_owned();
    if std::fs::read_to_string(&record).is_ok_and(|text| text == owner) {
        return Ok(());
    }
    if target.is_dir() {
        let metadata = metadata(root)?;
        for profile in ["dev", "release"] {
            let mut clean = cargo(root);
            clean
                .env("CARGO_TARGET_DIR", target)
                .args(["clean", "--quiet", "--profile", profile]);
            for package in metadata.list("packages")? {
                clean.args(["--package", package.text("name")?]);
            }
            run(&mut clean)?;
        }
    }
    std::fs::create_dir_all(target)
        .and_then(|()| std::fs::write(&record, owner))
        .map_err(|e| format!("cannot write `{}`: {e}", record.display()))
}

/// The command line for a message, in backticks.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    format!("`{line}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_program_and_its_exit_code() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error, "`sh -c exit 3` ended with exit status: 3");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("/nowhere/at-all")).unwrap_err();
        assert!(error.starts_with("cannot start `at-all`"), "{error}");
    }
}
