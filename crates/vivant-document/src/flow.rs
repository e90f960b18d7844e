//! Reads a flow: the `flow` entry of a `.tfl` or `.tflx`, which is JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Diagnostics, Error, Place, Result};
use crate::facts::{ConnectionFacts, FlowFacts, FlowOutput};

/// Reads the bytes of a `flow` entry.
pub(crate) fn flow(document: &[u8]) -> Result<FlowFacts> {
    let document: Document = serde_json::from_slice(document)
        .map_err(|error| Error::damaged(format!("not a flow: {error}"), Place::default()))?;
    let mut diagnostics = Diagnostics::default();
    let mut connections = document.connections;
    let mut facts = FlowFacts {
        version: document.major_version.map(|major| match document.minor_version {
            Some(minor) => format!("{major}.{minor}"),
            None => major.to_string(),
        }),
        parameters: document.parameters.parameters.into_keys().collect(),
        ..FlowFacts::default()
    };
    for id in &document.connection_ids {
        match connections.remove_entry(id) {
            Some((id, connection)) => facts.connections.push(connection_facts(id, connection)),
            None => diagnostics.warn(id, "the flow lists a connection that it does not have"),
        }
    }
    facts.connections.extend(
        connections
            .into_iter()
            .map(|(id, connection)| connection_facts(id, connection)),
    );
    for (id, node) in document.nodes {
        if node.base_type.as_deref() == Some("output") {
            facts.outputs.push(FlowOutput {
                id,
                name: node.name.unwrap_or_default(),
                kind: node.node_type,
            });
        }
    }
    facts.diagnostics = diagnostics.into_vec();
    Ok(facts)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    // Required: without nodes it is some other JSON.
    nodes: BTreeMap<String, Node>,
    #[serde(default)]
    connections: BTreeMap<String, Connection>,
    #[serde(default)]
    connection_ids: Vec<String>,
    #[serde(default)]
    parameters: Parameters,
    major_version: Option<u32>,
    minor_version: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    name: Option<String>,
    #[serde(default)]
    node_type: String,
    base_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    name: Option<String>,
    #[serde(default)]
    connection_attributes: BTreeMap<String, Value>,
}

#[derive(Deserialize, Default)]
struct Parameters {
    #[serde(default)]
    parameters: BTreeMap<String, serde::de::IgnoredAny>,
}

fn connection_facts(id: String, connection: Connection) -> ConnectionFacts {
    let attributes = connection.connection_attributes;
    let get = |name: &str| match attributes.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    ConnectionFacts {
        id: Some(id),
        caption: connection.name,
        class: get("class").unwrap_or_default(),
        server: get("server"),
        port: get("port")
            .and_then(|port| port.parse().ok())
            .filter(|port| *port != 0),
        dbname: get("dbname"),
        schema: get("schema"),
        username: get("username"),
        authentication: get("authentication"),
        has_embedded_credentials: get("password").is_some(),
        filename: get("filename"),
        directory: get("directory"),
        is_extract: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_outputs() {
        let facts = flow(
            br#"{"majorVersion": 1, "minorVersion": 3, "connectionIds": ["b", "a", "lost"],
                 "connections": {
                    "a": {"name": "people", "connectionAttributes": {"class": "postgres", "server": "db", "port": "5432"}},
                    "b": {"name": "f.csv", "connectionAttributes": {"class": "textscan", "filename": "f.csv"}}},
                 "parameters": {"parameters": {"Region": {"x": 1}}},
                 "nodes": {"n1": {"name": "in", "nodeType": ".v1.LoadCsv", "baseType": "input"},
                           "n2": {"name": "out", "nodeType": ".v1.WriteToHyper", "baseType": "output"}}}"#,
        )
        .unwrap();
        assert_eq!(facts.version.as_deref(), Some("1.3"));
        let classes: Vec<_> = facts.connections.iter().map(|c| c.class.as_str()).collect();
        assert_eq!(classes, ["textscan", "postgres"]);
        assert_eq!(facts.connections[1].port, Some(5432));
        assert_eq!(facts.outputs.len(), 1);
        assert_eq!(facts.parameters, ["Region"]);
        assert_eq!(facts.diagnostics.len(), 1);
    }

    #[test]
    fn other_json_is_no_flow() {
        for document in ["", "{}", "[1]", "{\"nodes\": 3}", &"[".repeat(10_000)] {
            assert!(
                matches!(flow(document.as_bytes()), Err(Error::Damaged { .. })),
                "{document:.20}"
            );
        }
    }
}
