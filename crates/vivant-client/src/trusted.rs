//! Trusted tickets: a view for somebody who is known to a host that the server trusts. They are no part of the
//! REST API, and Tableau Cloud has none.

use vivant_wire::paths::Method;

use crate::call::{Body, Call, Target, encode};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::transport::AnswerBody;

/// For whom a ticket is asked.
#[derive(Clone, Debug, Default)]
pub struct TicketRequest {
    /// User name, with the domain where the server has several.
    pub user: String,
    /// The site's content URL; empty is Default.
    pub site: String,
    /// The address of the user's browser, where the server checks it.
    pub client_ip: Option<String>,
}

/// A ticket, to be used once and soon.
#[derive(Clone, Debug)]
pub struct Ticket {
    value: Secret,
    server: String,
    site: String,
}

impl Client {
    /// Asks for a trusted ticket; the server must know this host as one to trust.
    pub async fn trusted_ticket(&self, request: &TicketRequest) -> Result<Ticket> {
        if request.user.is_empty() {
            return Err(Error::invalid("a trusted ticket needs the name of a user"));
        }
        let mut form = format!("username={}", encode(&request.user));
        if !request.site.is_empty() {
            form.push_str(&format!("&target_site={}", encode(&request.site)));
        }
        if let Some(ip) = &request.client_ip {
            form.push_str(&format!("&client_ip={}", encode(ip)));
        }
        let mut call = Call {
            target: Target::Root("/trusted".to_owned()),
            ..Call::new(Method::Post, "")
        };
        call.body = Body::Form(form);
        // A ticket that nobody gets to know ends by itself.
        let answer = self.0.send(&call.repeatable(), None, None, &[], false).await?;
        let AnswerBody::Whole(body) = answer.body else {
            return Err(Error::new(
                ErrorKind::UnexpectedAnswer,
                "the answer has no ticket",
            ));
        };
        let text = String::from_utf8_lossy(&body);
        let text = text.trim();
        // Tableau: refusals are answered with 200, too.
        if text == "-1" {
            let message = format!(
                "the server gives no ticket for {}: this host is not one that it trusts, or the user is not on the site",
                request.user
            );
            return Err(Error::new(ErrorKind::SignIn, message).with_status(answer.status));
        }
        let fits =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | ':' | '.' | '+' | '/');
        if text.is_empty() || text.len() > 512 || !text.chars().all(fits) {
            let message =
                "what answers at /trusted is no Tableau-compatible server, or has trusted tickets turned off";
            return Err(Error::new(ErrorKind::UnexpectedAnswer, message).with_status(answer.status));
        }
        Ok(Ticket {
            value: text.into(),
            server: self.server(),
            site: request.site.clone(),
        })
    }
}

impl Ticket {
    /// The ticket itself.
    pub fn value(&self) -> &Secret {
        &self.value
    }

    /// The address that shows a page to whoever has the ticket: `views/Workbook/Sheet`, for example.
    pub fn address(&self, page: &str) -> Secret {
        let site = match self.site.as_str() {
            "" => String::new(),
            site => format!("/t/{}", encode(site)),
        };
        let page = page.trim_start_matches('/');
        Secret::new(format!(
            "{}/trusted/{}{site}/{page}",
            self.server,
            encode(self.value.expose())
        ))
    }
}
