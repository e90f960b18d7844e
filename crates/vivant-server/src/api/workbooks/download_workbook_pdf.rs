//! Download Workbook PDF.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::query_workbook::{find_workbook, workbook_rights};
use crate::answers::{Asked, Form, Output, Picture};
use crate::api::exports::{asked_of_picture, pages, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Sends the views of a workbook as a PDF, one page for each in the order of the tabs.
pub async fn download_workbook_pdf(call: Call, who: SiteUser) -> Result<Reply> {
    let (asked, pages) = (asked_of_picture(&call.query)?, pages(&call.query)?);
    let output = workbook_output(&call, &who, &asked, pages).await?;
    send(&output, "application/pdf").await
}

/// Answers for the views of the workbook in the address that the caller sees.
pub(super) async fn workbook_output(
    call: &Call,
    who: &SiteUser,
    asked: &Asked,
    picture: Picture,
) -> Result<Output> {
    let (id, rights) = workbook_rights(call, who).await?;
    for capability in [Capability::Read, Capability::ExportImage] {
        rights.require(capability, ErrorCode::ViewDataForbidden, "workbook")?;
    }
    let workbook = find_workbook(call, who, id).await?;
    let app = &call.app;
    let mut views = app.store.workbook_views(&who.caller, id, false).await?;
    // Without tabs each view has rules of its own.
    if !workbook.show_tabs {
        let store = &app.store;
        let allowed = store
            .workbook_views_allowing(&who.caller, id, Capability::ExportImage)
            .await?;
        views.retain(|view| allowed.contains(&view.id));
    }
    if views.is_empty() && workbook.sheet_count > 0 {
        return Err(fail(
            ErrorCode::ViewDataForbidden,
            "You lack the permission ExportImage on every view of this workbook.",
        ));
    }
    let form = Form::Picture(picture);
    app.answers.views(app, &who.caller, &views, asked, form).await
}
