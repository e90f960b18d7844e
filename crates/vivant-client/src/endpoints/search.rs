//! Search over all content of a site.

use serde_json::Value;

use crate::call::Call;
use crate::error::Result;
use crate::json;

super::group! {
    /// Search over content (API 3.16).
    ContentExploration, content_exploration
}

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    /// Words.
    pub terms: Option<String>,
    /// A filter such as `type:eq:workbook`, as the reference describes it.
    pub filter: Option<String>,
    /// An order such as `hitsTotal:desc`.
    pub order_by: Option<String>,
    /// How many results a page has.
    pub limit: Option<u32>,
    /// Which page, from 0.
    pub page: Option<u32>,
}

/// A page of what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPage {
    /// How much was found; `None` where the server does not say.
    pub total: Option<u64>,
    /// What was found: each with its `uri` and `content`.
    pub items: Vec<Value>,
    /// Whether there is another page.
    pub more: bool,
}

impl ContentExploration {
    /// Searches and returns one page.
    pub async fn search(&self, options: &SearchOptions) -> Result<SearchPage> {
        let mut call = json::call(Call::get(""), "/api/-/search");
        let texts = [
            ("terms", &options.terms),
            ("filter", &options.filter),
            ("order_by", &options.order_by),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                call = call.query(name, value);
            }
        }
        for (name, value) in [("limit", options.limit), ("page", options.page)] {
            if let Some(value) = value {
                call = call.query(name, value);
            }
        }
        let mut answer = self.site.ask_json(&call).await?;
        let mut hits = answer.get_mut("hits").map(Value::take).unwrap_or_default();
        let total = match &hits["total"] {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        Ok(SearchPage {
            total,
            more: hits["next"].as_str().is_some_and(|next| !next.is_empty()),
            items: json::items(&mut hits, "items")?,
        })
    }
}
