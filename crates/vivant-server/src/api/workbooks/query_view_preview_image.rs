//! Query View Preview Image.

use vivant_model::{Capability, ContentKind, ViewId};
use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::answers::previews::preview;
use crate::api::download::send_png;
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::reply::Reply;

/// Sends the small picture of a view: the one that the workbook's file carries, else our own.
pub async fn query_view_preview_image(call: Call, who: SiteUser) -> Result<Reply> {
    let (workbook, _) = workbook_rights(&call, &who).await?;
    let id: ViewId = call.id("view-id", ErrorCode::ViewNotFound)?;
    let missing = || not_found(ErrorCode::ViewNotFound, "View", id);
    let view = call.app.store.view(who.site(), id).await?;
    let view = view
        .filter(|view| view.workbook.id == workbook)
        .ok_or_else(missing)?;
    let rights = Rights::of(&call.app, &who, ContentKind::View, id.0)
        .await?
        .ok_or_else(missing)?;
    rights.require(Capability::Read, ErrorCode::Forbidden, "view")?;
    match preview(&call.app, &view).await? {
        Some(png) => Ok(send_png(png)),
        None => Err(fail(
            ErrorCode::ResourceNotFound,
            format!("There is no preview image of view '{id}', and none can be drawn of it for everybody."),
        )),
    }
}
