//! `createproject`, `deleteproject` and `publishsamples`.

use vivant_client::types::Project;

use super::args::{CreateProject, DeleteProject, Global, PublishSamples};
use super::console::Console;
use super::failure::Failure;
use super::lookup;
use super::session::Session;

/// Creates a project.
pub async fn create(args: CreateProject, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let path = args
            .parent_project_path
            .as_deref()
            .filter(|path| !path.is_empty());
        let parent = match path {
            Some(path) => Some(lookup::id_of(
                &lookup::project(&session.site, None, Some(path)).await?,
            )?),
            None => None,
        };
        let shown = path.map_or_else(|| args.name.clone(), |path| format!("{path}/{}", args.name));
        console.info(format!("Creating project '{shown}' on the server..."));
        let project = Project {
            name: Some(args.name.clone()),
            description: args.description.clone(),
            parent_project_id: parent.map(|id| id.to_string()),
            ..Project::default()
        };
        match session
            .site
            .projects()
            .create(&project)
            .await
            .map_err(Failure::from)
        {
            Ok(_) => {}
            Err(failure) if session.takes_existing(&failure) => console.info("Already exists"),
            Err(failure) => return Err(failure),
        }
        console.info("Succeeded");
        Ok(())
    })
    .await
}

/// Deletes a project.
pub async fn delete(args: DeleteProject, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let path = args.parent_project_path.as_deref();
        let project = lookup::project(&session.site, Some(&args.name), path).await?;
        console.info(format!("Deleting project '{}' from the server...", args.name));
        session.site.projects().delete(lookup::id_of(&project)?).await?;
        console.info("Succeeded");
        Ok(())
    })
    .await
}

/// Publishes the samples into a project.
pub async fn publish_samples(
    args: PublishSamples,
    global: &Global,
    console: &Console,
) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let path = args.parent_project_path.as_deref();
        let project = lookup::project(&session.site, Some(&args.name), path).await?;
        console.info(format!("Publishing samples into '{}'...", args.name));
        let id = lookup::id_of(&project)?;
        session.site.projects().publish_samples(id).await?;
        console.info(format!("Samples published to {}", args.name));
        Ok(())
    })
    .await
}
