//! Projects: nested folders that hold content and the rules that content starts with.

use vivant_model::{ContentPermissions, ProjectId, SiteId, UserId};

use crate::{Millis, Owner};

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

/// What the list is filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];
