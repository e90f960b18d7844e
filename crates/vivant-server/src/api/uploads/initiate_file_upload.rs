//! Initiate File Upload.

use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::body::{parse_document, read_document};
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Begins an upload in chunks.
pub async fn initiate_file_upload(mut call: Call, who: SiteUser) -> Result<Reply> {
    if !who.role().may_publish() {
        return Err(fail(
            ErrorCode::UploadForbidden,
            "Your site role does not allow publishing.",
        ));
    }
    // Tableau: clients send no body, an empty document, or the text ""; none of them says anything.
    let body = read_document(call.take_body()).await?;
    if !matches!(body.trim_ascii(), b"" | b"\"\"") {
        parse_document(&call.headers, &body)?;
    }
    let id = call.app.store.create_upload(&who.caller, call.app.now()).await?;
    let upload = types::FileUpload {
        upload_session_id: Some(id.to_string()),
        file_size: None,
    };
    let path = format!("/sites/{}/fileUploads/{id}", who.site());
    Ok(call.created("fileUpload", &upload, &path))
}
