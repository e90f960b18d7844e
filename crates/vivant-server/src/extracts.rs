//! Extracts between the pipeline, which reads and writes files, and the store, which keeps them.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use vivant::{
    Asker, ConnectionSpec, Credentials, DataError, DataFile, ExtractColumn, Folders, HyperEngine, Published,
    RefreshedExtract, World,
};
use vivant_model::SiteId;
use vivant_store::{Connection, NewExtract, Secret, Spooled};

use crate::app::App;
use crate::errors::{Result, internal};

/// How long a job may work in its folder while another node starts on the same data folder.
const WORK_FOLDER_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder for the files of one job; it goes with the value.
pub fn work_folder(app: &App) -> Result<TempDir> {
    let at = app.config.data_dir.join("work");
    std::fs::create_dir_all(&at).map_err(internal)?;
    tempfile::Builder::new()
        .prefix("job-")
        .tempdir_in(at)
        .map_err(internal)
}

/// Removes the folders that a process left which was killed in the middle of a job.
pub fn clear_work_folders(app: &App) {
    // Another node may use the same data folder; with SQLite there is no other.
    let alone = match &app.config.database_url {
        None => true,
        Some(url) => url.starts_with("sqlite:"),
    };
    let Ok(folders) = std::fs::read_dir(app.config.data_dir.join("work")) else {
        return;
    };
    for folder in folders.flatten() {
        let changed = folder.metadata().and_then(|about| about.modified());
        let old = changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > WORK_FOLDER_LIFE));
        if !(alone || old) {
            continue;
        }
        if let Err(error) = std::fs::remove_dir_all(folder.path()) {
            tracing::warn!(%error, "the folder {} stays behind", folder.path().display());
        }
    }
}

/// Makes what the store keeps of an extract that was written.
pub async fn new_extract(app: &App, written: RefreshedExtract) -> Result<NewExtract> {
    Ok(NewExtract {
        file: spool(app, &written.file).await?,
        rows: i64::try_from(written.rows).unwrap_or(i64::MAX),
        columns: Columns::of(written.table, &written.columns).write()?,
        datasource: written.datasource,
    })
}

/// Moves a file to where the store takes it from.
pub async fn spool(app: &App, path: &Path) -> Result<Spooled> {
    use tokio::io::AsyncReadExt as _;
    let mut file = tokio::fs::File::open(path).await.map_err(internal)?;
    let mut spool = app.store.content().spool().await?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer).await.map_err(internal)? {
            0 => break,
            read => spool.write(&buffer[..read]).await?,
        }
    }
    tokio::fs::remove_file(path).await.map_err(internal)?;
    Ok(spool.finish().await?)
}

/// What is kept of an extract beside its rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Columns {
    /// The key of its table in the data source's model; `Extract` where there is one for all.
    pub table: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
}

/// A column of an extract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Column {
    /// Its name in the extract.
    pub field: String,
    /// The name of the column that it was read from.
    pub column: String,
    /// The relation that it was read from.
    pub table: String,
    /// Its type.
    pub kind: String,
}

impl Columns {
    /// Describes the columns of a table.
    pub fn of(table: String, columns: &[ExtractColumn]) -> Self {
        let column = |column: &ExtractColumn| Column {
            field: column.field.clone(),
            column: column.column.clone(),
            table: column.table.clone(),
            kind: format!("{:?}", column.kind),
        };
        Self {
            table,
            columns: columns.iter().map(column).collect(),
        }
    }

    /// Reads what the store keeps; what cannot be read names nothing.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    fn write(&self) -> Result<String> {
        serde_json::to_string(self).map_err(internal)
    }
}

/// What surrounds a document on this server.
pub struct Surroundings {
    folders: Folders,
    credentials: Vec<(Connection, Secret)>,
    /// Where this server keeps its own data.
    own: Vec<SocketAddr>,
    hyper: Option<HyperEngine>,
    now: vivant::DateTime,
    /// The data sources that are published on their own, by content URL.
    published: Vec<(String, Published)>,
    /// Copies of files that are read.
    _copies: Vec<Spooled>,
}

impl World for Surroundings {
    fn file(&self, path: &str) -> std::result::Result<DataFile, DataError> {
        self.folders.find(path)
    }

    fn credentials(&self, connection: &ConnectionSpec) -> Option<Credentials> {
        let attribute = |name: &str| connection.attributes.get(name).map_or("", String::as_str);
        let found = self.credentials.iter().find(|(known, _)| {
            known.class == connection.class
                && known.server.eq_ignore_ascii_case(attribute("server"))
                && known.dbname == attribute("dbname")
        });
        found.map(|(known, password)| Credentials {
            username: known.username.clone(),
            password: password.reveal().to_owned(),
        })
    }

    /// Documents come from anyone who may publish: none may lead to the server's own tables, under
    /// whatever name.
    fn may_connect(&self, connection: &ConnectionSpec) -> std::result::Result<(), DataError> {
        let (Some(host), false) = (connection.attribute("server"), self.own.is_empty()) else {
            return Ok(());
        };
        let port = connection.attribute("port").and_then(|port| port.parse().ok());
        let Ok(found) = (host, port.unwrap_or(POSTGRES_PORT)).to_socket_addrs() else {
            // What has no address cannot be connected to either.
            return Ok(());
        };
        for address in found {
            let same = |own: &SocketAddr| {
                let loopback = own.ip().is_loopback() && address.ip().is_loopback();
                own.port() == address.port() && (loopback || own.ip() == address.ip())
            };
            if self.own.iter().any(same) {
                return Err(DataError::UnsupportedSetting {
                    setting: "the server",
                    value: host.to_owned(),
                    hint: "it holds this server's own tables".to_owned(),
                });
            }
        }
        Ok(())
    }

    fn published(&self, content_url: &str) -> std::result::Result<Published, DataError> {
        let found = self.published.iter().find(|(url, _)| url == content_url);
        found
            .map(|(_, found)| found.clone())
            .ok_or_else(|| DataError::Server {
                server: format!("the published data source `{content_url}`"),
                message: "it is not on this site".to_owned(),
            })
    }

    fn hyper(&self) -> Option<HyperEngine> {
        self.hyper.clone()
    }

    fn asker(&self) -> Option<Asker> {
        // Extracts hold the same rows for everybody.
        None
    }

    fn now(&self) -> vivant::DateTime {
        self.now
    }
}

impl Surroundings {
    /// What surrounds the document of an item with these connections.
    pub async fn new(app: &App, site: SiteId, connections: &[Connection]) -> Result<Self> {
        let mut credentials = Vec::new();
        for connection in connections.iter().filter(|c| c.password.is_some()) {
            let password = app.store.connection_password(site, connection.id).await?;
            credentials.extend(password.map(|password| (connection.clone(), password)));
        }
        Ok(Self {
            folders: Folders::new(app.config.data_folders.iter().cloned()),
            credentials,
            own: own_servers(app).await,
            hyper: hyper_engine(app),
            now: local_time(app)?,
            published: Vec::new(),
            _copies: Vec::new(),
        })
    }

    /// Adds the data sources that are published on their own, by content URL.
    #[must_use]
    pub fn with_published(mut self, published: Vec<(String, Published)>) -> Self {
        self.published = published;
        self
    }

    /// Keeps copies of files as long as somebody reads here.
    #[must_use]
    pub fn keeping(mut self, copies: Vec<Spooled>) -> Self {
        self._copies = copies;
        self
    }
}

/// The port of PostgreSQL where none is named.
const POSTGRES_PORT: u16 = 5432;

/// The addresses of the server's own database, if it is on one.
async fn own_servers(app: &App) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for (host, port) in app
        .config
        .database_url
        .iter()
        .flat_map(|url| vivant_store::servers_of(url))
    {
        if let Ok(addresses) = tokio::net::lookup_host((host.as_str(), port)).await {
            found.extend(addresses);
        }
    }
    found
}

/// The program that reads `.hyper` files: the one that the settings name, or one in the data folder.
pub fn hyper_engine(app: &App) -> Option<HyperEngine> {
    HyperEngine::find(
        app.config.hyperd_path.as_deref(),
        std::slice::from_ref(&app.config.data_dir),
    )
}

/// What clocks show in the server's time zone.
pub fn local_time(app: &App) -> Result<vivant::DateTime> {
    let local = app.config.time_zone.local(app.now());
    local
        .and_then(|millis| vivant::DateTime::from_micros(millis.checked_mul(1000)?))
        .ok_or_else(|| internal(anyhow::anyhow!("the clock shows a time that no calendar has")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(own: &[&str]) -> Surroundings {
        Surroundings {
            folders: Folders::default(),
            credentials: Vec::new(),
            own: own.iter().map(|address| address.parse().unwrap()).collect(),
            hyper: None,
            now: vivant::DateTime::from_micros(0).unwrap(),
            published: Vec::new(),
            _copies: Vec::new(),
        }
    }

    #[test]
    fn the_servers_own_tables_are_out_of_reach_under_any_name() {
        let own = surroundings(&["127.0.0.1:5433", "192.0.2.7:5432"]);
        let to = |server: &str, port: &str| {
            let connection = ConnectionSpec::of_class("postgres").with("server", server);
            own.may_connect(&connection.with("port", port)).is_ok()
        };
        assert!(!to("127.0.0.1", "5433"));
        assert!(!to("localhost", "5433"));
        assert!(!to("127.0.0.9", "5433"), "every address of this machine is it");
        assert!(!to("192.0.2.7", ""), "the usual port need not be named");
        assert!(to("127.0.0.1", "5432"));
        assert!(to("192.0.2.8", "5432"));
    }
}
