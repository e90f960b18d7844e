//! Subscriptions: views and workbooks that are sent by mail.

use vivant_model::SubscriptionId;
use vivant_wire::paths::Method;
use vivant_wire::types::Subscription;

use crate::call::Call;
use crate::error::Result;
use crate::list::{List, ListOptions};

super::group! {
    /// Subscriptions of a site (API 2.3).
    Subscriptions, subscriptions
}

impl Subscriptions {
    /// Lists the subscriptions: administrators see all of them, others their own.
    pub fn list(&self, options: ListOptions) -> List<Subscription> {
        List::new(self.site.clone(), self.site.path("/subscriptions"), options, &[])
    }

    /// Gets one subscription.
    pub async fn get(&self, id: impl Into<SubscriptionId>) -> Result<Subscription> {
        self.site.get(self.path(id.into()), "subscription").await
    }

    /// Makes a subscription: subject, content, schedule, user, and what else is set.
    pub async fn create(&self, subscription: &Subscription) -> Result<Subscription> {
        let call = Call::new(Method::Post, self.site.path("/subscriptions"))
            .body(|out| out.child("subscription", subscription));
        self.site.ask(&call, "subscription").await
    }

    /// Changes a subscription: whatever is set in `changes`.
    pub async fn update(
        &self,
        id: impl Into<SubscriptionId>,
        changes: &Subscription,
    ) -> Result<Subscription> {
        let call =
            Call::new(Method::Put, self.path(id.into())).body(|out| out.child("subscription", changes));
        self.site.ask(&call, "subscription").await
    }

    /// Deletes a subscription.
    pub async fn delete(&self, id: impl Into<SubscriptionId>) -> Result<()> {
        self.site.delete(self.path(id.into())).await
    }

    fn path(&self, id: SubscriptionId) -> String {
        self.site.path(&format!("/subscriptions/{id}"))
    }
}
