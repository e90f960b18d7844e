//! Connections.

use vivant_store::Connection;
use vivant_wire::types;

use super::Shape;

/// `connection`; passwords are never shown.
pub fn connection_view(connection: Connection, shape: &Shape, of_workbook: bool) -> types::Connection {
    let datasource = connection.datasource_id.map(|id| types::Datasource {
        id: Some(id),
        name: Some(named(&connection.datasource_caption, &connection.datasource_name)),
        ..types::Datasource::default()
    });
    types::Connection {
        id: Some(connection.id),
        connection_type: Some(connection.class),
        embed_password: shape.since(3, 1).then_some(connection.embed),
        server_address: Some(connection.server),
        // XML schema 3.0 wants a number here; newer servers send an empty text for none.
        server_port: match connection.port {
            Some(port) => Some(port.to_string()),
            None => shape.since(3, 1).then(String::new),
        },
        user_name: Some(connection.username),
        db_name: Some(connection.dbname).filter(|name| shape.since(3, 17) && !name.is_empty()),
        query_tagging_enabled: shape
            .since(3, 13)
            .then(|| connection.query_tagging.unwrap_or(false)),
        authentication_type: Some(connection.authentication).filter(|a| shape.since(3, 17) && !a.is_empty()),
        datasource: if of_workbook { datasource } else { None },
        ..types::Connection::default()
    }
}

fn named(caption: &str, name: &str) -> String {
    if caption.is_empty() { name } else { caption }.to_owned()
}
