//! `createsite`, `editsite`, `deletesite` and `listsites`.

use vivant_client::ErrorKind;
use vivant_client::ListOptions;
use vivant_client::model::SiteId;
use vivant_client::types;

use super::args::{CreateSite, EditSite, Global, ListSites, SiteName, SiteSettings};
use super::console::Console;
use super::failure::Failure;
use super::lookup;
use super::session::Session;

/// Creates a site.
pub async fn create(args: CreateSite, global: &Global, console: &Console) -> Result<(), Failure> {
    let mut site = args.settings.to_wire()?;
    site.name = Some(args.name.clone());
    if site.content_url.is_none() {
        site.content_url = Some(args.name.clone());
    }
    if site.admin_mode.is_none() {
        // Only where administrators of the site manage users, a site has a quota of them.
        let managed = site.user_quota.is_some();
        site.admin_mode = Some(if managed { "ContentAndUsers" } else { "ContentOnly" }.to_owned());
    }
    Session::with(global, console, async |session| {
        console.info(format!("Creating site '{}' on the server...", args.name));
        match session.site.sites().create(&site).await.map_err(Failure::from) {
            Ok(_) => console.info("Succeeded"),
            Err(failure) if session.takes_existing(&failure) => {
                console.info(format!("A site '{}' exists already", args.name));
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    })
    .await
}

/// Changes a site.
pub async fn edit(args: EditSite, global: &Global, console: &Console) -> Result<(), Failure> {
    let mut changes = args.settings.to_wire()?;
    changes.name = args.site_name.clone();
    changes.state = args.status.as_deref().map(|status| match status {
        "SUSPENDED" => "Suspended".to_owned(),
        _ => "Active".to_owned(),
    });
    Session::with(global, console, async |session| {
        let site = find(session, &args.name).await?;
        console.info(format!(
            "Edit site '{}' on the server...",
            site.name.as_deref().unwrap_or_default()
        ));
        let id = site.id.ok_or_else(|| lookup::nameless("site"))?;
        if changes != types::Site::default() {
            session.site.sites().update(id, &changes).await?;
        }
        console.info("Succeeded");
        Ok(())
    })
    .await
}

/// Deletes a site.
pub async fn delete(args: SiteName, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let id = find_id(session, &args.name).await?;
        session.site.sites().delete(id).await?;
        console.info(format!("Successfully deleted site {}", args.name));
        Ok(())
    })
    .await
}

/// Lists all sites.
pub async fn list(args: ListSites, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let sites = session.site.sites().list(ListOptions::new()).all().await?;
        console.info(format!("Listing sites for user {}...", session.username));
        for site in sites {
            let id = site.id.map(|id| id.to_string()).unwrap_or_default();
            console.info(format!(
                "  NAME: {}  SITEID: '{id}'",
                site.name.as_deref().unwrap_or_default()
            ));
            if args.get_extract_encryption_mode {
                let mode = site.extract_encryption_mode.as_deref().unwrap_or("None");
                console.info(format!("EXTRACTENCRYPTION: {mode}"));
            }
        }
        Ok(())
    })
    .await
}

/// Finds a site's id by its name, else by its content URL.
pub async fn find_id(session: &Session<'_>, name: &str) -> Result<SiteId, Failure> {
    find(session, name)
        .await?
        .id
        .ok_or_else(|| lookup::nameless("site"))
}

async fn find(session: &Session<'_>, name: &str) -> Result<types::Site, Failure> {
    let sites = session.site.sites();
    // Tableau: one site can be asked for only from a session on it; the list has all.
    let mut all = match sites.list(ListOptions::new()).all().await {
        Ok(all) => all,
        Err(error) if error.kind() == ErrorKind::Forbidden => vec![sites.get(session.site.id()).await?],
        Err(error) => return Err(error.into()),
    };
    let by_name = |site: &types::Site| site.name.as_deref() == Some(name);
    let by_name_in_any_case = |site: &types::Site| {
        let known = site.name.as_deref().unwrap_or_default();
        known.to_lowercase() == name.to_lowercase()
    };
    let by_url = |site: &types::Site| {
        let url = site.content_url.as_deref().unwrap_or_default();
        !url.is_empty() && url.eq_ignore_ascii_case(name)
    };
    let at = all
        .iter()
        .position(by_name)
        .or_else(|| all.iter().position(by_url))
        .or_else(|| all.iter().position(by_name_in_any_case));
    match at {
        Some(at) => Ok(all.swap_remove(at)),
        None => Err(Failure::not_found("site", name)),
    }
}

impl SiteSettings {
    fn to_wire(&self) -> Result<types::Site, Failure> {
        if self.no_site_mode && self.user_quota.is_some() {
            return Err(Failure::told(
                "--user-quota goes with --site-mode: where only server administrators manage users, a site has no quota of them",
            ));
        }
        let mode = match (self.site_mode, self.no_site_mode) {
            (true, _) => Some("ContentAndUsers"),
            (_, true) => Some("ContentOnly"),
            _ => None,
        };
        Ok(types::Site {
            content_url: self.url.clone().or_else(|| self.site_id.clone()),
            admin_mode: mode.map(str::to_owned),
            user_quota: self.user_quota,
            storage_quota: self.storage_quota,
            extract_encryption_mode: self.extract_encryption_mode.clone(),
            run_now_enabled: self.run_now_enabled.as_deref().map(|text| text == "true"),
            ..types::Site::default()
        })
    }
}
