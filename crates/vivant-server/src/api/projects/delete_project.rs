//! Delete Project.

use vivant_model::{Capability, ContentKind, ProjectId};
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::reply::Reply;

/// Deletes a project with its content and nested projects.
pub async fn delete_project(call: Call, who: SiteUser) -> Result<Reply> {
    let id: ProjectId = call.id("project-id", ErrorCode::ProjectNotFound)?;
    let rights = Rights::of(&call.app, &who, ContentKind::Project, id.0).await?;
    let rights = rights.ok_or_else(|| not_found(ErrorCode::ProjectNotFound, "Project", id))?;
    // Tableau: administrators alone, the reference says; leaders also where they may create projects.
    let above = match rights.project().filter(|_| !who.role().is_admin()) {
        Some(parent) => Rights::of(&call.app, &who, ContentKind::Project, parent.0).await?,
        None => None,
    };
    if !who.role().is_admin() && !above.is_some_and(|above| above.allow(Capability::ProjectLeader)) {
        return Err(fail(
            ErrorCode::Forbidden,
            "Only administrators, and leaders of the project that it is nested in, may delete a project.",
        ));
    }
    call.app
        .store
        .delete_project(who.site(), id, call.app.now())
        .await?;
    Ok(Reply::Empty)
}
