//! The VizQL Data Service: questions to a published data source, without a view.

use serde_json::{Value, json};
use vivant_model::{ConnectionId, DatasourceId};
use vivant_wire::paths::Method;

use crate::call::Call;
use crate::error::Result;
use crate::json;
use crate::secret::Secret;

super::group! {
    /// Questions to published data sources (API 3.23).
    VizqlData, vizql_data
}

/// Where the service is.
const SERVICE: &str = "/api/v1/vizql-data-service";

/// Which data source is asked, and with whose rights.
#[derive(Clone, Debug)]
pub struct VizqlDatasource {
    /// The data source.
    pub id: DatasourceId,
    /// Credentials for connections that keep none.
    pub connections: Vec<VizqlConnection>,
}

/// Credentials for a connection of the data source.
#[derive(Clone, Debug)]
pub struct VizqlConnection {
    /// Which connection; without it, the only one.
    pub id: Option<ConnectionId>,
    /// User name there.
    pub user_name: String,
    /// Password there.
    pub password: Secret,
}

/// How rows come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowFormat {
    /// As objects, a member for each field.
    #[default]
    Objects,
    /// As arrays, in the order of the fields.
    Arrays,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VizqlOptions {
    /// How rows come back.
    pub row_format: RowFormat,
    /// Whether rows come back as they are in the data, without aggregation.
    pub disaggregate: bool,
    /// Whether errors say more.
    pub debug: bool,
}

impl From<DatasourceId> for VizqlDatasource {
    fn from(id: DatasourceId) -> Self {
        Self {
            id,
            connections: Vec::new(),
        }
    }
}

impl VizqlDatasource {
    fn to_json(&self) -> Value {
        let connections: Vec<Value> = self
            .connections
            .iter()
            .map(|connection| {
                let mut written = json!({
                    "connectionUsername": connection.user_name,
                    "connectionPassword": connection.password.expose(),
                });
                if let Some(id) = connection.id {
                    written["connectionLuid"] = id.to_string().into();
                }
                written
            })
            .collect();
        let mut written = json!({"datasourceLuid": self.id.to_string()});
        if !connections.is_empty() {
            written["connections"] = connections.into();
        }
        written
    }
}

impl VizqlData {
    /// Asks a data source and returns the rows.
    ///
    /// `query` has `fields` and perhaps `filters` and `parameters`, as the service describes them.
    pub async fn query_datasource(
        &self,
        datasource: &VizqlDatasource,
        query: Value,
        options: VizqlOptions,
    ) -> Result<Vec<Value>> {
        let format = match options.row_format {
            RowFormat::Objects => "OBJECTS",
            RowFormat::Arrays => "ARRAYS",
        };
        let body = json!({
            "datasource": datasource.to_json(),
            "query": query,
            "options": {
                "returnFormat": format,
                "disaggregate": options.disaggregate,
                "debug": options.debug,
            },
        });
        let mut answer = self.ask("/query-datasource", datasource, &body).await?;
        json::items(&mut answer, "data")
    }

    /// The fields of a data source, and what else the service says of them.
    pub async fn read_metadata(&self, datasource: &VizqlDatasource) -> Result<Value> {
        let body = json!({"datasource": datasource.to_json()});
        self.ask("/read-metadata", datasource, &body).await
    }

    /// The logical tables of a data source and how they relate.
    pub async fn get_datasource_model(&self, datasource: &VizqlDatasource) -> Result<Value> {
        let body = json!({"datasource": datasource.to_json()});
        self.ask("/get-datasource-model", datasource, &body).await
    }

    /// Asks the service for a sign of life.
    pub async fn simple_request(&self) -> Result<Value> {
        let call = json::call(Call::get(""), format!("{SERVICE}/simple-request"));
        self.site.ask_json(&call).await
    }

    async fn ask(&self, path: &str, datasource: &VizqlDatasource, body: &Value) -> Result<Value> {
        // Questions change nothing.
        let call = Call::new(Method::Post, "")
            .json(body.to_string())
            .repeatable()
            .long();
        let mut call = json::call(call, format!("{SERVICE}{path}"));
        call.secrets
            .extend(datasource.connections.iter().map(|c| c.password.clone()));
        self.site.ask_json(&call).await
    }
}
