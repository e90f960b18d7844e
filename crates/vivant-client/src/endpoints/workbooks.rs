//! Workbooks: list, publish, download, change, delete; their views and connections.

use vivant_model::{ConnectionId, DatasourceId, GroupId, ProjectId, UserId, WorkbookId};
use vivant_wire::paths::Method;
use vivant_wire::types::{self, Connection, Job, View, Workbook};
use vivant_wire::version::V;

use super::{ConnectionSpec, connections, secrets};
use crate::call::Call;
use crate::download::{DownloadOptions, Downloaded, Target};
use crate::error::{Error, Result};
use crate::filters;
use crate::list::{List, ListOptions};
use crate::publish::{self, Publication};
use crate::source::Source;

super::group! {
    /// Workbooks of a site.
    Workbooks
}

/// What becomes of existing content of the same name and project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishMode {
    /// It stays, and publishing fails.
    #[default]
    CreateNew,
    /// It is replaced, and keeps its id and address.
    Overwrite,
}

/// How a workbook is published.
#[derive(Clone, Debug, Default)]
pub struct PublishWorkbook {
    /// Its name; otherwise the file's, without the ending.
    pub name: Option<String>,
    /// Its project; otherwise Default.
    pub project_id: Option<ProjectId>,
    /// What becomes of an existing one.
    pub mode: PublishMode,
    /// Whether its sheets show as tabs.
    pub show_tabs: bool,
    /// Description (API 3.21).
    pub description: Option<String>,
    /// How it connects to its sources.
    pub connections: Vec<ConnectionSpec>,
    /// User name, password and the rest for all of its sources, of which nothing else is said.
    pub credentials: Option<ConnectionSpec>,
    /// Whether the server encrypts its extracts (API 3.5).
    pub encrypt_extracts: Option<bool>,
    /// Names of views that are not shown (API 3.2).
    pub hidden_views: Vec<String>,
    /// Whether the server leaves connections unchecked.
    pub skip_connection_check: bool,
    /// Whose data the thumbnails show.
    pub thumbnails_user_id: Option<UserId>,
    /// The group whose data the thumbnails show.
    pub thumbnails_group_id: Option<GroupId>,
}

impl Workbooks {
    /// Lists the workbooks that the user may see.
    pub fn list(&self, options: ListOptions) -> List<Workbook> {
        // Tableau: before API 2.3 workbooks were listed for a user only.
        let own = self
            .site
            .path(&format!("/users/{}/workbooks", self.site.user_id()));
        List::new(
            self.site.clone(),
            self.site.path("/workbooks"),
            options,
            filters::WORKBOOKS,
        )
        .before(V(2, 3), own)
    }

    /// Lists the workbooks that somebody may see, or only those that they own.
    pub fn list_for_user(&self, user: UserId, owned: bool, options: ListOptions) -> List<Workbook> {
        let path = self.site.path(&format!("/users/{user}/workbooks"));
        let list = List::new(self.site.clone(), path, options, filters::WORKBOOKS);
        match owned {
            true => list.query("ownedBy", "true"),
            false => list,
        }
    }

    /// Gets one workbook, with its views and tags.
    pub async fn get(&self, id: WorkbookId) -> Result<Workbook> {
        self.site.get(self.path(id, ""), "workbook").await
    }

    /// Publishes a workbook and waits for the server to finish with it.
    ///
    /// Content above 64 MB goes up in chunks, whatever its size read from disk as it is sent.
    pub async fn publish(&self, options: PublishWorkbook, source: impl Into<Source>) -> Result<Workbook> {
        publish::publish(&self.site, &options, source.into(), false, "workbook").await
    }

    /// Publishes a workbook in the background and returns the job (API 3.0).
    pub async fn publish_as_job(&self, options: PublishWorkbook, source: impl Into<Source>) -> Result<Job> {
        publish::publish(&self.site, &options, source.into(), true, "job").await
    }

    /// Downloads a workbook. Content goes to a temporary file first, so that a broken download leaves
    /// nothing half-written.
    pub async fn download(
        &self,
        id: WorkbookId,
        to: impl Into<Target>,
        options: DownloadOptions,
    ) -> Result<Downloaded> {
        self.site
            .download(&options.call(self.path(id, "/content")), to.into(), "workbook")
            .await
    }

    /// Changes a workbook: whatever is set in `changes` and can be changed (name, description, project,
    /// owner, tabs).
    pub async fn update(&self, id: WorkbookId, changes: &Workbook) -> Result<Workbook> {
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("workbook", changes));
        self.site.ask(&call, "workbook").await
    }

    /// Changes a workbook, and asks for the state of acceleration of its views, too (API 3.22).
    pub async fn update_with_acceleration_status(
        &self,
        id: WorkbookId,
        changes: &Workbook,
    ) -> Result<Workbook> {
        self.site
            .needs(V(3, 22), "the state of acceleration of views")
            .await?;
        let call = Call::new(Method::Put, self.path(id, ""))
            .query("includeViewAccelerationStatus", "true")
            .body(|out| out.child("workbook", changes));
        self.site.ask(&call, "workbook").await
    }

    /// Deletes a workbook.
    pub async fn delete(&self, id: WorkbookId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// The views of a workbook, in its order.
    pub async fn views(&self, id: WorkbookId) -> Result<Vec<View>> {
        let views: types::Views = self.site.get(self.path(id, "/views"), "views").await?;
        Ok(views.view)
    }

    /// The views of a workbook with how often each was looked at.
    pub async fn views_with_usage(&self, id: WorkbookId) -> Result<Vec<View>> {
        let call = Call::get(self.path(id, "/views")).query("includeUsageStatistics", "true");
        let views: types::Views = self.site.ask(&call, "views").await?;
        Ok(views.view)
    }

    /// Refreshes the extracts of a workbook now (API 2.8), wholly or only what is new (API 3.25), and returns
    /// the job; `None` where such a job waits already.
    pub async fn refresh(&self, id: WorkbookId, incremental: bool) -> Result<Option<Job>> {
        super::refresh(&self.site, self.path(id, "/refresh"), incremental).await
    }

    /// Makes extracts of the workbook's own data sources, all of them or those named, and returns the job
    /// (API 3.5).
    pub async fn create_extract(
        &self,
        id: WorkbookId,
        encrypt: bool,
        datasources: Option<&[DatasourceId]>,
    ) -> Result<Job> {
        let embedded = embedded(datasources);
        let call = Call::new(Method::Post, self.path(id, "/createExtract"))
            .query("encrypt", encrypt)
            .body(|out| out.child("datasources", &embedded));
        self.site.ask(&call, "job").await
    }

    /// Turns extracts of the workbook's own data sources, all of them or those named, back into live
    /// connections, and returns the job where the server makes one (API 3.3).
    pub async fn delete_extract(
        &self,
        id: WorkbookId,
        datasources: Option<&[DatasourceId]>,
    ) -> Result<Option<Job>> {
        let embedded = embedded(datasources);
        let call = Call::new(Method::Post, self.path(id, "/deleteExtract"))
            .body(|out| out.child("datasources", &embedded));
        let node = self.site.call(&call).await?;
        super::optional(&node, "job")
    }

    /// The connections of a workbook.
    pub async fn connections(&self, id: WorkbookId) -> Result<Vec<Connection>> {
        super::connections_of(&self.site, self.path(id, "/connections")).await
    }

    /// Changes a connection: server, port, user name, password, whether it is kept.
    pub async fn update_connection(
        &self,
        id: WorkbookId,
        connection: ConnectionId,
        changes: &Connection,
    ) -> Result<Connection> {
        let path = self.path(id, &format!("/connections/{connection}"));
        super::update_connection(&self.site, path, changes).await
    }

    /// Changes several connections alike: user name, password, way of authentication (API 3.26).
    pub async fn update_connections(
        &self,
        id: WorkbookId,
        connections: &[ConnectionId],
        changes: &Connection,
    ) -> Result<Vec<Connection>> {
        super::update_connections(&self.site, self.path(id, "/connections"), connections, changes).await
    }

    pub(super) fn path(&self, id: WorkbookId, rest: &str) -> String {
        self.site.path(&format!("/workbooks/{id}{rest}"))
    }
}

fn embedded(datasources: Option<&[DatasourceId]>) -> types::EmbeddedDatasources {
    types::EmbeddedDatasources {
        include_all: datasources.is_none().then_some(true),
        datasource: datasources
            .unwrap_or_default()
            .iter()
            .map(|id| types::Datasource {
                id: Some(*id),
                ..types::Datasource::default()
            })
            .collect(),
    }
}

impl Publication for PublishWorkbook {
    const PATH: &'static str = "/workbooks";
    const PART: &'static str = "tableau_workbook";
    const TYPE_PARAMETER: &'static str = "workbookType";
    const ENDINGS: &'static [&'static str] = &["twb", "twbx"];
    const NOUN: &'static str = "a workbook";

    fn check(&self) -> Result<()> {
        if self.credentials.is_some() && !self.connections.is_empty() {
            return Err(Error::invalid(
                "a workbook is published with credentials or with connections, not with both",
            ));
        }
        match (self.thumbnails_user_id, self.thumbnails_group_id) {
            (Some(_), Some(_)) => Err(Error::invalid(
                "thumbnails show the data of a user or of a group, not of both",
            )),
            _ => Ok(()),
        }
    }

    fn payload(&self, stem: &str, out: &mut vivant_wire::Out) {
        let workbook = Workbook {
            name: Some(self.name.clone().unwrap_or_else(|| stem.to_owned())),
            description: self.description.clone(),
            show_tabs: self.show_tabs.then_some(true),
            thumbnails_user_id: self.thumbnails_user_id.map(|id| id.to_string()),
            thumbnails_group_id: self.thumbnails_group_id.map(|id| id.to_string()),
            project: self.project_id.map(|id| types::Project {
                id: Some(id),
                ..types::Project::default()
            }),
            encrypt_extracts: self.encrypt_extracts.map(|encrypt| encrypt.to_string()),
            connections: connections(&self.connections),
            connection_credentials: self
                .credentials
                .as_ref()
                .and_then(|spec| spec.to_wire().connection_credentials),
            views: (!self.hidden_views.is_empty()).then(|| types::Views {
                view: self
                    .hidden_views
                    .iter()
                    .map(|name| View {
                        name: Some(name.clone()),
                        hidden: Some(true),
                        ..View::default()
                    })
                    .collect(),
            }),
            ..Workbook::default()
        };
        out.child("workbook", &workbook);
    }

    fn parameters(&self, call: Call) -> Call {
        call.flag("overwrite", self.mode == PublishMode::Overwrite)
            .flag("skipConnectionCheck", self.skip_connection_check)
    }

    fn secrets(&self) -> Vec<crate::secret::Secret> {
        let mut secrets = secrets(&self.connections);
        secrets.extend(self.credentials.iter().filter_map(|spec| spec.password.clone()));
        secrets
    }
}
