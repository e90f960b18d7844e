//! What the objects of the content storage are for, kept in step with them across crashes.
//!
//! A row with state `pending` is committed before an object is written. The transaction that makes
//! something refer to the object turns it `live`; the one that takes the last reference away turns
//! it `garbage`. A sweep deletes garbage, and pending objects that nobody can be writing any more.

use vivant_model::SiteId;

use crate::content::{Spooled, is_sealed, new_key};
use crate::db::{Conn, Value, params, transact};
use crate::{Error, Millis, Result, Store};

/// An object that is stored and not yet referred to.
pub(crate) struct Blob {
    pub(crate) key: String,
    pub(crate) size: i64,
    pub(crate) sha256: String,
}

impl Blob {
    /// Returns whether it is encrypted.
    pub(crate) fn is_sealed(&self) -> bool {
        is_sealed(&self.key)
    }
}

impl Store {
    /// Stores a file as a pending object, encrypted if it is to be sealed.
    pub(crate) async fn store_file(&self, file: Spooled, seal: bool, now: Millis) -> Result<Blob> {
        let size =
            i64::try_from(file.size()).map_err(|_| Error::backend("the file is too large to store"))?;
        let sha256 = file.sha256().to_owned();
        let blob = Blob {
            key: self.announce(size, &sha256, seal, now).await?,
            size,
            sha256,
        };
        match self.content().put(&blob.key, file).await {
            Ok(()) => Ok(blob),
            Err(error) => {
                self.give_up(&blob, now).await;
                Err(error)
            }
        }
    }

    /// Says that an object is coming, and under which key.
    pub(crate) async fn announce(&self, size: i64, sha256: &str, seal: bool, now: Millis) -> Result<String> {
        let key = new_key(seal)?;
        transact!(self.db(), |tx| {
            let sql = "INSERT INTO blob (key, size, sha256, state, node, changed_at) \
                 VALUES (?1, ?2, ?3, 'pending', ?4, ?5)";
            tx.execute(sql, params![&key, size, sha256, &self.inner.node, now])
                .await
                .map(drop)
        })?;
        Ok(key)
    }

    /// Gives up an object that nothing will refer to; the next sweep deletes it.
    pub(crate) async fn give_up(&self, blob: &Blob, now: Millis) {
        let outcome: Result<()> = async {
            transact!(self.db(), |tx| {
                let sql =
                    "UPDATE blob SET state = 'garbage', changed_at = ?2 WHERE key = ?1 AND state = 'pending'";
                tx.execute(sql, params![&blob.key, now]).await.map(drop)
            })
        }
        .await;
        if let Err(e) = outcome {
            // It stays pending, and a later sweep finds it by its age.
            tracing::warn!("a stored object could not be given up: {e}");
        }
    }
}

/// Turns a pending object live, in the transaction that refers to it.
pub(crate) async fn go_live(tx: &Conn, blob: &Blob, now: Millis) -> Result<()> {
    let sql = "UPDATE blob SET state = 'live', changed_at = ?2 WHERE key = ?1 AND state = 'pending'";
    match tx.execute(sql, params![&blob.key, now]).await? {
        0 => Err(Error::backend(
            "the stored file was swept away before it was published; publish it again",
        )),
        _ => Ok(()),
    }
}

/// Turns objects into garbage, in the transaction that takes their last reference away.
pub(crate) async fn discard(tx: &Conn, keys: Vec<String>, now: Millis) -> Result<()> {
    let sql = "UPDATE blob SET state = 'garbage', changed_at = ?2 WHERE key IN LIST(?1)";
    tx.execute(sql, params![keys, now]).await.map(drop)
}

/// Deletes content `c` of a site that fulfils a condition on `?2`, with all that belongs to it.
pub(crate) async fn delete_content(
    tx: &Conn,
    site: SiteId,
    condition: &str,
    value: Value,
    now: Millis,
) -> Result<u64> {
    let of_them = |from: &str| {
        format!("FROM {from} r JOIN content c ON c.id = r.content_id WHERE c.site_id = ?1 AND {condition}")
    };
    for from in ["revision", "extract_part"] {
        let of_them = of_them(from);
        let sql = format!(
            "UPDATE blob SET state = 'garbage', changed_at = ?3 WHERE key IN (SELECT r.blob_key {of_them})"
        );
        tx.execute(&sql, &[site.into(), value.clone(), now.into()])
            .await?;
        let sql = format!(
            "UPDATE site SET storage_bytes = storage_bytes - \
             (SELECT CAST(COALESCE(SUM(r.size_bytes), 0) AS BIGINT) {of_them}) WHERE id = ?1"
        );
        tx.execute(&sql, &[site.into(), value.clone()]).await?;
    }
    let sql = format!("DELETE FROM content AS c WHERE c.site_id = ?1 AND {condition}");
    tx.execute(&sql, &[site.into(), value]).await
}
