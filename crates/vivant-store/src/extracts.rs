//! Extracts: data read for a workbook or data source, kept beside its file.
//!
//! An extract has parts, in order: the first is what was read in full, others were added to it.
//! What is replaced becomes garbage in the transaction that replaces it.

use vivant_model::{ContentKind, Luid, SiteId};

use crate::blobs::{self, Blob};
use crate::content::Spooled;
use crate::db::{Conn, params, transact};
use crate::items;
use crate::jobs::{self, Fence};
use crate::permissions::what;
use crate::{Error, JobItem, JobItemKind, Millis, Result, Store, What, sites};

/// An extract to be kept.
pub struct NewExtract {
    /// The name that the data source has inside the file.
    pub datasource: String,
    /// The data, a Parquet file.
    pub file: Spooled,
    /// How many rows it has.
    pub rows: i64,
    /// Its columns, in the form that its maker reads.
    pub columns: String,
}

/// An extract whose object is stored.
pub(crate) struct StoredExtract {
    datasource: String,
    blob: Blob,
    rows: i64,
    columns: String,
}

/// What becomes of the extracts that an item has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Earlier {
    Go,
    Stay,
}

/// A part of an extract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// The name that the data source has inside the file.
    pub datasource: String,
    /// Its place among the parts of that data source, from 0.
    pub part: u32,
    /// The key of the object in [`Store::content`].
    pub key: String,
    /// The object's size in bytes.
    pub size: i64,
    /// The object's SHA-256 in lower-case hex.
    pub sha256: String,
    /// How many rows it has.
    pub rows: i64,
    /// Its columns, in the form that its maker reads.
    pub columns: String,
    /// When it was read.
    pub refreshed_at: Millis,
}

impl Store {
    /// Replaces all extracts of an item; none at all leaves it without. The site's storage quota must
    /// hold them.
    pub async fn swap_extracts(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        extracts: Vec<NewExtract>,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<()> {
        self.write_extracts(site, kind, id, extracts, Earlier::Go, fence, now)
            .await
    }

    /// Adds parts to the extracts of an item; an extract that is not there is begun. The site's
    /// storage quota must hold them.
    pub async fn append_extracts(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        extracts: Vec<NewExtract>,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<()> {
        self.write_extracts(site, kind, id, extracts, Earlier::Stay, fence, now)
            .await
    }

    /// The extracts of an item, by data source and part.
    pub async fn extracts(&self, site: SiteId, kind: ContentKind, id: Luid) -> Result<Vec<Extract>> {
        let sql = "SELECT x.datasource, x.part, x.blob_key, x.size_bytes, x.sha256, x.row_count, x.columns_text, \
             x.refreshed_at FROM extract_part x JOIN content c ON c.id = x.content_id \
             WHERE c.site_id = ?1 AND c.kind = ?2 AND c.id = ?3 ORDER BY x.datasource, x.part";
        let rows = self
            .conn()
            .await?
            .query(sql, params![site, kind.as_str(), id])
            .await?;
        let read = |mut row: crate::db::Row| {
            Ok(Extract {
                datasource: row.text()?,
                part: row.int()? as u32,
                key: row.text()?,
                size: row.int()?,
                sha256: row.text()?,
                rows: row.int()?,
                columns: row.text()?,
                refreshed_at: row.int()?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "those of the two that call it, and which one"
    )]
    async fn write_extracts(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        extracts: Vec<NewExtract>,
        earlier: Earlier,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<()> {
        let stored = self.store_extracts(extracts, now).await?;
        let outcome: Result<()> = async {
            transact!(self.db(), |tx| {
                sites::lock(&tx, site).await?;
                let sql = "SELECT COUNT(*) FROM content WHERE site_id = ?1 AND kind = ?2 AND id = ?3";
                if tx.number(sql, params![site, kind.as_str(), id]).await? == 0 {
                    return Err(Error::NotFound(what(kind)));
                }
                if earlier == Earlier::Go {
                    clear(&tx, site, id, now).await?;
                }
                let sql = "SELECT storage_quota_mb, storage_bytes FROM site WHERE id = ?1";
                let row = tx.row(sql, params![site]).await?;
                let mut row = row.ok_or(Error::NotFound(What::Site))?;
                let needed = stored.iter().map(|extract| extract.blob.size).sum();
                items::refuse_beyond_quota(row.opt_int()?, row.int()?, needed)?;
                insert(&tx, site, id, &stored, now).await?;
                let column = match earlier {
                    Earlier::Go => "extract_refreshed_at",
                    Earlier::Stay => "extract_incremented_at",
                };
                let sql = format!(
                    "UPDATE content SET {column} = ?2, updated_at = ?2, has_extracts = CASE WHEN EXISTS \
                     (SELECT 1 FROM extract_part x WHERE x.content_id = ?1) THEN 1 ELSE 0 END WHERE id = ?1"
                );
                tx.execute(&sql, params![id, now]).await?;
                let made = match kind {
                    ContentKind::Datasource => Some(JobItemKind::Datasource),
                    ContentKind::Workbook => Some(JobItemKind::Workbook),
                    _ => None,
                };
                let made = made.map(|kind| JobItem { kind, id });
                jobs::settle(&tx, &fence, made, &[], now).await
            })
        }
        .await;
        if outcome.is_err() {
            self.give_up_extracts(&stored, now).await;
        }
        outcome
    }

    /// Stores the objects of extracts.
    pub(crate) async fn store_extracts(
        &self,
        extracts: Vec<NewExtract>,
        now: Millis,
    ) -> Result<Vec<StoredExtract>> {
        let mut stored = Vec::with_capacity(extracts.len());
        for new in extracts {
            match self.store_file(new.file, now).await {
                Ok(blob) => stored.push(StoredExtract {
                    datasource: new.datasource,
                    blob,
                    rows: new.rows,
                    columns: new.columns,
                }),
                Err(error) => {
                    self.give_up_extracts(&stored, now).await;
                    return Err(error);
                }
            }
        }
        Ok(stored)
    }

    /// Gives up the objects of extracts that belong to nothing.
    pub(crate) async fn give_up_extracts(&self, stored: &[StoredExtract], now: Millis) {
        for extract in stored {
            self.give_up(&extract.blob, now).await;
        }
    }
}

/// The bytes of extracts that are to be stored.
pub(crate) fn size(extracts: &[NewExtract]) -> i64 {
    let sum = extracts
        .iter()
        .fold(0_u64, |sum, extract| sum.saturating_add(extract.file.size()));
    i64::try_from(sum).unwrap_or(i64::MAX)
}

/// The bytes of an item's extracts.
pub(crate) async fn total(conn: &Conn, id: Luid) -> Result<i64> {
    let sql = "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM extract_part WHERE content_id = ?1";
    conn.number(sql, params![id]).await
}

/// Takes all extracts of an item away.
pub(crate) async fn clear(tx: &Conn, site: SiteId, id: Luid, now: Millis) -> Result<()> {
    let (mut keys, mut freed) = (Vec::new(), 0);
    let sql = "DELETE FROM extract_part WHERE content_id = ?1 RETURNING blob_key, size_bytes";
    for mut row in tx.query(sql, params![id]).await? {
        keys.push(row.text()?);
        freed += row.int()?;
    }
    if keys.is_empty() {
        return Ok(());
    }
    blobs::discard(tx, keys, now).await?;
    let sql = "UPDATE site SET storage_bytes = storage_bytes - ?2 WHERE id = ?1";
    tx.execute(sql, params![site, freed]).await.map(drop)
}

/// Writes the parts of extracts, each after those that its data source has.
pub(crate) async fn insert(
    tx: &Conn,
    site: SiteId,
    id: Luid,
    extracts: &[StoredExtract],
    now: Millis,
) -> Result<()> {
    let mut added = 0;
    for extract in extracts {
        blobs::go_live(tx, &extract.blob, now).await?;
        let sql = "INSERT INTO extract_part (content_id, datasource, part, blob_key, size_bytes, sha256, row_count, \
             columns_text, refreshed_at) VALUES (?1, ?2, (SELECT COALESCE(MAX(x.part) + 1, 0) FROM extract_part x \
             WHERE x.content_id = ?1 AND x.datasource = ?2), ?3, ?4, ?5, ?6, ?7, ?8)";
        tx.execute(
            sql,
            params![
                id,
                &extract.datasource,
                &extract.blob.key,
                extract.blob.size,
                &extract.blob.sha256,
                extract.rows,
                &extract.columns,
                now,
            ],
        )
        .await?;
        added += extract.blob.size;
    }
    let sql = "UPDATE site SET storage_bytes = storage_bytes + ?2 WHERE id = ?1";
    tx.execute(sql, params![site, added]).await.map(drop)
}
