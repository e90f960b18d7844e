//! The repository of a Tableau Server: the PostgreSQL database `workgroup`, read over its own port.
//!
//! [`Repository`] is a connection. [`Repository::sessions`] and the like ask what automations ask of it, as streams of
//! typed rows; [`Repository::query`] asks anything. Nothing is written unless the connection was opened for it.

mod ids;
mod queries;
mod values;

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use rustls_platform_verifier::{BuilderVerifierExt, Verifier};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use vivant_client::Secret;

pub use ids::{Extract, Kind};
pub use queries::{ExtractSchedule, PutOn, Session, Site, Subscription};
use values::Text;
pub use values::Value;

use crate::error::{Error, Result, ServiceKind};

/// The port of a Tableau Server's repository.
pub const PORT: u16 = 8060;
/// What messages call it.
const REPOSITORY: &str = "the repository";
/// The name of its database.
pub const DATABASE: &str = "workgroup";

/// How the repository, or another database of PostgreSQL, is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// What messages call it.
    pub what: &'static str,
    /// The machine; an address such as `https://tableau.example.com` stands for its machine.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// Who reads: `readonly` as a rule, `tableau` sees less, `tblwgadmin` may write.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// Whether the connection is encrypted.
    pub tls: Tls,
    /// Authorities, or the repository's own certificate, to be trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long the connection may take.
    pub timeout: Duration,
    /// Whether statements may change something.
    pub write: bool,
}

impl Options {
    /// The usual way to the repository of a machine, for reading.
    pub fn new(host: impl Into<String>, user: impl Into<String>, password: Secret) -> Self {
        Self {
            what: REPOSITORY,
            host: host.into(),
            port: PORT,
            database: DATABASE.to_owned(),
            user: user.into(),
            password,
            tls: Tls::default(),
            ca_file: None,
            timeout: Duration::from_secs(30),
            write: false,
        }
    }
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// It never is.
    Off,
    /// It is where the repository can, and its certificate must be right then. A repository cannot until somebody
    /// sets it up so; [`Repository::is_encrypted`] tells.
    #[default]
    Prefer,
    /// It is, or there is none.
    Require,
}

/// A connection to a repository.
#[derive(Debug)]
pub struct Repository {
    client: tokio_postgres::Client,
    place: Arc<str>,
    user: String,
    encrypted: bool,
}

/// Rows of a free query.
pub struct Rows {
    /// The names of the columns, in order.
    pub columns: Vec<String>,
    /// The rows, as they come; each has a value for each column.
    pub rows: BoxStream<'static, Result<Vec<Value>>>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// What a free statement answered.
#[derive(Debug)]
pub enum Answer {
    /// Rows.
    Rows(Rows),
    /// How many rows it changed.
    Changed(u64),
}

impl Repository {
    /// Connects.
    pub async fn connect(options: &Options) -> Result<Self> {
        let host = bare_host(&options.host)?;
        let place: Arc<str> = format!("{} {host}:{}/{}", options.what, options.port, options.database).into();
        let mut config = tokio_postgres::Config::new();
        let settings = match options.write {
            true => "-c timezone=UTC",
            false => "-c timezone=UTC -c default_transaction_read_only=on",
        };
        config
            .host(&host)
            .port(options.port)
            .user(&options.user)
            .password(options.password.expose())
            .dbname(&options.database)
            .application_name("vivant")
            .options(settings)
            .connect_timeout(options.timeout)
            .ssl_mode(match options.tls {
                Tls::Off => SslMode::Disable,
                Tls::Prefer => SslMode::Prefer,
                Tls::Require => SslMode::Require,
            });
        let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls_config(options)?);
        let late = || Error::Service {
            message: format!("{place} did not answer within {:?}", options.timeout),
            kind: ServiceKind::Unreachable,
        };
        // The limit of the library ends with the connection to the port; what follows is to be limited too.
        let connected = tokio::time::timeout(options.timeout, config.connect(tls)).await;
        let (client, connection) = connected.map_err(|_| late())?.map_err(|error| {
            let advice = match options.tls {
                Tls::Require if error.as_db_error().is_none() => {
                    "; a database speaks TLS only after it was set up so, and trust in its certificate may need \
                     its file as authority"
                }
                Tls::Prefer if error.as_db_error().is_none() && told(&error).contains("certificate") => {
                    "; give the certificate of the database as authority, or connect without TLS"
                }
                _ => "",
            };
            explain(&place, &options.user, &error, advice)
        })?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to the database ended");
            }
        });
        let mut repository = Self {
            client,
            place,
            user: options.user.clone(),
            encrypted: options.tls == Tls::Require,
        };
        if options.tls == Tls::Prefer {
            let sql = "SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)";
            let asked = repository.client.query_one(sql, &[]).await;
            repository.encrypted = asked.map_err(|error| repository.failed(&error))?.get(0);
            if !repository.encrypted {
                tracing::warn!("the connection to the database is not encrypted: it offers no TLS");
            }
        }
        Ok(repository)
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Runs one statement with parameters `$1`, `$2` and so on, given as text; `None` is NULL.
    pub async fn query(&self, sql: &str, parameters: &[Option<&str>]) -> Result<Answer> {
        let statement = self
            .client
            .prepare(sql)
            .await
            .map_err(|error| self.failed(&error))?;
        let wanted = statement.params().len();
        if wanted != parameters.len() {
            return Err(Error::input(format!(
                "the statement has {wanted} parameters, {} values were given",
                parameters.len()
            )));
        }
        let parameters: Vec<Text<'_>> = parameters.iter().copied().map(Text).collect();
        if statement.columns().is_empty() {
            let changed = self.client.execute_raw(&statement, parameters).await;
            return Ok(Answer::Changed(changed.map_err(|error| self.failed(&error))?));
        }
        let mut columns = Vec::new();
        let mut kinds = Vec::new();
        for column in statement.columns() {
            if !values::readable(column.type_()) {
                return Err(Error::input(format!(
                    "the column `{name}` is of the type {}, which is not read here: write {name}::text",
                    column.type_(),
                    name = column.name(),
                )));
            }
            columns.push(column.name().to_owned());
            kinds.push(column.type_().clone());
        }
        let rows = self.client.query_raw(&statement, parameters).await;
        let rows = rows.map_err(|error| self.failed(&error))?;
        let fail = self.failure();
        let rows = rows.map(move |row| {
            let row = row.map_err(|error| fail(&error))?;
            (0..kinds.len())
                .map(|index| values::value(&row, index, &kinds[index]))
                .collect()
        });
        Ok(Answer::Rows(Rows {
            columns,
            rows: rows.boxed(),
        }))
    }

    /// Runs a statement, and takes back what it changed; returns how many rows it would change or answer.
    pub async fn rehearse(&self, sql: &str, parameters: &[Option<&str>]) -> Result<u64> {
        let told = |error: tokio_postgres::Error| self.failed(&error);
        self.client.batch_execute("BEGIN").await.map_err(told)?;
        let outcome = async {
            match self.query(sql, parameters).await? {
                Answer::Changed(count) => Ok(count),
                Answer::Rows(mut rows) => {
                    let mut count = 0;
                    while rows.rows.try_next().await?.is_some() {
                        count += 1;
                    }
                    Ok(count)
                }
            }
        }
        .await;
        self.client.batch_execute("ROLLBACK").await.map_err(told)?;
        outcome
    }

    /// Asks for typed rows.
    async fn stream<T: Send + 'static>(
        &self,
        sql: &str,
        parameters: &[Option<&str>],
        read: fn(&tokio_postgres::Row) -> std::result::Result<T, tokio_postgres::Error>,
    ) -> Result<BoxStream<'static, Result<T>>> {
        let parameters: Vec<Text<'_>> = parameters.iter().copied().map(Text).collect();
        let rows = self.client.query_raw(sql, parameters).await;
        let rows = rows.map_err(|error| self.failed(&error))?;
        let fail = self.failure();
        Ok(rows
            .map(move |row| row.and_then(|row| read(&row)).map_err(|error| fail(&error)))
            .boxed())
    }

    async fn all<T: Send + 'static>(
        &self,
        sql: &str,
        parameters: &[Option<&str>],
        read: fn(&tokio_postgres::Row) -> std::result::Result<T, tokio_postgres::Error>,
    ) -> Result<Vec<T>> {
        self.stream(sql, parameters, read).await?.try_collect().await
    }

    fn failed(&self, error: &tokio_postgres::Error) -> Error {
        explain(&self.place, &self.user, error, "")
    }

    fn failure(&self) -> impl Fn(&tokio_postgres::Error) -> Error + Send + use<> {
        let (place, user) = (Arc::clone(&self.place), self.user.clone());
        move |error| explain(&place, &user, error, "")
    }
}

/// Says what went wrong at the repository.
fn explain(place: &str, user: &str, error: &tokio_postgres::Error, advice: &str) -> Error {
    let state = error.code();
    let denied = |state: &SqlState| state.code().starts_with("28");
    let (kind, advice) = match state {
        Some(state) if denied(state) => (ServiceKind::Denied, advice),
        Some(state) if *state == SqlState::INSUFFICIENT_PRIVILEGE => {
            let advice = match place.starts_with(REPOSITORY) {
                true => "; `readonly` reads most tables, `tblwgadmin` may write",
                false => "",
            };
            (ServiceKind::Denied, advice)
        }
        Some(state) if *state == SqlState::READ_ONLY_SQL_TRANSACTION => (
            ServiceKind::Refused,
            "; the connection was not opened for writing",
        ),
        Some(_) => (ServiceKind::Refused, advice),
        None => (ServiceKind::Unreachable, advice),
    };
    Error::Service {
        message: format!("{place} as {user}: {}{advice}", told(error)),
        kind,
    }
}

/// Says what the database said, not only that it said something.
fn told(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => match db.hint() {
            Some(hint) => format!("{} ({hint})", db.message()),
            None => db.message().to_owned(),
        },
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// The machine of what may be an address.
fn bare_host(text: &str) -> Result<String> {
    let bad = || Error::input(format!("'{text}' names no machine, such as tableau.example.com"));
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match rest.strip_prefix('[') {
        Some(v6) => v6.split_once(']').ok_or_else(bad)?.0,
        // A port of the web server is not the repository's.
        None if rest.matches(':').count() == 1 => rest.split(':').next().unwrap_or_default(),
        None => rest,
    };
    match host.is_empty() || host.contains(char::is_whitespace) || host.contains('@') {
        true => Err(bad()),
        false => Ok(host.to_owned()),
    }
}

fn tls_config(options: &Options) -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let bad = |error: rustls::Error| Error::input(format!("TLS cannot be set up: {error}"));
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(bad)?;
    if options.tls == Tls::Off {
        // Machines without any authority can connect without TLS.
        let none = rustls::RootCertStore::empty();
        return Ok(builder.with_root_certificates(none).with_no_client_auth());
    }
    let Some(path) = &options.ca_file else {
        return Ok(builder
            .with_platform_verifier()
            .map_err(bad)?
            .with_no_client_auth());
    };
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let bytes = std::fs::read(path).map_err(|error| Error::file(path, "read", error))?;
    let extra: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::input(format!("{} is damaged: {error}", path.display())))?;
    if extra.is_empty() {
        return Err(Error::input(format!(
            "{} holds no certificate in PEM form",
            path.display()
        )));
    }
    let verifier = Verifier::new_with_extra_roots(extra, provider).map_err(bad)?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_web_server_name_the_machine() {
        for (text, host) in [
            ("tableau.example.com", "tableau.example.com"),
            ("https://tableau.example.com:8443/#/site/x", "tableau.example.com"),
            ("[::1]:80", "::1"),
            ("::1", "::1"),
            ("10.0.0.1:443", "10.0.0.1"),
        ] {
            assert_eq!(bare_host(text).expect(text), host);
        }
        for text in ["", "https://", "a b", "http://u@h"] {
            assert!(bare_host(text).is_err(), "{text}");
        }
    }
}
