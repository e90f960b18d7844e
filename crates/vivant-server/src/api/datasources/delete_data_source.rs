//! Delete Data Source.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_data_source::datasource_rights;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes a data source with all its revisions.
pub async fn delete_data_source(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    rights.require(Capability::Read, ErrorCode::Forbidden, "data source")?;
    rights.require(Capability::Delete, ErrorCode::Forbidden, "data source")?;
    call.app
        .store
        .delete_datasource(who.site(), id, call.app.now())
        .await?;
    Ok(Reply::Empty)
}
