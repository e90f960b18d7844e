//! Add Tags to Workbook.

use vivant_model::ContentKind;
use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::api::tags;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Adds tags to a workbook.
pub async fn add_tags_to_workbook(mut call: Call, who: SiteUser) -> Result<Reply> {
    let document = call.document().await?;
    let (id, rights) = workbook_rights(&call, &who).await?;
    let item = (ContentKind::Workbook, id.0);
    let invalid = ErrorCode::WorkbookTagsInvalid;
    tags::add(&call, &who, item, &rights, &document, invalid).await
}
