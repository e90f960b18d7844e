//! Ways to sign in to a site of Tableau Cloud, and OpenID Connect among them.

use vivant_wire::paths::Method;
use vivant_wire::types::{SiteAuthConfiguration, SiteAuthConfigurations, SiteOidcConfiguration};

use crate::call::{Call, encode};
use crate::error::{Error, Result};
use crate::secret::Secret;

super::group! {
    /// OpenID Connect on a site of Tableau Cloud (API 3.22).
    Oidc, oidc
}

impl Oidc {
    /// Lists the ways to sign in to the site, those without OpenID Connect among them (API 3.24).
    pub async fn list(&self) -> Result<Vec<SiteAuthConfiguration>> {
        let found: SiteAuthConfigurations = self
            .site
            .get(
                self.site.path("/site-auth-configurations"),
                "siteAuthConfigurations",
            )
            .await?;
        Ok(found.site_auth_configuration)
    }

    /// Gets one configuration (API 3.24).
    pub async fn get(&self, id: &str) -> Result<SiteOidcConfiguration> {
        self.site.get(self.path(id), "siteOIDCConfiguration").await
    }

    /// Creates a configuration: its name, client, secret and endpoints, and whether it is enabled.
    pub async fn create(&self, configuration: &SiteOidcConfiguration) -> Result<SiteOidcConfiguration> {
        self.write(self.site.path("/site-oidc-configuration"), configuration)
            .await
    }

    /// Replaces a configuration; it needs the same parts as a new one.
    pub async fn update(
        &self,
        id: &str,
        configuration: &SiteOidcConfiguration,
    ) -> Result<SiteOidcConfiguration> {
        let configuration = SiteOidcConfiguration {
            idp_configuration_id: None,
            ..configuration.clone()
        };
        self.write(self.path(id), &configuration).await
    }

    /// Removes a configuration (API 3.24); who signs in by it cannot any more.
    pub async fn delete_configuration(&self, id: &str) -> Result<()> {
        let path = self.site.path("/disable-site-oidc-configuration");
        self.site
            .tell(&Call::new(Method::Put, path).query("idpConfigurationId", id))
            .await
    }

    async fn write(
        &self,
        path: String,
        configuration: &SiteOidcConfiguration,
    ) -> Result<SiteOidcConfiguration> {
        check(configuration)?;
        let mut call = Call::new(Method::Put, path)
            .body(|out| out.element("siteOIDCConfiguration", |out| configuration.write_request(out)));
        call.secrets
            .extend(configuration.client_secret.as_deref().map(Secret::from));
        self.site.ask(&call, "siteOIDCConfiguration").await
    }

    fn path(&self, id: &str) -> String {
        self.site
            .path(&format!("/site-oidc-configuration/{}", encode(id)))
    }
}

/// Refuses a configuration that lacks what every one needs.
fn check(configuration: &SiteOidcConfiguration) -> Result<()> {
    let parts = [
        ("name", configuration.idp_configuration_name.is_some()),
        ("client id", configuration.client_id.is_some()),
        ("client secret", configuration.client_secret.is_some()),
        (
            "authorization endpoint",
            configuration.authorization_endpoint.is_some(),
        ),
        ("token endpoint", configuration.token_endpoint.is_some()),
        ("user info endpoint", configuration.userinfo_endpoint.is_some()),
        ("JWKS address", configuration.jwks_uri.is_some()),
        ("state (enabled or not)", configuration.enabled.is_some()),
    ];
    let missing: Vec<&str> = parts
        .iter()
        .filter(|(_, there)| !there)
        .map(|(name, _)| *name)
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "the OpenID Connect configuration lacks its {}",
            missing.join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_configuration_lacks_is_said() {
        let some = || Some("x".to_owned());
        let mut configuration = SiteOidcConfiguration {
            enabled: Some(true),
            idp_configuration_name: some(),
            client_id: some(),
            authorization_endpoint: some(),
            token_endpoint: some(),
            jwks_uri: some(),
            ..SiteOidcConfiguration::default()
        };
        let error = check(&configuration).expect_err("incomplete").to_string();
        assert!(error.contains("client secret, user info endpoint"), "{error}");
        configuration.client_secret = some();
        configuration.userinfo_endpoint = some();
        assert!(check(&configuration).is_ok());
    }
}
