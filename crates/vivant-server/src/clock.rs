//! The clock: the system's, and on an ephemeral server one that tests set.
//!
//! `GET /vivant/clock` tells the time, `PUT` sets it, `DELETE` goes back to the system's time. A clock
//! that was set goes on from there. On any other server the address does not exist.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use vivant_store::Millis;
use vivant_wire::time::Timestamp;

use crate::app::App;
use crate::body::read_document;
use crate::call::token;

/// The address of the clock.
pub const PATH: &str = "/vivant/clock";

/// What is added to the system's time.
#[derive(Debug, Default)]
pub struct Clock(AtomicI64);

impl Clock {
    /// The present time.
    pub fn now(&self) -> Millis {
        system_time() + self.0.load(Ordering::Relaxed)
    }

    /// Says what time it is from now on.
    pub fn set(&self, now: Millis) {
        self.0.store(now - system_time(), Ordering::Relaxed);
    }

    /// Goes back to the system's time.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The system's time.
pub fn system_time() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Answers a request for the clock, of a server administrator.
pub async fn respond(app: &App, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    match administers(app, &parts.headers).await {
        Ok(true) => {}
        Ok(false) => {
            return text(
                StatusCode::FORBIDDEN,
                "only a server administrator sets the clock; send X-Tableau-Auth",
            );
        }
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            return text(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer");
        }
    }
    match parts.method {
        Method::GET | Method::HEAD => {}
        Method::DELETE => app.clock.reset(),
        Method::PUT => {
            let bytes = read_document(body).await.unwrap_or_default();
            let time = std::str::from_utf8(&bytes)
                .ok()
                .and_then(|t| Timestamp::parse(t.trim()));
            let Some(time) = time else {
                return text(
                    StatusCode::BAD_REQUEST,
                    "the body must be a time such as 2016-05-01T06:00:00Z",
                );
            };
            app.clock.set(time.0);
        }
        _ => return text(StatusCode::METHOD_NOT_ALLOWED, "use GET, PUT or DELETE"),
    }
    // What has become due is looked at now.
    app.jobs.wake();
    text(StatusCode::OK, &Timestamp(app.now()).to_string())
}

async fn administers(app: &App, headers: &http::HeaderMap) -> vivant_store::Result<bool> {
    let Some(token) = token(headers) else {
        return Ok(false);
    };
    let session = app
        .store
        .session(token, app.now(), app.config.token_idle_ms())
        .await?;
    Ok(session.is_some_and(|session| session.user.is_server_admin))
}

fn text(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_goes_on() {
        let clock = Clock::default();
        clock.set(1_000);
        let first = clock.now();
        assert!((1_000..60_000).contains(&first), "{first}");
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(clock.now() > first);
        clock.reset();
        assert!(clock.now() >= system_time() - 1_000);
    }
}
