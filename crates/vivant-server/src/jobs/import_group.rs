//! Importing a group of the directory, and bringing one into step.

use vivant_model::GroupId;
use vivant_store::Outcome;

use super::{Done, Ended, Failure, Work};
use crate::directory::import::{self, Asked};
use crate::errors::ApiError;

/// Reads the group's members and makes them those of the group here, in one transaction with the end of the job.
pub async fn run(work: Work) -> Ended {
    let asked: Asked = work.payload()?;
    let group = match work.job.item {
        Some(item) => GroupId(item.id),
        None => {
            return Err(Failure::Failed(
                "The job does not say which group it is about.".to_owned(),
            ));
        }
    };
    let missing =
        |what: &str, name: &str| Failure::Failed(format!("The {what} '{name}' could not be found."));
    let Some(directory) = work.app.config.directory.clone() else {
        return Err(Failure::Failed(
            "This server has no directory any more to import the group from.".to_owned(),
        ));
    };
    let domain = directory
        .domain(&asked.domain)
        .ok_or_else(|| missing("domain", &asked.domain))?;
    let found = directory
        .group(domain, &asked.name)
        .await
        .map_err(ApiError::from)?;
    let found = found.ok_or_else(|| missing("directory's group", &asked.name))?;
    work.progress(10);
    let import = import::read(
        &directory,
        &work.app,
        work.job.site_id,
        Some(group),
        &found,
        &asked,
    )
    .await?;
    work.check()?;
    work.progress(60);
    let outcome = Outcome::success(Vec::new(), Vec::new(), None);
    let now = work.app.now();
    work.app
        .store
        .import_group(import, Some((&work.lease, outcome)), now)
        .await?;
    Ok(Done::Settled)
}
