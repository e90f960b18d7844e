//! The HTTP side: listening, TLS, dispatch, logs, stopping.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures_util::FutureExt;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Request, Response, StatusCode, Version};
use tracing::{Instrument, error, info, info_span, warn};
use vivant_store::{Secret, Store};
use vivant_wire::paths::{self, NotFound};
use vivant_wire::query::QueryString;
use vivant_wire::{ApiVersion, ErrorCode, version};

use crate::app::{App, now};
use crate::auth::throttle::STEP_MS;
use crate::body;
use crate::call::{Call, answer_format};
use crate::clock;
use crate::config::Config;
use crate::errors::{ApiError, fail, internal};
use crate::jobs::Workers;
use crate::mail::Mailer;
use crate::reply::error_reply;
use crate::web::unsubscribe;
use crate::{router, samples, schedules, seed};

/// How long requests under way may take when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(60);
/// How long a caller may take to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the server until it is told to stop (Ctrl-C, SIGTERM).
pub async fn serve(mut config: Config, env: std::collections::HashMap<String, String>) -> anyhow::Result<()> {
    let started = Instant::now();
    // The folder goes when this value is dropped, at the end.
    let temporary = match config.ephemeral {
        true => Some(
            tempfile::Builder::new()
                .prefix("vivant-")
                .tempdir()
                .context("temporary folder")?,
        ),
        false => None,
    };
    if let Some(folder) = &temporary {
        config.data_dir = folder.path().to_owned();
    }
    let listener =
        TcpListener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    // Port 0 has become one that links can name.
    config.listen = address;
    let tls = load_tls(&config).await?;
    let store = Store::open(config.store_options(env))
        .await
        .with_context(|| format!("cannot open the store, {}", config.whereabouts()))?;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let (app, generated) = prepare(store, config).await?;

    let handle = Handle::new();
    tokio::spawn(stop_on(stop_signal()?, handle.clone(), app.clone()));
    tokio::spawn(sweep(app.clone()));
    let workers = Workers::start(&app);
    say(&format!("vivant is ready at {scheme}://{address}"));
    if let Some(password) = generated {
        say(&format!(
            "first start: the administrator is `{}` with the password `{}` (shown only now; \
             `vivant admin reset-password` sets another)",
            app.config.admin_name,
            password.reveal()
        ));
    }
    info!(duration_ms = started.elapsed().as_millis() as u64, %address, "ready");
    run(app.clone(), listener, tls, handle).await?;
    app.jobs.stop();
    workers.stopped().await;
    info!("stopped");
    drop(temporary);
    Ok(())
}

/// Makes what a first start needs, and publishes seed and samples. Gives the administrator's
/// password where this start generated it.
async fn prepare(store: Store, config: Config) -> anyhow::Result<(App, Option<Secret>)> {
    let mailer = config.mail.as_ref().map(Mailer::new).transpose()?;
    let (password, generated) = match config.admin_password.clone() {
        Some(password) => (password, false),
        None => (Secret::from(generate_password()?), true),
    };
    let zone = &config.time_zone;
    schedules::make_defaults(&store, zone, now()).await?;
    schedules::realign(&store, zone, now()).await?;
    let made = store
        .bootstrap(&config.admin_name, Some(password.clone()), now())
        .await?;
    let generated = made.filter(|_| generated).map(|_| password);
    let app = App::new(store, config, mailer);
    if let Some(path) = app.config.seed.clone() {
        let report = seed::apply(&app, &path)
            .await
            .with_context(|| format!("seed file {}", path.display()))?;
        info!(
            sites = report.sites,
            users = report.users,
            workbooks = report.workbooks,
            "seed applied"
        );
    }
    if app.config.samples {
        let count = samples::publish_to_default_site(&app)
            .await
            .context("publishing the samples")?;
        info!(count, "samples published");
    }
    Ok((app, generated))
}

async fn run(
    app: App,
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    handle: Handle<SocketAddr>,
) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let router = Router::new().fallback(move |request: Request<Body>| respond(app.clone(), request));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    // Else a small file waits behind its headers until the caller's system acknowledges them: 48 ms
    // for a download over a kept connection, of which 2 ms are work.
    match tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
            let mut server = axum_server::from_tcp(listener)?.acceptor(acceptor).handle(handle);
            server
                .http_builder()
                .http1()
                .timer(timer())
                .header_read_timeout(HEADER_TIMEOUT);
            server.serve(service).await?;
        }
        None => {
            let mut server = axum_server::from_tcp(listener)?
                .acceptor(NoDelayAcceptor::new())
                .handle(handle);
            server
                .http_builder()
                .http1()
                .timer(timer())
                .header_read_timeout(HEADER_TIMEOUT);
            server.serve(service).await?;
        }
    }
    Ok(())
}

/// Reads certificate and key, so that wrong ones stop the start.
async fn load_tls(config: &Config) -> anyhow::Result<Option<RustlsConfig>> {
    match &config.tls {
        Some((cert, key)) => {
            // An error means that another part of the process installed a provider before.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_file(cert, key)
                .await
                .with_context(|| format!("certificate {} and key {}", cert.display(), key.display()))?;
            Ok(Some(config))
        }
        None => Ok(None),
    }
}

fn timer() -> hyper_util::rt::TokioTimer {
    hyper_util::rt::TokioTimer::new()
}

/// Listens for the signals that stop a server. They count from here on, before anybody is told
/// that the server is ready.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens for what stops a server.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

async fn stop_on(signal: impl Future<Output = ()>, handle: Handle<SocketAddr>, app: App) {
    signal.await;
    app.jobs.stop();
    info!("stopping: no new requests; those under way are finished");
    handle.graceful_shutdown(Some(STOP_GRACE));
}

/// Takes away what deletes leave behind within seconds, and what broken uploads leave, now and then.
async fn sweep(app: App) {
    const EVERY: Duration = Duration::from_secs(3);
    const FULL_EVERY: u32 = 200;
    // A request that has just looked up an object gets to open it.
    const MIN_AGE_MS: i64 = 2_000;
    // Tableau: the server forgets background tasks after thirty days, too.
    const KEEP_JOBS_MS: i64 = 30 * 24 * 60 * 60 * 1000;
    let mut round = 0u32;
    loop {
        tokio::time::sleep(EVERY).await;
        round = round.wrapping_add(1);
        app.answers.tidy(app.now());
        if round % FULL_EVERY == 1 {
            match app.store.purge_jobs(app.now() - KEEP_JOBS_MS).await {
                Ok(0) => {}
                Ok(jobs) => info!(jobs, "old jobs are forgotten"),
                Err(e) => warn!(error = %e, "old jobs could not be forgotten; it is tried again later"),
            }
        }
        let outcome = match round % FULL_EVERY {
            0 => app.store.sweep(app.now(), MIN_AGE_MS).await,
            _ => app.store.collect_garbage(app.now(), MIN_AGE_MS).await,
        };
        match outcome {
            Ok(report) if report.objects > 0 => {
                info!(objects = report.objects, bytes = report.bytes, "swept")
            }
            Ok(_) => {}
            Err(e) => warn!(error = %e, "sweep failed; it is tried again later"),
        }
    }
}

/// Prints a line for whoever started the server; a closed pipe is nobody's concern.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn generate_password() -> anyhow::Result<String> {
    // 56 signs that are hard to mix up, 20 of them: 116 bits.
    const SIGNS: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut password = String::new();
    while password.len() < 20 {
        let mut byte = [0u8];
        getrandom::fill(&mut byte)?;
        // Dropping the top of the range keeps every sign equally likely.
        if let Some(sign) = SIGNS.get(usize::from(byte[0]) % 64) {
            password.push(char::from(*sign));
        }
    }
    Ok(password)
}

/// Answers one request.
pub async fn respond(app: App, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let method = request.method().clone();
    let path = unsubscribe::without_secret(request.uri().path()).to_owned();
    let id = request_id();
    let span = info_span!("request", id = %id);
    let http1 = request.version() < Version::HTTP_2;
    // Such a caller sends nothing before somebody begins to read.
    let waits = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let (body, rest) = body::keep(body);
    let request = Request::from_parts(parts, body);
    let work = AssertUnwindSafe(dispatch(app, request))
        .catch_unwind()
        .instrument(span.clone());
    let mut response = match work.await {
        Ok(response) => response,
        Err(_) => {
            // The panic itself has been printed by the hook.
            let error = internal(anyhow::anyhow!("the handler panicked"));
            error_reply(&error, vivant_wire::Format::Xml, version::NEWEST).into_response()
        }
    };
    if let Some(unread) = rest.unread() {
        let untold = waits && !unread.begun();
        let ended = !untold && unread.drain().await;
        // Later versions of HTTP end the stream alone and have no such header.
        if !ended && http1 {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    let _entered = span.enter();
    let status = response.status().as_u16();
    info!(%method, path, status, duration_ms = started.elapsed().as_millis() as u64, "answered");
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    if method == http::Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}

fn request_id() -> String {
    let mut bytes = [0u8; 8];
    // Without randomness the id is all zeros; it only serves the log.
    let _ = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}

async fn dispatch(app: App, request: Request<Body>) -> Response<Body> {
    match request.uri().path() {
        "/" => return page(include_str!("web/index.html")),
        "/healthz" => return plain(StatusCode::OK, "ok\n"),
        "/readyz" => {
            return match app.store.ping().await {
                Ok(()) => plain(StatusCode::OK, "ready\n"),
                Err(e) => {
                    error!(error = %e, "the store does not answer");
                    plain(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
                }
            };
        }
        clock::PATH if app.config.ephemeral => return clock::respond(&app, request).await,
        // Tableau: clients ask this for the product version where Server Info is missing.
        "/auth" if request.uri().query().is_some_and(|q| q.contains("format=xml")) => return version_probe(),
        _ => {}
    }
    if let Some(token) = request.uri().path().strip_prefix(unsubscribe::PATH) {
        return unsubscribe::respond(&app, request.method(), token).await;
    }
    let format = answer_format(request.headers());
    match locate(app, request) {
        Ok((call, handler)) => {
            let version = call.version;
            match handler(call).await {
                Ok(reply) => reply.into_response(),
                Err(error) => {
                    log_cause(&error);
                    let mut response = error_reply(&error, format, version).into_response();
                    if error.code == ErrorCode::TooManySignIns {
                        let seconds = HeaderValue::from(STEP_MS / 1000);
                        response.headers_mut().insert(RETRY_AFTER, seconds);
                    }
                    response
                }
            }
        }
        Err((error, version, allow)) => {
            let mut response = error_reply(&error, format, version).into_response();
            if let Ok(allow) = HeaderValue::try_from(allow)
                && error.code == ErrorCode::MethodNotAllowed
            {
                response.headers_mut().insert(ALLOW, allow);
            }
            response
        }
    }
}

fn log_cause(error: &ApiError) {
    if let Some(cause) = &error.cause {
        error!(
            code = error.code.code(),
            cause = format!("{cause:#}"),
            "request failed"
        );
    }
}

type Located = (Call, &'static router::Handler);

/// Finds the method of the reference, or says what stands in the way: error, version to answer
/// in, and the HTTP methods that the address has.
fn locate(app: App, request: Request<Body>) -> std::result::Result<Located, (ApiError, ApiVersion, String)> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let found = paths::find(path).map_err(|e| {
        let error = match e {
            NotFound::Version(text) => fail(
                ErrorCode::EndpointUnavailable,
                format!(
                    "API version {text} does not exist; this server speaks {} to {}.",
                    version::OLDEST,
                    version::NEWEST
                ),
            ),
            NotFound::Path => fail(
                ErrorCode::ResourceNotFound,
                format!("There is nothing at {path}."),
            ),
        };
        (error, version::NEWEST, String::new())
    })?;
    let version = found.version.unwrap_or(version::NEWEST);
    let method = paths::Method::parse(parts.method.as_str());
    let Some(endpoint) = method.and_then(|m| found.endpoint(m)) else {
        let allow = found
            .endpoints
            .iter()
            .map(|e| e.method.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        let detail = format!("{} is not allowed at {path}; use {allow}.", parts.method);
        return Err((fail(ErrorCode::MethodNotAllowed, detail), version, allow));
    };
    if endpoint.since > version {
        let detail = format!(
            "{} came with API version {}; the address says {version}.",
            endpoint.operation, endpoint.since
        );
        return Err((
            fail(ErrorCode::EndpointUnavailable, detail),
            version,
            String::new(),
        ));
    }
    let Some(handler) = router::handler(endpoint.operation) else {
        let detail = format!(
            "{} is part of the Tableau REST API but not of this release of Vivant.",
            endpoint.operation
        );
        return Err((fail(ErrorCode::NotImplemented, detail), version, String::new()));
    };
    let query = QueryString::parse(parts.uri.query().unwrap_or_default());
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip());
    Ok((
        Call::new(
            app,
            endpoint,
            found.values,
            version,
            query,
            parts.headers,
            peer,
            body,
        ),
        handler,
    ))
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    with_type(status, "text/plain; charset=utf-8", text.to_owned())
}

fn page(html: &'static str) -> Response<Body> {
    let html = html
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{api}}", &version::NEWEST.to_string());
    with_type(StatusCode::OK, "text/html; charset=utf-8", html)
}

fn version_probe() -> Response<Body> {
    let text = format!(
        "<?xml version='1.0' encoding='UTF-8'?><auth><product_version>{}</product_version></auth>",
        version::PRODUCT_VERSION
    );
    with_type(StatusCode::OK, "application/xml;charset=utf-8", text)
}

fn with_type(status: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
