//! Labels of items: added, deleted, brought to a wanted set; and batches over several items.

use std::collections::BTreeSet;

use vivant_model::Luid;
use vivant_wire::paths::Method;
use vivant_wire::types::{Tag, TagBatch, TaggedContent, TaggedContents, Tags as TagList};

use crate::call::{Call, encode};
use crate::error::{Error, Result};
use crate::site::Site;

super::group! {
    /// Labels of several items at once (API 3.9).
    Tags, tags
}

/// What kind of item a label is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TaggedKind {
    Workbook,
    View,
    Datasource,
    Flow,
    Database,
    Table,
    Column,
}

impl TaggedKind {
    /// The name in requests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workbook => "Workbook",
            Self::View => "View",
            Self::Datasource => "Datasource",
            Self::Flow => "Flow",
            Self::Database => "Database",
            Self::Table => "Table",
            Self::Column => "Column",
        }
    }
}

impl Tags {
    /// Adds labels to all of the items, and returns the labels that were added.
    pub async fn batch_add<T: AsRef<str>>(
        &self,
        labels: &[T],
        items: &[(TaggedKind, Luid)],
    ) -> Result<Vec<String>> {
        self.batch("/tags:batchCreate", labels, items).await
    }

    /// Deletes labels from all of the items, and returns the labels that were deleted.
    pub async fn batch_delete<T: AsRef<str>>(
        &self,
        labels: &[T],
        items: &[(TaggedKind, Luid)],
    ) -> Result<Vec<String>> {
        self.batch("/tags:batchDelete", labels, items).await
    }

    async fn batch<T: AsRef<str>>(
        &self,
        path: &str,
        labels: &[T],
        items: &[(TaggedKind, Luid)],
    ) -> Result<Vec<String>> {
        let content = items.iter().map(|(kind, id)| TaggedContent {
            id: Some(*id),
            content_type: Some(kind.as_str().to_owned()),
        });
        let batch = TagBatch {
            tags: Some(to_wire(labels)?),
            contents: Some(TaggedContents {
                content: content.collect(),
            }),
        };
        let call = Call::new(Method::Put, path)
            .body(|out| out.child("tagBatch", &batch))
            .repeatable();
        let node = self.site.call(&call).await?;
        let tags: Option<TagList> = super::optional(&node, "tags")?;
        let batch: Option<TagBatch> = super::optional(&node, "tagBatch")?;
        Ok(from_wire(tags.or(batch.and_then(|b| b.tags)).unwrap_or_default()))
    }
}

/// Adds labels at an address and returns those that are there then.
pub(super) async fn add<T: AsRef<str>>(site: &Site, path: String, labels: &[T]) -> Result<Vec<String>> {
    let tags = to_wire(labels)?;
    let call = Call::new(Method::Put, path)
        .body(|out| out.child("tags", &tags))
        .repeatable();
    Ok(from_wire(site.ask(&call, "tags").await?))
}

/// Deletes labels at an address.
pub(super) async fn delete<T: AsRef<str>>(site: &Site, path: String, labels: &[T]) -> Result<()> {
    for label in labels {
        let address = format!("{path}/{}", encode(label.as_ref()));
        site.tell(&Call::new(Method::Delete, address)).await?;
    }
    Ok(())
}

/// Brings labels from one set to another with the fewest changes, and returns what is there then.
pub(super) async fn update<T: AsRef<str>>(
    site: &Site,
    path: String,
    before: &[T],
    wanted: &[T],
) -> Result<Vec<String>> {
    let before: BTreeSet<&str> = before.iter().map(AsRef::as_ref).collect();
    let after: BTreeSet<&str> = wanted.iter().map(AsRef::as_ref).collect();
    let gone: Vec<&str> = before.difference(&after).copied().collect();
    let new: Vec<&str> = after.difference(&before).copied().collect();
    delete(site, path.clone(), &gone).await?;
    match new.is_empty() {
        true => Ok(after.into_iter().map(str::to_owned).collect()),
        false => add(site, path, &new).await,
    }
}

fn to_wire<T: AsRef<str>>(labels: &[T]) -> Result<TagList> {
    let tag = labels
        .iter()
        .map(|label| {
            Ok(Tag {
                label: Some(quoted(label.as_ref())?),
            })
        })
        .collect::<Result<_>>()?;
    Ok(TagList { tag })
}

fn from_wire(tags: TagList) -> Vec<String> {
    tags.tag.into_iter().filter_map(|tag| tag.label).collect()
}

/// A label as the API takes it.
///
/// Tableau: the text of a label is split at spaces and commas unless quotes stand around it, and nothing
/// lets a quote stand inside of those.
fn quoted(label: &str) -> Result<String> {
    let splits = label.contains([' ', ',']);
    match label {
        "" => Err(Error::invalid("a label is empty")),
        _ if splits && label.contains('"') => Err(Error::invalid(format!(
            "the label '{label}' cannot be sent: one that holds spaces or commas cannot hold quotes"
        ))),
        _ if splits => Ok(format!("\"{label}\"")),
        _ => Ok(label.to_owned()),
    }
}

/// Gives a group of methods those about the labels of its items.
macro_rules! tagged {
    ($name:ident, $id:ty) => {
        impl $name {
            /// Adds labels to an item, and returns all that it has then.
            pub async fn add_tags<T: AsRef<str>>(
                &self,
                id: $id,
                labels: &[T],
            ) -> $crate::Result<Vec<String>> {
                $crate::endpoints::tags::add(&self.site, self.path(id, "/tags"), labels).await
            }

            /// Deletes labels from an item: one request for each.
            pub async fn delete_tags<T: AsRef<str>>(&self, id: $id, labels: &[T]) -> $crate::Result<()> {
                $crate::endpoints::tags::delete(&self.site, self.path(id, "/tags"), labels).await
            }

            /// Brings the labels of an item from those it has to those wanted, with the fewest changes, and
            /// returns what it has then.
            pub async fn update_tags<T: AsRef<str>>(
                &self,
                id: $id,
                before: &[T],
                wanted: &[T],
            ) -> $crate::Result<Vec<String>> {
                $crate::endpoints::tags::update(&self.site, self.path(id, "/tags"), before, wanted).await
            }
        }
    };
}

tagged!(Workbooks, WorkbookId);
tagged!(Views, ViewId);
tagged!(Datasources, DatasourceId);
tagged!(Flows, FlowId);
tagged!(Databases, DatabaseId);
tagged!(Tables, TableId);
tagged!(VirtualConnections, VirtualConnectionId);

use vivant_model::{DatabaseId, DatasourceId, FlowId, TableId, ViewId, VirtualConnectionId, WorkbookId};

use super::{Databases, Datasources, Flows, Tables, Views, VirtualConnections, Workbooks};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_would_be_split_are_quoted() {
        for (label, sent) in [
            ("a", "a"),
            ("a b", "\"a b\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "a\"b"),
            ("日本", "日本"),
        ] {
            assert_eq!(quoted(label).expect(label), sent);
        }
        assert!(quoted("").is_err());
        assert!(quoted("a \"b\"").is_err());
    }
}
