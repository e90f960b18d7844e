//! Extracts of workbooks and data sources: creating, deleting, refreshing; and their encryption on a site.

use std::time::Duration;

use vivant_client::model::{DatasourceId, WorkbookId};
use vivant_client::types::Workbook;
use vivant_client::{Site, WaitOptions};

use super::args::{
    CreateExtracts, DeleteExtracts, Embedded, ExtractOwner, Global, RefreshExtracts, SiteName,
};
use super::console::Console;
use super::failure::Failure;
use super::lookup;
use super::session::Session;
use super::sites;

/// What is done to the extracts of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// They are encrypted.
    On,
    /// They are decrypted.
    Off,
    /// They are encrypted with new keys.
    Anew,
}

/// Whose extracts are meant.
enum Owner {
    Workbook(WorkbookId, String),
    Datasource(DatasourceId, String),
}

/// Creates extracts.
pub async fn create(args: CreateExtracts, global: &Global, console: &Console) -> Result<(), Failure> {
    args.embedded.check(&args.owner, "createextracts")?;
    Session::with(global, console, async |session| {
        let site = &session.site;
        let outcome = match find(site, &args.owner).await? {
            Owner::Datasource(id, name) => {
                console.info(format!("Creating extract for data source '{name}'"));
                site.datasources().create_extract(id, args.encrypt).await
            }
            Owner::Workbook(id, name) => {
                let which = args.embedded.which(site, id).await?;
                console.info(format!("Creating extract for workbook with name '{name}'"));
                site.workbooks()
                    .create_extract(id, args.encrypt, which.as_deref())
                    .await
            }
        };
        match outcome.map_err(Failure::from) {
            Ok(_) => console.info("Job queued"),
            Err(failure) if session.takes_existing(&failure) => console.info("Already exists"),
            Err(failure) => return Err(failure),
        }
        Ok(())
    })
    .await
}

/// Deletes extracts.
pub async fn delete(args: DeleteExtracts, global: &Global, console: &Console) -> Result<(), Failure> {
    args.embedded.check(&args.owner, "deleteextracts")?;
    Session::with(global, console, async |session| {
        let site = &session.site;
        match find(site, &args.owner).await? {
            Owner::Datasource(id, name) => {
                console.info(format!("Deleting extract for data source '{name}'"));
                site.datasources().delete_extract(id).await?;
            }
            Owner::Workbook(id, name) => {
                let which = args.embedded.which(site, id).await?;
                console.info(format!("Deleting extract for workbook with name '{name}'"));
                site.workbooks().delete_extract(id, which.as_deref()).await?;
            }
        }
        console.info("Job queued");
        Ok(())
    })
    .await
}

/// Refreshes extracts, and waits for the end where that was asked for.
pub async fn refresh(args: RefreshExtracts, global: &Global, console: &Console) -> Result<(), Failure> {
    if args.addcalculations || args.removecalculations {
        console.warn("--addcalculations and --removecalculations have no effect");
    }
    Session::with(global, console, async |session| {
        let site = &session.site;
        let found = find(site, &args.owner).await?;
        let (noun, name) = match &found {
            Owner::Workbook(_, name) => ("Workbook", name),
            Owner::Datasource(_, name) => ("Data Source", name),
        };
        console.info(format!(
            "Scheduling extracts for {noun} '{name}' to be refreshed now..."
        ));
        let job = match found {
            Owner::Workbook(id, _) => site.workbooks().refresh(id, args.incremental).await,
            Owner::Datasource(id, _) => site.datasources().refresh(id, args.incremental).await,
        };
        let job = job.map_err(|error| Failure::from(error).during("Error refreshing extract"))?;
        let Some(job) = job else {
            // The server does not say which job that is, so there is none to wait for.
            return match args.synchronous {
                true => Err(Failure::told(
                    "a refresh of it waits already, and its end cannot be waited for",
                )),
                false => {
                    console.info("Job queued already");
                    Ok(())
                }
            };
        };
        console.info("Job queued");
        if !args.synchronous {
            return Ok(());
        }
        let id = job.id.ok_or_else(|| lookup::nameless("job"))?;
        console.info("Waiting for refresh job to begin ....");
        // tabcmd asks every second.
        let mut options = WaitOptions::new().pauses(Duration::from_millis(250), Duration::from_secs(2));
        if let Some(seconds) = global.timeout.as_deref().and_then(|text| text.parse().ok()) {
            options = options.within(Duration::from_secs(seconds));
        }
        site.wait_for_job(id, options).await?;
        console.info(format!("Job completed: {id}"));
        Ok(())
    })
    .await
}

/// Encrypts or decrypts the extracts of a site.
pub async fn encryption(
    args: SiteName,
    how: Encryption,
    global: &Global,
    console: &Console,
) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let id = sites::find_id(session, &args.name).await?;
        let what = match how {
            Encryption::On => "encrypted",
            Encryption::Off => "decrypted",
            Encryption::Anew => "reencrypted",
        };
        console.info(format!(
            "Scheduling extracts on site {} to be {what}...",
            args.name
        ));
        let sites = session.site.sites();
        match how {
            Encryption::On => sites.encrypt_extracts(id).await?,
            Encryption::Off => sites.decrypt_extracts(id).await?,
            Encryption::Anew => sites.re_encrypt_extracts(id).await?,
        }
        console.info("Job queued");
        Ok(())
    })
    .await
}

async fn find(site: &Site, args: &ExtractOwner) -> Result<Owner, Failure> {
    if let Some(url) = &args.url {
        let found: Workbook = lookup::by_content_url(|options| site.workbooks().list(options), url).await?;
        let id = found.id.ok_or_else(|| lookup::nameless("workbook"))?;
        return Ok(Owner::Workbook(id, found.name.unwrap_or_else(|| url.clone())));
    }
    let project = lookup::project(site, args.project.as_deref(), args.parent_project_path.as_deref()).await?;
    match (&args.workbook, &args.datasource) {
        (Some(name), _) => {
            let found = lookup::workbook(site, name, &project).await?;
            let found = found.ok_or_else(|| Failure::not_found("workbook", name))?;
            let id = found.id.ok_or_else(|| lookup::nameless("workbook"))?;
            Ok(Owner::Workbook(id, name.clone()))
        }
        (None, Some(name)) => {
            let found = lookup::datasource(site, name, &project).await?;
            let found = found.ok_or_else(|| Failure::not_found("data source", name))?;
            let id = found.id.ok_or_else(|| lookup::nameless("data source"))?;
            Ok(Owner::Datasource(id, name.clone()))
        }
        (None, None) => Err(Failure::Usage(
            "one of --datasource, --workbook and --url is needed".to_owned(),
        )),
    }
}

impl Embedded {
    /// Refuses a workbook of which nobody said which extracts are meant.
    fn check(&self, owner: &ExtractOwner, command: &str) -> Result<(), Failure> {
        let said = self.include_all || self.embedded_datasources.is_some();
        match owner.datasource.is_none() && !said {
            true => Err(Failure::told(format!(
                "{command} for a workbook needs --embedded-datasources or --include-all"
            ))),
            false => Ok(()),
        }
    }

    /// Finds the data sources in a workbook by their names or ids; `None` is all of them.
    async fn which(&self, site: &Site, workbook: WorkbookId) -> Result<Option<Vec<DatasourceId>>, Failure> {
        let Some(names) = self.embedded_datasources.as_deref().filter(|_| !self.include_all) else {
            return Ok(None);
        };
        let connections = site.workbooks().connections(workbook).await?;
        let mut known = Vec::new();
        for datasource in connections
            .into_iter()
            .filter_map(|connection| connection.datasource)
        {
            if let Some(id) = datasource.id {
                known.push((id, datasource.name.unwrap_or_default()));
            }
        }
        let mut chosen = Vec::new();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let found = known
                .iter()
                .find(|(id, known)| known == name || id.to_string() == name);
            match found {
                Some((id, _)) => chosen.push(*id),
                None => {
                    let names: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
                    return Err(Failure::told(format!(
                        "the workbook has no data source '{name}'; it has {}",
                        names.join(", ")
                    )));
                }
            }
        }
        Ok(Some(chosen))
    }
}
