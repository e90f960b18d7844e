//! Get Custom View PDF.

use vivant_model::Capability;

use super::get_custom_view_data::custom_output;
use crate::answers::Form;
use crate::api::exports::{asked_of_picture, pages, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Sends a custom view as a PDF of one page: its view, with what is chosen.
pub async fn get_custom_view_pdf(call: Call, who: SiteUser) -> Result<Reply> {
    let (asked, pages) = (asked_of_picture(&call.query)?, pages(&call.query)?);
    let form = Form::Picture(pages);
    let output = custom_output(&call, &who, asked, form, Capability::ExportImage).await?;
    send(&output, "application/pdf").await
}
