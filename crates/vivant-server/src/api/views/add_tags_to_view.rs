//! Add Tags to View.

use vivant_model::ContentKind;
use vivant_wire::ErrorCode;

use super::get_view::view_rights;
use crate::api::tags;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Adds tags to a view.
pub async fn add_tags_to_view(mut call: Call, who: SiteUser) -> Result<Reply> {
    let document = call.document().await?;
    let (id, rights) = view_rights(&call, &who, ErrorCode::ViewNotFound).await?;
    let item = (ContentKind::View, id.0);
    tags::add(&call, &who, item, &rights, &document, ErrorCode::ViewTagsInvalid).await
}
