//! Download Custom View definition.

use axum::body::Body;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use vivant_model::Capability;
use vivant_wire::ErrorCode;

use super::get_custom_view::find;
use crate::api::download::disposition;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Sends the definition of a custom view, as it was published; it may hold values of the data.
pub async fn download_custom_view_definition(call: Call, who: SiteUser) -> Result<Reply> {
    const FORBIDDEN: ErrorCode = ErrorCode::CustomViewDownloadForbidden;
    let found = find(&call, &who).await?;
    if !who.role().is_admin() {
        return Err(fail(
            FORBIDDEN,
            "Only administrators may download the definition of a custom view.",
        ));
    }
    found.rights.require(Capability::ExportXml, FORBIDDEN, "view")?;
    let store = &call.app.store;
    let bytes = store.custom_view_definition(who.site(), found.custom.id).await?;
    let name = format!("{}.json", found.custom.name);
    Ok(Reply::File {
        status: StatusCode::OK,
        headers: vec![
            (CONTENT_TYPE, "application/octet-stream".to_owned()),
            (CONTENT_DISPOSITION, disposition("tableau_customview", &name)),
            (CONTENT_LENGTH, bytes.len().to_string()),
        ],
        body: Body::from(bytes),
    })
}
