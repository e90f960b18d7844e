//! What can go wrong while data are read, in words for whoever owns the data.

use std::io;

/// Outcome of reading data.
pub type Result<T> = std::result::Result<T, DataError>;

/// Why data could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file is neither in the package nor where the connection says.
    #[error(
        "the file `{path}` is not in the package and cannot be reached here; publish it inside the package"
    )]
    FileMissing {
        /// Path as the document writes it.
        path: String,
    },
    /// A file may not be read from here.
    #[error("the file `{path}` may not be read: {reason}")]
    FileRefused {
        /// Path as the document writes it.
        path: String,
        /// Why.
        reason: String,
    },
    /// No connector reads this class.
    #[error("connections of class `{class}` cannot be read: {hint}")]
    UnsupportedClass {
        /// The class.
        class: String,
        /// What to do instead.
        hint: String,
    },
    /// A setting of the connection has a value that is not supported.
    #[error("{setting} `{value}` is not supported: {hint}")]
    UnsupportedSetting {
        /// Which setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What to do instead.
        hint: String,
    },
    /// The relation needs a query engine.
    #[error("{what} needs the query engine")]
    NeedsEngine {
        /// The part of the relation.
        what: String,
    },
    /// A file is not what its name says, or cut short.
    #[error("`{what}` cannot be read: {message}")]
    Damaged {
        /// The file.
        what: String,
        /// What is wrong.
        message: String,
    },
    /// Something is larger than allowed.
    #[error("`{what}` has more than {limit} {unit}")]
    TooLarge {
        /// The file or table.
        what: String,
        /// The limit that was passed.
        limit: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// A table is not in the file or database.
    #[error("there is no table `{table}` in `{place}`; there are {known}")]
    NoTable {
        /// The table.
        table: String,
        /// Where it was looked for.
        place: String,
        /// What is there.
        known: String,
    },
    /// A column is not in the table.
    #[error("there is no column `{column}` in `{table}`; there are {known}")]
    NoColumn {
        /// The column.
        column: String,
        /// The table.
        table: String,
        /// What is there.
        known: String,
    },
    /// A program that is needed is not installed.
    #[error("{what} is not installed; {hint}")]
    NotInstalled {
        /// The program.
        what: &'static str,
        /// How to install it.
        hint: &'static str,
    },
    /// The server of the data refused or failed.
    #[error("{server}: {message}")]
    Server {
        /// The server, without user or password.
        server: String,
        /// What it said.
        message: String,
    },
    /// Batches do not have the schema that was announced.
    #[error("the data do not fit: {0}")]
    Arrow(String),
    /// The caller asked to stop.
    #[error("reading was stopped")]
    Cancelled,
    /// Reading or writing failed.
    #[error("{what}: {source}")]
    Io {
        /// What was read or written.
        what: String,
        /// The cause.
        source: io::Error,
    },
}

impl DataError {
    /// Says what is damaged.
    pub(crate) fn damaged(what: impl Into<String>, message: impl ToString) -> Self {
        Self::Damaged {
            what: what.into(),
            message: shorten(&message.to_string()),
        }
    }

    /// Says what was being read or written.
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        Self::Io {
            what: what.into(),
            source,
        }
    }
}

impl From<arrow_schema::ArrowError> for DataError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Arrow(shorten(&error.to_string()))
    }
}

/// Lists names for a message, the first few of them.
pub fn known<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> = names
        .by_ref()
        .take(20)
        .map(|name| format!("`{}`", shorten(name.as_ref())))
        .collect();
    match (first.is_empty(), names.count()) {
        (true, _) => "none".to_owned(),
        (false, 0) => first.join(", "),
        (false, more) => format!("{} and {more} more", first.join(", ")),
    }
}

/// Cuts what comes from a file down to what a message can carry.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 200;
    if text.len() <= MOST {
        return text.to_owned();
    }
    let end = (0..=MOST)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    format!("{}…", &text[..end])
}
