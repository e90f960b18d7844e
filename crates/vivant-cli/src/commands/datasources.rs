//! `vivant datasources`: published data sources; publish, download, change, delete.

use std::path::PathBuf;

use clap::Args;
use vivant_client::types::Datasource;
use vivant_client::{PublishDatasource, PublishDatasourceMode, filters};

use super::content::{To, With, check_files, publish_files};
use super::{connections, projects, users};
use super::{extracts, favorites, permissions, revisions, tags};
use crate::resource::{
    Action, Attempt, Column, DELETE, Found, GET, Kind, LIST, MOVE, Place, Resource, Work, column, number,
    pages, value, verb,
};

/// Data sources.
pub static KIND: Kind = Kind {
    place: Place::Project,
    change: Some(|site, id, change| {
        Box::pin(async move {
            let changes = Datasource {
                name: change.name,
                description: change.description,
                project: projects::by_id(change.project),
                owner: users::by_id(change.owner),
                ..Datasource::default()
            };
            Ok(value(&site.datasources().update(id.parse()?, &changes).await?))
        })
    }),
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.datasources().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.datasources().delete(id.parse()?).await?) })),
    ..Kind::new("data source", COLUMNS, filters::DATASOURCES, |site, options| {
        pages(site.datasources().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("PROJECT", "project.name"),
    column("OWNER", "owner.name"),
    column("TYPE", "type"),
    number("MB", "size"),
    column("CERTIFIED", "isCertified"),
    column("UPDATED", "updatedAt"),
    column("ID", "id"),
];

/// `vivant datasources`.
pub const RESOURCE: Resource = Resource {
    name: "datasources",
    aliases: &["datasource"],
    about: "Published data sources",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Publish>("publish"),
        verb::<Update>("update"),
        MOVE,
        DELETE,
        verb::<Download>("download"),
        connections::CONNECTIONS,
        connections::UPDATE_CONNECTION,
        extracts::REFRESH,
        extracts::CREATE,
        extracts::DELETE,
        permissions::PERMISSIONS,
        tags::TAGS,
        revisions::REVISIONS,
        favorites::FAVORITE,
        favorites::UNFAVORITE,
    ],
};

/// Publish data source files
#[derive(Debug, Args)]
struct Publish {
    /// Files that end in .tds, .tdsx or .hyper
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The project they go into, by name, path or id; otherwise the server's Default
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// The name of the one file there; otherwise the file's, without its ending
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Replace a data source of the name
    #[arg(long, conflicts_with = "append")]
    overwrite: bool,
    /// Add the rows of the file's extract to the data source of the name
    #[arg(long)]
    append: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Let the server publish in the background, and answer with the job
    #[arg(long)]
    as_job: bool,
    #[command(flatten)]
    connection: connections::Publishing,
}

impl Action for Publish {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        check_files(&self.files, self.name.as_deref())?;
        let options = PublishDatasource {
            name: self.name,
            project_id: projects::target(work.site, self.project.as_deref()).await?,
            mode: match (self.overwrite, self.append) {
                (true, _) => PublishDatasourceMode::Overwrite,
                (_, true) => PublishDatasourceMode::Append,
                _ => PublishDatasourceMode::CreateNew,
            },
            description: self.description,
            connections: self.connection.specs()?,
            ..PublishDatasource::default()
        };
        let datasources = work.site.datasources();
        let publish = async |file| {
            Ok(match self.as_job {
                true => value(&datasources.publish_as_job(options.clone(), file).await?),
                false => value(&datasources.publish(options.clone(), file).await?),
            })
        };
        publish_files(work, "data source", self.files, publish).await
    }
}

/// Change a data source
#[derive(Debug, Args)]
struct Update {
    /// Name, path or id
    item: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Its new owner, by name or id
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// The project it goes into, by name, path or id
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Whether it is certified
    #[arg(long, value_name = "BOOL")]
    certified: Option<bool>,
    /// Why it is certified
    #[arg(long, value_name = "TEXT")]
    certification_note: Option<String>,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = Datasource {
            name: self.name,
            description: self.description,
            owner: users::owner(work.site, self.owner.as_deref()).await?,
            project: projects::by_id(projects::target(work.site, self.project.as_deref()).await?),
            is_certified: self.certified,
            certification_note: self.certification_note,
            ..Datasource::default()
        };
        super::refuse_nothing(changes == Datasource::default())?;
        let found = work.find(&self.item).await?;
        change(work, "update", &found, changes).await
    }
}

async fn change(work: &Work<'_>, action: &str, found: &Found, changes: Datasource) -> anyhow::Result<()> {
    let doing = async {
        let changed = work.site.datasources().update(found.luid()?, &changes).await?;
        Ok(Some(value(&changed)))
    };
    let detail = super::changes(&value(&changes));
    work.step(Attempt::on(action, "data source", found).detail(detail), doing)
        .await?;
    Ok(())
}

/// Download a data source
#[derive(Debug, Args)]
struct Download {
    /// Name, path or id
    item: String,
    #[command(flatten)]
    with: With,
    #[command(flatten)]
    to: To,
}

impl Action for Download {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id = work.find(&self.item).await?.luid()?;
        let fetch = async |to| {
            work.site
                .datasources()
                .download(id, to, self.with.options())
                .await
        };
        self.to.download(work, fetch).await
    }
}
