//! Tableau Pulse: definitions of metrics, metrics, who follows them, and insights (Tableau Cloud).

use std::collections::HashSet;

use serde_json::{Value, json};
use vivant_model::UserId;
use vivant_wire::paths::Method;

use crate::call::{Call, encode};
use crate::error::Result;
use crate::json;

super::group! {
    /// Tableau Pulse on a site of Tableau Cloud (API 3.21).
    Pulse, pulse
}

/// Where Pulse is.
const PULSE: &str = "/api/-/pulse";

/// How much comes with each definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PulseView {
    /// The definition alone.
    #[default]
    Basic,
    /// With its metrics.
    Full,
    /// With its default metric.
    Default,
}

impl PulseView {
    fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "DEFINITION_VIEW_BASIC",
            Self::Full => "DEFINITION_VIEW_FULL",
            Self::Default => "DEFINITION_VIEW_DEFAULT",
        }
    }
}

/// Bundles of insights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsightBundle {
    /// The present value.
    Ban,
    /// The value with the most important insight.
    Springboard,
    /// A few insights.
    Basic,
    /// All insights.
    Detail,
}

impl InsightBundle {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ban => "ban",
            Self::Springboard => "springboard",
            Self::Basic => "basic",
            Self::Detail => "detail",
        }
    }
}

impl Pulse {
    /// All definitions of metrics.
    pub async fn definitions(&self, view: PulseView) -> Result<Vec<Value>> {
        let call = Call::get("").query("view", view.as_str());
        self.pages(call, "/definitions", "definitions").await
    }

    /// The definitions of the given ids.
    pub async fn batch_get_definitions(&self, ids: &[&str], view: PulseView) -> Result<Vec<Value>> {
        let call = Call::new(Method::Post, "")
            .query("view", view.as_str())
            .json(json!({"definition_ids": ids}).to_string())
            .repeatable();
        self.items(call, "/definitions:batchGet", "definitions").await
    }

    /// The metrics of a definition.
    pub async fn metrics(&self, definition: &str) -> Result<Vec<Value>> {
        let path = format!("/definitions/{}/metrics", encode(definition));
        self.pages(Call::get(""), &path, "metrics").await
    }

    /// The metrics of the given ids.
    pub async fn batch_get_metrics(&self, ids: &[&str]) -> Result<Vec<Value>> {
        let call = Call::new(Method::Post, "")
            .json(json!({"metric_ids": ids}).to_string())
            .repeatable();
        self.items(call, "/metrics:batchGet", "metrics").await
    }

    /// What a user follows.
    pub async fn subscriptions(&self, user: UserId) -> Result<Vec<Value>> {
        let call = Call::get("").query("user_id", user);
        self.pages(call, "/subscriptions", "subscriptions").await
    }

    /// Makes a bundle of insights; `request` is what Pulse describes as the bundle request.
    pub async fn insight_bundle(&self, bundle: InsightBundle, request: &Value) -> Result<Value> {
        let call = Call::new(Method::Post, "")
            .json(json!({"bundle_request": request}).to_string())
            .repeatable()
            .long();
        self.ask(call, &format!("/insights/{}", bundle.as_str())).await
    }

    /// Answers a question about metrics; `request` has the messages, as Pulse describes them.
    pub async fn insight_brief(&self, request: &Value) -> Result<Value> {
        let call = Call::new(Method::Post, "")
            .json(request.to_string())
            .repeatable()
            .long();
        self.ask(call, "/insights/brief").await
    }

    async fn ask(&self, call: Call, path: &str) -> Result<Value> {
        self.site
            .ask_json(&json::call(call, format!("{PULSE}{path}")))
            .await
    }

    async fn items(&self, call: Call, path: &str, name: &str) -> Result<Vec<Value>> {
        json::items(&mut self.ask(call, path).await?, name)
    }

    /// Fetches page after page, each by the token that came with the one before.
    async fn pages(&self, call: Call, path: &str, name: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut tokens = HashSet::new();
        let mut next = call.clone();
        loop {
            let mut answer = self.ask(next, path).await?;
            all.extend(json::items(&mut answer, name)?);
            let token = answer["next_page_token"].as_str().unwrap_or_default();
            if token.is_empty() {
                return Ok(all);
            }
            if !tokens.insert(token.to_owned()) {
                return Err(super::lacking("the server gives the same page again and again"));
            }
            next = call.clone().query("page_token", token);
        }
    }
}
