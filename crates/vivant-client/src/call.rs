//! A request before it is sent: where, what, and whether it may be sent twice.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderName;
use tokio::time::Instant;
use vivant_wire::paths::Method;
use vivant_wire::{Format, Out, multipart};

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::source::{Piece, Watched};

/// The pieces in which files are read and sent.
const READ_SIZE: usize = 256 * 1024;
/// How many pieces are read before they are needed.
const READ_AHEAD: usize = 8;

/// Everything but letters, digits and `-._~`, so that no server or proxy can misread a value.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Whether a request may be repeated when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Safety {
    /// Twice does what once does.
    Repeatable,
    /// Only when the server certainly did nothing.
    Once,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Behind `/api/{version}`.
    Api(String),
    /// Behind the server's address.
    Root(String),
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub method: Method,
    pub target: Target,
    pub query: Vec<(Cow<'static, str>, String)>,
    /// Headers of the method's own.
    pub headers: Vec<(HeaderName, String)>,
    pub body: Body,
    pub safety: Safety,
    /// Moves content or makes the server work long: other time limits hold.
    pub long: bool,
    /// Is sent also where the version's reference does not have the method.
    pub unchecked: bool,
    /// What must not show up in errors, beyond the session's own secrets.
    pub secrets: Vec<Secret>,
    /// Who is told how much of the content has gone out.
    pub watched: Option<Watched>,
}

/// A request's body; every kind can be sent again.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Xml(String),
    Json(String),
    /// Encoded as a browser sends a form.
    Form(String),
    /// Anything, under its media type.
    Bytes(String, Bytes),
    Multipart(Multipart),
}

impl Call {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            target: Target::Api(path.into()),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            safety: match method {
                Method::Get => Safety::Repeatable,
                _ => Safety::Once,
            },
            long: false,
            unchecked: false,
            secrets: Vec::new(),
            watched: None,
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers
            .push((HeaderName::from_static(name), value.to_string()));
        self
    }

    pub fn flag(self, name: &'static str, set: bool) -> Self {
        match set {
            true => self.query(name, "true"),
            false => self,
        }
    }

    pub fn body(mut self, write: impl FnOnce(&mut Out)) -> Self {
        self.body = Body::Xml(Out::request(Format::Xml, write));
        self
    }

    pub fn json(mut self, body: String) -> Self {
        self.body = Body::Json(body);
        self
    }

    pub fn repeatable(mut self) -> Self {
        self.safety = Safety::Repeatable;
        self
    }

    pub fn long(mut self) -> Self {
        self.long = true;
        self
    }

    pub fn query_string(&self) -> String {
        let pairs: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        pairs.join("&")
    }
}

/// Encodes a value for a query or one part of a path.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A `multipart/mixed` body: the request's XML, then perhaps content.
#[derive(Clone, Debug)]
pub(crate) struct Multipart {
    boundary: String,
    /// The request's document; `None` where there is no part for it at all.
    payload: Option<String>,
    /// Name of the part, its content.
    content: Option<(&'static str, Piece)>,
    /// The content's media type.
    content_type: &'static str,
}

impl Multipart {
    pub fn new(payload: String, content: Option<(&'static str, Piece)>) -> Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|e| Error::file(format!("the system gives no random numbers: {e}")))?;
        Ok(Self {
            boundary: format!("vivant-{:032x}", u128::from_be_bytes(random)),
            payload: Some(payload),
            content,
            content_type: "application/octet-stream",
        })
    }

    /// A body of content only.
    pub fn of_file(name: &'static str, piece: Piece) -> Result<Self> {
        Ok(Self {
            payload: None,
            ..Self::new(String::new(), Some((name, piece)))?
        })
    }

    /// A body of an empty text under a file name, which some methods take for "none".
    pub fn of_nothing(name: &'static str, file_name: &str) -> Result<Self> {
        let nothing = Piece::Bytes {
            name: file_name.to_owned(),
            bytes: Bytes::new(),
        };
        Ok(Self {
            content_type: "text/plain",
            ..Self::of_file(name, nothing)?
        })
    }

    /// The request's document.
    pub fn payload(&self) -> &str {
        self.payload.as_deref().unwrap_or_default()
    }

    /// The content, where the body has some.
    pub fn content(&self) -> Option<&Piece> {
        self.content.as_ref().map(|(_, piece)| piece)
    }

    pub fn content_type(&self) -> String {
        format!("multipart/mixed; boundary={}", self.boundary)
    }

    /// What stands before the content, and behind it.
    fn frame(&self) -> (String, String) {
        let mut head = String::new();
        if let Some(payload) = &self.payload {
            head = multipart::part_header(&self.boundary, "request_payload", None, "text/xml");
            head.push_str(payload);
        }
        if let Some((name, piece)) = &self.content {
            if !head.is_empty() {
                head.push_str("\r\n");
            }
            head.push_str(&multipart::part_header(
                &self.boundary,
                name,
                Some(piece.file_name()),
                self.content_type,
            ));
        }
        (head, multipart::closing(&self.boundary))
    }

    pub fn length(&self) -> u64 {
        let (head, tail) = self.frame();
        head.len() as u64 + self.content.as_ref().map_or(0, |(_, piece)| piece.length()) + tail.len() as u64
    }

    /// The body, read from disk while it is sent; every piece that goes out is noted, and told of.
    pub async fn stream(
        &self,
        activity: Activity,
        watched: Option<Watched>,
    ) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send + 'static> {
        let (head, tail) = self.frame();
        let content = match &self.content {
            None => stream::empty().boxed(),
            Some((_, Piece::Bytes { bytes, .. })) => {
                let parts: Vec<Bytes> = split(bytes);
                stream::iter(parts.into_iter().map(Ok)).boxed()
            }
            Some((
                _,
                Piece::File {
                    path, offset, length, ..
                },
            )) => file_stream(path, *offset, *length).await?.boxed(),
        };
        let mut moved = 0;
        let content = content.inspect_ok(move |piece| {
            moved += piece.len() as u64;
            if let Some(watched) = &watched {
                watched.tell(moved);
            }
        });
        Ok(stream::iter([Ok(Bytes::from(head))])
            .chain(content)
            .chain(stream::iter([Ok(Bytes::from(tail))]))
            .inspect_ok(move |_| activity.note()))
    }
}

fn split(bytes: &Bytes) -> Vec<Bytes> {
    (0..bytes.len())
        .step_by(READ_SIZE)
        .map(|at| bytes.slice(at..bytes.len().min(at + READ_SIZE)))
        .collect()
}

/// Streams a part of a file. A thread of its own reads ahead of what is sent.
pub(crate) async fn file_stream(
    path: &Path,
    offset: u64,
    length: u64,
) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send + 'static> {
    let path = path.to_owned();
    let (give, take) = tokio::sync::mpsc::channel(READ_AHEAD);
    let (opened, open) = tokio::sync::oneshot::channel();
    tokio::task::spawn_blocking(move || {
        let unreadable = |e: std::io::Error| format!("{} cannot be read: {e}", path.display());
        let file = File::open(&path).and_then(|mut file| file.seek(SeekFrom::Start(offset)).map(|_| file));
        let mut file = match file {
            Ok(file) => file,
            Err(e) => {
                let _ = opened.send(Err(Error::file(unreadable(e))));
                return;
            }
        };
        let _ = opened.send(Ok(()));
        let mut left = length;
        while left > 0 {
            let size = left.min(READ_SIZE as u64);
            let mut buffer = Vec::with_capacity(READ_SIZE.min(size as usize));
            let piece = match (&mut file).take(size).read_to_end(&mut buffer) {
                Err(e) => Err(unreadable(e)),
                // The length is announced already: a file that shrinks meanwhile must not look like a whole one.
                Ok(read) if (read as u64) < size => {
                    Err(format!("{} became shorter while it was sent", path.display()))
                }
                Ok(_) => Ok(Bytes::from(buffer)),
            };
            left -= size;
            let piece = piece.map_err(|trouble| std::io::Error::other(SourceTrouble(trouble)));
            let broken = piece.is_err();
            // Nobody takes any more once sending has failed.
            if give.blocking_send(piece).is_err() || broken {
                return;
            }
        }
    });
    open.await
        .map_err(|_| Error::file("the thread that reads files is gone"))??;
    Ok(stream::unfold(take, |mut take| async move {
        take.recv().await.map(|piece| (piece, take))
    }))
}

/// A failure of what is sent, not of the sending.
#[derive(Debug)]
pub(crate) struct SourceTrouble(pub String);

impl std::fmt::Display for SourceTrouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SourceTrouble {}

/// When something was last sent, so that a slow upload is not taken for a silent server.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    start: Instant,
    last: Arc<AtomicU64>,
}

impl Activity {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            last: Arc::default(),
        }
    }

    fn note(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    pub fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_characters_are_encoded() {
        let call = Call::get("/x")
            .query("filter", "name:eq:a+b & c,[d]/é")
            .flag("overwrite", true)
            .flag("append", false);
        assert_eq!(
            call.query_string(),
            "filter=name%3Aeq%3Aa%2Bb%20%26%20c%2C%5Bd%5D%2F%C3%A9&overwrite=true"
        );
    }

    #[tokio::test]
    async fn a_body_has_the_length_it_announces() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), vec![7u8; 300_000]).expect("written");
        let pieces = [
            Piece::Bytes {
                name: "a.twb".to_owned(),
                bytes: Bytes::from(vec![1u8; 300_001]),
            },
            Piece::File {
                name: "b.twbx".to_owned(),
                path: file.path().to_owned(),
                offset: 100_000,
                length: 150_000,
            },
        ];
        for piece in pieces {
            let body =
                Multipart::new("<tsRequest/>".to_owned(), Some(("tableau_workbook", piece))).expect("a body");
            let bytes: Vec<Bytes> = body
                .stream(Activity::new(), None)
                .await
                .expect("opened")
                .try_collect()
                .await
                .expect("read");
            assert_eq!(bytes.iter().map(|b| b.len() as u64).sum::<u64>(), body.length());
        }
    }

    #[tokio::test]
    async fn a_file_that_shrinks_is_noticed() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "short").expect("written");
        let piece = Piece::File {
            name: "a.twb".to_owned(),
            path: file.path().to_owned(),
            offset: 0,
            length: 10,
        };
        let body = Multipart::new(String::new(), Some(("f", piece))).expect("a body");
        let all: std::io::Result<Vec<Bytes>> = body
            .stream(Activity::new(), None)
            .await
            .expect("opened")
            .try_collect()
            .await;
        assert!(all.expect_err("too short").to_string().contains("became shorter"));
    }
}
