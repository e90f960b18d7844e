//! `vivant flows`: prep flows; publish, download, run, change, delete.

use std::path::PathBuf;

use clap::Args;
use vivant_client::types::Flow;
use vivant_client::{PublishFlow, PublishFlowMode, filters};

use super::content::{To, check_files, publish_files};
use super::{connections, projects, users};
use super::{favorites, permissions, tags};
use crate::resource::{
    Action, Column, DELETE, Found, GET, Kind, LIST, MOVE, Place, Resource, UPDATE, Work, column, pages,
    value, verb,
};

/// Flows.
pub static KIND: Kind = Kind {
    place: Place::Project,
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.flows().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.flows().delete(id.parse()?).await?) })),
    change: Some(|site, id, change| {
        Box::pin(async move {
            let changes = Flow {
                name: change.name,
                description: change.description,
                project: projects::by_id(change.project),
                owner: users::by_id(change.owner),
                ..Flow::default()
            };
            Ok(value(&site.flows().update(id.parse()?, &changes).await?))
        })
    }),
    ..Kind::new("flow", COLUMNS, filters::FLOWS, |site, options| {
        pages(site.flows().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("PROJECT", "project.name"),
    column("OWNER", "owner.name"),
    column("TYPE", "fileType"),
    column("UPDATED", "updatedAt"),
    column("TAGS", "tags.tag.label"),
    column("ID", "id"),
];

/// `vivant flows`.
pub const RESOURCE: Resource = Resource {
    name: "flows",
    aliases: &["flow"],
    about: "Flows that prepare data",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Publish>("publish"),
        UPDATE,
        MOVE,
        DELETE,
        verb::<Download>("download"),
        verb::<Run>("run"),
        connections::CONNECTIONS,
        connections::UPDATE_CONNECTION,
        permissions::PERMISSIONS,
        tags::TAGS,
        favorites::FAVORITE,
        favorites::UNFAVORITE,
    ],
};

/// Publish flow files
#[derive(Debug, Args)]
struct Publish {
    /// Files that end in .tfl or .tflx
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The project they go into, by name, path or id; otherwise the server's Default
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// The name of the one file there; otherwise the file's, without its ending
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Replace a flow of the name
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    connection: connections::Publishing,
}

impl Action for Publish {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        check_files(&self.files, self.name.as_deref())?;
        let options = PublishFlow {
            name: self.name,
            project_id: projects::target(work.site, self.project.as_deref()).await?,
            mode: match self.overwrite {
                true => PublishFlowMode::Overwrite,
                false => PublishFlowMode::CreateNew,
            },
            connections: self.connection.specs()?,
        };
        let publish = async |file| Ok(value(&work.site.flows().publish(options.clone(), file).await?));
        publish_files(work, "flow", self.files, publish).await
    }
}

/// Download a flow
#[derive(Debug, Args)]
struct Download {
    /// Name, path or id
    item: String,
    #[command(flatten)]
    to: To,
}

impl Action for Download {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id = work.find(&self.item).await?.luid()?;
        self.to
            .download(work, async |to| work.site.flows().download(id, to).await)
            .await
    }
}

/// Run flows now; the answers are jobs
#[derive(Debug, Args)]
struct Run {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
}

impl Action for Run {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |found: &Found| Ok(Some(value(&work.site.flows().refresh(found.luid()?).await?)));
        work.each("run", "", &self.items, doing).await
    }
}
