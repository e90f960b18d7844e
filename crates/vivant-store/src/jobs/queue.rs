//! Into the queue: jobs before they are rows, and the lanes in which some wait for each other.

use vivant_model::{JobId, SiteId};

use super::{NewJob, bound};
use crate::blobs::{self, Blob};
use crate::db::{Conn, params};
use crate::secrets::new_id;
use crate::{Error, Millis, Result, Store, What};

/// A job that is ready to become a row.
pub(crate) struct Prepared {
    pub(super) new: NewJob,
    id: JobId,
    payload: Vec<u8>,
    blob: Option<Blob>,
}

impl Prepared {
    pub(crate) fn id(&self) -> JobId {
        self.id
    }
}

impl Store {
    /// Stores the files of jobs and seals what they are about.
    pub(crate) async fn prepare(&self, new: Vec<NewJob>, now: Millis) -> Result<Vec<Prepared>> {
        let mut jobs = Vec::with_capacity(new.len());
        for mut new in new {
            let outcome = self.prepare_one(&mut new, now).await;
            match outcome {
                Ok((id, payload, blob)) => jobs.push(Prepared {
                    new,
                    id,
                    payload,
                    blob,
                }),
                Err(error) => {
                    self.abandon(&jobs, now).await;
                    return Err(error);
                }
            }
        }
        Ok(jobs)
    }

    async fn prepare_one(&self, new: &mut NewJob, now: Millis) -> Result<(JobId, Vec<u8>, Option<Blob>)> {
        let id: JobId = new_id()?;
        let payload = self.inner.vault.encrypt(&bound(id), &new.payload)?;
        let blob = match new.file.take() {
            Some(file) => {
                let seal = self.encrypts_early(new.site).await?;
                Some(self.store_file(file, seal, now).await?)
            }
            None => None,
        };
        Ok((id, payload, blob))
    }

    /// Gives up the files of jobs that did not become rows.
    pub(crate) async fn abandon(&self, jobs: &[Prepared], now: Millis) {
        for blob in jobs.iter().filter_map(|job| job.blob.as_ref()) {
            self.give_up(blob, now).await;
        }
    }
}

/// Locks what jobs that are to be inserted share with others, in one order.
pub(crate) async fn lock_lanes(tx: &Conn, jobs: &[Prepared]) -> Result<()> {
    let mut keys: Vec<&str> = jobs
        .iter()
        .filter_map(|job| job.new.serial_key.as_deref())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        lock_lane(tx, Some(key)).await?;
    }
    Ok(())
}

/// Makes rows of jobs whose lanes are locked, all or none.
pub(crate) async fn insert_all(tx: &Conn, jobs: &[Prepared], now: Millis) -> Result<()> {
    for job in jobs {
        if let Some(holder) = insert(tx, job, now).await? {
            return Err(Error::conflict(What::Job, Some(holder.0), &job.new.title));
        }
    }
    Ok(())
}

/// Makes a row of a job whose lane is locked, unless its unique key is taken: the answer is by whom.
pub(crate) async fn insert(tx: &Conn, job: &Prepared, now: Millis) -> Result<Option<JobId>> {
    let Prepared {
        new,
        id,
        payload,
        blob,
    } = job;
    if let Some(key) = &new.unique_key {
        let sql = "SELECT id FROM job WHERE unique_key = ?1 AND ended_at IS NULL";
        if let Some(mut row) = tx.row(sql, params![key]).await? {
            return Ok(Some(row.id()?));
        }
    }
    let mut stage = i64::from(new.run_at > now);
    if let Some(key) = &new.serial_key {
        let sql =
            "SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE serial_key = ?1 AND ended_at IS NULL LIMIT 1) x";
        if tx.number(sql, params![key]).await? > 0 {
            stage = 2;
        }
    }
    if let Some(blob) = blob {
        blobs::go_live(tx, blob, now).await?;
    }
    let sql = "INSERT INTO job (id, site_id, kind, list_type, state, stage, priority, run_at, serial_key, unique_key, \
         created_by, schedule_id, task_id, subscription_id, item_kind, item_id, title, subtitle, payload, blob_key, \
         max_attempts, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, 'Pending', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
         ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?21)";
    tx.execute(
        sql,
        params![
            *id,
            new.site,
            new.kind.as_str(),
            new.kind.list_type(),
            stage,
            new.priority,
            new.run_at,
            new.serial_key.as_deref(),
            new.unique_key.as_deref(),
            new.created_by,
            new.schedule,
            new.task,
            new.subscription,
            new.item.map(|item| item.kind.as_str()),
            new.item.map(|item| item.id),
            &new.title,
            &new.subtitle,
            payload.as_slice(),
            blob.as_ref().map(|blob| blob.key.as_str()),
            new.max_attempts.max(1),
            now,
        ],
    )
    .await?;
    Ok(None)
}

/// Forgets the jobs of a site that is deleted, and lets go on what waited for them on others.
pub(crate) async fn forget_site(tx: &Conn, site: SiteId, now: Millis) -> Result<()> {
    let sql = "UPDATE blob SET state = 'garbage', changed_at = ?2 WHERE key IN \
         (SELECT j.blob_key FROM job j WHERE j.site_id = ?1 AND j.blob_key IS NOT NULL)";
    tx.execute(sql, params![site, now]).await?;
    let sql = "SELECT DISTINCT serial_key FROM job WHERE site_id = ?1 AND serial_key IS NOT NULL \
         AND ended_at IS NULL ORDER BY serial_key";
    let keys: Vec<String> = tx
        .query(sql, params![site])
        .await?
        .into_iter()
        .map(|mut row| row.text())
        .collect::<Result<_>>()?;
    for key in &keys {
        lock_lane(tx, Some(key)).await?;
    }
    tx.execute("DELETE FROM job WHERE site_id = ?1", params![site])
        .await?;
    for key in &keys {
        next_in_lane(tx, key, now).await?;
    }
    Ok(())
}

/// Makes those wait who would put a job into a lane or end one in it, so that each sees what the
/// other did. SQLite has one writer anyway.
pub(super) async fn lock_lane(tx: &Conn, serial_key: Option<&str>) -> Result<()> {
    if let (Some(key), false) = (serial_key, tx.is_sqlite()) {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended('vivant.lane.' || current_schema() || ' ' || ?1, 0))";
        tx.execute(sql, params![key]).await?;
    }
    Ok(())
}

/// Lets the oldest job of a lane go on.
pub(super) async fn next_in_lane(tx: &Conn, serial_key: &str, now: Millis) -> Result<()> {
    // Not the least of all: PostgreSQL, which cannot know how many there are, would go through them.
    let sql = "UPDATE job SET stage = CASE WHEN run_at > ?2 THEN 1 ELSE 0 END WHERE stage = 2 AND seq = \
         (SELECT o.seq FROM job o WHERE o.serial_key = ?1 AND o.ended_at IS NULL ORDER BY o.seq LIMIT 1)";
    tx.execute(sql, params![serial_key, now]).await.map(drop)
}
