//! Exit codes, and what is printed of an error.

use std::fmt;
use std::process::ExitCode;

/// What the program's exit code says; `docs/CLIENT.md` has the same table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done.
    Ok = 0,
    /// None of the others.
    Other = 1,
    /// The command line or an input file cannot be used; nothing was asked of a server.
    Usage = 2,
    /// The sign-in failed, or the user may not do this.
    Authorization = 3,
    /// Something that was named does not exist.
    NotFound = 4,
    /// Something stands in the way, such as a name that is taken.
    Conflict = 5,
    /// Some of several things were done, others failed.
    Partial = 6,
    /// The server could not be reached or did not answer in time.
    Network = 7,
    /// The server failed, or what answered is no such server.
    Server = 8,
}

/// The table of exit codes for `--help`.
pub const HELP: &str = "\
Exit codes:
  0  done
  1  any other failure
  2  the command line cannot be used
  3  signing in failed, or the user may not do this
  4  something named does not exist
  5  conflict, such as a name that is taken
  6  part of the work failed
  7  the server could not be reached, or did not answer in time
  8  the server failed";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A mistake in what the user asked for; the message names the option.
#[derive(Debug)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Returns the exit code that an error means.
pub fn code_of(error: &anyhow::Error) -> Exit {
    if error.downcast_ref::<UsageError>().is_some() {
        Exit::Usage
    } else {
        Exit::Other
    }
}

/// Prints an error to stderr and returns its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("vivant: {error:#}");
    code_of(error).into()
}
