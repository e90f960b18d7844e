//! Creating the extracts of a workbook or data source, and deleting them.
//!
//! The file that was published is put in order with it, as the same revision: what is downloaded from then on
//! holds the extract, or does without.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use vivant::{DataLimits, ExtractRequest, Extracted, RefreshError};
use vivant_document::{FileKind, Limits};
use vivant_model::{Capability, JobItem, JobKind};
use vivant_store::{Caller, ExtractChange, NewJob, Outcome, Sealing, Spooled};
use vivant_wire::ErrorCode;

use super::refresh_extract::{self, Item};
use super::{Done, Ended, Failure, Work};
use crate::auth::permission::Rights;
use crate::errors::{Result, internal};
use crate::extracts::{Surroundings, new_extract, spool, work_folder};

/// What a request to create or delete extracts asks for.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// Names of data sources inside the file; `None` means all that it can be done for.
    datasources: Option<Vec<String>>,
    /// Whether the extracts of the item are to be encrypted; else that is left as it is.
    #[serde(default)]
    encrypt: bool,
}

/// The job that creates extracts, or deletes them.
pub fn job(
    caller: &Caller,
    item: JobItem,
    name: &str,
    kind: JobKind,
    datasources: Option<Vec<String>>,
    encrypt: bool,
) -> Result<NewJob> {
    let payload = serde_json::to_vec(&Asked { datasources, encrypt }).map_err(internal)?;
    Ok(NewJob {
        kind,
        payload,
        ..refresh_extract::of_caller(caller, item, name, false)
    })
}

/// Changes the file under the rights that who began the job has now.
pub async fn run(work: Work) -> Ended {
    let asked: Asked = work.payload()?;
    let caller = work.caller().await?;
    let item = Item::find(&work).await?;
    let what = match work.job.item.map(|item| item.kind) {
        Some(vivant_model::JobItemKind::Datasource) => "data source",
        _ => "workbook",
    };
    if let Some(rights) = Rights::of_caller(&work.app, &caller, item.kind, item.id).await? {
        rights.require(Capability::Write, ErrorCode::Forbidden, what)?;
    }
    let kind = FileKind::from_extension(&item.file.file_type).ok_or_else(|| {
        Failure::Failed(format!(
            "A file of the type {} has no extracts to change.",
            item.file.file_type
        ))
    })?;
    let folder = Arc::new(work_folder(&work.app)?);
    let document = work.app.store.content().fetch(&item.file.key).await?;
    let encrypt = asked.encrypt;
    let surroundings = Surroundings::new(&work.app, work.job.site_id, &item.connections).await?;
    work.check()?;
    let made = change(&work, asked, &folder, document, kind, surroundings).await?;
    let mut extracts = Vec::with_capacity(made.extracts.len());
    for extract in made.extracts {
        extracts.push(new_extract(&work.app, extract).await?);
    }
    let change = ExtractChange {
        revision: item.file.revision,
        file: spool(&work.app, &made.document).await?,
        file_type: made.kind.extension().to_owned(),
        has_extracts: made.has_extract,
        datasources: made.datasources,
        extracts,
    };
    work.check()?;
    if encrypt {
        // Those that are there already come first: what is added then is encrypted like them.
        let (store, site, now) = (&work.app.store, work.job.site_id, work.app.now());
        store.seal_item(site, item.id, Sealing::Encrypt, now).await?;
    }
    let fence = Some((
        &work.lease,
        Outcome::success(made.notes, Vec::new(), work.job.item),
    ));
    let (store, site, now) = (&work.app.store, work.job.site_id, work.app.now());
    match store
        .change_extracts(site, item.kind, item.id, change, fence, now)
        .await?
    {
        true => Ok(Done::Settled),
        false => Err(Failure::Later("It was published anew meanwhile.".to_owned())),
    }
}

/// Makes the file anew, away from the threads that answer requests.
async fn change(
    work: &Work,
    asked: Asked,
    folder: &Arc<TempDir>,
    document: Spooled,
    kind: FileKind,
    surroundings: Surroundings,
) -> std::result::Result<Extracted, Failure> {
    let (teller, cancel, folder) = (work.teller(), work.cancel_flag(), folder.clone());
    let deletes = work.job.kind == JobKind::DeleteExtract;
    let changing = tokio::task::spawn_blocking(move || {
        let request = ExtractRequest {
            document: document.path(),
            kind,
            datasources: asked.datasources.as_deref(),
            out: folder.path(),
            spool: folder.path(),
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        if deletes {
            return vivant::delete_extracts(&request);
        }
        vivant::create_extracts(&request, &surroundings, &mut |progress| {
            let done = progress.tables_done * 80 / progress.tables.max(1);
            teller(i64::try_from(done).unwrap_or(0));
            match cancel.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    });
    match changing.await.map_err(internal)? {
        Ok(made) => Ok(made),
        Err(RefreshError::Cancelled) => Err(Failure::Cancelled),
        Err(error @ RefreshError::Io { .. }) => Err(internal(error).into()),
        Err(error) => Err(Failure::Failed(format!("The extract was not changed: {error}."))),
    }
}
