//! Why a command failed, as tabcmd says it, and its exit code.

use std::process::ExitCode;

use vivant_client::ErrorKind;

use super::console::Console;
use crate::exit::UsageError;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The command line cannot be used.
    Usage(String),
    /// Something that this program found out.
    Told(String),
    /// A call failed, perhaps while something was attempted.
    Call(Option<String>, vivant_client::Error),
}

impl Failure {
    /// A failure that this program found out.
    pub fn told(message: impl Into<String>) -> Self {
        Self::Told(message.into())
    }

    /// Something that was looked for does not exist.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::Told(format!(
            "404: Item not found: there is no {what} '{name}' that you may see"
        ))
    }

    /// Whether what should be created exists.
    pub fn is_conflict(&self) -> bool {
        match self {
            // Tableau: some conflicts answer 400 and are known by their code only.
            Self::Call(_, error) => {
                error.kind() == ErrorKind::Conflict
                    || error.code().is_some_and(|code| code.starts_with("409"))
            }
            _ => false,
        }
    }

    /// Says what was attempted, where a call failed.
    pub fn during(self, what: &str) -> Self {
        match self {
            Self::Call(None, error) => Self::Call(Some(what.to_owned()), error),
            other => other,
        }
    }

    /// The failure on one line, for lists of failures.
    pub fn line(&self) -> String {
        match self {
            Self::Usage(message) | Self::Told(message) => message.clone(),
            Self::Call(_, error) => match (error.code(), error.detail().or(error.summary())) {
                (Some(code), Some(detail)) => format!("{code}: {detail}"),
                _ => error.to_string(),
            },
        }
    }

    /// Prints the failure and returns the exit code.
    pub fn report(&self, console: &Console) -> ExitCode {
        let code = match self {
            Self::Usage(message) => {
                console.error(format!("tabcmd: error: {message}"));
                2
            }
            Self::Told(message) => {
                console.error(message);
                1
            }
            Self::Call(during, error) => {
                if let Some(during) = during {
                    console.error(during);
                }
                console.error(explain(error));
                if let Some(hint) = error.hint() {
                    console.error(format!("hint: {hint}"));
                }
                1
            }
        };
        console.info("Exiting...");
        ExitCode::from(code)
    }
}

fn explain(error: &vivant_client::Error) -> String {
    match (error.code(), error.summary()) {
        (Some(code), Some(summary)) => {
            let mut text = format!("\n\t{code}: {summary}");
            if let Some(detail) = error.detail() {
                text.push_str(&format!("\n\t\t{detail}"));
            }
            text
        }
        _ => error.to_string(),
    }
}

impl From<vivant_client::Error> for Failure {
    fn from(error: vivant_client::Error) -> Self {
        Self::Call(None, error)
    }
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Self::Usage(error.0)
    }
}
