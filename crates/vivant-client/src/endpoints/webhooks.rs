//! Webhooks: list, get, create, delete, test.

use vivant_wire::paths::Method;
use vivant_wire::types::{
    self, Webhook, WebhookDestination, WebhookDestinationHttp, WebhookEvent, WebhookSource, WebhookTestResult,
};

use crate::call::{Call, encode};
use crate::error::{Error, Result};

super::group! {
    /// Webhooks of a site (API 3.6).
    Webhooks, webhooks
}

impl Webhooks {
    /// Lists the webhooks; the server gives all at once.
    pub async fn list(&self) -> Result<Vec<Webhook>> {
        let found: types::Webhooks = self.site.get(self.site.path("/webhooks"), "webhooks").await?;
        Ok(found.webhook)
    }

    /// Gets one webhook.
    pub async fn get(&self, id: &str) -> Result<Webhook> {
        self.site.get(self.path(id, ""), "webhook").await
    }

    /// Creates a webhook that tells `url` of an event, named such as `workbook-created`, with or without
    /// the prefix `webhook-source-event-`.
    pub async fn create(&self, name: &str, event: &str, url: &str) -> Result<Webhook> {
        let Some(event) = WebhookEvent::new(event) else {
            return Err(Error::invalid(format!(
                "'{event}' names no webhook event; one such as workbook-created is wanted"
            )));
        };
        let webhook = Webhook {
            name: Some(name.to_owned()),
            webhook_source: Some(WebhookSource { event: Some(event) }),
            webhook_destination: Some(WebhookDestination {
                http: Some(WebhookDestinationHttp {
                    method: Some("POST".to_owned()),
                    url: Some(url.to_owned()),
                }),
            }),
            ..Webhook::default()
        };
        let call =
            Call::new(Method::Post, self.site.path("/webhooks")).body(|out| out.child("webhook", &webhook));
        self.site.ask(&call, "webhook").await
    }

    /// Deletes a webhook.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// Lets the server send an empty payload to the webhook's address and returns what that answered.
    pub async fn test(&self, id: &str) -> Result<WebhookTestResult> {
        self.site.get(self.path(id, "/test"), "webhookTestResult").await
    }

    fn path(&self, id: &str, rest: &str) -> String {
        self.site.path(&format!("/webhooks/{}{rest}", encode(id)))
    }
}
