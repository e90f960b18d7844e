//! The server's methods by what they are about, named after the official Python client where Rust
//! allows.

mod catalog;
mod custom_views;
mod data_alerts;
mod datasources;
mod domains;
mod exports;
mod extensions;
mod favorites;
mod file_uploads;
mod flow_runs;
mod flow_tasks;
mod flows;
mod group_sets;
mod groups;
mod hyper;
mod jobs;
mod metadata;
mod oidc;
mod permissions;
mod projects;
mod pulse;
mod quality_warnings;
mod revisions;
mod schedules;
mod search;
mod server;
mod sites;
mod subscriptions;
mod tags;
mod tasks;
mod user_file;
mod users;
mod views;
mod virtual_connections;
mod vizql;
mod webhooks;
mod workbooks;

pub use catalog::{Databases, Tables};
pub use custom_views::{CustomViews, PublishCustomView};
pub use data_alerts::{DataAlerts, Metrics};
pub use datasources::{Datasources, PublishDatasource, PublishDatasourceMode};
pub use domains::Domains;
pub use exports::{Export, ExportOptions, ImageFormat, Orientation, PageType};
pub use extensions::{DataAccelerationReports, Extensions};
pub use favorites::{FavoriteItem, Favorites};
pub use file_uploads::FileUploads;
pub use flow_runs::FlowRuns;
pub use flow_tasks::{FlowTasks, LinkedTasks};
pub use flows::{Flows, PublishFlow, PublishFlowMode};
pub use group_sets::{GroupSetLevel, GroupSets};
pub use groups::Groups;
pub use hyper::{HyperAction, HyperCondition, HyperData, HyperValue};
pub use jobs::Jobs;
pub use metadata::{GraphqlAnswer, Metadata};
pub use oidc::Oidc;
pub use permissions::{DefaultPermissionsFor, Grantee};
pub use projects::Projects;
pub use pulse::{InsightBundle, Pulse, PulseView};
pub use quality_warnings::{NewQualityWarning, QualityWarningType};
pub use schedules::{AddedToSchedule, ScheduleState, Scheduled, Schedules};
pub use search::{ContentExploration, SearchOptions, SearchPage};
pub use server::Server;
pub use sites::Sites;
pub use subscriptions::Subscriptions;
pub use tags::{TaggedKind, Tags};
pub use tasks::Tasks;
pub use user_file::{NewUser, users_from_csv};
pub use users::Users;
pub use views::Views;
pub use virtual_connections::{PublishVirtualConnection, VirtualConnections};
pub use vizql::{RowFormat, VizqlConnection, VizqlData, VizqlDatasource, VizqlOptions};
pub use webhooks::Webhooks;
pub use workbooks::{PublishMode, PublishWorkbook, Workbooks};

/// Defines a group of methods: a session and nothing else; with the name by which a session gives it, that
/// too.
macro_rules! group {
    ($(#[$doc:meta])* $name:ident, $given:ident) => {
        $crate::endpoints::group! { $(#[$doc])* $name }

        impl $crate::site::Site {
            $(#[$doc])*
            pub fn $given(&self) -> $name {
                $name::new(self.clone())
            }
        }
    };
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            pub(crate) site: $crate::site::Site,
        }

        impl $name {
            pub(crate) fn new(site: $crate::site::Site) -> Self {
                Self { site }
            }
        }
    };
}
pub(crate) use group;

use vivant_model::ConnectionId;
use vivant_wire::node::Read1;
use vivant_wire::paths::Method;
use vivant_wire::version::V;
use vivant_wire::{Node, ReadError, types};

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::site::Site;

/// How published content connects to one of its sources.
#[derive(Clone, Debug, Default)]
pub struct ConnectionSpec {
    /// Host name of the source, as the file names it.
    pub server_address: String,
    /// Its port, where the file names one.
    pub server_port: Option<String>,
    /// Its database, where the file names one.
    pub database_name: Option<String>,
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
            database_name: self.database_name.clone(),
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

/// The code of a refresh that is asked for while one waits already.
const REFRESH_WAITS: &str = "409093";

/// Begins a refresh; `None` where one waits already.
async fn refresh(site: &Site, path: String, incremental: bool) -> Result<Option<types::Job>> {
    // Tableau: before 3.25 the body was empty and every refresh whole.
    if incremental {
        site.needs(V(3, 25), "an incremental refresh").await?;
    }
    let told = site.api_version().await? >= V(3, 25);
    let call = Call::new(Method::Post, path).body(|out| {
        if told {
            let refresh = types::RefreshNow {
                incremental: incremental.then_some(true),
            };
            out.child("extractRefresh", &refresh);
        }
    });
    match site.ask(&call, "job").await {
        Err(error) if error.code() == Some(REFRESH_WAITS) => Ok(None),
        outcome => outcome.map(Some),
    }
}

/// The connections of an item.
async fn connections_of(site: &Site, path: String) -> Result<Vec<types::Connection>> {
    let found: types::Connections = site.get(path, "connections").await?;
    Ok(found.connection)
}

/// Changes one connection of an item.
async fn update_connection(
    site: &Site,
    path: String,
    changes: &types::Connection,
) -> Result<types::Connection> {
    let mut call = Call::new(Method::Put, path).body(|out| out.child("connection", changes));
    call.secrets.extend(changes.password.as_deref().map(Secret::from));
    site.ask(&call, "connection").await
}

/// Changes several connections of an item alike (API 3.26), and returns them.
async fn update_connections(
    site: &Site,
    path: String,
    ids: &[ConnectionId],
    changes: &types::Connection,
) -> Result<Vec<types::Connection>> {
    let luids = types::ConnectionLuids {
        connection_luid: ids
            .iter()
            .map(|id| types::ConnectionLuid { id: Some(*id) })
            .collect(),
    };
    let mut call = Call::new(Method::Put, path).body(|out| {
        out.child("connectionLUIDs", &luids);
        out.child("connection", changes);
    });
    call.secrets.extend(changes.password.as_deref().map(Secret::from));
    let found: types::Connections = site.ask(&call, "connections").await?;
    Ok(found.connection)
}

/// An answer that cannot be read.
fn unusable(error: ReadError) -> Error {
    lacking(format!("the answer cannot be used: {error}"))
}

/// An answer that is none to what was asked.
fn lacking(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnexpectedAnswer, what)
}

/// Reads an element of an answer that may be missing.
fn optional<T: Read1>(answer: &Node, element: &str) -> Result<Option<T>> {
    answer.one(element).map_err(unusable)
}

/// Reads an element that servers give under one of two names.
fn either<T: Read1>(answer: &Node, elements: [&str; 2]) -> Result<T> {
    for element in elements {
        if let Some(found) = optional(answer, element)? {
            return Ok(found);
        }
    }
    Err(lacking(format!(
        "the answer has neither <{}> nor <{}>",
        elements[0], elements[1]
    )))
}
