//! Files from plain addresses: what a program needs that is not on a Tableau server.

use std::time::Duration;

use reqwest::Url;
use tokio::time::timeout;

use crate::error::{Error, ErrorKind, Result};
use crate::{tls, transport};

/// How long nothing may come.
const IDLE: Duration = Duration::from_secs(60);
/// How often an address may send on to another one.
const MAX_REDIRECTS: usize = 5;

/// Returns the address that a link in what came from another address leads to.
pub fn resolve(from: &str, link: &str) -> Option<String> {
    Some(Url::parse(from).ok()?.join(link).ok()?.into())
}

/// Fetches what is at an address and shows it piece by piece, with the size of the whole where it is known.
///
/// No more than `limit` bytes are taken. Redirects are followed, but not from an encrypted address to one that
/// is not.
pub async fn fetch(
    address: &str,
    limit: u64,
    mut piece: impl FnMut(&[u8], Option<u64>) -> std::io::Result<()>,
) -> Result<u64> {
    let url = Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Error::invalid(format!("`{address}` is no http:// or https:// address")))?;
    let only_https = url.scheme() == "https";
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::config(Vec::new(), false, true)?)
        .redirect(reqwest::redirect::Policy::limited(MAX_REDIRECTS))
        .https_only(only_https)
        .connect_timeout(Duration::from_secs(20))
        .user_agent(concat!("vivant/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| Error::invalid(format!("the HTTP client cannot be set up: {e}")))?;
    let late = || {
        Error::new(
            ErrorKind::Timeout,
            format!("nothing came from {url} for {IDLE:?}"),
        )
    };
    let broken = |e: reqwest::Error| transport::explain(&e, &url).0;
    let too_large = || {
        Error::new(
            ErrorKind::UnexpectedAnswer,
            format!("what is at {url} is larger than {limit} bytes"),
        )
    };
    let mut answer = timeout(IDLE, http.get(url.clone()).send())
        .await
        .map_err(|_| late())?
        .map_err(broken)?;
    let status = answer.status();
    if !status.is_success() {
        let kind = match status.as_u16() {
            404 | 410 => ErrorKind::NotFound,
            _ => ErrorKind::Server,
        };
        return Err(Error::new(kind, format!("{url} answered {status}")).with_status(status.as_u16()));
    }
    let whole = answer.content_length();
    if whole.is_some_and(|whole| whole > limit) {
        return Err(too_large());
    }
    let mut fetched = 0;
    while let Some(bytes) = timeout(IDLE, answer.chunk())
        .await
        .map_err(|_| late())?
        .map_err(broken)?
    {
        fetched += bytes.len() as u64;
        if fetched > limit {
            return Err(too_large());
        }
        piece(&bytes, whole).map_err(|e| Error::file(format!("what came from {url} cannot be kept: {e}")))?;
    }
    Ok(fetched)
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn links_lead_on_from_where_they_stand() {
        let from = "https://example.org/pypi/x/json";
        let check = |link, to: &str| assert_eq!(resolve(from, link).as_deref(), Some(to));
        check("../../files/x.whl", "https://example.org/files/x.whl");
        check(
            "https://other.example.org/x.whl",
            "https://other.example.org/x.whl",
        );
        assert_eq!(resolve("x", "y"), None);
    }
}
