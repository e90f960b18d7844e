//! Upload sessions: a large file sent in chunks before it is published.

use std::fmt;
use std::str::FromStr;

use futures_util::StreamExt;

use crate::blobs;
use crate::content::Spooled;
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
        // Some clients end with an empty chunk.
        let blob = match chunk.size() {
            0 => None,
            _ => Some(self.store_file(chunk, now).await?),
        };
        let outcome: Result<i64> = async {
            transact!(self.db(), |tx| {
                require(&tx, caller, id, now).await?;
                // Also makes two chunks at once wait for each other.
                tx.execute("UPDATE upload SET used_at = ?2 WHERE id = ?1", params![&id.0, now]).await?;
                if let Some(blob) = &blob {
                    blobs::go_live(&tx, blob, now).await?;
                    let sql = "INSERT INTO upload_chunk (upload_id, number, blob_key, size_bytes) VALUES (?1, \
                         (SELECT COUNT(*) FROM upload_chunk k WHERE k.upload_id = ?1), ?2, ?3)";
                    tx.execute(sql, params![&id.0, &blob.key, blob.size]).await?;
                }
                let sql = "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM upload_chunk WHERE upload_id = ?1";
                let total = tx.number(sql, params![&id.0]).await?;
                let sql = "SELECT storage_quota_mb FROM site WHERE id = ?1";
                let quota = match tx.row(sql, params![caller.site]).await? {
                    Some(mut row) => row.opt_int()?,
                    None => None,
                };
                let added = blob.as_ref().map_or(0, |blob| blob.size);
                items::refuse_beyond_quota(quota, total - added, added)?;
                Ok(total)
            })
        }
        .await;
        match (outcome, blob) {
            (Ok(total), _) => Ok(total as u64),
            (Err(error), Some(blob)) => {
                self.give_up(&blob, now).await;
                Err(error)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// All chunks joined, in order. The session stays until [`Store::finish_upload`], so that
    /// publishing can be tried again.
    pub async fn take_upload(&self, caller: &Caller, id: &UploadId, now: Millis) -> Result<Spooled> {
        let conn = self.conn().await?;
        require(&conn, caller, id, now).await?;
        let sql = "SELECT blob_key, size_bytes FROM upload_chunk WHERE upload_id = ?1 ORDER BY number";
        let chunks = conn.query(sql, params![&id.0]).await?;
        drop(conn);
        let mut spool = self.content().spool().await?;
        for mut chunk in chunks {
            let (key, size) = (chunk.text()?, chunk.int()? as u64);
            let before = spool.size();
            let (_, mut bytes) = self.content().open(&key, None).await?;
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
        transact!(self.db(), |tx| {
            require(&tx, caller, id, now).await?;
            release(&tx, "id = ?1", params![&id.0], now).await.map(drop)
        })
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
