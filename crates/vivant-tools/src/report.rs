//! What is to be done and what came of it: the lines that plans and reports are made of.

use std::fmt;

use serde::Serialize;

/// What becomes of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is taken away.
    Remove,
    /// It stays as it is, since it is as it shall be, or is not to be touched.
    Leave,
    /// It cannot be done; the detail says why and what to do.
    Cannot,
}

impl Action {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Leave => "leave",
            Self::Cannot => "cannot",
        }
    }
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What becomes of the thing.
    pub action: Action,
    /// What kind of thing, such as `user` or `permissions`.
    pub what: &'static str,
    /// Its name or path.
    pub name: String,
    /// More about it; may be empty.
    pub detail: String,
}

impl Line {
    /// Makes a line.
    pub fn new(
        action: Action,
        what: &'static str,
        name: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            action,
            what,
            name: name.into(),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<6} {} {}", self.action.as_str(), self.what, self.name)?;
        match self.detail.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.detail),
        }
    }
}

/// A line, and what came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What was to be done.
    pub line: Line,
    /// Why it failed; `None` when it was done.
    pub error: Option<crate::Error>,
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Report {
    /// Everything that was tried, in the order in which it ended.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// How much was done.
    pub fn done(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.error.is_none())
            .count()
    }

    /// What failed.
    pub fn failed(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.error.is_some())
    }

    pub(crate) fn add(&mut self, line: Line, outcome: crate::Result<()>) {
        if let Err(error) = &outcome {
            tracing::warn!(what = line.what, name = %line.name, %error, "failed");
        }
        self.outcomes.push(Outcome {
            line,
            error: outcome.err(),
        });
    }
}

/// How far the work is; shown whenever a line has ended.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What is being done, such as `workbooks`.
    pub stage: &'static str,
    /// How many lines of the stage have ended.
    pub done: usize,
    /// How many it has.
    pub total: usize,
    /// The line that ended; `None` at the beginning of a stage.
    pub line: Option<&'a Line>,
}

/// Called with the progress.
pub type Watch<'a> = dyn Fn(Progress<'_>) + Send + Sync + 'a;

/// Counts lines by what becomes of them: `3 create, 1 leave`.
pub fn summary<'l>(lines: impl IntoIterator<Item = &'l Line>) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for line in lines {
        *counts.entry(line.action).or_insert(0) += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(action, n)| format!("{n} {}", action.as_str()))
        .collect();
    match parts.is_empty() {
        true => "nothing".to_owned(),
        false => parts.join(", "),
    }
}
