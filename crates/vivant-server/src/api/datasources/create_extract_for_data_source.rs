//! Create an Extract for a Data Source.

use vivant_model::{DatasourceId, JobItem, JobItemKind};
use vivant_wire::ErrorCode;

use crate::api::extracts;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Creates the extract of a live data source, as a job.
pub async fn create_extract_for_data_source(call: Call, who: SiteUser) -> Result<Reply> {
    let id: DatasourceId = call.id("datasource-id", ErrorCode::DatasourceNotFound)?;
    let kind = JobItemKind::Datasource;
    extracts::create(call, who, JobItem { kind, id: id.0 }).await
}
