//! Permission rules, and the facts that a decision is made of.

//!
//! Sets of rules are shared: an `acl` is found by the digest of its rules, and everything that has
//! exactly these rules points to it. A hundred thousand workbooks with their project's default
//! rules share one.

use std::collections::BTreeMap;

use vivant_model::permission::{self, Subject, decide};
use vivant_model::{
    Capability, CapabilitySet, ContentKind, Grantee, GroupId, Luid, ProjectId, Rule, SiteId, UserId,
};

use crate::db::{Conn, params, transact};
use crate::secrets::{new_id, sha256_hex};
use crate::{
    Caller, Error, Forbidden, Millis, Result, Store, User, What, groups, projects, sites, visibility,
};

/// What `vivant_model::permission::decide` needs to know of an item and its caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The item's owner; of a view its workbook's.
    pub owner: Option<UserId>,
    /// Whether the caller leads the item's project, or a project that it is nested in. For a
    /// project, the project itself counts.
    pub led: bool,
    /// The rules in force.
    pub rules: Vec<Rule>,
    /// Whether the rules are locked to a project.
    pub locked: bool,
    /// The caller's groups.
    pub groups: Vec<GroupId>,
    /// The project that the item lies in; of a project its parent.
    pub project: Option<ProjectId>,
}

/// Where rules stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesOf {
    /// On an item.
    Item(ContentKind, Luid),
    /// In a project, for content of a kind that is published to it.
    Defaults(ProjectId, ContentKind),
}

/// A change of rules.
#[derive(Clone, Copy, Debug)]
pub enum RuleChange<'a> {
    /// Adds what the rules say; a capability that a grantee is allowed or denied already stays as
    /// it is.
    Add(&'a [Rule]),
    /// Takes away what the rule says, all of which must be there.
    Remove(Rule),
}

const USER: i64 = 0;
const GROUP: i64 = 1;

impl Store {
    /// The rules in force on an item: of a view its workbook's while tabs are shown.
    pub async fn rules(&self, kind: ContentKind, id: Luid) -> Result<Vec<Rule>> {
        read(&self.conn().await?, RulesOf::Item(kind, id)).await
    }

    /// Replaces the rules of an item. In a locked project only the locking project's own rules can
    /// be set; they hold for the projects nested in it too.
    pub async fn set_rules(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        rules: &[Rule],
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            write(&tx, site, RulesOf::Item(kind, id), rules, now).await
        })
    }

    /// Changes rules in one step with reading them, and answers those in force afterwards.
    pub async fn change_rules(
        &self,
        site: SiteId,
        of: RulesOf,
        change: RuleChange<'_>,
        now: Millis,
    ) -> Result<Vec<Rule>> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            refuse_closed(&tx, site, of).await?;
            let old = read(&tx, of).await?;
            let rules = match change {
                RuleChange::Add(new) => with_added(&old, new),
                RuleChange::Remove(gone) => without(&old, gone).ok_or(Error::NotFound(What::Rule))?,
            };
            write(&tx, site, of, &rules, now).await?;
            read(&tx, of).await
        })
    }

    /// The rules that content of a kind gets when it is published to a project.
    pub async fn default_rules(&self, project: ProjectId, kind: ContentKind) -> Result<Vec<Rule>> {
        read(&self.conn().await?, RulesOf::Defaults(project, kind)).await
    }

    /// Replaces the rules that content of a kind gets in a project; where the project is locked
    /// they hold at once for all content of the kind.
    pub async fn set_default_rules(
        &self,
        site: SiteId,
        project: ProjectId,
        kind: ContentKind,
        rules: &[Rule],
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            write(&tx, site, RulesOf::Defaults(project, kind), rules, now).await
        })
    }

    /// What a decision on an item is made of; `None` where it is not on the caller's site.
    pub async fn facts(&self, caller: &Caller, kind: ContentKind, id: Luid) -> Result<Option<Facts>> {
        facts(&self.conn().await?, caller, kind, id).await
    }
}

async fn facts(conn: &Conn, caller: &Caller, kind: ContentKind, id: Luid) -> Result<Option<Facts>> {
    let Some(item) = item(conn, kind, id)
        .await?
        .filter(|item| item.site == caller.site)
    else {
        return Ok(None);
    };
    let start = if kind == ContentKind::Project {
        Some(ProjectId(id))
    } else {
        item.project
    };
    let led = match start {
        Some(project) if caller.role.ceiling().contains(Capability::ProjectLeader) => {
            visibility::leads(conn, caller, project).await?
        }
        _ => false,
    };
    Ok(Some(Facts {
        owner: Some(item.owner),
        led,
        rules: read_acl(conn, &item.acl).await?,
        locked: item.locked_by.is_some(),
        groups: groups::groups_of(conn, caller.site, caller.user).await?,
        project: item.project,
    }))
}

/// Which of a site's users hold a capability on an item, in their order: asked of the database once for all of them.
pub(crate) async fn who_may(
    conn: &Conn,
    site: SiteId,
    users: &[User],
    (kind, id): (ContentKind, Luid),
    capability: Capability,
) -> Result<Vec<bool>> {
    let Some(item) = item(conn, kind, id).await?.filter(|item| item.site == site) else {
        return Ok(vec![false; users.len()]);
    };
    let rules = read_acl(conn, &item.acl).await?;
    let above = match item.project {
        Some(project) => projects_above(conn, project).await?,
        None => Vec::new(),
    };
    let groups = groups::groups_of_many(conn, site, users.iter().map(|user| user.id)).await?;
    let may = |user: &User| {
        let subject = Subject {
            role: user.role,
            user: user.id,
            groups: groups.get(&user.id).map(Vec::as_slice).unwrap_or_default(),
        };
        let allowed = |owner: UserId, led: bool, rules: &[Rule], capability: Capability| {
            let item = permission::Item {
                owner: Some(owner),
                led,
                rules,
                locked: item.locked_by.is_some(),
            };
            decide(subject, item, capability).allowed
        };
        let leads =
            |(owner, rules): &(UserId, Vec<Rule>)| allowed(*owner, false, rules, Capability::ProjectLeader);
        allowed(item.owner, above.iter().any(leads), &rules, capability)
    };
    Ok(users.iter().map(may).collect())
}

/// The owner and the rules of a project and of those that it is nested in.
async fn projects_above(conn: &Conn, project: ProjectId) -> Result<Vec<(UserId, Vec<Rule>)>> {
    let sql = format!(
        "WITH RECURSIVE {} SELECT up.owner_id, up.acl_id FROM up",
        visibility::up("?1")
    );
    let mut found = Vec::new();
    for mut row in conn.query(&sql, params![project]).await? {
        let (owner, acl) = (row.id()?, row.text()?);
        found.push((owner, read_acl(conn, &acl).await?));
    }
    Ok(found)
}

/// Whether the caller holds a capability on an item; on one that is not there nobody does.
pub(crate) async fn allows(
    conn: &Conn,
    caller: &Caller,
    kind: ContentKind,
    id: Luid,
    capability: Capability,
) -> Result<bool> {
    let Some(facts) = facts(conn, caller, kind, id).await? else {
        return Ok(false);
    };
    let subject = Subject {
        role: caller.role,
        user: caller.user,
        groups: &facts.groups,
    };
    let item = permission::Item {
        owner: facts.owner,
        led: facts.led,
        rules: &facts.rules,
        locked: facts.locked,
    };
    Ok(decide(subject, item, capability).allowed)
}

/// Reads rules.
async fn read(conn: &Conn, of: RulesOf) -> Result<Vec<Rule>> {
    let acl = match of {
        RulesOf::Item(kind, id) => {
            item(conn, kind, id)
                .await?
                .ok_or(Error::NotFound(what(kind)))?
                .acl
        }
        RulesOf::Defaults(project, kind) => {
            let sql = format!("SELECT {} FROM project WHERE id = ?1", projects::acl_column(kind));
            let row = conn.row(&sql, params![project]).await?;
            row.ok_or(Error::NotFound(What::Project))?.text()?
        }
    };
    read_acl(conn, &acl).await
}

/// Refuses changes where the rules of another project or of a workbook hold.
async fn refuse_closed(tx: &Conn, site: SiteId, of: RulesOf) -> Result<()> {
    let (kind, id) = match of {
        RulesOf::Item(kind, id) => (kind, id),
        RulesOf::Defaults(project, _) => (ContentKind::Project, project.0),
    };
    let item = item(tx, kind, id).await?.filter(|item| item.site == site);
    let item = item.ok_or(Error::NotFound(what(kind)))?;
    // A project that locks itself is where the rules are changed.
    let own = (kind == ContentKind::Project).then_some(ProjectId(id));
    if item.locked_by.is_some() && item.locked_by != own {
        return Err(Error::Forbidden(Forbidden::Locked));
    }
    match item.follows_workbook {
        true => Err(Error::Forbidden(Forbidden::ViewFollowsWorkbook)),
        false => Ok(()),
    }
}

/// Replaces rules. The caller holds the site's lock.
async fn write(tx: &Conn, site: SiteId, of: RulesOf, rules: &[Rule], now: Millis) -> Result<()> {
    refuse_closed(tx, site, of).await?;
    let acl = find_or_make_acl(tx, site, rules).await?;
    match of {
        RulesOf::Item(ContentKind::Project, id) => {
            write_project(tx, ProjectId(id), ContentKind::Project, &acl, now).await
        }
        RulesOf::Defaults(project, kind) => write_project(tx, project, kind, &acl, now).await,
        RulesOf::Item(kind, id) => {
            let table = match kind {
                ContentKind::View => "view",
                _ => "content",
            };
            let sql = format!("UPDATE {table} SET acl_id = ?2, updated_at = ?3 WHERE id = ?1");
            tx.execute(&sql, params![id, acl, now]).await.map(drop)
        }
    }
}

/// Replaces a project's own rules, or those for a kind of content, there and wherever it locks.
async fn write_project(tx: &Conn, id: ProjectId, kind: ContentKind, acl: &str, now: Millis) -> Result<()> {
    let column = projects::acl_column(kind);
    let sql = format!("UPDATE project SET {column} = ?2, updated_at = ?3 WHERE id = ?1");
    tx.execute(&sql, params![id, acl, now]).await?;
    let sql = format!("UPDATE project SET {column} = ?2 WHERE locked_by = ?1");
    let locked = tx.execute(&sql, params![id, acl]).await?;
    if locked > 0 && kind != ContentKind::Project {
        projects::lock_content(tx, id).await?;
    }
    Ok(())
}

/// The rules with further ones; what they say already stays.
fn with_added(old: &[Rule], new: &[Rule]) -> Vec<Rule> {
    let mut rules = old.to_vec();
    for rule in new {
        match rules.iter_mut().find(|known| known.grantee == rule.grantee) {
            Some(known) => {
                let said = known.allow.union(known.deny);
                known.allow = known.allow.union(rule.allow.without(said));
                known.deny = known.deny.union(rule.deny.without(said));
            }
            None => rules.push(*rule),
        }
    }
    rules
}

/// The rules without what one says; `None` where they do not say all of it.
fn without(old: &[Rule], gone: Rule) -> Option<Vec<Rule>> {
    let mut rules = old.to_vec();
    let rule = rules.iter_mut().find(|rule| rule.grantee == gone.grantee)?;
    if !gone.allow.without(rule.allow).is_empty() || !gone.deny.without(rule.deny).is_empty() {
        return None;
    }
    rule.allow = rule.allow.without(gone.allow);
    rule.deny = rule.deny.without(gone.deny);
    Some(rules)
}

/// Where an item stands.
struct Item {
    site: SiteId,
    acl: String,
    owner: UserId,
    project: Option<ProjectId>,
    locked_by: Option<ProjectId>,
    follows_workbook: bool,
}

async fn item(conn: &Conn, kind: ContentKind, id: Luid) -> Result<Option<Item>> {
    let row = match kind {
        ContentKind::Project => {
            let sql = "SELECT p.site_id, p.acl_id, p.owner_id, p.parent_id, p.locked_by, 0 FROM project p \
                 WHERE p.id = ?1";
            conn.row(sql, params![id]).await?
        }
        ContentKind::View => {
            let sql = format!(
                "SELECT v.site_id, {}, c.owner_id, c.project_id, p.locked_by, c.show_tabs FROM view v \
                 JOIN content c ON c.id = v.content_id JOIN project p ON p.id = c.project_id WHERE v.id = ?1",
                visibility::VIEW_ACL
            );
            conn.row(&sql, params![id]).await?
        }
        ContentKind::Workbook | ContentKind::Datasource | ContentKind::Flow => {
            let sql = "SELECT c.site_id, c.acl_id, c.owner_id, c.project_id, p.locked_by, 0 FROM content c \
                 JOIN project p ON p.id = c.project_id WHERE c.id = ?1 AND c.kind = ?2";
            conn.row(sql, params![id, kind.as_str()]).await?
        }
    };
    let Some(mut row) = row else { return Ok(None) };
    Ok(Some(Item {
        site: row.id()?,
        acl: row.text()?,
        owner: row.id()?,
        project: row.opt_id()?,
        locked_by: row.opt_id()?,
        follows_workbook: row.bool()?,
    }))
}

/// The kind of a missing item.
pub(crate) fn what(kind: ContentKind) -> What {
    match kind {
        ContentKind::Project => What::Project,
        ContentKind::Workbook => What::Workbook,
        ContentKind::View => What::View,
        ContentKind::Datasource => What::Datasource,
        ContentKind::Flow => What::Flow,
    }
}

/// Finds the set with exactly these rules, or makes it. Every grantee must be on the site.
pub(crate) async fn find_or_make_acl(tx: &Conn, site: SiteId, rules: &[Rule]) -> Result<String> {
    let rules = merged(rules);
    refuse_strangers(tx, site, &rules).await?;
    let mut text = String::new();
    for ((kind, id), (allow, deny)) in &rules {
        text.push_str(&format!("{kind} {id} {} {}\n", allow.bits(), deny.bits()));
    }
    let digest = sha256_hex(text.as_bytes());
    let sql = "SELECT id FROM acl WHERE site_id = ?1 AND digest = ?2";
    if let Some(mut row) = tx.row(sql, params![site, &digest]).await? {
        return row.text();
    }
    let acl = new_id::<Luid>()?.to_string();
    let sql = "INSERT INTO acl (id, site_id, digest) VALUES (?1, ?2, ?3)";
    tx.execute(sql, params![&acl, site, &digest]).await?;
    let sql =
        "INSERT INTO acl_rule (acl_id, grantee_kind, grantee_id, allow, deny) VALUES (?1, ?2, ?3, ?4, ?5)";
    for ((kind, id), (allow, deny)) in &rules {
        tx.execute(sql, params![&acl, *kind, id, allow.bits(), deny.bits()])
            .await?;
    }
    Ok(acl)
}

type Merged = BTreeMap<(i64, String), (CapabilitySet, CapabilitySet)>;

/// One rule for each grantee, in order, empty ones left out.
fn merged(rules: &[Rule]) -> Merged {
    let mut merged = Merged::new();
    for rule in rules {
        let key = match rule.grantee {
            Grantee::User(id) => (USER, id.to_string()),
            Grantee::Group(id) => (GROUP, id.to_string()),
        };
        let sets = merged.entry(key).or_default();
        *sets = (sets.0.union(rule.allow), sets.1.union(rule.deny));
    }
    merged.retain(|_, (allow, deny)| !allow.is_empty() || !deny.is_empty());
    merged
}

async fn refuse_strangers(tx: &Conn, site: SiteId, rules: &Merged) -> Result<()> {
    let known_users = "SELECT COUNT(*) FROM account a WHERE a.id IN LIST(?2) AND (a.is_server_admin = 1 OR EXISTS \
         (SELECT 1 FROM site_user m WHERE m.site_id = ?1 AND m.user_id = a.id))";
    let known_groups = "SELECT COUNT(*) FROM user_group g WHERE g.site_id = ?1 AND g.id IN LIST(?2)";
    for (kind, sql, what) in [
        (USER, known_users, What::User),
        (GROUP, known_groups, What::Group),
    ] {
        let ids: Vec<String> = rules
            .keys()
            .filter(|key| key.0 == kind)
            .map(|key| key.1.clone())
            .collect();
        let count = ids.len() as i64;
        if count > 0 && tx.number(sql, params![site, ids]).await? != count {
            return Err(Error::NotFound(what));
        }
    }
    Ok(())
}

async fn read_acl(conn: &Conn, acl: &str) -> Result<Vec<Rule>> {
    let sql = "SELECT grantee_kind, grantee_id, allow, deny FROM acl_rule WHERE acl_id = ?1 \
         ORDER BY grantee_kind DESC, grantee_id";
    let rows = conn.query(sql, params![acl]).await?;
    rows.into_iter()
        .map(|mut row| {
            let grantee = match row.int()? {
                USER => Grantee::User(row.id()?),
                _ => Grantee::Group(row.id()?),
            };
            let (allow, deny) = (
                CapabilitySet::from_bits(row.int()?),
                CapabilitySet::from_bits(row.int()?),
            );
            Ok(Rule { grantee, allow, deny })
        })
        .collect()
}

/// Takes a user or group out of all rules of a site.
pub(crate) async fn forget_grantee(tx: &Conn, site: SiteId, grantee: Luid) -> Result<()> {
    // The sets are no longer what their digest says, so nobody may find them by it.
    let sql = "UPDATE acl SET digest = 'changed ' || id WHERE site_id = ?1 AND id IN \
         (SELECT r.acl_id FROM acl_rule r WHERE r.grantee_id = ?2)";
    tx.execute(sql, params![site, grantee]).await?;
    let sql = "DELETE FROM acl_rule WHERE grantee_id = ?2 AND acl_id IN (SELECT a.id FROM acl a WHERE a.site_id = ?1)";
    tx.execute(sql, params![site, grantee]).await?;
    Ok(())
}
