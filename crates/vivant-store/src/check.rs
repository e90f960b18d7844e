//! Checking a store for damage and sweeping up what was left behind.

use std::fmt;

/// What a sweep took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Objects deleted from the content storage.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Expired upload sessions.
    pub uploads: u64,
    /// Sets of rules that nothing uses any more.
    pub acls: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Rows looked at, by table.
    pub counted: Vec<(&'static str, u64)>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Returns whether nothing is wrong; notes do not count.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|f| f.severity == Severity::Note)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The next sweep takes it away.
    Note,
    /// Something is wrong.
    Error,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub message: String,
    /// What to do about it.
    pub advice: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}; {}", self.message, self.advice)
    }
}
