//! What tabcmd says: lines on stderr and in `tabcmd.log`, where scripts look for them.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::args::Level;
use crate::progress::Progress;

/// The log's name, in the folder where the command runs.
const LOG: &str = "tabcmd.log";
/// A log of this size is put aside.
const LARGEST: u64 = 1_000_000;
/// How many are kept aside.
const KEPT: u32 = 5;

/// Where lines go. Secrets are never given to it.
#[derive(Debug)]
pub struct Console {
    level: Level,
    log: Option<Mutex<File>>,
}

impl Console {
    /// Opens the console. A folder that takes no log is no reason to fail.
    pub fn open(level: Level) -> Self {
        Self {
            level,
            log: open_log(Path::new(LOG)).map(Mutex::new),
        }
    }

    /// A console that leaves no log behind.
    #[cfg(test)]
    pub fn for_tests() -> Self {
        Self {
            level: Level::Error,
            log: None,
        }
    }

    /// Shows on a terminal how content moves, unless every request is told, or nothing.
    pub fn progress(&self) -> Progress {
        Progress::new(self.level != Level::Info)
    }

    /// Says what is being done, or a result; a text of several lines is written in one go.
    pub fn info(&self, line: impl AsRef<str>) {
        self.line(Level::Info, line.as_ref());
    }

    /// Says what may be wrong.
    pub fn warn(&self, line: impl AsRef<str>) {
        self.line(Level::Error, &format!("warning: {}", line.as_ref()));
    }

    /// Says what went wrong.
    pub fn error(&self, line: impl AsRef<str>) {
        self.line(Level::Error, line.as_ref());
    }

    /// Says what only those want to know who look for a mistake.
    pub fn debug(&self, line: impl AsRef<str>) {
        self.line(Level::Debug, line.as_ref());
    }

    fn line(&self, level: Level, line: &str) {
        if level > self.level {
            return;
        }
        let line = format!("{line}\n");
        // A reader that has gone away is no failure.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
        if let Some(log) = &self.log
            && let Ok(mut log) = log.lock()
        {
            let _ = log.write_all(line.as_bytes());
        }
    }
}

fn open_log(path: &Path) -> Option<File> {
    let numbered = |number: u32| PathBuf::from(format!("{}.{number}", path.display()));
    if std::fs::metadata(path).is_ok_and(|log| log.is_file() && log.len() >= LARGEST) {
        for number in (1..KEPT).rev() {
            let _ = std::fs::rename(numbered(number), numbered(number + 1));
        }
        let _ = std::fs::rename(path, numbered(1));
    }
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_put_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tabcmd.log");
        let put = |text: &str| std::fs::write(&path, text).expect("written");
        for round in 0..7u32 {
            put(&round.to_string().repeat(1_000_000));
            drop(open_log(&path).expect("opened"));
        }
        let first = |name: &str| {
            std::fs::read_to_string(folder.path().join(name))
                .map(|text| text.chars().next())
                .ok()
        };
        assert_eq!(first("tabcmd.log"), Some(None));
        assert_eq!(first("tabcmd.log.1"), Some(Some('6')));
        assert_eq!(first("tabcmd.log.5"), Some(Some('2')));
        assert_eq!(first("tabcmd.log.6"), None);
        put("short");
        drop(open_log(&path).expect("opened"));
        assert_eq!(first("tabcmd.log"), Some(Some('s')));
    }
}
