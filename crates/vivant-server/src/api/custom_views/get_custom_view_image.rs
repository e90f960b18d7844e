//! Get Custom View Image.

use vivant_model::Capability;

use super::get_custom_view_data::custom_output;
use crate::answers::Form;
use crate::api::exports::{asked_of_picture, image, image_type, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Sends the picture of a custom view: that of its view, with what is chosen.
pub async fn get_custom_view_image(call: Call, who: SiteUser) -> Result<Reply> {
    let (asked, picture) = (asked_of_picture(&call.query)?, image(&call)?);
    let form = Form::Picture(picture);
    let output = custom_output(&call, &who, asked, form, Capability::ExportImage).await?;
    send(&output, image_type(picture)).await
}
