//! Query View Data.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::get_view::view_rights;
use crate::answers::{Asked, Form, Output};
use crate::api::exports::{asked, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Sends the data of a view as CSV: one line for each mark.
pub async fn query_view_data(call: Call, who: SiteUser) -> Result<Reply> {
    let output = view_data(&call, &who, Form::Csv).await?;
    send(&output, "text/csv; charset=utf-8").await
}

/// Answers for the data of the view in the address.
pub(super) async fn view_data(call: &Call, who: &SiteUser, form: Form) -> Result<Output> {
    let asked = asked(&call.query)?;
    let codes = (ErrorCode::ViewDataInvalid, ErrorCode::ViewDataForbidden);
    view_output(call, who, &asked, form, Capability::ExportData, codes).await
}

/// Answers for the view in the address, for those who hold a capability beside that to look at it. The codes are
/// those of a view that is missing and of one that the caller may not have.
pub(super) async fn view_output(
    call: &Call,
    who: &SiteUser,
    asked: &Asked,
    form: Form,
    capability: Capability,
    (missing, forbidden): (ErrorCode, ErrorCode),
) -> Result<Output> {
    let (id, rights) = view_rights(call, who, missing).await?;
    for capability in [Capability::Read, capability] {
        rights.require(capability, forbidden, "view")?;
    }
    let view = call.app.store.view(who.site(), id).await?;
    let view = view.ok_or_else(|| not_found(missing, "View", id))?;
    let views = std::slice::from_ref(&view);
    call.app
        .answers
        .views(&call.app, &who.caller, views, asked, form)
        .await
}
