//! Views: list, get, delete.

use vivant_model::ViewId;
use vivant_wire::types::View;

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};

super::group! {
    /// Views of a site.
    Views
}

impl Views {
    /// Lists the views that the user may see (API 2.2).
    pub fn list(&self, options: ListOptions) -> List<View> {
        List::new(
            self.site.clone(),
            self.site.path("/views"),
            options,
            filters::VIEWS,
        )
    }

    /// Lists the views with how often each was looked at (API 2.2).
    pub fn list_with_usage(&self, options: ListOptions) -> List<View> {
        self.list(options).query("includeUsageStatistics", "true")
    }

    /// Gets one view (API 3.1).
    pub async fn get(&self, id: ViewId) -> Result<View> {
        self.site.get(self.path(id, ""), "view").await
    }

    /// Gets one view with how often it was looked at (API 3.1).
    pub async fn get_with_usage(&self, id: ViewId) -> Result<View> {
        let call = Call::get(self.path(id, "")).query("includeUsageStatistics", "true");
        self.site.ask(&call, "view").await
    }

    /// Deletes a view from its workbook (API 3.27).
    pub async fn delete(&self, id: ViewId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    pub(super) fn path(&self, id: ViewId, rest: &str) -> String {
        self.site.path(&format!("/views/{id}{rest}"))
    }
}
