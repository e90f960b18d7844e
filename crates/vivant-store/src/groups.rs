//! Groups of a site's users.

use std::collections::BTreeMap;

use vivant_model::name::{self, LOCAL_DOMAIN};
use vivant_model::project::ALL_USERS;
use vivant_model::{GroupId, SiteId, SiteRole, UserId};

use crate::db::{Conn, params, transact};
use crate::secrets::new_id;
use crate::select::Select;
use crate::store::in_order;
use crate::{
    Error, Field, FieldKind, Forbidden, ListQuery, Millis, Page, Result, Store, User, What, permissions,
    sites, users,
};

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its site.
    pub site_id: SiteId,
    /// Its name, unique in its domain on the site.
    pub name: String,
    /// The domain; `local` for groups of this server.
    pub domain: String,
    /// The least role that its members are given when they are added through it.
    pub minimum_site_role: Option<SiteRole>,
    /// When a member is given that role: `onLogin` or `onSync`.
    pub license_mode: Option<String>,
    /// Where it was imported from, such as `ActiveDirectory`.
    pub import_source: Option<String>,
    /// When it was last brought into step with that place.
    pub synced_at: Option<Millis>,
    /// How many users belong to it.
    pub user_count: u64,
    /// Whether it is the group that every user belongs to.
    pub is_all_users: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// A group to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// The domain; `None` is `local`.
    pub domain: Option<String>,
    /// The least role of its members.
    pub minimum_site_role: Option<SiteRole>,
    /// When a member is given that role.
    pub license_mode: Option<String>,
}

/// What to change of a group; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupChanges {
    /// The name.
    pub name: Option<String>,
    /// The least role of its members; `Some(None)` lifts it.
    pub minimum_site_role: Option<Option<SiteRole>>,
    /// When a member is given that role.
    pub license_mode: Option<Option<String>>,
}

/// What lists of groups are filtered and sorted by.
pub const FIELDS: &[Field] = &[
    Field::name("name", "g.name", "g.name_key"),
    Field::name("domainName", "g.domain", "g.domain_key"),
    Field::name("domainNickname", "g.domain", "g.domain_key"),
    Field::new("minimumSiteRole", FieldKind::Text, "g.minimum_site_role").nullable(),
    Field::new("luid", FieldKind::Text, "g.id"),
    Field::new("userCount", FieldKind::Int, USER_COUNT),
    Field::new(
        "isLocal",
        FieldKind::Bool,
        "CAST(CASE WHEN g.domain_key = 'local' THEN 1 ELSE 0 END AS BIGINT)",
    ),
];

const USER_COUNT: &str = "(SELECT COUNT(*) FROM group_member x WHERE x.group_id = g.id)";

impl Store {
    /// Makes a group.
    pub async fn create_group(&self, site: SiteId, new: NewGroup, now: Millis) -> Result<Group> {
        let id = transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            insert(&tx, site, &new, false, now).await
        })?;
        self.group(site, id).await?.ok_or(Error::NotFound(What::Group))
    }

    /// Finds a group.
    pub async fn group(&self, site: SiteId, id: GroupId) -> Result<Option<Group>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// Finds a group by name and domain, without regard to case.
    pub async fn group_by_name(&self, site: SiteId, group_name: &str, domain: &str) -> Result<Option<Group>> {
        let conn = self.conn().await?;
        match find(&conn, site, group_name, domain).await? {
            Some(id) => Ok(load(&conn, site, &[id.to_string()]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Lists the groups of a site.
    pub async fn groups(&self, site: SiteId, query: &ListQuery) -> Result<Page<Group>> {
        self.page_of_groups(site, query, None).await
    }

    /// Lists the groups that a user belongs to.
    pub async fn user_groups(&self, site: SiteId, user: UserId, query: &ListQuery) -> Result<Page<Group>> {
        self.page_of_groups(site, query, Some(user)).await
    }

    /// Changes a group.
    pub async fn update_group(
        &self,
        site: SiteId,
        id: GroupId,
        changes: GroupChanges,
        now: Millis,
    ) -> Result<Group> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let group = require(&tx, site, id).await?;
            let new_name = changes.name.as_ref().unwrap_or(&group.name);
            if group.is_all_users && *new_name != group.name {
                return Err(Error::Forbidden(Forbidden::AllUsers));
            }
            if let Some(other) = find(&tx, site, new_name, &group.domain).await?
                && other != id
            {
                return Err(Error::conflict(What::Group, Some(other.0), new_name));
            }
            let role = changes.minimum_site_role.unwrap_or(group.minimum_site_role);
            let mode = changes.license_mode.as_ref().unwrap_or(&group.license_mode);
            let sql = "UPDATE user_group SET name = ?2, name_key = ?3, minimum_site_role = ?4, license_mode = ?5, \
                 updated_at = ?6 WHERE id = ?1";
            let role = role.map(SiteRole::as_str);
            tx.execute(
                sql,
                params![id, new_name, name::key(new_name), role, mode.as_deref(), now],
            )
            .await?;
            Ok(())
        })?;
        self.group(site, id).await?.ok_or(Error::NotFound(What::Group))
    }

    /// Deletes a group; what rules allow or deny it goes with it.
    pub async fn delete_group(&self, site: SiteId, id: GroupId) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            if require(&tx, site, id).await?.is_all_users {
                return Err(Error::Forbidden(Forbidden::AllUsers));
            }
            permissions::forget_grantee(&tx, site, id.0).await?;
            tx.execute("DELETE FROM user_group WHERE id = ?1", params![id])
                .await?;
            Ok(())
        })
    }

    /// Adds a user of the site to a group.
    pub async fn add_user_to_group(
        &self,
        site: SiteId,
        group: GroupId,
        user: UserId,
        now: Millis,
    ) -> Result<User> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            require(&tx, site, group).await?;
            if !users::is_member(&tx, site, user).await? {
                return Err(Error::NotFound(What::User));
            }
            let sql = "SELECT a.name FROM group_member m JOIN account a ON a.id = m.user_id \
                 WHERE m.group_id = ?1 AND m.user_id = ?2";
            if let Some(mut row) = tx.row(sql, params![group, user]).await? {
                return Err(Error::conflict(What::Member, Some(user.0), &row.text()?));
            }
            let sql = "INSERT INTO group_member (group_id, user_id) VALUES (?1, ?2)";
            tx.execute(sql, params![group, user]).await?;
            touch(&tx, group, now).await
        })?;
        self.user(site, user).await?.ok_or(Error::NotFound(What::User))
    }

    /// Adds users of the site to a group, all or none; those that are members already stay so.
    pub async fn add_users_to_group(
        &self,
        site: SiteId,
        group: GroupId,
        members: &[UserId],
        now: Millis,
    ) -> Result<()> {
        let mut ids: Vec<String> = members.iter().map(UserId::to_string).collect();
        ids.sort_unstable();
        ids.dedup();
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            require(&tx, site, group).await?;
            let sql = "SELECT COUNT(*) FROM site_user WHERE site_id = ?1 AND user_id IN LIST(?2)";
            if tx.number(sql, params![site, ids.clone()]).await? != ids.len() as i64 {
                return Err(Error::NotFound(What::User));
            }
            let sql = "INSERT INTO group_member (group_id, user_id) SELECT g.id, a.id FROM user_group g \
                 JOIN account a ON a.id IN LIST(?2) WHERE g.id = ?1 ON CONFLICT DO NOTHING";
            tx.execute(sql, params![group, ids.clone()]).await?;
            touch(&tx, group, now).await
        })
    }

    /// Takes a user out of a group.
    pub async fn remove_user_from_group(
        &self,
        site: SiteId,
        group: GroupId,
        user: UserId,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            if require(&tx, site, group).await?.is_all_users {
                return Err(Error::Forbidden(Forbidden::AllUsers));
            }
            let sql = "DELETE FROM group_member WHERE group_id = ?1 AND user_id = ?2";
            if tx.execute(sql, params![group, user]).await? == 0 {
                return Err(Error::NotFound(What::Member));
            }
            touch(&tx, group, now).await
        })
    }

    /// Lists the users of a group.
    pub async fn group_users(&self, site: SiteId, group: GroupId, query: &ListQuery) -> Result<Page<User>> {
        let conn = self.conn().await?;
        require(&conn, site, group).await?;
        users::page(&conn, site, query, |select| {
            let at = select.bind(group);
            Some(format!(
                "m.user_id IN (SELECT x.user_id FROM group_member x WHERE x.group_id = {at})"
            ))
        })
        .await
    }

    /// The groups that a user belongs to, as permissions see it.
    pub async fn groups_of(&self, site: SiteId, user: UserId) -> Result<Vec<GroupId>> {
        let conn = self.conn().await?;
        groups_of(&conn, site, user).await
    }

    /// The roles that a user's groups on a site give when the user signs in.
    pub async fn roles_on_login(&self, site: SiteId, user: UserId) -> Result<Vec<SiteRole>> {
        let sql = "SELECT DISTINCT g.minimum_site_role FROM group_member m JOIN user_group g ON g.id = m.group_id \
             WHERE m.user_id = ?2 AND g.site_id = ?1 AND g.license_mode = 'onLogin' \
             AND g.minimum_site_role IS NOT NULL";
        let conn = self.conn().await?;
        let rows = conn.query(sql, params![site, user]).await?;
        rows.into_iter()
            .map(|mut row| row.word(SiteRole::parse))
            .collect()
    }

    async fn page_of_groups(
        &self,
        site: SiteId,
        query: &ListQuery,
        user: Option<UserId>,
    ) -> Result<Page<Group>> {
        let conn = self.conn().await?;
        let mut select = Select::from("user_group g");
        let at = select.bind(site);
        select.and(format!("g.site_id = {at}"));
        if let Some(user) = user {
            let at = select.bind(user);
            select.and(format!(
                "g.id IN (SELECT x.group_id FROM group_member x WHERE x.user_id = {at})"
            ));
        }
        let (ids, total) = select
            .page(&conn, FIELDS, query, "g.id", "g.created_at, g.id")
            .await?;
        Ok(Page {
            items: load(&conn, site, &ids).await?,
            total,
        })
    }
}

/// Makes the group that every user of a new site belongs to.
pub(crate) async fn insert_all_users(tx: &Conn, site: SiteId, now: Millis) -> Result<GroupId> {
    insert(
        tx,
        site,
        &NewGroup {
            name: ALL_USERS.to_owned(),
            ..NewGroup::default()
        },
        true,
        now,
    )
    .await
}

pub(crate) async fn groups_of(conn: &Conn, site: SiteId, user: UserId) -> Result<Vec<GroupId>> {
    let sql = "SELECT g.id FROM group_member m JOIN user_group g ON g.id = m.group_id \
         WHERE m.user_id = ?2 AND g.site_id = ?1 ORDER BY g.id";
    conn.query(sql, params![site, user])
        .await?
        .into_iter()
        .map(|mut row| row.id())
        .collect()
}

/// The groups that each of some users belongs to; who belongs to none is not there.
pub(crate) async fn groups_of_many(
    conn: &Conn,
    site: SiteId,
    users: impl Iterator<Item = UserId>,
) -> Result<BTreeMap<UserId, Vec<GroupId>>> {
    let users: Vec<String> = users.map(|user| user.to_string()).collect();
    let sql = "SELECT m.user_id, g.id FROM group_member m JOIN user_group g ON g.id = m.group_id \
         WHERE m.user_id IN LIST(?2) AND g.site_id = ?1";
    let mut found = BTreeMap::<UserId, Vec<GroupId>>::new();
    for mut row in conn.query(sql, params![site, users]).await? {
        found.entry(row.id()?).or_default().push(row.id()?);
    }
    Ok(found)
}

pub(crate) async fn insert(
    tx: &Conn,
    site: SiteId,
    new: &NewGroup,
    is_all_users: bool,
    now: Millis,
) -> Result<GroupId> {
    let domain = new.domain.as_deref().unwrap_or(LOCAL_DOMAIN);
    if let Some(id) = find(tx, site, &new.name, domain).await? {
        return Err(Error::conflict(What::Group, Some(id.0), &new.name));
    }
    let id: GroupId = new_id()?;
    let sql = "INSERT INTO user_group (id, site_id, name, name_key, domain, domain_key, minimum_site_role, \
         license_mode, is_all_users, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)";
    tx.execute(
        sql,
        params![
            id,
            site,
            &new.name,
            name::key(&new.name),
            domain,
            name::key(domain),
            new.minimum_site_role.map(SiteRole::as_str),
            new.license_mode.as_deref(),
            is_all_users,
            now,
        ],
    )
    .await?;
    Ok(id)
}

pub(crate) async fn find(
    conn: &Conn,
    site: SiteId,
    group_name: &str,
    domain: &str,
) -> Result<Option<GroupId>> {
    let sql = "SELECT id FROM user_group WHERE site_id = ?1 AND name_key = ?2 AND domain_key = ?3";
    let row = conn
        .row(sql, params![site, name::key(group_name), name::key(domain)])
        .await?;
    row.map(|mut row| row.id()).transpose()
}

pub(crate) async fn require(conn: &Conn, site: SiteId, id: GroupId) -> Result<Group> {
    load(conn, site, &[id.to_string()])
        .await?
        .pop()
        .ok_or(Error::NotFound(What::Group))
}

async fn touch(tx: &Conn, id: GroupId, now: Millis) -> Result<()> {
    tx.execute(
        "UPDATE user_group SET updated_at = ?2 WHERE id = ?1",
        params![id, now],
    )
    .await
    .map(drop)
}

async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<Group>> {
    let sql = format!(
        "SELECT g.id, g.site_id, g.name, g.domain, g.minimum_site_role, g.license_mode, \
         g.import_source, g.synced_at, {USER_COUNT}, g.is_all_users, g.created_at, g.updated_at FROM user_group g WHERE g.site_id || '' = ?1 AND g.id IN LIST(?2)"
    );
    let mut groups = Vec::new();
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        groups.push(Group {
            id: row.id()?,
            site_id: row.id()?,
            name: row.text()?,
            domain: row.text()?,
            minimum_site_role: row.opt_text()?.as_deref().and_then(SiteRole::parse),
            license_mode: row.opt_text()?,
            import_source: row.opt_text()?,
            synced_at: row.opt_int()?,
            user_count: row.int()? as u64,
            is_all_users: row.bool()?,
            created_at: row.int()?,
            updated_at: row.int()?,
        });
    }
    Ok(in_order(ids, groups, |group| group.id.to_string()))
}
