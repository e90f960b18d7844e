//! Sites of the server: list, get, create, change, delete; their logos.

use vivant_model::SiteId;
use vivant_wire::paths::Method;
use vivant_wire::types::{Site, SiteAuthConfiguration};

use crate::call::{Body, Call, Multipart, encode};
use crate::error::{Error, Result};
use crate::list::{List, ListOptions};
use crate::source::{Piece, Pieces, Source};

super::group! {
    /// Sites of the server.
    Sites
}

impl Sites {
    /// Lists the sites; server administrators may.
    pub fn list(&self, options: ListOptions) -> List<Site> {
        List::new(self.site.clone(), "/sites".to_owned(), options, &[])
    }

    /// Gets a site. Only the one that the session is on can be asked for.
    pub async fn get(&self, id: SiteId) -> Result<Site> {
        self.site.get(format!("/sites/{id}"), "site").await
    }

    /// Gets a site by its name.
    pub async fn get_by_name(&self, name: &str) -> Result<Site> {
        self.by_key(name, "name").await
    }

    /// Gets a site by its content URL.
    pub async fn get_by_content_url(&self, content_url: &str) -> Result<Site> {
        self.by_key(content_url, "contentUrl").await
    }

    /// Creates a site: name, content URL, and what else is set.
    pub async fn create(&self, site: &Site) -> Result<Site> {
        let call = Call::new(Method::Post, "/sites").body(|out| out.child("site", site));
        self.site.ask(&call, "site").await
    }

    /// Changes a site: whatever is set in `changes`.
    pub async fn update(&self, id: SiteId, changes: &Site) -> Result<Site> {
        let call = Call::new(Method::Put, format!("/sites/{id}")).body(|out| out.child("site", changes));
        self.site.ask(&call, "site").await
    }

    /// Deletes a site with everything on it; the session on it ends.
    pub async fn delete(&self, id: SiteId) -> Result<()> {
        self.site.delete(format!("/sites/{id}")).await
    }

    /// Encrypts the extracts of a site, and lets new ones be encrypted (API 3.5).
    pub async fn encrypt_extracts(&self, id: SiteId) -> Result<()> {
        self.extracts(id, "encrypt-extracts").await
    }

    /// Decrypts the extracts of a site (API 3.5).
    pub async fn decrypt_extracts(&self, id: SiteId) -> Result<()> {
        self.extracts(id, "decrypt-extracts").await
    }

    /// Encrypts the encrypted extracts of a site with new keys (API 3.5).
    pub async fn re_encrypt_extracts(&self, id: SiteId) -> Result<()> {
        self.extracts(id, "reencrypt-extracts").await
    }

    /// Gives a site a logo of its own, a PNG (Tableau Cloud), and returns the site where the server shows it.
    pub async fn upload_logo(&self, id: SiteId, logo: impl Into<Source>) -> Result<Option<Site>> {
        let piece = Pieces::new(logo.into()).await?.single().await?;
        if !starts_as_png(&piece).await? {
            return Err(Error::invalid(format!(
                "{} is no PNG; the logo of a site must be one",
                piece.file_name()
            )));
        }
        self.logo(id, Multipart::of_file(LOGO, piece)?).await
    }

    /// Gives a site Tableau's logo again (Tableau Cloud).
    pub async fn reset_logo(&self, id: SiteId) -> Result<Option<Site>> {
        // Tableau: an empty text in place of the picture.
        self.logo(id, Multipart::of_nothing(LOGO, "empty.txt")?).await
    }

    /// The ways of signing in that are set up for the session's site (API 3.24).
    pub async fn list_auth_configurations(&self) -> Result<Vec<SiteAuthConfiguration>> {
        self.site.oidc().list().await
    }

    async fn logo(&self, id: SiteId, body: Multipart) -> Result<Option<Site>> {
        let mut call = Call::new(Method::Put, format!("/sites/{id}")).repeatable();
        call.body = Body::Multipart(body);
        super::optional(&self.site.call(&call).await?, "site")
    }

    async fn extracts(&self, id: SiteId, what: &str) -> Result<()> {
        let call = Call::new(Method::Post, format!("/sites/{id}/{what}")).body(|_| {});
        self.site.tell(&call).await
    }

    async fn by_key(&self, value: &str, key: &str) -> Result<Site> {
        let call = Call::get(format!("/sites/{}", encode(value))).query("key", key);
        self.site.ask(&call, "site").await
    }
}

/// The part that holds a logo.
const LOGO: &str = "site_logo";

async fn starts_as_png(piece: &Piece) -> Result<bool> {
    Ok(piece.head(8).await? == b"\x89PNG\r\n\x1a\n"[..])
}

impl crate::site::Site {
    /// Makes all personal access tokens of server administrators invalid (API 3.10).
    pub async fn revoke_all_server_admin_tokens(&self) -> Result<()> {
        let call = Call::new(Method::Post, "/auth/revokeAllServerAdminTokens").repeatable();
        self.tell(&call).await
    }
}
