//! Requests of the caller's own making: for methods that the client does not know, with everything that its own
//! calls have — the session and its renewal, time limits, repeats, and the reading of errors.

use std::fmt;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, TRANSFER_ENCODING};
use vivant_wire::paths::Method;

use crate::call::{Body, Call, Multipart, Target};
use crate::download::{self, Downloaded};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::site::Site;
use crate::source::{Pieces, Source};
use crate::transport::AnswerBody;

/// A request that is still to be sent.
///
/// ```no_run
/// # async fn example(site: vivant_client::Site) -> vivant_client::Result<()> {
/// use vivant_client::{Method, Request};
///
/// let request = Request::on_site(Method::Post, "/groups").xml("<tsRequest><group name='Testers'/></tsRequest>");
/// let answer = site.request(request).await?;
/// eprintln!("{}", answer.text());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before the request is given to a session or a client"]
pub struct Request {
    place: Place,
    path: String,
    call: Call,
    problem: Option<Error>,
}

/// What a request's path stands below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Site,
    Api,
    Server,
}

impl Request {
    /// Begins a request whose path stands below the session's site, `/api/{version}/sites/{id}`.
    pub fn on_site(method: Method, path: impl Into<String>) -> Self {
        Self::new(Place::Site, method, path.into())
    }

    /// Begins a request whose path stands below `/api/{version}`.
    pub fn on_api(method: Method, path: impl Into<String>) -> Self {
        Self::new(Place::Api, method, path.into())
    }

    /// Begins a request whose path stands below the server's address.
    pub fn on_server(method: Method, path: impl Into<String>) -> Self {
        Self::new(Place::Server, method, path.into())
    }

    fn new(place: Place, method: Method, path: String) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let mut call = Call::new(method, String::new());
        call.unchecked = true;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
            call = call.query(decoded(name), decoded(value));
        }
        let path = match path {
            "" | "/" => String::new(),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("/{path}"),
        };
        Self {
            problem: check(&path).err(),
            place,
            path,
            call,
        }
    }

    /// Adds a parameter to the query; it is encoded so that every character arrives. A query may stand behind the
    /// path as well, encoded by the caller.
    pub fn query(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.call = self.call.query(name.into(), value);
        self
    }

    /// Adds a header. Those that the client sets itself cannot be chosen.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let taken = [
            HOST,
            CONTENT_LENGTH,
            CONTENT_TYPE,
            TRANSFER_ENCODING,
            AUTHORIZATION,
        ];
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) if taken.contains(&name) || name == "x-tableau-auth" => {
                self.refuse(format!("the header {name} is the client's to set"));
            }
            Ok(name) => self.call.headers.push((name, value.into())),
            Err(_) => self.refuse(format!("'{name}' is no name of a header")),
        }
        self
    }

    /// Sends a document of XML, mostly a `tsRequest`.
    pub fn xml(self, document: impl Into<String>) -> Self {
        self.body(Body::Xml(document.into()))
    }

    /// Sends a document of JSON.
    pub fn json(self, document: impl Into<String>) -> Self {
        self.body(Body::Json(document.into()))
    }

    /// Sends bytes under a media type.
    pub fn bytes(self, media_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        self.body(Body::Bytes(media_type.into(), bytes.into()))
    }

    /// Sends a document of XML with content beside it, as publishing does: `part` names the content, such as
    /// `tableau_workbook`. It must fit into one request of 64 MB.
    pub async fn multipart(
        self,
        document: &str,
        part: &'static str,
        content: impl Into<Source>,
    ) -> Result<Self> {
        let piece = Pieces::new(content.into()).await?.single().await?;
        let body = Multipart::new(document.to_owned(), Some((part, piece)))?;
        Ok(self.body(Body::Multipart(body)).long())
    }

    /// Says that twice leaves what once leaves, so that the request is repeated also where nobody knows what became
    /// of it. For GET it is so anyway.
    pub fn repeatable(mut self) -> Self {
        self.call = self.call.repeatable();
        self
    }

    /// Says that the server may work long: the limits of publishing and downloading hold.
    pub fn long(mut self) -> Self {
        self.call = self.call.long();
        self
    }

    /// Names something in the request that must not show up in an error, such as a password.
    pub fn secret(mut self, secret: Secret) -> Self {
        self.call.secrets.push(secret);
        self
    }

    fn body(mut self, body: Body) -> Self {
        self.call.body = body;
        self
    }

    fn refuse(&mut self, why: String) {
        self.problem.get_or_insert(Error::invalid(why));
    }

    /// The call, for a site or for none.
    fn call(self, site: Option<&Site>) -> Result<Call> {
        let Self {
            place,
            path,
            mut call,
            problem,
        } = self;
        if let Some(problem) = problem {
            return Err(problem);
        }
        if call.method == Method::Get && !matches!(call.body, Body::Empty) {
            return Err(Error::invalid("a GET request has no body; use another method"));
        }
        call.target = match (place, site) {
            (Place::Site, Some(site)) => Target::Api(site.path(&path)),
            (Place::Site, None) => {
                return Err(Error::invalid(
                    "a request below a site needs a session on it: sign in first",
                ));
            }
            (Place::Api, _) => Target::Api(path),
            (Place::Server, _) => Target::Root(path),
        };
        Ok(call)
    }
}

/// Refuses what would not stay below its place, or mean something else than is written.
fn check(path: &str) -> Result<()> {
    if path.contains('#') {
        return Err(Error::invalid(format!(
            "the path '{path}' holds a '#'; write %23 where the character is meant"
        )));
    }
    let up = |part: &str| matches!(&*percent_decode_str(part).decode_utf8_lossy(), "." | "..");
    if path.split(['/', '\\']).any(up) {
        return Err(Error::invalid(format!(
            "the path '{path}' leads out of its place"
        )));
    }
    Ok(())
}

/// What a server answered to a [`Request`].
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status: one of success, since all others are errors.
    pub status: u16,
    /// The media type of the body.
    pub content_type: Option<String>,
    /// All headers with readable values, in the server's order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as a text; bytes that are none become `�`.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    fn from_transport(answer: crate::transport::Answer) -> Self {
        let headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let mut read = Self {
            status: answer.status,
            content_type: None,
            headers,
            body: match answer.body {
                AnswerBody::Whole(body) => body,
                AnswerBody::Stream(_) => Bytes::new(),
            },
        };
        read.content_type = read.header("content-type").map(str::to_owned);
        read
    }
}

// Answers may hold secrets, such as the token of a sign-in.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Site {
    /// Sends a request of the caller's own making, and reads its answer into memory.
    ///
    /// It is sent whatever the API version; what the server refuses is an error as of any other call. A write of
    /// which nobody knows whether it was done is not repeated, unless the request says that it may be
    /// ([`Request::repeatable`]).
    pub async fn request(&self, request: Request) -> Result<Answer> {
        let answer = self.whole(&request.call(Some(self))?).await?;
        Ok(Answer::from_transport(answer))
    }

    /// Sends a GET request of the caller's own making whose answer is content of any size, and downloads that.
    pub async fn request_content(
        &self,
        request: Request,
        to: impl Into<download::Target>,
    ) -> Result<Downloaded> {
        let call = request.long().call(Some(self))?;
        if call.method != Method::Get {
            return Err(Error::invalid(format!(
                "only the answer to GET can be downloaded, not to {}",
                call.method
            )));
        }
        self.download(&call, to.into(), "answer").await
    }
}

impl crate::client::Client {
    /// Sends a request of the caller's own making without a session.
    pub async fn request(&self, request: Request) -> Result<Answer> {
        let answer = self.answer(&request.call(None)?, None, &[], false).await?;
        Ok(Answer::from_transport(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_stays_below_its_place() {
        for path in ["/a/../b", "..", "/%2e%2E/auth", "/a\\..\\b", "/a#b"] {
            let refused = Request::on_api(Method::Get, path).call(None).expect_err(path);
            assert!(refused.to_string().contains("path"), "{refused}");
        }
        let call = Request::on_api(Method::Get, "a.b/c..d?x=%26%2B+&y")
            .query("z", "ä")
            .call(None)
            .expect("a call");
        assert!(matches!(&call.target, Target::Api(path) if path == "/a.b/c..d"));
        assert_eq!(call.query_string(), "x=%26%2B%2B&y=&z=%C3%A4");
    }

    #[test]
    fn what_the_client_sets_cannot_be_set() {
        for name in ["X-Tableau-Auth", "host", "Content-Length", "a b"] {
            let request = Request::on_server(Method::Get, "/x").header(name, "y");
            assert!(request.call(None).is_err(), "{name}");
        }
        assert!(Request::on_site(Method::Get, "/x").call(None).is_err());
        assert!(Request::on_api(Method::Get, "/x").xml("<a/>").call(None).is_err());
    }
}
