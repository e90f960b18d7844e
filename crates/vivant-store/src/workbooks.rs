//! Workbooks: publishing, lists, changes, files.

use vivant_model::{ConnectionId, ContentKind, ProjectId, SiteId, UserId, ViewId, WorkbookId, name};

use crate::content::{Spooled, StoredFile};
use crate::db::{Conn, params, transact};
use crate::items::{self, ItemChanges, NewItem, OWNER, PROJECT};
use crate::list::Rows;
use crate::store::in_order;
use crate::{
    Caller, Connection, ConnectionChanges, Error, Fence, Field, FieldKind, JobItem, JobItemKind, ListQuery,
    Millis, NewConnection, NewExtract, NewView, Owner, Page, ProjectRef, Result, Store, What, connections,
    extracts, jobs, sites, tally, views,
};

/// A workbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Workbook {
    /// Its id.
    pub id: WorkbookId,
    /// Its site.
    pub site_id: SiteId,
    /// Its project.
    pub project: ProjectRef,
    /// Its owner.
    pub owner: Owner,
    /// Its name, unique in its project.
    pub name: String,
    /// Its part of addresses, unique on its site; stays through renaming.
    pub content_url: String,
    /// Its description.
    pub description: String,
    /// Whether its sheets are shown as tabs.
    pub show_tabs: bool,
    /// The size of the current revision's file.
    pub size_bytes: i64,
    /// When it was first published.
    pub created_at: Millis,
    /// When it was last published or changed.
    pub updated_at: Millis,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// The view that is shown first.
    pub default_view: Option<ViewId>,
    /// How many sheets it has, hidden ones left out.
    pub sheet_count: u32,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// When its extracts were last read in full.
    pub extract_refreshed_at: Option<Millis>,
    /// When something was last added to its extracts.
    pub extract_incremented_at: Option<Millis>,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: bool,
    /// The number of the current revision, from 1.
    pub revision: u32,
    /// `twb` or `twbx`.
    pub file_type: String,
    /// The name under which the file is downloaded.
    pub file_name: String,
    /// How many users hold it as a favourite.
    pub favorites_total: i64,
    /// Whether its project's rules are locked.
    pub locked: bool,
}

/// A workbook to be published.
pub struct PublishWorkbook<'a> {
    /// Who publishes, and to which site.
    pub caller: &'a Caller,
    /// The project.
    pub project: ProjectId,
    /// The name.
    pub name: String,
    /// The owner, as a rule the caller.
    pub owner: UserId,
    /// The description; `None` leaves the old one when overwriting.
    pub description: Option<String>,
    /// Whether its sheets are shown as tabs.
    pub show_tabs: bool,
    /// Whether a workbook of the name in the project is replaced.
    pub overwrite: bool,
    /// The file.
    pub file: Spooled,
    /// `twb` or `twbx`.
    pub file_type: String,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// Whether its extracts are to be encrypted; `None` leaves that as it was.
    pub encrypt_extracts: Option<bool>,
    /// Its sheets, in order.
    pub sheets: Vec<NewView>,
    /// Its connections, in order.
    pub connections: Vec<NewConnection>,
    /// The name of the sheet that is shown first; `None` takes the first that is not hidden.
    pub default_view: Option<String>,
}

/// A published workbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The workbook as it is now.
    pub workbook: Workbook,
    /// Whether it is new, not a further revision.
    pub created: bool,
}

/// What to change of a workbook; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkbookChanges {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The project.
    pub project: Option<ProjectId>,
    /// The owner.
    pub owner: Option<UserId>,
    /// Whether its sheets are shown as tabs.
    pub show_tabs: Option<bool>,
}

/// A revision of a workbook or data source.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// The size of its file.
    pub size_bytes: i64,
    /// When it was published.
    pub published_at: Millis,
    /// Who published it, as long as that is a user of the site.
    pub publisher: Option<Owner>,
    /// Whether it is the current one.
    pub current: bool,
    /// Whether it was removed; its file is gone then.
    pub removed: bool,
}

const TAGS: Rows = Rows {
    table: "content_tag t",
    of: "t.content_id",
    item: "c.id",
};

/// What lists of workbooks are filtered and sorted by.
pub const FIELDS: &[Field] = &[
    Field::name("name", "c.name", "c.name_key"),
    Field::name("contentUrl", "c.content_url", "c.content_url_key"),
    Field::name("ownerName", "o.name", "o.name_key").joins(&[OWNER]),
    Field::name("ownerDomain", "o.domain", "o.domain_key").joins(&[OWNER]),
    Field::new("ownerEmail", FieldKind::Text, "o.email")
        .joins(&[OWNER])
        .nullable(),
    Field::name("projectName", "p.name", "p.name_key").joins(&[PROJECT]),
    Field::name("tags", "t.label", "t.label_key").rows(TAGS),
    Field::new("createdAt", FieldKind::Time, "c.created_at"),
    Field::new("updatedAt", FieldKind::Time, "c.updated_at"),
    Field::new("favoritesTotal", FieldKind::Int, "c.favorites_total"),
    Field::new("sheetCount", FieldKind::Int, "c.sheet_count"),
    Field::new("size", FieldKind::Int, "c.size_bytes"),
    Field::new("subscriptionsTotal", FieldKind::Int, "c.subscriptions_total"),
    Field::new("displayTabs", FieldKind::Bool, "c.show_tabs"),
    Field::new(
        "hasAlerts",
        FieldKind::Bool,
        "CAST(CASE WHEN c.alerts_total > 0 THEN 1 ELSE 0 END AS BIGINT)",
    ),
    Field::new("hasExtracts", FieldKind::Bool, "c.has_extracts"),
];

const KIND: ContentKind = ContentKind::Workbook;

impl Store {
    /// Publishes a workbook, or a further revision of one. Overwriting keeps the id, content URL,
    /// tags and rules, and the ids of views that keep their names.
    pub async fn publish_workbook(&self, publish: PublishWorkbook<'_>, now: Millis) -> Result<Published> {
        self.publish_workbook_with(publish, Vec::new(), None, now).await
    }

    /// Publishes a workbook like [`Store::publish_workbook`], with extracts beside its file, and
    /// settles the job that does so.
    pub async fn publish_workbook_with(
        &self,
        publish: PublishWorkbook<'_>,
        extracts: Vec<NewExtract>,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<Published> {
        let PublishWorkbook { caller, file, .. } = publish;
        let new = NewItem {
            caller,
            kind: KIND,
            site: caller.site,
            project: publish.project,
            name: &publish.name,
            owner: publish.owner,
            description: publish.description.as_deref(),
            overwrite: publish.overwrite,
            file_type: &publish.file_type,
            has_extracts: publish.has_extracts || !extracts.is_empty(),
            encrypt_extracts: publish.encrypt_extracts,
            size: i64::try_from(file.size()).unwrap_or(i64::MAX),
            extracts_size: extracts::size(&extracts),
        };
        // Refused now, a file need not be stored at all; what counts is asked again below.
        let encrypt = items::admit(&self.conn().await?, &new).await?.encrypt;
        let stored = self
            .store_item(file, extracts, new.has_extracts, encrypt, now)
            .await?;
        let (sheets, default_view) = (&publish.sheets, publish.default_view.as_deref());
        let outcome: Result<_> = async {
            transact!(self.db(), |tx| {
                sites::lock(&tx, new.site).await?;
                let placed = items::place(&tx, &new, &stored, now).await?;
                let id = WorkbookId(placed.id);
                let shown =
                    views::replace(&tx, new.site, id, &placed.content_url, sheets, default_view, now).await?;
                connections::replace(&tx, &self.inner.vault, new.site, placed.id, &publish.connections)
                    .await?;
                let sql =
                    "UPDATE content SET show_tabs = ?2, default_view_id = ?3, sheet_count = ?4 WHERE id = ?1";
                let count = sheets.iter().filter(|sheet| !sheet.hidden).count() as i64;
                tx.execute(sql, params![id, publish.show_tabs, shown, count])
                    .await?;
                let made = JobItem {
                    kind: JobItemKind::Workbook,
                    id: placed.id,
                };
                jobs::settle(&tx, &fence, Some(made), &[], now).await?;
                Ok((id, placed.created))
            })
        }
        .await;
        let (id, created) = match outcome {
            Ok(published) => published,
            Err(error) => {
                self.give_up_item(&stored, now).await;
                return Err(error);
            }
        };
        let workbook = self
            .workbook(new.site, id)
            .await?
            .ok_or(Error::NotFound(What::Workbook))?;
        Ok(Published { workbook, created })
    }

    /// Finds a workbook.
    pub async fn workbook(&self, site: SiteId, id: WorkbookId) -> Result<Option<Workbook>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// Finds a workbook by its part of addresses, without regard to case.
    pub async fn workbook_by_content_url(&self, site: SiteId, url: &str) -> Result<Option<Workbook>> {
        let conn = self.conn().await?;
        let sql = "SELECT id FROM content WHERE site_id = ?1 AND kind = ?2 AND content_url_key = ?3";
        match conn
            .row(sql, params![site, KIND.as_str(), name::key(url)])
            .await?
        {
            Some(mut row) => Ok(load(&conn, site, &[row.text()?]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Lists the workbooks that the caller may look at.
    pub async fn workbooks(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Workbook>> {
        self.page_of_workbooks(caller, query, None).await
    }

    /// Lists what a user sees, under the user's own role and rules; on request only what the user
    /// owns.
    pub async fn workbooks_of_user(
        &self,
        site: SiteId,
        user: UserId,
        owned_only: bool,
        query: &ListQuery,
    ) -> Result<Page<Workbook>> {
        let user = self.user(site, user).await?.ok_or(Error::NotFound(What::User))?;
        let caller = Caller {
            site,
            user: user.id,
            role: user.role,
        };
        self.page_of_workbooks(&caller, query, owned_only.then_some(user.id))
            .await
    }

    /// Changes a workbook. Moved into a locked project it takes that project's rules.
    pub async fn update_workbook(
        &self,
        site: SiteId,
        id: WorkbookId,
        changes: WorkbookChanges,
        now: Millis,
    ) -> Result<Workbook> {
        let common = ItemChanges {
            name: changes.name.as_deref(),
            description: changes.description.as_deref(),
            project: changes.project,
            owner: changes.owner,
        };
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            items::update(&tx, site, KIND, id.0, &common, now).await?;
            let sql = "UPDATE content SET show_tabs = COALESCE(?2, show_tabs) WHERE id = ?1";
            tx.execute(sql, params![id, changes.show_tabs]).await?;
            Ok(())
        })?;
        self.workbook(site, id)
            .await?
            .ok_or(Error::NotFound(What::Workbook))
    }

    /// Deletes a workbook with its revisions and views.
    pub async fn delete_workbook(&self, site: SiteId, id: WorkbookId, now: Millis) -> Result<()> {
        self.delete_item(site, KIND, id.0, now).await
    }

    /// The file of a revision of a workbook, of the current one without a number.
    pub async fn workbook_content(
        &self,
        site: SiteId,
        id: WorkbookId,
        revision: Option<u32>,
    ) -> Result<Option<StoredFile>> {
        self.item_file(site, KIND, id.0, revision).await
    }

    /// The revisions of a workbook, removed ones too, the oldest first.
    pub async fn workbook_revisions(&self, site: SiteId, id: WorkbookId) -> Result<Vec<Revision>> {
        self.revisions(site, KIND, id.0).await
    }

    /// Deletes a revision of a workbook that is not the current one.
    pub async fn delete_workbook_revision(
        &self,
        site: SiteId,
        id: WorkbookId,
        number: u32,
        now: Millis,
    ) -> Result<()> {
        self.delete_revision(site, KIND, id.0, number, now).await
    }

    /// The connections of a workbook, in its order.
    pub async fn workbook_connections(&self, site: SiteId, id: WorkbookId) -> Result<Vec<Connection>> {
        connections::of_content(&self.conn().await?, site, KIND, id.0).await
    }

    /// Changes a connection of a workbook, and with it the others to the same database.
    pub async fn update_workbook_connection(
        &self,
        site: SiteId,
        id: WorkbookId,
        connection: ConnectionId,
        changes: ConnectionChanges,
        now: Millis,
    ) -> Result<Connection> {
        self.update_connection(site, KIND, id.0, connection, changes, now)
            .await
    }

    async fn page_of_workbooks(
        &self,
        caller: &Caller,
        query: &ListQuery,
        owner: Option<UserId>,
    ) -> Result<Page<Workbook>> {
        let conn = self.conn().await?;
        let (ids, total) = tally::items(self, &conn, caller, KIND, owner)
            .await?
            .page(&conn, FIELDS, query, "c.id", "c.created_at, c.id")
            .await?;
        Ok(Page {
            items: load(&conn, caller.site, &ids).await?,
            total,
        })
    }
}

pub(crate) async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<Workbook>> {
    let sql = format!(
        "SELECT c.id, c.site_id, p.id, p.name, p.locked_by, {}, c.name, c.content_url, c.description, c.show_tabs, \
         c.size_bytes, c.created_at, c.updated_at, c.default_view_id, c.sheet_count, c.has_extracts, \
         c.extract_refreshed_at, c.extract_incremented_at, c.encrypt_extracts, c.revision, c.file_type, \
         c.favorites_total FROM content c{OWNER}{PROJECT} \
         WHERE c.site_id || '' = ?1 AND c.kind = 'workbook' AND c.id IN LIST(?2)",
        Owner::COLUMNS
    );
    let mut tags = items::tags(conn, KIND, ids).await?;
    let mut workbooks = Vec::new();
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        let id: WorkbookId = row.id()?;
        let site_id = row.id()?;
        let project = ProjectRef {
            id: row.id()?,
            name: row.text()?,
        };
        let locked = row.opt_text()?.is_some();
        let owner = Owner::read(&mut row)?;
        let name = row.text()?;
        let mut workbook = Workbook {
            id,
            site_id,
            project,
            owner,
            name,
            content_url: row.text()?,
            description: row.text()?,
            show_tabs: row.bool()?,
            size_bytes: row.int()?,
            created_at: row.int()?,
            updated_at: row.int()?,
            tags: tags.remove(&id.to_string()).unwrap_or_default(),
            default_view: row.opt_id()?,
            sheet_count: row.int()? as u32,
            has_extracts: row.bool()?,
            extract_refreshed_at: row.opt_int()?,
            extract_incremented_at: row.opt_int()?,
            encrypt_extracts: row.bool()?,
            revision: row.int()? as u32,
            file_type: row.text()?,
            file_name: String::new(),
            favorites_total: row.int()?,
            locked,
        };
        workbook.file_name = format!("{}.{}", workbook.name, workbook.file_type);
        workbooks.push(workbook);
    }
    Ok(in_order(ids, workbooks, |workbook| workbook.id.to_string()))
}
