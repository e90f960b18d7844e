//! PostgreSQL: a pool of connections with prepared statements.
//!
//! Transactions run at READ COMMITTED. Those that change what belongs together on a site take the
//! site's lock first, so they run one after the other and see each other's result; unique indexes
//! and foreign keys guard the rest.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::{Row, Value, dialect};
use crate::error::{BackendError, Cause};
use crate::{Error, Result};

const CONNECTIONS: usize = 16;
/// Lists with filters make many different statements; beyond this number they are all forgotten.
const STATEMENTS: usize = 500;

#[derive(Clone)]
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let mut config = tokio_postgres::Config::from_str(url)
            .map_err(|e| Error::Options(format!("database address: {}", reason(&e))))?;
        if config.get_application_name().is_none() {
            config.application_name("vivant");
        }
        // Compiling a query takes longer than any of ours.
        config.options(format!("{} -c jit=off", config.get_options().unwrap_or_default()));
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        let manager_config = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = if config.get_ssl_mode() == SslMode::Require {
            let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls_config()?);
            Manager::from_config(config, tls, manager_config)
        } else {
            Manager::from_config(config, tokio_postgres::NoTls, manager_config)
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(Duration::from_secs(30)))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| Error::Options(format!("database: {e}")))?;
        let db = Self { pool };
        drop(db.client().await.map_err(|e| Error::Options(e.to_string()))?);
        Ok(db)
    }

    pub(super) async fn client(&self) -> Result<Object> {
        self.pool.get().await.map_err(|e| {
            let message = match &e {
                deadpool_postgres::PoolError::Backend(e) => format!("database: {}", reason(e)),
                other => format!("database: {other}"),
            };
            Error::backend(message)
        })
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }
}

pub(super) async fn query(client: &Object, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
    let sql = dialect(sql, false);
    let run = async {
        let statement = prepare(client, &sql).await?;
        client.query(&statement, &borrow(params)).await
    };
    let rows = run.await.map_err(|e| failure(&e, &sql))?;
    rows.iter()
        .map(|row| read(row).map_err(|e| failure(&e, &sql)))
        .collect()
}

pub(super) async fn execute(client: &Object, sql: &str, params: &[Value]) -> Result<u64> {
    let sql = dialect(sql, false);
    let run = async {
        let statement = prepare(client, &sql).await?;
        client.execute(&statement, &borrow(params)).await
    };
    run.await.map_err(|e| failure(&e, &sql))
}

pub(super) async fn batch(client: &Object, sql: &str) -> Result<()> {
    client.batch_execute(sql).await.map_err(|e| failure(&e, sql))
}

/// Rolls back without waiting for it; the connection returns to the pool afterwards.
pub(super) fn roll_back(client: Object) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => {
            runtime.spawn(async move {
                if client.batch_execute("ROLLBACK").await.is_err() {
                    // Closing the connection rolls back too.
                    drop(Object::take(client));
                }
            });
        }
        Err(_) => drop(Object::take(client)),
    }
}

async fn prepare(client: &Object, sql: &str) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
    if client.statement_cache.size() > STATEMENTS {
        client.statement_cache.clear();
    }
    client.prepare_cached(sql).await
}

fn borrow(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn read(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let mut values = Vec::with_capacity(row.len());
    for (i, column) in row.columns().iter().enumerate() {
        let int = |n: Option<i64>| n.map_or(Value::Null, Value::Int);
        values.push(match *column.type_() {
            Type::INT8 => int(row.try_get(i)?),
            Type::INT4 => int(row.try_get::<_, Option<i32>>(i)?.map(i64::from)),
            Type::BOOL => int(row.try_get::<_, Option<bool>>(i)?.map(i64::from)),
            Type::BYTEA => row
                .try_get::<_, Option<Vec<u8>>>(i)?
                .map_or(Value::Null, Value::Blob),
            _ => row
                .try_get::<_, Option<String>>(i)?
                .map_or(Value::Null, Value::Text),
        });
    }
    Ok(Row::new(values))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) if *ty == Type::INT4 => i32::try_from(*n)?.to_sql(ty, out),
            Self::Int(n) => n.to_sql_checked(ty, out),
            Self::Text(text) => text.to_sql_checked(ty, out),
            Self::Blob(bytes) => bytes.to_sql_checked(ty, out),
            Self::Texts(list) => list.to_sql_checked(ty, out),
            Self::Set(list) => list.as_ref().to_sql_checked(ty, out),
            Self::Ints(list) if *ty == Type::INT4_ARRAY => {
                let list: Vec<i32> = list.iter().map(|n| i32::try_from(*n)).collect::<Result<_, _>>()?;
                list.to_sql(ty, out)
            }
            Self::Ints(list) => list.to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Names the servers that a URL leads to: host and port.
///
/// Data that users publish may name any database; whoever reads it for them must stay away from these.
pub fn servers_of(url: &str) -> Vec<(String, u16)> {
    let Ok(config) = tokio_postgres::Config::from_str(url) else {
        return Vec::new();
    };
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate();
    hosts
        .filter_map(|(at, host)| match host {
            tokio_postgres::config::Host::Tcp(name) => {
                let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
                Some((name.clone(), port))
            }
            // Connections of documents never use sockets of the file system.
            #[allow(unreachable_patterns)]
            _ => None,
        })
        .collect()
}

fn tls_config() -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|e| Error::Options(format!("TLS for the database: {e}")))?;
    Ok(config.with_no_client_auth())
}

fn failure(error: &tokio_postgres::Error, sql: &str) -> Error {
    let cause = match error.code() {
        Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED) => Cause::Serialization,
        Some(&SqlState::UNIQUE_VIOLATION | &SqlState::FOREIGN_KEY_VIOLATION) => Cause::Constraint,
        _ => Cause::Other,
    };
    let start: String = sql.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
    Error::Backend(BackendError {
        message: format!("database: {} (in `{start} …`)", reason(error)),
        cause,
    })
}

/// The error with the server's own words, which its plain text leaves out.
fn reason(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
