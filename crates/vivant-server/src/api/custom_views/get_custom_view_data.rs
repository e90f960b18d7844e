//! Get Custom View Data.

use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::definition::Definition;
use super::get_custom_view::find;
use crate::answers::{Asked, Form, Output};
use crate::api::exports::{asked, send};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Sends the data of a custom view as CSV: that of its view, with what is chosen.
pub async fn get_custom_view_data(call: Call, who: SiteUser) -> Result<Reply> {
    let asked = asked(&call.query)?;
    let output = custom_output(&call, &who, asked, Form::Csv, Capability::ExportData).await?;
    send(&output, "text/csv; charset=utf-8").await
}

/// Answers for the custom view in the address, for those who hold a capability on its view beside that to look at it.
pub(super) async fn custom_output(
    call: &Call,
    who: &SiteUser,
    asked: Asked,
    form: Form,
    capability: Capability,
) -> Result<Output> {
    let found = find(call, who).await?;
    for capability in [Capability::Read, capability] {
        found.rights.require(capability, ErrorCode::Forbidden, "view")?;
    }
    let store = &call.app.store;
    let definition = store.custom_view_definition(who.site(), found.custom.id).await?;
    let asked = Definition::read(&definition)?.put(asked)?;
    let view = store.view(who.site(), found.custom.view).await?;
    let view =
        view.ok_or_else(|| not_found(ErrorCode::CustomViewNotFound, "Custom view", found.custom.id))?;
    let views = std::slice::from_ref(&view);
    call.app
        .answers
        .views(&call.app, &who.caller, views, &asked, form)
        .await
}
