//! Custom views: list, publish, download, change, delete.

use vivant_model::{CustomViewId, UserId, WorkbookId};
use vivant_wire::paths::Method;
use vivant_wire::types::{CustomView, User, Workbook};
use vivant_wire::{Format, Out};

use crate::call::{Call, Target as Address};
use crate::download::{Downloaded, Target};
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};
use crate::publish;
use crate::source::{Pieces, Source};

super::group! {
    /// Custom views of a site (API 3.18).
    CustomViews, custom_views
}

/// How a custom view is published.
#[derive(Clone, Debug)]
pub struct PublishCustomView {
    /// Its name.
    pub name: String,
    /// Whether others see it.
    pub shared: bool,
    /// Whose it is.
    pub owner_id: UserId,
    /// The workbook whose view it is of.
    pub workbook_id: WorkbookId,
}

impl CustomViews {
    /// Lists the custom views.
    pub fn list(&self, options: ListOptions) -> List<CustomView> {
        List::new(
            self.site.clone(),
            self.site.path("/customviews"),
            options,
            filters::CUSTOM_VIEWS,
        )
    }

    /// Gets one custom view.
    pub async fn get(&self, id: CustomViewId) -> Result<CustomView> {
        self.site.get(self.path(id, ""), "customView").await
    }

    /// Changes a custom view: whatever is set in `changes` and can be changed (name, owner).
    pub async fn update(&self, id: CustomViewId, changes: &CustomView) -> Result<CustomView> {
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("customView", changes));
        self.site.ask(&call, "customView").await
    }

    /// Deletes a custom view (API 3.19).
    pub async fn delete(&self, id: CustomViewId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// Downloads the definition of a custom view, as JSON (API 3.21). It may hold values of the data.
    pub async fn download(&self, id: CustomViewId, to: impl Into<Target>) -> Result<Downloaded> {
        let call = self.experimental(Call::get("").long(), &format!("/{id}/content"));
        self.site.download(&call, to.into(), "customview.json").await
    }

    /// Publishes a custom view of a definition that was downloaded (API 3.21).
    pub async fn publish(
        &self,
        options: &PublishCustomView,
        definition: impl Into<Source>,
    ) -> Result<CustomView> {
        let view = CustomView {
            name: Some(options.name.clone()),
            shared: Some(options.shared),
            owner: Some(User {
                id: Some(options.owner_id),
                ..User::default()
            }),
            workbook: Some(Workbook {
                id: Some(options.workbook_id),
                ..Workbook::default()
            }),
            ..CustomView::default()
        };
        let payload = Out::request(Format::Xml, |out| out.child("customView", &view));
        let mut pieces = Pieces::new(definition.into()).await?;
        let call = self.experimental(Call::new(Method::Post, "").long(), "");
        let part = "tableau_customview";
        publish::send(&self.site, call, payload, part, &mut pieces, None, "customView").await
    }

    pub(super) fn path(&self, id: CustomViewId, rest: &str) -> String {
        self.site.path(&format!("/customviews/{id}{rest}"))
    }

    /// A call to where Tableau keeps methods that may still change.
    fn experimental(&self, call: Call, rest: &str) -> Call {
        let path = self.site.path(&format!("/customviews{rest}"));
        Call {
            target: Address::Root(format!("/api/exp{path}")),
            ..call
        }
    }
}
