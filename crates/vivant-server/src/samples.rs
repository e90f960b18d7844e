//! The project's own sample workbooks, inside the binary.

use vivant_document::FileKind;
use vivant_model::{ContentKind, ProjectId, SiteRole};
use vivant_store::{Caller, Error, NewProject, What};

use crate::app::App;
use crate::errors::{ApiError, Result};
use crate::publish::{self, Credentials, DatasourceOrder, WorkbookOrder};

/// The project that `vivant serve --samples` publishes to.
pub const PROJECT: &str = "Samples";

struct Sample {
    name: &'static str,
    kind: FileKind,
    description: &'static str,
    bytes: &'static [u8],
}

macro_rules! sample {
    ($name:literal, $kind:ident, $extension:literal, $description:literal) => {
        Sample {
            name: $name,
            kind: FileKind::$kind,
            description: $description,
            bytes: include_bytes!(concat!("../../../samples/", $name, $extension)),
        }
    };
}

const SAMPLES: &[Sample] = &[
    sample!(
        "Penguins",
        Tdsx,
        ".tdsx",
        "Palmer Archipelago penguins, as a published data source."
    ),
    sample!(
        "Palmer Penguins",
        Twbx,
        ".twbx",
        "Three species of penguin on three islands: sizes, weights, counts."
    ),
    sample!(
        "Flights from New York",
        Twbx,
        ".twbx",
        "A year of flights out of three airports: where to, how late."
    ),
    sample!(
        "Office Supplies",
        Twbx,
        ".twbx",
        "Four years of orders of an invented shop."
    ),
];

/// Publishes the samples to a project of the Default site, made where it is not there yet.
/// Samples that are there already stay as they are.
pub async fn publish_to_default_site(app: &App) -> anyhow::Result<usize> {
    let site = app.store.default_site().await?;
    let admin = app
        .store
        .account_by_name(&app.config.admin_name, vivant_model::name::LOCAL_DOMAIN)
        .await?;
    let admin = admin
        .ok_or_else(|| anyhow::anyhow!("there is no user `{}` to own the samples", app.config.admin_name))?;
    let caller = Caller {
        site: site.id,
        user: admin.id,
        role: SiteRole::ServerAdministrator,
    };
    let project = match app.store.project_by_path(site.id, PROJECT).await? {
        Some(project) => project,
        None => {
            let new = NewProject {
                name: PROJECT.to_owned(),
                description: "Sample workbooks on open data, made by the Vivant project.".to_owned(),
                parent: None,
                content_permissions: None,
                owner: admin.id,
            };
            app.store.create_project(site.id, new, app.now()).await?
        }
    };
    publish_to(app, &caller, project.id)
        .await
        .map_err(|e: ApiError| match e.cause {
            Some(cause) => cause,
            None => anyhow::anyhow!("{}", e.detail),
        })
}

/// Publishes the samples to a project and tells how many were new.
pub async fn publish_to(app: &App, caller: &Caller, project: ProjectId) -> Result<usize> {
    let mut count = 0;
    for sample in SAMPLES {
        match publish_one(app, caller, project, sample).await {
            Ok(()) => count += 1,
            Err(error) if error.code == ApiError::from(exists()).code => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn exists() -> Error {
    Error::Conflict {
        what: What::Workbook,
        id: None,
        name: String::new(),
    }
}

async fn publish_one(app: &App, caller: &Caller, project: ProjectId, sample: &Sample) -> Result<()> {
    let mut spool = app.store.content().spool().await?;
    spool.write(sample.bytes).await?;
    let file = spool.finish().await?;
    let kind = if sample.kind.is_workbook() {
        ContentKind::Workbook
    } else {
        ContentKind::Datasource
    };
    match kind {
        ContentKind::Workbook => {
            let order = WorkbookOrder {
                caller,
                project,
                name: sample.name.to_owned(),
                description: Some(sample.description.to_owned()),
                show_tabs: true,
                overwrite: false,
                encrypt_extracts: None,
                hidden_views: Vec::new(),
                credentials: Credentials::default(),
            };
            publish::workbook(app, order, sample.kind, file, None).await?;
        }
        _ => {
            let order = DatasourceOrder {
                caller,
                project,
                name: sample.name.to_owned(),
                description: Some(sample.description.to_owned()),
                overwrite: false,
                encrypt_extracts: None,
                use_remote_query_agent: false,
                credentials: Credentials::default(),
            };
            publish::datasource(app, order, sample.kind, file, None).await?;
        }
    }
    Ok(())
}
