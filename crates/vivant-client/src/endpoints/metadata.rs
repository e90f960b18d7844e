//! The metadata: queries in GraphQL, and how far the catalog has come.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use vivant_wire::paths::Method;

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::json;

super::group! {
    /// The metadata of a site (API 3.5).
    Metadata, metadata
}

/// Where queries go.
const GRAPHQL: &str = "/api/metadata/graphql";
/// Where the service tells of itself.
const CONTROL: &str = "/api/metadata/v1/control";
/// The page that a query in pages asks for unless it says otherwise.
const PAGE: u32 = 100;

/// What a query gave: data, errors, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphqlAnswer(Value);

impl GraphqlAnswer {
    /// The data; null where there is none.
    pub fn data(&self) -> &Value {
        self.0.get("data").unwrap_or(&Value::Null)
    }

    /// What went wrong, also where there are data.
    pub fn errors(&self) -> &[Value] {
        self.0
            .get("errors")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The data, or an error where something went wrong.
    pub fn into_data(mut self) -> Result<Value> {
        match self.failure() {
            Some(error) => Err(error),
            None => Ok(self.0.get_mut("data").map(Value::take).unwrap_or_default()),
        }
    }

    /// The whole answer.
    pub fn into_value(self) -> Value {
        self.0
    }

    fn failure(&self) -> Option<Error> {
        let messages: Vec<&str> = self
            .errors()
            .iter()
            .map(|error| error["message"].as_str().unwrap_or("an error without a message"))
            .collect();
        let shown = messages.iter().take(3).copied().collect::<Vec<_>>().join("; ");
        (!messages.is_empty()).then(|| {
            Error::new(
                ErrorKind::Rejected,
                format!(
                    "the metadata query failed with {} error(s): {shown}",
                    messages.len()
                ),
            )
        })
    }
}

impl Metadata {
    /// Asks a query in GraphQL.
    ///
    /// A query may give data and errors together; [`GraphqlAnswer::into_data`] takes errors as failure.
    pub async fn query(&self, query: &str, variables: Map<String, Value>) -> Result<GraphqlAnswer> {
        let variables = (!variables.is_empty()).then_some(variables);
        let body = json!({"query": query, "variables": variables});
        // Queries only read, so that asking twice does no harm.
        let call = Call::new(Method::Post, "")
            .json(body.to_string())
            .repeatable()
            .long();
        let answer = self.site.ask_json(&json::call(call, GRAPHQL)).await?;
        match answer.is_object() {
            true => Ok(GraphqlAnswer(answer)),
            false => Err(super::lacking("the answer to the metadata query is no object")),
        }
    }

    /// Asks a query page by page and returns the pages.
    ///
    /// The query must have the variables `$first` and `$afterToken` and ask for `pageInfo` with
    /// `hasNextPage` and `endCursor`; pages have 100 items unless `first` says otherwise.
    /// A page with errors ends it, as the page behind it is not known.
    pub async fn paginated_query(
        &self,
        query: &str,
        mut variables: Map<String, Value>,
    ) -> Result<Vec<GraphqlAnswer>> {
        let asks = |word: &str| query.contains(word);
        if !["$first", "$afterToken", "hasNextPage", "endCursor"]
            .into_iter()
            .all(asks)
        {
            return Err(Error::invalid(
                "a query in pages has the variables $first and $afterToken and asks for pageInfo { hasNextPage endCursor }",
            ));
        }
        variables.entry("first").or_insert(PAGE.into());
        variables.entry("afterToken").or_insert(Value::Null);
        let mut pages = Vec::new();
        let mut cursors = HashSet::new();
        loop {
            let page = self.query(query, variables.clone()).await?;
            if let Some(error) = page.failure() {
                return Err(match pages.len() {
                    0 => error,
                    n => error.with_note(&format!("on page {}", n + 1)),
                });
            }
            let next = next_page(page.data());
            pages.push(page);
            let Some(cursor) = next else {
                return Ok(pages);
            };
            // A cursor that comes again would ask for the same pages for ever.
            if !cursors.insert(cursor.to_string()) {
                return Err(super::lacking(
                    "the server gives the same page of the metadata again and again",
                ));
            }
            variables.insert("afterToken".to_owned(), cursor);
        }
    }

    /// How far the catalog has come with what was there before it (API 3.9).
    pub async fn backfill_status(&self) -> Result<Value> {
        self.control("/backfill/status").await
    }

    /// How far the catalog has come with what happens (API 3.9).
    pub async fn eventing_status(&self) -> Result<Value> {
        self.control("/eventing/status").await
    }

    async fn control(&self, rest: &str) -> Result<Value> {
        let call = json::call(Call::get(""), format!("{CONTROL}{rest}"));
        self.site.ask_json(&call).await
    }
}

/// The cursor of the next page, where some `pageInfo` says that there is one.
fn next_page(data: &Value) -> Option<Value> {
    match data {
        Value::Object(members) => {
            if members.get("hasNextPage") == Some(&Value::Bool(true)) {
                return members.get("endCursor").filter(|c| !c.is_null()).cloned();
            }
            members.values().find_map(next_page)
        }
        Value::Array(items) => items.iter().find_map(next_page),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_wherever_it_is_said() {
        let page = |more: bool| json!({"tables": {"nodes": [{"x": 1}], "pageInfo": {"hasNextPage": more, "endCursor": "c"}}});
        assert_eq!(next_page(&page(true)), Some("c".into()));
        assert_eq!(next_page(&page(false)), None);
        assert_eq!(next_page(&Value::Null), None);
    }

    #[test]
    fn errors_of_a_query_are_a_failure_only_where_that_is_wanted() {
        let both = GraphqlAnswer(json!({"data": {"a": 1}, "errors": [{"message": "no b"}]}));
        assert_eq!(both.data()["a"], 1);
        assert_eq!(both.errors().len(), 1);
        let error = both.into_data().expect_err("an error").to_string();
        assert!(error.contains("no b"), "{error}");
        let fine = GraphqlAnswer(json!({"data": {"a": 1}}));
        assert_eq!(fine.into_data().expect("data"), json!({"a": 1}));
    }
}
