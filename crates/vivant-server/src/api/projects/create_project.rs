//! Create Project.

use vivant_model::{Capability, ContentKind, ContentPermissions, ProjectId, name};
use vivant_store::NewProject;
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use crate::auth::permission::Rights;
use crate::auth::{SiteUser, admins_only};
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};
use crate::reply::Reply;
use crate::samples;
use crate::views::project_view;

/// Creates a project, at the top or inside another.
pub async fn create_project(mut call: Call, who: SiteUser) -> Result<Reply> {
    let with_samples = call.query.flag("publishSamples")?;
    let asked: types::Project = call.read("project").await?;
    let name = asked.name.as_deref().unwrap_or_default().trim().to_owned();
    if !name::is_valid(&name) {
        return Err(bad_request("The project element must hold a name."));
    }
    let parent = asked
        .parent_project_id
        .as_deref()
        .map(parent_id)
        .transpose()?
        .flatten();
    may_create_in(&call, &who, parent).await?;
    let new = NewProject {
        name,
        description: asked.description.clone().unwrap_or_default(),
        parent,
        content_permissions: content_permissions(&call, &asked)?,
        owner: who.caller.user,
    };
    let project = call
        .app
        .store
        .create_project(who.site(), new, call.app.now())
        .await?;
    if with_samples {
        samples::publish_to(&call.app, &who.caller, project.id).await?;
    }
    let path = format!("/sites/{}/projects/{}", who.site(), project.id);
    Ok(call.created("project", &project_view(project, &call.shape(&who), None), &path))
}

/// Administrators create projects anywhere, project leaders inside what they lead.
async fn may_create_in(call: &Call, who: &SiteUser, parent: Option<ProjectId>) -> Result<()> {
    let Some(parent) = parent else {
        return match who.role().is_admin() {
            true => Ok(()),
            false => Err(admins_only(call, "administrators for a project at the top level")),
        };
    };
    let rights = Rights::of(&call.app, who, ContentKind::Project, parent.0).await?;
    let rights = rights.ok_or_else(|| not_found(ErrorCode::ProjectNotFound, "Parent project", parent))?;
    rights.require(Capability::ProjectLeader, ErrorCode::Forbidden, "parent project")
}

/// Reads a parent's id; empty is the top level.
pub(super) fn parent_id(text: &str) -> Result<Option<ProjectId>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| not_found(ErrorCode::ProjectNotFound, "Parent project", text))
}

/// Reads contentPermissions as far as the version knows them.
pub(super) fn content_permissions(call: &Call, asked: &types::Project) -> Result<Option<ContentPermissions>> {
    let Some(text) = asked.content_permissions.as_deref().filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    let value = ContentPermissions::parse(text)
        .filter(|v| *v != ContentPermissions::LockedToProjectWithoutNested || call.version >= V(3, 8));
    match value {
        Some(value) => Ok(Some(value)),
        None => Err(fail(
            ErrorCode::InvalidParameterValue,
            format!(
                "contentPermissions must be ManagedByOwner or LockedToProject, or from API 3.8 on \
                 LockedToProjectWithoutNested, not '{text}'."
            ),
        )),
    }
}
