//! Published data sources: list, publish, download, change, delete; their connections.

use vivant_model::{ConnectionId, DatasourceId, ProjectId};
use vivant_wire::paths::Method;
use vivant_wire::types::{self, Connection, Datasource, Job};

use super::{ConnectionSpec, connections, secrets};
use crate::call::Call;
use crate::download::{DownloadOptions, Downloaded, Target};
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};
use crate::publish::{self, Publication};
use crate::source::Source;

super::group! {
    /// Published data sources of a site.
    Datasources
}

/// What becomes of an existing data source of the same name and project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishDatasourceMode {
    /// It stays, and publishing fails.
    #[default]
    CreateNew,
    /// It is replaced, and keeps its id and address.
    Overwrite,
    /// The rows of the extract are added to it.
    Append,
}

/// How a data source is published.
#[derive(Clone, Debug, Default)]
pub struct PublishDatasource {
    /// Its name; otherwise the file's, without the ending.
    pub name: Option<String>,
    /// Its project; otherwise Default.
    pub project_id: Option<ProjectId>,
    /// What becomes of an existing one.
    pub mode: PublishDatasourceMode,
    /// Description (API 2.3).
    pub description: Option<String>,
    /// How it connects to its sources.
    pub connections: Vec<ConnectionSpec>,
    /// Whether Tableau Bridge is used for it.
    pub use_remote_query_agent: Option<bool>,
}

impl Datasources {
    /// Lists the data sources that the user may see.
    pub fn list(&self, options: ListOptions) -> List<Datasource> {
        List::new(
            self.site.clone(),
            self.site.path("/datasources"),
            options,
            filters::DATASOURCES,
        )
    }

    /// Gets one data source.
    pub async fn get(&self, id: DatasourceId) -> Result<Datasource> {
        self.site.get(self.path(id, ""), "datasource").await
    }

    /// Publishes a data source and waits for the server to finish with it.
    pub async fn publish(&self, options: PublishDatasource, source: impl Into<Source>) -> Result<Datasource> {
        publish::publish(&self.site, &options, source.into(), false, "datasource").await
    }

    /// Publishes a data source in the background and returns the job (API 3.0).
    pub async fn publish_as_job(&self, options: PublishDatasource, source: impl Into<Source>) -> Result<Job> {
        publish::publish(&self.site, &options, source.into(), true, "job").await
    }

    /// Downloads a data source.
    pub async fn download(
        &self,
        id: DatasourceId,
        to: impl Into<Target>,
        options: DownloadOptions,
    ) -> Result<Downloaded> {
        self.site
            .download(&options.call(self.path(id, "/content")), to.into(), "datasource")
            .await
    }

    /// Changes a data source: whatever is set in `changes` and can be changed (name, description,
    /// project, owner, certification).
    pub async fn update(&self, id: DatasourceId, changes: &Datasource) -> Result<Datasource> {
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("datasource", changes));
        self.site.ask(&call, "datasource").await
    }

    /// Deletes a data source.
    pub async fn delete(&self, id: DatasourceId) -> Result<()> {
        self.site
            .tell(&Call::new(Method::Delete, self.path(id, "")))
            .await
    }

    /// The connections of a data source (API 2.3).
    pub async fn connections(&self, id: DatasourceId) -> Result<Vec<Connection>> {
        let found: types::Connections = self
            .site
            .get(self.path(id, "/connections"), "connections")
            .await?;
        Ok(found.connection)
    }

    /// Changes a connection (API 2.3).
    pub async fn update_connection(
        &self,
        id: DatasourceId,
        connection: ConnectionId,
        changes: &Connection,
    ) -> Result<Connection> {
        let path = self.path(id, &format!("/connections/{connection}"));
        self.site
            .ask(&publish::connection_change(path, changes), "connection")
            .await
    }

    fn path(&self, id: DatasourceId, rest: &str) -> String {
        self.site.path(&format!("/datasources/{id}{rest}"))
    }
}

impl Publication for PublishDatasource {
    const PATH: &'static str = "/datasources";
    const PART: &'static str = "tableau_datasource";
    const TYPE_PARAMETER: &'static str = "datasourceType";
    const ENDINGS: &'static [&'static str] = &["tds", "tdsx", "tde", "hyper", "parquet"];
    const NOUN: &'static str = "a data source";

    fn payload(&self, stem: &str, out: &mut vivant_wire::Out) {
        let datasource = Datasource {
            name: Some(self.name.clone().unwrap_or_else(|| stem.to_owned())),
            description: self.description.clone(),
            use_remote_query_agent: self.use_remote_query_agent,
            project: self.project_id.map(|id| types::Project {
                id: Some(id),
                ..types::Project::default()
            }),
            connections: connections(&self.connections),
            ..Datasource::default()
        };
        out.child("datasource", &datasource);
    }

    fn parameters(&self, call: Call) -> Call {
        call.flag("overwrite", self.mode == PublishDatasourceMode::Overwrite)
            .flag("append", self.mode == PublishDatasourceMode::Append)
    }

    fn secrets(&self) -> Vec<crate::secret::Secret> {
        secrets(&self.connections)
    }
}
