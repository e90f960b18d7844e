//! `vivant metadata`: questions to the catalog in GraphQL.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, json};

use crate::exit::UsageError;
use crate::input;
use crate::resource::{Action, Kind, Resource, Value, Work, verb};

static KIND: Kind = Kind::unlisted("metadata", &[]);

/// `vivant metadata`.
pub const RESOURCE: Resource = Resource {
    name: "metadata",
    aliases: &[],
    about: "Ask the catalog what there is and what depends on what, in GraphQL",
    kind: &KIND,
    verbs: &[verb::<Query>("query"), verb::<Status>("status")],
};

/// Ask a query in GraphQL, and write its data as JSON
///
/// With --pages the query must have the variables `$first` and `$afterToken` and ask for
/// `pageInfo { hasNextPage endCursor }`; the answer is an array of pages. Data that came with errors are
/// written, too; the errors are told on stderr, and the exit code is 1.
#[derive(Debug, Args)]
struct Query {
    /// File that holds the query; `-` is stdin
    #[arg(value_name = "FILE", required_unless_present = "query")]
    file: Option<PathBuf>,
    /// The query itself
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    query: Option<String>,
    /// A variable of the query, whose value is JSON, otherwise a text; may be given several times
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// File that holds the variables, a JSON object
    #[arg(long, value_name = "FILE")]
    variables_file: Option<PathBuf>,
    /// Go on while there is another page
    #[arg(long)]
    pages: bool,
}

impl Query {
    fn variables(&self) -> Result<Map<String, Value>, UsageError> {
        let mut variables = match &self.variables_file {
            None => Map::new(),
            Some(file) => match input::json(file)? {
                Value::Object(variables) => variables,
                _ => return Err(UsageError(format!("{} holds no JSON object", file.display()))),
            },
        };
        for given in &self.variables {
            let (name, value) = given
                .split_once('=')
                .ok_or_else(|| UsageError(format!("--variable '{given}' is not NAME=VALUE")))?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
            variables.insert(name.to_owned(), value);
        }
        Ok(variables)
    }
}

impl Action for Query {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let variables = self.variables()?;
        let query = match (self.query, &self.file) {
            (Some(query), _) => query,
            (None, Some(file)) => input::text(file)?,
            (None, None) => return Err(UsageError("which query? name its file".to_owned()).into()),
        };
        let metadata = work.site.metadata();
        if self.pages {
            let pages = metadata.paginated_query(&query, variables).await?;
            let data: Vec<Value> = pages.iter().map(|page| page.data().clone()).collect();
            return work.document(&Value::Array(data));
        }
        let answer = metadata.query(&query, variables).await?;
        if !answer.data().is_null() || answer.errors().is_empty() {
            work.document(answer.data())?;
        }
        answer.into_data()?;
        Ok(())
    }
}

/// Show how far the catalog has come
#[derive(Debug, Args)]
struct Status {}

impl Action for Status {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let metadata = work.site.metadata();
        let (backfill, eventing) =
            futures_util::try_join!(metadata.backfill_status(), metadata.eventing_status())?;
        work.document(&json!({"backfill": backfill, "eventing": eventing}))
    }
}
