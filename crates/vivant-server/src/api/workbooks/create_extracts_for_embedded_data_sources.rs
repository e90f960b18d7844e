//! Create Extracts for Embedded Data Sources in a Workbook.

use vivant_model::{JobItem, JobItemKind, WorkbookId};
use vivant_wire::ErrorCode;

use crate::api::extracts;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Creates extracts of a workbook's own live data sources, all or some, as a job.
pub async fn create_extracts_for_embedded_data_sources(call: Call, who: SiteUser) -> Result<Reply> {
    let id: WorkbookId = call.id("workbook-id", ErrorCode::WorkbookNotFound)?;
    let kind = JobItemKind::Workbook;
    extracts::create(call, who, JobItem { kind, id: id.0 }).await
}
