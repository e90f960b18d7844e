//! Encryption of extracts at rest: which are to be encrypted, and making it so, item by item.
//!
//! An item says whether its extracts are encrypted: the Parquet files beside its file, and the files of its
//! revisions that hold extracts. Writing an extract asks that before, stores the objects accordingly, and asks again
//! in the transaction that refers to them. What is stored already is written anew beside, and all objects of an item
//! take the place of the old ones in one transaction: killed anywhere, an item has the old ones or the new ones.

use vivant_model::{ContentKind, ExtractEncryption, JobKind, Luid, SiteId};

use crate::blobs::{self, Blob};
use crate::content::SEALED;
use crate::db::{Conn, params, transact};
use crate::error::EncryptionRule;
use crate::items::StoredItem;
use crate::{Error, Millis, NewJob, Result, Store, jobs, sites};

/// What to do to stored extracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// Encrypt those that are not.
    Encrypt,
    /// Decrypt those that are encrypted.
    Decrypt,
    /// Encrypt those anew, with other keys, that are encrypted since before a time.
    Anew(Millis),
}

/// How often an item is begun that changes meanwhile.
const ATTEMPTS: u32 = 5;

/// Items that may have extracts.
const KINDS: &str = "c.kind IN ('workbook', 'datasource')";

/// Items with the objects of their revisions and of their extracts.
const OBJECTS: &str = "content c JOIN \
     (SELECT r.content_id, r.blob_key, r.has_extracts FROM revision r \
     UNION ALL SELECT e.content_id, e.blob_key, CAST(1 AS BIGINT) FROM extract_part e) x \
     ON x.content_id = c.id JOIN blob b ON b.key = x.blob_key";

impl Store {
    /// The ids of a site's items with objects that are to be written anew.
    pub async fn items_to_seal(&self, site: SiteId, how: Sealing) -> Result<Vec<Luid>> {
        let (condition, before) = how.condition();
        let sql = format!(
            "SELECT DISTINCT c.id FROM {OBJECTS} WHERE c.site_id = ?1 AND {KINDS} \
             AND b.changed_at < ?2 AND {condition} ORDER BY c.id"
        );
        let rows = self.conn().await?.query(&sql, params![site, before]).await?;
        rows.into_iter().map(|mut row| row.id()).collect()
    }

    /// Notes of a site's items without stored extracts whether those that they get are to be encrypted.
    pub async fn seal_rest(&self, site: SiteId, how: Sealing) -> Result<()> {
        let Some(encrypt) = how.outcome() else {
            return Ok(());
        };
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            refuse(&tx, site, how).await?;
            let sql = format!(
                "UPDATE content AS c SET encrypt_extracts = ?2 WHERE c.site_id = ?1 AND {KINDS} \
                 AND c.encrypt_extracts <> ?2 \
                 AND NOT EXISTS (SELECT 1 FROM revision r WHERE r.content_id = c.id AND r.has_extracts = 1) \
                 AND NOT EXISTS (SELECT 1 FROM extract_part e WHERE e.content_id = c.id)"
            );
            tx.execute(&sql, params![site, encrypt]).await.map(drop)
        })
    }

    /// Encrypts or decrypts the stored extracts of an item; answers how many objects were written anew. The mode of
    /// its site must allow it.
    pub async fn seal_item(&self, site: SiteId, id: Luid, how: Sealing, now: Millis) -> Result<u64> {
        for _ in 0..ATTEMPTS {
            let conn = self.conn().await?;
            refuse(&conn, site, how).await?;
            let old = objects(&conn, site, id, how).await?;
            drop(conn);
            let mut new = Vec::with_capacity(old.len());
            let outcome = match self.write_anew(&old, how, &mut new, now).await {
                Ok(()) => self.take_places(site, id, how, &old, &new, now).await,
                Err(error) => Err(error),
            };
            if !matches!(outcome, Ok(true)) {
                for blob in &new {
                    self.give_up(blob, now).await;
                }
            }
            match outcome {
                Ok(true) => return Ok(new.len() as u64),
                // An object may have gone because something took its place.
                Ok(false) | Err(Error::NotFound(crate::What::Object)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Encryption(EncryptionRule::Changed))
    }

    async fn write_anew(&self, old: &[String], how: Sealing, new: &mut Vec<Blob>, now: Millis) -> Result<()> {
        for key in old {
            let file = self.content().fetch(key).await?;
            new.push(self.store_file(file, how != Sealing::Decrypt, now).await?);
        }
        Ok(())
    }

    /// Puts new objects in the places of old ones; false where the item has changed meanwhile.
    async fn take_places(
        &self,
        site: SiteId,
        id: Luid,
        how: Sealing,
        old: &[String],
        new: &[Blob],
        now: Millis,
    ) -> Result<bool> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            refuse(&tx, site, how).await?;
            if objects(&tx, site, id, how).await?.as_slice() != old {
                return Ok(false);
            }
            for (key, blob) in old.iter().zip(new) {
                blobs::go_live(&tx, blob, now).await?;
                for table in ["revision", "extract_part"] {
                    let sql =
                        format!("UPDATE {table} SET blob_key = ?3 WHERE content_id = ?1 AND blob_key = ?2");
                    tx.execute(&sql, params![id, key, &blob.key]).await?;
                }
            }
            blobs::discard(&tx, old.to_vec(), now).await?;
            if let Some(encrypt) = how.outcome() {
                let sql = "UPDATE content SET encrypt_extracts = ?2 WHERE id = ?1";
                tx.execute(sql, params![id, encrypt]).await?;
            }
            Ok(true)
        })
    }

    /// Notes that the extracts of an item are to be encrypted, or are not, and puts the job into the queue that makes
    /// it so. What is written meanwhile is as it is noted.
    pub async fn ask_to_seal(
        &self,
        site: SiteId,
        id: Luid,
        encrypt: bool,
        job: NewJob,
        now: Millis,
    ) -> Result<()> {
        let jobs = self.prepare(vec![job], now).await?;
        transact!(self.db(), |tx| {
            jobs::lock_lanes(&tx, &jobs).await?;
            sites::lock(&tx, site).await?;
            refuse(&tx, site, Sealing::to(encrypt)).await?;
            let sql = "UPDATE content SET encrypt_extracts = ?3 WHERE site_id = ?1 AND id = ?2";
            tx.execute(sql, params![site, id, encrypt]).await?;
            jobs::insert_all(&tx, &jobs, now).await
        })
    }

    /// Whether a site has its extracts encrypted.
    pub async fn extract_encryption(&self, site: SiteId) -> Result<ExtractEncryption> {
        let conn = self.conn().await?;
        mode(&conn, site).await
    }

    /// Whether it takes a job to have all objects of an item encrypted, or decrypted, in the end: the last of those
    /// that are in the queue leaves them otherwise, or none is there and some are not so.
    pub async fn needs_sealing(&self, site: SiteId, id: Luid, encrypt: bool) -> Result<bool> {
        let conn = self.conn().await?;
        let (wanted, other) = (job_kind(encrypt), job_kind(!encrypt));
        let sql = "SELECT kind FROM job WHERE serial_key = ?1 AND ended_at IS NULL AND kind IN (?2, ?3) \
             AND (item_id IS NULL OR item_id = ?4) ORDER BY seq DESC LIMIT 1";
        let queued = params![lane(site), wanted.as_str(), other.as_str(), id];
        match conn.row(sql, queued).await? {
            Some(mut row) => Ok(row.text()? != wanted.as_str()),
            None => Ok(!objects(&conn, site, id, Sealing::to(encrypt)).await?.is_empty()),
        }
    }

    /// Whether the extracts of an item are encrypted.
    pub(crate) async fn encrypts(&self, site: SiteId, kind: ContentKind, id: Luid) -> Result<bool> {
        let conn = self.conn().await?;
        // Of one that is not there nothing is kept.
        Ok(encrypts(&conn, site, kind, id).await?.unwrap_or(false))
    }

    /// Whether something of a site that may hold extracts is to be encrypted before it belongs to an item.
    pub(crate) async fn encrypts_early(&self, site: SiteId) -> Result<bool> {
        Ok(self.extract_encryption(site).await? == ExtractEncryption::Enforced)
    }
}

/// The lane of a site's jobs that encrypt and decrypt: what was asked for last holds in the end.
pub fn lane(site: SiteId) -> String {
    format!("encryption:{site}")
}

/// The kind of the jobs that encrypt, or decrypt.
pub fn job_kind(encrypt: bool) -> JobKind {
    match encrypt {
        true => JobKind::EncryptExtracts,
        false => JobKind::DecryptExtracts,
    }
}

impl Sealing {
    /// What has extracts encrypted, or decrypted.
    pub fn to(encrypt: bool) -> Self {
        match encrypt {
            true => Self::Encrypt,
            false => Self::Decrypt,
        }
    }

    /// Which of [`OBJECTS`] are to be written anew, and before when they must have become what they are.
    fn condition(self) -> (String, Millis) {
        match self {
            Self::Encrypt => (
                format!("b.key NOT LIKE '%{SEALED}' AND x.has_extracts = 1"),
                Millis::MAX,
            ),
            Self::Decrypt => (format!("b.key LIKE '%{SEALED}'"), Millis::MAX),
            Self::Anew(before) => (format!("b.key LIKE '%{SEALED}'"), before),
        }
    }

    /// Whether the extracts of an item are encrypted afterwards; `None` leaves that as it is.
    fn outcome(self) -> Option<bool> {
        match self {
            Self::Encrypt => Some(true),
            Self::Decrypt => Some(false),
            Self::Anew(_) => None,
        }
    }
}

/// The names of an item's objects that are to be written anew, each once: revisions may share one.
async fn objects(conn: &Conn, site: SiteId, id: Luid, how: Sealing) -> Result<Vec<String>> {
    let (condition, before) = how.condition();
    let sql = format!(
        "SELECT DISTINCT x.blob_key FROM {OBJECTS} WHERE c.site_id = ?1 AND x.content_id = ?2 \
         AND b.changed_at < ?3 AND {condition} ORDER BY x.blob_key"
    );
    let rows = conn.query(&sql, params![site, id, before]).await?;
    rows.into_iter().map(|mut row| row.text()).collect()
}

/// Refuses what the mode of a site does not allow.
async fn refuse(conn: &Conn, site: SiteId, how: Sealing) -> Result<()> {
    match (mode(conn, site).await?, how) {
        (ExtractEncryption::Disabled, Sealing::Encrypt) => Err(Error::Encryption(EncryptionRule::Disabled)),
        (ExtractEncryption::Enforced, Sealing::Decrypt) => Err(Error::Encryption(EncryptionRule::Enforced)),
        _ => Ok(()),
    }
}

/// The mode of a site.
pub(crate) async fn mode(conn: &Conn, site: SiteId) -> Result<ExtractEncryption> {
    let sql = "SELECT value FROM site_setting WHERE site_id = ?1 AND name = ?2";
    let row = conn.row(sql, params![site, ExtractEncryption::SETTING]).await?;
    let value = match row {
        Some(mut row) => row.text()?,
        None => return Ok(ExtractEncryption::default()),
    };
    ExtractEncryption::parse(&value)
        .ok_or_else(|| Error::Damaged(format!("`{value}` is no mode of encryption of a site")))
}

/// Whether an item is to be encrypted, by the mode of its site, what was asked for, and what it was before.
pub fn decide(mode: ExtractEncryption, asked: Option<bool>, before: Option<bool>) -> Result<bool> {
    match (mode, asked) {
        (ExtractEncryption::Disabled, Some(true)) => Err(Error::Encryption(EncryptionRule::Disabled)),
        (ExtractEncryption::Enforced, Some(false)) => Err(Error::Encryption(EncryptionRule::Enforced)),
        (ExtractEncryption::Disabled, _) => Ok(false),
        (ExtractEncryption::Enforced, _) => Ok(true),
        // What somebody had encrypted stays so unless somebody says otherwise.
        (ExtractEncryption::Enabled, asked) => Ok(asked.or(before).unwrap_or(false)),
    }
}

/// Whether the extracts of an item are encrypted, if there is such an item.
pub(crate) async fn encrypts(conn: &Conn, site: SiteId, kind: ContentKind, id: Luid) -> Result<Option<bool>> {
    let sql = "SELECT encrypt_extracts FROM content WHERE site_id = ?1 AND kind = ?2 AND id = ?3";
    let row = conn.row(sql, params![site, kind.as_str(), id]).await?;
    row.map(|mut row| row.bool()).transpose()
}

/// Refuses objects that were stored otherwise than they are to be now.
pub(crate) fn refuse_others(stored: &StoredItem, has_extracts: bool, encrypt: bool) -> Result<()> {
    let (blob, extracts) = stored.parts();
    let fits = blob.is_sealed() == (encrypt && has_extracts)
        && extracts.iter().all(|extract| extract.is_sealed() == encrypt);
    match fits {
        true => Ok(()),
        false => Err(Error::Encryption(EncryptionRule::Changed)),
    }
}
