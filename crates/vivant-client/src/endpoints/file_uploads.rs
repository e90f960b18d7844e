//! Upload sessions: content in chunks, to be published afterwards.

use vivant_wire::types::FileUpload;

use crate::error::Result;
use crate::source::{Pieces, Source};
use crate::upload;

super::group! {
    /// Upload sessions of a site.
    FileUploads
}

impl FileUploads {
    /// Begins an upload session.
    pub async fn initiate(&self) -> Result<FileUpload> {
        upload::initiate(&self.site).await
    }

    /// Appends content to an upload session, in one request of at most 64 MB.
    ///
    /// It is repeated only when the server certainly did not take it, since a chunk that is appended twice would
    /// damage the content; [`Self::upload`] looks for itself.
    pub async fn append(&self, session: &str, source: impl Into<Source>) -> Result<FileUpload> {
        let mut pieces = Pieces::new(source.into()).await?;
        let watched = pieces.watched(0);
        upload::append(&self.site, session, pieces.single().await?, watched).await
    }

    /// Uploads content in chunks and returns the id of the upload session.
    ///
    /// A chunk whose answer got lost is looked for before it is sent again; with a cache folder, a file goes on where
    /// an earlier program was broken off.
    pub async fn upload(&self, source: impl Into<Source>) -> Result<String> {
        let mut pieces = Pieces::new(source.into()).await?;
        Ok(upload::upload(&self.site, &mut pieces).await?.session)
    }
}
