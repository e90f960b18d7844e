//! Exit codes, and what is printed of an error.

use std::fmt;
use std::process::ExitCode;

use vivant_client::ErrorKind;

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
    /// Something that was named does not exist, or several things have the name.
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
  4  something named does not exist, or several things have the name
  5  conflict, such as a name that is taken
  6  part of the work failed
  7  the server could not be reached, or did not answer in time
  8  the server failed, or what answered is no such server";

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

/// Nothing is there under a name, or several things are; or what stands in the way is known here already.
#[derive(Debug)]
pub struct Unclear {
    message: String,
    exit: Exit,
}

impl Unclear {
    /// Nothing of the name is there.
    pub fn missing(message: String) -> Self {
        Self {
            message,
            exit: Exit::NotFound,
        }
    }

    /// Several things have the name; the message lists them.
    pub fn ambiguous(message: String) -> Self {
        Self::missing(message)
    }

    /// Something is in the way, such as a file that exists.
    pub fn conflict(message: String) -> Self {
        Self {
            message,
            exit: Exit::Conflict,
        }
    }
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unclear {}

/// A signal ended the work; the number is the signal's.
#[derive(Debug)]
pub struct Interrupted(pub u8);

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Returns the exit code that an error means.
pub fn code_of(error: &anyhow::Error) -> Exit {
    if error.downcast_ref::<UsageError>().is_some() {
        return Exit::Usage;
    }
    if let Some(unclear) = error.downcast_ref::<Unclear>() {
        return unclear.exit;
    }
    #[cfg(feature = "server")]
    if error.downcast_ref::<vivant_server::admin::NotFound>().is_some() {
        return Exit::NotFound;
    }
    let client = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<vivant_client::Error>());
    match client {
        // Tableau: something of the name is there, and answers as if it were a matter of rights.
        Some(error) if error.code() == Some("403130") => Exit::Conflict,
        Some(error) => code_of_kind(error.kind()),
        None => Exit::Other,
    }
}

fn code_of_kind(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::InvalidInput => Exit::Usage,
        ErrorKind::SignIn | ErrorKind::Forbidden => Exit::Authorization,
        ErrorKind::NotFound | ErrorKind::Ambiguous => Exit::NotFound,
        ErrorKind::Conflict => Exit::Conflict,
        ErrorKind::Timeout | ErrorKind::Connection | ErrorKind::Tls | ErrorKind::RateLimited => Exit::Network,
        ErrorKind::Server | ErrorKind::UnexpectedAnswer | ErrorKind::Unsupported => Exit::Server,
        _ => Exit::Other,
    }
}

/// Prints an error to stderr, with what may help, and returns its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("vivant: {error:#}");
    let client = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<vivant_client::Error>());
    if let Some(hint) = client.and_then(vivant_client::Error::hint) {
        eprintln!("hint: {hint}");
    }
    // Shells know a program that a signal ended by 128 and the signal's number.
    match error.downcast_ref::<Interrupted>() {
        Some(Interrupted(signal)) => ExitCode::from(128 + signal),
        None => code_of(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_code() {
        let listed: Vec<u8> = HELP
            .lines()
            .skip(1)
            .map(|line| line.trim().as_bytes()[0] - b'0')
            .collect();
        let all = [
            Exit::Ok,
            Exit::Other,
            Exit::Usage,
            Exit::Authorization,
            Exit::NotFound,
            Exit::Conflict,
            Exit::Partial,
            Exit::Network,
            Exit::Server,
        ];
        assert_eq!(listed, all.map(|exit| exit as u8));
    }

    #[test]
    fn errors_keep_their_code_under_context() {
        use anyhow::Context;
        let usage = Err::<(), _>(UsageError("x".to_owned()))
            .context("more")
            .expect_err("an error");
        assert_eq!(code_of(&usage), Exit::Usage);
        assert_eq!(code_of(&anyhow::anyhow!("x")), Exit::Other);
        assert_eq!(code_of_kind(ErrorKind::Timeout), Exit::Network);
        assert_eq!(code_of_kind(ErrorKind::Ambiguous), Exit::NotFound);
    }
}
