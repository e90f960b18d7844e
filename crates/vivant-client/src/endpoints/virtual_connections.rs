//! Virtual connections: list, publish, download, change, delete; the databases behind them.

use vivant_model::{ConnectionId, ProjectId, UserId, VirtualConnectionId};
use vivant_wire::paths::Method;
use vivant_wire::types::{Connection, DatabaseConnection, Project, Revision, User, VirtualConnection};

use crate::call::Call;
use crate::endpoints::PublishMode;
use crate::error::{Error, Result};
use crate::list::{List, ListOptions};
use crate::secret::Secret;

super::group! {
    /// Virtual connections of a site (API 3.18).
    VirtualConnections, virtual_connections
}

/// How a virtual connection is published.
#[derive(Clone, Debug)]
pub struct PublishVirtualConnection {
    /// Its name.
    pub name: String,
    /// Its project.
    pub project_id: ProjectId,
    /// Its owner.
    pub owner_id: UserId,
    /// What becomes of an existing one of the same name and project.
    pub mode: PublishMode,
    /// Whether only a draft is made.
    pub as_draft: bool,
}

impl VirtualConnections {
    /// Lists the virtual connections.
    pub fn list(&self, options: ListOptions) -> List<VirtualConnection> {
        List::new(
            self.site.clone(),
            self.site.path("/virtualConnections"),
            options,
            &[],
        )
    }

    /// Gets one virtual connection, with its definition (API 3.23).
    pub async fn get(&self, id: VirtualConnectionId) -> Result<VirtualConnection> {
        self.site.get(self.path(id, ""), "virtualConnection").await
    }

    /// The definition of a virtual connection, as JSON text (API 3.23).
    pub async fn download(&self, id: VirtualConnectionId) -> Result<String> {
        content(self.get(id).await?)
    }

    /// Publishes a virtual connection of a definition in JSON, as [`Self::download`] gives it (API 3.23).
    pub async fn publish(
        &self,
        options: &PublishVirtualConnection,
        definition: &str,
    ) -> Result<VirtualConnection> {
        if let Err(e) = serde_json::from_str::<serde_json::Value>(definition) {
            return Err(Error::invalid(format!(
                "the definition of the virtual connection '{}' is not JSON: {e}",
                options.name
            )));
        }
        let connection = VirtualConnection {
            name: Some(options.name.clone()),
            project: Some(Project {
                id: Some(options.project_id),
                ..Project::default()
            }),
            owner: Some(User {
                id: Some(options.owner_id),
                ..User::default()
            }),
            content: Some(definition.to_owned()),
            ..VirtualConnection::default()
        };
        let call = Call::new(Method::Post, self.site.path("/virtualConnections"))
            .query("overwrite", options.mode == PublishMode::Overwrite)
            .query("publishAsDraft", options.as_draft)
            .body(|out| out.child("virtualConnection", &connection));
        self.site.ask(&call, "virtualConnection").await
    }

    /// Changes a virtual connection: whatever is set in `changes` and can be changed (name, project, owner,
    /// certification) (API 3.23).
    pub async fn update(
        &self,
        id: VirtualConnectionId,
        changes: &VirtualConnection,
    ) -> Result<VirtualConnection> {
        let call =
            Call::new(Method::Put, self.path(id, "")).body(|out| out.child("virtualConnection", changes));
        self.site.ask(&call, "virtualConnection").await
    }

    /// Deletes a virtual connection (API 3.23).
    pub async fn delete(&self, id: VirtualConnectionId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// Lists the databases behind a virtual connection.
    pub fn connections(&self, id: VirtualConnectionId, options: ListOptions) -> List<DatabaseConnection> {
        List::new(self.site.clone(), self.path(id, "/connections"), options, &[])
    }

    /// Changes how one of the databases is reached: server, port, user name, password.
    pub async fn update_connection_db_connection(
        &self,
        id: VirtualConnectionId,
        connection: ConnectionId,
        changes: &Connection,
    ) -> Result<DatabaseConnection> {
        let path = self.path(id, &format!("/connections/{connection}/modify"));
        let mut call = Call::new(Method::Put, path).body(|out| out.child("connection", changes));
        call.secrets.extend(changes.password.as_deref().map(Secret::from));
        let answer = self.site.call(&call).await?;
        // Tableau: the schema calls the answer otherwise than the request.
        super::either(&answer, ["connection", "virtualConnectionSourceConnection"])
    }

    /// Lists the revisions of a virtual connection (API 3.23).
    pub fn revisions(&self, id: VirtualConnectionId, options: ListOptions) -> List<Revision> {
        List::new(self.site.clone(), self.path(id, "/revisions"), options, &[])
    }

    /// The definition in an older revision, as JSON text (API 3.23).
    pub async fn download_revision(&self, id: VirtualConnectionId, revision: u32) -> Result<String> {
        let path = self.path(id, &format!("/revisions/{revision}"));
        content(self.site.get(path, "virtualConnection").await?)
    }

    pub(super) fn path(&self, id: VirtualConnectionId, rest: &str) -> String {
        self.site.path(&format!("/virtualConnections/{id}{rest}"))
    }
}

fn content(connection: VirtualConnection) -> Result<String> {
    connection
        .content
        .ok_or_else(|| super::lacking("the answer has no definition of the virtual connection"))
}
