//! Query View Image.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_view_data::view_output;
use crate::answers::Form;
use crate::api::exports::{asked_of_picture, image, image_type, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Sends the picture of a view: PNG of 784 pixels, or 1568 in high resolution, or SVG.
pub async fn query_view_image(call: Call, who: SiteUser) -> Result<Reply> {
    let (asked, picture) = (asked_of_picture(&call.query)?, image(&call)?);
    let codes = (ErrorCode::ViewNotFound, ErrorCode::Forbidden);
    let form = Form::Picture(picture);
    let output = view_output(&call, &who, &asked, form, Capability::ExportImage, codes).await?;
    send(&output, image_type(picture)).await
}
