//! Query View PDF.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_view_data::view_output;
use crate::answers::Form;
use crate::api::exports::{asked_of_picture, pages, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Sends a view as a PDF of one page.
pub async fn query_view_pdf(call: Call, who: SiteUser) -> Result<Reply> {
    let (asked, pages) = (asked_of_picture(&call.query)?, pages(&call.query)?);
    let codes = (ErrorCode::ViewDataInvalid, ErrorCode::ViewDataForbidden);
    let form = Form::Picture(pages);
    let output = view_output(&call, &who, &asked, form, Capability::ExportImage, codes).await?;
    send(&output, "application/pdf").await
}
