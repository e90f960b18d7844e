//! One asynchronous door to both databases.
//!
//! SQL is written once, in the subset that SQLite and PostgreSQL share: `?1` stands for the first
//! parameter, `x IN LIST(?2)` for membership in a list parameter. Rows come back whole and owned.
//! There is no query builder and no mapping: each resource reads its columns in the order in which
//! it names them.

mod migrate;
mod postgres;
mod sqlite;

pub use postgres::servers_of;

use std::future::Future;
use std::ops::Deref;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::{Error, Result};

/// A value of a parameter or column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    /// A parameter of `IN LIST(?)` only.
    Texts(Vec<String>),
    /// A parameter of `IN LIST(?)` only.
    Ints(Vec<i64>),
    /// A parameter of `IN SET(?)` only: for many values that many rows are compared with.
    Set(Arc<Vec<String>>),
}

/// A row, read column by column.
#[derive(Debug)]
pub(crate) struct Row(std::vec::IntoIter<Value>);

impl Row {
    fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    fn next(&mut self) -> Result<Value> {
        self.0
            .next()
            .ok_or_else(|| Error::Damaged("a row has too few columns".to_owned()))
    }

    pub(crate) fn opt_int(&mut self) -> Result<Option<i64>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Int(n) => Ok(Some(n)),
            other => Err(mismatch("a number", &other)),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64> {
        self.opt_int()?.ok_or_else(|| mismatch("a number", &Value::Null))
    }

    pub(crate) fn bool(&mut self) -> Result<bool> {
        Ok(self.int()? != 0)
    }

    pub(crate) fn opt_text(&mut self) -> Result<Option<String>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(mismatch("text", &other)),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        self.opt_text()?.ok_or_else(|| mismatch("text", &Value::Null))
    }

    pub(crate) fn opt_blob(&mut self) -> Result<Option<Vec<u8>>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Blob(bytes) => Ok(Some(bytes)),
            other => Err(mismatch("bytes", &other)),
        }
    }

    pub(crate) fn opt_id<T: FromStr>(&mut self) -> Result<Option<T>> {
        self.opt_text()?.map(|text| parsed(&text)).transpose()
    }

    pub(crate) fn id<T: FromStr>(&mut self) -> Result<T> {
        parsed(&self.text()?)
    }

    /// Reads a text through a function that knows its spelling.
    pub(crate) fn word<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let text = self.text()?;
        parse(&text).ok_or_else(|| Error::Damaged(format!("`{text}` is not a known value")))
    }
}

fn parsed<T: FromStr>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|_| Error::Damaged(format!("`{text}` is not an id")))
}

fn mismatch(expected: &str, found: &Value) -> Error {
    let kind = match found {
        Value::Null => "null",
        Value::Int(_) => "a number",
        Value::Text(_) => "text",
        Value::Blob(_) => "bytes",
        Value::Texts(_) | Value::Ints(_) | Value::Set(_) => "a list",
    };
    Error::Damaged(format!("a column holds {kind} where {expected} belongs"))
}

macro_rules! into_value {
    ($($type:ty => |$v:ident| $value:expr),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from($v: $type) -> Self { $value }
        }
    )*};
}

into_value! {
    i64 => |v| Value::Int(v),
    u32 => |v| Value::Int(i64::from(v)),
    bool => |v| Value::Int(i64::from(v)),
    &str => |v| Value::Text(without_nul(v.to_owned())),
    &String => |v| Value::Text(without_nul(v.clone())),
    String => |v| Value::Text(without_nul(v)),
    Vec<u8> => |v| Value::Blob(v),
    &[u8] => |v| Value::Blob(v.to_vec()),
    Vec<String> => |v| Value::Texts(v.into_iter().map(without_nul).collect()),
    vivant_model::Luid => |v| Value::Text(v.to_string()),
    vivant_model::SiteId => |v| Value::Text(v.to_string()),
    vivant_model::UserId => |v| Value::Text(v.to_string()),
    vivant_model::GroupId => |v| Value::Text(v.to_string()),
    vivant_model::ProjectId => |v| Value::Text(v.to_string()),
    vivant_model::WorkbookId => |v| Value::Text(v.to_string()),
    vivant_model::ViewId => |v| Value::Text(v.to_string()),
    vivant_model::DatasourceId => |v| Value::Text(v.to_string()),
    vivant_model::ConnectionId => |v| Value::Text(v.to_string()),
    vivant_model::TokenId => |v| Value::Text(v.to_string()),
    vivant_model::JobId => |v| Value::Text(v.to_string()),
    vivant_model::ScheduleId => |v| Value::Text(v.to_string()),
    vivant_model::TaskId => |v| Value::Text(v.to_string()),
    vivant_model::SubscriptionId => |v| Value::Text(v.to_string()),
    vivant_model::CustomViewId => |v| Value::Text(v.to_string()),
}

/// PostgreSQL takes no NUL in text; no name has one, so what is looked for with one is not found.
fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A list of values of different types, as parameters.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*][..] };
}
pub(crate) use params;

/// Runs a block in a transaction, again where another transaction was in the way, and commits it
/// if the block answers `Ok`.
///
/// A macro, since a closure that borrows both the transaction and its surroundings cannot give a
/// future that is known to be `Send`.
macro_rules! transact {
    ($db:expr, |$tx:ident| { $($body:tt)* }) => {{
        let mut attempt = 0_u32;
        loop {
            let $tx = $db.begin().await?;
            let outcome = $crate::db::answer(async { $($body)* }).await;
            match $tx.finish(outcome).await {
                Err(error) if $db.may_retry(&error, attempt) => {
                    attempt += 1;
                    $crate::db::pause(attempt).await;
                }
                outcome => break outcome,
            }
        }
    }};
}
pub(crate) use transact;

/// Fixes the error type of a block.
pub(crate) fn answer<T>(block: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
    block
}

/// Waits a little, longer each time and never the same for two.
pub(crate) async fn pause(attempt: u32) {
    let mut random = [0_u8; 1];
    // Without randomness the pause is merely regular.
    let _ = getrandom::fill(&mut random);
    let millis = (1 << attempt.min(7)) + u64::from(random[0]) % 16;
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// A database.
#[derive(Clone)]
pub(crate) enum Db {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// Where a database is.
pub(crate) enum Location {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Db {
    /// Opens a database and brings its tables up to date.
    pub(crate) async fn open(location: &Location) -> Result<Self> {
        let db = match location {
            Location::Sqlite(path) => Self::Sqlite(sqlite::Sqlite::open(path.clone()).await?),
            Location::Postgres(url) => Self::Postgres(postgres::Postgres::open(url).await?),
        };
        migrate::run(&db).await?;
        Ok(db)
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// A connection for reading, and for single statements that change one thing.
    pub(crate) async fn read(&self) -> Result<Conn> {
        Ok(match self {
            Self::Sqlite(db) => Conn::Sqlite(db.reader()),
            Self::Postgres(db) => Conn::Postgres(Box::new(db.client().await?)),
        })
    }

    /// Begins a transaction; it is rolled back unless it is finished.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let (conn, turn, sql) = match self {
            Self::Sqlite(db) => {
                let (writer, turn) = db.writer().await;
                (Conn::Sqlite(writer), Some(turn), "BEGIN IMMEDIATE")
            }
            Self::Postgres(db) => (Conn::Postgres(Box::new(db.client().await?)), None, "BEGIN"),
        };
        // Made before the statement is sent: given up while it is under way, it is taken back.
        let tx = Tx {
            conn: Some(conn),
            turn,
        };
        tx.batch(sql).await?;
        Ok(tx)
    }

    pub(crate) fn may_retry(&self, error: &Error, attempt: u32) -> bool {
        // SQLite has one writer at a time: what a constraint refuses once it refuses again.
        !self.is_sqlite() && attempt < 12 && error.is_retryable()
    }

    /// Ends all connections; SQLite folds its log into the file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(db) => db.close().await,
            Self::Postgres(db) => db.close(),
        }
    }
}

/// A connection.
pub(crate) enum Conn {
    Sqlite(sqlite::Handle),
    Postgres(Box<deadpool_postgres::Object>),
}

impl Conn {
    /// Answers the rows of a query.
    pub(crate) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(handle) => handle.query(sql, params).await,
            Self::Postgres(client) => postgres::query(client, sql, params).await,
        }
    }

    /// Answers the one row of a query, if there is one.
    pub(crate) async fn row(&self, sql: &str, params: &[Value]) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Answers the number in the first column of the only row.
    pub(crate) async fn number(&self, sql: &str, params: &[Value]) -> Result<i64> {
        match self.row(sql, params).await? {
            Some(mut row) => row.int(),
            None => Err(Error::Damaged("a query that counts gave no row".to_owned())),
        }
    }

    /// Runs a statement and answers how many rows it changed.
    pub(crate) async fn execute(&self, sql: &str, params: &[Value]) -> Result<u64> {
        match self {
            Self::Sqlite(handle) => handle.execute(sql, params).await,
            Self::Postgres(client) => postgres::execute(client, sql, params).await,
        }
    }

    /// Runs several statements without parameters.
    pub(crate) async fn batch(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(handle) => handle.batch(sql).await,
            Self::Postgres(client) => postgres::batch(client, sql).await,
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// A transaction.
pub(crate) struct Tx {
    conn: Option<Conn>,
    /// SQLite: the right to be the one writer.
    turn: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Tx {
    /// Commits if the outcome is `Ok`, else takes everything back.
    pub(crate) async fn finish<T>(mut self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => {
                self.batch("COMMIT").await?;
                self.conn = None;
                Ok(value)
            }
            Err(error) => Err(error),
        }
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
            .as_ref()
            .expect("the connection stays until the transaction is finished")
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        match self.conn.take() {
            // The order to roll back enters the writer's queue before the next writer gets its turn.
            Some(Conn::Sqlite(handle)) => handle.roll_back(),
            Some(Conn::Postgres(client)) => postgres::roll_back(*client),
            None => {}
        }
        self.turn = None;
    }
}

/// Writes the placeholders of the common SQL in a dialect's way.
fn dialect(sql: &str, sqlite: bool) -> String {
    const LIST: &str = "IN LIST(?";
    const SET: &str = "IN SET(?";
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(at) = rest.find('?') {
        let (before, after) = rest.split_at(at);
        let digits = after[1..].bytes().take_while(u8::is_ascii_digit).count();
        let number = &after[1..=digits];
        rest = &after[1 + digits..];
        if let Some(before) = before.strip_suffix(&LIST[..LIST.len() - 1]) {
            out.push_str(before);
            out.push_str(if sqlite {
                "IN (SELECT value FROM rarray(?"
            } else {
                "= ANY($"
            });
            out.push_str(number);
            out.push_str(if sqlite { "))" } else { ")" });
            rest = rest.strip_prefix(')').unwrap_or(rest);
        } else if let Some(before) = before.strip_suffix(&SET[..SET.len() - 1]) {
            // PostgreSQL makes a hash table of a query's answer, whatever plan it takes; through an
            // array that it does not know beforehand it goes for every row.
            out.push_str(before);
            out.push_str(if sqlite {
                "IN (SELECT value FROM rarray(?"
            } else {
                "IN (SELECT unnest($"
            });
            out.push_str(number);
            out.push_str(if sqlite { "))" } else { "::text[]))" });
            rest = rest.strip_prefix(')').unwrap_or(rest);
        } else {
            out.push_str(before);
            out.push(if sqlite { '?' } else { '$' });
            out.push_str(number);
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_both_dialects() {
        let sql = "SELECT a FROM t WHERE b = ?1 AND c IN LIST(?12) AND d > ?3 OR e IN SET(?4)";
        assert_eq!(
            dialect(sql, false),
            "SELECT a FROM t WHERE b = $1 AND c = ANY($12) AND d > $3 OR e IN (SELECT unnest($4::text[]))"
        );
        assert_eq!(
            dialect(sql, true),
            "SELECT a FROM t WHERE b = ?1 AND c IN (SELECT value FROM rarray(?12)) AND d > ?3 \
             OR e IN (SELECT value FROM rarray(?4))"
        );
    }
}
