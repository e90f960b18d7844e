//! The error of this crate: what was being done to which thing, and why it failed.

use std::path::Path;

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for, or a file that was given, cannot be used; nothing was sent.
    #[error("{0}")]
    Input(String),
    /// Something that was named does not exist.
    #[error("{0}")]
    NotFound(String),
    /// A call failed.
    #[error("{what}: {source}")]
    Call {
        /// What it was for.
        what: String,
        /// Why it failed.
        source: vivant_client::Error,
    },
    /// A workbook or data source could not be read or edited.
    #[error("{what}: {source}")]
    Document {
        /// Which.
        what: String,
        /// Why.
        source: vivant_document::Error,
    },
    /// A local file could not be read or written.
    #[error("{what}: {source}")]
    File {
        /// Which, and for what.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something that is no Tableau-compatible server, such as a database or a mail server, did not do its part.
    #[error("{message}")]
    Service {
        /// Which, and what it said.
        message: String,
        /// What kind of failure it is.
        kind: ServiceKind,
    },
    /// A server's answer lacks something.
    #[error("the server's answer cannot be used: {0}")]
    Answer(String),
}

/// How a service failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// It could not be reached, or broke off.
    Unreachable,
    /// It does not let this user do this.
    Denied,
    /// It refused what was asked for; trying again later may help.
    Later,
    /// It refused what was asked for.
    Refused,
}

impl Error {
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(message.into())
    }

    pub(crate) fn answer(message: impl Into<String>) -> Self {
        Self::Answer(message.into())
    }

    pub(crate) fn file(path: &Path, doing: &str, source: std::io::Error) -> Self {
        Self::File {
            what: format!("{} cannot be {doing}", path.display()),
            source,
        }
    }
}

/// Says what a call was for.
pub(crate) trait Context<T> {
    /// Adds what was being done.
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for vivant_client::Result<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Call { what: what(), source })
    }
}

impl<T> Context<T> for vivant_document::Result<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Document { what: what(), source })
    }
}
