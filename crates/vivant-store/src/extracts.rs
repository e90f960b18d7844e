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
use crate::{EncryptionRule, Error, JobItem, JobItemKind, Millis, Result, Store, What, encryption, sites};

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

/// What creating or deleting extracts makes of an item.
pub struct ExtractChange {
    /// The revision whose file it was made of.
    pub revision: u32,
    /// The file of that revision from now on.
    pub file: Spooled,
    /// Its ending.
    pub file_type: String,
    /// Whether it answers from an extract.
    pub has_extracts: bool,
    /// The names, inside the file, of the data sources that it is about: what is kept of their extracts goes.
    pub datasources: Vec<String>,
    /// Their new extracts.
    pub extracts: Vec<NewExtract>,
}

/// An extract whose object is stored.
pub(crate) struct StoredExtract {
    datasource: String,
    blob: Blob,
    rows: i64,
    columns: String,
}

impl StoredExtract {
    /// Returns whether its object is encrypted.
    pub(crate) fn is_sealed(&self) -> bool {
        self.blob.is_sealed()
    }
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

    /// Puts another file in the place of an item's, with other extracts of some of its data sources. The site's
    /// storage quota must hold them. Answers false, and changes nothing, where the revision is not the current
    /// one any more.
    pub async fn change_extracts(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        change: ExtractChange,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<bool> {
        let encrypt = self.encrypts(site, kind, id).await?;
        let stored = self
            .store_item(change.file, change.extracts, change.has_extracts, encrypt, now)
            .await?;
        let (blob, extracts) = stored.parts();
        let outcome: Result<bool> = async {
            transact!(self.db(), |tx| {
                sites::lock(&tx, site).await?;
                let sql = "SELECT c.revision, r.blob_key, r.size_bytes FROM content c JOIN revision r \
                     ON r.content_id = c.id AND r.number = c.revision WHERE c.site_id = ?1 AND c.kind = ?2 AND c.id = ?3";
                let row = tx.row(sql, params![site, kind.as_str(), id]).await?;
                let mut row = row.ok_or(Error::NotFound(what(kind)))?;
                let (current, old_key, old_size) = (row.int()?, row.text()?, row.int()?);
                if current != i64::from(change.revision) {
                    return Ok(false);
                }
                let now_encrypt = encryption::encrypts(&tx, site, kind, id).await?;
                encryption::refuse_others(&stored, change.has_extracts, now_encrypt.unwrap_or(false))?;
                clear(&tx, site, id, Some(&change.datasources), now).await?;
                let more = blob.size - old_size;
                let kept = extracts.iter().map(|extract| extract.blob.size).sum::<i64>();
                room(&tx, site, more.saturating_add(kept)).await?;
                blobs::go_live(&tx, blob, now).await?;
                let sql = "UPDATE revision SET blob_key = ?3, size_bytes = ?4, sha256 = ?5, file_type = ?6, \
                     has_extracts = ?7 WHERE content_id = ?1 AND number = ?2";
                tx.execute(
                    sql,
                    params![
                        id,
                        change.revision,
                        &blob.key,
                        blob.size,
                        &blob.sha256,
                        &change.file_type,
                        change.has_extracts,
                    ],
                )
                .await?;
                blobs::discard(&tx, vec![old_key], now).await?;
                let sql = "UPDATE site SET storage_bytes = storage_bytes + ?2 WHERE id = ?1";
                tx.execute(sql, params![site, more]).await?;
                insert(&tx, site, id, extracts, now).await?;
                let sql = "UPDATE content SET size_bytes = ?2, file_type = ?3, updated_at = ?4, has_extracts = ?5, \
                     extract_refreshed_at = CASE WHEN CAST(?5 AS BIGINT) = 0 THEN NULL \
                     WHEN CAST(?6 AS BIGINT) = 1 THEN CAST(?4 AS BIGINT) \
                     ELSE extract_refreshed_at END WHERE id = ?1";
                let has_extracts = change.has_extracts || total(&tx, id).await? > 0;
                tx.execute(
                    sql,
                    params![
                        id,
                        blob.size,
                        &change.file_type,
                        now,
                        has_extracts,
                        !extracts.is_empty(),
                    ],
                )
                .await?;
                jobs::settle(&tx, &fence, item(kind, id), &[], now).await?;
                Ok(true)
            })
        }
        .await;
        if !matches!(outcome, Ok(true)) {
            self.give_up_item(&stored, now).await;
        }
        outcome
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
        let encrypt = self.encrypts(site, kind, id).await?;
        let stored = self.store_extracts(extracts, encrypt, now).await?;
        let outcome: Result<()> = async {
            transact!(self.db(), |tx| {
                sites::lock(&tx, site).await?;
                let now_encrypt = encryption::encrypts(&tx, site, kind, id).await?;
                if now_encrypt.ok_or(Error::NotFound(what(kind)))? != encrypt {
                    return Err(Error::Encryption(EncryptionRule::Changed));
                }
                if earlier == Earlier::Go {
                    clear(&tx, site, id, None, now).await?;
                }
                room(&tx, site, stored.iter().map(|extract| extract.blob.size).sum()).await?;
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
                jobs::settle(&tx, &fence, item(kind, id), &[], now).await
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
        encrypt: bool,
        now: Millis,
    ) -> Result<Vec<StoredExtract>> {
        let mut stored = Vec::with_capacity(extracts.len());
        for new in extracts {
            match self.store_file(new.file, encrypt, now).await {
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

/// Makes sure that a site's storage quota holds so many bytes more.
async fn room(tx: &Conn, site: SiteId, needed: i64) -> Result<()> {
    let sql = "SELECT storage_quota_mb, storage_bytes FROM site WHERE id = ?1";
    let row = tx.row(sql, params![site]).await?;
    let mut row = row.ok_or(Error::NotFound(What::Site))?;
    items::refuse_beyond_quota(row.opt_int()?, row.int()?, needed)
}

/// What a job that writes extracts is about.
fn item(kind: ContentKind, id: Luid) -> Option<JobItem> {
    let kind = match kind {
        ContentKind::Datasource => JobItemKind::Datasource,
        ContentKind::Workbook => JobItemKind::Workbook,
        _ => return None,
    };
    Some(JobItem { kind, id })
}

/// Takes the extracts of an item away: those of some of its data sources, or all.
pub(crate) async fn clear(
    tx: &Conn,
    site: SiteId,
    id: Luid,
    datasources: Option<&[String]>,
    now: Millis,
) -> Result<()> {
    let (mut keys, mut freed) = (Vec::new(), 0);
    let rows = match datasources {
        Some(names) => {
            let sql = "DELETE FROM extract_part WHERE content_id = ?1 AND datasource IN LIST(?2) \
                 RETURNING blob_key, size_bytes";
            tx.query(sql, params![id, names.to_vec()]).await?
        }
        None => {
            let sql = "DELETE FROM extract_part WHERE content_id = ?1 RETURNING blob_key, size_bytes";
            tx.query(sql, params![id]).await?
        }
    };
    for mut row in rows {
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
