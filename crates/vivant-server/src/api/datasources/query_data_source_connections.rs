//! Query Data Source Connections.

use http::StatusCode;
use vivant_model::Capability;
use vivant_wire::{ErrorCode, types};

use super::query_data_source::datasource_rights;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;
use crate::views::connection_view;

/// Lists a data source's connections, without pages and without passwords.
pub async fn query_data_source_connections(call: Call, who: SiteUser) -> Result<Reply> {
    // Tableau: this method alone answers 404011 for an unknown data source.
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::ViewNotFound).await?;
    rights.require(
        Capability::Read,
        ErrorCode::ConnectionsReadForbidden,
        "data source",
    )?;
    let shape = call.shape(&who);
    let connections = call.app.store.datasource_connections(who.site(), id).await?;
    let connection = connections
        .into_iter()
        .map(|c| connection_view(c, &shape, false))
        .collect();
    Ok(call.answer(StatusCode::OK, |out| {
        out.child("connections", &types::Connections { connection })
    }))
}
