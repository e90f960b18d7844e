//! Virtual connections: tables of databases under one name, for many data sources.

use super::{
    ConnectionId, Node, Out, Project, Read1, ReadError, Tags, Timestamp, User, VirtualConnectionId, Write1,
};

element! {
    /// `virtualConnection`.
    VirtualConnection {
        attr id: VirtualConnectionId = "id";
        attr name: String = "name";
        attr webpage_url: String = "webpageUrl";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr has_extracts: bool = "hasExtracts";
        attr is_certified: bool = "isCertified";
        attr certification_note: String = "certificationNote";
        one project: Project = "project";
        one owner: User = "owner";
        one tags: Tags = "tags";
        leaf content: String = "content", "Its definition, as JSON text.";
    }
}

element! {
    /// `virtualConnections`.
    VirtualConnections {
        many virtual_connection: VirtualConnection = "virtualConnection";
    }
}

/// `connection` of a virtual connection: one of the databases behind it.
///
/// Tableau: answers call the parts otherwise than those of other connections (`connectionId`, `dbClass`,
/// `server`, `port`, `username`); requests, and some answers, use the usual names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabaseConnection {
    /// `connectionId`.
    pub id: Option<ConnectionId>,
    /// `dbClass`.
    pub connection_type: Option<String>,
    /// `server`.
    pub server_address: Option<String>,
    /// `port`.
    pub server_port: Option<String>,
    /// `database`.
    pub database: Option<String>,
    /// `username`.
    pub user_name: Option<String>,
}

impl Write1 for DatabaseConnection {
    fn write(&self, out: &mut Out) {
        if let Some(id) = &self.id {
            out.attr("connectionId", id);
        }
        let texts = [
            ("dbClass", &self.connection_type),
            ("server", &self.server_address),
            ("port", &self.server_port),
            ("database", &self.database),
            ("username", &self.user_name),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                out.attr(name, value);
            }
        }
    }
}

impl Read1 for DatabaseConnection {
    fn read(node: &Node) -> Result<Self, ReadError> {
        let id = match node.get("connectionId")? {
            None => node.get("id")?,
            id => id,
        };
        let text = |names: [&str; 2]| {
            let found = names.into_iter().find_map(|name| node.attribute(name));
            found.map(str::to_owned)
        };
        Ok(Self {
            id,
            connection_type: text(["dbClass", "type"]),
            server_address: text(["server", "serverAddress"]),
            server_port: text(["port", "serverPort"]),
            database: text(["database", "dbName"]),
            user_name: text(["username", "userName"]),
        })
    }
}

element! {
    /// `virtualConnectionConnections`.
    DatabaseConnections {
        many connection: DatabaseConnection = "connection";
    }
}
