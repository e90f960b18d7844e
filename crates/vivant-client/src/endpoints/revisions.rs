//! Revisions of workbooks and data sources: listed, downloaded, deleted.

use vivant_model::{DatasourceId, WorkbookId};
use vivant_wire::types::Revision;

use super::{Datasources, Workbooks};
use crate::download::{DownloadOptions, Downloaded, Target};
use crate::error::Result;
use crate::list::{List, ListOptions};

macro_rules! revised {
    ($name:ident, $id:ty, $fallback:literal) => {
        impl $name {
            /// Lists the revisions of an item, oldest first (API 2.3).
            pub fn revisions(&self, id: $id, options: ListOptions) -> List<Revision> {
                List::new(self.site.clone(), self.path(id, "/revisions"), options, &[])
            }

            /// Downloads a revision of an item (API 2.3).
            ///
            /// Tableau: the current revision has no address of its own; `download` gets it.
            pub async fn download_revision(
                &self,
                id: $id,
                revision: u32,
                to: impl Into<Target>,
                options: DownloadOptions,
            ) -> Result<Downloaded> {
                let call = options.call(self.path(id, &format!("/revisions/{revision}/content")));
                self.site.download(&call, to.into(), $fallback).await
            }

            /// Deletes a revision of an item (API 2.3).
            pub async fn delete_revision(&self, id: $id, revision: u32) -> Result<()> {
                let path = self.path(id, &format!("/revisions/{revision}"));
                self.site.delete(path).await
            }
        }
    };
}

revised!(Workbooks, WorkbookId, "workbook");
revised!(Datasources, DatasourceId, "datasource");
