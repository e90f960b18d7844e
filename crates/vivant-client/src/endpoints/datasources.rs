//! Published data sources: list, publish, download, change, delete; their connections.

use vivant_model::{ConnectionId, DatasourceId, ProjectId};
use vivant_wire::paths::Method;
use vivant_wire::types::{self, Connection, Datasource, Job};

use super::{ConnectionSpec, connections, secrets};
use crate::call::Call;
use crate::download::{DownloadOptions, Downloaded, Target};
use crate::error::{Error, Result};
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
    /// The rows of the extract take the place of its own.
    Replace,
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
    /// User name, password and the rest for its only source, of which nothing else is said.
    pub credentials: Option<ConnectionSpec>,
    /// Whether it is certified, and why (API 2.8).
    pub is_certified: Option<bool>,
    /// What people read beside the mark of certification.
    pub certification_note: Option<String>,
    /// Whether questions may be asked of it: `Enabled`, `Disabled` or `SiteDefault`.
    pub ask_data: Option<String>,
    /// Whether Tableau Bridge is used for it.
    pub use_remote_query_agent: Option<bool>,
    /// Whether the server encrypts its extracts (API 3.5).
    pub encrypt_extracts: Option<bool>,
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
        self.site.delete(self.path(id, "")).await
    }

    /// The connections of a data source (API 2.3).
    pub async fn connections(&self, id: DatasourceId) -> Result<Vec<Connection>> {
        super::connections_of(&self.site, self.path(id, "/connections")).await
    }

    /// Changes a connection (API 2.3).
    pub async fn update_connection(
        &self,
        id: DatasourceId,
        connection: ConnectionId,
        changes: &Connection,
    ) -> Result<Connection> {
        let path = self.path(id, &format!("/connections/{connection}"));
        super::update_connection(&self.site, path, changes).await
    }

    /// Changes several connections alike: user name, password, way of authentication (API 3.26).
    pub async fn update_connections(
        &self,
        id: DatasourceId,
        connections: &[ConnectionId],
        changes: &Connection,
    ) -> Result<Vec<Connection>> {
        super::update_connections(&self.site, self.path(id, "/connections"), connections, changes).await
    }

    /// Refreshes the extract of a data source now (API 2.8), wholly or only what is new (API 3.25), and
    /// returns the job; `None` where such a job waits already.
    pub async fn refresh(&self, id: DatasourceId, incremental: bool) -> Result<Option<Job>> {
        super::refresh(&self.site, self.path(id, "/refresh"), incremental).await
    }

    /// Makes an extract of a data source, and returns the job (API 3.5).
    pub async fn create_extract(&self, id: DatasourceId, encrypt: bool) -> Result<Job> {
        let call = Call::new(Method::Post, self.path(id, "/createExtract"))
            .query("encrypt", encrypt)
            .body(|_| {});
        self.site.ask(&call, "job").await
    }

    /// Turns the extract of a data source back into a live connection (API 3.5).
    pub async fn delete_extract(&self, id: DatasourceId) -> Result<()> {
        let call = Call::new(Method::Post, self.path(id, "/deleteExtract")).body(|_| {});
        self.site.tell(&call).await
    }

    pub(super) fn path(&self, id: DatasourceId, rest: &str) -> String {
        self.site.path(&format!("/datasources/{id}{rest}"))
    }
}

impl Publication for PublishDatasource {
    const PATH: &'static str = "/datasources";
    const PART: &'static str = "tableau_datasource";
    const TYPE_PARAMETER: &'static str = "datasourceType";
    const ENDINGS: &'static [&'static str] = &["tds", "tdsx", "tde", "hyper", "parquet"];
    const NOUN: &'static str = "a data source";

    fn check(&self) -> Result<()> {
        match &self.credentials {
            Some(_) if !self.connections.is_empty() => Err(Error::invalid(
                "a data source is published with credentials or with connections, not with both",
            )),
            Some(spec) if spec.user_name.is_none() => {
                Err(Error::invalid("credentials of a data source need a user name"))
            }
            _ => Ok(()),
        }
    }

    fn payload(&self, stem: &str, out: &mut vivant_wire::Out) {
        let datasource = Datasource {
            name: Some(self.name.clone().unwrap_or_else(|| stem.to_owned())),
            description: self.description.clone(),
            use_remote_query_agent: self.use_remote_query_agent,
            project: self.project_id.map(|id| types::Project {
                id: Some(id),
                ..types::Project::default()
            }),
            is_certified: self.is_certified,
            encrypt_extracts: self.encrypt_extracts.map(|encrypt| encrypt.to_string()),
            certification_note: self.certification_note.clone(),
            ask_data: self.ask_data.clone().map(|enablement| types::AskData {
                enablement: Some(enablement),
            }),
            connections: connections(&self.connections),
            connection_credentials: self
                .credentials
                .as_ref()
                .and_then(|spec| spec.to_wire().connection_credentials),
            ..Datasource::default()
        };
        out.child("datasource", &datasource);
    }

    fn parameters(&self, call: Call) -> Call {
        call.flag("overwrite", self.mode == PublishDatasourceMode::Overwrite)
            .flag("append", self.mode == PublishDatasourceMode::Append)
            .flag("replace", self.mode == PublishDatasourceMode::Replace)
    }

    fn secrets(&self) -> Vec<crate::secret::Secret> {
        let mut secrets = secrets(&self.connections);
        secrets.extend(self.credentials.iter().filter_map(|spec| spec.password.clone()));
        secrets
    }
}
