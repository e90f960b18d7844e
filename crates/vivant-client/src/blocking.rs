//! The main calls for programs that are not async, on a runtime of their own.
//!
//! Not for use inside async code, where waiting would block everything else.

use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Runtime;
use vivant_model::{DatasourceId, WorkbookId};
use vivant_wire::types::{
    BackgroundJob, Datasource, Group, Project, Schedule, ServerInfo, Subscription, User, View, Workbook,
};

use crate::client::ClientBuilder;
use crate::credentials::Credentials;
use crate::download::{DownloadOptions, Downloaded, Target};
use crate::endpoints::{Export, PublishDatasource, PublishWorkbook};
use crate::error::{Error, Result};
use crate::list::ListOptions;
use crate::sessions::SessionStore;
use crate::source::Source;

/// A server to talk to, blocking.
///
/// ```no_run
/// # fn main() -> vivant_client::Result<()> {
/// use vivant_client::{Credentials, ListOptions, blocking};
///
/// let client = blocking::Client::new(vivant_client::Client::builder("https://tableau.example.com"))?;
/// let site = client.sign_in(Credentials::token("ci", "secret"))?;
/// for workbook in site.workbooks(ListOptions::new())? {
///     eprintln!("{}", workbook.name.unwrap_or_default());
/// }
/// site.sign_out()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    inner: crate::Client,
    runtime: Arc<Owned>,
}

/// A session on a site, blocking.
#[derive(Clone, Debug)]
pub struct Site {
    inner: crate::Site,
    runtime: Arc<Owned>,
}

/// A runtime that may be dropped anywhere.
#[derive(Debug)]
struct Owned(Option<Runtime>);

impl Owned {
    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.0
            .as_ref()
            .expect("the runtime is there until it is dropped")
            .block_on(work)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    /// Makes a client of its settings.
    pub fn new(builder: ClientBuilder) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| Error::file(format!("no runtime can be started: {e}")))?;
        Ok(Self {
            inner: builder.build()?,
            runtime: Arc::new(Owned(Some(runtime))),
        })
    }

    /// Asks the server what it is.
    pub fn server_info(&self) -> Result<ServerInfo> {
        self.runtime.run(self.inner.server_info())
    }

    /// Signs in.
    pub fn sign_in(&self, credentials: Credentials) -> Result<Site> {
        Ok(Site {
            inner: self.runtime.run(self.inner.sign_in(credentials))?,
            runtime: Arc::clone(&self.runtime),
        })
    }

    /// Goes on with the session of other programs, or signs in where there is none.
    pub fn sign_in_shared(&self, store: &SessionStore, credentials: Credentials) -> Result<Site> {
        Ok(Site {
            inner: self.runtime.run(store.sign_in(&self.inner, credentials))?,
            runtime: Arc::clone(&self.runtime),
        })
    }

    /// Signs in, does the work, and signs out also when the work failed.
    pub fn with_session<T, E: From<Error>>(
        &self,
        credentials: Credentials,
        work: impl FnOnce(&Site) -> Result<T, E>,
    ) -> Result<T, E> {
        let site = self.sign_in(credentials)?;
        let outcome = work(&site);
        if let Err(error) = site.sign_out() {
            tracing::warn!(%error, "signing out failed");
        }
        outcome
    }
}

impl Site {
    /// The async handle of the same session, for everything else.
    pub fn handle(&self) -> &crate::Site {
        &self.inner
    }

    /// Waits for a call of the async handle.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.run(work)
    }

    /// Ends the session.
    pub fn sign_out(&self) -> Result<()> {
        self.wait(self.inner.sign_out())
    }

    /// Lists workbooks.
    pub fn workbooks(&self, options: ListOptions) -> Result<Vec<Workbook>> {
        self.wait(self.inner.workbooks().list(options).all())
    }

    /// Lists views.
    pub fn views(&self, options: ListOptions) -> Result<Vec<View>> {
        self.wait(self.inner.views().list(options).all())
    }

    /// Lists data sources.
    pub fn datasources(&self, options: ListOptions) -> Result<Vec<Datasource>> {
        self.wait(self.inner.datasources().list(options).all())
    }

    /// Lists projects.
    pub fn projects(&self, options: ListOptions) -> Result<Vec<Project>> {
        self.wait(self.inner.projects().list(options).all())
    }

    /// Lists users.
    pub fn users(&self, options: ListOptions) -> Result<Vec<User>> {
        self.wait(self.inner.users().list(options).all())
    }

    /// Lists groups.
    pub fn groups(&self, options: ListOptions) -> Result<Vec<Group>> {
        self.wait(self.inner.groups().list(options).all())
    }

    /// Lists jobs.
    pub fn jobs(&self, options: ListOptions) -> Result<Vec<BackgroundJob>> {
        self.wait(self.inner.jobs().list(options).all())
    }

    /// Lists schedules.
    pub fn schedules(&self, options: ListOptions) -> Result<Vec<Schedule>> {
        self.wait(self.inner.schedules().list(options).all())
    }

    /// Lists subscriptions.
    pub fn subscriptions(&self, options: ListOptions) -> Result<Vec<Subscription>> {
        self.wait(self.inner.subscriptions().list(options).all())
    }

    /// Fetches an export into memory: `site.bytes(site.handle().views().pdf(id, options))`.
    pub fn bytes(&self, export: Export) -> Result<Bytes> {
        self.wait(export.bytes())
    }

    /// Fetches an export into a file, a folder or a writer.
    pub fn save(&self, export: Export, to: impl Into<Target>) -> Result<Downloaded> {
        self.wait(export.save(to))
    }

    /// Gets one workbook.
    pub fn workbook(&self, id: WorkbookId) -> Result<Workbook> {
        self.wait(self.inner.workbooks().get(id))
    }

    /// Publishes a workbook.
    pub fn publish_workbook(&self, options: PublishWorkbook, source: impl Into<Source>) -> Result<Workbook> {
        self.wait(self.inner.workbooks().publish(options, source))
    }

    /// Downloads a workbook.
    pub fn download_workbook(
        &self,
        id: WorkbookId,
        to: impl Into<Target>,
        options: DownloadOptions,
    ) -> Result<Downloaded> {
        self.wait(self.inner.workbooks().download(id, to, options))
    }

    /// Publishes a data source.
    pub fn publish_datasource(
        &self,
        options: PublishDatasource,
        source: impl Into<Source>,
    ) -> Result<Datasource> {
        self.wait(self.inner.datasources().publish(options, source))
    }

    /// Downloads a data source.
    pub fn download_datasource(
        &self,
        id: DatasourceId,
        to: impl Into<Target>,
        options: DownloadOptions,
    ) -> Result<Downloaded> {
        self.wait(self.inner.datasources().download(id, to, options))
    }
}
