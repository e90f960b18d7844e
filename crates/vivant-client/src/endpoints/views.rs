//! Views: list and get.

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
        self.site
            .ask(&Call::get(self.site.path(&format!("/views/{id}"))), "view")
            .await
    }
}
