//! Query Workbook Connections.

use http::StatusCode;
use vivant_model::Capability;
use vivant_wire::{ErrorCode, types};

use super::query_workbook::workbook_rights;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;
use crate::views::connection_view;

/// Lists a workbook's connections, without pages and without passwords.
pub async fn query_workbook_connections(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    rights.require(Capability::Read, ErrorCode::ConnectionsReadForbidden, "workbook")?;
    let shape = call.shape(&who);
    let connections = call.app.store.workbook_connections(who.site(), id).await?;
    let connection = connections
        .into_iter()
        .map(|c| connection_view(c, &shape, true))
        .collect();
    Ok(call.answer(StatusCode::OK, |out| {
        out.child("connections", &types::Connections { connection })
    }))
}
