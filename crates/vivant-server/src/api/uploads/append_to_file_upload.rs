//! Append to File Upload.

use vivant_store::{Error, UploadId};
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::body::{PartCodes, read_chunk};
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::reply::Reply;
use crate::views::megabytes;

/// Adds a chunk to an upload.
pub async fn append_to_file_upload(mut call: Call, who: SiteUser) -> Result<Reply> {
    if !who.role().may_publish() {
        return Err(fail(
            ErrorCode::PublishForbidden,
            "Your site role does not allow publishing.",
        ));
    }
    let text = call.value("upload-session-id").to_owned();
    let id: UploadId = text
        .parse()
        .map_err(|_| not_found(ErrorCode::UploadNotFound, "Upload session", &text))?;
    let spool = call
        .app
        .store
        .open_chunk(&who.caller, &id, call.app.now())
        .await?;
    let codes = PartCodes {
        malformed: ErrorCode::BadRequest,
        too_large: ErrorCode::FileSizeTooLarge,
    };
    let body = call.take_body();
    let parts = read_chunk(spool, &call.headers, body, codes).await?;
    if parts
        .payload
        .is_some_and(|payload| payload.iter().any(|b| !b.is_ascii_whitespace()))
    {
        return Err(fail(
            ErrorCode::MalformedRequestBody,
            "The request_payload part must be empty.",
        ));
    }
    let Some(part) = parts.file.filter(|_| parts.files == 1) else {
        return Err(fail(
            ErrorCode::InvalidWorkbookFile,
            "The request must hold one part with a chunk of the file.",
        ));
    };
    let total = call
        .app
        .store
        .append_upload(&who.caller, &id, part.file, call.app.now())
        .await
        .map_err(|error| match error {
            // What is larger than all that the site may hold can never be published.
            Error::QuotaExceeded { .. } => fail(
                ErrorCode::UploadFailure,
                format!("The chunk is refused: {error}."),
            ),
            other => other.into(),
        })?;
    let upload = types::FileUpload {
        upload_session_id: Some(id.to_string()),
        file_size: Some(megabytes(i64::try_from(total).unwrap_or(i64::MAX))),
    };
    Ok(call.one("fileUpload", &upload))
}
