//! What workbooks and data sources share: a place in a project, a file with revisions, tags.

use std::collections::{HashMap, HashSet};

use vivant_model::{Capability, ContentKind, Luid, ProjectId, SiteId, UserId, content_url, name};

use crate::blobs::{self, Blob};
use crate::content::{Spooled, StoredFile};
use crate::db::{Conn, Row, params, transact};
use crate::extracts::{NewExtract, StoredExtract};
use crate::permissions::what;
use crate::secrets::new_id;
use crate::workbooks::Revision;
use crate::{
    Caller, Error, Forbidden, Millis, Owner, Result, Store, What, encryption, extracts, permissions,
    projects, sites, users,
};

pub(crate) const OWNER: &str = " JOIN account o ON o.id = c.owner_id";
pub(crate) const PROJECT: &str = " JOIN project p ON p.id = c.project_id";

/// An item to be published.
pub(crate) struct NewItem<'a> {
    /// Who publishes.
    pub(crate) caller: &'a Caller,
    pub(crate) kind: ContentKind,
    pub(crate) site: SiteId,
    pub(crate) project: ProjectId,
    pub(crate) name: &'a str,
    pub(crate) owner: UserId,
    pub(crate) description: Option<&'a str>,
    pub(crate) overwrite: bool,
    pub(crate) file_type: &'a str,
    pub(crate) has_extracts: bool,
    /// `None` leaves that as it was.
    pub(crate) encrypt_extracts: Option<bool>,
    /// The size of the file.
    pub(crate) size: i64,
    /// The size of the extracts beside it.
    pub(crate) extracts_size: i64,
}

/// The objects of an item, stored and not yet referred to.
pub(crate) struct StoredItem {
    blob: Blob,
    extracts: Vec<StoredExtract>,
}

impl StoredItem {
    /// The object of its file, and its extracts.
    pub(crate) fn parts(&self) -> (&Blob, &[StoredExtract]) {
        (&self.blob, &self.extracts)
    }
}

/// An item that has its place.
pub(crate) struct Placed {
    pub(crate) id: Luid,
    pub(crate) content_url: String,
    pub(crate) created: bool,
}

/// What publishing an item will do.
pub(crate) struct Admission {
    /// Whether its extracts are encrypted.
    pub(crate) encrypt: bool,
    existing: Option<Existing>,
    /// Object and size of revisions that are one too many.
    surplus: Vec<(i64, String, i64)>,
}

struct Existing {
    id: Luid,
    content_url: String,
    revision: i64,
    encrypts: bool,
}

/// Finds out whether an item may be published: its project and owner are there, its name is free
/// or may be overwritten by the caller, its file fits the site's quota.
pub(crate) async fn admit(conn: &Conn, new: &NewItem<'_>) -> Result<Admission> {
    let sql = "SELECT COUNT(*) FROM project WHERE site_id = ?1 AND id = ?2";
    if conn.number(sql, params![new.site, new.project]).await? == 0 {
        return Err(Error::NotFound(What::Project));
    }
    users::require(conn, new.site, new.owner).await?;
    let sql = "SELECT id, content_url, revision, encrypt_extracts FROM content WHERE project_id = ?1 AND kind = ?2 AND name_key = ?3";
    let existing = match conn
        .row(sql, params![new.project, new.kind.as_str(), name::key(new.name)])
        .await?
    {
        Some(mut row) => Some(Existing {
            id: row.id()?,
            content_url: row.text()?,
            revision: row.int()?,
            encrypts: row.bool()?,
        }),
        None => None,
    };
    if let Some(existing) = &existing
        && !new.overwrite
    {
        return Err(Error::conflict(what(new.kind), Some(existing.id), new.name));
    }
    // Who may add to a project may not for that replace what others have put there.
    if let Some(existing) = &existing
        && !permissions::allows(conn, new.caller, new.kind, existing.id, Capability::Write).await?
    {
        return Err(Error::Forbidden(Forbidden::Overwrite));
    }
    let sql = "SELECT storage_quota_mb, storage_bytes, revision_history_enabled, revision_limit FROM site WHERE id = ?1";
    let mut row = conn
        .row(sql, params![new.site])
        .await?
        .ok_or(Error::NotFound(What::Site))?;
    let (quota, used) = (row.opt_int()?, row.int()?);
    let kept = match (row.bool()?, row.int()?) {
        (false, _) => 1,
        // No limit.
        (true, 0) => usize::MAX,
        (true, limit) => limit.max(1) as usize,
    };
    let mut surplus = Vec::new();
    if let Some(existing) = &existing {
        let sql =
            "SELECT number, blob_key, size_bytes FROM revision WHERE content_id = ?1 ORDER BY number DESC";
        // The new revision is one of those that are kept.
        for mut row in conn
            .query(sql, params![existing.id])
            .await?
            .into_iter()
            .skip(kept - 1)
        {
            surplus.push((row.int()?, row.text()?, row.int()?));
        }
    }
    let freed: i64 = surplus.iter().map(|revision| revision.2).sum();
    let replaced = match &existing {
        Some(existing) => extracts::total(conn, existing.id).await?,
        None => 0,
    };
    refuse_beyond_quota(
        quota,
        used,
        new.size.saturating_add(new.extracts_size) - freed - replaced,
    )?;
    let before = existing.as_ref().map(|existing| existing.encrypts);
    Ok(Admission {
        encrypt: encryption::decide(
            encryption::mode(conn, new.site).await?,
            new.encrypt_extracts,
            before,
        )?,
        existing,
        surplus,
    })
}

/// Makes sure that a site's storage quota, in megabytes, holds so many bytes more than are in use.
pub(crate) fn refuse_beyond_quota(quota: Option<i64>, used_bytes: i64, needed_bytes: i64) -> Result<()> {
    match quota.map(|mb| mb.saturating_mul(1024 * 1024)) {
        Some(quota_bytes) if used_bytes.saturating_add(needed_bytes) > quota_bytes => {
            Err(Error::QuotaExceeded {
                used_bytes,
                quota_bytes,
                needed_bytes,
            })
        }
        _ => Ok(()),
    }
}

/// Gives an item its place: the row, its new revision, and none of the surplus ones.
pub(crate) async fn place(tx: &Conn, new: &NewItem<'_>, stored: &StoredItem, now: Millis) -> Result<Placed> {
    let StoredItem { blob, extracts } = stored;
    let Admission {
        encrypt,
        existing,
        surplus,
    } = admit(tx, new).await?;
    encryption::refuse_others(stored, new.has_extracts, encrypt)?;
    blobs::go_live(tx, blob, now).await?;
    let (placed, revision) = match existing {
        Some(existing) => {
            let revision = existing.revision + 1;
            let sql = "UPDATE content SET name = ?2, owner_id = ?3, description = COALESCE(?4, description), \
                 revision = ?5, size_bytes = ?6, file_type = ?7, has_extracts = ?8, encrypt_extracts = ?9, \
                 updated_at = ?10 WHERE id = ?1";
            tx.execute(
                sql,
                params![
                    existing.id,
                    new.name,
                    new.owner,
                    new.description,
                    revision,
                    blob.size,
                    new.file_type,
                    new.has_extracts,
                    encrypt,
                    now,
                ],
            )
            .await?;
            (
                Placed {
                    id: existing.id,
                    content_url: existing.content_url,
                    created: false,
                },
                revision,
            )
        }
        None => (insert(tx, new, blob, encrypt, now).await?, 1),
    };
    let sql = "INSERT INTO revision (content_id, number, blob_key, file_type, size_bytes, sha256, has_extracts, \
         publisher_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    tx.execute(
        sql,
        params![
            placed.id,
            revision,
            &blob.key,
            new.file_type,
            blob.size,
            &blob.sha256,
            new.has_extracts,
            new.caller.user,
            now,
        ],
    )
    .await?;
    for (number, _, _) in &surplus {
        let sql = "DELETE FROM revision WHERE content_id = ?1 AND number = ?2";
        tx.execute(sql, params![placed.id, *number]).await?;
    }
    let freed: i64 = surplus.iter().map(|revision| revision.2).sum();
    blobs::discard(tx, surplus.into_iter().map(|revision| revision.1).collect(), now).await?;
    let sql = "UPDATE site SET storage_bytes = storage_bytes + ?2 WHERE id = ?1";
    tx.execute(sql, params![new.site, blob.size - freed]).await?;
    // What was read for the file before says nothing of this one.
    if !placed.created {
        extracts::clear(tx, new.site, placed.id, None, now).await?;
    }
    if !extracts.is_empty() {
        extracts::insert(tx, new.site, placed.id, extracts, now).await?;
    }
    // The data is as old as the file that it came with.
    let sql = "UPDATE content SET extract_refreshed_at = CASE WHEN has_extracts = 1 THEN CAST(?2 AS BIGINT) END, \
         extract_incremented_at = NULL WHERE id = ?1";
    tx.execute(sql, params![placed.id, now]).await?;
    Ok(placed)
}

async fn insert(tx: &Conn, new: &NewItem<'_>, blob: &Blob, encrypt: bool, now: Millis) -> Result<Placed> {
    let id: Luid = new_id()?;
    let content_url = free_url(tx, new).await?;
    let acl = project_acl(tx, new.site, new.project, new.kind).await?.acl;
    let sql = "INSERT INTO content (id, kind, site_id, project_id, owner_id, acl_id, name, name_key, content_url, \
         content_url_key, description, revision, size_bytes, file_type, has_extracts, encrypt_extracts, created_at, \
         updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?13, ?14, ?15, ?16, ?16)";
    tx.execute(
        sql,
        params![
            id,
            new.kind.as_str(),
            new.site,
            new.project,
            new.owner,
            acl,
            new.name,
            name::key(new.name),
            &content_url,
            name::key(&content_url),
            new.description.unwrap_or_default(),
            blob.size,
            new.file_type,
            new.has_extracts,
            encrypt,
            now,
        ],
    )
    .await?;
    Ok(Placed {
        id,
        content_url,
        created: true,
    })
}

/// The first form of the item's content URL that is free on the site.
async fn free_url(tx: &Conn, new: &NewItem<'_>) -> Result<String> {
    let base = content_url::from_name(new.name);
    let key = name::key(&base);
    let pattern = format!("{}\\_%", key.replace('_', "\\_"));
    let sql = "SELECT content_url_key FROM content WHERE site_id = ?1 AND kind = ?2 \
         AND (content_url_key = ?3 OR content_url_key LIKE ?4 ESCAPE '\\')";
    let mut taken = HashSet::new();
    for mut row in tx
        .query(sql, params![new.site, new.kind.as_str(), key, pattern])
        .await?
    {
        taken.insert(row.text()?);
    }
    let mut n = 0;
    loop {
        let url = content_url::numbered(&base, n);
        if !taken.contains(&name::key(&url)) {
            return Ok(url);
        }
        n += 1;
    }
}

struct ProjectAcl {
    acl: String,
    locked: bool,
}

async fn project_acl(tx: &Conn, site: SiteId, project: ProjectId, kind: ContentKind) -> Result<ProjectAcl> {
    let column = projects::acl_column(kind);
    let sql = format!("SELECT {column}, locked_by FROM project WHERE site_id = ?1 AND id = ?2");
    let mut row = tx
        .row(&sql, params![site, project])
        .await?
        .ok_or(Error::NotFound(What::Project))?;
    Ok(ProjectAcl {
        acl: row.text()?,
        locked: row.opt_text()?.is_some(),
    })
}

/// What to change of an item.
pub(crate) struct ItemChanges<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) owner: Option<UserId>,
}

/// Changes what all items have. The caller holds the site's lock.
pub(crate) async fn update(
    tx: &Conn,
    site: SiteId,
    kind: ContentKind,
    id: Luid,
    changes: &ItemChanges<'_>,
    now: Millis,
) -> Result<()> {
    let sql = "SELECT name, project_id FROM content WHERE site_id = ?1 AND kind = ?2 AND id = ?3";
    let row = tx.row(sql, params![site, kind.as_str(), id]).await?;
    let mut row = row.ok_or(Error::NotFound(what(kind)))?;
    let (old_name, old_project): (String, ProjectId) = (row.text()?, row.id()?);
    let new_name = changes.name.unwrap_or(&old_name);
    let project = changes.project.unwrap_or(old_project);
    let sql = "SELECT id FROM content WHERE project_id = ?1 AND kind = ?2 AND name_key = ?3 AND id <> ?4";
    if let Some(mut row) = tx
        .row(sql, params![project, kind.as_str(), name::key(new_name), id])
        .await?
    {
        return Err(Error::conflict(what(kind), Some(row.id()?), new_name));
    }
    if let Some(owner) = changes.owner {
        users::require(tx, site, owner).await?;
    }
    if project != old_project {
        let target = project_acl(tx, site, project, kind).await?;
        tx.execute(
            "UPDATE content SET project_id = ?2 WHERE id = ?1",
            params![id, project],
        )
        .await?;
        if target.locked {
            tx.execute(
                "UPDATE content SET acl_id = ?2 WHERE id = ?1",
                params![id, target.acl],
            )
            .await?;
            tx.execute("UPDATE view SET acl_id = NULL WHERE content_id = ?1", params![id])
                .await?;
        }
    }
    let sql = "UPDATE content SET name = ?2, name_key = ?3, description = COALESCE(?4, description), \
         owner_id = COALESCE(?5, owner_id), updated_at = ?6 WHERE id = ?1";
    tx.execute(
        sql,
        params![
            id,
            new_name,
            name::key(new_name),
            changes.description,
            changes.owner,
            now,
        ],
    )
    .await?;
    Ok(())
}

impl Store {
    /// Stores the file of an item and the extracts beside it. What holds extracts is encrypted if they are to be.
    pub(crate) async fn store_item(
        &self,
        file: Spooled,
        extracts: Vec<NewExtract>,
        has_extracts: bool,
        encrypt: bool,
        now: Millis,
    ) -> Result<StoredItem> {
        let blob = self.store_file(file, encrypt && has_extracts, now).await?;
        match self.store_extracts(extracts, encrypt, now).await {
            Ok(extracts) => Ok(StoredItem { blob, extracts }),
            Err(error) => {
                self.give_up(&blob, now).await;
                Err(error)
            }
        }
    }

    /// Gives up the objects of an item that was not published.
    pub(crate) async fn give_up_item(&self, stored: &StoredItem, now: Millis) {
        self.give_up(&stored.blob, now).await;
        self.give_up_extracts(&stored.extracts, now).await;
    }

    pub(crate) async fn delete_item(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let condition = format!("c.kind = '{}' AND c.id = ?2", kind.as_str());
            match blobs::delete_content(&tx, site, &condition, id.into(), now).await? {
                0 => Err(Error::NotFound(what(kind))),
                _ => Ok(()),
            }
        })
    }

    pub(crate) async fn item_file(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        revision: Option<u32>,
    ) -> Result<Option<StoredFile>> {
        let sql = "SELECT c.name, r.blob_key, r.size_bytes, r.sha256, r.file_type, r.has_extracts, r.number \
             FROM content c JOIN revision r ON r.content_id = c.id AND r.number = COALESCE(?4, c.revision) \
             WHERE c.site_id = ?1 AND c.kind = ?2 AND c.id = ?3";
        let row = self
            .conn()
            .await?
            .row(sql, params![site, kind.as_str(), id, revision])
            .await?;
        let Some(mut row) = row else { return Ok(None) };
        let item_name = row.text()?;
        let (key, size, sha256, file_type) = (row.text()?, row.int()? as u64, row.text()?, row.text()?);
        Ok(Some(StoredFile {
            key,
            size,
            sha256,
            file_name: format!("{item_name}.{file_type}"),
            file_type,
            has_extracts: row.bool()?,
            revision: row.int()? as u32,
        }))
    }

    pub(crate) async fn revisions(&self, site: SiteId, kind: ContentKind, id: Luid) -> Result<Vec<Revision>> {
        let conn = self.conn().await?;
        let sql = format!(
            "SELECT r.number, r.size_bytes, r.created_at, \
             CAST(CASE WHEN r.number = c.revision THEN 1 ELSE 0 END AS BIGINT), r.removed, o.id, {} \
             FROM content c JOIN (SELECT content_id, number, size_bytes, created_at, publisher_id, \
             CAST(0 AS BIGINT) AS removed FROM revision WHERE content_id = ?3 UNION ALL SELECT content_id, number, \
             size_bytes, created_at, publisher_id, CAST(1 AS BIGINT) FROM removed_revision WHERE content_id = ?3) r \
             ON r.content_id = c.id LEFT JOIN account o ON o.id = r.publisher_id AND (o.is_server_admin = 1 \
             OR EXISTS (SELECT 1 FROM site_user m WHERE m.site_id = ?1 AND m.user_id = o.id)) \
             WHERE c.site_id = ?1 AND c.kind = ?2 AND c.id = ?3 ORDER BY r.number",
            Owner::COLUMNS
        );
        let rows = conn.query(&sql, params![site, kind.as_str(), id]).await?;
        if rows.is_empty() {
            return Err(Error::NotFound(what(kind)));
        }
        let read = |mut row: Row| {
            Ok(Revision {
                number: row.int()? as u32,
                size_bytes: row.int()?,
                published_at: row.int()?,
                current: row.bool()?,
                removed: row.bool()?,
                publisher: match row.opt_text()? {
                    Some(_) => Some(Owner::read(&mut row)?),
                    None => None,
                },
            })
        };
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn delete_revision(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        number: u32,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let sql = "SELECT revision FROM content WHERE site_id = ?1 AND kind = ?2 AND id = ?3";
            let row = tx.row(sql, params![site, kind.as_str(), id]).await?;
            if row.ok_or(Error::NotFound(what(kind)))?.int()? == i64::from(number) {
                return Err(Error::Forbidden(Forbidden::CurrentRevision));
            }
            let sql = "SELECT blob_key, size_bytes FROM revision WHERE content_id = ?1 AND number = ?2";
            let row = tx.row(sql, params![id, number]).await?;
            let mut row = row.ok_or(Error::NotFound(What::Revision))?;
            let (key, size) = (row.text()?, row.int()?);
            let sql = "INSERT INTO removed_revision (content_id, number, size_bytes, publisher_id, created_at) \
                 SELECT content_id, number, size_bytes, publisher_id, created_at FROM revision \
                 WHERE content_id = ?1 AND number = ?2";
            tx.execute(sql, params![id, number]).await?;
            let sql = "DELETE FROM revision WHERE content_id = ?1 AND number = ?2";
            tx.execute(sql, params![id, number]).await?;
            blobs::discard(&tx, vec![key], now).await?;
            let sql = "UPDATE site SET storage_bytes = storage_bytes - ?2 WHERE id = ?1";
            tx.execute(sql, params![site, size]).await?;
            Ok(())
        })
    }

    /// Adds tags to a workbook, view or data source and answers all that it has now. Tags are
    /// compared without regard to case; the first spelling stays.
    pub async fn add_tags(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        tags: &[String],
        now: Millis,
    ) -> Result<Vec<String>> {
        self.tag(site, kind, id, tags, None, now).await
    }

    /// Adds tags like [`Store::add_tags`] and notes who did it.
    pub async fn add_tags_by(
        &self,
        caller: &Caller,
        kind: ContentKind,
        id: Luid,
        tags: &[String],
        now: Millis,
    ) -> Result<Vec<String>> {
        self.tag(caller.site, kind, id, tags, Some(caller.user), now)
            .await
    }

    async fn tag(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        tags: &[String],
        by: Option<UserId>,
        now: Millis,
    ) -> Result<Vec<String>> {
        let (table, tag_table, column) = tag_tables(kind)?;
        transact!(self.db(), |tx| {
            let sql = format!("UPDATE {table} SET updated_at = ?3 WHERE site_id = ?1 AND id = ?2");
            if tx.execute(&sql, params![site, id, now]).await? == 0 {
                return Err(Error::NotFound(what(kind)));
            }
            let sql = format!(
                "INSERT INTO {tag_table} ({column}, label, label_key, added_by) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING"
            );
            for tag in tags {
                tx.execute(&sql, params![id, tag, name::key(tag), by]).await?;
            }
            let sql = format!("SELECT label FROM {tag_table} WHERE {column} = ?1 ORDER BY label_key");
            tx.query(&sql, params![id])
                .await?
                .into_iter()
                .map(|mut row| row.text())
                .collect()
        })
    }

    /// Who added a tag to an item, where that is known.
    pub async fn tag_adder(&self, kind: ContentKind, id: Luid, tag: &str) -> Result<Option<UserId>> {
        let (_, tag_table, column) = tag_tables(kind)?;
        let sql = format!("SELECT added_by FROM {tag_table} WHERE {column} = ?1 AND label_key = ?2");
        let row = self.conn().await?.row(&sql, params![id, name::key(tag)]).await?;
        row.ok_or(Error::NotFound(What::Tag))?.opt_id()
    }

    /// Takes a tag off a workbook, view or data source.
    pub async fn delete_tag(&self, site: SiteId, kind: ContentKind, id: Luid, tag: &str) -> Result<()> {
        let (table, tag_table, column) = tag_tables(kind)?;
        let deleted = transact!(self.db(), |tx| {
            let sql = format!(
                "DELETE FROM {tag_table} WHERE {column} = ?2 AND label_key = ?3 \
                 AND EXISTS (SELECT 1 FROM {table} x WHERE x.site_id = ?1 AND x.id = ?2)"
            );
            tx.execute(&sql, params![site, id, name::key(tag)]).await
        })?;
        if deleted == 0 {
            Err(Error::NotFound(What::Tag))
        } else {
            Ok(())
        }
    }
}

/// Reads the tags of items, by their ids.
pub(crate) async fn tags(
    conn: &Conn,
    kind: ContentKind,
    ids: &[String],
) -> Result<HashMap<String, Vec<String>>> {
    let (_, tag_table, column) = tag_tables(kind)?;
    let sql =
        format!("SELECT {column}, label FROM {tag_table} WHERE {column} IN LIST(?1) ORDER BY label_key");
    let mut tags: HashMap<String, Vec<String>> = HashMap::new();
    for mut row in conn.query(&sql, params![ids.to_vec()]).await? {
        tags.entry(row.text()?).or_default().push(row.text()?);
    }
    Ok(tags)
}

fn tag_tables(kind: ContentKind) -> Result<(&'static str, &'static str, &'static str)> {
    match kind {
        ContentKind::View => Ok(("view", "view_tag", "view_id")),
        ContentKind::Workbook | ContentKind::Datasource | ContentKind::Flow => {
            Ok(("content", "content_tag", "content_id"))
        }
        // Projects carry no tags.
        ContentKind::Project => Err(Error::NotFound(What::Tag)),
    }
}
