//! Download Workbook PowerPoint.

use super::download_workbook_pdf::workbook_output;
use crate::answers::Picture;
use crate::api::exports::{asked_of_picture, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// The type of `.pptx` files.
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// Sends the views of a workbook as a presentation, one slide for each in the order of the tabs.
pub async fn download_workbook_powerpoint(call: Call, who: SiteUser) -> Result<Reply> {
    let asked = asked_of_picture(&call.query)?;
    let output = workbook_output(&call, &who, &asked, Picture::Slides).await?;
    send(&output, PPTX).await
}
