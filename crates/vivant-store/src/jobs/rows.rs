//! Jobs as rows, with what they have to say.

use std::collections::HashMap;

use vivant_model::{JobItem, JobItemKind, JobKind, JobState, SiteId, StatusNote};

use super::Job;
use crate::Result;
use crate::db::{Conn, Row, Value, params};
use crate::store::in_order;

/// What a job has to say is kept up to this length, in bytes, and this number.
const NOTE_BYTES: usize = 10_000;
const NOTES_OF_A_JOB: i64 = 1_000;

pub(super) const COLUMNS: &str = "id, site_id, kind, state, priority, created_by, item_kind, item_id, title, subtitle, schedule_id, \
     task_id, subscription_id, attempts, max_attempts, run_at, progress, cancel_asked, created_at, started_at, \
     updated_at, ended_at, result_kind, result_id";

pub(super) fn read(row: &mut Row) -> Result<Job> {
    Ok(Job {
        id: row.id()?,
        site_id: row.id()?,
        kind: row.word(JobKind::parse)?,
        state: row.word(JobState::parse)?,
        priority: row.int()?,
        created_by: row.opt_id()?,
        item: read_item(row)?,
        title: row.text()?,
        subtitle: row.text()?,
        schedule: row.opt_id()?,
        task: row.opt_id()?,
        subscription: row.opt_id()?,
        attempt: row.int()? as u32,
        max_attempts: row.int()? as u32,
        run_at: row.int()?,
        progress: row.int()?,
        cancel_asked: row.bool()?,
        created_at: row.int()?,
        started_at: row.opt_int()?,
        updated_at: row.int()?,
        ended_at: row.opt_int()?,
        result: read_item(row)?,
        notes: Vec::new(),
        status_notes: Vec::new(),
    })
}

fn read_item(row: &mut Row) -> Result<Option<JobItem>> {
    let kind = row.opt_text()?.as_deref().and_then(JobItemKind::parse);
    let id = row.opt_id()?;
    Ok(kind.zip(id).map(|(kind, id)| JobItem { kind, id }))
}

pub(super) async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<Job>> {
    let sql = format!("SELECT {COLUMNS}, seq FROM job WHERE site_id || '' = ?1 AND id IN LIST(?2)");
    let (mut jobs, mut seqs) = (Vec::new(), Vec::new());
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        jobs.push(read(&mut row)?);
        seqs.push(row.int()?);
    }
    let mut notes: HashMap<i64, Vec<String>> = HashMap::new();
    let sql = "SELECT job_seq, text FROM job_note WHERE job_seq IN LIST(?1) ORDER BY job_seq, position";
    for mut row in conn.query(sql, &[Value::Ints(seqs.clone())]).await? {
        notes.entry(row.int()?).or_default().push(row.text()?);
    }
    let mut counts: HashMap<i64, Vec<StatusNote>> = HashMap::new();
    let sql = "SELECT job_seq, kind, value, text FROM job_status_note WHERE job_seq IN LIST(?1) \
         ORDER BY job_seq, position";
    for mut row in conn.query(sql, &[Value::Ints(seqs.clone())]).await? {
        counts.entry(row.int()?).or_default().push(StatusNote {
            kind: row.text()?,
            value: row.text()?,
            text: row.text()?,
        });
    }
    for (job, seq) in jobs.iter_mut().zip(seqs) {
        job.notes = notes.remove(&seq).unwrap_or_default();
        job.status_notes = counts.remove(&seq).unwrap_or_default();
    }
    Ok(in_order(ids, jobs, |job| job.id.to_string()))
}

/// Adds to what a job has to say.
pub(super) async fn write_notes(tx: &Conn, seq: i64, notes: &[String], counts: &[StatusNote]) -> Result<()> {
    if !notes.is_empty() {
        let sql = "SELECT COUNT(*) FROM job_note WHERE job_seq = ?1";
        let from = tx.number(sql, params![seq]).await?;
        for (position, note) in (from..NOTES_OF_A_JOB).zip(notes) {
            let sql = "INSERT INTO job_note (job_seq, position, text) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![seq, position, shortened(note)]).await?;
        }
    }
    for (position, note) in counts.iter().enumerate() {
        let sql =
            "INSERT INTO job_status_note (job_seq, position, kind, value, text) VALUES (?1, ?2, ?3, ?4, ?5)";
        tx.execute(
            sql,
            params![
                seq,
                position as i64,
                &note.kind,
                &note.value,
                shortened(&note.text)
            ],
        )
        .await?;
    }
    Ok(())
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(NOTE_BYTES)]
}
