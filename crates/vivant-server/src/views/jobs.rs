//! Jobs.

use vivant_model::{JobItemKind, JobKind};
use vivant_store::{Job, StatusNote};
use vivant_wire::{Timestamp, types};

use super::Shape;

/// `job` in the answer of a method that begins one.
pub fn begun_view(job: Job) -> types::Job {
    types::Job {
        extract_refresh_job: refresh(&job, String::new()),
        ..head(&job)
    }
}

/// `job` as it stands.
pub fn job_view(job: Job, shape: &Shape) -> types::Job {
    let notes = job.notes.join("\n");
    let refreshes = is_refresh(job.kind);
    types::Job {
        // Tableau: clients that know no completedAt wait for 100, however a job ended.
        progress: Some(if job.state.has_ended() {
            100
        } else {
            percent(job.progress)
        }),
        started_at: job.started_at.map(Timestamp),
        updated_at: Some(Timestamp(job.updated_at)),
        completed_at: job.ended_at.map(Timestamp),
        finish_code: Some(job.state.finish_code()),
        status_notes: (!job.status_notes.is_empty()).then(|| types::StatusNotes {
            status_note: job.status_notes.iter().cloned().map(status_note).collect(),
        }),
        extract_refresh_job: refresh(&job, notes.clone()),
        // Tableau: publishing that failed says nothing; TSC looks for notes anywhere in a job.
        notes: Some(notes).filter(|notes| !refreshes && !notes.is_empty() && shape.since(3, 1)),
        ..head(&job)
    }
}

/// `backgroundJob` in lists.
pub fn background_job_view(job: Job, shape: &Shape) -> types::BackgroundJob {
    let wants = |name: &str, normally: bool| shape.fields.wants("job", name, normally);
    types::BackgroundJob {
        id: Some(job.id.0),
        status: wants("status", true).then(|| job.state.to_string()),
        created_at: wants("createdAt", true).then_some(Timestamp(job.created_at)),
        started_at: job.started_at.filter(|_| wants("startedAt", true)).map(Timestamp),
        ended_at: job.ended_at.filter(|_| wants("endedAt", true)).map(Timestamp),
        priority: wants("priority", true).then_some(job.priority),
        job_type: wants("jobType", true).then(|| job.kind.list_type().to_owned()),
        progress: wants("progress", false).then(|| percent(job.progress)),
        title: Some(job.title).filter(|title| !title.is_empty() && wants("title", true)),
        subtitle: Some(job.subtitle).filter(|text| !text.is_empty() && wants("subtitle", true)),
    }
}

fn head(job: &Job) -> types::Job {
    types::Job {
        id: Some(job.id.0),
        mode: Some("Asynchronous".to_owned()),
        job_type: Some(job.kind.job_type().to_owned()),
        created_at: Some(Timestamp(job.created_at)),
        ..types::Job::default()
    }
}

fn is_refresh(kind: JobKind) -> bool {
    matches!(
        kind,
        JobKind::RefreshExtract | JobKind::IncrementExtract | JobKind::CreateExtract | JobKind::DeleteExtract
    )
}

/// What a job refreshes. The schema of 3.0 wants the notes of a job that has nothing to say yet, too.
fn refresh(job: &Job, notes: String) -> Option<types::ExtractRefreshJob> {
    if !is_refresh(job.kind) {
        return None;
    }
    let item = job.item?;
    let name = Some(job.title.clone());
    let (mut workbook, mut datasource) = (None, None);
    match item.kind {
        JobItemKind::Datasource => {
            datasource = Some(types::Datasource {
                id: Some(item.id.into()),
                name,
                ..types::Datasource::default()
            });
        }
        _ => {
            workbook = Some(types::Workbook {
                id: Some(item.id.into()),
                name,
                ..types::Workbook::default()
            });
        }
    }
    Some(types::ExtractRefreshJob {
        notes: Some(notes),
        workbook,
        datasource,
    })
}

fn status_note(note: StatusNote) -> types::StatusNote {
    types::StatusNote {
        note_type: Some(note.kind),
        value: Some(note.value),
        text: Some(note.text),
    }
}

fn percent(progress: i64) -> u32 {
    u32::try_from(progress).unwrap_or(0).min(100)
}
