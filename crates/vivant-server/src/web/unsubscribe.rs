//! The page behind the link with which every mail of a subscription ends.
//!
//! The link alone says which subscription is meant; nobody signs in. Looking at the page ends
//! nothing, since mail filters open the links of a mail; its button does, and so does the POST of
//! mail programs (RFC 8058).

use axum::body::Body;
use http::{HeaderValue, Method, Response, StatusCode, header};
use tracing::{error, info};
use vivant_model::JobItemKind;
use vivant_store::{Secret, Subscription};

use super::{escape, fill, page};
use crate::app::App;

/// What the addresses of the page begin with; the link's secret follows.
pub const PATH: &str = "/vivant/unsubscribe/";

/// The path of a request as it may be logged.
pub fn without_secret(path: &str) -> &str {
    if path.starts_with(PATH) { PATH } else { path }
}

/// Answers a request for the page.
pub async fn respond(app: &App, method: &Method, token: &str) -> Response<Body> {
    let found = match app.store.subscription_by_token(&Secret::from(token)).await {
        Ok(found) => found,
        Err(error) => return failed(&error),
    };
    let Some(subscription) = found else {
        return unknown();
    };
    match *method {
        Method::GET | Method::HEAD => ask(&subscription),
        Method::POST => {
            let ended = app
                .store
                .delete_subscription(subscription.site_id, subscription.id)
                .await;
            match ended {
                // Two clicks at once: the other one did it.
                Ok(()) | Err(vivant_store::Error::NotFound(_)) => {
                    info!(subscription.id = %subscription.id, "ended by its reader");
                    done(&subscription)
                }
                Err(error) => failed(&error),
            }
        }
        _ => {
            let text = "    <p>Open the link from the mail in a browser.</p>";
            let mut response = show(StatusCode::METHOD_NOT_ALLOWED, "This page only opens", text);
            let allow = HeaderValue::from_static("GET, POST");
            response.headers_mut().insert(header::ALLOW, allow);
            response
        }
    }
}

fn ask(subscription: &Subscription) -> Response<Body> {
    let kind = match subscription.content.kind {
        JobItemKind::View => "View",
        _ => "Workbook",
    };
    let body = format!(
        "    <dl><dt>{kind}</dt><dd>{}</dd><dt>Subject</dt><dd>{}</dd><dt>Schedule</dt><dd>{}</dd><dt>Sent to</dt>\
         <dd>{}</dd></dl>\n    <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>",
        escape(&subscription.content_name),
        escape(&subscription.subject),
        escape(&subscription.schedule.name),
        escape(
            subscription
                .user
                .email
                .as_deref()
                .unwrap_or(&subscription.user.name)
        ),
    );
    show(StatusCode::OK, "Stop these mails?", &body)
}

fn done(subscription: &Subscription) -> Response<Body> {
    let body = format!(
        "    <p>“{}” will not be sent to you any more.</p>\n    <p class=\"quiet\">Other subscriptions go on.</p>",
        escape(&subscription.subject)
    );
    show(StatusCode::OK, "You are unsubscribed", &body)
}

fn unknown() -> Response<Body> {
    let body = "    <p>The subscription has ended already, or the link was cut off on its way. Copy the whole link \
                from the mail.</p>";
    show(StatusCode::NOT_FOUND, "This link leads nowhere", body)
}

fn failed(cause: &vivant_store::Error) -> Response<Body> {
    error!(error = %cause, "the store does not answer");
    let body = "    <p>Nothing has changed. Please open the link again later.</p>";
    show(StatusCode::SERVICE_UNAVAILABLE, "That did not work", body)
}

fn show(status: StatusCode, title: &str, body: &str) -> Response<Body> {
    let html = fill(
        include_str!("unsubscribe.html"),
        &[("title", escape(title)), ("body", body.to_owned())],
    );
    page(status, html)
}
