//! Delete Tag from View.

use vivant_model::ContentKind;
use vivant_wire::ErrorCode;

use super::get_view::view_rights;
use crate::api::tags;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Takes a tag off a view.
pub async fn delete_tag_from_view(call: Call, who: SiteUser) -> Result<Reply> {
    // Tableau: this method alone answers 404006 for an unknown view.
    let (id, rights) = view_rights(&call, &who, ErrorCode::WorkbookNotFound).await?;
    let item = (ContentKind::View, id.0);
    tags::delete(&call, &who, item, &rights, ErrorCode::ViewTagInvalid).await
}
