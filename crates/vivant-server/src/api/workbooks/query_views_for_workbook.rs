//! Query Views for Workbook.

use http::StatusCode;
use vivant_model::Capability;
use vivant_wire::{ErrorCode, types};

use super::query_workbook::workbook_rights;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;
use crate::views::view_view;

/// Lists a workbook's views in the order of its tabs, without pages.
pub async fn query_views_for_workbook(call: Call, who: SiteUser) -> Result<Reply> {
    let usage = call.query.flag("includeUsageStatistics")?;
    let (id, rights) = workbook_rights(&call, &who).await?;
    rights.require(Capability::Read, ErrorCode::Forbidden, "workbook")?;
    let shape = call.shape(&who);
    let views = call.app.store.workbook_views(&who.caller, id, false).await?;
    // Clients read owner and tags of each view here, where the version has them.
    let inside = !shape.since(3, 1);
    let view = views
        .into_iter()
        .map(|view| view_view(view, &shape, inside, usage))
        .collect();
    Ok(call.answer(StatusCode::OK, |out| out.child("views", &types::Views { view })))
}
