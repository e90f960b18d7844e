//! Update Workbook.

use vivant_model::{Capability, JobItem, JobItemKind, name};
use vivant_store::WorkbookChanges;
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use super::query_workbook::{find_workbook, whole_workbook, workbook_rights};
use crate::auth::SiteUser;
use crate::auth::permission::may_publish_to;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};
use crate::jobs::seal_extracts;
use crate::publish::change_encryption;
use crate::reply::Reply;

/// Changes name, description, tabs, project and owner of a workbook.
pub async fn update_workbook(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked: types::Workbook = call.read("workbook").await?;
    let (id, rights) = workbook_rights(&call, &who).await?;
    let workbook = find_workbook(&call, &who, id).await?;
    if asked.id.is_some_and(|other| other != id) {
        return Err(fail(
            ErrorCode::IdMismatch,
            "The id of the workbook element is not the one in the address.",
        ));
    }
    let name = asked.name.as_deref().map(|n| n.trim().to_owned());
    if name.as_deref().is_some_and(|n| !name::is_valid(n)) {
        return Err(bad_request(
            "The name of a workbook must not be blank or longer than 255 characters.",
        ));
    }
    let changes = WorkbookChanges {
        name: name.filter(|n| *n != workbook.name),
        description: asked
            .description
            .clone()
            .filter(|d| *d != workbook.description && call.version >= V(3, 21)),
        project: asked
            .project
            .as_ref()
            .and_then(|p| p.id)
            .filter(|p| *p != workbook.project.id),
        owner: asked
            .owner
            .as_ref()
            .and_then(|o| o.id)
            .filter(|o| *o != workbook.owner.id),
        show_tabs: asked.show_tabs.filter(|s| *s != workbook.show_tabs),
    };
    rights.require(Capability::Write, ErrorCode::UpdateForbidden, "workbook")?;
    if let Some(project) = changes.project {
        match may_publish_to(&call.app, &who, project).await? {
            None => return Err(not_found(ErrorCode::ProjectNotFound, "Project", project)),
            Some(true) => rights.require(Capability::ChangeHierarchy, ErrorCode::Forbidden, "workbook")?,
            Some(false) => {
                return Err(fail(
                    ErrorCode::TargetProjectForbidden,
                    "You may not publish to the target project.",
                ));
            }
        }
    }
    if let Some(owner) = changes.owner {
        if !rights.may_give_away() {
            return Err(fail(
                ErrorCode::UpdateForbidden,
                "Only administrators, leaders and the owner may change the owner.",
            ));
        }
        if call.app.store.user(who.site(), owner).await?.is_none() {
            return Err(not_found(ErrorCode::UserNotFound, "User", owner));
        }
    }
    let item = JobItem {
        kind: JobItemKind::Workbook,
        id: id.0,
    };
    let (is_encrypted, encrypt) = (workbook.encrypt_extracts, asked.encrypt_extracts.as_deref());
    let encrypt = change_encryption(&call, &who, &rights, id.0, is_encrypted, encrypt).await?;
    let mut workbook = match changes == WorkbookChanges::default() {
        true => workbook,
        false => {
            call.app
                .store
                .update_workbook(who.site(), id, changes, call.app.now())
                .await?
        }
    };
    if let Some(encrypt) = encrypt {
        seal_extracts::begin(&call.app, &who, item, &workbook.name, encrypt).await?;
        workbook.encrypt_extracts = encrypt;
    }
    let view = whole_workbook(&call, &who, workbook, false).await?;
    Ok(call.one("workbook", &view))
}
