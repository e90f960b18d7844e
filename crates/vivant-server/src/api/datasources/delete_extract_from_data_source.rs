//! Delete the Extract from a Data Source.

use vivant_model::{DatasourceId, JobItem, JobItemKind};
use vivant_wire::ErrorCode;

use crate::api::extracts;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes the extract of a data source, which is live from then on.
pub async fn delete_extract_from_data_source(call: Call, who: SiteUser) -> Result<Reply> {
    let id: DatasourceId = call.id("datasource-id", ErrorCode::DatasourceNotFound)?;
    let kind = JobItemKind::Datasource;
    extracts::delete(call, who, JobItem { kind, id: id.0 }).await
}
