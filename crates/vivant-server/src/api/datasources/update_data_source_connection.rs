//! Update Data Source Connection, also in its 2.0 form without a connection id.

use vivant_model::{Capability, ConnectionId, DatasourceId};
use vivant_wire::{ErrorCode, types};

use super::query_data_source::datasource_rights;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::publish::connection_changes;
use crate::reply::Reply;
use crate::views::connection_view;

/// Changes server, port and credentials of a connection.
pub async fn update_data_source_connection(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked: types::Connection = call.read("connection").await?;
    let (source, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    rights.require(
        Capability::Write,
        ErrorCode::DatasourceConnectionForbidden,
        "data source",
    )?;
    let id = connection_id(&call, &who, source).await?;
    let changes = connection_changes(&asked)?;
    let store = &call.app.store;
    let connection = store
        .update_datasource_connection(who.site(), source, id, changes, call.app.now())
        .await?;
    Ok(call.one(
        "connection",
        &connection_view(connection, &call.shape(&who), false),
    ))
}

/// The connection in the address, or the only one. An unknown one answers 404004 here.
async fn connection_id(call: &Call, who: &SiteUser, source: DatasourceId) -> Result<ConnectionId> {
    let text = call.value("connection-id");
    let connections = call.app.store.datasource_connections(who.site(), source).await?;
    if text.is_empty() {
        return match connections.as_slice() {
            [only] => Ok(only.id),
            [] => Err(not_found(
                ErrorCode::DatasourceNotFound,
                "Connection of data source",
                source,
            )),
            _ => Err(fail(
                ErrorCode::AmbiguousConnection,
                "The data source has several connections; name one as connections/{connection-id}.",
            )),
        };
    }
    let missing = || not_found(ErrorCode::DatasourceNotFound, "Connection", text);
    let id: ConnectionId = text.parse().map_err(|_| missing())?;
    connections
        .iter()
        .any(|c| c.id == id)
        .then_some(id)
        .ok_or_else(missing)
}
