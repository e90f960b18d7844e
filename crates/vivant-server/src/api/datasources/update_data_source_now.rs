//! Update Data Source Now.

use vivant_model::{DatasourceId, JobItem, JobItemKind};
use vivant_wire::ErrorCode;

use crate::api::refresh;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Refreshes the extracts of a data source, as a job.
pub async fn update_data_source_now(call: Call, who: SiteUser) -> Result<Reply> {
    let id: DatasourceId = call.id("datasource-id", ErrorCode::DatasourceNotFound)?;
    let item = JobItem {
        kind: JobItemKind::Datasource,
        id: id.0,
    };
    refresh::now(call, who, item, ErrorCode::DatasourceNotFound).await
}
