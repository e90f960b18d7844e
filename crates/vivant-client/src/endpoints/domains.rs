//! Domains of the server's directory.

use vivant_wire::paths::Method;
use vivant_wire::types::{Domain, DomainList};

use crate::call::Call;
use crate::error::Result;

super::group! {
    /// Domains of the directory behind a server (API 3.7).
    Domains, domains
}

impl Domains {
    /// The domains; server administrators may ask.
    pub async fn list(&self) -> Result<Vec<Domain>> {
        let found: DomainList = self.site.get("/domains", "domainList").await?;
        Ok(found.domain)
    }

    /// Changes the name or nickname of the domain whose id is in `changes`.
    pub async fn update(&self, changes: &Domain) -> Result<Domain> {
        let call = Call::new(Method::Put, "/domains").body(|out| out.child("domain", changes));
        self.site.ask(&call, "domain").await
    }
}
