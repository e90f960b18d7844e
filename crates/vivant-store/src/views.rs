//! Views: the sheets, dashboards and stories of workbooks.

use std::collections::{HashMap, HashSet};

use vivant_model::{Capability, ContentKind, SiteId, ViewId, WorkbookId, content_url, name};

use crate::db::{Conn, params, transact};
use crate::items::{self, OWNER, PROJECT};
use crate::list::Rows;
use crate::secrets::new_id;
use crate::select::Select;
use crate::sight::Through;
use crate::store::in_order;
use crate::visibility::{self, Columns, Eyes};
use crate::{
    Caller, Error, Field, FieldKind, ListQuery, Millis, Owner, Page, ProjectRef, Result, Store, What, tally,
};

/// The workbook of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkbookRef {
    /// The workbook's id.
    pub id: WorkbookId,
    /// The workbook's name.
    pub name: String,
    /// The workbook's part of addresses.
    pub content_url: String,
    /// The workbook's description.
    pub description: String,
    /// Whether the workbook shows its sheets as tabs.
    pub show_tabs: bool,
}

/// A view.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Its id.
    pub id: ViewId,
    /// Its site.
    pub site_id: SiteId,
    /// Its workbook.
    pub workbook: WorkbookRef,
    /// The workbook's project.
    pub project: ProjectRef,
    /// The workbook's owner.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// `{workbook}/sheets/{view}`.
    pub content_url: String,
    /// `worksheet`, `dashboard` or `story`.
    pub kind: String,
    /// Whether it is left out of lists.
    pub hidden: bool,
    /// Its title.
    pub title: Option<String>,
    /// Its caption.
    pub caption: Option<String>,
    /// Its place in the workbook, from 0.
    pub index: u32,
    /// When it was first published.
    pub created_at: Millis,
    /// When it was last published or changed.
    pub updated_at: Millis,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// How often it was looked at.
    pub total_views: i64,
    /// How many users hold it as a favourite.
    pub favorites_total: i64,
}

/// A sheet read from a workbook that is published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewView {
    /// Its name.
    pub name: String,
    /// `worksheet`, `dashboard` or `story`.
    pub kind: String,
    /// Whether it is left out of lists.
    pub hidden: bool,
    /// Its title.
    pub title: Option<String>,
    /// Its caption.
    pub caption: Option<String>,
    /// The names of the fields that it uses.
    pub fields: Vec<String>,
    /// A small picture, PNG.
    pub thumbnail: Option<Vec<u8>>,
}

pub(crate) const WORKBOOK: &str = " JOIN content c ON c.id = v.content_id";
const TAGS: Rows = Rows {
    table: "view_tag t",
    of: "t.view_id",
    item: "v.id",
};
const FIELD_ROWS: Rows = Rows {
    table: "view_field f",
    of: "f.view_id",
    item: "v.id",
};

/// What lists of views are filtered and sorted by.
pub const FIELDS: &[Field] = &[
    Field::name("name", "v.name", "v.name_key"),
    Field::name("contentUrl", "v.content_url", "v.content_url_key"),
    Field::new("viewUrlName", FieldKind::Text, "v.url_name"),
    Field::new("caption", FieldKind::Text, "v.caption").nullable(),
    Field::new("title", FieldKind::Text, "v.title").nullable(),
    Field::new("sheetType", FieldKind::Text, "v.kind"),
    Field::new("sheetNumber", FieldKind::Int, "v.position"),
    Field::name("workbookName", "c.name", "c.name_key").joins(&[WORKBOOK]),
    Field::new("workbookDescription", FieldKind::Text, "c.description").joins(&[WORKBOOK]),
    Field::name("projectName", "p.name", "p.name_key").joins(&[WORKBOOK, PROJECT]),
    Field::name("ownerName", "o.name", "o.name_key").joins(&[WORKBOOK, OWNER]),
    Field::name("ownerDomain", "o.domain", "o.domain_key").joins(&[WORKBOOK, OWNER]),
    Field::new("ownerEmail", FieldKind::Text, "o.email")
        .joins(&[WORKBOOK, OWNER])
        .nullable(),
    Field::name("tags", "t.label", "t.label_key").rows(TAGS),
    Field::new("fields", FieldKind::Text, "f.name").rows(FIELD_ROWS),
    Field::new("createdAt", FieldKind::Time, "v.created_at"),
    Field::new("updatedAt", FieldKind::Time, "v.updated_at"),
    Field::new("favoritesTotal", FieldKind::Int, "v.favorites_total"),
    Field::new("hitsTotal", FieldKind::Int, "v.total_views"),
];

impl Store {
    /// Lists the views that the caller may look at, hidden sheets left out.
    pub async fn views(&self, caller: &Caller, query: &ListQuery) -> Result<Page<View>> {
        let conn = self.conn().await?;
        let (ids, total) = tally::sheets(self, &conn, caller)
            .await?
            .page(&conn, FIELDS, query, "v.id", "v.created_at, v.id")
            .await?;
        Ok(Page {
            items: load(&conn, caller.site, &ids).await?,
            total,
        })
    }

    /// The views of a workbook that the caller may look at, in the workbook's order.
    pub async fn workbook_views(
        &self,
        caller: &Caller,
        workbook: WorkbookId,
        include_hidden: bool,
    ) -> Result<Vec<View>> {
        let conn = self.conn().await?;
        // The workbook may be replaced between the two statements. Views that are gone tell so, and
        // the new version is read; nobody replaces a workbook faster than that for long.
        const TRIES: usize = 8;
        let mut views = Vec::new();
        for _ in 0..TRIES {
            let mut select = visible(caller);
            let at = select.bind(workbook);
            select.and(format!("v.content_id = {at}"));
            if !include_hidden {
                select.and("v.hidden = 0".to_owned());
            }
            let ids = select.all(&conn, "v.id", "v.position").await?;
            views = load(&conn, caller.site, &ids).await?;
            if views.len() == ids.len() {
                break;
            }
        }
        Ok(views)
    }

    /// The views of a workbook on which the caller holds a capability, hidden ones too, found together.
    pub async fn workbook_views_allowing(
        &self,
        caller: &Caller,
        workbook: WorkbookId,
        capability: Capability,
    ) -> Result<HashSet<ViewId>> {
        let conn = self.conn().await?;
        let mut select = Select::from("view v");
        let (site, at) = (select.bind(caller.site), select.bind(workbook));
        select.join(WORKBOOK);
        select.and(format!("v.site_id = {site} AND v.content_id = {at}"));
        let through = Through::Only(capability);
        if !caller.role.is_admin() {
            let look = self.look(&conn, caller, through).await?;
            let eyes = Eyes::bind(&mut select, caller, &look.sight, through);
            select.and(eyes.see("c.owner_id", "c.project_id", visibility::VIEW_ACL));
        }
        let ids = select.all(&conn, "v.id", "v.position").await?;
        ids.iter()
            .map(|id| {
                id.parse()
                    .map_err(|_| Error::Damaged(format!("`{id}` is no id of a view")))
            })
            .collect()
    }

    /// Finds a view.
    pub async fn view(&self, site: SiteId, id: ViewId) -> Result<Option<View>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// The small picture of a view.
    pub async fn thumbnail(&self, site: SiteId, id: ViewId) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT t.png FROM thumbnail t JOIN view v ON v.id = t.view_id WHERE v.site_id = ?1 AND v.id = ?2";
        match self.conn().await?.row(sql, params![site, id]).await? {
            Some(mut row) => row.opt_blob(),
            None => Ok(None),
        }
    }

    /// Replaces the small picture of a view.
    pub async fn set_thumbnail(&self, site: SiteId, id: ViewId, png: Vec<u8>) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "SELECT COUNT(*) FROM view WHERE site_id = ?1 AND id = ?2";
            if tx.number(sql, params![site, id]).await? == 0 {
                return Err(Error::NotFound(What::View));
            }
            write_thumbnail(&tx, id, &png).await
        })
    }

    /// Counts one look at a view.
    pub async fn count_view(&self, site: SiteId, id: ViewId) -> Result<()> {
        let changed = transact!(self.db(), |tx| {
            let sql = "UPDATE view SET total_views = total_views + 1 WHERE site_id = ?1 AND id = ?2";
            tx.execute(sql, params![site, id]).await
        })?;
        if changed == 0 {
            Err(Error::NotFound(What::View))
        } else {
            Ok(())
        }
    }
}

/// Writes the views of a workbook that is published; those that keep their names keep their ids.
/// Answers the view that is shown first.
pub(crate) async fn replace(
    tx: &Conn,
    site: SiteId,
    workbook: WorkbookId,
    workbook_url: &str,
    sheets: &[NewView],
    default_view: Option<&str>,
    now: Millis,
) -> Result<Option<ViewId>> {
    let mut old: HashMap<String, ViewId> = HashMap::new();
    for mut row in tx
        .query(
            "SELECT name, id FROM view WHERE content_id = ?1",
            params![workbook],
        )
        .await?
    {
        old.insert(row.text()?, row.id()?);
    }
    let urls = content_url::of_views(workbook_url, sheets.iter().map(|sheet| sheet.name.as_str()));
    let (mut named, mut first) = (None, None);
    for (position, (sheet, url)) in sheets.iter().zip(&urls).enumerate() {
        let kept = old.remove(&sheet.name);
        let id = match kept {
            Some(id) => id,
            None => new_id()?,
        };
        let sql = match kept {
            Some(_) => {
                "UPDATE view SET content_id = ?2, site_id = ?3, name = ?4, name_key = ?5, content_url = ?6, \
                 content_url_key = ?7, url_name = ?8, kind = ?9, hidden = ?10, title = ?11, caption = ?12, \
                 position = ?13, updated_at = ?14 WHERE id = ?1"
            }
            None => {
                "INSERT INTO view (id, content_id, site_id, name, name_key, content_url, content_url_key, url_name, \
                 kind, hidden, title, caption, position, created_at, updated_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)"
            }
        };
        tx.execute(
            sql,
            params![
                id,
                workbook,
                site,
                &sheet.name,
                name::key(&sheet.name),
                url,
                name::key(url),
                content_url::view_url_name(url),
                &sheet.kind,
                sheet.hidden,
                sheet.title.as_deref(),
                sheet.caption.as_deref(),
                position as i64,
                now,
            ],
        )
        .await?;
        tx.execute("DELETE FROM view_field WHERE view_id = ?1", params![id])
            .await?;
        for (position, field) in sheet.fields.iter().enumerate() {
            let sql = "INSERT INTO view_field (view_id, position, name) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![id, position as i64, field]).await?;
        }
        match &sheet.thumbnail {
            Some(png) => write_thumbnail(tx, id, png).await?,
            None => tx
                .execute("DELETE FROM thumbnail WHERE view_id = ?1", params![id])
                .await
                .map(drop)?,
        }
        if default_view == Some(sheet.name.as_str()) {
            named = Some(id);
        } else if !sheet.hidden && first.is_none() {
            first = Some(id);
        }
    }
    let gone: Vec<String> = old.into_values().map(|id| id.to_string()).collect();
    tx.execute("DELETE FROM view WHERE id IN LIST(?1)", params![gone])
        .await?;
    Ok(named.or(first))
}

async fn write_thumbnail(tx: &Conn, id: ViewId, png: &[u8]) -> Result<()> {
    let sql = "INSERT INTO thumbnail (view_id, png) VALUES (?1, ?2) \
         ON CONFLICT (view_id) DO UPDATE SET png = excluded.png";
    tx.execute(sql, params![id, png]).await.map(drop)
}

fn visible(caller: &Caller) -> Select {
    let mut select = Select::from("view v");
    let at = select.bind(caller.site);
    select.and(format!("v.site_id = {at}"));
    let columns = Columns {
        owner: "c.owner_id",
        project: "c.project_id",
        acl: visibility::VIEW_ACL,
        join: WORKBOOK,
        connect: false,
    };
    visibility::restrict(&mut select, caller, &columns);
    select
}

pub(crate) async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<View>> {
    let sql = format!(
        "SELECT v.id, v.site_id, c.id, c.name, c.content_url, c.description, c.show_tabs, p.id, p.name, {}, v.name, \
         v.content_url, v.kind, v.hidden, v.title, v.caption, v.position, v.created_at, v.updated_at, v.total_views, \
         v.favorites_total FROM view v JOIN content c ON c.id = v.content_id{OWNER}{PROJECT} \
         WHERE v.site_id || '' = ?1 AND v.id IN LIST(?2)",
        Owner::COLUMNS
    );
    let mut tags = items::tags(conn, ContentKind::View, ids).await?;
    let mut views = Vec::new();
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        let id: ViewId = row.id()?;
        views.push(View {
            id,
            site_id: row.id()?,
            workbook: WorkbookRef {
                id: row.id()?,
                name: row.text()?,
                content_url: row.text()?,
                description: row.text()?,
                show_tabs: row.bool()?,
            },
            project: ProjectRef {
                id: row.id()?,
                name: row.text()?,
            },
            owner: Owner::read(&mut row)?,
            name: row.text()?,
            content_url: row.text()?,
            kind: row.text()?,
            hidden: row.bool()?,
            title: row.opt_text()?,
            caption: row.opt_text()?,
            index: row.int()? as u32,
            created_at: row.int()?,
            updated_at: row.int()?,
            tags: tags.remove(&id.to_string()).unwrap_or_default(),
            total_views: row.int()?,
            favorites_total: row.int()?,
        });
    }
    Ok(in_order(ids, views, |view| view.id.to_string()))
}
