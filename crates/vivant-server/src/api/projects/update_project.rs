//! Update Project.

use vivant_model::{Capability, ContentKind, ProjectId, name};
use vivant_store::{Error, Forbidden, ProjectChanges};
use vivant_wire::{ErrorCode, types};

use super::create_project::{content_permissions, parent_id};
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{ApiError, Result, bad_request, fail, not_found};
use crate::reply::Reply;
use crate::samples;
use crate::views::project_view;

/// Changes name, description, locking, place and owner of a project. A request that changes
/// nothing shows the project, which is how TSC asks for one.
pub async fn update_project(mut call: Call, who: SiteUser) -> Result<Reply> {
    let with_samples = call.query.flag("publishSamples")?;
    let id: ProjectId = call.id("project-id", ErrorCode::ProjectNotFound)?;
    let asked: types::Project = call.read("project").await?;
    let rights = Rights::of(&call.app, &who, ContentKind::Project, id.0).await?;
    let rights = rights.ok_or_else(|| not_found(ErrorCode::ProjectNotFound, "Project", id))?;
    let project = call.app.store.project(who.site(), id).await?;
    let project = project.ok_or_else(|| not_found(ErrorCode::ProjectNotFound, "Project", id))?;
    if asked.id.is_some_and(|other| other != id) {
        return Err(fail(
            ErrorCode::IdMismatch,
            "The id of the project element is not the one in the address.",
        ));
    }
    let name = asked.name.as_deref().map(|n| n.trim().to_owned());
    if name.as_deref().is_some_and(|n| !name::is_valid(n)) {
        return Err(bad_request(
            "The name of a project must not be blank or longer than 255 characters.",
        ));
    }
    let changes = ProjectChanges {
        name: name.filter(|n| *n != project.name),
        description: asked.description.clone().filter(|d| *d != project.description),
        content_permissions: content_permissions(&call, &asked)?
            .filter(|c| *c != project.content_permissions),
        parent: asked
            .parent_project_id
            .as_deref()
            .map(parent_id)
            .transpose()?
            .filter(|p| *p != project.parent),
        owner: asked
            .owner
            .as_ref()
            .and_then(|o| o.id)
            .filter(|o| *o != project.owner.id),
    };
    if changes == ProjectChanges::default() && !with_samples {
        rights.require(Capability::Read, ErrorCode::Forbidden, "project")?;
        return Ok(call.one("project", &project_view(project, &call.shape(&who), None)));
    }
    if project.is_default && changes.name.is_some() {
        return Err(fail(
            ErrorCode::RenameForbidden,
            "The Default project cannot be renamed.",
        ));
    }
    rights.require(Capability::ProjectLeader, ErrorCode::Forbidden, "project")?;
    if changes.owner.is_some() && !rights.may_give_away() {
        return Err(fail(
            ErrorCode::Forbidden,
            "Only administrators, leaders and the owner may change the owner.",
        ));
    }
    if let Some(Some(parent)) = changes.parent {
        let target = Rights::of(&call.app, &who, ContentKind::Project, parent.0).await?;
        let target = target.ok_or_else(|| not_found(ErrorCode::ProjectNotFound, "Parent project", parent))?;
        target.require(Capability::ProjectLeader, ErrorCode::Forbidden, "parent project")?;
    } else if changes.parent == Some(None) && !who.role().is_admin() {
        return Err(fail(
            ErrorCode::Forbidden,
            "Only administrators may move a project to the top level.",
        ));
    }
    let project = match changes == ProjectChanges::default() {
        true => project,
        false => {
            let updated = call
                .app
                .store
                .update_project(who.site(), id, changes, call.app.now())
                .await;
            updated.map_err(update_error)?
        }
    };
    if with_samples {
        samples::publish_to(&call.app, &who.caller, id).await?;
    }
    Ok(call.one("project", &project_view(project, &call.shape(&who), None)))
}

fn update_error(error: Error) -> ApiError {
    let default = matches!(error, Error::Forbidden(Forbidden::DefaultProject));
    let mut api = ApiError::from(error);
    if default {
        api.code = ErrorCode::RenameForbidden;
    }
    api
}
