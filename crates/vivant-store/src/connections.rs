//! Connections of workbooks and data sources to databases, files and published data sources.

use vivant_model::{ConnectionId, DatasourceId};

use crate::Secret;

/// A connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The connection class, such as `postgres` or `sqlproxy`.
    pub class: String,
    /// The server's address.
    pub server: String,
    /// The server's port.
    pub port: Option<i64>,
    /// The user name.
    pub username: String,
    /// Whether the credentials are kept with the content.
    pub embed: bool,
    /// Whether a password is kept.
    pub has_password: bool,
    /// The database's name.
    pub dbname: String,
    /// The authentication type.
    pub authentication: String,
    /// The connection's own caption.
    pub caption: String,
    /// The published data source that it stands for, where it exists.
    pub datasource_id: Option<DatasourceId>,
    /// The data source that it belongs to: the published one's name, else the name in the file.
    pub datasource_name: String,
    /// That data source's caption in the file.
    pub datasource_caption: String,
    /// The content URL of the published data source that it names.
    pub published_content_url: Option<String>,
    /// Whether queries carry a tag; `None` follows the site.
    pub query_tagging: Option<bool>,
}

/// A connection read from a file that is published.
#[derive(Clone, Default)]
pub struct NewConnection {
    /// The connection class.
    pub class: String,
    /// The server's address.
    pub server: String,
    /// The server's port.
    pub port: Option<i64>,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Option<Secret>,
    /// Whether the credentials are kept with the content.
    pub embed: bool,
    /// The database's name.
    pub dbname: String,
    /// The authentication type.
    pub authentication: String,
    /// The data source's name in the file.
    pub datasource_name: String,
    /// The data source's caption in the file.
    pub datasource_caption: String,
    /// The content URL of the published data source that it names.
    pub published_content_url: Option<String>,
    /// The connection's own caption.
    pub caption: String,
}

/// What to change of a connection; `None` leaves a value as it is.
#[derive(Clone, Default)]
pub struct ConnectionChanges {
    /// The server's address.
    pub server: Option<String>,
    /// The server's port; `Some(None)` is the class's own.
    pub port: Option<Option<i64>>,
    /// The user name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Whether the credentials are kept; `false` forgets the password.
    pub embed: Option<bool>,
    /// The authentication type.
    pub authentication: Option<String>,
    /// Whether queries carry a tag.
    pub query_tagging: Option<bool>,
}
