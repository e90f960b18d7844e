//! Groups of a directory: taken over and kept in step.

use std::collections::{HashMap, HashSet};

use vivant_model::{GroupId, JobItem, JobItemKind, SiteId, SiteRole, StatusNote, UserId, name};

use crate::db::{Conn, params, transact};
use crate::jobs::{self, Fence};
use crate::users::Licenses;
use crate::{Error, Forbidden, Group, Millis, NewGroup, NewUser, Result, Store, What, groups, sites, users};

/// A group of a directory as it stands there.
#[derive(Clone, Debug)]
pub struct ImportGroup {
    /// The site.
    pub site: SiteId,
    /// The group to bring into step; `None` makes one.
    pub group: Option<GroupId>,
    /// The group's name in the directory.
    pub name: String,
    /// The group's domain.
    pub domain: String,
    /// Where it comes from, such as `ActiveDirectory`.
    pub source: String,
    /// The least role of its members on the site: who has less, or is not there, is given it. `None`
    /// leaves roles as they are and adds nobody to the site.
    pub site_role: Option<SiteRole>,
    /// When members are given that role: `onLogin`, which leaves roles to be given then, or `onSync`;
    /// `None` leaves the group's own mode as it is.
    pub license_mode: Option<String>,
    /// Its members.
    pub members: Vec<DirectoryUser>,
    /// How many of its members cannot be users, such as computers; they count as skipped.
    pub unusable: u64,
}

/// A person of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryUser {
    /// The user name.
    pub name: String,
    /// The domain.
    pub domain: String,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The id in the directory, which stays through renaming.
    pub external_id: Option<String>,
    /// Whether the directory lets the person sign in no more: such a user becomes unlicensed and is
    /// no member of the group.
    pub is_disabled: bool,
}

/// What bringing a group into step did.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The group.
    pub group: Group,
    /// Whether it was made.
    pub created: bool,
    /// What was done to how many.
    pub counts: ImportCounts,
}

/// What was done to how many users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Members of the group in the directory.
    pub in_directory: u64,
    /// Members looked at.
    pub processed: u64,
    /// Members that could not be taken over.
    pub skipped: u64,
    /// Users added to the site.
    pub added_to_site: u64,
    /// Users added to the group.
    pub added_to_group: u64,
    /// Users taken out of the group.
    pub removed_from_group: u64,
    /// Users whose name or address was brought into step.
    pub information_updated: u64,
    /// Users given a greater role.
    pub role_updated: u64,
    /// Users who could not be given the role, since no licence is left.
    pub insufficient_licenses: u64,
    /// Users who lost their licence, since the directory disabled them.
    pub unlicensed: u64,
}

impl ImportCounts {
    /// The counts as a job reports them.
    pub fn status_notes(&self) -> Vec<StatusNote> {
        let note = |(kind, count, text): (&str, u64, &str)| StatusNote {
            kind: kind.to_owned(),
            value: count.to_string(),
            text: format!("{text}: {count}."),
        };
        // Tableau: the names are those of the reference.
        [
            (
                "CountOfUsersInActiveDirectoryGroup",
                self.in_directory,
                "Members of the group in the directory",
            ),
            ("CountOfUsersProcessed", self.processed, "Members looked at"),
            (
                "CountOfUsersSkipped",
                self.skipped,
                "Members that could not be taken over",
            ),
            (
                "CountOfUsersAddedToSite",
                self.added_to_site,
                "Users added to the site",
            ),
            (
                "CountOfUsersAddedToGroup",
                self.added_to_group,
                "Users added to the group",
            ),
            (
                "CountOfUsersRemovedFromGroup",
                self.removed_from_group,
                "Users taken out of the group",
            ),
            (
                "CountOfUsersInformationUpdated",
                self.information_updated,
                "Users whose information was updated",
            ),
            (
                "CountOfUsersSiteRoleUpdated",
                self.role_updated,
                "Users given another site role",
            ),
            (
                "CountOfUsersWithInsufficientLicenses",
                self.insufficient_licenses,
                "Users for whose site role no licence was left",
            ),
            (
                "CountOfUsersUnlicensed",
                self.unlicensed,
                "Users who lost their licence",
            ),
        ]
        .map(note)
        .to_vec()
    }
}

/// The mode in which members are given their role when they sign in.
const ON_LOGIN: &str = "onlogin";

impl Store {
    /// Takes over a group of a directory or brings one into step, in one transaction: makes accounts,
    /// adds users to the site and the group, gives them the role, and takes others out of the group.
    /// A job's outcome is given the counts as its status notes.
    pub async fn import_group(&self, import: ImportGroup, fence: Fence<'_>, now: Millis) -> Result<Imported> {
        let site = import.site;
        let (id, counts) = transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let id = place(&tx, &import, now).await?;
            let mut counts = ImportCounts {
                processed: import.members.len() as u64,
                skipped: import.unusable,
                ..ImportCounts::default()
            };
            let members = take_over(&tx, id, &import, &mut counts, now).await?;
            set_members(&tx, id, members, &mut counts).await?;
            let made = JobItem {
                kind: JobItemKind::Group,
                id: id.0,
            };
            jobs::settle(&tx, &fence, Some(made), &counts.status_notes(), now).await?;
            Ok((id, counts))
        })?;
        let group = self.group(site, id).await?.ok_or(Error::NotFound(What::Group))?;
        Ok(Imported {
            group,
            created: import.group.is_none(),
            counts,
        })
    }
}

/// Makes the group, or notes at the one that is there where it comes from.
async fn place(tx: &Conn, import: &ImportGroup, now: Millis) -> Result<GroupId> {
    let id = match import.group {
        Some(id) => {
            let group = groups::require(tx, import.site, id).await?;
            if group.is_all_users {
                return Err(Error::Forbidden(Forbidden::AllUsers));
            }
            if let Some(other) = groups::find(tx, import.site, &group.name, &import.domain).await?
                && other != id
            {
                return Err(Error::conflict(What::Group, Some(other.0), &group.name));
            }
            id
        }
        None => {
            let new = NewGroup {
                name: import.name.clone(),
                domain: Some(import.domain.clone()),
                ..NewGroup::default()
            };
            groups::insert(tx, import.site, &new, false, now).await?
        }
    };
    let sql = "UPDATE user_group SET domain = ?2, domain_key = ?3, import_source = ?4, synced_at = ?5, updated_at = ?5, \
         minimum_site_role = COALESCE(?6, minimum_site_role), license_mode = COALESCE(?7, license_mode) WHERE id = ?1";
    tx.execute(
        sql,
        params![
            id,
            &import.domain,
            name::key(&import.domain),
            &import.source,
            now,
            import.site_role.map(SiteRole::as_str),
            import.license_mode.as_deref(),
        ],
    )
    .await?;
    Ok(id)
}

/// An account that may be the one of a person of the directory.
struct Known {
    id: UserId,
    name: String,
    full_name: Option<String>,
    email: Option<String>,
    external_id: Option<String>,
    is_server_admin: bool,
    /// The role on the site, of its users.
    role: Option<SiteRole>,
}

/// The accounts that the people of a directory may have here.
#[derive(Default)]
struct Accounts {
    by_name: HashMap<(String, String), usize>,
    by_external_id: HashMap<(String, String), usize>,
    known: Vec<Known>,
}

impl Accounts {
    /// Reads, in one query, all accounts that have the name or the id of one of the people.
    async fn read(tx: &Conn, import: &ImportGroup) -> Result<Self> {
        let names: Vec<String> = import
            .members
            .iter()
            .map(|person| name::key(&person.name))
            .collect();
        let ids: Vec<String> = import
            .members
            .iter()
            .filter_map(|person| person.external_id.clone())
            .collect();
        let sql = "SELECT a.id, a.name, a.name_key, a.domain_key, a.full_name, a.email, a.external_auth_user_id, \
             a.is_server_admin, m.role FROM account a \
             LEFT JOIN site_user m ON m.user_id = a.id AND m.site_id = ?1 \
             WHERE a.name_key IN LIST(?2) OR a.external_auth_user_id IN LIST(?3)";
        let mut accounts = Self::default();
        for mut row in tx.query(sql, params![import.site, names, ids]).await? {
            let (id, name, name_key, domain_key) = (row.id()?, row.text()?, row.text()?, row.text()?);
            let known = Known {
                id,
                name,
                full_name: row.opt_text()?,
                email: row.opt_text()?,
                external_id: row.opt_text()?,
                is_server_admin: row.bool()?,
                role: row.opt_text()?.as_deref().and_then(SiteRole::parse),
            };
            let at = accounts.known.len();
            if let Some(external) = &known.external_id {
                accounts
                    .by_external_id
                    .insert((external.clone(), domain_key.clone()), at);
            }
            accounts.by_name.insert((name_key, domain_key), at);
            accounts.known.push(known);
        }
        Ok(accounts)
    }

    /// The account of a person: the one with the person's id, under whatever name, else the one of
    /// that name.
    fn find(&self, person: &DirectoryUser) -> Option<&Known> {
        let domain = name::key(&person.domain);
        let by_id = person
            .external_id
            .as_ref()
            .and_then(|id| self.by_external_id.get(&(id.clone(), domain.clone())));
        let at = by_id.or_else(|| self.by_name.get(&(name::key(&person.name), domain)))?;
        self.known.get(*at)
    }

    /// Whether another account has the name.
    fn is_taken(&self, person: &DirectoryUser, by_other_than: UserId) -> bool {
        let key = (name::key(&person.name), name::key(&person.domain));
        let holder = self.by_name.get(&key).and_then(|at| self.known.get(*at));
        holder.is_some_and(|known| known.id != by_other_than)
    }
}

/// Makes users of the site of the people of a directory; answers those who belong to the group.
async fn take_over(
    tx: &Conn,
    group: GroupId,
    import: &ImportGroup,
    counts: &mut ImportCounts,
    now: Millis,
) -> Result<HashSet<UserId>> {
    let accounts = Accounts::read(tx, import).await?;
    let mut licenses = Licenses::of(tx, import.site, None).await?;
    let sql = "SELECT license_mode FROM user_group WHERE id = ?1";
    let mode = match tx.row(sql, params![group]).await? {
        Some(mut row) => row.opt_text()?,
        None => None,
    };
    let gives_roles = !mode.is_some_and(|mode| mode.eq_ignore_ascii_case(ON_LOGIN));
    let (mut members, mut seen) = (HashSet::new(), HashSet::new());
    for person in &import.members {
        if !seen.insert((name::key(&person.name), name::key(&person.domain))) {
            counts.skipped += 1;
            continue;
        }
        let known = accounts.find(person);
        if person.is_disabled {
            counts.unlicensed += u64::from(disable(tx, import.site, known, &mut licenses, now).await?);
            continue;
        }
        counts.in_directory += 1;
        let wanted = import.site_role.filter(|_| gives_roles);
        let id = match known {
            Some(known) => {
                if update(tx, &accounts, known, person, now).await? {
                    counts.information_updated += 1;
                }
                known.id
            }
            None if import.site_role.is_none() => {
                counts.skipped += 1;
                continue;
            }
            None => {
                let new = NewUser {
                    name: person.name.clone(),
                    domain: Some(person.domain.clone()),
                    full_name: person.full_name.clone(),
                    email: person.email.clone(),
                    external_auth_user_id: person.external_id.clone(),
                    ..NewUser::default()
                };
                users::insert_account(tx, &new, None, false, now).await?
            }
        };
        match known.and_then(|known| known.role) {
            Some(role) => {
                let is_server_admin = known.is_some_and(|known| known.is_server_admin);
                let joined = wanted.map_or(role, |wanted| role.joined(wanted));
                if joined != role && !is_server_admin {
                    if licenses.exchange(role, joined) {
                        set_role(tx, import.site, id, joined, now).await?;
                        counts.role_updated += 1;
                    } else {
                        counts.insufficient_licenses += 1;
                    }
                }
            }
            None if import.site_role.is_none() => {
                counts.skipped += 1;
                continue;
            }
            None => {
                let mut role = wanted.unwrap_or(SiteRole::Unlicensed);
                if !licenses.exchange(SiteRole::Unlicensed, role) {
                    role = SiteRole::Unlicensed;
                    counts.insufficient_licenses += 1;
                }
                users::insert_member(tx, import.site, id, role, None, now).await?;
                counts.added_to_site += 1;
            }
        }
        members.insert(id);
    }
    counts.in_directory += import.unusable;
    Ok(members)
}

/// Brings name and addresses of an account into step; answers whether they were not. What the
/// directory does not say stays.
async fn update(
    tx: &Conn,
    accounts: &Accounts,
    known: &Known,
    person: &DirectoryUser,
    now: Millis,
) -> Result<bool> {
    let differs = |new: &Option<String>, old: &Option<String>| new.is_some() && new != old;
    let renamed = person.name != known.name && !accounts.is_taken(person, known.id);
    if !renamed
        && !differs(&person.full_name, &known.full_name)
        && !differs(&person.email, &known.email)
        && !differs(&person.external_id, &known.external_id)
    {
        return Ok(false);
    }
    let new_name = if renamed { &person.name } else { &known.name };
    let sql = "UPDATE account SET name = ?2, name_key = ?3, full_name = COALESCE(?4, full_name), \
         email = COALESCE(?5, email), external_auth_user_id = COALESCE(?6, external_auth_user_id), updated_at = ?7 \
         WHERE id = ?1";
    tx.execute(
        sql,
        params![
            known.id,
            new_name,
            name::key(new_name),
            person.full_name.as_deref(),
            person.email.as_deref(),
            person.external_id.as_deref(),
            now,
        ],
    )
    .await?;
    Ok(true)
}

/// Takes the licence of a user whom the directory disabled; answers whether there was one.
async fn disable(
    tx: &Conn,
    site: SiteId,
    known: Option<&Known>,
    licenses: &mut Licenses,
    now: Millis,
) -> Result<bool> {
    let Some(known) = known.filter(|known| !known.is_server_admin) else {
        return Ok(false);
    };
    match known.role {
        Some(role) if role != SiteRole::Unlicensed => {
            licenses.exchange(role, SiteRole::Unlicensed);
            set_role(tx, site, known.id, SiteRole::Unlicensed, now).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

async fn set_role(tx: &Conn, site: SiteId, user: UserId, role: SiteRole, now: Millis) -> Result<()> {
    let sql = "UPDATE site_user SET role = ?3, updated_at = ?4 WHERE site_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![site, user, role.as_str(), now])
        .await
        .map(drop)
}

/// Makes these users, and nobody else, the members of a group.
async fn set_members(
    tx: &Conn,
    group: GroupId,
    members: HashSet<UserId>,
    counts: &mut ImportCounts,
) -> Result<()> {
    let mut added = members;
    let mut removed = Vec::new();
    let sql = "SELECT user_id FROM group_member WHERE group_id = ?1";
    for mut row in tx.query(sql, params![group]).await? {
        let id: UserId = row.id()?;
        if !added.remove(&id) {
            removed.push(id.to_string());
        }
    }
    counts.added_to_group = added.len() as u64;
    counts.removed_from_group = removed.len() as u64;
    let mut added: Vec<String> = added.iter().map(UserId::to_string).collect();
    added.sort_unstable();
    let sql = "INSERT INTO group_member (group_id, user_id) SELECT g.id, a.id FROM user_group g \
         JOIN account a ON a.id IN LIST(?2) WHERE g.id = ?1";
    tx.execute(sql, params![group, added]).await?;
    let sql = "DELETE FROM group_member WHERE group_id = ?1 AND user_id IN LIST(?2)";
    tx.execute(sql, params![group, removed]).await.map(drop)
}
