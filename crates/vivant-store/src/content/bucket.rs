//! Objects in an S3 bucket, or in a service that speaks its protocol.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::ops::Range;

use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, WriteMultipart};
use percent_encoding::percent_decode_str;

use super::ContentStream;
use super::spool::{Spooled, blocking};
use crate::{Error, Result, What};

const PART: usize = 8 << 20;
/// Parts under way at once, which bounds the memory of an upload.
const PARTS: usize = 4;

pub(super) struct Bucket {
    store: AmazonS3,
    prefix: Path,
}

impl Bucket {
    /// Opens `bucket/prefix?name=value&…`; the rest of the settings come as `AWS_*`.
    pub(super) fn open(address: &str, env: &HashMap<String, String>) -> Result<Self> {
        let (place, query) = address.split_once('?').unwrap_or((address, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(Error::Options(
                "content address `s3://` names no bucket".to_owned(),
            ));
        }
        let mut builder = AmazonS3Builder::new();
        for (name, value) in env {
            let name = name.to_ascii_lowercase();
            if name.starts_with("aws_")
                && let Ok(key) = name.parse::<AmazonS3ConfigKey>()
            {
                builder = builder.with_config(key, value);
            }
        }
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
            let value = percent_decode_str(value).decode_utf8_lossy();
            let key = name.parse::<AmazonS3ConfigKey>().map_err(|_| {
                Error::Options(format!("content address: `{name}` is no setting of a bucket"))
            })?;
            builder = builder.with_config(key, value);
        }
        let store = builder
            .with_bucket_name(bucket)
            .build()
            .map_err(|e| Error::Options(format!("content bucket `{bucket}`: {e}")))?;
        Ok(Self {
            store,
            prefix: Path::from(prefix),
        })
    }

    fn path(&self, key: &str) -> Path {
        self.prefix.clone().join(key)
    }

    pub(super) async fn put(&self, key: &str, file: Spooled) -> Result<()> {
        let path = self.path(key);
        let from = file.path().to_owned();
        let mut source =
            blocking(move || File::open(&from).map_err(|e| Error::io("reading a spool file", &e))).await?;
        let mut left = file.size();
        if left <= PART as u64 {
            let (_, bytes) = part(source, left).await?;
            self.store.put(&path, bytes.into()).await.map_err(failure)?;
            return Ok(());
        }
        let upload = self.store.put_multipart(&path).await.map_err(failure)?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART);
        let copy = async {
            while left > 0 {
                let (rest, bytes) = part(source, left).await?;
                source = rest;
                left -= bytes.len() as u64;
                writer.wait_for_capacity(PARTS).await.map_err(failure)?;
                writer.put(bytes.into());
            }
            Ok(())
        };
        match copy.await {
            Ok(()) => writer.finish().await.map(drop).map_err(failure),
            Err(error) => {
                if let Err(e) = writer.abort().await {
                    tracing::warn!("an unfinished upload stays in the bucket: {e}");
                }
                Err(error)
            }
        }
    }

    pub(super) async fn open_range(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<(u64, ContentStream)> {
        if range.as_ref().is_some_and(|r| r.start >= r.end) {
            let size = self.size(key).await?.ok_or(Error::NotFound(What::Object))?;
            return Ok((size, futures_util::stream::empty().boxed()));
        }
        let options = GetOptions::new().with_range(range);
        let object = self
            .store
            .get_opts(&self.path(key), options)
            .await
            .map_err(failure)?;
        let size = object.meta.size;
        Ok((size, object.into_stream().map_err(failure).boxed()))
    }

    pub(super) async fn size(&self, key: &str) -> Result<Option<u64>> {
        match self.store.head(&self.path(key)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(failure(e)),
        }
    }

    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(failure(e)),
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<(String, u64)>> {
        let objects = self.store.list(Some(&self.prefix)).map_err(failure);
        objects
            .map_ok(|meta| (meta.location.filename().unwrap_or_default().to_owned(), meta.size))
            .try_collect()
            .await
    }
}

/// Reads the next part of a file.
async fn part(mut file: File, left: u64) -> Result<(File, Vec<u8>)> {
    blocking(move || {
        let mut bytes = vec![0; left.min(PART as u64) as usize];
        file.read_exact(&mut bytes)
            .map_err(|e| Error::io("reading a spool file", &e))?;
        Ok((file, bytes))
    })
    .await
}

fn failure(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::NotFound(What::Object),
        error => Error::backend(format!("content bucket: {error}")),
    }
}
