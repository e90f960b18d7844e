//! Publishing a workbook as a job.

use serde::{Deserialize, Serialize};
use vivant_model::{JobKind, ProjectId};
use vivant_store::{Caller, NewJob, Outcome, Spooled};

use super::publish::Ready;
use super::{Done, Ended, Work};
use crate::errors::Result;
use crate::publish::{self, Credentials, WorkbookOrder};

/// What a request to publish asks for, the file apart.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    /// Where to.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Its description; `None` leaves an existing one.
    pub description: Option<String>,
    /// Whether views are shown as tabs.
    pub show_tabs: bool,
    /// Whether an existing workbook of the name is replaced.
    pub overwrite: bool,
    /// Whether its extracts are to be encrypted; `None` leaves that as it was.
    #[serde(default)]
    pub encrypt_extracts: Option<bool>,
    /// Lower-cased names of views to hide.
    pub hidden_views: Vec<String>,
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
            JobKind::PublishWorkbook,
            &self.name,
            "Workbook",
            self,
            file,
        )
    }

    /// The order to publish.
    pub fn order(self, caller: &Caller, project: ProjectId) -> WorkbookOrder<'_> {
        WorkbookOrder {
            caller,
            project,
            name: self.name,
            description: self.description,
            show_tabs: self.show_tabs,
            overwrite: self.overwrite,
            encrypt_extracts: self.encrypt_extracts,
            hidden_views: self.hidden_views,
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
    publish::workbook(&work.app, order, kind, file, Some(fence)).await?;
    Ok(Done::Settled)
}
