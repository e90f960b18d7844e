//! One document, published to many sites and projects, with its connections changed for each.

use std::path::Path as FilePath;

use vivant_client::{
    ConnectionSpec, ErrorKind, ListOptions, PublishDatasource, PublishDatasourceMode, PublishMode,
    PublishWorkbook, Site,
};
use vivant_document::edit::{ConnectionChange, ConnectionMatch};
use vivant_model::ProjectId;
use vivant_wire::types::Project;

use crate::error::{Context, Error, Result};
use crate::file;
use crate::fixup::{self, Destination, Home, Reference};
use crate::report::{Action, Line};
use crate::tree::{Path, Tree};

/// Where a template goes and what is changed for it.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// Path of the project.
    pub project: Option<Path>,
    /// Name there; otherwise the file's.
    pub name: Option<String>,
    /// Attributes of connections.
    pub connections: Vec<(ConnectionMatch, ConnectionChange)>,
    /// Databases or schemas changed for others, in connections and in the names of tables.
    pub databases: Vec<(String, String)>,
    /// Credentials that go along.
    pub credentials: Vec<ConnectionSpec>,
    /// Whether content of the name is replaced; otherwise publishing fails.
    pub overwrite: bool,
    /// Whether projects of the path that are not there are made.
    pub create_projects: bool,
}

/// What a template becomes on a target before it is published.
#[derive(Debug)]
pub struct Prepared {
    file: tempfile::TempPath,
    is_workbook: bool,
    name: String,
    project: Option<ProjectId>,
    missing: Option<Path>,
    /// What would be done.
    pub line: Line,
}

/// Edits a template for a target and looks whether it can go there. Nothing is written to the server.
pub async fn prepare(site: &Site, template: &FilePath, target: &Target) -> Result<Prepared> {
    let kind = file::kind_of(template)?;
    let stem = template
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let name = target.name.clone().unwrap_or(stem);
    let tree = Tree::load(site).await?;
    let (project, missing) = match &target.project {
        None => (None, None),
        Some(path) => match tree.find(path).and_then(|project| project.id) {
            Some(id) => (Some(id), None),
            None if target.create_projects => (None, Some(path.clone())),
            None => {
                return Err(Error::NotFound(format!(
                    "there is no project {path} on the site `{}`",
                    site.content_url()
                )));
            }
        },
    };
    let sources = site.datasources().list(ListOptions::new()).all().await;
    let sources = sources.context(|| "the published data sources cannot be listed".to_owned())?;
    let find = move |reference: &Reference| {
        let of_url = sources
            .iter()
            .find(|found| found.content_url.as_ref() == Some(&reference.content_url));
        let found = of_url.or_else(|| {
            let mut of_name = sources
                .iter()
                .filter(|found| found.name.as_ref() == Some(&reference.label));
            of_name.next().filter(|_| of_name.next().is_none())
        })?;
        Some(Destination {
            content_url: found.content_url.clone()?,
            name: found.name.clone(),
        })
    };
    let edited = tempfile::Builder::new()
        .prefix("vivant-template-")
        .suffix(&format!(".{}", kind.extension()))
        .tempfile()
        .map_err(|error| Error::file(&std::env::temp_dir(), "written", error))?
        .into_temp_path();
    let (input, output, changes) = (template.to_owned(), edited.to_path_buf(), target.clone());
    let home = Home::of(site)?;
    let work = move || edit(&input, &output, &changes, &home, find);
    let outcome = tokio::task::spawn_blocking(work).await;
    let (lost, changed) = outcome
        .map_err(|error| Error::answer(format!("the work on {} ended: {error}", template.display())))??;
    if let Some(reference) = lost.first() {
        return Err(Error::NotFound(format!(
            "the template uses the published data source `{}` ({}), which is not on the site `{}`",
            reference.label,
            reference.content_url,
            site.content_url()
        )));
    }
    if !changed {
        std::fs::copy(template, &edited).map_err(|error| Error::file(template, "copied", error))?;
    }
    let path = target.project.clone().unwrap_or_default().join(&name);
    let detail = match &missing {
        Some(project) => format!("and the project {project}"),
        None => String::new(),
    };
    let place = match site.content_url() {
        "" => format!("{} {path}", site.client().server()),
        url => format!("{} {url} {path}", site.client().server()),
    };
    Ok(Prepared {
        file: edited,
        is_workbook: kind.is_workbook(),
        name,
        project,
        missing,
        line: Line::new(
            Action::Create,
            if kind.is_workbook() {
                "workbook"
            } else {
                "data source"
            },
            place,
            detail,
        ),
    })
}

fn edit(
    input: &FilePath,
    output: &FilePath,
    target: &Target,
    home: &Home,
    find: impl Fn(&Reference) -> Option<Destination>,
) -> Result<(Vec<Reference>, bool)> {
    let name = || input.display().to_string();
    file::edit(input, output, |document| {
        for (which, change) in &target.connections {
            let changed = document.change_connections(which, change).context(name)?;
            if changed == 0 {
                return Err(Error::input(format!(
                    "no connection of {} is as the target says: {which:?}",
                    input.display()
                )));
            }
        }
        for (old, new) in &target.databases {
            let report = document.swap_database(None, old, new).context(name)?;
            if report.connections == 0 && report.tables.is_empty() {
                return Err(Error::input(format!(
                    "nothing in {} reads from the database or schema `{old}`",
                    input.display()
                )));
            }
            if let Some(sql) = report.custom_sql.first().or(report.initial_sql.first()) {
                return Err(Error::input(format!(
                    "the SQL of `{sql}` in {} names `{old}`; SQL that people wrote is not changed",
                    input.display()
                )));
            }
        }
        fixup::rewrite(document, home, find).context(name)
    })
}

/// Publishes what was prepared.
pub async fn publish(site: &Site, prepared: Prepared, target: &Target) -> Result<()> {
    let project = match &prepared.missing {
        Some(path) => Some(create(site, path).await?),
        None => prepared.project,
    };
    let failed = || format!("{} cannot be published", prepared.line.name);
    let file = prepared.file.to_path_buf();
    if prepared.is_workbook {
        let options = PublishWorkbook {
            name: Some(prepared.name.clone()),
            project_id: project,
            mode: match target.overwrite {
                true => PublishMode::Overwrite,
                false => PublishMode::CreateNew,
            },
            connections: target.credentials.clone(),
            ..PublishWorkbook::default()
        };
        site.workbooks()
            .publish(options, file)
            .await
            .map(|_| ())
            .context(failed)
    } else {
        let options = PublishDatasource {
            name: Some(prepared.name.clone()),
            project_id: project,
            mode: match target.overwrite {
                true => PublishDatasourceMode::Overwrite,
                false => PublishDatasourceMode::CreateNew,
            },
            connections: target.credentials.clone(),
            ..PublishDatasource::default()
        };
        site.datasources()
            .publish(options, file)
            .await
            .map(|_| ())
            .context(failed)
    }
}

/// Makes a project and those above it that are not there.
async fn create(site: &Site, path: &Path) -> Result<ProjectId> {
    let mut tree = Tree::load(site).await?;
    let mut parent: Option<ProjectId> = None;
    for depth in 1..=path.depth() {
        let here = Path(path.0[..depth].to_vec());
        if let Some(found) = tree.find(&here) {
            parent = found.id;
            continue;
        }
        let asked = Project {
            name: Some(here.name().to_owned()),
            parent_project_id: parent.map(|id| id.to_string()),
            ..Project::default()
        };
        match site.projects().create(&asked).await {
            // Made meanwhile, for another target.
            Err(error) if error.kind() == ErrorKind::Conflict => tree = Tree::load(site).await?,
            other => {
                let made = other.context(|| format!("the project {here} cannot be created"))?;
                tree.insert(Project {
                    parent_project_id: asked.parent_project_id,
                    ..made
                });
            }
        }
        parent = tree.find(&here).and_then(|project| project.id);
    }
    parent.ok_or_else(|| Error::answer(format!("the project {path} was made and is not listed")))
}
