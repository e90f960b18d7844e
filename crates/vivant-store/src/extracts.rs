//! Extracts: data read for a workbook or data source, kept beside its file.
//!
//! An extract has parts, in order: the first is what was read in full, others were added to it.
//! What is replaced becomes garbage in the transaction that replaces it.

use vivant_model::{ContentKind, Luid, SiteId};

use crate::content::Spooled;
use crate::jobs::{Fence, unwritten};
use crate::{Millis, Result, Store};

/// An extract to be kept.
pub struct NewExtract {
    /// The name that the data source has inside the file.
    pub datasource: String,
    /// The data, a Parquet file.
    pub file: Spooled,
    /// How many rows it has.
    pub rows: i64,
    /// Its columns, in the form that its maker reads.
    pub columns: String,
}

/// A part of an extract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// The name that the data source has inside the file.
    pub datasource: String,
    /// Its place among the parts of that data source, from 0.
    pub part: u32,
    /// The key of the object in [`Store::content`].
    pub key: String,
    /// The object's size in bytes.
    pub size: i64,
    /// The object's SHA-256 in lower-case hex.
    pub sha256: String,
    /// How many rows it has.
    pub rows: i64,
    /// Its columns, in the form that its maker reads.
    pub columns: String,
    /// When it was read.
    pub refreshed_at: Millis,
}

impl Store {
    /// Replaces all extracts of an item.
    pub async fn swap_extracts(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        extracts: Vec<NewExtract>,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<()> {
        let _ = (site, kind, id, extracts, fence, now);
        Err(unwritten())
    }

    /// Adds parts to the extracts of an item; an extract that is not there is begun.
    pub async fn append_extracts(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        extracts: Vec<NewExtract>,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<()> {
        let _ = (site, kind, id, extracts, fence, now);
        Err(unwritten())
    }

    /// The extracts of an item, by data source and part.
    pub async fn extracts(&self, site: SiteId, kind: ContentKind, id: Luid) -> Result<Vec<Extract>> {
        let _ = (site, kind, id);
        Err(unwritten())
    }
}
