//! SQLite: one writer and a few readers, each a connection on a thread of its own.
//!
//! A query is one message there and one back with all its rows. Readers take from one queue, so
//! that a long list does not hold up a short one behind it.
//!
//! Nothing runs ANALYZE: with statistics of a time when the tables were small the planner scanned
//! them when they had grown (4 s instead of 1 ms for a page of workbooks); without any it goes by
//! the shape of the indexes, which are made for the queries.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{OwnedMutexGuard, oneshot};

use super::{Row, Value, dialect};
use crate::error::{BackendError, Cause};
use crate::{Error, Result};

const READERS: usize = 4;

#[derive(Clone)]
pub(crate) struct Sqlite {
    writer: Handle,
    readers: Handle,
    turn: Arc<tokio::sync::Mutex<()>>,
    threads: Arc<Mutex<Vec<std::thread::JoinHandle<()>>>>,
}

/// The entrance to the queue of one or more connections.
#[derive(Clone)]
pub(crate) struct Handle(mpsc::Sender<Job>);

enum Job {
    Query {
        sql: String,
        params: Vec<Value>,
        reply: oneshot::Sender<Result<Vec<Row>>>,
    },
    Execute {
        sql: String,
        params: Vec<Value>,
        reply: oneshot::Sender<Result<u64>>,
    },
    Batch {
        sql: String,
        reply: oneshot::Sender<Result<()>>,
    },
    RollBack,
    Stop,
}

type Queue = Arc<Mutex<mpsc::Receiver<Job>>>;

impl Sqlite {
    pub(super) async fn open(path: PathBuf) -> Result<Self> {
        tokio::task::spawn_blocking(move || Self::open_blocking(&path))
            .await
            .map_err(|e| Error::backend(format!("opening the database: {e}")))?
    }

    fn open_blocking(path: &Path) -> Result<Self> {
        create_private(path)?;
        let mut threads = Vec::new();
        let writer = connect(path, true)?;
        let (write, queue) = mpsc::channel();
        let queue: Queue = Arc::new(Mutex::new(queue));
        threads.push(start("vivant-db-writer", writer, queue)?);
        let (read, queue) = mpsc::channel();
        let queue: Queue = Arc::new(Mutex::new(queue));
        for _ in 0..READERS {
            threads.push(start("vivant-db-reader", connect(path, false)?, queue.clone())?);
        }
        Ok(Self {
            writer: Handle(write),
            readers: Handle(read),
            turn: Arc::default(),
            threads: Arc::new(Mutex::new(threads)),
        })
    }

    pub(super) fn reader(&self) -> Handle {
        self.readers.clone()
    }

    /// The writer, and the right to use it until the guard is dropped.
    pub(super) async fn writer(&self) -> (Handle, OwnedMutexGuard<()>) {
        let turn = self.turn.clone().lock_owned().await;
        (self.writer.clone(), turn)
    }

    pub(super) async fn close(&self) {
        let turn = self.turn.clone().lock_owned().await;
        for _ in 0..READERS {
            let _ = self.readers.0.send(Job::Stop);
        }
        // The last connection to close folds the log into the file.
        let _ = self.writer.0.send(Job::Stop);
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(|e| e.into_inner()));
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                let _ = thread.join();
            }
        });
        let _ = joined.await;
        drop(turn);
    }
}

impl Handle {
    pub(super) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let (sql, params) = (dialect(sql, true), params.to_vec());
        self.ask(|reply| Job::Query { sql, params, reply }).await
    }

    pub(super) async fn execute(&self, sql: &str, params: &[Value]) -> Result<u64> {
        let (sql, params) = (dialect(sql, true), params.to_vec());
        self.ask(|reply| Job::Execute { sql, params, reply }).await
    }

    pub(super) async fn batch(&self, sql: &str) -> Result<()> {
        self.ask(|reply| Job::Batch {
            sql: sql.to_owned(),
            reply,
        })
        .await
    }

    /// Rolls back without waiting for it.
    pub(super) fn roll_back(&self) {
        let _ = self.0.send(Job::RollBack);
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T>>) -> Job) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let closed = || Error::backend("the database is closed");
        self.0.send(job(reply)).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

fn start(name: &str, conn: Connection, queue: Queue) -> Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || serve(&conn, &queue))
        .map_err(|e| Error::io("starting a database thread", &e))
}

fn serve(conn: &Connection, queue: &Queue) {
    loop {
        let job = match queue.lock() {
            Ok(queue) => queue.recv(),
            Err(_) => return,
        };
        // A reply to a future that is gone is dropped: nobody waits for it.
        match job {
            Ok(Job::Query { sql, params, reply }) => drop(reply.send(query(conn, &sql, params))),
            Ok(Job::Execute { sql, params, reply }) => drop(reply.send(execute(conn, &sql, params))),
            Ok(Job::Batch { sql, reply }) => {
                drop(reply.send(conn.execute_batch(&sql).map_err(|e| failure(&e, &sql))));
            }
            Ok(Job::RollBack) => {
                if !conn.is_autocommit()
                    && let Err(e) = conn.execute_batch("ROLLBACK")
                {
                    tracing::error!("rolling back a transaction: {e}");
                }
            }
            Ok(Job::Stop) | Err(_) => return,
        }
    }
}

fn query(conn: &Connection, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
    let run = || -> rusqlite::Result<Vec<Row>> {
        let mut statement = conn.prepare_cached(sql)?;
        let width = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(params.into_iter().map(Bound::from)))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(width);
            for i in 0..width {
                values.push(match row.get_ref(i)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(n) => Value::Int(n),
                    ValueRef::Real(x) => Value::Text(x.to_string()),
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
                });
            }
            out.push(Row::new(values));
        }
        Ok(out)
    };
    run().map_err(|e| failure(&e, sql))
}

fn execute(conn: &Connection, sql: &str, params: Vec<Value>) -> Result<u64> {
    let run = || -> rusqlite::Result<usize> {
        conn.prepare_cached(sql)?
            .execute(rusqlite::params_from_iter(params.into_iter().map(Bound::from)))
    };
    run().map(|n| n as u64).map_err(|e| failure(&e, sql))
}

/// A parameter; a list is made on the thread that uses it.
enum Bound {
    One(rusqlite::types::Value),
    List(rusqlite::vtab::array::Array),
}

impl From<Value> for Bound {
    fn from(value: Value) -> Self {
        use rusqlite::types::Value as V;
        match value {
            Value::Null => Self::One(V::Null),
            Value::Int(n) => Self::One(V::Integer(n)),
            Value::Text(text) => Self::One(V::Text(text)),
            Value::Blob(bytes) => Self::One(V::Blob(bytes)),
            Value::Texts(list) => Self::List(Rc::new(list.into_iter().map(V::Text).collect())),
            Value::Ints(list) => Self::List(Rc::new(list.into_iter().map(V::Integer).collect())),
            Value::Set(list) => Self::List(array(list)),
        }
    }
}

/// Sets that a connection keeps in its own form: the same few come again and again, and to copy some
/// thousand ids takes a good part of the time of a list.
const SETS: usize = 8;

thread_local! {
    static KNOWN: RefCell<VecDeque<(Arc<Vec<String>>, rusqlite::vtab::array::Array)>> =
        const { RefCell::new(VecDeque::new()) };
}

fn array(set: Arc<Vec<String>>) -> rusqlite::vtab::array::Array {
    KNOWN.with_borrow_mut(|known| {
        if let Some((_, array)) = known.iter().find(|(of, _)| Arc::ptr_eq(of, &set)) {
            return array.clone();
        }
        let texts = set.iter().cloned().map(rusqlite::types::Value::Text);
        let array = Rc::new(texts.collect());
        if known.len() == SETS {
            known.pop_front();
        }
        known.push_back((set, Rc::clone(&array)));
        array
    })
}

impl rusqlite::ToSql for Bound {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::One(value) => value.to_sql(),
            Self::List(list) => list.to_sql(),
        }
    }
}

fn connect(path: &Path, writer: bool) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let conn = Connection::open(path)?;
        conn.busy_timeout(Duration::from_secs(20))?;
        if writer {
            conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        }
        // FULL: a commit that was answered survives a power cut.
        conn.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
             PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864;",
        )?;
        conn.query_row("PRAGMA mmap_size = 268435456", [], |_| Ok(()))?;
        if !writer {
            conn.execute_batch("PRAGMA query_only = ON")?;
        }
        conn.set_prepared_statement_cache_capacity(256);
        rusqlite::vtab::array::load_module(&conn)?;
        Ok(conn)
    };
    open().map_err(|e| Error::Options(format!("database {}: {e}", path.display())))
}

/// Creates the file, readable by its owner alone.
fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|e| Error::Options(format!("database {}: {e}", path.display())))
}

fn failure(error: &rusqlite::Error, sql: &str) -> Error {
    let cause = match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => Cause::Constraint,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Cause::Serialization,
        _ => Cause::Other,
    };
    let start: String = sql.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
    Error::Backend(BackendError {
        message: format!("database: {error} (in `{start} …`)"),
        cause,
    })
}
