//! Refreshing the extracts of a workbook or data source: in full, or by what is new. Extracts that were created here
//! are renewed in the published file, too.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use tempfile::TempDir;
use vivant::{
    DataLimits, ExtractRequest, PreviousExtract, RefreshError, RefreshMode, RefreshRequest, Refreshed,
    Renewed,
};
use vivant_document::{FileKind, Limits};
use vivant_model::{ContentKind, JobItem, JobItemKind, JobKind, Luid, SiteId, TaskType};
use vivant_store::{Caller, Connection, ExtractChange, NewJob, Outcome, Spooled, StoredFile, Task};

use super::{Done, Ended, Failure, Work};
use crate::answers::previews;
use crate::errors::internal;
use crate::extracts::{Columns, Surroundings, new_extract, spool, work_folder};

/// How often a refresh is begun when the server fails at it.
const ATTEMPTS: u32 = 3;

/// The job of a task.
pub fn of_task(task: &Task) -> NewJob {
    let incremental = task.kind == TaskType::IncrementalRefresh;
    NewJob {
        priority: task.priority,
        task: Some(task.id),
        ..new(task.site_id, task.item, &task.item_name, incremental)
    }
}

/// The job of somebody who wants an item refreshed now.
pub fn of_caller(caller: &Caller, item: JobItem, name: &str, incremental: bool) -> NewJob {
    NewJob {
        created_by: Some(caller.user),
        ..new(caller.site, item, name, incremental)
    }
}

fn new(site: SiteId, item: JobItem, name: &str, incremental: bool) -> NewJob {
    let kind = match incremental {
        true => JobKind::IncrementExtract,
        false => JobKind::RefreshExtract,
    };
    NewJob {
        // Tableau: an item is refreshed once at a time, whoever asks.
        unique_key: Some(format!("refresh:{}", item.id)),
        item: Some(item),
        title: name.to_owned(),
        subtitle: subtitle(item.kind).to_owned(),
        max_attempts: ATTEMPTS,
        ..NewJob::new(site, kind)
    }
}

/// What a job says its item is.
pub(super) fn subtitle(kind: JobItemKind) -> &'static str {
    match kind {
        JobItemKind::Datasource => "Data source",
        _ => "Workbook",
    }
}

/// Reads the data of an item's connections anew and puts them in the place of its extracts.
pub async fn run(work: Work) -> Ended {
    let item = Item::find(&work).await?;
    let kind = FileKind::from_extension(&item.file.file_type).ok_or_else(|| {
        Failure::Failed(format!(
            "A file of the type {} cannot be refreshed.",
            item.file.file_type
        ))
    })?;
    let folder = Arc::new(work_folder(&work.app)?);
    let document = work.app.store.content().fetch(&item.file.key).await?;
    let surroundings = Surroundings::new(&work.app, work.job.site_id, &item.connections).await?;
    let previous = match work.job.kind {
        JobKind::IncrementExtract => Previous::find(&work, &item).await?,
        _ => Previous::default(),
    };
    work.check()?;
    let (mut refreshed, renewed) =
        read(&work, folder.clone(), document, kind, previous, surroundings).await?;
    let datasources: BTreeSet<String> = refreshed
        .extracts
        .iter()
        .map(|extract| extract.datasource.clone())
        .collect();
    let mut extracts = Vec::with_capacity(refreshed.extracts.len());
    for extract in refreshed.extracts {
        extracts.push(new_extract(&work.app, extract).await?);
    }
    work.check()?;
    if Item::find(&work).await?.file.revision != item.file.revision {
        return Err(Failure::Later("It was published anew meanwhile.".to_owned()));
    }
    refreshed.notes.extend(renewed.notes);
    let what = (item.kind, item.id);
    let outcome = Outcome::success(refreshed.notes, Vec::new(), work.job.item);
    let (site, fence, now) = (work.job.site_id, Some((&work.lease, outcome)), work.app.now());
    let store = &work.app.store;
    let Some(renewed) = renewed.file else {
        store
            .swap_extracts(site, item.kind, item.id, extracts, fence, now)
            .await?;
        show_anew(&work, what).await;
        return Ok(Done::Settled);
    };
    let change = ExtractChange {
        revision: item.file.revision,
        file: spool(&work.app, &renewed).await?,
        file_type: item.file.file_type,
        has_extracts: item.file.has_extracts,
        datasources: datasources.into_iter().collect(),
        extracts,
    };
    match store
        .change_extracts(site, item.kind, item.id, change, fence, now)
        .await?
    {
        true => {
            show_anew(&work, what).await;
            Ok(Done::Settled)
        }
        false => Err(Failure::Later("It was published anew meanwhile.".to_owned())),
    }
}

/// The workbook or data source that is changed.
pub(super) struct Item {
    pub(super) kind: ContentKind,
    pub(super) id: Luid,
    pub(super) file: StoredFile,
    pub(super) connections: Vec<Connection>,
}

/// Has the previews made anew of a workbook whose data have changed, or of those that read the data source.
async fn show_anew(work: &Work, item: (ContentKind, Luid)) {
    let (app, site) = (&work.app, work.job.site_id);
    match item {
        (ContentKind::Workbook, id) => previews::want(app, site, id.into(), true),
        (ContentKind::Datasource, id) => previews::want_readers(app, site, id.into()).await,
        _ => {}
    }
}

impl Item {
    pub(super) async fn find(work: &Work) -> std::result::Result<Self, Failure> {
        let gone = || Failure::Failed("What the job was about does not exist any more.".to_owned());
        let (store, site) = (&work.app.store, work.job.site_id);
        let item = work.job.item.ok_or_else(gone)?;
        let (kind, file, connections) = match item.kind {
            JobItemKind::Datasource => (
                ContentKind::Datasource,
                store.datasource_content(site, item.id.into(), None).await?,
                store.datasource_connections(site, item.id.into()).await?,
            ),
            _ => (
                ContentKind::Workbook,
                store.workbook_content(site, item.id.into(), None).await?,
                store.workbook_connections(site, item.id.into()).await?,
            ),
        };
        Ok(Self {
            kind,
            id: item.id,
            file: file.ok_or_else(gone)?,
            connections,
        })
    }
}

/// Reads the data, away from the threads that answer requests.
async fn read(
    work: &Work,
    folder: Arc<TempDir>,
    document: Spooled,
    kind: FileKind,
    previous: Previous,
    surroundings: Surroundings,
) -> std::result::Result<(Refreshed, Renewed), Failure> {
    let (teller, cancel) = (work.teller(), work.cancel_flag());
    let mode = match work.job.kind {
        JobKind::IncrementExtract => RefreshMode::Incremental { field: None },
        _ => RefreshMode::Full,
    };
    let reading = tokio::task::spawn_blocking(move || {
        let request = RefreshRequest {
            document: document.path(),
            kind,
            datasource: None,
            mode,
            live_files: true,
            previous: &previous.extracts,
            out: folder.path(),
            spool: folder.path(),
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        let refreshed = vivant::refresh(&request, &surroundings, &mut |progress| {
            let done = progress.tables_done * 90 / progress.tables.max(1);
            teller(i64::try_from(done).unwrap_or(0));
            match cancel.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        let package = ExtractRequest {
            document: document.path(),
            kind,
            datasources: None,
            out: folder.path(),
            spool: folder.path(),
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        let renewed = vivant::renew_package(&package, &refreshed.extracts, &surroundings)?;
        Ok((refreshed, renewed))
    });
    match reading.await.map_err(internal)? {
        Ok(read) => Ok(read),
        Err(RefreshError::Cancelled) => Err(Failure::Cancelled),
        Err(error @ RefreshError::Io { .. }) => Err(internal(error).into()),
        Err(error) => Err(Failure::Failed(format!("The refresh failed: {error}."))),
    }
}

/// The extracts as they are, on disk as long as the value lives.
#[derive(Default)]
struct Previous {
    extracts: Vec<PreviousExtract>,
    _copies: Vec<Spooled>,
}

impl Previous {
    async fn find(work: &Work, item: &Item) -> std::result::Result<Self, Failure> {
        let store = &work.app.store;
        let mut found = Self::default();
        for extract in store.extracts(work.job.site_id, item.kind, item.id).await? {
            let file = match store.content().local_path(&extract.key) {
                Some(path) => path,
                None => {
                    let copy = store.content().fetch(&extract.key).await?;
                    let path = copy.path().to_owned();
                    found._copies.push(copy);
                    path
                }
            };
            found.extracts.push(PreviousExtract {
                table: Columns::read(&extract.columns).table,
                datasource: extract.datasource,
                file,
            });
        }
        Ok(found)
    }
}
