//! Sites: separate rooms of one installation, each with its own users, projects and quotas.

use std::collections::{BTreeMap, HashMap};

use vivant_model::site::DEFAULT_REVISION_LIMIT;
use vivant_model::{AdminMode, SiteId, SiteRole, SiteState, UserId, name};

use crate::db::{Conn, params, transact};
use crate::secrets::new_id;
use crate::select::Select;
use crate::store::in_order;
use crate::{
    Error, Forbidden, ListQuery, Millis, NewJob, NewUser, Page, PageRequest, Result, Secret, Store, User,
    What, groups, jobs, projects, users,
};

/// A site.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name, unique on the server.
    pub name: String,
    /// Its part of addresses; empty for the default site.
    pub content_url: String,
    /// Who may add and remove users.
    pub admin_mode: AdminMode,
    /// How many licensed users it may have.
    pub user_quota: Option<i64>,
    /// How many megabytes of content it may hold.
    pub storage_quota_mb: Option<i64>,
    /// How many Creators it may have.
    pub tier_creator: Option<i64>,
    /// How many Explorers it may have.
    pub tier_explorer: Option<i64>,
    /// How many Viewers it may have.
    pub tier_viewer: Option<i64>,
    /// Whether subscriptions are off.
    pub disable_subscriptions: bool,
    /// Whether users may sign in.
    pub state: SiteState,
    /// Whether earlier revisions are kept.
    pub revision_history_enabled: bool,
    /// How many revisions of an item are kept.
    pub revision_limit: u32,
    /// Whether users may subscribe others.
    pub subscribe_others_enabled: bool,
    /// Whether the guest account may look.
    pub guest_access_enabled: bool,
    /// Whether views are prepared ahead of subscriptions.
    pub cache_warmup_enabled: bool,
    /// Whether users may comment.
    pub commenting_enabled: bool,
    /// Further attributes of later API versions, kept and given back.
    pub settings: BTreeMap<String, String>,
    /// Whether it is the default site.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// The size of all revisions of its content.
    pub storage_bytes: i64,
}

/// A site to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSite {
    /// Its name.
    pub name: String,
    /// Its part of addresses.
    pub content_url: String,
    /// Who may add and remove users.
    pub admin_mode: AdminMode,
    /// How many licensed users it may have.
    pub user_quota: Option<i64>,
    /// How many megabytes of content it may hold.
    pub storage_quota_mb: Option<i64>,
    /// How many Creators it may have.
    pub tier_creator: Option<i64>,
    /// How many Explorers it may have.
    pub tier_explorer: Option<i64>,
    /// How many Viewers it may have.
    pub tier_viewer: Option<i64>,
    /// Whether subscriptions are off.
    pub disable_subscriptions: bool,
    /// Whether users may sign in.
    pub state: SiteState,
    /// Whether earlier revisions are kept.
    pub revision_history_enabled: bool,
    /// How many revisions of an item are kept.
    pub revision_limit: u32,
    /// Whether users may subscribe others.
    pub subscribe_others_enabled: bool,
    /// Whether the guest account may look.
    pub guest_access_enabled: bool,
    /// Whether views are prepared ahead of subscriptions.
    pub cache_warmup_enabled: bool,
    /// Whether users may comment.
    pub commenting_enabled: bool,
    /// Further attributes of later API versions.
    pub settings: BTreeMap<String, String>,
    /// The owner of the site's Default project; `None` takes the first server administrator.
    pub owner: Option<UserId>,
}

impl Default for NewSite {
    fn default() -> Self {
        Self {
            name: String::new(),
            content_url: String::new(),
            admin_mode: AdminMode::ContentAndUsers,
            user_quota: None,
            storage_quota_mb: None,
            tier_creator: None,
            tier_explorer: None,
            tier_viewer: None,
            disable_subscriptions: false,
            state: SiteState::Active,
            revision_history_enabled: true,
            revision_limit: DEFAULT_REVISION_LIMIT,
            subscribe_others_enabled: true,
            guest_access_enabled: false,
            cache_warmup_enabled: true,
            commenting_enabled: true,
            settings: BTreeMap::new(),
            owner: None,
        }
    }
}

/// What to change of a site; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteChanges {
    /// The name.
    pub name: Option<String>,
    /// The part of addresses.
    pub content_url: Option<String>,
    /// Who may add and remove users.
    pub admin_mode: Option<AdminMode>,
    /// The user quota; `Some(None)` lifts it.
    pub user_quota: Option<Option<i64>>,
    /// The storage quota; `Some(None)` lifts it.
    pub storage_quota_mb: Option<Option<i64>>,
    /// The Creator capacity; `Some(None)` lifts it.
    pub tier_creator: Option<Option<i64>>,
    /// The Explorer capacity; `Some(None)` lifts it.
    pub tier_explorer: Option<Option<i64>>,
    /// The Viewer capacity; `Some(None)` lifts it.
    pub tier_viewer: Option<Option<i64>>,
    /// Whether subscriptions are off.
    pub disable_subscriptions: Option<bool>,
    /// Whether users may sign in.
    pub state: Option<SiteState>,
    /// Whether earlier revisions are kept.
    pub revision_history_enabled: Option<bool>,
    /// How many revisions of an item are kept; surplus ones go at the item's next publication.
    pub revision_limit: Option<u32>,
    /// Whether users may subscribe others.
    pub subscribe_others_enabled: Option<bool>,
    /// Whether the guest account may look.
    pub guest_access_enabled: Option<bool>,
    /// Whether views are prepared ahead of subscriptions.
    pub cache_warmup_enabled: Option<bool>,
    /// Whether users may comment.
    pub commenting_enabled: Option<bool>,
    /// Further attributes to set; others stay.
    pub settings: BTreeMap<String, String>,
}

/// What a site uses of its quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteUsage {
    /// Users with any role.
    pub num_users: i64,
    /// Users with a Creator licence.
    pub num_creators: i64,
    /// Users with an Explorer licence.
    pub num_explorers: i64,
    /// Users with a Viewer licence.
    pub num_viewers: i64,
    /// The size of all revisions of all content.
    pub storage_bytes: i64,
}

/// What the first start made.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrapped {
    /// The default site.
    pub site: Site,
    /// The server administrator, member of the default site.
    pub admin: User,
}

impl Store {
    /// Makes the first site and the first server administrator. On later starts nothing is done
    /// and the answer is `None`.
    pub async fn bootstrap(
        &self,
        admin_name: &str,
        password: Option<Secret>,
        now: Millis,
    ) -> Result<Option<Bootstrapped>> {
        let is_done = "SELECT COUNT(*) FROM site WHERE is_default = 1";
        if self.conn().await?.number(is_done, params![]).await? > 0 {
            return Ok(None);
        }
        let hash = match &password {
            Some(password) => Some(self.inner.passwords.hash(password).await?),
            None => None,
        };
        let new = NewUser {
            name: admin_name.to_owned(),
            ..NewUser::default()
        };
        let site = NewSite {
            name: "Default".to_owned(),
            ..NewSite::default()
        };
        let made = transact!(self.db(), |tx| {
            if tx.number(is_done, params![]).await? > 0 {
                return Ok(None);
            }
            let admin = users::insert_account(&tx, &new, hash.as_deref(), true, now).await?;
            let site_id = insert_site(&tx, &site, true, now).await?;
            users::insert_member(&tx, site_id, admin, SiteRole::SiteAdministratorCreator, None, now).await?;
            Ok(Some((site_id, admin)))
        })?;
        let Some((site, admin)) = made else {
            return Ok(None);
        };
        let missing = || Error::Damaged("what the first start made is not there".to_owned());
        Ok(Some(Bootstrapped {
            site: self.site(site).await?.ok_or_else(missing)?,
            admin: self.user(site, admin).await?.ok_or_else(missing)?,
        }))
    }

    /// Makes a site with its Default project and its group of all users.
    pub async fn create_site(&self, new: NewSite, now: Millis) -> Result<Site> {
        let id = transact!(self.db(), |tx| { insert_site(&tx, &new, false, now).await })?;
        self.site(id).await?.ok_or(Error::NotFound(What::Site))
    }

    /// Finds a site.
    pub async fn site(&self, id: SiteId) -> Result<Option<Site>> {
        let conn = self.conn().await?;
        Ok(load(&conn, &[id.to_string()]).await?.pop())
    }

    /// Finds a site by its name, without regard to case.
    pub async fn site_by_name(&self, site_name: &str) -> Result<Option<Site>> {
        self.site_where("name_key", &name::key(site_name)).await
    }

    /// Finds a site by its part of addresses, without regard to case; empty is the default site.
    pub async fn site_by_content_url(&self, url: &str) -> Result<Option<Site>> {
        self.site_where("content_url_key", &name::key(url)).await
    }

    /// Finds the default site, which is there since the first start.
    pub async fn default_site(&self) -> Result<Site> {
        let conn = self.conn().await?;
        let row = conn
            .row("SELECT id FROM site WHERE is_default = 1", params![])
            .await?;
        let mut row = row.ok_or(Error::NotFound(What::Site))?;
        load(&conn, &[row.text()?])
            .await?
            .pop()
            .ok_or(Error::NotFound(What::Site))
    }

    /// Lists the sites that a user is a member of, or all of them.
    pub async fn sites_of(&self, user: Option<UserId>, page: PageRequest) -> Result<Page<Site>> {
        let conn = self.conn().await?;
        let mut select = Select::from("site s");
        if let Some(user) = user {
            let user = select.bind(user);
            select.and(format!(
                "s.id IN (SELECT m.site_id FROM site_user m WHERE m.user_id = {user})"
            ));
        }
        let query = ListQuery {
            page,
            ..ListQuery::default()
        };
        let (ids, total) = select
            .page(&conn, &[], &query, "s.id", "s.created_at, s.id")
            .await?;
        Ok(Page {
            items: load(&conn, &ids).await?,
            total,
        })
    }

    /// Changes a site.
    pub async fn update_site(&self, id: SiteId, changes: SiteChanges, now: Millis) -> Result<Site> {
        self.update_site_with(id, changes, None, now).await
    }

    /// Changes a site and puts the job into the queue that follows from it, both or none.
    pub async fn update_site_with(
        &self,
        id: SiteId,
        changes: SiteChanges,
        job: Option<NewJob>,
        now: Millis,
    ) -> Result<Site> {
        let jobs = self.prepare(job.into_iter().collect(), now).await?;
        transact!(self.db(), |tx| {
            jobs::lock_lanes(&tx, &jobs).await?;
            lock(&tx, id).await?;
            let mut site = load(&tx, &[id.to_string()])
                .await?
                .pop()
                .ok_or(Error::NotFound(What::Site))?;
            apply(&mut site, &changes);
            if changes.name.is_some() || changes.content_url.is_some() {
                refuse_taken(&tx, &site.name, &site.content_url, Some(id)).await?;
            }
            let sql = "UPDATE site SET name = ?2, name_key = ?3, content_url = ?4, content_url_key = ?5, \
                 admin_mode = ?6, user_quota = ?7, storage_quota_mb = ?8, tier_creator = ?9, tier_explorer = ?10, \
                 tier_viewer = ?11, disable_subscriptions = ?12, state = ?13, revision_history_enabled = ?14, \
                 revision_limit = ?15, subscribe_others_enabled = ?16, guest_access_enabled = ?17, \
                 cache_warmup_enabled = ?18, commenting_enabled = ?19, updated_at = ?20 WHERE id = ?1";
            tx.execute(
                sql,
                params![
                    id,
                    &site.name,
                    name::key(&site.name),
                    &site.content_url,
                    name::key(&site.content_url),
                    site.admin_mode.as_str(),
                    site.user_quota,
                    site.storage_quota_mb,
                    site.tier_creator,
                    site.tier_explorer,
                    site.tier_viewer,
                    site.disable_subscriptions,
                    site.state.as_str(),
                    site.revision_history_enabled,
                    site.revision_limit,
                    site.subscribe_others_enabled,
                    site.guest_access_enabled,
                    site.cache_warmup_enabled,
                    site.commenting_enabled,
                    now,
                ],
            )
            .await?;
            write_settings(&tx, id, &changes.settings).await?;
            jobs::insert_all(&tx, &jobs, now).await
        })?;
        self.site(id).await?.ok_or(Error::NotFound(What::Site))
    }

    /// Deletes a site with everything on it, and the accounts that were on no other site.
    pub async fn delete_site(&self, id: SiteId, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            lock(&tx, id).await?;
            let sql = "SELECT COUNT(*) FROM site WHERE id = ?1 AND is_default = 1";
            if tx.number(sql, params![id]).await? > 0 {
                return Err(Error::Forbidden(Forbidden::DefaultSite));
            }
            for (from, table, column) in [
                ("revision", "content", "content_id"),
                ("extract_part", "content", "content_id"),
                ("upload_chunk", "upload", "upload_id"),
            ] {
                let sql = format!(
                    "UPDATE blob SET state = 'garbage', changed_at = ?2 WHERE key IN (SELECT r.blob_key FROM {from} r \
                     JOIN {table} c ON c.id = r.{column} WHERE c.site_id = ?1)"
                );
                tx.execute(&sql, params![id, now]).await?;
            }
            jobs::forget_site(&tx, id, now).await?;
            // In the order of the references, the last to be referred to last.
            for table in ["upload", "session", "content", "project", "acl", "user_group"] {
                tx.execute(&format!("DELETE FROM {table} WHERE site_id = ?1"), params![id])
                    .await?;
            }
            let sql = "SELECT m.user_id FROM site_user m JOIN account a ON a.id = m.user_id WHERE m.site_id = ?1 \
                 AND a.is_server_admin = 0 AND NOT EXISTS \
                 (SELECT 1 FROM site_user n WHERE n.user_id = m.user_id AND n.site_id <> ?1)";
            let gone = tx.query(sql, params![id]).await?;
            tx.execute("DELETE FROM site_user WHERE site_id = ?1", params![id])
                .await?;
            let gone = gone
                .into_iter()
                .map(|mut row| row.text())
                .collect::<Result<Vec<_>>>()?;
            tx.execute("DELETE FROM account WHERE id IN LIST(?1)", params![gone])
                .await?;
            tx.execute("DELETE FROM site WHERE id = ?1", params![id]).await?;
            Ok(())
        })
    }

    /// What a site uses of its quotas.
    pub async fn site_usage(&self, id: SiteId) -> Result<SiteUsage> {
        let conn = self.conn().await?;
        let row = conn
            .row("SELECT storage_bytes FROM site WHERE id = ?1", params![id])
            .await?;
        let storage_bytes = row.ok_or(Error::NotFound(What::Site))?.int()?;
        let mut usage = users::count_licenses(&conn, id, None).await?;
        usage.storage_bytes = storage_bytes;
        Ok(usage)
    }

    async fn site_where(&self, column: &str, key: &str) -> Result<Option<Site>> {
        let conn = self.conn().await?;
        match conn
            .row(&format!("SELECT id FROM site WHERE {column} = ?1"), params![key])
            .await?
        {
            Some(mut row) => Ok(load(&conn, &[row.text()?]).await?.pop()),
            None => Ok(None),
        }
    }
}

/// Lets one transaction at a time change what belongs together on a site, and makes sure that the
/// site is there.
pub(crate) async fn lock(tx: &Conn, site: SiteId) -> Result<()> {
    // SQLite has one writer at a time anyway. New references to the site do not wait for this lock.
    let sql = match tx.is_sqlite() {
        true => "SELECT 1 FROM site WHERE id = ?1",
        false => "SELECT 1 FROM site WHERE id = ?1 FOR NO KEY UPDATE",
    };
    match tx.row(sql, params![site]).await? {
        Some(_) => Ok(()),
        None => Err(Error::NotFound(What::Site)),
    }
}

async fn insert_site(tx: &Conn, new: &NewSite, is_default: bool, now: Millis) -> Result<SiteId> {
    refuse_taken(tx, &new.name, &new.content_url, None).await?;
    let id: SiteId = new_id()?;
    let sql = "INSERT INTO site (id, name, name_key, content_url, content_url_key, admin_mode, user_quota, \
         storage_quota_mb, tier_creator, tier_explorer, tier_viewer, disable_subscriptions, state, \
         revision_history_enabled, revision_limit, subscribe_others_enabled, guest_access_enabled, \
         cache_warmup_enabled, commenting_enabled, is_default, storage_bytes, created_at, updated_at) VALUES \
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 0, ?21, ?21)";
    tx.execute(
        sql,
        params![
            id,
            &new.name,
            name::key(&new.name),
            &new.content_url,
            name::key(&new.content_url),
            new.admin_mode.as_str(),
            new.user_quota,
            new.storage_quota_mb,
            new.tier_creator,
            new.tier_explorer,
            new.tier_viewer,
            new.disable_subscriptions,
            new.state.as_str(),
            new.revision_history_enabled,
            new.revision_limit,
            new.subscribe_others_enabled,
            new.guest_access_enabled,
            new.cache_warmup_enabled,
            new.commenting_enabled,
            is_default,
            now,
        ],
    )
    .await?;
    write_settings(tx, id, &new.settings).await?;
    let owner = match new.owner {
        Some(owner) => owner,
        None => {
            let sql = "SELECT id FROM account WHERE is_server_admin = 1 ORDER BY created_at, id LIMIT 1";
            tx.row(sql, params![])
                .await?
                .ok_or(Error::NotFound(What::User))?
                .id()?
        }
    };
    let all_users = groups::insert_all_users(tx, id, now).await?;
    projects::insert_default(tx, id, owner, all_users, now).await?;
    Ok(id)
}

async fn refuse_taken(tx: &Conn, site_name: &str, content_url: &str, except: Option<SiteId>) -> Result<()> {
    let sql = "SELECT id, name_key FROM site WHERE (name_key = ?1 OR content_url_key = ?2)";
    let key = name::key(site_name);
    for mut row in tx.query(sql, params![&key, name::key(content_url)]).await? {
        let id: SiteId = row.id()?;
        if Some(id) != except {
            let taken = if row.text()? == key {
                site_name
            } else {
                content_url
            };
            return Err(Error::conflict(What::Site, Some(id.0), taken));
        }
    }
    Ok(())
}

async fn write_settings(tx: &Conn, id: SiteId, settings: &BTreeMap<String, String>) -> Result<()> {
    let sql = "INSERT INTO site_setting (site_id, name, value) VALUES (?1, ?2, ?3) \
         ON CONFLICT (site_id, name) DO UPDATE SET value = excluded.value";
    for (key, value) in settings {
        tx.execute(sql, params![id, key, value]).await?;
    }
    Ok(())
}

fn apply(site: &mut Site, changes: &SiteChanges) {
    macro_rules! take {
        ($($field:ident),*) => {$(
            if let Some(value) = &changes.$field { site.$field = value.clone(); }
        )*};
    }
    take!(
        name,
        content_url,
        admin_mode,
        user_quota,
        storage_quota_mb,
        tier_creator,
        tier_explorer,
        tier_viewer,
        disable_subscriptions,
        state,
        revision_history_enabled,
        revision_limit,
        subscribe_others_enabled,
        guest_access_enabled,
        cache_warmup_enabled,
        commenting_enabled
    );
}

async fn load(conn: &Conn, ids: &[String]) -> Result<Vec<Site>> {
    let sql = "SELECT id, name, content_url, admin_mode, user_quota, storage_quota_mb, tier_creator, tier_explorer, \
         tier_viewer, disable_subscriptions, state, revision_history_enabled, revision_limit, \
         subscribe_others_enabled, guest_access_enabled, cache_warmup_enabled, commenting_enabled, is_default, \
         created_at, updated_at, storage_bytes FROM site WHERE id IN LIST(?1)";
    let mut settings: HashMap<String, BTreeMap<String, String>> = HashMap::new();
    let read_settings = "SELECT site_id, name, value FROM site_setting WHERE site_id IN LIST(?1)";
    for mut row in conn.query(read_settings, params![ids.to_vec()]).await? {
        settings
            .entry(row.text()?)
            .or_default()
            .insert(row.text()?, row.text()?);
    }
    let mut sites = Vec::new();
    for mut row in conn.query(sql, params![ids.to_vec()]).await? {
        let id: SiteId = row.id()?;
        sites.push(Site {
            id,
            name: row.text()?,
            content_url: row.text()?,
            admin_mode: row.word(AdminMode::parse)?,
            user_quota: row.opt_int()?,
            storage_quota_mb: row.opt_int()?,
            tier_creator: row.opt_int()?,
            tier_explorer: row.opt_int()?,
            tier_viewer: row.opt_int()?,
            disable_subscriptions: row.bool()?,
            state: row.word(SiteState::parse)?,
            revision_history_enabled: row.bool()?,
            revision_limit: row.int()? as u32,
            subscribe_others_enabled: row.bool()?,
            guest_access_enabled: row.bool()?,
            cache_warmup_enabled: row.bool()?,
            commenting_enabled: row.bool()?,
            settings: settings.remove(&id.to_string()).unwrap_or_default(),
            is_default: row.bool()?,
            created_at: row.int()?,
            updated_at: row.int()?,
            storage_bytes: row.int()?,
        });
    }
    Ok(in_order(ids, sites, |site| site.id.to_string()))
}
