//! Publishing a data source as a job.

use serde::{Deserialize, Serialize};
use vivant_model::{JobKind, ProjectId};
use vivant_store::{Caller, NewJob, Outcome, Spooled};

use super::publish::Ready;
use super::{Done, Ended, Work};
use crate::errors::Result;
use crate::publish::{self, Credentials, DatasourceOrder};

/// What a request to publish asks for, the file apart.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    /// Where to.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Its description; `None` leaves an existing one.
    pub description: Option<String>,
    /// Whether an existing data source of the name is replaced.
    pub overwrite: bool,
    /// Whether its extracts are to be encrypted; `None` leaves that as it was.
    #[serde(default)]
    pub encrypt_extracts: Option<bool>,
    /// Whether Tableau Bridge refreshes it.
    pub use_remote_query_agent: bool,
    /// Credentials for its connections.
    pub credentials: Credentials,
    /// The ending of the file's name.
    pub file_type: String,
}

impl Asked {
    /// The job that does it.
    pub fn job(&self, caller: &Caller, file: Spooled) -> Result<NewJob> {
        super::publish::job(
            caller,
            JobKind::PublishDatasource,
            &self.name,
            "Data source",
            self,
            file,
        )
    }

    /// The order to publish.
    pub fn order(self, caller: &Caller, project: ProjectId) -> DatasourceOrder<'_> {
        DatasourceOrder {
            caller,
            project,
            name: self.name,
            description: self.description,
            overwrite: self.overwrite,
            encrypt_extracts: self.encrypt_extracts,
            use_remote_query_agent: self.use_remote_query_agent,
            credentials: self.credentials,
        }
    }
}

/// Publishes under the rights that who began the job has now.
pub async fn run(work: Work) -> Ended {
    let asked: Asked = work.payload()?;
    let Ready {
        caller,
        project,
        kind,
        file,
    } = Ready::find(&work, &asked.project, &asked.file_type).await?;
    let order = asked.order(&caller, project);
    let fence = (&work.lease, Outcome::success(Vec::new(), Vec::new(), None));
    publish::datasource(&work.app, order, kind, file, Some(fence)).await?;
    Ok(Done::Settled)
}
