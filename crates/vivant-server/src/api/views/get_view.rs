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
    let id: ViewId = call.id("view-id", ErrorCode::ViewNotFound)?;
    let missing = || not_found(ErrorCode::ViewNotFound, "View", id);
    let rights = Rights::of(&call.app, &who, ContentKind::View, id.0)
        .await?
        .ok_or_else(missing)?;
    rights.require(Capability::Read, ErrorCode::Forbidden, "view")?;
    let view = call.app.store.view(who.site(), id).await?.ok_or_else(missing)?;
    Ok(call.one("view", &view_view(view, &call.shape(&who), false, usage)))
}
