//! Accounts of the server and users of a site.
//!
//! An account exists once per server; a user is an account as member of a site, with a role there.
//! Both go by the same id.

use vivant_model::name::{self, LOCAL_DOMAIN};
use vivant_model::{License, SiteId, SiteRole, UserId};

use crate::db::{Conn, Row, params, transact};
use crate::secrets::new_id;
use crate::select::Select;
use crate::sites::{self, SiteUsage};
use crate::store::in_order;
use crate::{Error, Field, FieldKind, ListQuery, Millis, Page, Result, Secret, Store, What, uploads};

/// An account as seen from a site.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The id, the same on every site.
    pub id: UserId,
    /// The user name.
    pub name: String,
    /// The domain; `local` for accounts of this server.
    pub domain: String,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The role on the site; server administrators are so everywhere.
    pub role: SiteRole,
    /// How the user signs in, such as `ServerDefault` or `SAML`.
    pub auth_setting: Option<String>,
    /// When the user last signed in to the site.
    pub last_login: Option<Millis>,
    /// The id in an outside directory.
    pub external_auth_user_id: Option<String>,
    /// Whether the account administers the server.
    pub is_server_admin: bool,
    /// Whether the account is a member of the site; only a server administrator may not be.
    pub is_member: bool,
    /// Locale for numbers and dates.
    pub locale: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
    /// When the user was added to the site.
    pub created_at: Millis,
    /// When the user was last changed.
    pub updated_at: Millis,
}

/// A user to be added to a site.
#[derive(Clone, Default)]
pub struct NewUser {
    /// The user name.
    pub name: String,
    /// The domain; `None` is `local`.
    pub domain: Option<String>,
    /// The role; becomes `Unlicensed` where no licence is left.
    pub role: Option<SiteRole>,
    /// How the user signs in.
    pub auth_setting: Option<String>,
    /// The full name of a new account.
    pub full_name: Option<String>,
    /// The e-mail address of a new account.
    pub email: Option<String>,
    /// The password of a new account.
    pub password: Option<Secret>,
    /// The id in an outside directory.
    pub external_auth_user_id: Option<String>,
    /// Locale for numbers and dates.
    pub locale: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
}

/// What to change of a user; `None` leaves a value as it is.
#[derive(Clone, Default)]
pub struct UserChanges {
    /// The user name.
    pub name: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The role on the site.
    pub role: Option<SiteRole>,
    /// How the user signs in.
    pub auth_setting: Option<String>,
    /// Locale for numbers and dates.
    pub locale: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
}

/// An account of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: UserId,
    /// The user name.
    pub name: String,
    /// The domain.
    pub domain: String,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the account administers the server.
    pub is_server_admin: bool,
}

/// The role of the member `m` with the account `a`.
const ROLE: &str = "CASE WHEN a.is_server_admin = 1 THEN 'ServerAdministrator' ELSE m.role END";

/// The columns that [`read`] reads, of the account `a` and its membership `m`.
pub(crate) const COLUMNS: &str = "a.id, a.name, a.domain, a.full_name, a.email, m.role, a.is_server_admin, \
     m.auth_setting, COALESCE(m.last_login, a.last_login), a.external_auth_user_id, a.locale, a.language, \
     COALESCE(m.created_at, a.created_at), COALESCE(m.updated_at, a.updated_at)";

/// What lists of users are filtered and sorted by.
pub const FIELDS: &[Field] = &[
    Field::name("name", "a.name", "a.name_key"),
    Field::new("siteRole", FieldKind::Text, ROLE),
    Field::new("friendlyName", FieldKind::Text, "COALESCE(a.full_name, a.name)"),
    Field::new("luid", FieldKind::Text, "a.id"),
    Field::new("lastLogin", FieldKind::Time, "m.last_login").nullable(),
    Field::new(
        "isLocal",
        FieldKind::Bool,
        "CAST(CASE WHEN a.domain_key = 'local' THEN 1 ELSE 0 END AS BIGINT)",
    ),
];

impl Store {
    /// Adds a user to a site. The account is made, or the one of that name and domain is taken.
    /// Where no licence is left the user becomes `Unlicensed`.
    pub async fn add_user_to_site(&self, site: SiteId, new: NewUser, now: Millis) -> Result<User> {
        let hash = match &new.password {
            Some(password) => Some(self.inner.passwords.hash(password).await?),
            None => None,
        };
        let id = transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let id = match find_account(&tx, &new.name, domain_of(&new)).await? {
                Some(id) => id,
                None => insert_account(&tx, &new, hash.as_deref(), false, now).await?,
            };
            if is_member(&tx, site, id).await? {
                return Err(Error::conflict(What::User, Some(id.0), &new.name));
            }
            let wanted = new.role.unwrap_or(SiteRole::Unlicensed);
            let role = match lacking_license(&tx, site, wanted, None).await? {
                Some(_) => SiteRole::Unlicensed,
                None => wanted,
            };
            insert_member(&tx, site, id, role, new.auth_setting.as_deref(), now).await?;
            Ok(id)
        })?;
        self.user(site, id).await?.ok_or(Error::NotFound(What::User))
    }

    /// Finds a user of a site, or a server administrator who is not a member of it.
    pub async fn user(&self, site: SiteId, id: UserId) -> Result<Option<User>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// Finds a user of a site by name and domain, without regard to case.
    pub async fn user_by_name(&self, site: SiteId, user_name: &str, domain: &str) -> Result<Option<User>> {
        let conn = self.conn().await?;
        match find_account(&conn, user_name, domain).await? {
            Some(id) => Ok(load(&conn, site, &[id.to_string()]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Lists the users of a site.
    pub async fn users(&self, site: SiteId, query: &ListQuery) -> Result<Page<User>> {
        let conn = self.conn().await?;
        page(&conn, site, query, |_| None).await
    }

    /// Changes a user; name, full name, e-mail address and password change on every site.
    pub async fn update_user(
        &self,
        site: SiteId,
        id: UserId,
        changes: UserChanges,
        now: Millis,
    ) -> Result<User> {
        let hash = match &changes.password {
            Some(password) => Some(self.inner.passwords.hash(password).await?),
            None => None,
        };
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let user = load(&tx, site, &[id.to_string()])
                .await?
                .pop()
                .ok_or(Error::NotFound(What::User))?;
            if let Some(role) = changes.role.filter(|role| user.is_member && *role != user.role) {
                if let Some(license) = lacking_license(&tx, site, role, Some(id)).await? {
                    return Err(Error::LicenseExceeded(license));
                }
            } else if changes.role.is_some() && !user.is_member {
                return Err(Error::NotFound(What::User));
            }
            let new_name = changes.name.as_ref().unwrap_or(&user.name);
            if let Some(other) = find_account(&tx, new_name, &user.domain).await?
                && other != id
            {
                return Err(Error::conflict(What::User, Some(other.0), new_name));
            }
            let sql = "UPDATE account SET name = ?2, name_key = ?3, full_name = COALESCE(?4, full_name), \
                 email = COALESCE(?5, email), password_hash = COALESCE(?6, password_hash), \
                 locale = COALESCE(?7, locale), language = COALESCE(?8, language), updated_at = ?9 WHERE id = ?1";
            tx.execute(
                sql,
                params![
                    id,
                    new_name,
                    name::key(new_name),
                    changes.full_name.as_deref(),
                    changes.email.as_deref(),
                    hash.as_deref(),
                    changes.locale.as_deref(),
                    changes.language.as_deref(),
                    now,
                ],
            )
            .await?;
            let sql = "UPDATE site_user SET role = COALESCE(?3, role), auth_setting = COALESCE(?4, auth_setting), \
                 updated_at = ?5 WHERE site_id = ?1 AND user_id = ?2";
            let role = changes.role.map(SiteRole::as_str);
            tx.execute(sql, params![site, id, role, changes.auth_setting.as_deref(), now])
                .await?;
            Ok(())
        })?;
        self.user(site, id).await?.ok_or(Error::NotFound(What::User))
    }

    /// Takes a user off a site, out of its groups and rules. What the user owns there goes to
    /// `map_assets_to`, without whom owning something is an error. The account goes with its last
    /// site, unless it administers the server.
    pub async fn remove_user_from_site(
        &self,
        site: SiteId,
        id: UserId,
        map_assets_to: Option<UserId>,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            if !is_member(&tx, site, id).await? {
                return Err(Error::NotFound(What::User));
            }
            match map_assets_to {
                Some(heir) => {
                    if heir == id || !is_member(&tx, site, heir).await? {
                        return Err(Error::NotFound(What::User));
                    }
                    for table in ["content", "project", "custom_view"] {
                        let sql = format!(
                            "UPDATE {table} SET owner_id = ?3, updated_at = ?4 WHERE site_id = ?1 AND owner_id = ?2"
                        );
                        tx.execute(&sql, params![site, id, heir, now]).await?;
                    }
                }
                None => {
                    let sql = "SELECT (SELECT COUNT(*) FROM content WHERE site_id = ?1 AND owner_id = ?2) + \
                         (SELECT COUNT(*) FROM project WHERE site_id = ?1 AND owner_id = ?2)";
                    if tx.number(sql, params![site, id]).await? > 0 {
                        return Err(Error::OwnsContent);
                    }
                }
            }
            crate::permissions::forget_grantee(&tx, site, id.0).await?;
            crate::favorites::forget_user(&tx, site, id).await?;
            uploads::release(&tx, "site_id = ?1 AND user_id = ?2", params![site, id], now).await?;
            for sql in [
                "DELETE FROM group_member WHERE user_id = ?2 AND group_id IN \
                 (SELECT g.id FROM user_group g WHERE g.site_id = ?1)",
                "DELETE FROM session WHERE site_id = ?1 AND user_id = ?2",
                "DELETE FROM subscription WHERE site_id = ?1 AND user_id = ?2",
                "DELETE FROM view_use WHERE site_id = ?1 AND user_id = ?2",
                "DELETE FROM custom_view WHERE site_id = ?1 AND owner_id = ?2",
                "DELETE FROM custom_view_default WHERE user_id = ?2 AND view_id IN \
                 (SELECT v.id FROM view v WHERE v.site_id = ?1)",
                "DELETE FROM site_user WHERE site_id = ?1 AND user_id = ?2",
            ] {
                tx.execute(sql, params![site, id]).await?;
            }
            let sql = "DELETE FROM account WHERE id = ?1 AND is_server_admin = 0 \
                 AND NOT EXISTS (SELECT 1 FROM site_user m WHERE m.user_id = ?1)";
            tx.execute(sql, params![id]).await?;
            Ok(())
        })
    }
}

/// Lists the users that a further condition lets through.
pub(crate) async fn page(
    conn: &Conn,
    site: SiteId,
    query: &ListQuery,
    condition: impl FnOnce(&mut Select) -> Option<String>,
) -> Result<Page<User>> {
    let mut select = Select::from("site_user m JOIN account a ON a.id = m.user_id");
    let at = select.bind(site);
    select.and(format!("m.site_id = {at}"));
    if let Some(condition) = condition(&mut select) {
        select.and(condition);
    }
    let (ids, total) = select
        .page(conn, FIELDS, query, "m.user_id", "m.created_at, m.user_id")
        .await?;
    Ok(Page {
        items: load(conn, site, &ids).await?,
        total,
    })
}

/// Reads users of a site, in the order of their ids.
pub(crate) async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM account a LEFT JOIN site_user m ON m.user_id = a.id AND m.site_id = ?1 \
         WHERE a.id IN LIST(?2) AND (m.user_id IS NOT NULL OR a.is_server_admin = 1)"
    );
    let rows = conn.query(&sql, params![site, ids.to_vec()]).await?;
    let users = rows
        .into_iter()
        .map(|mut row| read(&mut row))
        .collect::<Result<Vec<_>>>()?;
    Ok(in_order(ids, users, |user| user.id.to_string()))
}

pub(crate) fn read(row: &mut Row) -> Result<User> {
    let id = row.id()?;
    let (name, domain, full_name, email) = (row.text()?, row.text()?, row.opt_text()?, row.opt_text()?);
    let role = row.opt_text()?;
    let is_server_admin = row.bool()?;
    Ok(User {
        id,
        name,
        domain,
        full_name,
        email,
        is_member: role.is_some(),
        role: match role {
            _ if is_server_admin => SiteRole::ServerAdministrator,
            Some(role) => {
                SiteRole::parse(&role).ok_or_else(|| Error::Damaged(format!("`{role}` is no site role")))?
            }
            None => SiteRole::Unlicensed,
        },
        is_server_admin,
        auth_setting: row.opt_text()?,
        last_login: row.opt_int()?,
        external_auth_user_id: row.opt_text()?,
        locale: row.opt_text()?,
        language: row.opt_text()?,
        created_at: row.int()?,
        updated_at: row.int()?,
    })
}

pub(crate) fn domain_of(new: &NewUser) -> &str {
    new.domain.as_deref().unwrap_or(LOCAL_DOMAIN)
}

pub(crate) async fn find_account(conn: &Conn, user_name: &str, domain: &str) -> Result<Option<UserId>> {
    let sql = "SELECT id FROM account WHERE name_key = ?1 AND domain_key = ?2";
    let row = conn
        .row(sql, params![name::key(user_name), name::key(domain)])
        .await?;
    row.map(|mut row| row.id()).transpose()
}

pub(crate) async fn is_member(conn: &Conn, site: SiteId, user: UserId) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM site_user WHERE site_id = ?1 AND user_id = ?2";
    Ok(conn.number(sql, params![site, user]).await? > 0)
}

/// Makes sure that a user can own things on a site.
pub(crate) async fn require(conn: &Conn, site: SiteId, user: UserId) -> Result<()> {
    let sql = "SELECT COUNT(*) FROM account a WHERE a.id = ?2 AND (a.is_server_admin = 1 OR EXISTS \
         (SELECT 1 FROM site_user m WHERE m.site_id = ?1 AND m.user_id = a.id))";
    match conn.number(sql, params![site, user]).await? {
        0 => Err(Error::NotFound(What::User)),
        _ => Ok(()),
    }
}

pub(crate) async fn insert_account(
    tx: &Conn,
    new: &NewUser,
    password_hash: Option<&str>,
    server_admin: bool,
    now: Millis,
) -> Result<UserId> {
    let id: UserId = new_id()?;
    let sql = "INSERT INTO account (id, name, name_key, domain, domain_key, full_name, email, password_hash, \
         is_server_admin, external_auth_user_id, locale, language, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)";
    let domain = domain_of(new);
    tx.execute(
        sql,
        params![
            id,
            &new.name,
            name::key(&new.name),
            domain,
            name::key(domain),
            new.full_name.as_deref(),
            new.email.as_deref(),
            password_hash,
            server_admin,
            new.external_auth_user_id.as_deref(),
            new.locale.as_deref(),
            new.language.as_deref(),
            now,
        ],
    )
    .await?;
    Ok(id)
}

/// Makes an account a member of a site and of its group of all users.
pub(crate) async fn insert_member(
    tx: &Conn,
    site: SiteId,
    user: UserId,
    role: SiteRole,
    auth_setting: Option<&str>,
    now: Millis,
) -> Result<()> {
    let sql = "INSERT INTO site_user (site_id, user_id, role, auth_setting, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    tx.execute(sql, params![site, user, role.as_str(), auth_setting, now])
        .await?;
    let sql = "INSERT INTO group_member (group_id, user_id) \
         SELECT g.id, a.id FROM user_group g JOIN account a ON a.id = ?2 WHERE g.site_id = ?1 AND g.is_all_users = 1";
    tx.execute(sql, params![site, user]).await?;
    Ok(())
}

/// Counts the users of a site by licence, one user left out if wished.
pub(crate) async fn count_licenses(conn: &Conn, site: SiteId, except: Option<UserId>) -> Result<SiteUsage> {
    let sql = format!(
        "SELECT {ROLE}, COUNT(*) FROM site_user m JOIN account a ON a.id = m.user_id \
         WHERE m.site_id = ?1 AND m.user_id <> ?2 GROUP BY {ROLE}"
    );
    let mut usage = SiteUsage::default();
    let except = except.map(|id| id.to_string()).unwrap_or_default();
    for mut row in conn.query(&sql, params![site, except]).await? {
        let (role, count) = (row.word(SiteRole::parse)?, row.int()?);
        usage.num_users += count;
        match role.license() {
            Some(License::Creator) => usage.num_creators += count,
            Some(License::Explorer) => usage.num_explorers += count,
            Some(License::Viewer) => usage.num_viewers += count,
            None => {}
        }
    }
    Ok(usage)
}

/// The licence of a role, if the site has none left of it.
async fn lacking_license(
    tx: &Conn,
    site: SiteId,
    role: SiteRole,
    except: Option<UserId>,
) -> Result<Option<License>> {
    Ok(match role.license() {
        Some(_) => Licenses::of(tx, site, except).await?.lacking(role),
        None => None,
    })
}

/// The licences of a site: how many it may give out, and how many it has.
pub(crate) struct Licenses {
    quota: Option<i64>,
    /// Of Creators, Explorers, Viewers: capacity and those in use.
    tiers: [(Option<i64>, i64); 3],
}

impl Licenses {
    /// Counts the licences of a site, one user left out if wished.
    pub(crate) async fn of(tx: &Conn, site: SiteId, except: Option<UserId>) -> Result<Self> {
        let sql = "SELECT user_quota, tier_creator, tier_explorer, tier_viewer FROM site WHERE id = ?1";
        let row = tx.row(sql, params![site]).await?;
        let mut row = row.ok_or(Error::NotFound(What::Site))?;
        let used = count_licenses(tx, site, except).await?;
        // Tableau: server administrators are not counted against a site's limits.
        let sql = "SELECT COUNT(*) FROM site_user m JOIN account a ON a.id = m.user_id \
             WHERE m.site_id = ?1 AND a.is_server_admin = 1 AND m.user_id <> ?2";
        let except = except.map(|id| id.to_string()).unwrap_or_default();
        let administrators = tx.number(sql, params![site, except]).await?;
        Ok(Self {
            quota: row.opt_int()?,
            tiers: [
                (row.opt_int()?, used.num_creators - administrators),
                (row.opt_int()?, used.num_explorers),
                (row.opt_int()?, used.num_viewers),
            ],
        })
    }

    /// The licence of a role, if none is left of it.
    pub(crate) fn lacking(&self, role: SiteRole) -> Option<License> {
        let license = role.license()?;
        let (capacity, taken) = self.tiers[tier(license)];
        let licensed: i64 = self.tiers.iter().map(|tier| tier.1).sum();
        let is_full = capacity.is_some_and(|n| taken >= n) || self.quota.is_some_and(|n| licensed >= n);
        is_full.then_some(license)
    }

    /// Gives a user who had one role another, if there is a licence for it.
    pub(crate) fn exchange(&mut self, old: SiteRole, new: SiteRole) -> bool {
        if let Some(license) = old.license() {
            self.tiers[tier(license)].1 -= 1;
        }
        let given = match self.lacking(new) {
            Some(_) => old,
            None => new,
        };
        if let Some(license) = given.license() {
            self.tiers[tier(license)].1 += 1;
        }
        given == new
    }
}

fn tier(license: License) -> usize {
    match license {
        License::Creator => 0,
        License::Explorer => 1,
        License::Viewer => 2,
    }
}
