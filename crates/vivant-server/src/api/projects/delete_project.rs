//! Delete Project.

use vivant_model::{Capability, ContentKind, ProjectId};
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Deletes a project with its content and nested projects.
pub async fn delete_project(call: Call, who: SiteUser) -> Result<Reply> {
    let id: ProjectId = call.id("project-id", ErrorCode::ProjectNotFound)?;
    let rights = Rights::of(&call.app, &who, ContentKind::Project, id.0).await?;
    let rights = rights.ok_or_else(|| not_found(ErrorCode::ProjectNotFound, "Project", id))?;
    rights.require(Capability::ProjectLeader, ErrorCode::Forbidden, "project")?;
    call.app
        .store
        .delete_project(who.site(), id, call.app.now())
        .await?;
    Ok(Reply::Empty)
}
