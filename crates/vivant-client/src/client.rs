//! The client: one server, its settings, and the API version that both speak.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::Url;
use tokio::sync::OnceCell;
use vivant_wire::paths::Method;
use vivant_wire::types::ServerInfo;
use vivant_wire::version::V;
use vivant_wire::{ApiVersion, ErrorCode, Node, version};

use crate::address::Address;
use crate::call::{Call, Target};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::RetryPolicy;
use crate::secret::Secret;
use crate::site::Site;
use crate::tls;
use crate::transport::{Answer, AnswerBody, document};

/// The version under which a server is asked which it speaks; TSC begins with the same.
const FIRST_QUESTION: ApiVersion = V(2, 4);
/// One request's most bytes; beyond that content goes up in chunks.
pub(crate) const SINGLE_LIMIT: u64 = 64 * 1024 * 1024;
/// Tableau takes at most as many chunks.
pub(crate) const MAX_CHUNKS: u64 = 1000;

/// How long the client waits for what.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For a connection, the encryption included.
    pub connect: Duration,
    /// For an answer to begin once everything is sent.
    pub response: Duration,
    /// The same for publishing and downloading, where the server works longer.
    pub long_response: Duration,
    /// For the next bytes of an answer.
    pub idle: Duration,
    /// For one call with all its attempts.
    pub total: Option<Duration>,
    /// The same for publishing, by default unlimited.
    pub long_total: Option<Duration>,
}

impl Timeouts {
    /// The limit of a call with all its attempts.
    pub(crate) fn limit(&self, long: bool) -> Option<Duration> {
        match long {
            true => self.long_total,
            false => self.total,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            response: Duration::from_secs(120),
            long_response: Duration::from_secs(30 * 60),
            idle: Duration::from_secs(60),
            total: Some(Duration::from_secs(300)),
            long_total: None,
        }
    }
}

/// Which proxy is used.
#[derive(Clone, Debug, Default)]
pub enum ProxyChoice {
    /// What `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, or the system, say.
    #[default]
    Environment,
    /// None.
    None,
    /// This one for everything.
    Url(String),
}

/// Which API version is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VersionChoice {
    /// The newest that server and client know; the server is asked once.
    #[default]
    Negotiate,
    /// This one, without asking.
    Fixed(ApiVersion),
}

/// Settings of a client.
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientBuilder {
    server: String,
    timeouts: Timeouts,
    retry: RetryPolicy,
    user_agent: String,
    ca_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    accept_invalid_certs: bool,
    proxy: ProxyChoice,
    http2: bool,
    version: VersionChoice,
    page_size: u32,
    parallelism: usize,
    chunk_size: u64,
    single_limit: u64,
    cache_folder: Option<PathBuf>,
}

impl ClientBuilder {
    /// Sets the time limits.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets how failed requests are repeated.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets the User-Agent.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Trusts the authorities in a file (PEM or DER) beside those of the system.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Shows servers a certificate that wants one: a PEM file with the certificate and its key.
    pub fn client_certificate(mut self, path: impl Into<PathBuf>) -> Self {
        self.client_certificate = Some(path.into());
        self
    }

    /// Takes any certificate: whoever sits between may read and change everything.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.accept_invalid_certs = accept;
        self
    }

    /// Chooses the proxy.
    pub fn proxy(mut self, proxy: ProxyChoice) -> Self {
        self.proxy = proxy;
        self
    }

    /// Says whether HTTP/2 may be used over encrypted connections; it is by default.
    pub fn http2(mut self, allowed: bool) -> Self {
        self.http2 = allowed;
        self
    }

    /// Chooses the API version.
    pub fn version(mut self, version: VersionChoice) -> Self {
        self.version = version;
        self
    }

    /// Sets the size of pages, 1 to 1000; 1000 by default.
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = size;
        self
    }

    /// Sets how many requests of one list or job run at once; 4 by default.
    pub fn parallelism(mut self, requests: usize) -> Self {
        self.parallelism = requests.max(1);
        self
    }

    /// Sets the size of chunks in bytes for content above 64 MB; 50 MB by default.
    pub fn chunk_size(mut self, bytes: u64) -> Self {
        self.chunk_size = bytes;
        self
    }

    /// Sets how much content goes up in one request; more goes in chunks. 64 MB by default, and at most.
    pub fn single_request_limit(mut self, bytes: u64) -> Self {
        self.single_limit = bytes.min(SINGLE_LIMIT);
        self
    }

    /// Sets a folder in which uploads of files note how far they came, so that a program that is started again goes
    /// on there. Without it, nothing is written.
    pub fn cache_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_folder = Some(folder.into());
        self
    }

    /// Makes the client. Nothing is sent yet.
    pub fn build(self) -> Result<Client> {
        let address = Address::parse(&self.server)?;
        if self.page_size == 0 || self.page_size > vivant_wire::query::MAX_PAGE_SIZE {
            return Err(Error::invalid(format!(
                "a page holds 1 to 1000 items, not {}",
                self.page_size
            )));
        }
        if self.chunk_size == 0 || self.chunk_size > SINGLE_LIMIT {
            let message = format!("a chunk holds 1 to {SINGLE_LIMIT} bytes, not {}", self.chunk_size);
            return Err(Error::invalid(message));
        }
        let authorities = self.ca_file.as_deref().map(tls::read_certificates).transpose()?;
        let identity = self
            .client_certificate
            .as_deref()
            .map(tls::read_identity)
            .transpose()?;
        let tls = tls::config_as(
            identity,
            authorities.unwrap_or_default(),
            self.accept_invalid_certs,
            self.http2,
        )?;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.timeouts.connect)
            .tcp_keepalive(Duration::from_secs(30))
            .user_agent(&self.user_agent);
        if !self.http2 {
            http = http.http1_only();
        }
        http = match &self.proxy {
            ProxyChoice::Environment => http,
            ProxyChoice::None => http.no_proxy(),
            ProxyChoice::Url(url) => {
                let proxy = reqwest::Proxy::all(url.as_str()).map_err(|_| {
                    Error::invalid("the proxy's address is not an http:// or https:// address")
                })?;
                http.proxy(proxy)
            }
        };
        let http = http
            .build()
            .map_err(|e| Error::invalid(format!("the HTTP client cannot be set up: {e}")))?;
        Ok(Client(Arc::new(Inner {
            http,
            base: RwLock::new(address.base),
            site_in_address: address.site,
            timeouts: self.timeouts,
            retry: self.retry,
            choice: self.version,
            negotiated: OnceCell::new(),
            clock: Clock::default(),
            page_size: self.page_size,
            parallelism: self.parallelism,
            chunk_size: self.chunk_size,
            single_limit: self.single_limit,
            cache_folder: self.cache_folder,
        })))
    }
}

/// A server to talk to. Copies are cheap and share connections.
///
/// ```no_run
/// # async fn example() -> vivant_client::Result<()> {
/// use vivant_client::{Client, Credentials, ListOptions};
///
/// let client = Client::builder("https://tableau.example.com").build()?;
/// let names = client
///     .with_session(Credentials::token("ci", "secret").site("finance"), async |site| {
///         site.workbooks().list(ListOptions::new()).all().await
///     })
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub http: reqwest::Client,
    base: RwLock<Url>,
    site_in_address: Option<String>,
    pub timeouts: Timeouts,
    pub retry: RetryPolicy,
    choice: VersionChoice,
    negotiated: OnceCell<ApiVersion>,
    pub clock: Clock,
    pub page_size: u32,
    pub parallelism: usize,
    pub chunk_size: u64,
    pub single_limit: u64,
    pub cache_folder: Option<PathBuf>,
}

impl Client {
    /// Begins a client for a server.
    ///
    /// Without a scheme `http://` is meant. A path is kept as the prefix of a proxy; the parts of
    /// addresses that the browser shows, such as `#/site/finance`, are cut off.
    pub fn builder(server: impl Into<String>) -> ClientBuilder {
        ClientBuilder {
            server: server.into(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            user_agent: concat!("vivant/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_file: None,
            client_certificate: None,
            accept_invalid_certs: false,
            proxy: ProxyChoice::default(),
            http2: true,
            version: VersionChoice::default(),
            page_size: vivant_wire::query::MAX_PAGE_SIZE,
            parallelism: 4,
            chunk_size: 50 * 1024 * 1024,
            single_limit: SINGLE_LIMIT,
            cache_folder: None,
        }
    }

    /// The server's address, as it is used.
    pub fn server(&self) -> String {
        self.0.base().as_str().trim_end_matches('/').to_owned()
    }

    /// The site's content URL that the given address named, as addresses from the browser do.
    pub fn site_in_address(&self) -> Option<&str> {
        self.0.site_in_address.as_deref()
    }

    /// Asks the server what it is; no sign-in is needed.
    pub async fn server_info(&self) -> Result<ServerInfo> {
        self.0.server_info().await
    }

    /// The API version that is spoken; the server is asked once.
    pub async fn api_version(&self) -> Result<ApiVersion> {
        match self.0.choice {
            VersionChoice::Fixed(version) => Ok(version),
            VersionChoice::Negotiate => self
                .0
                .negotiated
                .get_or_try_init(|| self.0.negotiate())
                .await
                .copied(),
        }
    }

    /// Takes the version that was agreed on with the server before.
    pub(crate) fn take_version(&self, version: ApiVersion) {
        if self.0.choice == VersionChoice::Negotiate {
            // Where the server was asked already, that counts.
            let _ = self.0.negotiated.set(version);
        }
    }

    /// The version that a new client would speak; `None` where it was chosen.
    pub(crate) async fn newest_version(&self) -> Result<Option<ApiVersion>> {
        match (self.0.choice, self.0.negotiated.get()) {
            (VersionChoice::Fixed(_), _) => Ok(None),
            (VersionChoice::Negotiate, Some(_)) => self.0.negotiate().await.map(Some),
            (VersionChoice::Negotiate, None) => self.api_version().await.map(Some),
        }
    }

    /// Signs in.
    ///
    /// The session ends by [`Site::sign_out`]; dropping the handle leaves it to the server's limit
    /// of idleness, since a destructor cannot wait for the server.
    pub async fn sign_in(&self, credentials: Credentials) -> Result<Site> {
        Site::sign_in(self.clone(), credentials).await
    }

    /// Signs in, does the work, and signs out also when the work failed.
    pub async fn with_session<T, E, W>(&self, credentials: Credentials, work: W) -> Result<T, E>
    where
        E: From<Error>,
        W: AsyncFnOnce(Site) -> Result<T, E>,
    {
        let site = self.sign_in(credentials).await?;
        let outcome = work(site.clone()).await;
        if let Err(error) = site.sign_out().await {
            tracing::warn!(%error, "signing out failed");
        }
        outcome
    }

    pub(crate) async fn call(
        &self,
        call: &Call,
        token: Option<&Secret>,
        secrets: &[&Secret],
    ) -> Result<Node> {
        let answer = self.answer(call, token, secrets, false).await?;
        let all: Vec<Secret> = token
            .into_iter()
            .chain(secrets.iter().copied())
            .chain(&call.secrets)
            .cloned()
            .collect();
        self.0.document(call, &answer, &all)
    }

    pub(crate) async fn answer(
        &self,
        call: &Call,
        token: Option<&Secret>,
        secrets: &[&Secret],
        stream: bool,
    ) -> Result<Answer> {
        let version = self.api_version().await?;
        self.0.send(call, Some(version), token, secrets, stream).await
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Client").field(&self.server()).finish()
    }
}

impl Inner {
    pub fn base(&self) -> Url {
        self.base.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers where the server sent a request on to, so that later ones go there at once.
    pub fn adopt(&self, url: &Url, path: &str) {
        let Some(prefix) = url.path().strip_suffix(path) else {
            return;
        };
        let base = crate::address::join(url, "", "");
        let mut base = base;
        base.set_path(prefix);
        base.set_query(None);
        let mut present = self.base.write().unwrap_or_else(PoisonError::into_inner);
        if *present != base {
            tracing::info!(server = %base, "the server is at another address");
            *present = base;
        }
    }

    pub fn document(&self, call: &Call, answer: &Answer, secrets: &[Secret]) -> Result<Node> {
        let path = match &call.target {
            Target::Api(path) | Target::Root(path) => path,
        };
        document(answer, secrets).map_err(|e| {
            let url = crate::address::join(&self.base(), path, "");
            e.with_request(None, format!("{} {url}", call.method))
        })
    }

    async fn server_info(&self) -> Result<ServerInfo> {
        let call = Call::get("/serverInfo");
        let answer = self.send(&call, Some(FIRST_QUESTION), None, &[], false).await?;
        let node = self.document(&call, &answer, &[])?;
        node.one("serverInfo")
            .ok()
            .flatten()
            .ok_or_else(|| Error::new(ErrorKind::UnexpectedAnswer, "the server does not say what it is"))
    }

    async fn negotiate(&self) -> Result<ApiVersion> {
        let found = match self.server_info().await {
            Ok(info) => info
                .rest_api_version
                .as_deref()
                .and_then(|text| text.parse::<ApiVersion>().ok())
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::UnexpectedAnswer,
                        "the server does not say which API version it speaks",
                    )
                })?,
            // Tableau: before 10.1 there was no Server Info.
            Err(e) if e.is_code(ErrorCode::ResourceNotFound) || e.is_code(ErrorCode::EndpointUnavailable) => {
                match self.version_of_release().await {
                    Some(version) => version,
                    None => return Err(stranger(e)),
                }
            }
            Err(e) if e.status() == Some(404) => return Err(stranger(e)),
            Err(e) => return Err(e),
        };
        let spoken = found.min(version::NEWEST);
        tracing::info!(server = %found, spoken = %spoken, "API version");
        Ok(spoken)
    }

    /// Guesses the version by the release that an old server names, as the official client does.
    async fn version_of_release(&self) -> Option<ApiVersion> {
        let call = Call {
            target: Target::Root("/auth".to_owned()),
            ..Call::new(Method::Get, "")
        }
        .query("format", "xml");
        let answer = self.send(&call, None, None, &[], false).await.ok()?;
        let release = release(&answer)?;
        let known = [
            ("10.0", V(2, 3)),
            ("9.3", V(2, 2)),
            ("9.2", V(2, 1)),
            ("9.1", V(2, 0)),
            ("9.0", V(2, 0)),
        ];
        let found = known.iter().find(|(prefix, _)| release.starts_with(prefix));
        Some(found.map_or(V(2, 3), |(_, version)| *version))
    }
}

fn stranger(error: Error) -> Error {
    error
        .with_kind(ErrorKind::UnexpectedAnswer)
        .with_note("no Tableau-compatible server answers at this address")
}

/// Finds `product_version` in the answer of `/auth?format=xml`.
fn release(answer: &Answer) -> Option<String> {
    let AnswerBody::Whole(body) = &answer.body else {
        return None;
    };
    let node = Node::parse(vivant_wire::Format::Xml, body).ok()?;
    let found = find(&node, "product_version")?;
    Some(found.text.clone()).filter(|t| !t.is_empty())
}

fn find<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    if node.name == name {
        return Some(node);
    }
    node.children.iter().find_map(|child| find(child, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_before_anything_is_sent() {
        let check = |builder: ClientBuilder, part: &str| {
            let error = builder.build().expect_err(part);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(part), "{error}");
        };
        check(Client::builder("host").page_size(1001), "1 to 1000");
        check(Client::builder("host").chunk_size(0), "a chunk holds");
        check(Client::builder("ftp://host"), "http://");
        check(
            Client::builder("host").proxy(ProxyChoice::Url("::".to_owned())),
            "proxy",
        );
    }

    #[test]
    fn a_client_shows_its_server() {
        let client = Client::builder("https://host/bi/#/site/fin/home")
            .build()
            .expect("a client");
        assert_eq!(
            (client.server().as_str(), client.site_in_address()),
            ("https://host/bi", Some("fin"))
        );
    }
}
