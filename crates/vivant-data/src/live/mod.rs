//! Live databases: a table or a statement, read in streaming batches.
//!
//! Every database has a file of its own that says how it is reached, how its types are read and how its names
//! are written. Statements run as they are asked; [`LiveTable`] writes those for parts of a table.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlserver")]
mod sqlserver;
#[cfg(feature = "sqlserver")]
mod tds;

mod procedure;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlserver"))]
mod runtime;
mod select;

pub use procedure::open_procedure;
pub use select::{Comparison, Condition, LiveTable, Measure, Selection};

use crate::batches::Batches;
use crate::error::{DataError, Result, shorten};
use crate::files::Place;
use crate::spec::{ConnectionSpec, TableSpec};

/// A database that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Database {
    /// PostgreSQL and what speaks its protocol.
    Postgres,
    /// SQLite, a file.
    Sqlite,
    /// MySQL and MariaDB.
    Mysql,
    /// SQL Server and Azure SQL.
    SqlServer,
}

/// Classes of connections, by the database that they reach.
const CLASSES: &[(&str, Database)] = &[
    ("postgres", Database::Postgres),
    ("redshift", Database::Postgres),
    ("greenplum", Database::Postgres),
    ("cockroachdb", Database::Postgres),
    ("alloydb", Database::Postgres),
    ("sqlite", Database::Sqlite),
    ("mysql", Database::Mysql),
    ("mariadb", Database::Mysql),
    ("aurora", Database::Mysql),
    ("memsql", Database::Mysql),
    ("sqlserver", Database::SqlServer),
    ("azure_sqldb", Database::SqlServer),
    ("azure_sql_dw", Database::SqlServer),
];

impl Database {
    /// Returns the database that a class of connections reaches.
    pub fn of_class(class: &str) -> Option<Self> {
        CLASSES
            .iter()
            .find(|(name, _)| *name == class)
            .map(|(_, database)| *database)
    }

    /// Writes a name so that nothing in it is read as SQL.
    pub fn quote(self, name: &str) -> String {
        match self {
            Self::Postgres | Self::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::Mysql => format!("`{}`", name.replace('`', "``")),
            Self::SqlServer => format!("[{}]", name.replace(']', "]]")),
        }
    }

    /// Writes the name of a table with its schema, and its database where the name has one.
    pub fn quote_table(self, table: &TableSpec) -> String {
        let parts: Vec<String> = table.parts().iter().map(|part| self.quote(part)).collect();
        parts.join(".")
    }
}

/// Reads a table of a database.
pub(crate) fn open(
    connection: &ConnectionSpec,
    table: &TableSpec,
    place: Place<'_>,
) -> Result<Option<Batches>> {
    let Some(database) = Database::of_class(&connection.class) else {
        return Ok(None);
    };
    let sql = format!("SELECT * FROM {}", database.quote_table(table));
    run(database, connection, sql, place).map(Some)
}

/// Runs a statement that gives rows. A semicolon at its end is left out.
///
/// # Errors
/// Also when the statement is for a class of connections that takes none.
pub fn open_sql(connection: &ConnectionSpec, sql: &str, place: Place<'_>) -> Result<Batches> {
    let (database, sql) = checked(connection, sql)?;
    run(database, connection, sql, place)
}

/// Finds the database of a statement, and the statement without what would be in the way of a larger one.
fn checked(connection: &ConnectionSpec, sql: &str) -> Result<(Database, String)> {
    let database = Database::of_class(&connection.class).ok_or_else(|| DataError::UnsupportedClass {
        class: shorten(&connection.class),
        hint: "it takes no SQL".to_owned(),
    })?;
    if let Some((_, parameter)) = sql.split_once("<[Parameters].") {
        return Err(DataError::NeedsEngine {
            what: format!(
                "custom SQL with the parameter `{}`",
                shorten(parameter.split('>').next().unwrap_or_default())
            ),
        });
    }
    Ok((database, sql.trim().trim_end_matches(';').trim_end().to_owned()))
}

fn run(database: Database, connection: &ConnectionSpec, sql: String, place: Place<'_>) -> Result<Batches> {
    (place.guard)(connection)?;
    match database {
        #[cfg(feature = "postgres")]
        Database::Postgres => postgres::query(connection, sql, place),
        #[cfg(feature = "sqlite")]
        Database::Sqlite => sqlite::query(connection, sql, place),
        #[cfg(feature = "mysql")]
        Database::Mysql => mysql::query(connection, sql, place),
        #[cfg(feature = "sqlserver")]
        Database::SqlServer => sqlserver::query(connection, sql, place),
        #[allow(unreachable_patterns, reason = "every database may be left out of a build")]
        _ => Err(DataError::UnsupportedClass {
            class: connection.class.clone(),
            hint: "this program was built without it".to_owned(),
        }),
    }
}

/// Where a server is, and who asks.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlserver"))]
pub(crate) struct Reach {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: Option<String>,
    /// User and password.
    pub credentials: crate::files::Credentials,
    /// Whether the connection must be encrypted.
    pub tls: bool,
    /// SQL that runs first.
    pub initial_sql: Option<String>,
    /// What messages call the server.
    pub label: String,
}

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlserver"))]
impl Reach {
    /// Reads a connection.
    pub fn of(connection: &ConnectionSpec, port: u16, place: Place<'_>) -> Result<Self> {
        let host = connection.attribute("server").ok_or_else(|| DataError::Server {
            server: connection.label(),
            message: "the connection names no server".to_owned(),
        })?;
        // A path would be a socket on this machine, where the server trusts whoever this process runs as.
        if host.contains(['/', '\\', '\0', '@']) {
            return Err(DataError::Server {
                server: shorten(host),
                message: "this is not the name of a server".to_owned(),
            });
        }
        let port = match connection.attribute("port") {
            None | Some("0") => port,
            Some(text) => text.parse().map_err(|_| DataError::UnsupportedSetting {
                setting: "the port",
                value: shorten(text),
                hint: "it must be a number up to 65535".to_owned(),
            })?,
        };
        let authentication = connection.attribute("authentication").unwrap_or_default();
        if matches!(authentication, "sspi" | "auth-integrated" | "kerberos" | "oauth") {
            return Err(DataError::UnsupportedSetting {
                setting: "the way to sign in",
                value: authentication.to_owned(),
                hint: "give the connection a user and a password".to_owned(),
            });
        }
        let mut credentials = (place.credentials)(connection).unwrap_or_default();
        if credentials.username.is_empty() {
            credentials.username = connection.attribute("username").unwrap_or_default().to_owned();
        }
        let initial_sql = connection.attribute("one-time-sql").map(str::to_owned);
        if let Some(sql) = &initial_sql
            && (sql.contains("[Tableau") || sql.contains("[Workbook"))
        {
            return Err(DataError::UnsupportedSetting {
                setting: "initial SQL",
                value: shorten(sql),
                hint: "its parameters are not replaced; leave them out".to_owned(),
            });
        }
        let sslmode = connection.attribute("sslmode").unwrap_or_default();
        Ok(Self {
            label: format!("{host}:{port}"),
            host: host.to_owned(),
            port,
            database: connection.attribute("dbname").map(str::to_owned),
            credentials,
            tls: matches!(sslmode, "require" | "verify-ca" | "verify-full" | "yes" | "true"),
            initial_sql,
        })
    }

    /// Says what the server said; a password is never part of it.
    pub fn failed(&self, message: impl std::fmt::Display) -> DataError {
        let mut message = message.to_string();
        if !self.credentials.password.is_empty() {
            message = message.replace(&self.credentials.password, "…");
        }
        DataError::Server {
            server: self.label.clone(),
            message: shorten(&message),
        }
    }
}

/// Refuses results of which two columns have one name.
#[cfg(any(feature = "mysql", feature = "postgres"))]
fn named_once<'n>(names: impl Iterator<Item = &'n str>, reach: &Reach) -> Result<()> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(twice) => Err(reach.failed(format!(
            "the statement gives two columns of the name `{}`; there are {}",
            twice[0],
            crate::error::known(&names)
        ))),
    }
}
