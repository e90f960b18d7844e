//! Get View.

use vivant_model::{Capability, ContentKind, ViewId};
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;
use crate::views::view_view;

/// Shows a view.
pub async fn get_view(call: Call, who: SiteUser) -> Result<Reply> {
    let usage = call.query.flag("includeUsageStatistics")?;
    let (id, rights) = view_rights(&call, &who, ErrorCode::ViewNotFound).await?;
    rights.require(Capability::Read, ErrorCode::Forbidden, "view")?;
    let view = call.app.store.view(who.site(), id).await?;
    let view = view.ok_or_else(|| not_found(ErrorCode::ViewNotFound, "View", id))?;
    Ok(call.one("view", &view_view(view, &call.shape(&who), false, usage)))
}

/// Reads the id in the address and what the caller may do to that view.
pub(super) async fn view_rights(call: &Call, who: &SiteUser, missing: ErrorCode) -> Result<(ViewId, Rights)> {
    let id: ViewId = call.id("view-id", missing)?;
    let rights = Rights::of(&call.app, who, ContentKind::View, id.0).await?;
    let rights = rights.ok_or_else(|| not_found(missing, "View", id))?;
    Ok((id, rights))
}
