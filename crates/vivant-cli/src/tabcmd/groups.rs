//! `creategroup`, `deletegroup` and `syncgroup`.

use vivant_client::types::{Group, Import};

use super::args::{Global, Named, SyncGroup};
use super::console::Console;
use super::failure::Failure;
use super::lookup;
use super::session::Session;

/// Creates a local group.
pub async fn create(args: Named, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        console.info(format!("Creating group '{}' on the server...", args.name));
        let group = Group {
            name: Some(args.name.clone()),
            ..Group::default()
        };
        match session.site.groups().create(&group).await.map_err(Failure::from) {
            Ok(_) => console.info("Succeeded"),
            Err(failure) if session.takes_existing(&failure) => console.info("Already exists"),
            Err(failure) => return Err(failure),
        }
        Ok(())
    })
    .await
}

/// Deletes a group.
pub async fn delete(args: Named, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        console.info(format!("Finding group '{}' on server...", args.name));
        let group = lookup::group(&session.site, &args.name).await?;
        let id = group.id.ok_or_else(|| lookup::nameless("group"))?;
        console.info(format!("Deleting group '{id}' from the server..."));
        session.site.groups().delete(id).await?;
        console.info("Succeeded");
        Ok(())
    })
    .await
}

/// Creates a group of a directory, or brings it up to date.
pub async fn sync(args: SyncGroup, global: &Global, console: &Console) -> Result<(), Failure> {
    if args.overwritesiterole {
        return Err(Failure::told(
            "syncgroup --overwritesiterole is not served: no method of the API lowers the site roles of a group",
        ));
    }
    args.waiting.note(console);
    Session::with(global, console, async |session| {
        let (domain, name) = match args.name.split_once('\\') {
            Some((domain, name)) => (Some(domain), name),
            None => (None, args.name.as_str()),
        };
        let mode = args.grant_license_mode.as_deref().map(|mode| match mode {
            "on-login" => "onLogin",
            _ => "onSync",
        });
        let mut found = lookup::all_named(|options| session.site.groups().list(options), name, None).await?;
        found.retain(|group| {
            let of = group.domain.as_ref().and_then(|domain| domain.name.as_deref());
            match domain {
                Some(domain) => of.is_some_and(|of| of.eq_ignore_ascii_case(domain)),
                None => of.is_some_and(|of| of != "local"),
            }
        });
        let known = found.first().and_then(|group| group.domain.as_ref()).cloned();
        let domain = domain.map(str::to_owned).or(known.and_then(|domain| domain.name));
        let import = Import {
            source: Some("ActiveDirectory".to_owned()),
            domain_name: domain,
            site_role: Some(args.role.clone().unwrap_or_else(|| "Unlicensed".to_owned())),
            grant_license_mode: mode.map(str::to_owned),
        };
        let group = Group {
            name: Some(name.to_owned()),
            import: Some(import),
            ..Group::default()
        };
        console.info(format!(
            "Synchronizing group '{}' with the directory...",
            args.name
        ));
        match found.first().and_then(|group| group.id) {
            Some(id) => {
                session.site.groups().update(id, &group).await?;
            }
            None => {
                session.site.groups().create(&group).await?;
            }
        }
        console.info("Succeeded");
        Ok(())
    })
    .await
}
