//! Initiate File Upload.

use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Begins an upload in chunks.
pub async fn initiate_file_upload(call: Call, who: SiteUser) -> Result<Reply> {
    if !who.role().may_publish() {
        return Err(fail(
            ErrorCode::UploadForbidden,
            "Your site role does not allow publishing.",
        ));
    }
    // Whatever body there is says nothing: TSC sends none, others an empty document.
    let id = call.app.store.create_upload(&who.caller, call.app.now()).await?;
    let upload = types::FileUpload {
        upload_session_id: Some(id.to_string()),
        file_size: None,
    };
    let path = format!("/sites/{}/fileUploads/{id}", who.site());
    Ok(call.created("fileUpload", &upload, &path))
}
