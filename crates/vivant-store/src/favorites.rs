//! Favorites: what users keep at hand, each under a label.
//!
//! A favorite goes with its item or its user, which the database sees to; the counters of items are
//! kept here.

use std::collections::HashMap;

use vivant_model::{ContentKind, Luid, SiteId, UserId};

use crate::db::{Conn, params, transact};
use crate::permissions::what;
use crate::select::Select;
use crate::visibility::{self, Columns};
use crate::{
    Caller, Datasource, Error, Millis, Project, Result, Store, View, What, Workbook, datasources, projects,
    sites, users, views, workbooks,
};

/// A favorite of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Favorite {
    /// What the user calls it.
    pub label: String,
    /// What it stands for.
    pub item: FavoriteItem,
    /// When it was added.
    pub added_at: Millis,
}

/// What a favorite stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum FavoriteItem {
    /// A project.
    Project(Box<Project>),
    /// A workbook.
    Workbook(Box<Workbook>),
    /// A view.
    View(Box<View>),
    /// A published data source.
    Datasource(Box<Datasource>),
}

impl Store {
    /// The favorites that a user may still look at, the oldest first.
    pub async fn favorites(&self, user: &Caller) -> Result<Vec<Favorite>> {
        let conn = self.conn().await?;
        let mut items: HashMap<String, FavoriteItem> = HashMap::new();
        let ids = seen(&conn, user, ContentKind::Project).await?;
        for project in projects::load(&conn, user.site, &ids).await? {
            items.insert(project.id.to_string(), FavoriteItem::Project(Box::new(project)));
        }
        let ids = seen(&conn, user, ContentKind::Workbook).await?;
        for workbook in workbooks::load(&conn, user.site, &ids).await? {
            items.insert(
                workbook.id.to_string(),
                FavoriteItem::Workbook(Box::new(workbook)),
            );
        }
        let ids = seen(&conn, user, ContentKind::View).await?;
        for view in views::load(&conn, user.site, &ids).await? {
            items.insert(view.id.to_string(), FavoriteItem::View(Box::new(view)));
        }
        let ids = seen(&conn, user, ContentKind::Datasource).await?;
        for source in datasources::load(&conn, user.site, &ids).await? {
            items.insert(source.id.to_string(), FavoriteItem::Datasource(Box::new(source)));
        }
        let sql = "SELECT item_id, label, added_at FROM favorite WHERE user_id = ?1 AND site_id = ?2 \
             ORDER BY added_at, item_id";
        let mut favorites = Vec::new();
        for mut row in conn.query(sql, params![user.user, user.site]).await? {
            let (id, label, added_at) = (row.text()?, row.text()?, row.int()?);
            if let Some(item) = items.remove(&id) {
                favorites.push(Favorite {
                    label,
                    item,
                    added_at,
                });
            }
        }
        Ok(favorites)
    }

    /// Makes an item a favorite of a user; one that is there already gets the label. Two items of
    /// a kind cannot have one label, but for projects, whose names are unique only in their place.
    pub async fn add_favorite(
        &self,
        site: SiteId,
        user: UserId,
        kind: ContentKind,
        id: Luid,
        label: &str,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            users::require(&tx, site, user).await?;
            let home = home(kind);
            let sql = format!(
                "SELECT COUNT(*) FROM {} x WHERE x.site_id = ?1 AND x.id = ?2{}",
                home.table, home.condition
            );
            if tx.number(&sql, params![site, id]).await? == 0 {
                return Err(Error::NotFound(what(kind)));
            }
            if kind != ContentKind::Project {
                let sql = "SELECT item_id FROM favorite WHERE user_id = ?1 AND site_id = ?2 AND kind = ?3 \
                     AND label = ?4 AND item_id <> ?5";
                let taken = tx.row(sql, params![user, site, kind.as_str(), label, id]).await?;
                if let Some(mut row) = taken {
                    return Err(Error::conflict(What::Favorite, Some(row.id()?), label));
                }
            }
            let sql = "UPDATE favorite SET label = ?3 WHERE user_id = ?1 AND item_id = ?2";
            if tx.execute(sql, params![user, id, label]).await? > 0 {
                return Ok(());
            }
            let sql = format!(
                "INSERT INTO favorite (user_id, site_id, kind, item_id, {}, label, added_at) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
                home.column
            );
            tx.execute(&sql, params![user, site, kind.as_str(), id, label, now])
                .await?;
            if kind != ContentKind::Project {
                let sql = format!(
                    "UPDATE {} SET favorites_total = favorites_total + 1 WHERE id = ?1",
                    home.table
                );
                tx.execute(&sql, params![id]).await?;
            }
            Ok(())
        })
    }

    /// Takes an item off a user's favorites.
    pub async fn delete_favorite(
        &self,
        site: SiteId,
        user: UserId,
        kind: ContentKind,
        id: Luid,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let sql =
                "DELETE FROM favorite WHERE user_id = ?1 AND site_id = ?2 AND kind = ?3 AND item_id = ?4";
            if tx.execute(sql, params![user, site, kind.as_str(), id]).await? == 0 {
                return Err(Error::NotFound(What::Favorite));
            }
            if kind != ContentKind::Project {
                let sql = format!(
                    "UPDATE {} SET favorites_total = favorites_total - 1 WHERE id = ?1",
                    home(kind).table
                );
                tx.execute(&sql, params![id]).await?;
            }
            Ok(())
        })
    }
}

/// Takes away a user's favorites on a site. The caller holds the site's lock.
pub(crate) async fn forget_user(tx: &Conn, site: SiteId, user: UserId) -> Result<()> {
    for (table, column) in [("content", "content_id"), ("view", "view_id")] {
        let sql = format!(
            "UPDATE {table} SET favorites_total = favorites_total - 1 WHERE id IN (SELECT f.{column} FROM favorite f \
             WHERE f.user_id = ?2 AND f.site_id = ?1 AND f.{column} IS NOT NULL)"
        );
        tx.execute(&sql, params![site, user]).await?;
    }
    let sql = "DELETE FROM favorite WHERE user_id = ?2 AND site_id = ?1";
    tx.execute(sql, params![site, user]).await.map(drop)
}

/// Where the items of a kind stand.
struct Home {
    table: &'static str,
    /// The column of `favorite` that refers to it.
    column: &'static str,
    /// What else a row `x` of the table must fulfil.
    condition: &'static str,
}

fn home(kind: ContentKind) -> Home {
    let (table, column, condition) = match kind {
        ContentKind::Project => ("project", "project_id", ""),
        ContentKind::View => ("view", "view_id", ""),
        ContentKind::Workbook => ("content", "content_id", " AND x.kind = 'workbook'"),
        ContentKind::Datasource => ("content", "content_id", " AND x.kind = 'datasource'"),
        ContentKind::Flow => ("content", "content_id", " AND x.kind = 'flow'"),
    };
    Home {
        table,
        column,
        condition,
    }
}

/// The favorites of a kind that the user may look at.
async fn seen(conn: &Conn, user: &Caller, kind: ContentKind) -> Result<Vec<String>> {
    let (from, id, columns) = match kind {
        ContentKind::Project => (
            "project p",
            "p.id",
            Columns {
                owner: "p.owner_id",
                project: "p.id",
                acl: "p.acl_id",
                join: "",
                connect: false,
            },
        ),
        ContentKind::View => (
            "view v JOIN content c ON c.id = v.content_id",
            "v.id",
            Columns {
                owner: "c.owner_id",
                project: "c.project_id",
                acl: visibility::VIEW_ACL,
                join: "",
                connect: false,
            },
        ),
        ContentKind::Workbook | ContentKind::Datasource | ContentKind::Flow => (
            "content c",
            "c.id",
            Columns {
                owner: "c.owner_id",
                project: "c.project_id",
                acl: "c.acl_id",
                join: "",
                connect: false,
            },
        ),
    };
    let mut select = Select::from(from);
    let (by, site, of) = (
        select.bind(user.user),
        select.bind(user.site),
        select.bind(kind.as_str()),
    );
    select.and(format!(
        "{id} IN (SELECT f.item_id FROM favorite f WHERE f.user_id = {by} AND f.site_id = {site} AND f.kind = {of})"
    ));
    visibility::restrict(&mut select, user, &columns);
    select.all(conn, id, id).await
}
