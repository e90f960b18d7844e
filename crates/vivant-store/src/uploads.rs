//! Upload sessions: a large file sent in chunks before it is published.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{MutexGuard, PoisonError};

use futures_util::StreamExt;

use crate::blobs::{self, Blob};
use crate::content::{Growing, Spool, Spooled};
use crate::db::{Conn, Value, params, transact};
use crate::secrets::{hex, random};
use crate::{Caller, Error, Millis, Result, Store, items};

/// How long an upload session lives without being used.
pub const LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

/// The id of an upload session: `[0-9]+:[0-9a-fA-F]+-[0-9]+:[0-9]+`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UploadId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let shaped = || {
            let (first, rest) = text.split_once(':')?;
            let (hex, rest) = rest.split_once('-')?;
            let (second, third) = rest.split_once(':')?;
            let hex_ok = !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
            Some(digits(first) && hex_ok && digits(second) && digits(third))
        };
        if text.len() <= 200 && shaped() == Some(true) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::UploadNotFound)
        }
    }
}

impl Store {
    /// Begins an upload session of the caller on the caller's site.
    pub async fn create_upload(&self, caller: &Caller, now: Millis) -> Result<UploadId> {
        // Tableau: the schema asks for this shape; only the random part means something.
        let id = UploadId(format!("1:{}-0:0", hex(&random::<16>()?)));
        transact!(self.db(), |tx| {
            let sql = "INSERT INTO upload (id, site_id, user_id, used_at) VALUES (?1, ?2, ?3, ?4)";
            tx.execute(sql, params![&id.0, caller.site, caller.user, now])
                .await
                .map(drop)
        })?;
        Ok(id)
    }

    /// Begins a chunk of an upload. In a folder the object of the upload grows where it is, so that no byte is
    /// written or hashed twice; in a bucket every chunk becomes an object.
    pub async fn open_chunk(&self, caller: &Caller, id: &UploadId, now: Millis) -> Result<Spool> {
        let conn = self.conn().await?;
        require(&conn, caller, id, now).await?;
        drop(conn);
        if !self.content().grows() || self.encrypts_early(caller.site).await? {
            return self.content().spool().await;
        }
        let conn = self.conn().await?;
        // While the chunk comes nobody else has it: another chunk at the same time begins another object.
        let held = self.growing().0.remove(id);
        let sql =
            "SELECT blob_key, size_bytes FROM upload_chunk WHERE upload_id = ?1 ORDER BY number DESC LIMIT 1";
        let last = match conn.row(sql, params![&id.0]).await? {
            Some(mut row) => Some((row.text()?, row.int()? as u64)),
            None => None,
        };
        drop(conn);
        let grown = match held {
            Some((grown, _)) if last.is_some_and(|(key, size)| key == grown.key && size == grown.size) => {
                grown
            }
            _ => Growing::new(self.announce(0, "", false, now).await?),
        };
        match self.content().grow(grown).await? {
            Some(spool) => Ok(spool),
            None => self.content().spool().await,
        }
    }

    /// Adds a chunk and answers the bytes of all chunks so far. More than all that the site may hold is
    /// refused.
    pub async fn append_upload(
        &self,
        caller: &Caller,
        id: &UploadId,
        chunk: Spooled,
        now: Millis,
    ) -> Result<u64> {
        require(&self.conn().await?, caller, id, now).await?;
        let added = chunk.size();
        let mut chunk = Some(chunk);
        let grown = chunk.as_ref().and_then(|chunk| chunk.grown().cloned());
        let blob = match (&grown, chunk.take_if(|_| grown.is_none())) {
            (Some(grown), _) => Some(Blob {
                key: grown.key.clone(),
                size: grown.size as i64,
                sha256: grown.sha256(),
            }),
            // Some clients end with an empty chunk.
            (None, Some(chunk)) if added > 0 => {
                let seal = self.encrypts_early(caller.site).await?;
                Some(self.store_file(chunk, seal, now).await?)
            }
            _ => None,
        };
        let before = grown.as_ref().map_or(0, |grown| grown.size - added);
        let outcome: Result<i64> = async {
            transact!(self.db(), |tx| {
                require(&tx, caller, id, now).await?;
                // Also makes two chunks at once wait for each other.
                tx.execute("UPDATE upload SET used_at = ?2 WHERE id = ?1", params![&id.0, now]).await?;
                if let Some(blob) = blob.as_ref().filter(|_| added > 0) {
                    if grown.is_some() {
                        let sql = "UPDATE blob SET size = ?2, sha256 = ?3 WHERE key = ?1";
                        tx.execute(sql, params![&blob.key, blob.size, &blob.sha256]).await?;
                    }
                    if before > 0 {
                        let sql = "UPDATE upload_chunk SET size_bytes = ?3 WHERE upload_id = ?1 AND blob_key = ?2 \
                             AND size_bytes = ?4";
                        let known = params![&id.0, &blob.key, blob.size, before as i64];
                        if tx.execute(sql, known).await? == 0 {
                            return Err(Error::backend("the upload changed while a chunk came; send it again"));
                        }
                    } else {
                        blobs::go_live(&tx, blob, now).await?;
                        let sql = "INSERT INTO upload_chunk (upload_id, number, blob_key, size_bytes) VALUES (?1, \
                             (SELECT COUNT(*) FROM upload_chunk k WHERE k.upload_id = ?1), ?2, ?3)";
                        tx.execute(sql, params![&id.0, &blob.key, blob.size]).await?;
                    }
                }
                let sql = "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM upload_chunk WHERE upload_id = ?1";
                let total = tx.number(sql, params![&id.0]).await?;
                let sql = "SELECT storage_quota_mb FROM site WHERE id = ?1";
                let quota = match tx.row(sql, params![caller.site]).await? {
                    Some(mut row) => row.opt_int()?,
                    None => None,
                };
                items::refuse_beyond_quota(quota, total - added as i64, added as i64)?;
                Ok(total)
            })
        }
        .await;
        match (&outcome, blob, grown) {
            (Ok(_), _, Some(grown)) if grown.size > 0 => {
                chunk.into_iter().for_each(Spooled::keep);
                self.growing().keep(id, grown, now);
            }
            // What has no chunk yet is to be swept away.
            (Err(_), Some(blob), _) | (Ok(_), Some(blob), Some(_)) if before == 0 => {
                self.give_up(&blob, now).await;
            }
            _ => {}
        }
        outcome.map(|total| total as u64)
    }

    /// All chunks joined, in order. The session stays until [`Store::finish_upload`], so that
    /// publishing can be tried again.
    pub async fn take_upload(&self, caller: &Caller, id: &UploadId, now: Millis) -> Result<Spooled> {
        let conn = self.conn().await?;
        require(&conn, caller, id, now).await?;
        // From now on nothing is added to that object: it may become the published one.
        let held = self.growing().0.remove(id);
        let sql = "SELECT blob_key, size_bytes FROM upload_chunk WHERE upload_id = ?1 ORDER BY number";
        let mut chunks = Vec::new();
        for mut chunk in conn.query(sql, params![&id.0]).await? {
            chunks.push((chunk.text()?, chunk.int()? as u64));
        }
        drop(conn);
        if let (Some((grown, _)), [(key, size)]) = (held, chunks.as_slice())
            && grown.key == *key
            && grown.size == *size
            && let Some(whole) = self.content().take_grown(&grown).await?
        {
            return Ok(whole);
        }
        let mut spool = self.content().spool().await?;
        for (key, size) in chunks {
            let before = spool.size();
            let (_, mut bytes) = self.content().open(&key, Some(0..size)).await?;
            while let Some(bytes) = bytes.next().await {
                spool.write(&bytes?).await?;
            }
            if spool.size() - before != size {
                return Err(Error::Damaged(format!(
                    "a chunk of upload {id} has not its size of {size} bytes"
                )));
            }
        }
        spool.finish().await
    }

    /// Ends an upload session; its chunks become garbage.
    pub async fn finish_upload(&self, caller: &Caller, id: &UploadId, now: Millis) -> Result<()> {
        self.growing().0.remove(id);
        transact!(self.db(), |tx| {
            require(&tx, caller, id, now).await?;
            release(&tx, "id = ?1", params![&id.0], now).await.map(drop)
        })
    }

    fn growing(&self) -> MutexGuard<'_, GrowingUploads> {
        self.inner.growing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The uploads that come to this process and the time of their last chunks. What is not here any more is still
/// whole: its next chunk begins another object, and its chunks are joined at the end.
#[derive(Default)]
pub(crate) struct GrowingUploads(HashMap<UploadId, (Growing, Millis)>);

/// Uploads that are remembered at most.
const GROWING: usize = 1_000;

impl GrowingUploads {
    fn keep(&mut self, id: &UploadId, grown: Growing, now: Millis) {
        if self.0.len() >= GROWING
            && let Some(oldest) = self
                .0
                .iter()
                .min_by_key(|(_, (_, used))| *used)
                .map(|(id, _)| id.clone())
        {
            self.0.remove(&oldest);
        }
        self.0.insert(id.clone(), (grown, now));
    }
}

/// Ends upload sessions that fulfil a condition on columns of `upload`; answers how many.
pub(crate) async fn release(tx: &Conn, condition: &str, params: &[Value], now: Millis) -> Result<u64> {
    let at = params.len() + 1;
    let sql = format!(
        "UPDATE blob SET state = 'garbage', changed_at = ?{at} WHERE key IN (SELECT k.blob_key FROM upload_chunk k \
         WHERE k.upload_id IN (SELECT id FROM upload WHERE {condition}))"
    );
    let mut with_time = params.to_vec();
    with_time.push(now.into());
    tx.execute(&sql, &with_time).await?;
    tx.execute(&format!("DELETE FROM upload WHERE {condition}"), params)
        .await
}

/// Makes sure that a session is the caller's and has not expired.
async fn require(conn: &Conn, caller: &Caller, id: &UploadId, now: Millis) -> Result<()> {
    let sql = "SELECT COUNT(*) FROM upload WHERE id = ?1 AND site_id = ?2 AND user_id = ?3 AND used_at > ?4";
    match conn
        .number(sql, params![&id.0, caller.site, caller.user, now - LIFETIME_MS])
        .await?
    {
        0 => Err(Error::UploadNotFound),
        _ => Ok(()),
    }
}
