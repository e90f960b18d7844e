//! `vivant vizql-data`: questions to published data sources, without a view.

use std::path::PathBuf;

use clap::Args;
use vivant_client::model::DatasourceId;
use vivant_client::{RowFormat, VizqlConnection, VizqlDatasource, VizqlOptions};

use super::datasources;
use crate::exit::UsageError;
use crate::input;
use crate::resource::{Action, Column, Kind, Resource, Work, column, find_luid, verb};
use crate::secrets;

const FIELDS: &[Column] = &[
    column("FIELD", "fieldCaption"),
    column("TYPE", "dataType"),
    column("AGGREGATION", "defaultAggregation"),
    column("NAME", "fieldName"),
    column("TABLE", "logicalTableId"),
];

static KIND: Kind = Kind::unlisted("data", FIELDS);

/// `vivant vizql-data`.
pub const RESOURCE: Resource = Resource {
    name: "vizql-data",
    aliases: &["vds"],
    about: "Ask published data sources for rows, without a view: the VizQL Data Service",
    kind: &KIND,
    verbs: &[
        verb::<Query>("query"),
        verb::<Fields>("fields"),
        verb::<Model>("model"),
        verb::<Check>("check"),
    ],
};

/// Which data source is asked.
#[derive(Debug, Args)]
struct Asked {
    /// The data source, by name, path or id
    #[arg(value_name = "DATASOURCE")]
    item: String,
    /// User of its one connection, where the data source keeps none
    #[arg(long, value_name = "NAME", requires = "db_password_file")]
    db_username: Option<String>,
    /// File that holds the password of that user; `-` is stdin
    #[arg(long, value_name = "FILE", requires = "db_username")]
    db_password_file: Option<PathBuf>,
}

impl Asked {
    async fn datasource(&self, work: &Work<'_>) -> anyhow::Result<VizqlDatasource> {
        let id: DatasourceId = find_luid(work.site, &datasources::KIND, &self.item).await?;
        let mut asked = VizqlDatasource::from(id);
        if let (Some(name), Some(file)) = (&self.db_username, &self.db_password_file) {
            asked.connections.push(VizqlConnection {
                id: None,
                user_name: name.clone(),
                password: secrets::from_file(file, "--db-password-file")?,
            });
        }
        Ok(asked)
    }
}

/// Ask a data source for rows
#[derive(Debug, Args)]
struct Query {
    #[command(flatten)]
    asked: Asked,
    /// File with the query as JSON: `{"fields": [{"fieldCaption": "Region"}]}`, with filters and parameters as the
    /// service describes them; `-` is stdin
    #[arg(value_name = "FILE", required_unless_present = "field")]
    file: Option<PathBuf>,
    /// Ask for these fields, as the service aggregates them, with commas between
    #[arg(
        long = "fields",
        value_name = "FIELDS",
        value_delimiter = ',',
        conflicts_with = "file"
    )]
    field: Vec<String>,
    /// Rows as they are in the data, without aggregation
    #[arg(long)]
    disaggregate: bool,
}

impl Action for Query {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let query = match &self.file {
            Some(file) => input::json(file)?,
            None => {
                let fields: Vec<_> = self
                    .field
                    .iter()
                    .map(|name| serde_json::json!({"fieldCaption": name}))
                    .collect();
                serde_json::json!({"fields": fields})
            }
        };
        // A file may hold the whole request or what is in it.
        let query = query.get("query").cloned().unwrap_or(query);
        if !query["fields"].is_array() {
            return Err(UsageError("the query has no list of fields".to_owned()).into());
        }
        let asked = self.asked.datasource(work).await?;
        let options = VizqlOptions {
            row_format: RowFormat::Objects,
            disaggregate: self.disaggregate,
            debug: false,
        };
        let order: Vec<String> = query["fields"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|field| field["fieldAlias"].as_str().or(field["fieldCaption"].as_str()))
            .map(str::to_owned)
            .collect();
        let service = work.site.vizql_data();
        let rows = service.query_datasource(&asked, query, options).await?;
        work.rows(&order, &rows);
        Ok(())
    }
}

/// List the fields of a data source
#[derive(Debug, Args)]
struct Fields {
    #[command(flatten)]
    asked: Asked,
}

impl Action for Fields {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let asked = self.asked.datasource(work).await?;
        let metadata = work.site.vizql_data().read_metadata(&asked).await?;
        let fields = metadata["data"].as_array().cloned().unwrap_or_default();
        work.list(FIELDS, &fields, false);
        Ok(())
    }
}

/// Show the logical tables of a data source and how they relate, as JSON
#[derive(Debug, Args)]
struct Model {
    #[command(flatten)]
    asked: Asked,
}

impl Action for Model {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let asked = self.asked.datasource(work).await?;
        work.document(&work.site.vizql_data().get_datasource_model(&asked).await?)
    }
}

/// Ask the service for a sign of life
#[derive(Debug, Args)]
struct Check {}

impl Action for Check {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        work.document(&work.site.vizql_data().simple_request().await?)
    }
}
