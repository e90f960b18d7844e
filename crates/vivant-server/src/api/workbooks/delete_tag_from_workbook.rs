//! Delete Tag from Workbook.

use vivant_model::ContentKind;
use vivant_wire::ErrorCode;

use super::query_workbook::workbook_rights;
use crate::api::tags;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Takes a tag off a workbook.
pub async fn delete_tag_from_workbook(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = workbook_rights(&call, &who).await?;
    let item = (ContentKind::Workbook, id.0);
    tags::delete(&call, &who, item, &rights, ErrorCode::WorkbookTagInvalid).await
}
