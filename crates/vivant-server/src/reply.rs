//! Answers, before they become HTTP.

use axum::body::Body;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use http::{Response, StatusCode};
use vivant_wire::types;
use vivant_wire::{ApiVersion, Format, Out};

use crate::errors::ApiError;

/// An answer to a request.
pub enum Reply {
    /// A document in the format that the caller asked for.
    Document {
        /// HTTP status.
        status: StatusCode,
        /// Its format.
        format: Format,
        /// The text.
        body: String,
        /// Path of what was created.
        location: Option<String>,
    },
    /// 204.
    Empty,
    /// A file.
    File {
        /// 200, or 206 for a part.
        status: StatusCode,
        /// Headers, Content-Type and Content-Disposition among them.
        headers: Vec<(HeaderName, String)>,
        /// The bytes as they come.
        body: Body,
    },
}

impl Reply {
    /// 200 without a body.
    pub fn done() -> Self {
        Self::File {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: Body::empty(),
        }
    }

    /// Adds the address of what was created.
    #[must_use]
    pub fn at(mut self, path: String) -> Self {
        if let Self::Document { location, .. } = &mut self {
            *location = Some(path);
        }
        self
    }

    /// Makes the HTTP response.
    pub fn into_response(self) -> Response<Body> {
        match self {
            Self::Empty => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            Self::Document {
                status,
                format,
                body,
                location,
            } => {
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status;
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
                if let Some(Ok(location)) = location.map(HeaderValue::try_from) {
                    headers.insert(LOCATION, location);
                }
                response
            }
            Self::File {
                status,
                headers,
                body,
            } => {
                let mut response = Response::new(body);
                *response.status_mut() = status;
                for (name, value) in headers {
                    if let Ok(value) = HeaderValue::try_from(value) {
                        response.headers_mut().insert(name, value);
                    }
                }
                response
            }
        }
    }
}

/// Makes the answer of a failed request.
pub fn error_reply(error: &ApiError, format: Format, version: ApiVersion) -> Reply {
    let element = types::Error {
        code: Some(error.code.code().to_owned()),
        summary: Some(error.code.summary().to_owned()),
        detail: Some(error.detail.clone()),
    };
    Reply::Document {
        status: StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        format,
        body: Out::response(format, version, |out| out.child("error", &element)),
        location: None,
    }
}
