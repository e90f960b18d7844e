//! Query Workbook.

use vivant_model::{Capability, ContentKind, WorkbookId};
use vivant_store::Workbook;
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;
use crate::views::{Shape, view_view, workbook_view};

/// Shows a workbook with its views.
pub async fn query_workbook(call: Call, who: SiteUser) -> Result<Reply> {
    let usage = call.query.flag("includeUsageStatistics")?;
    let (id, rights) = workbook_rights(&call, &who).await?;
    rights.require(Capability::Read, ErrorCode::WorkbookReadForbidden, "workbook")?;
    let workbook = find_workbook(&call, &who, id).await?;
    let view = whole_workbook(&call, &who, workbook, usage).await?;
    Ok(call.one("workbook", &view))
}

/// Reads the id in the address and what the caller may do to that workbook.
pub(super) async fn workbook_rights(call: &Call, who: &SiteUser) -> Result<(WorkbookId, Rights)> {
    let id: WorkbookId = call.id("workbook-id", ErrorCode::WorkbookNotFound)?;
    let rights = Rights::of(&call.app, who, ContentKind::Workbook, id.0).await?;
    let rights = rights.ok_or_else(|| not_found(ErrorCode::WorkbookNotFound, "Workbook", id))?;
    Ok((id, rights))
}

/// Finds a workbook of the site.
pub(super) async fn find_workbook(call: &Call, who: &SiteUser, id: WorkbookId) -> Result<Workbook> {
    let workbook = call.app.store.workbook(who.site(), id).await?;
    workbook.ok_or_else(|| not_found(ErrorCode::WorkbookNotFound, "Workbook", id))
}

/// The workbook with the views that the caller sees.
pub(super) async fn whole_workbook(
    call: &Call,
    who: &SiteUser,
    workbook: Workbook,
    usage: bool,
) -> Result<types::Workbook> {
    let shape: Shape = call.shape(who);
    let views = call
        .app
        .store
        .workbook_views(&who.caller, workbook.id, false)
        .await?;
    let views = views
        .into_iter()
        .map(|view| view_view(view, &shape, true, usage))
        .collect();
    Ok(types::Workbook {
        views: Some(types::Views { view: views }),
        ..workbook_view(workbook, &shape)
    })
}
