//! The server itself: what it is, and whose session this is.

use vivant_wire::paths::Method;
use vivant_wire::types::{ServerInfo, Session};

use crate::call::{Call, encode};
use crate::error::Result;

super::group! {
    /// The server itself.
    Server, server
}

impl Server {
    /// What the server is: product version, build, API version.
    pub async fn info(&self) -> Result<ServerInfo> {
        self.site.client().server_info().await
    }

    /// Site and user of the current session, as the server knows them (API 3.1).
    pub async fn session(&self) -> Result<Session> {
        self.site.get("/sessions/current", "session").await
    }

    /// Ends a session by its id (API 3.9); server administrators may end those of others.
    pub async fn delete_session(&self, id: &str) -> Result<()> {
        let call = Call::new(Method::Delete, format!("/sessions/{}", encode(id)));
        self.site.tell(&call).await
    }
}
