//! Query Workbook Preview Image.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_workbook::{find_workbook, workbook_rights};
use crate::api::download::send_png;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Sends the picture that the workbook's file carries of the view shown first, or of the first
/// other one that has one and that the caller may look at.
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
    for view in views {
        if let Some(png) = call.app.store.thumbnail(who.site(), view.id).await? {
            return Ok(send_png(png));
        }
    }
    Err(fail(
        ErrorCode::ResourceNotFound,
        format!("The file of workbook '{id}' carries no preview image; save it in Tableau with thumbnails."),
    ))
}
