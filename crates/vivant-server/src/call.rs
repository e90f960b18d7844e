//! One request as handlers see it: the method of the reference, its variables, query and body.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, StatusCode};
use vivant_wire::node::Read1;
use vivant_wire::out::Write1;
use vivant_wire::paths::Endpoint;
use vivant_wire::query::{Fields, QueryString};
use vivant_wire::{ApiVersion, ErrorCode, Format, Node, Out};

use crate::app::App;
use crate::auth::Signed;
use crate::body;
use crate::errors::{Result, bad_request, not_found};
use crate::reply::Reply;
use crate::views::Shape;

/// A request on its way through a handler.
pub struct Call {
    /// The server.
    pub app: App,
    /// The method of the reference.
    pub endpoint: &'static Endpoint,
    /// Values of the variable parts of the address.
    pub values: Vec<String>,
    /// The version in the address.
    pub version: ApiVersion,
    /// The format of the answer.
    pub format: Format,
    /// The query string.
    pub query: QueryString,
    /// The headers.
    pub headers: HeaderMap,
    /// The address that the request came from.
    pub peer: Option<IpAddr>,
    /// In a lock only so that a call can be shared between threads, which a body alone cannot.
    body: Mutex<Body>,
}

impl Call {
    /// Puts the parts of a request together.
    #[expect(clippy::too_many_arguments, reason = "each is a field")]
    pub fn new(
        app: App,
        endpoint: &'static Endpoint,
        values: Vec<String>,
        version: ApiVersion,
        query: QueryString,
        headers: HeaderMap,
        peer: Option<IpAddr>,
        body: Body,
    ) -> Self {
        let format = answer_format(&headers);
        Self {
            app,
            endpoint,
            values,
            version,
            format,
            query,
            headers,
            peer,
            body: Mutex::new(body),
        }
    }

    /// The value of a variable part of the address, such as `workbook-id`; empty where the address
    /// has none of the name.
    pub fn value(&self, name: &str) -> &str {
        self.endpoint.value(name, &self.values).unwrap_or_default()
    }

    /// Reads an id in the address; whatever is no id does not exist.
    pub fn id<T: FromStr>(&self, name: &str, missing: ErrorCode) -> Result<T> {
        let text = self.value(name);
        let what = name.strip_suffix("-id").unwrap_or(name);
        text.parse()
            .map_err(|_| not_found(missing, &what.replace('-', " "), text))
    }

    /// The session's token, from either header that clients use.
    pub fn token(&self) -> Option<&str> {
        token(&self.headers)
    }

    /// Takes the body, once.
    pub fn take_body(&mut self) -> Body {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(body, Body::empty())
    }

    /// Reads the request document.
    pub async fn document(&mut self) -> Result<Node> {
        let bytes = body::read_document(self.take_body()).await?;
        body::parse_document(&self.headers, &bytes)
    }

    /// Reads the request document's element of the name, which must be there.
    pub async fn read<T: Read1>(&mut self, name: &str) -> Result<T> {
        element(&self.document().await?, name)
    }

    /// What shapes the items of the answer: version, fields, and the site's web address.
    pub fn shape(&self, who: &Signed) -> Shape {
        let fields = Fields::parse(self.query.get("fields"));
        let site = match who.session.site_content_url.as_str() {
            "" => String::new(),
            url => format!("/site/{url}"),
        };
        Shape {
            version: self.version,
            fields,
            web: format!("{}/#{site}", self.web_root()),
        }
    }

    /// Scheme and host that the caller reached the server under.
    fn web_root(&self) -> String {
        if let Some(url) = &self.app.config.public_url {
            return url.clone();
        }
        let scheme = if self.app.config.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let host = self
            .headers
            .get(HOST)
            .and_then(|v| v.to_str().ok())
            .unwrap_or("localhost");
        format!("{scheme}://{host}")
    }

    /// Answers 200 with one element.
    pub fn one(&self, name: &str, value: &impl Write1) -> Reply {
        self.answer(StatusCode::OK, |out| out.child(name, value))
    }

    /// Answers 201 with one element and its address below `/api/{version}`.
    pub fn created(&self, name: &str, value: &impl Write1, path: &str) -> Reply {
        let location = format!("/api/{}{path}", self.version);
        self.answer(StatusCode::CREATED, |out| out.child(name, value))
            .at(location)
    }

    /// Answers 202 with one element: what was asked for goes on in the background.
    pub fn accepted(&self, name: &str, value: &impl Write1) -> Reply {
        self.answer(StatusCode::ACCEPTED, |out| out.child(name, value))
    }

    /// Answers with a document.
    pub fn answer(&self, status: StatusCode, body: impl FnOnce(&mut Out)) -> Reply {
        let body = Out::response(self.format, self.version, body);
        Reply::Document {
            status,
            format: self.format,
            body,
            location: None,
        }
    }
}

/// The token of a session, from either header that clients use.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    let bearer = header(AUTHORIZATION.as_str()).and_then(|v| {
        let (scheme, token) = v.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    header("x-tableau-auth")
        .or(bearer)
        .filter(|token| !token.is_empty())
}

/// Reads an element that must be in a document.
pub fn element<T: Read1>(document: &Node, name: &str) -> Result<T> {
    let found = document.one(name).map_err(|e| bad_request(format!("{e}.")))?;
    found.ok_or_else(|| bad_request(format!("The request body must hold a {name} element.")))
}

/// JSON where the caller accepts it by name, else XML.
pub fn answer_format(headers: &HeaderMap) -> Format {
    let accept = headers
        .get(ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let position = |kind: &str| accept.find(kind);
    match (position("json"), position("xml")) {
        (Some(json), Some(xml)) if xml < json => Format::Xml,
        (Some(_), _) => Format::Json,
        _ => Format::Xml,
    }
}

/// The format of a request body: by Content-Type, else by its first character.
pub fn request_format(headers: &HeaderMap, body: &[u8]) -> Format {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    if content_type.contains("json") {
        return Format::Json;
    }
    if content_type.contains("xml") {
        return Format::Xml;
    }
    match body.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => Format::Json,
        _ => Format::Xml,
    }
}
