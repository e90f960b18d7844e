//! Publishing a data source as a job.

use serde::{Deserialize, Serialize};
use vivant_document::FileKind;
use vivant_model::{JobKind, ProjectId};
use vivant_store::{Caller, NewJob, Outcome, Spooled};

use super::{Done, Ended, Failure, Work};
use crate::errors::{Result, internal};
use crate::publish::{self, Credentials, DatasourceOrder};

/// How often publishing is begun when the server fails at it.
const ATTEMPTS: u32 = 3;

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
        Ok(NewJob {
            created_by: Some(caller.user),
            title: self.name.clone(),
            subtitle: "Data source".to_owned(),
            payload: serde_json::to_vec(self).map_err(internal)?,
            file: Some(file),
            max_attempts: ATTEMPTS,
            ..NewJob::new(caller.site, JobKind::PublishDatasource)
        })
    }

    /// The order to publish.
    pub fn order(self, caller: &Caller, project: ProjectId) -> DatasourceOrder<'_> {
        DatasourceOrder {
            caller,
            project,
            name: self.name,
            description: self.description,
            overwrite: self.overwrite,
            use_remote_query_agent: self.use_remote_query_agent,
            credentials: self.credentials,
        }
    }
}

/// Publishes under the rights that who began the job has now.
pub async fn run(work: Work) -> Ended {
    let asked: Asked = work.payload()?;
    let kind = FileKind::from_extension(&asked.file_type);
    let (Some(kind), Ok(project)) = (kind, asked.project.parse()) else {
        return Err(Failure::Failed(
            "The job does not say what to publish where.".to_owned(),
        ));
    };
    let caller = work.caller().await?;
    publish::require_project(&work.app, &caller, project).await?;
    let file = work.file().await?;
    work.check()?;
    let order = asked.order(&caller, project);
    let fence = (&work.lease, Outcome::success(Vec::new(), Vec::new(), None));
    publish::datasource(&work.app, order, kind, file, Some(fence)).await?;
    Ok(Done::Settled)
}
