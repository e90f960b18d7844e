//! Publish Custom View.

use vivant_model::{Capability, ContentKind, WorkbookId};
use vivant_store::{NewCustomView, Spooled, View};
use vivant_wire::{ErrorCode, types};

use super::definition::Definition;
use super::update_custom_view::name;
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::body::MAX_DOCUMENT;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request, fail, internal, not_found};
use crate::publish::{self, Brought, BroughtCodes};
use crate::reply::Reply;
use crate::views::custom_view_view;

const CODES: BroughtCodes = BroughtCodes {
    malformed: ErrorCode::BadRequest,
    missing: ErrorCode::BadRequest,
    unexpected: ErrorCode::BadRequest,
};

/// Makes a custom view of a definition, as Download Custom View hands one out.
pub async fn publish_custom_view(mut call: Call, who: SiteUser) -> Result<Reply> {
    let Brought { document, file } = publish::bring(&mut call, &CODES, Ok(())).await?;
    let asked: types::CustomView = element(&document, "customView")?;
    let name = name(asked.name.as_deref().unwrap_or_default())?;
    let shared = asked.shared.unwrap_or(false);
    let owner = asked.owner.and_then(|owner| owner.id).unwrap_or(who.caller.user);
    let workbook = asked.workbook.and_then(|workbook| workbook.id);
    let workbook =
        workbook.ok_or_else(|| bad_request("The customView element must hold a workbook with an id."))?;
    if owner != who.caller.user && !who.role().is_admin() {
        return Err(fail(
            ErrorCode::PublishForbidden,
            "Only administrators may publish custom views for others.",
        ));
    }
    let (file, session) = file.take(&call, &who).await?;
    let definition = bytes(&file).await?;
    let view = find_view(&call, &who, workbook, &Definition::read(&definition)?.view_name).await?;
    if shared {
        let rights = Rights::of(&call.app, &who, ContentKind::View, view.id.0).await?;
        let rights = rights.ok_or_else(|| not_found(ErrorCode::ViewNotFound, "View", view.id))?;
        require_share(&rights)?;
    }
    let new = NewCustomView {
        site: who.site(),
        view: view.id,
        name,
        shared,
        owner,
        definition,
    };
    let custom = call.app.store.create_custom_view(new, call.app.now()).await?;
    session.done(&call, &who).await?;
    let path = format!("/sites/{}/customviews/{}", who.site(), custom.id);
    let view = custom_view_view(custom, &call.shape(&who));
    Ok(call.created("customView", &view, &path))
}

/// Demands that the caller may show others what is chosen in a view.
pub(super) fn require_share(rights: &Rights) -> Result<()> {
    rights.require(Capability::ShareView, ErrorCode::Forbidden, "view")
}

/// Reads a definition, which is short.
async fn bytes(file: &Spooled) -> Result<Vec<u8>> {
    if file.size() > MAX_DOCUMENT as u64 {
        return Err(fail(
            ErrorCode::PayloadTooLarge,
            format!("The definition of a custom view may have {MAX_DOCUMENT} bytes."),
        ));
    }
    tokio::fs::read(file.path())
        .await
        .map_err(|e| internal(anyhow::anyhow!("reading a spooled definition: {e}")))
}

/// Finds the view of a workbook by its name, among those that the caller may look at. Who may not look at the
/// workbook is not told which it has.
async fn find_view(call: &Call, who: &SiteUser, workbook: WorkbookId, name: &str) -> Result<View> {
    let rights = Rights::of(&call.app, who, ContentKind::Workbook, workbook.0).await?;
    let rights = rights.ok_or_else(|| not_found(ErrorCode::WorkbookNotFound, "Workbook", workbook))?;
    let views = call.app.store.workbook_views(&who.caller, workbook, true).await?;
    if let Some(view) = views.into_iter().find(|view| view.name == name) {
        return Ok(view);
    }
    rights.require(Capability::Read, ErrorCode::PublishForbidden, "workbook")?;
    Err(fail(
        ErrorCode::ViewNotFound,
        format!("You see no view '{name}' in the workbook, which the definition is of."),
    ))
}
