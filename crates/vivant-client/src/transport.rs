//! Sending: one place for time limits, redirects, retries and the reading of answers.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Response, Url};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use vivant_wire::paths::{self, Method};
use vivant_wire::{ApiVersion, Format, Node, types};

use crate::address;
use crate::call::{Activity, Body, Call, Safety, SourceTrouble, Target};
use crate::client::Inner;
use crate::error::{Error, ErrorKind, Refusal, Result};
use crate::retry;
use crate::secret::{Secret, scrub};

/// The most bytes of an answer that is held in memory; content is streamed instead.
const MAX_ANSWER: usize = 256 * 1024 * 1024;
/// The most bytes of a failure's answer that are read.
const MAX_REFUSAL: usize = 64 * 1024;
/// How much of a body that is neither XML nor JSON an error shows.
const SHOWN: usize = 200;
/// How often one request may be sent on to another address.
const MAX_REDIRECTS: usize = 5;

/// What came back: its head, and its body read or still to be read.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: AnswerBody,
}

pub(crate) enum AnswerBody {
    Whole(Bytes),
    Stream(Response),
}

/// How one attempt failed.
struct Failure {
    error: Error,
    /// Trying again may help.
    passing: bool,
    /// The server certainly did nothing.
    undone: bool,
    /// Nobody knows what the server did.
    unknown: bool,
    /// How long the server asks to wait.
    wait: Option<Duration>,
}

impl Failure {
    fn lasting(error: Error) -> Self {
        Self {
            error,
            passing: false,
            undone: false,
            unknown: false,
            wait: None,
        }
    }

    /// The time is up: not to be tried again by itself, but the server may be at it.
    fn late(error: Error) -> Self {
        Self {
            unknown: true,
            ..Self::lasting(error)
        }
    }

    fn passing(error: Error, undone: bool) -> Self {
        Self {
            error,
            passing: true,
            undone,
            unknown: !undone,
            wait: None,
        }
    }
}

/// A request on its way: the call with what every attempt needs.
struct Errand<'a> {
    call: &'a Call,
    version: Option<ApiVersion>,
    token: Option<&'a Secret>,
    secrets: Vec<Secret>,
    operation: Option<&'static str>,
    /// The body is wanted as a stream.
    stream: bool,
}

impl Inner {
    /// Sends a call and reads its answer, if need be several times.
    ///
    /// `version` is the one of the address; calls outside the API have none.
    pub async fn send(
        &self,
        call: &Call,
        version: Option<ApiVersion>,
        token: Option<&Secret>,
        secrets: &[&Secret],
        stream: bool,
    ) -> Result<Answer> {
        let operation = match operation(call, version) {
            Err(_) if call.unchecked => None,
            found => found?,
        };
        let errand = Errand {
            call,
            version,
            token,
            secrets: token
                .into_iter()
                .chain(secrets.iter().copied())
                .chain(&call.secrets)
                .cloned()
                .collect(),
            operation,
            stream,
        };
        let started = Instant::now();
        let limit = self.timeouts.limit(call.long);
        let mut retried = Vec::new();
        for attempt in 1.. {
            let outcome = match limit {
                Some(limit) => match timeout_at(started + limit, self.attempt(&errand)).await {
                    Ok(outcome) => outcome,
                    Err(_) => {
                        let error =
                            Error::new(ErrorKind::Timeout, format!("no whole answer within {limit:?}"));
                        Err(Failure::late(self.in_errand(error, &errand)))
                    }
                },
                None => self.attempt(&errand).await,
            };
            let failure = match outcome {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let allowed = failure.passing && (call.safety == Safety::Repeatable || failure.undone);
            let pause = failure.wait.unwrap_or_else(|| self.retry.pause(attempt));
            let end = started.elapsed() + pause;
            let in_time = end <= self.retry.budget && limit.is_none_or(|limit| end < limit);
            if !allowed || attempt >= self.retry.attempts || !in_time {
                let mut error = failure.error.with_attempts(attempt, retried);
                if failure.unknown && call.safety == Safety::Once {
                    error = error.with_unknown_outcome();
                }
                if allowed && !in_time {
                    error = error.with_note(&format!(
                        "waiting {pause:?} more would exceed the time allowed for retries"
                    ));
                }
                return Err(error);
            }
            tracing::info!(
                operation = operation.unwrap_or_default(),
                attempt,
                pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                reason = %failure.error,
                "trying again"
            );
            retried.push(failure.error.to_string());
            sleep(pause).await;
        }
        unreachable!("the last attempt returns")
    }

    async fn attempt(&self, errand: &Errand<'_>) -> std::result::Result<Answer, Failure> {
        let call = errand.call;
        let path = match (&call.target, errand.version) {
            (Target::Api(path), Some(version)) => format!("/api/{version}{path}"),
            (Target::Api(path) | Target::Root(path), _) => path.clone(),
        };
        let query = call.query_string();
        let mut url = address::join(&self.base(), &path, &query);
        for _ in 0..MAX_REDIRECTS {
            let response = self.exchange(errand, &url).await?;
            let status = response.status().as_u16();
            tracing::debug!(method = %call.method, url = %url, status, "answered");
            match response.headers().get(LOCATION) {
                Some(location) if matches!(status, 301 | 302 | 303 | 307 | 308) => {
                    let next = location.to_str().ok().and_then(|l| url.join(l).ok());
                    let next = follow(call, &url, next, status)
                        .map_err(|e| Failure::lasting(self.in_errand(e.with_status(status), errand)))?;
                    self.adopt(&next, &path);
                    url = next;
                }
                _ => return self.read(errand, response).await,
            }
        }
        let error = Error::new(
            ErrorKind::UnexpectedAnswer,
            "the server sends the request in circles",
        );
        Err(Failure::lasting(self.in_errand(error, errand)))
    }

    /// Sends once and waits for the answer's head.
    async fn exchange(&self, errand: &Errand<'_>, url: &Url) -> std::result::Result<Response, Failure> {
        let call = errand.call;
        let lasting = |error: Error| Failure::lasting(self.in_errand(error, errand));
        let activity = Activity::new();
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = reqwest::Request::new(method, url.clone());
        let headers = request.headers_mut();
        let accept = match errand.stream {
            true => "*/*",
            false => "application/xml, application/json;q=0.5, */*;q=0.1",
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(token) = errand.token {
            let mut value = HeaderValue::from_str(token.expose()).map_err(|_| {
                lasting(Error::new(
                    ErrorKind::UnexpectedAnswer,
                    "the session's token holds characters that no header can",
                ))
            })?;
            value.set_sensitive(true);
            headers.insert("x-tableau-auth", value);
        }
        for (name, value) in &call.headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| lasting(Error::invalid(format!("the header {name} cannot hold '{value}'"))))?;
            headers.insert(name.clone(), value);
        }
        match &call.body {
            Body::Empty if call.method != Method::Get => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Body::Empty => {}
            Body::Xml(xml) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
                *request.body_mut() = Some(xml.clone().into());
            }
            Body::Json(json) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(json.clone().into());
            }
            Body::Form(form) => {
                let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
                headers.insert(CONTENT_TYPE, kind);
                *request.body_mut() = Some(form.clone().into());
            }
            Body::Bytes(kind, bytes) => {
                let kind = HeaderValue::from_str(kind)
                    .map_err(|_| lasting(Error::invalid(format!("'{kind}' is no media type"))))?;
                headers.insert(CONTENT_TYPE, kind);
                *request.body_mut() = Some(bytes.clone().into());
            }
            Body::Multipart(body) => {
                let kind = HeaderValue::from_str(&body.content_type()).expect("a boundary is ASCII");
                headers.insert(CONTENT_TYPE, kind);
                // Tableau: gateways before older servers refuse bodies without a length.
                headers.insert(CONTENT_LENGTH, HeaderValue::from(body.length()));
                let stream = body
                    .stream(activity.clone(), call.watched.clone())
                    .await
                    .map_err(lasting)?;
                *request.body_mut() = Some(reqwest::Body::wrap_stream(stream));
            }
        }
        let silence = match call.long {
            true => self.timeouts.long_response,
            false => self.timeouts.response,
        };
        let begun = Timestamp::now();
        let sent = self.http.execute(request);
        tokio::pin!(sent);
        loop {
            let deadline = activity.last() + silence;
            tokio::select! {
                outcome = &mut sent => {
                    let response = outcome.map_err(|e| self.network_failure(errand, url, &e))?;
                    self.clock.note(response.headers(), begun, Timestamp::now());
                    return Ok(response);
                }
                () = sleep_until(deadline) => {
                    if activity.last() + silence <= Instant::now() {
                        let message = format!("no answer from {} within {silence:?}", host(url));
                        let error = Error::new(ErrorKind::Timeout, message);
                        return Err(Failure::late(self.in_errand(error, errand)));
                    }
                }
            }
        }
    }

    /// Reads an answer, or turns it into the failure that it is.
    async fn read(&self, errand: &Errand<'_>, response: Response) -> std::result::Result<Answer, Failure> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let success = (200..300).contains(&status);
        if success && errand.stream {
            return Ok(Answer {
                status,
                headers,
                body: AnswerBody::Stream(response),
            });
        }
        let url = response.url().clone();
        let limit = if success { MAX_ANSWER } else { MAX_REFUSAL };
        let body = match self.read_body(response, limit, !success).await {
            Ok(body) => body,
            // The head says enough of a failure.
            Err(_) if !success => Bytes::new(),
            Err(ReadFailure::Broken(e)) => return Err(self.network_failure(errand, &url, &e)),
            Err(ReadFailure::Stalled) => {
                let message = format!("the answer stopped for {:?}", self.timeouts.idle);
                let error = self.in_errand(Error::new(ErrorKind::Timeout, message), errand);
                return Err(Failure::passing(error, false));
            }
            Err(ReadFailure::TooLong) => {
                let message = format!("the answer is longer than {MAX_ANSWER} bytes");
                return Err(Failure::lasting(
                    self.in_errand(Error::new(ErrorKind::UnexpectedAnswer, message), errand),
                ));
            }
        };
        let refused = match success {
            true => match refusal_within(status, &headers, &body, &errand.secrets) {
                Some(refused) => refused,
                None => {
                    return Ok(Answer {
                        status,
                        headers,
                        body: AnswerBody::Whole(body),
                    });
                }
            },
            false => refusal(status, &headers, &body, &errand.secrets),
        };
        let status = refused.status;
        let error = Error::refusal(refused);
        let wait = headers
            .get(RETRY_AFTER)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| retry::retry_after(v, Timestamp::now()));
        let undone = status == 429 || (status == 503 && wait.is_some());
        let passing = matches!(status, 408 | 429 | 502 | 503 | 504);
        Err(Failure {
            error: self.in_errand(error, errand),
            passing,
            undone,
            unknown: passing && !undone,
            wait: wait.filter(|_| matches!(status, 429 | 503)),
        })
    }

    pub async fn next_chunk(
        &self,
        response: &mut Response,
    ) -> std::result::Result<Option<Bytes>, ReadFailure> {
        match timeout(self.timeouts.idle, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(e)) => Err(ReadFailure::Broken(e)),
            Err(_) => Err(ReadFailure::Stalled),
        }
    }

    async fn read_body(
        &self,
        mut response: Response,
        limit: usize,
        cut: bool,
    ) -> std::result::Result<Bytes, ReadFailure> {
        let announced = response.content_length().and_then(|n| usize::try_from(n).ok());
        let mut body = BytesMut::with_capacity(announced.unwrap_or(8 * 1024).min(1024 * 1024));
        while let Some(chunk) = self.next_chunk(&mut response).await? {
            if body.len() + chunk.len() > limit {
                if cut {
                    body.extend_from_slice(&chunk[..limit - body.len()]);
                    break;
                }
                return Err(ReadFailure::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    fn network_failure(&self, errand: &Errand<'_>, url: &Url, error: &reqwest::Error) -> Failure {
        let (error, passing, undone) = explain(error, url);
        let failure = self.in_errand(error, errand);
        match passing {
            true => Failure::passing(failure, undone),
            false => Failure::lasting(failure),
        }
    }

    /// Names the request in an error; the query stays out, since it may be long.
    fn in_errand(&self, error: Error, errand: &Errand<'_>) -> Error {
        let path = match (&errand.call.target, errand.version) {
            (Target::Api(path), Some(version)) => format!("/api/{version}{path}"),
            (Target::Api(path) | Target::Root(path), _) => path.clone(),
        };
        let path = path.split('?').next().unwrap_or_default();
        let url = address::join(&self.base(), path, "");
        error.with_request(errand.operation, format!("{} {url}", errand.call.method))
    }
}

/// Why a body could not be read.
pub(crate) enum ReadFailure {
    Broken(reqwest::Error),
    Stalled,
    TooLong,
}

impl ReadFailure {
    pub fn explain(&self, url: &Url, idle: Duration) -> Error {
        match self {
            Self::Broken(e) => explain(e, url).0,
            Self::Stalled => Error::new(ErrorKind::Timeout, format!("the answer stopped for {idle:?}")),
            Self::TooLong => Error::new(ErrorKind::UnexpectedAnswer, "the answer is too long"),
        }
    }
}

/// The reference's name of a call; an error where the version does not have it.
///
/// `version` is what the server speaks, also for addresses that name no version.
fn operation(call: &Call, version: Option<ApiVersion>) -> Result<Option<&'static str>> {
    let Some(version) = version else {
        return Ok(None);
    };
    // The table is searched under the newest version, so that it can say what is missing.
    let path = match &call.target {
        Target::Api(path) => format!("/api/{}{path}", vivant_wire::version::NEWEST),
        Target::Root(path) => path.clone(),
    };
    let Ok(found) = paths::find(path.split('?').next().unwrap_or_default()) else {
        return Ok(None);
    };
    let Some(endpoint) = found.endpoint(call.method) else {
        return Ok(None);
    };
    if endpoint.since > version && !endpoint.path.eq_ignore_ascii_case("/serverinfo") {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "{} needs API version {}, this session speaks {version}",
                endpoint.operation, endpoint.since
            ),
        ));
    }
    Ok(Some(endpoint.operation))
}

/// Decides whether a request may be sent on.
///
/// It never leaves the host, since it carries the session or a password, and never goes from https
/// to http.
fn follow(call: &Call, from: &Url, to: Option<Url>, status: u16) -> Result<Url> {
    let Some(to) = to else {
        return Err(Error::new(
            ErrorKind::UnexpectedAnswer,
            format!("HTTP {status} without a usable address"),
        ));
    };
    let shown = address::join(&to, "", "");
    if to.host_str() != from.host_str() {
        return Err(Error::new(
            ErrorKind::UnexpectedAnswer,
            format!("the server sends the request on to {shown}; if that is the server, use its address"),
        ));
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        let message = format!("the server sends the request on to {shown}, which is not encrypted");
        return Err(Error::new(ErrorKind::UnexpectedAnswer, message));
    }
    // A browser would turn these into GET; for calls that may be repeated the meaning is plain.
    if call.safety == Safety::Once && matches!(status, 301..=303) {
        let message = format!("the server has moved to {shown}; use that address");
        return Err(Error::new(ErrorKind::UnexpectedAnswer, message));
    }
    Ok(to)
}

fn host(url: &Url) -> String {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => url.to_string(),
    }
}

/// Returns the error, whether trying again may help, and whether the server certainly did nothing.
pub(crate) fn explain(error: &reqwest::Error, url: &Url) -> (Error, bool, bool) {
    let causes = causes(error);
    if let Some(trouble) = causes.iter().find_map(|c| c.downcast_ref::<SourceTrouble>()) {
        return (Error::file(trouble.0.clone()), false, true);
    }
    let root = causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string);
    if let Some(tls) = causes.iter().find_map(|c| c.downcast_ref::<rustls::Error>()) {
        let message = format!("no encrypted connection to {}: {tls}", host(url));
        return (Error::new(ErrorKind::Tls, message), false, true);
    }
    if error.is_connect() {
        let kind = if error.is_timeout() {
            ErrorKind::Timeout
        } else {
            ErrorKind::Connection
        };
        let all = causes
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ");
        let proxy = if all.contains("tunnel") || all.contains("proxy") {
            " through the proxy"
        } else {
            ""
        };
        let message = format!("{} cannot be reached{proxy}: {root}", host(url));
        return (Error::new(kind, message), true, true);
    }
    let message = format!("the connection to {} broke: {root}", host(url));
    (Error::new(ErrorKind::Connection, message), true, false)
}

/// An error and its causes; I/O errors hide the one that they wrap.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut found: Vec<&(dyn StdError + 'static)> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        found.push(cause);
        next = match cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => cause.source(),
        };
    }
    found
}

fn format_of(headers: &HeaderMap, body: &[u8]) -> Option<Format> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let first = body
        .iter()
        .find(|b| !b.is_ascii_whitespace() && !matches!(b, 0xef | 0xbb | 0xbf));
    match first {
        Some(b'{') => Some(Format::Json),
        Some(b'<') if !kind.contains("html") => Some(Format::Xml),
        _ => None,
    }
}

/// Reads an answer's document.
pub(crate) fn document(answer: &Answer, secrets: &[Secret]) -> Result<Node> {
    let AnswerBody::Whole(body) = &answer.body else {
        return Ok(Node::default());
    };
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Node::default());
    }
    let unexpected = |why: String| {
        Error::new(ErrorKind::UnexpectedAnswer, why)
            .with_status(answer.status)
            .with_body_start(start_of(body, secrets))
    };
    let format = format_of(&answer.headers, body).ok_or_else(|| {
        unexpected(format!(
            "HTTP {} with an answer that is neither XML nor JSON",
            answer.status
        ))
    })?;
    let mut node = Node::parse_answer(format, body)
        .map_err(|e| unexpected(format!("the answer cannot be read: {e}")))?;
    if format == Format::Xml && node.name != "tsResponse" {
        return Err(unexpected(format!(
            "the answer is XML of another kind, <{}>",
            node.name
        )));
    }
    drop_empty(&mut node);
    Ok(node)
}

/// Drops attributes without a value.
///
/// Tableau: some releases write an id or a time that does not apply as empty text. Only a content
/// URL means something when empty: the Default site.
fn drop_empty(node: &mut Node) {
    node.attributes
        .retain(|(name, value)| !value.is_empty() || name == "contentUrl");
    node.children.iter_mut().for_each(drop_empty);
}

/// The refusal that a server sends with a status of success.
///
/// Tableau: publishing may be answered with 201 around an error. Its code begins with the status that was meant.
pub(crate) fn refusal_within(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[Secret],
) -> Option<Refusal> {
    // The element is the first one where it is there: long answers are not read twice.
    let start = &body[..body.len().min(1024)];
    let looks_like_one = [&b"<error"[..], b"\"error\""]
        .iter()
        .any(|mark| start.windows(mark.len()).any(|found| found == *mark));
    if !looks_like_one {
        return None;
    }
    let node = Node::parse(format_of(headers, body)?, body).ok()?;
    let code = node.one::<types::Error>("error").ok()??.code?;
    let meant = code
        .get(..3)?
        .parse()
        .ok()
        .filter(|meant| (400..600).contains(meant))?;
    let mut refused = refusal(meant, headers, body, secrets);
    let note = format!("the server sent this with HTTP {status}");
    refused.detail = Some(match refused.detail {
        Some(detail) => format!("{detail} ({note})"),
        None => note,
    });
    Some(refused)
}

fn refusal(status: u16, headers: &HeaderMap, body: &[u8], secrets: &[Secret]) -> Refusal {
    let node = format_of(headers, body).and_then(|format| Node::parse(format, body).ok());
    let error = node.and_then(|node| match node.one::<types::Error>("error").ok().flatten() {
        // Services with JSON of their own: the data service, Pulse.
        None if node.attribute("message").is_some() => Some(types::Error {
            code: ["errorCode", "code"]
                .into_iter()
                .find_map(|name| node.attribute(name))
                .map(str::to_owned),
            summary: node.attribute("message").map(str::to_owned),
            detail: None,
        }),
        error => error,
    });
    let clean = |text: Option<String>| text.map(|t| scrub(&t, secrets)).filter(|t| !t.is_empty());
    match error {
        Some(error) => Refusal {
            status,
            code: error.code.filter(|c| c.len() <= 12),
            summary: clean(error.summary),
            detail: clean(error.detail),
            body_start: None,
        },
        None => Refusal {
            status,
            body_start: Some(start_of(body, secrets)).filter(|s| !s.is_empty()),
            ..Refusal::default()
        },
    }
}

/// The beginning of a body as one line.
pub(crate) fn start_of(body: &[u8], secrets: &[Secret]) -> String {
    // Cut late, so that a secret that lies across the cut is still recognised.
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_REFUSAL)]);
    let clean = scrub(&text, secrets);
    let line: Vec<&str> = clean.split_whitespace().collect();
    let line: String = line.join(" ").chars().filter(|c| !c.is_control()).collect();
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, body: &'static str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Answer {
            status: 200,
            headers,
            body: AnswerBody::Whole(Bytes::from_static(body.as_bytes())),
        }
    }

    #[test]
    fn answers_are_read_in_either_encoding() {
        let xml = document(
            &answer(
                "application/xml",
                "<?xml version='1.0'?><tsResponse><site id='' contentUrl=''/></tsResponse>",
            ),
            &[],
        );
        let site = xml.expect("XML").child("site").expect("a site").clone();
        assert_eq!(site.attributes, [("contentUrl".to_owned(), String::new())]);
        let json = document(
            &answer("application/json", "{\"site\":{\"contentUrl\":\"a\"}}"),
            &[],
        )
        .expect("JSON");
        assert_eq!(
            json.child("site").and_then(|s| s.attribute("contentUrl")),
            Some("a")
        );
        assert_eq!(document(&answer("", ""), &[]).expect("nothing"), Node::default());
    }

    #[test]
    fn pages_of_others_are_shown_without_secrets() {
        let page = "<html>\n<body>Sign in, s3cret\u{7}!</body></html>";
        let error = document(&answer("text/html", page), &[Secret::new("s3cret")]).expect_err("a page");
        assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
        assert_eq!(
            error.body_start(),
            Some("<html> <body>Sign in, ***!</body></html>")
        );
        let error = document(&answer("application/xml", "<other/>"), &[]).expect_err("other XML");
        assert!(error.to_string().contains("<other>"), "{error}");
    }

    #[test]
    fn a_refusal_is_read_and_cleaned() {
        let body = "<?xml version='1.0'?><tsResponse><error code='401001'><summary>Signin Error</summary><detail>for pw</detail></error></tsResponse>";
        let read = refusal(401, &HeaderMap::new(), body.as_bytes(), &[Secret::new("pw")]);
        assert_eq!(
            (read.code.as_deref(), read.detail.as_deref()),
            (Some("401001"), Some("for ***"))
        );
        let read = refusal(502, &HeaderMap::new(), b"Bad gateway", &[]);
        assert_eq!(
            (read.code, read.body_start.as_deref()),
            (None, Some("Bad gateway"))
        );
    }

    #[test]
    fn requests_stay_on_their_host() {
        let url = |text: &str| Url::parse(text).expect(text);
        let get = Call::get("/x");
        let put = Call::new(Method::Put, "/x");
        let from = url("http://a/api/3.1/x");
        assert!(follow(&get, &from, Some(url("https://a/api/3.1/x")), 302).is_ok());
        assert!(follow(&get, &from, Some(url("http://b/api/3.1/x")), 302).is_err());
        assert!(follow(&get, &url("https://a/x"), Some(url("http://a/x")), 302).is_err());
        assert!(follow(&put, &from, Some(url("https://a/x")), 301).is_err());
        assert!(follow(&put, &from, Some(url("https://a/x")), 308).is_ok());
        assert!(follow(&get, &from, None, 302).is_err());
    }

    #[test]
    fn methods_that_the_version_lacks_are_not_sent() {
        use vivant_wire::version::V;
        let path = "/sites/9a8b7c6d-5e4f-4a2b-8c0d-9e8f7a6b5c4d/views/9a8b7c6d-5e4f-4a2b-8c0d-9e8f7a6b5c4d";
        assert_eq!(
            operation(&Call::get(path), Some(V(3, 1))).expect("new enough"),
            Some("Get View")
        );
        let error = operation(&Call::get(path), Some(V(2, 8))).expect_err("too old");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("needs API version 3.1"), "{error}");
    }
}
