//! What publishing a workbook and publishing a data source as jobs have in common.

use serde::Serialize;
use vivant_document::FileKind;
use vivant_model::{JobKind, ProjectId};
use vivant_store::{Caller, NewJob, Spooled};

use super::{Failure, Work};
use crate::errors::{Result, internal};
use crate::publish;

/// How often publishing is begun when the server fails at it.
const ATTEMPTS: u32 = 3;

/// The job that publishes a file as somebody asked.
pub fn job(
    caller: &Caller,
    kind: JobKind,
    name: &str,
    subtitle: &str,
    asked: &impl Serialize,
    file: Spooled,
) -> Result<NewJob> {
    Ok(NewJob {
        created_by: Some(caller.user),
        title: name.to_owned(),
        subtitle: subtitle.to_owned(),
        payload: serde_json::to_vec(asked).map_err(internal)?,
        file: Some(file),
        max_attempts: ATTEMPTS,
        ..NewJob::new(caller.site, kind)
    })
}

/// What a job publishes, and as whom.
pub struct Ready {
    /// Who began the job, with the rights of now.
    pub caller: Caller,
    /// Where to.
    pub project: ProjectId,
    /// What the file is.
    pub kind: FileKind,
    /// The file.
    pub file: Spooled,
}

impl Ready {
    /// Finds what a job publishes, under the rights that who began it has now.
    pub async fn find(work: &Work, project: &str, file_type: &str) -> std::result::Result<Self, Failure> {
        let kind = FileKind::from_extension(file_type);
        let (Some(kind), Ok(project)) = (kind, project.parse()) else {
            return Err(Failure::Failed(
                "The job does not say what to publish where.".to_owned(),
            ));
        };
        let caller = work.caller().await?;
        publish::require_project(&work.app, &caller, project).await?;
        let file = work.file().await?;
        work.check()?;
        Ok(Self {
            caller,
            project,
            kind,
            file,
        })
    }
}
