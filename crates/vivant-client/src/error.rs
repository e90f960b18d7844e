//! The one error of the client: what was asked, what came back, how often it was tried, and what
//! may help.

use std::fmt;

use vivant_wire::ErrorCode;
use vivant_wire::types::Job;

use crate::find::Candidate;

/// What kind of failure it is, for callers that decide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument cannot be used; nothing was sent.
    InvalidInput,
    /// The sign-in was refused, or the session is over and cannot be renewed.
    SignIn,
    /// The user may not do this.
    Forbidden,
    /// Something that was named does not exist.
    NotFound,
    /// Several things are called so; see [`Error::candidates`].
    Ambiguous,
    /// Something is in the way, such as a name that is taken.
    Conflict,
    /// The server refused the request for another reason.
    Rejected,
    /// The server's API version does not have the method.
    Unsupported,
    /// The server asks for fewer requests, for longer than the retry budget.
    RateLimited,
    /// No answer in time.
    Timeout,
    /// The server cannot be reached, or the connection broke.
    Connection,
    /// The encrypted connection could not be made, mostly because of a certificate.
    Tls,
    /// The server failed.
    Server,
    /// What answered cannot be understood; perhaps it is no such server.
    UnexpectedAnswer,
    /// A local file cannot be read or written.
    File,
    /// A job ended with a failure.
    JobFailed,
    /// A job was cancelled.
    JobCancelled,
}

/// Why a call failed.
///
/// It never holds passwords or tokens: texts that came from the server are cleaned of them.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    request: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    summary: Option<String>,
    detail: Option<String>,
    body_start: Option<String>,
    attempts: u32,
    retried: Vec<String>,
    unknown: bool,
    job: Option<Box<Job>>,
    candidates: Vec<Candidate>,
}

/// What a server's refusal says; made by the transport.
#[derive(Default)]
pub(crate) struct Refusal {
    pub status: u16,
    pub code: Option<String>,
    pub summary: Option<String>,
    pub detail: Option<String>,
    pub body_start: Option<String>,
}

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            request: None,
            status: None,
            code: None,
            summary: None,
            detail: None,
            body_start: None,
            attempts: 0,
            retried: Vec::new(),
            unknown: false,
            job: None,
            candidates: Vec::new(),
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn file(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::File, message)
    }

    pub(crate) fn refusal(refusal: Refusal) -> Self {
        let kind = kind_of(refusal.status, refusal.code.as_deref());
        let mut message = format!("HTTP {}", refusal.status);
        if let Some(code) = &refusal.code {
            message.push_str(&format!(", code {code}"));
        }
        if let Some(summary) = &refusal.summary {
            message.push_str(&format!(": {summary}"));
        }
        if let Some(detail) = refusal
            .detail
            .as_ref()
            .filter(|d| refusal.summary.as_ref() != Some(d))
        {
            message.push_str(&format!(": {detail}"));
        }
        if refusal.code.is_none()
            && let Some(start) = &refusal.body_start
        {
            message.push_str(&format!("; the answer begins with: {start}"));
        }
        let mut error = Self::new(kind, message);
        error.0.status = Some(refusal.status);
        error.0.code = refusal.code;
        error.0.summary = refusal.summary;
        error.0.detail = refusal.detail;
        error.0.body_start = refusal.body_start;
        error
    }

    pub(crate) fn with_request(mut self, operation: Option<&'static str>, request: String) -> Self {
        self.0.operation = operation;
        self.0.request = Some(request);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_body_start(mut self, start: String) -> Self {
        self.0
            .message
            .push_str(&format!("; the answer begins with: {start}"));
        self.0.body_start = Some(start);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32, retried: Vec<String>) -> Self {
        self.0.attempts += attempts;
        let later = std::mem::replace(&mut self.0.retried, retried);
        self.0.retried.extend(later);
        self
    }

    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.0.message.push_str("; ");
        self.0.message.push_str(note);
        self
    }

    /// Says that the server may or may not have done what it was asked.
    pub(crate) fn with_unknown_outcome(mut self) -> Self {
        self.0.unknown = true;
        self
    }

    /// Counts the attempts of an earlier failure in, as reasons to try again.
    pub(crate) fn after(mut self, earlier: Self) -> Self {
        let mut retried = earlier.0.retried.clone();
        retried.push(earlier.to_string());
        self = self.with_attempts(earlier.0.attempts, retried);
        self
    }

    /// The same, where there was an earlier failure.
    pub(crate) fn after_all(self, earlier: Option<Self>) -> Self {
        match earlier {
            Some(earlier) => self.after(earlier),
            None => self,
        }
    }

    pub(crate) fn with_job(mut self, job: Job) -> Self {
        self.0.job = Some(Box::new(job));
        self
    }

    pub(crate) fn with_candidates(mut self, candidates: Vec<Candidate>) -> Self {
        self.0.candidates = candidates;
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Tableau's six-digit code, where the answer had one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Tableau's code, where it is one of the reference.
    pub fn error_code(&self) -> Option<ErrorCode> {
        self.code().and_then(ErrorCode::parse)
    }

    /// The server's title of the failure.
    pub fn summary(&self) -> Option<&str> {
        self.0.summary.as_deref()
    }

    /// The server's explanation.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The reference's name of the method, such as `Publish Workbook`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// HTTP method and address of the request.
    pub fn request(&self) -> Option<&str> {
        self.0.request.as_deref()
    }

    /// How often the request was sent; 0 where none was.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether nobody knows if the server did what it was asked: the request was sent, and no answer came
    /// that says so, nor could it be found out afterwards.
    pub fn outcome_unknown(&self) -> bool {
        self.0.unknown
    }

    /// The job that failed, was cancelled, or had not ended in time.
    pub fn job(&self) -> Option<&Job> {
        self.0.job.as_deref()
    }

    /// The things that a name may mean, where it means several.
    pub fn candidates(&self) -> &[Candidate] {
        &self.0.candidates
    }

    /// What made the client try again, in order.
    pub fn retried(&self) -> &[String] {
        &self.0.retried
    }

    /// The beginning of an answer that is neither XML nor JSON, as proxies send them.
    pub fn body_start(&self) -> Option<&str> {
        self.0.body_start.as_deref()
    }

    /// One line of what to try, for the failures that have a usual cause.
    pub fn hint(&self) -> Option<&'static str> {
        if let Some(code) = self.code()
            && let Some((_, hint)) = HINTS.iter().find(|(known, _)| *known == code)
        {
            return Some(hint);
        }
        if self.0.unknown {
            return Some("look whether it was done before you do it again");
        }
        match (self.0.kind, self.0.status) {
            (ErrorKind::JobFailed, _) => Some("the job's notes say why; look at the server's list of jobs"),
            (ErrorKind::Tls, _) => Some(
                "if the server's certificate comes from your organisation, give its authority's certificate as the CA file; \
                 if the server speaks plain HTTP, write http://",
            ),
            (_, Some(407)) => Some("the proxy wants a name and password: put them into the proxy's address"),
            (ErrorKind::Connection, _)
                if self.0.message.contains("proxy") || self.0.message.contains("tunnel") =>
            {
                Some("check the proxy (HTTPS_PROXY, HTTP_PROXY), or name the server in NO_PROXY")
            }
            (ErrorKind::Connection, _) => Some(
                "check the server's address and port, and the proxy (HTTPS_PROXY, HTTP_PROXY), if one is set or needed",
            ),
            (ErrorKind::Timeout, _) => Some("the server may be busy: try again, or allow more time"),
            (ErrorKind::RateLimited, _) => {
                Some("the server limits requests: wait as long as it says, or send fewer at once")
            }
            (ErrorKind::UnexpectedAnswer, _) => Some(
                "a proxy or a sign-in page may be in the way, or the address is not that of a Tableau-compatible server",
            ),
            (ErrorKind::Rejected, Some(413)) => {
                Some("the body is too large for the server or a proxy: use smaller chunks")
            }
            (_, Some(502..=504)) => {
                Some("the server or the proxy before it is overloaded or restarting: try again later")
            }
            _ => None,
        }
    }

    /// Whether the server says that the session is over.
    pub(crate) fn is_session_end(&self) -> bool {
        self.0.status == Some(401) && matches!(self.code(), Some("401002" | "401000") | None)
    }

    pub(crate) fn is_code(&self, code: ErrorCode) -> bool {
        self.code() == Some(code.code())
    }
}

/// Code and what to try.
const HINTS: &[(&str, &str)] = &[
    (
        "400000",
        "the server could not use the request: check the values against the detail",
    ),
    ("400007", "use a page size from 1 to 1000"),
    (
        "400011",
        "check the file and its data source connections; the server's detail says what it could not use",
    ),
    (
        "400065",
        "this server does not offer that field or operator in a filter",
    ),
    ("401000", "sign in first: the request carried no session"),
    (
        "401001",
        "check user name, password or token, and the site's content URL (the name in the browser's address; empty for Default); \
         on sites with single sign-on only a personal access token works",
    ),
    (
        "401002",
        "the session is over: a personal access token that signs in elsewhere ends it, so give each program its own token",
    ),
    (
        "401003",
        "check the site's content URL, and that the user is a member of the site",
    ),
    (
        "403004",
        "the user lacks the right: ask an administrator or the project's leader for it",
    ),
    (
        "403007",
        "publishing is refused: to replace existing content ask for overwriting; otherwise check the rights on the project",
    ),
    ("403008", "the site's storage quota is used up"),
    ("403014", "use a page size of at most 1000"),
    ("403018", "the user lacks the View capability on the workbook"),
    ("403070", "the session is on that site already"),
    ("403130", "something of that name exists: ask for overwriting"),
    ("404000", "check the site: the session may belong to another one"),
    ("404001", "the method is newer than the server's API version"),
    ("404002", "check the user's id: it may have left the site"),
    (
        "404003",
        "the server has no such address: check a proxy's prefix in the server's address",
    ),
    (
        "404004",
        "check the data source's id: it may have been deleted, or lie on another site",
    ),
    (
        "404005",
        "check the project's id: it may have been deleted, or lie on another site",
    ),
    (
        "404006",
        "check the workbook's id: it may have been deleted, or lie on another site",
    ),
    ("404015", "the upload session has ended: start the upload again"),
    ("409000", "the user is on the site already"),
    ("409003", "the user owns content: give it to somebody else first"),
    (
        "409006",
        "a project of that name exists beside it: choose another name or use the existing one",
    ),
    (
        "409009",
        "a group of that name exists: choose another name or use the existing one",
    ),
    ("409014", "no licence is left for that site role"),
    ("409017", "the user is on the site already"),
    (
        "413000",
        "the body is too large for the server: use smaller chunks",
    ),
    ("501000", "this server does not have the method yet"),
];

fn kind_of(status: u16, code: Option<&str>) -> ErrorKind {
    match (status, code) {
        (401, _) => ErrorKind::SignIn,
        (404, Some("404001")) | (501, _) => ErrorKind::Unsupported,
        (403, _) => ErrorKind::Forbidden,
        (404, _) => ErrorKind::NotFound,
        // Tableau: Create Schedule answers a conflict with HTTP 400.
        (409, _) | (400, Some("409004")) => ErrorKind::Conflict,
        (429, _) => ErrorKind::RateLimited,
        (400..=499, _) => ErrorKind::Rejected,
        (500..=599, _) => ErrorKind::Server,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(request) = &self.0.request {
            write!(f, " ({request}")?;
            if self.0.attempts > 1 {
                write!(f, ", tried {} times", self.0.attempts)?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .field("retried", &self.0.retried)
            .finish()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> Error {
        Error::refusal(Refusal {
            status,
            code: Some(code.to_owned()),
            summary: Some("Title".to_owned()),
            detail: Some("More.".to_owned()),
            body_start: None,
        })
    }

    #[test]
    fn an_error_says_everything_in_one_line() {
        let error = refused(404, "404006")
            .with_request(Some("Query Workbook"), "GET http://s/api/3.1/x".to_owned())
            .with_attempts(2, vec!["HTTP 502".to_owned()]);
        assert_eq!(
            error.to_string(),
            "Query Workbook: HTTP 404, code 404006: Title: More. (GET http://s/api/3.1/x, tried 2 times)"
        );
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.error_code(), Some(ErrorCode::WorkbookNotFound));
        assert!(error.hint().is_some_and(|hint| hint.contains("workbook's id")));
    }

    #[test]
    fn kinds_follow_status_and_code() {
        for (status, code, kind) in [
            (401, "401001", ErrorKind::SignIn),
            (403, "403004", ErrorKind::Forbidden),
            (404, "404001", ErrorKind::Unsupported),
            (409, "409006", ErrorKind::Conflict),
            (400, "400065", ErrorKind::Rejected),
            (500, "500000", ErrorKind::Server),
            (501, "501000", ErrorKind::Unsupported),
            (302, "", ErrorKind::UnexpectedAnswer),
        ] {
            assert_eq!(refused(status, code).kind(), kind, "{status} {code}");
        }
    }

    #[test]
    fn hints_are_one_for_each_code_and_in_order() {
        assert!(HINTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(
            HINTS
                .iter()
                .all(|(code, hint)| code.len() == 6 && !hint.contains('\n') && !hint.ends_with('.'))
        );
    }

    #[test]
    fn only_a_lost_session_is_a_session_end() {
        assert!(refused(401, "401002").is_session_end());
        assert!(!refused(401, "401001").is_session_end());
        assert!(!refused(403, "403004").is_session_end());
    }
}
