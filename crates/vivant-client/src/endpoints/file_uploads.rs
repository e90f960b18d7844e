//! Upload sessions: content in chunks, to be published afterwards.

use vivant_wire::paths::Method;
use vivant_wire::types::FileUpload;

use crate::call::{Body, Call, Multipart, encode};
use crate::client::MAX_CHUNKS;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Piece, Pieces, Source};

super::group! {
    /// Upload sessions of a site.
    FileUploads
}

impl FileUploads {
    /// Begins an upload session.
    pub async fn initiate(&self) -> Result<FileUpload> {
        // A second session, should the first answer get lost, does no harm: it ends by itself.
        let call = Call::new(Method::Post, self.site.path("/fileUploads")).repeatable();
        self.site.ask(&call, "fileUpload").await
    }

    /// Uploads content in chunks and returns the id of the upload session.
    ///
    /// A chunk is repeated only when the server certainly did not take it, since a chunk that is
    /// appended twice would damage the content.
    pub async fn upload(&self, source: impl Into<Source>) -> Result<String> {
        let mut pieces = Pieces::new(source.into()).await?;
        self.upload_pieces(&mut pieces).await
    }

    pub(crate) async fn upload_pieces(&self, pieces: &mut Pieces) -> Result<String> {
        let size = self.chunk_size(pieces.left())?;
        let session = self.initiate().await?.upload_session_id.ok_or_else(|| {
            Error::new(
                ErrorKind::UnexpectedAnswer,
                "the server's answer has no upload session",
            )
        })?;
        let mut number = 0;
        while let Some(piece) = pieces.next(size).await? {
            number += 1;
            if number > MAX_CHUNKS {
                return Err(Error::invalid(format!(
                    "the content needs more than {MAX_CHUNKS} chunks of {size} bytes"
                )));
            }
            tracing::info!(chunk = number, bytes = piece.length(), "uploading");
            self.append(&session, piece).await?;
        }
        Ok(session)
    }

    async fn append(&self, session: &str, piece: Piece) -> Result<FileUpload> {
        let mut call = Call::new(
            Method::Put,
            self.site.path(&format!("/fileUploads/{}", encode(session))),
        )
        .long();
        call.body = Body::Multipart(Multipart::new(String::new(), Some(("tableau_file", piece)))?);
        self.site.ask(&call, "fileUpload").await
    }

    /// The chosen size, or a larger one where the content would need too many chunks.
    fn chunk_size(&self, length: Option<u64>) -> Result<u64> {
        let chosen = self.site.client().0.chunk_size;
        let needed = length.unwrap_or(0).div_ceil(MAX_CHUNKS);
        if needed > crate::client::SINGLE_LIMIT {
            return Err(Error::invalid(
                "the content is larger than the 64 GB that an upload can hold",
            ));
        }
        Ok(chosen.max(needed))
    }
}
