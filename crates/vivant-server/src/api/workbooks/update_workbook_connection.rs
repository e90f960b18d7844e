//! Update Workbook Connection.

use vivant_model::{Capability, ConnectionId};
use vivant_wire::{ErrorCode, types};

use super::query_workbook::workbook_rights;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::publish::connection_changes;
use crate::reply::Reply;
use crate::views::connection_view;

/// Changes server, port and credentials of a connection; those of the same type to the same
/// database change with it.
pub async fn update_workbook_connection(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked: types::Connection = call.read("connection").await?;
    let (workbook, rights) = workbook_rights(&call, &who).await?;
    let id: ConnectionId = call.id("connection-id", ErrorCode::ConnectionNotFound)?;
    rights.require(
        Capability::Write,
        ErrorCode::WorkbookConnectionForbidden,
        "workbook",
    )?;
    let changes = connection_changes(&asked)?;
    let store = &call.app.store;
    let connection = store
        .update_workbook_connection(who.site(), workbook, id, changes, call.app.now())
        .await?;
    Ok(call.one(
        "connection",
        &connection_view(connection, &call.shape(&who), false),
    ))
}
