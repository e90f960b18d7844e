//! Why a file was refused, and remarks on files that were not.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::kind::FileKind;
use crate::limits::Limit;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file cannot be read. Each case asks for a different answer to the person who sent the file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The content is of another kind than the extension says.
    #[error("not a {expected} file: {found}; use the extension that fits the content")]
    NotThisKind {
        /// Kind that the extension names.
        expected: FileKind,
        /// What the content is instead.
        found: String,
    },
    /// The content is of the right kind but broken or cut short.
    #[error("damaged file: {problem}{place}; save or upload it again")]
    Damaged {
        /// What is wrong.
        problem: String,
        /// Where.
        place: Place,
    },
    /// The file asks for more than the [`crate::Limits`] allow.
    #[error("file too large: more than {allowed} {limit}{place}; raise the limit or publish a smaller file")]
    TooLarge {
        /// Limit that was passed.
        limit: Limit,
        /// Value of the limit.
        allowed: u64,
        /// Where.
        place: Place,
    },
    /// The file holds something that no Tableau program writes and that could do harm.
    #[error("refused file: {problem}{place}; save it again with Tableau")]
    Hostile {
        /// What was found.
        problem: String,
        /// Where.
        place: Place,
    },
    /// A package has no document.
    #[error("no {expected} document in the package{hint}")]
    NoDocument {
        /// Document that was looked for.
        expected: &'static str,
        /// What to do about it; begins with `; ` unless empty.
        hint: String,
    },
    /// The file uses something this reader does not know.
    #[error("unsupported file: {what}; {advice}")]
    Unsupported {
        /// What is not supported.
        what: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// The document cannot be edited in this way.
    #[error("cannot edit the document: {0}")]
    Edit(String),
    /// The bytes could not be read or written.
    #[error("cannot read or write the file: {0}")]
    Io(Arc<io::Error>),
}

impl Error {
    pub(crate) fn damaged(problem: impl Into<String>, place: impl Into<Place>) -> Self {
        Self::Damaged {
            problem: problem.into(),
            place: place.into(),
        }
    }

    pub(crate) fn hostile(problem: impl Into<String>, place: impl Into<Place>) -> Self {
        Self::Hostile {
            problem: problem.into(),
            place: place.into(),
        }
    }

    pub(crate) fn too_large(limit: Limit, allowed: impl TryInto<u64>, place: impl Into<Place>) -> Self {
        Self::TooLarge {
            limit,
            allowed: allowed.try_into().unwrap_or(u64::MAX),
            place: place.into(),
        }
    }

    pub(crate) fn edit(problem: impl Into<String>) -> Self {
        Self::Edit(problem.into())
    }

    /// Adds the entry of the archive that is being read.
    pub(crate) fn within(mut self, member: &str) -> Self {
        if let Self::Damaged { place, .. } | Self::TooLarge { place, .. } | Self::Hostile { place, .. } =
            &mut self
            && place.member.is_none()
        {
            place.member = Some(shorten(member));
        }
        self
    }
}

/// Errors of ours travel through `Read` implementations inside an [`io::Error`]; this takes them out again.
impl From<&io::Error> for Error {
    fn from(error: &io::Error) -> Self {
        if let Some(own) = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            return own.clone();
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::damaged("the file ends early", Place::default()),
            // What a decompressor says about bytes that it cannot make sense of.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Self::damaged(error.to_string().to_lowercase(), Place::default())
            }
            kind => Self::Io(Arc::new(io::Error::new(kind, error.to_string()))),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

/// Where in a file something was found, as far as known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Entry of the archive.
    pub member: Option<String>,
    /// Byte of the document.
    pub byte: Option<u64>,
}

impl Place {
    pub(crate) fn member(name: &str) -> Self {
        Self {
            member: Some(shorten(name)),
            byte: None,
        }
    }
}

impl From<u64> for Place {
    fn from(byte: u64) -> Self {
        Self {
            member: None,
            byte: Some(byte),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.member, self.byte) {
            (Some(member), Some(byte)) => write!(f, " (`{member}`, byte {byte})")?,
            (Some(member), None) => write!(f, " (`{member}`)")?,
            (None, Some(byte)) => write!(f, " (byte {byte})")?,
            (None, None) => {}
        }
        Ok(())
    }
}

/// Remark on something odd that does not keep the file from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in lower case.
    pub message: String,
    /// What it is about: a sheet, a data source or an entry of the archive.
    pub place: String,
}

/// How much a [`Diagnostic`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is lost.
    Info,
    /// Something was left out or guessed.
    Warning,
}

/// Collects diagnostics, up to a number that still gets read.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    const MOST: usize = 200;

    pub(crate) fn info(&mut self, place: &str, message: impl Into<String>) {
        self.push(Severity::Info, place, message.into());
    }

    pub(crate) fn warn(&mut self, place: &str, message: impl Into<String>) {
        self.push(Severity::Warning, place, message.into());
    }

    pub(crate) fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }

    fn push(&mut self, severity: Severity, place: &str, message: String) {
        if self.0.len() < Self::MOST {
            self.0.push(Diagnostic {
                severity,
                message,
                place: shorten(place),
            });
        } else if self.0.len() == Self::MOST {
            let message = format!("more than {} remarks; the rest is left out", Self::MOST);
            self.0.push(Diagnostic {
                severity: Severity::Info,
                message,
                place: String::new(),
            });
        }
    }
}

/// Cuts a name from a file to a length that fits a message, without control characters.
pub(crate) fn shorten(name: &str) -> String {
    const MOST: usize = 120;
    let mut short: String = name
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if name.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_thing_and_say_what_to_do() {
        let error = Error::damaged("the file ends early", 12).within("Book.twb");
        assert_eq!(
            error.to_string(),
            "damaged file: the file ends early (`Book.twb`, byte 12); save or upload it again"
        );
        let error = Error::too_large(Limit::ElementDepth, 512_usize, 99);
        assert_eq!(
            error.to_string(),
            "file too large: more than 512 elements inside one another (byte 99); \
             raise the limit or publish a smaller file"
        );
    }

    #[test]
    fn own_errors_survive_the_way_through_io() {
        let io: io::Error = Error::hostile("x", 1).into();
        assert!(matches!(Error::from(io), Error::Hostile { .. }));
    }

    #[test]
    fn remarks_are_bounded() {
        let mut diagnostics = Diagnostics::default();
        for _ in 0..1_000 {
            diagnostics.warn("here", "odd");
        }
        assert_eq!(diagnostics.into_vec().len(), 201);
    }
}
