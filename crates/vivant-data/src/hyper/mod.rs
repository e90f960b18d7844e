//! `.hyper` files, read and written through the `hyperd` program.
//!
//! The program is a database server of its own. It is started when the first file is asked for, listens on a
//! socket in a private folder, and ends when nobody uses it any more or this process ends, however it ends.
//! Tables stream as Arrow, so a file of any size passes through bounded memory here.

mod catalog;
mod geometry;
pub mod install;
mod read;
mod server;
mod wire;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub use catalog::{HyperColumn, HyperTable};
pub use write::{NewTable, append, create};

use crate::batches::Batches;
use crate::error::{DataError, Result, known, shorten};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::spec::{ConnectionSpec, TableSpec};
use server::Server;
use wire::Wire;

/// Where `hyperd` is, and the one that runs, if one does.
#[derive(Debug, Clone)]
pub struct HyperEngine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    running: Mutex<Weak<Server>>,
}

/// What says that there is no `hyperd`.
const MISSING: DataError = DataError::NotInstalled {
    what: "the engine for `.hyper` files",
    hint: "run `vivant engine install`, or set HYPERD_PATH to a `hyperd` program",
};

impl HyperEngine {
    /// Uses this program.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            inner: Arc::new(Inner {
                program: program.into(),
                running: Mutex::default(),
            }),
        }
    }

    /// Finds the program: where `hyperd_path` says (the variable `HYPERD_PATH`), else in one of the folders.
    pub fn find(hyperd_path: Option<&Path>, folders: &[PathBuf]) -> Option<Self> {
        let name = server::PROGRAM;
        let given = hyperd_path.map(|path| match path.is_dir() {
            true => path.join(name),
            false => path.to_owned(),
        });
        let mut places: Vec<PathBuf> = given.into_iter().collect();
        for folder in folders {
            places.push(folder.join(name));
            places.push(folder.join("hyper").join(name));
            places.push(install::installed(folder));
        }
        let place = places.into_iter().find(|place| place.is_file())?;
        // It is started in a folder of its own, where a relative path leads elsewhere.
        Some(Self::new(place.canonicalize().unwrap_or(place)))
    }

    /// Returns the program.
    pub fn program(&self) -> &Path {
        &self.inner.program
    }

    /// Returns the server that runs, or starts one.
    fn server(&self) -> Result<Arc<Server>> {
        let mut running = self.inner.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = running.upgrade()
            && server.is_alive()
        {
            return Ok(server);
        }
        let server = Arc::new(Server::start(&self.inner.program)?);
        *running = Arc::downgrade(&server);
        Ok(server)
    }

    /// Keeps the server running as long as the returned value lives, so that it need not start for each file.
    pub fn keep_running(&self) -> Result<impl Send + Sync + use<>> {
        self.server()
    }
}

/// A `.hyper` file, open for reading.
pub struct HyperFile {
    session: Session,
    file: DataFile,
}

/// A connection to the server with a file attached as `file`.
struct Session {
    wire: Wire,
    /// The server ends when the last session does.
    _server: Arc<Server>,
}

impl Session {
    fn begin(engine: &HyperEngine) -> Result<Self> {
        let server = engine.server()?;
        Ok(Self {
            wire: server.connect()?,
            _server: server,
        })
    }

    fn attach(engine: &HyperEngine, file: &DataFile) -> Result<Self> {
        let mut session = Self::begin(engine)?;
        let path = path_text(file.path(), file.name())?;
        session
            .wire
            .run(&format!("ATTACH DATABASE {} AS file", quoted(path)))
            .map_err(|error| about(without(error, path), file.name()))?;
        Ok(session)
    }
}

impl HyperFile {
    /// Opens a file.
    pub fn open(engine: Option<&HyperEngine>, file: &DataFile) -> Result<Self> {
        let engine = engine.ok_or(MISSING)?;
        Ok(Self {
            session: Session::attach(engine, file)?,
            file: file.clone(),
        })
    }

    /// Lists the tables with their columns.
    pub fn tables(&mut self) -> Result<Vec<HyperTable>> {
        catalog::tables(&mut self.session.wire).map_err(|error| about(error, self.file.name()))
    }

    /// Reads a table.
    pub fn read(self, table: &HyperTable, limits: &DataLimits) -> Result<Batches> {
        read::read(self.session, self.file, table, limits)
    }
}

/// Opens the table of a connection of class `hyper`.
pub(crate) fn open(
    engine: Option<&HyperEngine>,
    file: &DataFile,
    connection: &ConnectionSpec,
    table: &TableSpec,
    limits: &DataLimits,
) -> Result<Batches> {
    let mut opened = HyperFile::open(engine, file)?;
    let tables = opened.tables()?;
    let found = find(&tables, connection, table).ok_or_else(|| DataError::NoTable {
        table: shorten(&table.table),
        place: file.name().to_owned(),
        known: known(tables.iter().map(HyperTable::label)),
    })?;
    if found.columns.len() > limits.columns {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    opened.read(found, limits)
}

/// Finds the table that a relation means: with its schema, with that of the connection, or the only one of
/// its name.
fn find<'t>(
    tables: &'t [HyperTable],
    connection: &ConnectionSpec,
    table: &TableSpec,
) -> Option<&'t HyperTable> {
    let parts = table.parts();
    let (schema, name) = match parts.as_slice() {
        [.., schema, name] => (Some(schema.as_str()), name.as_str()),
        [name] => (connection.attribute("schema"), name.as_str()),
        [] => (
            connection.attribute("schema"),
            connection.attribute("tablename").unwrap_or("Extract"),
        ),
    };
    let mut named = tables.iter().filter(|table| table.name == name);
    named
        .clone()
        .find(|table| schema.is_some_and(|schema| table.schema == schema))
        .or_else(|| named.next().filter(|_| named.next().is_none()))
        .or(match tables {
            [only] if parts.len() < 2 => Some(only),
            _ => None,
        })
}

/// Writes a name so that nothing in it is read as SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn path_text<'p>(path: &'p Path, name: &str) -> Result<&'p str> {
    path.to_str()
        .filter(|path| !path.contains('\0'))
        .ok_or_else(|| DataError::damaged(name, "its path is not text"))
}

/// Leaves out where a file is: whoever asks has no business in the folders of this machine.
fn without(error: DataError, path: &str) -> DataError {
    match error {
        DataError::Server { server, message } => {
            let cut = message.split(": DatabaseId:").next().unwrap_or_default();
            DataError::Server {
                server,
                message: cut.replace(path, "the file"),
            }
        }
        other => other,
    }
}

/// Says which file an error of the server is about.
fn about(error: DataError, file: &str) -> DataError {
    match error {
        DataError::Server { message, .. } => DataError::damaged(file, message),
        other => other,
    }
}
