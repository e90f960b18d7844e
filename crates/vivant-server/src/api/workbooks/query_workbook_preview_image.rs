//! Query Workbook Preview Image.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_workbook::{find_workbook, workbook_rights};
use crate::answers::previews::preview;
use crate::api::download::send_png;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// How many views are drawn until one can be.
const MOST_DRAWN: usize = 5;

/// Sends the small picture of the view shown first, or of the first other one that has one and that the caller may
/// look at. Where none has, they are drawn until one can be.
pub async fn query_workbook_preview_image(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    rights.require(Capability::Read, ErrorCode::Forbidden, "workbook")?;
    let workbook = find_workbook(&call, &who, id).await?;
    let mut views = call.app.store.workbook_views(&who.caller, id, false).await?;
    if views.is_empty() && workbook.sheet_count > 0 {
        return Err(fail(
            ErrorCode::Forbidden,
            "You lack the permission Read on every view of this workbook.",
        ));
    }
    // The order of the rest stays.
    views.sort_by_key(|view| Some(view.id) != workbook.default_view);
    for view in &views {
        if let Some(png) = call.app.store.thumbnail(who.site(), view.id).await? {
            return Ok(send_png(png));
        }
    }
    for view in views.iter().take(MOST_DRAWN) {
        if let Some(png) = preview(&call.app, view).await? {
            return Ok(send_png(png));
        }
    }
    Err(fail(
        ErrorCode::ResourceNotFound,
        format!("There is no preview image of workbook '{id}', and none can be drawn of it for everybody."),
    ))
}
