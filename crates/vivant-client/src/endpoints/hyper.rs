//! Changes of the rows of published extracts, without publishing them anew (API 3.13).

use serde_json::{Value, json};
use vivant_model::{ConnectionId, DatasourceId};
use vivant_wire::paths::Method;
use vivant_wire::types::Job;

use super::Datasources;
use crate::call::Call;
use crate::error::Result;
use crate::source::Source;

/// Which extract is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HyperData {
    /// The only one of a data source.
    Datasource(DatasourceId),
    /// That of one connection of a data source.
    Connection(DatasourceId, ConnectionId),
}

/// One change; all of one request happen, or none.
///
/// Tables are given as schema and name; without a schema, the default one. Source tables are those of the
/// `.hyper` file that comes along.
#[derive(Clone, Debug, PartialEq)]
pub enum HyperAction {
    /// Rows of the source are added.
    Insert {
        /// Table of the file.
        source: (Option<String>, String),
        /// Table of the extract.
        target: (Option<String>, String),
    },
    /// Rows of the extract take values of the source's rows for which the condition holds.
    Update {
        /// Table of the file.
        source: (Option<String>, String),
        /// Table of the extract.
        target: (Option<String>, String),
        /// Which rows belong together.
        condition: HyperCondition,
    },
    /// As an update; rows of the source that fit none are added.
    Upsert {
        /// Table of the file.
        source: (Option<String>, String),
        /// Table of the extract.
        target: (Option<String>, String),
        /// Which rows belong together.
        condition: HyperCondition,
    },
    /// Rows for which the condition holds are deleted; without one, all of them.
    Delete {
        /// Table of the file, where the condition looks at one.
        source: Option<(Option<String>, String)>,
        /// Table of the extract.
        target: (Option<String>, String),
        /// Which rows.
        condition: Option<HyperCondition>,
    },
    /// The table is replaced by the source's.
    Replace {
        /// Table of the file.
        source: (Option<String>, String),
        /// Table of the extract.
        target: (Option<String>, String),
    },
}

/// Which rows a change is about.
#[derive(Clone, Debug, PartialEq)]
pub enum HyperCondition {
    /// A column of the extract compares with something: `eq`, `neq`, `lt`, `lte`, `gt`, `gte` or `is`.
    Compare {
        /// How.
        operator: String,
        /// Column of the extract.
        target_column: String,
        /// With what.
        with: HyperValue,
    },
    /// All of these hold.
    And(Vec<HyperCondition>),
    /// One of these holds.
    Or(Vec<HyperCondition>),
    /// This does not hold.
    Not(Box<HyperCondition>),
}

/// What a column compares with.
#[derive(Clone, Debug, PartialEq)]
pub enum HyperValue {
    /// A column of the source.
    SourceColumn(String),
    /// A value: text, a number, true or false, or nothing.
    Constant {
        /// The value.
        value: Value,
        /// Its type, such as `string`, `integer` or `datetime`.
        kind: String,
    },
}

impl HyperCondition {
    fn to_json(&self) -> Value {
        match self {
            Self::Compare {
                operator,
                target_column,
                with,
            } => {
                let mut made = json!({"op": operator, "target-col": target_column});
                match with {
                    HyperValue::SourceColumn(name) => made["source-col"] = json!(name),
                    HyperValue::Constant { value, kind } => {
                        made["const"] = json!({"type": kind, "v": value});
                    }
                }
                made
            }
            Self::And(all) => json!({"op": "and", "args": all.iter().map(Self::to_json).collect::<Vec<_>>()}),
            Self::Or(any) => json!({"op": "or", "args": any.iter().map(Self::to_json).collect::<Vec<_>>()}),
            Self::Not(inner) => json!({"op": "not", "args": [inner.to_json()]}),
        }
    }
}

impl HyperAction {
    fn to_json(&self) -> Value {
        let (name, source, target, condition) = match self {
            Self::Insert { source, target } => ("insert", Some(source), target, None),
            Self::Update {
                source,
                target,
                condition,
            } => ("update", Some(source), target, Some(condition)),
            Self::Upsert {
                source,
                target,
                condition,
            } => ("upsert", Some(source), target, Some(condition)),
            Self::Delete {
                source,
                target,
                condition,
            } => ("delete", source.as_ref(), target, condition.as_ref()),
            Self::Replace { source, target } => ("replace", Some(source), target, None),
        };
        let mut made = json!({"action": name});
        let mut table = |side: &str, (schema, table): &(Option<String>, String)| {
            if let Some(schema) = schema {
                made[format!("{side}-schema")] = json!(schema);
            }
            made[format!("{side}-table")] = json!(table);
        };
        if let Some(source) = source {
            table("source", source);
        }
        table("target", target);
        if let Some(condition) = condition {
            made["condition"] = condition.to_json();
        }
        made
    }
}

impl Datasources {
    /// Changes rows of a published extract in the background, and returns the job (API 3.13).
    ///
    /// `request_id` is the caller's own: a request of the same id is done once, however often it is sent,
    /// so that this may be repeated. `payload` is a `.hyper` file with the source tables.
    pub async fn update_hyper_data(
        &self,
        data: HyperData,
        request_id: &str,
        actions: &[HyperAction],
        payload: Option<Source>,
    ) -> Result<Job> {
        let path = match data {
            HyperData::Datasource(id) => self.path(id, "/data"),
            HyperData::Connection(id, connection) => {
                self.path(id, &format!("/connections/{connection}/data"))
            }
        };
        let actions: Vec<Value> = actions.iter().map(HyperAction::to_json).collect();
        let mut call = Call::new(Method::Patch, path)
            .header("requestid", request_id)
            .json(json!({ "actions": actions }).to_string())
            .repeatable();
        if let Some(source) = payload {
            let session = self.site.file_uploads().upload(source).await?;
            call = call.query("uploadSessionId", session);
        }
        self.site.ask(&call, "job").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_written_as_the_reference_has_them() {
        let condition = HyperCondition::And(vec![
            HyperCondition::Compare {
                operator: "eq".to_owned(),
                target_column: "id".to_owned(),
                with: HyperValue::SourceColumn("key".to_owned()),
            },
            HyperCondition::Not(Box::new(HyperCondition::Compare {
                operator: "lt".to_owned(),
                target_column: "n".to_owned(),
                with: HyperValue::Constant {
                    value: json!(3),
                    kind: "integer".to_owned(),
                },
            })),
        ]);
        let action = HyperAction::Update {
            source: (Some("Extract".to_owned()), "new".to_owned()),
            target: (None, "orders".to_owned()),
            condition,
        };
        assert_eq!(
            action.to_json(),
            json!({
                "action": "update",
                "source-schema": "Extract",
                "source-table": "new",
                "target-table": "orders",
                "condition": {"op": "and", "args": [
                    {"op": "eq", "target-col": "id", "source-col": "key"},
                    {"op": "not", "args": [{"op": "lt", "target-col": "n", "const": {"type": "integer", "v": 3}}]}
                ]}
            })
        );
    }
}
