//! Runs the program in a folder of its own, with nothing of the environment but what a test gives it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder to run in.
pub struct Program {
    folder: TempDir,
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Program {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect(name)
    }

    /// The names of the files in the folder.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("listed");
        let mut names: Vec<String> = entries
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    pub fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivant"));
        command
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .env("NO_PROXY", "127.0.0.1")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs to the end without holding up the test's own server.
    pub async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(arguments, variables);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("not cancelled");
        Ran::of(output.expect("the program starts"))
    }

    /// Runs `workbooks owners` as a user whose password is known.
    pub async fn owners(&self, server: &str, arguments: &[&str]) -> Ran {
        let mut all = vec!["workbooks", "owners", "--server", server, "--username", "ann"];
        all.extend(arguments);
        self.run(&all, &[("VIVANT_PASSWORD", "p4ss-w0rd")]).await
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// Compares a text with a file beside the tests; `UPDATE_SNAPSHOTS=1` writes the file instead.
pub fn check_snapshot(name: &str, text: &str) {
    // The help indents empty lines.
    let text: String = text
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == text,
        "{name} differs; what the program says now:\n{text}"
    );
}
