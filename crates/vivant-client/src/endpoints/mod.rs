//! The server's methods by what they are about, named after the official Python client where Rust
//! allows.

mod datasources;
mod file_uploads;
mod groups;
mod projects;
mod sites;
mod users;
mod views;
mod workbooks;

pub use datasources::{Datasources, PublishDatasource, PublishDatasourceMode};
pub use file_uploads::FileUploads;
pub use groups::Groups;
pub use projects::Projects;
pub use sites::Sites;
pub use users::Users;
pub use views::Views;
pub use workbooks::{PublishMode, PublishWorkbook, Workbooks};

/// Defines a group of methods: a session and nothing else.
macro_rules! group {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            site: $crate::site::Site,
        }

        impl $name {
            pub(crate) fn new(site: $crate::site::Site) -> Self {
                Self { site }
            }
        }
    };
}
pub(crate) use group;

use vivant_wire::types;

use crate::secret::Secret;

/// How published content connects to one of its sources.
#[derive(Clone, Debug, Default)]
pub struct ConnectionSpec {
    /// Host name of the source, as the file names it.
    pub server_address: String,
    /// Its port, where the file names one.
    pub server_port: Option<String>,
    /// User name there.
    pub user_name: Option<String>,
    /// Password there.
    pub password: Option<Secret>,
    /// Whether the server keeps the password.
    pub embed: bool,
    /// Whether the name means a saved OAuth credential.
    pub oauth: bool,
}

impl ConnectionSpec {
    fn to_wire(&self) -> types::Connection {
        types::Connection {
            server_address: Some(self.server_address.clone()),
            server_port: self.server_port.clone(),
            connection_credentials: self.user_name.as_ref().map(|name| types::ConnectionCredentials {
                name: Some(name.clone()),
                password: self.password.as_ref().map(|p| p.expose().to_owned()),
                embed: Some(self.embed.to_string()),
                o_auth: self.oauth.then_some(true),
            }),
            ..types::Connection::default()
        }
    }
}

fn connections(specs: &[ConnectionSpec]) -> Option<types::Connections> {
    (!specs.is_empty()).then(|| types::Connections {
        connection: specs.iter().map(ConnectionSpec::to_wire).collect(),
    })
}

fn secrets(specs: &[ConnectionSpec]) -> Vec<Secret> {
    specs.iter().filter_map(|spec| spec.password.clone()).collect()
}
