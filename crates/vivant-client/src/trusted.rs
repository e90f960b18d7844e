//! Trusted tickets: a view for somebody who is known to a host that the server trusts. They are no part of the
//! REST API, and Tableau Cloud has none.

use bytes::{Bytes, BytesMut};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderValue, LOCATION, SET_COOKIE};
use tokio::time::timeout;
use vivant_wire::paths::Method;

use crate::call::{Body, Call, Target, encode};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::transport::{self, AnswerBody};

/// The cookie that a session of the web pages is known by.
const SESSION: &str = "workgroup_session_id";
/// How often one request may be sent on to another address.
const MAX_REDIRECTS: usize = 10;
/// No page or export is larger.
const MAX_BYTES: usize = 256 * 1024 * 1024;

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

/// What the web pages make of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFormat {
    /// The data, as text with commas.
    Csv,
    /// A document.
    Pdf,
    /// A picture.
    Png,
}

impl PageFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }
}

/// A session of the web pages that a ticket was redeemed for. It is no session of the REST API.
#[derive(Clone)]
pub struct TrustedSession {
    browser: Browser,
    site: String,
    id: Secret,
}

impl std::fmt::Debug for TrustedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustedSession")
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Redeems a ticket: opens a page, such as `views/Workbook/Sheet`, with it, and keeps the session that comes of
    /// that. The ticket is used up then, whatever comes of it.
    pub async fn redeem_ticket(&self, ticket: &Ticket, page: &str) -> Result<TrustedSession> {
        if ticket.server != self.server() {
            return Err(Error::invalid("the ticket is of another server"));
        }
        let address = Url::parse(ticket.address(page).expose()).map_err(|_| {
            Error::invalid("the page of a ticket is part of an address, such as views/Book/Sheet")
        })?;
        let mut browser = Browser {
            client: self.clone(),
            cookies: Vec::new(),
        };
        browser.open(address).await?;
        let id = browser.cookies.iter().find(|(name, _)| name == SESSION);
        let id = id.map(|(_, id)| id.clone()).ok_or_else(|| {
            let message = "the server makes no session of the ticket: it was used before, is too old, or is for \
                           another address";
            Error::new(ErrorKind::SignIn, message)
        })?;
        Ok(TrustedSession {
            browser,
            site: ticket.site.clone(),
            id,
        })
    }
}

impl TrustedSession {
    /// The id of the session, as the repository of a Tableau Server and `tabcmd` know it.
    pub fn id(&self) -> &Secret {
        &self.id
    }

    /// Exports a view, `Workbook/Sheet`, as its page shows it with these fields filtered and parameters set. `:refresh`
    /// with `yes` has the data read anew.
    pub async fn export(&self, view: &str, format: PageFormat, settings: &[(&str, &str)]) -> Result<Bytes> {
        let site = match self.site.as_str() {
            "" => String::new(),
            site => format!("/t/{}", encode(site)),
        };
        let view: Vec<String> = view.trim_matches('/').split('/').map(encode).collect();
        let [book, sheet] = &view[..] else {
            return Err(Error::invalid(
                "a view is named by workbook and sheet, such as Book/Sheet",
            ));
        };
        let settings: Vec<String> = settings
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let address = format!(
            "{}{site}/views/{book}/{sheet}.{}{}{}",
            self.browser.client.server(),
            format.ending(),
            if settings.is_empty() { "" } else { "?" },
            settings.join("&")
        );
        let address = Url::parse(&address).map_err(|_| Error::invalid("the view makes no address"))?;
        let (is_page, bytes) = self.browser.clone().open(address).await?;
        // Tableau: without a session, and for what the user may not see, there is a page in place of the file.
        match is_page {
            true => Err(Error::new(
                ErrorKind::SignIn,
                "the server shows a page in place of the export: the session has ended, or the user may not see the view",
            )),
            false => Ok(bytes),
        }
    }
}

/// What a browser does for a session: it keeps cookies, and goes where it is led.
#[derive(Clone)]
struct Browser {
    client: Client,
    cookies: Vec<(String, Secret)>,
}

impl Browser {
    /// Opens an address and those that it leads to, on this server alone; notes the cookies. Tells whether a page
    /// for people came, and what came.
    async fn open(&mut self, mut address: Url) -> Result<(bool, Bytes)> {
        let home = self.client.0.base().origin();
        let limits = &self.client.0.timeouts;
        for _ in 0..=MAX_REDIRECTS {
            if address.origin() != home {
                let message = "the server leads on to another one, which must not get to know the session";
                return Err(Error::new(ErrorKind::SignIn, message));
            }
            let mut request = reqwest::Request::new(reqwest::Method::GET, address.clone());
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={}", value.expose()))
                .collect();
            if !cookies.is_empty() {
                let mut value = HeaderValue::from_str(&cookies.join("; ")).map_err(|_| {
                    Error::new(ErrorKind::UnexpectedAnswer, "the server's cookies cannot be sent")
                })?;
                value.set_sensitive(true);
                request.headers_mut().insert(COOKIE, value);
            }
            let late = || Error::new(ErrorKind::Timeout, "the server did not answer in time");
            let broken = |error: reqwest::Error| transport::explain(&error, &address).0;
            let sent = timeout(limits.long_response, self.client.0.http.execute(request));
            let mut answer = sent.await.map_err(|_| late())?.map_err(broken)?;
            let status = answer.status();
            for cookie in answer.headers().get_all(SET_COOKIE) {
                self.cookies = noted(std::mem::take(&mut self.cookies), cookie);
            }
            let next = answer.headers().get(LOCATION).filter(|_| status.is_redirection());
            if let Some(next) = next {
                let next = next.to_str().ok().and_then(|next| address.join(next).ok());
                address = next.ok_or_else(|| {
                    Error::new(
                        ErrorKind::UnexpectedAnswer,
                        "the server leads on to what is no address",
                    )
                })?;
                continue;
            }
            if !status.is_success() {
                let kind = match status.as_u16() {
                    401 => ErrorKind::SignIn,
                    403 => ErrorKind::Forbidden,
                    404 => ErrorKind::NotFound,
                    _ => ErrorKind::Server,
                };
                let message = format!("the server answers {status}");
                return Err(Error::new(kind, message).with_status(status.as_u16()));
            }
            let kind = answer.headers().get(CONTENT_TYPE);
            let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            let mut body = BytesMut::new();
            while let Some(piece) = timeout(limits.idle, answer.chunk())
                .await
                .map_err(|_| late())?
                .map_err(broken)?
            {
                if body.len() + piece.len() > MAX_BYTES {
                    let message = format!("the answer is larger than {} MB", MAX_BYTES >> 20);
                    return Err(Error::new(ErrorKind::UnexpectedAnswer, message));
                }
                body.extend_from_slice(&piece);
            }
            return Ok((is_page, body.freeze()));
        }
        let message = format!("the server leads on more than {MAX_REDIRECTS} times");
        Err(Error::new(ErrorKind::UnexpectedAnswer, message))
    }
}

/// The cookies with one more, or without one that the server takes back.
fn noted(mut cookies: Vec<(String, Secret)>, header: &HeaderValue) -> Vec<(String, Secret)> {
    let Some(text) = header.to_str().ok() else {
        return cookies;
    };
    let Some((name, value)) = text.split(';').next().and_then(|pair| pair.split_once('=')) else {
        return cookies;
    };
    let (name, value) = (name.trim(), value.trim());
    cookies.retain(|(known, _)| known != name);
    if !name.is_empty() && !matches!(value, "" | "\"\"") {
        cookies.push((name.to_owned(), value.into()));
    }
    cookies
}
