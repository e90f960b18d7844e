//! Get Data Source Revisions.

use vivant_wire::ErrorCode;

use super::query_data_source::datasource_rights;
use crate::api::revisions;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Lists the revisions of a data source, the oldest first.
pub async fn get_data_source_revisions(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    let forbidden = ErrorCode::DatasourceRevisionsForbidden;
    revisions::require(&call, &who, &rights, forbidden, "data source").await?;
    let revisions = call.app.store.datasource_revisions(who.site(), id).await?;
    revisions::page(&call, revisions)
}
