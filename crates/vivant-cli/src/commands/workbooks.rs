//! `vivant workbooks`: what a server's workbooks are and whose; publish, download, change, delete.

pub mod owners;

use std::path::PathBuf;

use clap::{Args, FromArgMatches};
use vivant_client::types::Workbook;
use vivant_client::{PublishMode, PublishWorkbook, Site, filters};

use super::content::{To, With, check_files, publish_files};
use super::{connections, projects, users};
use super::{export, extracts, favorites, permissions, revisions, tags};
use crate::resource::{
    Action, Attempt, Choice, Column, DELETE, Found, GET, Kind, LIST, MOVE, Place, Resource, Verb, Work,
    column, find_luid, number, once, pages, value, verb,
};

/// Workbooks.
pub static KIND: Kind = Kind {
    place: Place::Project,
    change: Some(|site, id, change| {
        Box::pin(async move {
            let changes = Workbook {
                name: change.name,
                description: change.description,
                project: projects::by_id(change.project),
                owner: users::by_id(change.owner),
                ..Workbook::default()
            };
            Ok(value(&site.workbooks().update(id.parse()?, &changes).await?))
        })
    }),
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.workbooks().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.workbooks().delete(id.parse()?).await?) })),
    ..Kind::new("workbook", COLUMNS, filters::WORKBOOKS, |site, options| {
        pages(site.workbooks().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("PROJECT", "project.name"),
    column("OWNER", "owner.name"),
    number("MB", "size"),
    column("UPDATED", "updatedAt"),
    column("TAGS", "tags.tag.label"),
    column("ID", "id"),
];

/// `vivant workbooks`.
pub const RESOURCE: Resource = Resource {
    name: "workbooks",
    aliases: &["workbook"],
    about: "Ask a Tableau-compatible server about its workbooks, and change them",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Publish>("publish"),
        verb::<Update>("update"),
        MOVE,
        DELETE,
        verb::<Download>("download"),
        verb::<Views>("views"),
        connections::CONNECTIONS,
        connections::UPDATE_CONNECTION,
        OWNERS,
        extracts::REFRESH,
        extracts::CREATE,
        extracts::DELETE,
        export::WORKBOOK,
        permissions::PERMISSIONS,
        tags::TAGS,
        revisions::REVISIONS,
        favorites::FAVORITE,
        favorites::UNFAVORITE,
    ],
};

/// `vivant workbooks owners` came first and has ways of its own.
const OWNERS: Verb = Verb::apart(
    "owners",
    |_, command| owners::Args::augment_args(command),
    |_, matches| Box::pin(async move { owners::run(owners::Args::from_arg_matches(&matches)?).await }),
);

/// Publish workbook files
#[derive(Debug, Args)]
struct Publish {
    /// Files that end in .twb or .twbx
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The project they go into, by name, path or id; otherwise the server's Default
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// The name of the one file there; otherwise the file's, without its ending
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Replace a workbook of the name
    #[arg(long)]
    overwrite: bool,
    /// Show the sheets as tabs
    #[arg(long)]
    show_tabs: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Do not show this view; may be given several times
    #[arg(long = "hide-view", value_name = "VIEW")]
    hidden_views: Vec<String>,
    /// Do not check the connections
    #[arg(long)]
    skip_connection_check: bool,
    /// Whose data the thumbnails show, by name or id
    #[arg(long, value_name = "USER")]
    thumbnails_user: Option<String>,
    /// Let the server publish in the background, and answer with the job
    #[arg(long)]
    as_job: bool,
    #[command(flatten)]
    connection: connections::Publishing,
}

impl Action for Publish {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        check_files(&self.files, self.name.as_deref())?;
        let options = PublishWorkbook {
            name: self.name,
            project_id: projects::target(work.site, self.project.as_deref()).await?,
            mode: match self.overwrite {
                true => PublishMode::Overwrite,
                false => PublishMode::CreateNew,
            },
            show_tabs: self.show_tabs,
            description: self.description,
            connections: self.connection.specs()?,
            hidden_views: self.hidden_views,
            skip_connection_check: self.skip_connection_check,
            thumbnails_user_id: match &self.thumbnails_user {
                Some(user) => Some(find_luid(work.site, &users::KIND, user).await?),
                None => None,
            },
            ..PublishWorkbook::default()
        };
        let workbooks = work.site.workbooks();
        let publish = async |file| {
            Ok(match self.as_job {
                true => value(&workbooks.publish_as_job(options.clone(), file).await?),
                false => value(&workbooks.publish(options.clone(), file).await?),
            })
        };
        publish_files(work, "workbook", self.files, publish).await
    }
}

/// Change a workbook
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
    /// Whether sheets show as tabs
    #[arg(long, value_name = "BOOL")]
    show_tabs: Option<bool>,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = Workbook {
            name: self.name,
            description: self.description,
            owner: users::owner(work.site, self.owner.as_deref()).await?,
            project: projects::by_id(projects::target(work.site, self.project.as_deref()).await?),
            show_tabs: self.show_tabs,
            ..Workbook::default()
        };
        super::refuse_nothing(changes == Workbook::default())?;
        let found = work.find(&self.item).await?;
        change(work, "update", &found, changes).await
    }
}

async fn change(work: &Work<'_>, action: &str, found: &Found, changes: Workbook) -> anyhow::Result<()> {
    let doing = async {
        let changed = work.site.workbooks().update(found.luid()?, &changes).await?;
        Ok(Some(value(&changed)))
    };
    let detail = super::changes(&value(&changes));
    work.step(Attempt::on(action, "workbook", found).detail(detail), doing)
        .await?;
    Ok(())
}

/// Download a workbook
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
        let fetch = async |to| work.site.workbooks().download(id, to, self.with.options()).await;
        self.to.download(work, fetch).await
    }
}

/// List the views of a workbook, in its order
#[derive(Debug, Args)]
struct Views {
    /// Name, path or id
    item: String,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Views {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id = work.find(&self.item).await?.luid()?;
        let list = |site: &Site, _| {
            let site = site.clone();
            once(async move { site.workbooks().views(id).await })
        };
        self.choice.show(work, &super::views::OF_A_WORKBOOK, list).await
    }
}
