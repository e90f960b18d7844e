//! Revisions of workbooks and data sources.

use vivant_store::Revision;
use vivant_wire::{Timestamp, types};

/// `revision`, as Tableau's schema and clients have it; the page of the reference prints other
/// names (`createdAt`, `isCurrent`, `isDeleted`, `user`), which no schema knows.
pub fn revision_view(revision: Revision) -> types::Revision {
    types::Revision {
        revision_number: Some(revision.number),
        published_at: Some(Timestamp(revision.published_at)),
        deleted: Some(revision.removed),
        current: Some(revision.current),
        size_in_bytes: Some(revision.size_bytes),
        publisher: revision.publisher.map(|user| types::User {
            id: Some(user.id),
            name: Some(user.name),
            ..types::User::default()
        }),
    }
}
