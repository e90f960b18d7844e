//! Projects: nested folders that hold content and the rules that content starts with.

use std::collections::HashMap;

use vivant_model::capability::default_rule;
use vivant_model::project::DEFAULT_PROJECT;
use vivant_model::{
    CapabilitySet, ContentKind, ContentPermissions, Grantee, GroupId, ProjectId, Rule, SiteId, UserId, name,
};

use crate::db::{Conn, params, transact};
use crate::secrets::new_id;
use crate::select::Select;
use crate::sight::Through;
use crate::store::in_order;
use crate::visibility::Eyes;
use crate::{
    Caller, Error, Field, FieldKind, Forbidden, ListQuery, Millis, Owner, Page, Result, Store, What, blobs,
    permissions, sites, users,
};

/// How deep projects nest; a top-level project has depth 1.
pub const MAX_DEPTH: usize = 10;

/// A project.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its site.
    pub site_id: SiteId,
    /// The project that it lies in.
    pub parent: Option<ProjectId>,
    /// Its name, unique among its siblings.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Whether the rules of its content are kept in the project.
    pub content_permissions: ContentPermissions,
    /// The ancestor whose rules hold here because it is locked with its nested projects.
    pub controlling_permissions_project: Option<ProjectId>,
    /// Its owner.
    pub owner: Owner,
    /// Whether it is the site's Default project.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// What it holds directly, where asked for.
    pub counts: Option<ContentCounts>,
}

/// How much a project holds directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentCounts {
    /// Nested projects.
    pub projects: u64,
    /// Workbooks.
    pub workbooks: u64,
    /// Views of those workbooks.
    pub views: u64,
    /// Published data sources.
    pub datasources: u64,
}

/// A project to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewProject {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The project to put it in.
    pub parent: Option<ProjectId>,
    /// `None` is managed by owners. In a project that is locked with its nested projects the new
    /// one is locked too, whatever stands here.
    pub content_permissions: Option<ContentPermissions>,
    /// Its owner.
    pub owner: UserId,
}

/// What to change of a project; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectChanges {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// Whether the rules of its content are kept in the project.
    pub content_permissions: Option<ContentPermissions>,
    /// Where it lies; `Some(None)` moves it to the top.
    pub parent: Option<Option<ProjectId>>,
    /// The owner.
    pub owner: Option<UserId>,
}

const OWNER: &str = " JOIN account o ON o.id = p.owner_id";

/// What lists of projects are filtered and sorted by.
pub const FIELDS: &[Field] = &[
    Field::name("name", "p.name", "p.name_key"),
    Field::name("ownerName", "o.name", "o.name_key").joins(&[OWNER]),
    Field::name("ownerDomain", "o.domain", "o.domain_key").joins(&[OWNER]),
    Field::new("ownerEmail", FieldKind::Text, "o.email")
        .joins(&[OWNER])
        .nullable(),
    Field::new("parentProjectId", FieldKind::Text, "p.parent_id").nullable(),
    Field::new("createdAt", FieldKind::Time, "p.created_at"),
    Field::new("updatedAt", FieldKind::Time, "p.updated_at"),
    Field::new(
        "topLevelProject",
        FieldKind::Bool,
        "CAST(CASE WHEN p.parent_id IS NULL THEN 1 ELSE 0 END AS BIGINT)",
    ),
];

impl Store {
    /// Makes a project. It starts with the rules of its parent, at the top with those of the
    /// Default project.
    pub async fn create_project(&self, site: SiteId, new: NewProject, now: Millis) -> Result<Project> {
        let id = transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            users::require(&tx, site, new.owner).await?;
            let model = match new.parent {
                Some(parent) => place(&tx, site, parent).await?,
                None => place(&tx, site, default_id(&tx, site).await?).await?,
            };
            if let Some(parent) = new.parent
                && depth(&tx, parent).await? >= MAX_DEPTH
            {
                return Err(Error::Forbidden(Forbidden::ProjectTooDeep));
            }
            refuse_taken(&tx, site, new.parent, &new.name, None).await?;
            let id: ProjectId = new_id()?;
            let controller = new.parent.and(model.locks_nested());
            let permissions = match controller {
                Some(_) => ContentPermissions::LockedToProject,
                None => new
                    .content_permissions
                    .unwrap_or(ContentPermissions::ManagedByOwner),
            };
            let locked_by = controller.or(permissions.is_locked().then_some(id));
            let sql = "INSERT INTO project (id, site_id, parent_id, name, name_key, description, \
                 content_permissions, owner_id, acl_id, workbook_acl_id, datasource_acl_id, flow_acl_id, is_default, \
                 created_at, updated_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, m.acl_id, m.workbook_acl_id, \
                 m.datasource_acl_id, m.flow_acl_id, 0, CAST(?9 AS BIGINT), CAST(?9 AS BIGINT) FROM project m \
                 WHERE m.id = ?10";
            tx.execute(
                sql,
                params![
                    id,
                    site,
                    new.parent,
                    &new.name,
                    name::key(&new.name),
                    &new.description,
                    permissions.as_str(),
                    new.owner,
                    now,
                    model.id,
                ],
            )
            .await?;
            tx.execute(
                "UPDATE project SET locked_by = ?2 WHERE id = ?1",
                params![id, locked_by],
            )
            .await?;
            Ok(id)
        })?;
        self.project(site, id)
            .await?
            .ok_or(Error::NotFound(What::Project))
    }

    /// Finds a project.
    pub async fn project(&self, site: SiteId, id: ProjectId) -> Result<Option<Project>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// Finds a project by the names that lead to it, such as `Finance/Reports`, without regard to
    /// case.
    pub async fn project_by_path(&self, site: SiteId, path: &str) -> Result<Option<Project>> {
        let conn = self.conn().await?;
        let mut at: Option<ProjectId> = None;
        for part in path.trim_matches('/').split('/') {
            at = find(&conn, site, at, part).await?;
            if at.is_none() {
                return Ok(None);
            }
        }
        match at {
            Some(id) => Ok(load(&conn, site, &[id.to_string()]).await?.pop()),
            None => Ok(None),
        }
    }

    /// The Default project of a site.
    pub async fn default_project(&self, site: SiteId) -> Result<Project> {
        let conn = self.conn().await?;
        let id = default_id(&conn, site).await?;
        load(&conn, site, &[id.to_string()])
            .await?
            .pop()
            .ok_or(Error::NotFound(What::Project))
    }

    /// Lists the projects that the caller may look into.
    pub async fn projects(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Project>> {
        let conn = self.conn().await?;
        let mut select = Select::from("project p");
        let at = select.bind(caller.site);
        select.and(format!("p.site_id = {at}"));
        let through = query.capability.map_or(Through::Read, Through::Only);
        if !caller.role.is_admin() {
            let look = self.look(&conn, caller, through).await?;
            let eyes = Eyes::bind(&mut select, caller, &look.sight, through);
            select.and(eyes.see("p.owner_id", "p.id", "p.acl_id"));
        }
        let (ids, total) = select
            .page(&conn, FIELDS, query, "p.id", "p.created_at, p.id")
            .await?;
        let mut items = load(&conn, caller.site, &ids).await?;
        if query.with_counts {
            count(&conn, &mut items).await?;
        }
        Ok(Page { items, total })
    }

    /// Changes a project: its texts, its owner, its place, and whether it is locked. Locking writes
    /// the project's default rules onto all content that they now hold for.
    pub async fn update_project(
        &self,
        site: SiteId,
        id: ProjectId,
        changes: ProjectChanges,
        now: Millis,
    ) -> Result<Project> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let old = load(&tx, site, &[id.to_string()])
                .await?
                .pop()
                .ok_or(Error::NotFound(What::Project))?;
            let new_name = changes.name.as_ref().unwrap_or(&old.name);
            let parent = changes.parent.unwrap_or(old.parent);
            if old.is_default && (*new_name != old.name || parent != old.parent) {
                return Err(Error::Forbidden(Forbidden::DefaultProject));
            }
            if let Some(owner) = changes.owner {
                users::require(&tx, site, owner).await?;
            }
            if parent != old.parent {
                refuse_bad_place(&tx, site, id, parent).await?;
            }
            refuse_taken(&tx, site, parent, new_name, Some(id)).await?;
            let sql = "UPDATE project SET name = ?2, name_key = ?3, description = ?4, parent_id = ?5, owner_id = ?6, \
                 updated_at = ?7 WHERE id = ?1";
            tx.execute(
                sql,
                params![
                    id,
                    new_name,
                    name::key(new_name),
                    changes.description.as_ref().unwrap_or(&old.description),
                    parent,
                    changes.owner.unwrap_or(old.owner.id),
                    now,
                ],
            )
            .await?;
            if parent != old.parent {
                follow_new_parent(&tx, site, id, parent).await?;
            }
            match changes.content_permissions {
                Some(wanted) => set_lock(&tx, site, id, wanted).await,
                None => Ok(()),
            }
        })?;
        self.project(site, id)
            .await?
            .ok_or(Error::NotFound(What::Project))
    }

    /// Deletes a project with the projects nested in it and all their content.
    pub async fn delete_project(&self, site: SiteId, id: ProjectId, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let project = load(&tx, site, &[id.to_string()])
                .await?
                .pop()
                .ok_or(Error::NotFound(What::Project))?;
            if project.is_default {
                return Err(Error::Forbidden(Forbidden::DefaultProject));
            }
            let ids = subtree(&tx, id).await?;
            blobs::delete_content(&tx, site, "c.project_id IN LIST(?2)", ids.clone().into(), now).await?;
            tx.execute("DELETE FROM project WHERE id IN LIST(?1)", params![ids])
                .await?;
            Ok(())
        })
    }
}

/// The column that holds a project's rules for a kind of content.
pub(crate) fn acl_column(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Project => "acl_id",
        ContentKind::Workbook | ContentKind::View => "workbook_acl_id",
        ContentKind::Datasource => "datasource_acl_id",
        ContentKind::Flow => "flow_acl_id",
    }
}

/// Makes the Default project of a new site.
pub(crate) async fn insert_default(
    tx: &Conn,
    site: SiteId,
    owner: UserId,
    all_users: GroupId,
    now: Millis,
) -> Result<()> {
    let mut acls = Vec::new();
    for kind in [
        ContentKind::Project,
        ContentKind::Workbook,
        ContentKind::Datasource,
        ContentKind::Flow,
    ] {
        let rule = Rule {
            grantee: Grantee::Group(all_users),
            allow: default_rule(kind),
            deny: CapabilitySet::EMPTY,
        };
        acls.push(permissions::find_or_make_acl(tx, site, &[rule]).await?);
    }
    let id: ProjectId = new_id()?;
    let sql = "INSERT INTO project (id, site_id, name, name_key, description, content_permissions, owner_id, acl_id, \
         workbook_acl_id, datasource_acl_id, flow_acl_id, is_default, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?12)";
    tx.execute(
        sql,
        params![
            id,
            site,
            DEFAULT_PROJECT,
            name::key(DEFAULT_PROJECT),
            "The default project that was automatically created.",
            ContentPermissions::ManagedByOwner.as_str(),
            owner,
            &acls[0],
            &acls[1],
            &acls[2],
            &acls[3],
            now,
        ],
    )
    .await?;
    Ok(())
}

/// Gives the content of all projects locked by a project that project's rules.
pub(crate) async fn lock_content(tx: &Conn, by: ProjectId) -> Result<()> {
    for kind in [ContentKind::Workbook, ContentKind::Datasource, ContentKind::Flow] {
        let sql = format!(
            "UPDATE content SET acl_id = (SELECT b.{} FROM project b WHERE b.id = ?1) WHERE kind = ?2 \
             AND project_id IN (SELECT p.id FROM project p WHERE p.locked_by = ?1)",
            acl_column(kind)
        );
        tx.execute(&sql, params![by, kind.as_str()]).await?;
    }
    let sql = "UPDATE view SET acl_id = NULL WHERE acl_id IS NOT NULL AND content_id IN (SELECT c.id FROM content c \
         JOIN project p ON p.id = c.project_id WHERE p.locked_by = ?1)";
    tx.execute(sql, params![by]).await?;
    Ok(())
}

/// Where a project stands.
struct Place {
    id: ProjectId,
    permissions: ContentPermissions,
    locked_by: Option<ProjectId>,
}

impl Place {
    /// The project that locks what is nested here, if one does.
    fn locks_nested(&self) -> Option<ProjectId> {
        match self.permissions {
            ContentPermissions::LockedToProject => self.locked_by,
            ContentPermissions::ManagedByOwner | ContentPermissions::LockedToProjectWithoutNested => None,
        }
    }
}

async fn place(conn: &Conn, site: SiteId, id: ProjectId) -> Result<Place> {
    let sql = "SELECT content_permissions, locked_by FROM project WHERE site_id = ?1 AND id = ?2";
    let mut row = conn
        .row(sql, params![site, id])
        .await?
        .ok_or(Error::NotFound(What::Project))?;
    Ok(Place {
        id,
        permissions: row.word(ContentPermissions::parse)?,
        locked_by: row.opt_id()?,
    })
}

/// Locks or unlocks a project.
async fn set_lock(tx: &Conn, site: SiteId, id: ProjectId, wanted: ContentPermissions) -> Result<()> {
    let now = place(tx, site, id).await?;
    if now.locked_by.is_some_and(|by| by != id) {
        return match wanted {
            ContentPermissions::LockedToProject => Ok(()),
            _ => Err(Error::Forbidden(Forbidden::Locked)),
        };
    }
    release(tx, id, &subtree(tx, id).await?).await?;
    match wanted {
        ContentPermissions::ManagedByOwner => Ok(()),
        ContentPermissions::LockedToProject => control(tx, id, subtree(tx, id).await?).await,
        ContentPermissions::LockedToProjectWithoutNested => {
            control(tx, id, vec![id.to_string()]).await?;
            let sql = "UPDATE project SET content_permissions = ?2 WHERE id = ?1";
            tx.execute(sql, params![id, wanted.as_str()]).await?;
            Ok(())
        }
    }
}

/// After a move: the old place's lock no longer holds, the new one's does.
async fn follow_new_parent(tx: &Conn, site: SiteId, id: ProjectId, parent: Option<ProjectId>) -> Result<()> {
    let controller = match parent {
        Some(parent) => place(tx, site, parent).await?.locks_nested(),
        None => None,
    };
    let moved = subtree(tx, id).await?;
    if let Some(old) = place(tx, site, id)
        .await?
        .locked_by
        .filter(|by| *by != id && Some(*by) != controller)
    {
        release(tx, old, &moved).await?;
    }
    match controller {
        Some(by) => control(tx, by, moved).await,
        None => Ok(()),
    }
}

/// Puts projects under the lock of one of them or of an ancestor.
async fn control(tx: &Conn, by: ProjectId, ids: Vec<String>) -> Result<()> {
    let sql = "UPDATE project SET content_permissions = ?2, locked_by = ?1, \
         acl_id = (SELECT b.acl_id FROM project b WHERE b.id = ?1), \
         workbook_acl_id = (SELECT b.workbook_acl_id FROM project b WHERE b.id = ?1), \
         datasource_acl_id = (SELECT b.datasource_acl_id FROM project b WHERE b.id = ?1), \
         flow_acl_id = (SELECT b.flow_acl_id FROM project b WHERE b.id = ?1) WHERE id IN LIST(?3)";
    let locked = ContentPermissions::LockedToProject.as_str();
    tx.execute(sql, params![by, locked, ids]).await?;
    lock_content(tx, by).await
}

/// Takes the lock of a project off those that it holds among the given ones; their rules stay.
async fn release(tx: &Conn, by: ProjectId, ids: &[String]) -> Result<()> {
    let sql = "UPDATE project SET content_permissions = ?2, locked_by = NULL WHERE locked_by = ?1 AND id IN LIST(?3)";
    let managed = ContentPermissions::ManagedByOwner.as_str();
    tx.execute(sql, params![by, managed, ids.to_vec()])
        .await
        .map(drop)
}

/// A project and all that are nested in it.
async fn subtree(conn: &Conn, id: ProjectId) -> Result<Vec<String>> {
    let sql = "WITH RECURSIVE down(id) AS (SELECT p.id FROM project p WHERE p.id = ?1 \
         UNION SELECT n.id FROM project n JOIN down ON n.parent_id = down.id) SELECT id FROM down";
    conn.query(sql, params![id])
        .await?
        .into_iter()
        .map(|mut row| row.text())
        .collect()
}

/// How deep a project lies; 1 at the top.
async fn depth(conn: &Conn, id: ProjectId) -> Result<usize> {
    let sql = "WITH RECURSIVE up(id, parent_id) AS (SELECT p.id, p.parent_id FROM project p WHERE p.id = ?1 \
         UNION SELECT n.id, n.parent_id FROM project n JOIN up ON n.id = up.parent_id) SELECT COUNT(*) FROM up";
    Ok(conn.number(sql, params![id]).await? as usize)
}

/// How many levels a project has, itself included.
async fn height(conn: &Conn, id: ProjectId) -> Result<usize> {
    let sql = "WITH RECURSIVE down(id, level) AS (SELECT p.id, 1 FROM project p WHERE p.id = ?1 \
         UNION SELECT n.id, down.level + 1 FROM project n JOIN down ON n.parent_id = down.id) \
         SELECT MAX(level) FROM down";
    Ok(conn.number(sql, params![id]).await? as usize)
}

async fn refuse_bad_place(tx: &Conn, site: SiteId, id: ProjectId, parent: Option<ProjectId>) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    place(tx, site, parent).await?;
    if subtree(tx, id).await?.contains(&parent.to_string()) {
        return Err(Error::Forbidden(Forbidden::ProjectCycle));
    }
    if depth(tx, parent).await? + height(tx, id).await? > MAX_DEPTH {
        return Err(Error::Forbidden(Forbidden::ProjectTooDeep));
    }
    Ok(())
}

async fn refuse_taken(
    tx: &Conn,
    site: SiteId,
    parent: Option<ProjectId>,
    project_name: &str,
    except: Option<ProjectId>,
) -> Result<()> {
    match find(tx, site, parent, project_name).await? {
        Some(id) if Some(id) != except => Err(Error::conflict(What::Project, Some(id.0), project_name)),
        _ => Ok(()),
    }
}

async fn find(
    conn: &Conn,
    site: SiteId,
    parent: Option<ProjectId>,
    project_name: &str,
) -> Result<Option<ProjectId>> {
    let key = name::key(project_name);
    let row = match parent {
        Some(parent) => {
            let sql = "SELECT id FROM project WHERE site_id = ?1 AND parent_id = ?2 AND name_key = ?3";
            conn.row(sql, params![site, parent, key]).await?
        }
        None => {
            let sql = "SELECT id FROM project WHERE site_id = ?1 AND parent_id IS NULL AND name_key = ?2";
            conn.row(sql, params![site, key]).await?
        }
    };
    row.map(|mut row| row.id()).transpose()
}

async fn default_id(conn: &Conn, site: SiteId) -> Result<ProjectId> {
    let row = conn
        .row(
            "SELECT id FROM project WHERE site_id = ?1 AND is_default = 1",
            params![site],
        )
        .await?;
    row.ok_or(Error::NotFound(What::Project))?.id()
}

pub(crate) async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<Project>> {
    let sql = format!(
        "SELECT p.id, p.site_id, p.parent_id, p.name, p.description, p.content_permissions, p.locked_by, {}, \
         p.is_default, p.created_at, p.updated_at FROM project p{OWNER} WHERE p.site_id || '' = ?1 AND p.id IN LIST(?2)",
        Owner::COLUMNS
    );
    let mut projects = Vec::new();
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        let id: ProjectId = row.id()?;
        projects.push(Project {
            id,
            site_id: row.id()?,
            parent: row.opt_id()?,
            name: row.text()?,
            description: row.text()?,
            content_permissions: row.word(ContentPermissions::parse)?,
            controlling_permissions_project: row.opt_id()?.filter(|by| *by != id),
            owner: Owner::read(&mut row)?,
            is_default: row.bool()?,
            created_at: row.int()?,
            updated_at: row.int()?,
            counts: None,
        });
    }
    Ok(in_order(ids, projects, |project| project.id.to_string()))
}

async fn count(conn: &Conn, projects: &mut [Project]) -> Result<()> {
    let ids: Vec<String> = projects.iter().map(|p| p.id.to_string()).collect();
    let mut counts: HashMap<String, ContentCounts> = HashMap::new();
    let nested =
        "SELECT parent_id, 'project', COUNT(*) FROM project WHERE parent_id IN LIST(?1) GROUP BY parent_id";
    let content = "SELECT project_id, kind, COUNT(*) FROM content WHERE project_id IN LIST(?1) GROUP BY project_id, kind";
    let views = "SELECT c.project_id, 'view', COUNT(*) FROM view v JOIN content c ON c.id = v.content_id \
         WHERE c.project_id IN LIST(?1) AND v.hidden = 0 GROUP BY c.project_id";
    for sql in [nested, content, views] {
        for mut row in conn.query(sql, params![ids.clone()]).await? {
            let entry = counts.entry(row.text()?).or_default();
            let (kind, number) = (row.text()?, row.int()? as u64);
            match kind.as_str() {
                "project" => entry.projects = number,
                "workbook" => entry.workbooks = number,
                "datasource" => entry.datasources = number,
                "view" => entry.views = number,
                _ => {}
            }
        }
    }
    for project in projects {
        project.counts = Some(counts.remove(&project.id.to_string()).unwrap_or_default());
    }
    Ok(())
}
