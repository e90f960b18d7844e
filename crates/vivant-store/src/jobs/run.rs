//! What nodes do with jobs: claim them, say that they are at work, settle them or give them back.

use vivant_model::{JobItem, JobState, StatusNote};

use super::queue::{lock_lane, next_in_lane};
use super::rows::{COLUMNS, read, write_notes};
use super::{BATCH, Claimed, Fence, Lease, Outcome, Renewal, bound};
use crate::blobs;
use crate::content::Spooled;
use crate::db::{Conn, Row, Value, params, transact};
use crate::secrets::{hex, random};
use crate::{Error, Millis, Result, Store};

const LOST: &str = "The node that ran the job stopped answering.";

impl Store {
    /// Takes jobs to run, the least priority first and then the oldest: those whose turn it is, and
    /// those whose node let its lease run out. What was begun too often ends as failed.
    pub async fn claim(&self, limit: usize, lease_ms: Millis, now: Millis) -> Result<Vec<Claimed>> {
        let limit = i64::try_from(limit).unwrap_or(BATCH).min(BATCH);
        // An idle queue is asked again and again, and needs no transaction that writes. The least of
        // each stands first in an index; whether there is one at all PostgreSQL would rather look up in
        // the table, behind all jobs that have ended.
        let conn = self.conn().await?;
        let sql = "SELECT (SELECT MIN(lease_until) FROM job WHERE lease_until IS NOT NULL), \
             (SELECT MIN(run_at) FROM job WHERE stage = 1), (SELECT MIN(priority) FROM job WHERE stage = 0)";
        let row = conn.row(sql, params![]).await?;
        drop(conn);
        let mut row = row.ok_or_else(|| Error::Damaged("a query of the queue gave no row".to_owned()))?;
        let expired = row.opt_int()?.is_some_and(|until| until <= now);
        let due = row.opt_int()?.is_some_and(|run_at| run_at <= now);
        let ready = row.opt_int()?.is_some();
        if expired {
            self.take_back(now).await?;
        }
        if limit == 0 || !(expired || due || ready) {
            return Ok(Vec::new());
        }
        let token = hex(&random::<16>()?);
        let mut rows = transact!(self.db(), |tx| {
            let skip = match tx.is_sqlite() {
                true => "",
                false => " FOR UPDATE SKIP LOCKED",
            };
            if due {
                let sql = format!(
                    "SELECT seq FROM job WHERE stage = 1 AND run_at <= ?1 ORDER BY run_at LIMIT ?2{skip}"
                );
                let due = numbers(tx.query(&sql, params![now, BATCH]).await?)?;
                tx.execute(
                    "UPDATE job SET stage = 0 WHERE seq IN LIST(?1)",
                    &[Value::Ints(due)],
                )
                .await?;
            }
            let sql = format!("SELECT seq FROM job WHERE stage = 0 ORDER BY priority, seq LIMIT ?1{skip}");
            let chosen = numbers(tx.query(&sql, params![limit]).await?)?;
            let sql = format!(
                "UPDATE job SET state = 'InProgress', stage = NULL, attempts = attempts + 1, node = ?2, lease = ?3, \
                 lease_until = ?4, started_at = ?5, updated_at = ?5, progress = 0 WHERE seq IN LIST(?1) \
                 RETURNING {COLUMNS}, seq, serial_key, payload"
            );
            let params = [
                Value::Ints(chosen),
                self.inner.node.as_str().into(),
                token.as_str().into(),
                (now + lease_ms).into(),
                now.into(),
            ];
            let mut claimed = Vec::new();
            for mut row in tx.query(&sql, &params).await? {
                let job = read(&mut row)?;
                claimed.push((job, row.int()?, row.opt_text()?, row.opt_blob()?));
            }
            Ok(claimed)
        })?;
        rows.sort_by_key(|(job, seq, ..)| (job.priority, *seq));
        let mut claimed = Vec::new();
        for (job, _, serial_key, sealed) in rows {
            let lease = Lease {
                job: job.id,
                site: job.site_id,
                token: token.clone(),
                serial_key,
            };
            match self
                .inner
                .vault
                .decrypt(&bound(job.id), &sealed.unwrap_or_default())
            {
                Some(payload) => claimed.push(Claimed {
                    job,
                    payload: payload.to_vec(),
                    lease,
                }),
                // It would only come back and stand in the way of the others.
                None => {
                    let note =
                        "What the job is about cannot be read back; the installation key may be another one.";
                    self.finish(&lease, Outcome::failed(note), now).await?;
                }
            }
        }
        Ok(claimed)
    }

    /// Says that a job is still worked on, and how far it is.
    pub async fn renew(
        &self,
        lease: &Lease,
        progress: Option<i64>,
        lease_ms: Millis,
        now: Millis,
    ) -> Result<Renewal> {
        let progress = progress.map(|percent| percent.clamp(0, 100));
        transact!(self.db(), |tx| {
            let sql = "UPDATE job SET lease_until = ?3, progress = COALESCE(?4, progress), updated_at = ?5 \
                 WHERE id = ?1 AND lease = ?2 RETURNING cancel_asked";
            let params = params![lease.job, lease.token.as_str(), now + lease_ms, progress, now];
            Ok(match tx.row(sql, params).await? {
                Some(mut row) => Renewal {
                    held: true,
                    cancel_asked: row.bool()?,
                },
                None => Renewal {
                    held: false,
                    cancel_asked: false,
                },
            })
        })
    }

    /// Adds to what a running job has to say.
    pub async fn add_job_note(&self, lease: &Lease, text: &str, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE job SET updated_at = ?3 WHERE id = ?1 AND lease = ?2 RETURNING seq";
            let row = tx.row(sql, params![lease.job, lease.token.as_str(), now]).await?;
            let seq = row.ok_or(Error::LeaseLost)?.int()?;
            write_notes(&tx, seq, &[text.to_owned()], &[]).await
        })
    }

    /// The file that came with a running job.
    pub async fn job_file(&self, lease: &Lease) -> Result<Option<Spooled>> {
        let sql = "SELECT blob_key FROM job WHERE id = ?1 AND lease = ?2";
        let conn = self.conn().await?;
        let row = conn.row(sql, params![lease.job, lease.token.as_str()]).await?;
        drop(conn);
        match row.ok_or(Error::LeaseLost)?.opt_text()? {
            Some(key) => self.content().fetch(&key).await.map(Some),
            None => Ok(None),
        }
    }

    /// Ends a job that has no effect in the store, or none that is left to be done.
    pub async fn finish(&self, lease: &Lease, outcome: Outcome, now: Millis) -> Result<()> {
        let fence = Some((lease, outcome));
        transact!(self.db(), |tx| { settle(&tx, &fence, None, &[], now).await })
    }

    /// Puts a running job back into the queue, to be begun again at a time. One that was begun as
    /// often as it may be ends as failed, and one that somebody cancelled as cancelled.
    pub async fn retry_later(
        &self,
        lease: &Lease,
        run_at: Millis,
        note: Option<&str>,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            let by_lease = "id = ?1 AND lease = ?2";
            let params = params![lease.job, lease.token.as_str()];
            lock_lane(&tx, lease.serial_key.as_deref()).await?;
            match put_back(&tx, by_lease, params, run_at, note, now).await? {
                true => Ok(()),
                false => Err(Error::LeaseLost),
            }
        })
    }

    /// Gives a running job back as if it had not been begun: the node stops.
    pub async fn release(&self, lease: &Lease, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            lock_lane(&tx, lease.serial_key.as_deref()).await?;
            let sql = "UPDATE job SET state = 'Pending', stage = 0, attempts = attempts - 1, node = NULL, lease = NULL, \
                 lease_until = NULL, progress = 0, updated_at = ?3 WHERE id = ?1 AND lease = ?2 AND cancel_asked = 0";
            let params = params![lease.job, lease.token.as_str(), now];
            if tx.execute(sql, params).await? > 0 {
                return Ok(());
            }
            let (by_lease, outcome) = ("id = ?1 AND lease = ?2", Outcome::cancelled());
            match end(&tx, by_lease, &params[..2], &outcome, None, &[], now).await? {
                true => Ok(()),
                false => Err(Error::LeaseLost),
            }
        })
    }

    /// Takes back the jobs whose lease ran out, each in a transaction of its own, so that nobody
    /// waits for two.
    async fn take_back(&self, now: Millis) -> Result<()> {
        let sql =
            "SELECT id, lease, serial_key FROM job WHERE lease_until <= ?1 ORDER BY lease_until LIMIT ?2";
        let rows = self.conn().await?.query(sql, params![now, BATCH]).await?;
        for mut row in rows {
            let (id, lease, serial_key) = (row.text()?, row.text()?, row.opt_text()?);
            transact!(self.db(), |tx| {
                lock_lane(&tx, serial_key.as_deref()).await?;
                let expired = "id = ?1 AND lease = ?2 AND lease_until <= ?3";
                let params = params![id.as_str(), lease.as_str(), now];
                put_back(&tx, expired, params, now, Some(LOST), now).await
            })?;
        }
        Ok(())
    }

    /// Lets the leases of an earlier process run out: this one is alone with the queue.
    pub(crate) async fn expire_leases(&self) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE job SET lease_until = 0 WHERE lease_until IS NOT NULL";
            tx.execute(sql, params![]).await.map(drop)
        })
    }
}

/// Settles the job of a fence, if there is one, in the transaction of its effect; `made` is what
/// came of that. Called last, so that locks are taken in one order.
pub(crate) async fn settle(
    tx: &Conn,
    fence: &Fence<'_>,
    made: Option<JobItem>,
    counts: &[StatusNote],
    now: Millis,
) -> Result<()> {
    let Some((lease, outcome)) = fence else {
        return Ok(());
    };
    lock_lane(tx, lease.serial_key.as_deref()).await?;
    let params = params![lease.job, lease.token.as_str()];
    match end(tx, "id = ?1 AND lease = ?2", params, outcome, made, counts, now).await? {
        true => Ok(()),
        false => Err(Error::LeaseLost),
    }
}

/// Puts the one job that fulfils a condition back into the queue, or ends it where it was begun too
/// often or cancelled. Answers whether there was one.
async fn put_back(
    tx: &Conn,
    condition: &str,
    params: &[Value],
    run_at: Millis,
    note: Option<&str>,
    now: Millis,
) -> Result<bool> {
    let lock = if tx.is_sqlite() { "" } else { " FOR UPDATE" };
    let sql = format!("SELECT seq, attempts, max_attempts, cancel_asked FROM job WHERE {condition}{lock}");
    let Some(mut row) = tx.row(&sql, params).await? else {
        return Ok(false);
    };
    let (seq, attempts, most, cancelled) = (row.int()?, row.int()?, row.int()?, row.bool()?);
    let notes: Vec<String> = note.map(str::to_owned).into_iter().collect();
    if cancelled || attempts >= most {
        let outcome = Outcome {
            state: match cancelled {
                true => JobState::Cancelled,
                false => JobState::Failed,
            },
            notes,
            status_notes: Vec::new(),
            result: None,
        };
        return end(tx, "seq = ?1", params![seq], &outcome, None, &[], now).await;
    }
    write_notes(tx, seq, &notes, &[]).await?;
    let sql = "UPDATE job SET state = 'Pending', stage = CASE WHEN CAST(?2 AS BIGINT) > ?3 THEN 1 ELSE 0 END, run_at = ?2, \
         node = NULL, lease = NULL, lease_until = NULL, progress = 0, updated_at = ?3 WHERE seq = ?1";
    tx.execute(sql, params![seq, run_at, now]).await?;
    Ok(true)
}

/// Ends the one job that fulfils a condition and whose lane is locked; answers whether there was one.
pub(super) async fn end(
    tx: &Conn,
    condition: &str,
    params: &[Value],
    outcome: &Outcome,
    made: Option<JobItem>,
    counts: &[StatusNote],
    now: Millis,
) -> Result<bool> {
    let at = params.len();
    let result = outcome.result.or(made);
    let mut all = params.to_vec();
    all.extend_from_slice(params![
        outcome.state.as_str(),
        now,
        result.map(|item| item.kind.as_str()),
        result.map(|item| item.id),
        outcome.state == JobState::Success,
    ]);
    let [state, time, kind, id, success] = [1, 2, 3, 4, 5].map(|n| format!("?{}", at + n));
    let sql = format!(
        "UPDATE job SET state = {state}, stage = NULL, payload = NULL, node = NULL, lease = NULL, lease_until = NULL, \
         progress = CASE WHEN {success} = 1 THEN 100 ELSE progress END, result_kind = {kind}, result_id = {id}, \
         ended_at = {time}, updated_at = {time} WHERE {condition} AND ended_at IS NULL \
         RETURNING seq, serial_key, blob_key, task_id, subscription_id"
    );
    let Some(mut row) = tx.row(&sql, &all).await? else {
        return Ok(false);
    };
    let (seq, serial_key, blob) = (row.int()?, row.opt_text()?, row.opt_text()?);
    let (task, subscription) = (row.opt_text()?, row.opt_text()?);
    let counts: Vec<StatusNote> = outcome.status_notes.iter().chain(counts).cloned().collect();
    write_notes(tx, seq, &outcome.notes, &counts).await?;
    if let Some(key) = blob {
        tx.execute("UPDATE job SET blob_key = NULL WHERE seq = ?1", params![seq])
            .await?;
        blobs::discard(tx, vec![key], now).await?;
    }
    if let Some(key) = serial_key {
        next_in_lane(tx, &key, now).await?;
    }
    for (table, id) in [("task", task), ("subscription", subscription)] {
        let Some(id) = id else { continue };
        let failures = match outcome.state {
            JobState::Success => "0",
            JobState::Failed => "consecutive_failures + 1",
            _ => "consecutive_failures",
        };
        let last_run = if table == "task" { ", last_run_at = ?2" } else { "" };
        let sql = format!("UPDATE {table} SET consecutive_failures = {failures}{last_run} WHERE id = ?1");
        let values = params![id, now];
        tx.execute(&sql, &values[..if table == "task" { 2 } else { 1 }])
            .await?;
    }
    Ok(true)
}

fn numbers(rows: Vec<Row>) -> Result<Vec<i64>> {
    rows.into_iter().map(|mut row| row.int()).collect()
}
