//! Custom views: what somebody chose in a view. They go with their view and their owner.
//!
//! What is chosen stands in a definition that nobody here reads; it may hold values of the data, and is kept
//! encrypted.

use std::collections::BTreeSet;

use vivant_model::{Capability, ContentKind, CustomViewId, SiteId, SiteRole, UserId, ViewId, WorkbookId};

use crate::db::{Conn, params, transact};
use crate::secrets::new_id;
use crate::select::Select;
use crate::store::in_order;
use crate::visibility::{self, Columns};
use crate::{
    Caller, Error, Field, FieldKind, ListQuery, Millis, Owner, Page, Result, Store, User, What, permissions,
    sites, users,
};

/// A custom view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomView {
    /// Its id.
    pub id: CustomViewId,
    /// Its name.
    pub name: String,
    /// Whether others see it.
    pub shared: bool,
    /// The view that it is of.
    pub view: ViewId,
    /// That view's name.
    pub view_name: String,
    /// That view's part of addresses.
    pub view_content_url: String,
    /// The workbook of that view.
    pub workbook: WorkbookId,
    /// That workbook's name.
    pub workbook_name: String,
    /// Whose it is.
    pub owner: Owner,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// A custom view to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCustomView {
    /// Its site.
    pub site: SiteId,
    /// The view that it is of.
    pub view: ViewId,
    /// Its name.
    pub name: String,
    /// Whether others see it.
    pub shared: bool,
    /// Whose it is.
    pub owner: UserId,
    /// What is chosen.
    pub definition: Vec<u8>,
}

/// What to change of a custom view; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomViewChanges {
    /// Its name.
    pub name: Option<String>,
    /// Whether others see it.
    pub shared: Option<bool>,
    /// Whose it is.
    pub owner: Option<UserId>,
}

const FROM: &str = "custom_view x JOIN view v ON v.id = x.view_id JOIN content c ON c.id = x.content_id \
     JOIN account o ON o.id = x.owner_id";

/// What lists of custom views are filtered and sorted by.
pub const FIELDS: &[Field] = &[
    Field::new("id", FieldKind::Text, "x.id"),
    Field::new("name", FieldKind::Text, "x.name"),
    Field::new("createdAt", FieldKind::Time, "x.created_at"),
    Field::new("updatedAt", FieldKind::Time, "x.updated_at"),
    Field::new("ownerId", FieldKind::Text, "x.owner_id"),
    Field::new("viewId", FieldKind::Text, "x.view_id"),
    Field::new("workbookId", FieldKind::Text, "x.content_id"),
    Field::new("shared", FieldKind::Bool, "x.shared"),
];

impl Store {
    /// Lists custom views: all for administrators; for others their own. Where one view or workbook is asked for, the
    /// shared ones of views that they may look at stand beside them.
    pub async fn custom_views(&self, caller: &Caller, query: &ListQuery) -> Result<Page<CustomView>> {
        let conn = self.conn().await?;
        let mut select = Select::from(FROM);
        let at = select.bind(caller.site);
        select.and(format!("x.site_id = {at}"));
        if !caller.role.is_admin() {
            // Tableau: without a view or workbook nobody else's are shown.
            let narrowed = |field: &str| matches!(field, "viewId" | "workbookId");
            let me = select.bind(caller.user);
            if query.filters.iter().any(|filter| narrowed(&filter.field)) {
                let columns = Columns {
                    owner: "c.owner_id",
                    project: "c.project_id",
                    acl: visibility::VIEW_ACL,
                    join: "",
                    connect: false,
                };
                let seen = visibility::seen(&mut select, caller, &columns);
                let seen = seen.map_or_else(String::new, |seen| format!(" AND {seen}"));
                select.and(format!("(x.owner_id = {me} OR (x.shared = 1{seen}))"));
            } else {
                select.and(format!("x.owner_id = {me}"));
            }
        }
        let (ids, total) = select
            .page(&conn, FIELDS, query, "x.id", "x.created_at, x.id")
            .await?;
        Ok(Page {
            items: load(&conn, caller.site, &ids).await?,
            total,
        })
    }

    /// Finds a custom view.
    pub async fn custom_view(&self, site: SiteId, id: CustomViewId) -> Result<Option<CustomView>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// What is chosen in a custom view.
    pub async fn custom_view_definition(&self, site: SiteId, id: CustomViewId) -> Result<Vec<u8>> {
        let sql = "SELECT definition FROM custom_view WHERE site_id = ?1 AND id = ?2";
        let row = self.conn().await?.row(sql, params![site, id]).await?;
        let sealed = row.ok_or(Error::NotFound(What::CustomView))?.opt_blob()?;
        let opened = self.inner.vault.decrypt(&bound(id), &sealed.unwrap_or_default());
        let opened = opened.ok_or_else(|| {
            Error::Damaged(format!(
                "the definition of the custom view {id} does not read back"
            ))
        })?;
        Ok(opened.to_vec())
    }

    /// Makes a custom view.
    pub async fn create_custom_view(&self, new: NewCustomView, now: Millis) -> Result<CustomView> {
        let id: CustomViewId = new_id()?;
        let sealed = self.inner.vault.encrypt(&bound(id), &new.definition)?;
        transact!(self.db(), |tx| {
            // Nobody takes the owner off the site meanwhile.
            sites::lock(&tx, new.site).await?;
            users::require(&tx, new.site, new.owner).await?;
            let sql = "INSERT INTO custom_view (id, site_id, content_id, view_id, owner_id, name, shared, definition, \
                 created_at, updated_at) SELECT ?1, v.site_id, v.content_id, v.id, ?4, ?5, CAST(?6 AS BIGINT), ?7, \
                 CAST(?8 AS BIGINT), CAST(?8 AS BIGINT) FROM view v WHERE v.site_id = ?2 AND v.id = ?3";
            let made = params![
                id,
                new.site,
                new.view,
                new.owner,
                &new.name,
                new.shared,
                sealed.as_slice(),
                now
            ];
            match tx.execute(sql, made).await? {
                0 => Err(Error::NotFound(What::View)),
                _ => Ok(()),
            }
        })?;
        self.found(new.site, id).await
    }

    /// Changes a custom view.
    pub async fn update_custom_view(
        &self,
        site: SiteId,
        id: CustomViewId,
        changes: CustomViewChanges,
        now: Millis,
    ) -> Result<CustomView> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            if let Some(owner) = changes.owner {
                users::require(&tx, site, owner).await?;
            }
            let sql = "UPDATE custom_view SET name = COALESCE(?3, name), shared = COALESCE(?4, shared), \
                 owner_id = COALESCE(?5, owner_id), updated_at = ?6 WHERE site_id = ?1 AND id = ?2";
            let name = changes.name.as_deref();
            match tx
                .execute(sql, params![site, id, name, changes.shared, changes.owner, now])
                .await?
            {
                0 => Err(Error::NotFound(What::CustomView)),
                _ => take_from_others(&tx, id).await,
            }
        })?;
        self.found(site, id).await
    }

    /// Deletes a custom view.
    pub async fn delete_custom_view(&self, site: SiteId, id: CustomViewId) -> Result<()> {
        let gone = transact!(self.db(), |tx| {
            let sql = "DELETE FROM custom_view WHERE site_id = ?1 AND id = ?2";
            tx.execute(sql, params![site, id]).await
        })?;
        match gone {
            0 => Err(Error::NotFound(What::CustomView)),
            _ => Ok(()),
        }
    }

    /// The users whom the view shows this custom view first.
    pub async fn custom_view_users(
        &self,
        site: SiteId,
        id: CustomViewId,
        query: &ListQuery,
    ) -> Result<Page<User>> {
        let conn = self.conn().await?;
        users::page(&conn, site, query, |select| {
            let at = select.bind(id);
            Some(format!(
                "m.user_id IN (SELECT d.user_id FROM custom_view_default d WHERE d.custom_view_id = {at})"
            ))
        })
        .await
    }

    /// Has the view show users this custom view first, in place of another, and says of each whether it does: those
    /// who do not see the custom view keep what they had.
    pub async fn set_default_custom_view(
        &self,
        site: SiteId,
        id: CustomViewId,
        users: &[UserId],
    ) -> Result<Vec<bool>> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let custom = load(&tx, site, &[id.to_string()]).await?.pop();
            let custom = custom.ok_or(Error::NotFound(What::CustomView))?;
            let names: Vec<String> = users.iter().map(UserId::to_string).collect();
            let known = users::load(&tx, site, &names).await?;
            let view = (ContentKind::View, custom.view.0);
            let may = permissions::who_may(&tx, site, &known, view, Capability::Read).await?;
            let seeing: BTreeSet<UserId> = known
                .iter()
                .zip(may)
                .filter(|(user, may)| {
                    *may && (custom.shared || custom.owner.id == user.id || user.role.is_admin())
                })
                .map(|(user, _)| user.id)
                .collect();
            let sql = "INSERT INTO custom_view_default (user_id, view_id, custom_view_id) \
                 SELECT a.id, x.view_id, x.id FROM custom_view x CROSS JOIN account a \
                 WHERE x.site_id = ?1 AND x.id = ?2 AND a.id IN LIST(?3) \
                 ON CONFLICT (user_id, view_id) DO UPDATE SET custom_view_id = excluded.custom_view_id";
            let names: Vec<String> = seeing.iter().map(UserId::to_string).collect();
            tx.execute(sql, params![site, id, names]).await?;
            Ok(users.iter().map(|user| seeing.contains(user)).collect())
        })
    }

    async fn found(&self, site: SiteId, id: CustomViewId) -> Result<CustomView> {
        self.custom_view(site, id)
            .await?
            .ok_or(Error::NotFound(What::CustomView))
    }
}

/// Takes one that is not shared from those who no longer see it: all but its owner and administrators.
async fn take_from_others(tx: &Conn, id: CustomViewId) -> Result<()> {
    let admins = [
        SiteRole::SiteAdministratorCreator,
        SiteRole::SiteAdministratorExplorer,
    ];
    let admins: Vec<String> = admins.iter().map(|role| role.as_str().to_owned()).collect();
    let sql = "DELETE FROM custom_view_default WHERE custom_view_id = ?1 AND user_id IN \
         (SELECT d.user_id FROM custom_view_default d JOIN custom_view x ON x.id = d.custom_view_id \
         JOIN account a ON a.id = d.user_id \
         LEFT JOIN site_user m ON m.user_id = d.user_id AND m.site_id = x.site_id \
         WHERE x.id = ?1 AND x.shared = 0 AND d.user_id <> x.owner_id AND a.is_server_admin = 0 \
         AND NOT (COALESCE(m.role, '') IN LIST(?2)))";
    tx.execute(sql, params![id, admins]).await.map(drop)
}

/// What a definition is bound to.
fn bound(id: CustomViewId) -> String {
    format!("custom view {id}")
}

async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<CustomView>> {
    let sql = format!(
        "SELECT x.id, x.name, x.shared, v.id, v.name, v.content_url, c.id, c.name, {}, x.created_at, x.updated_at \
         FROM {FROM} WHERE x.site_id || '' = ?1 AND x.id IN LIST(?2)",
        Owner::COLUMNS
    );
    let mut found = Vec::new();
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        found.push(CustomView {
            id: row.id()?,
            name: row.text()?,
            shared: row.bool()?,
            view: row.id()?,
            view_name: row.text()?,
            view_content_url: row.text()?,
            workbook: row.id()?,
            workbook_name: row.text()?,
            owner: Owner::read(&mut row)?,
            created_at: row.int()?,
            updated_at: row.int()?,
        });
    }
    Ok(in_order(ids, found, |one| one.id.to_string()))
}
