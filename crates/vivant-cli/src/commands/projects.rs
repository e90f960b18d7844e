//! `vivant projects`: list, get, create, update, move and delete projects.

use std::collections::HashMap;

use clap::Args;
use futures_util::TryStreamExt;
use vivant_client::types::Project;
use vivant_client::{ListOptions, Site, filters};

use super::users;
use super::{favorites, permissions};
use crate::resource::{
    Action, Attempt, Column, DELETE, Found, GET, Kind, LIST, Place, Resource, Value, Work, column, find_as,
    pages, text, value, verb,
};

/// Projects.
pub static KIND: Kind = Kind {
    place: Place::Parent,
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.projects().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.projects().delete(id.parse()?).await?) })),
    ..Kind::new("project", COLUMNS, filters::PROJECTS, |site, options| {
        pages(site.projects().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("DESCRIPTION", "description"),
    column("OWNER", "owner.name"),
    column("PERMISSIONS", "contentPermissions"),
    column("PARENT", "parentProjectId"),
    column("UPDATED", "updatedAt"),
    column("ID", "id"),
];

/// `vivant projects`.
pub const RESOURCE: Resource = Resource {
    name: "projects",
    aliases: &["project"],
    about: "Folders of content, and who may use what is in them",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Tree>("tree"),
        verb::<Create>("create"),
        verb::<Update>("update"),
        verb::<Move>("move"),
        DELETE,
        permissions::PERMISSIONS,
        favorites::FAVORITE,
        favorites::UNFAVORITE,
    ],
};

/// All projects of a site, to say where things are.
pub struct Paths {
    /// Name and parent by id.
    projects: HashMap<String, (String, String)>,
}

impl Paths {
    /// Lists all projects.
    pub async fn load(site: &Site) -> anyhow::Result<Self> {
        let mut projects = HashMap::new();
        let mut rows = pages(site.projects().list(ListOptions::new()));
        while let Some(chunk) = rows.try_next().await? {
            for item in chunk.items {
                projects.insert(
                    text(&item, "id"),
                    (text(&item, "name"), text(&item, "parentProjectId")),
                );
            }
        }
        Ok(Self { projects })
    }

    /// The path of a project.
    pub fn of_project(&self, id: &str) -> String {
        let mut parts = Vec::new();
        let mut id = id;
        // A server that answers nonsense must not make this endless.
        while let Some((name, parent)) = self.projects.get(id)
            && parts.len() < 100
        {
            parts.push(escape(name));
            id = parent;
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    /// The path of a thing.
    pub fn of(&self, kind: &Kind, item: &Value) -> String {
        let name = escape(&text(item, kind.name));
        let below = |path: String| format!("{}/{name}", path.trim_end_matches('/'));
        match kind.place {
            Place::Parent => below(self.of_project(&text(item, "parentProjectId"))),
            Place::Project => below(self.of_project(&text(item, "project.id"))),
            Place::Workbook => {
                let book = match text(item, "workbook.name") {
                    // The list names only the address, which begins with the workbook's.
                    name if name.is_empty() => text(item, "contentUrl")
                        .split('/')
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                    name => name,
                };
                below(format!(
                    "{}/{}",
                    self.of_project(&text(item, "project.id")),
                    escape(&book)
                ))
            }
            Place::Site => name,
        }
    }
}

/// A name as a part of a path.
pub fn escape(name: &str) -> String {
    name.replace('\\', "\\\\").replace('/', "\\/")
}

/// Where new content goes: the project that is named, otherwise the server's choice.
pub async fn target<T: std::str::FromStr>(site: &Site, project: Option<&str>) -> anyhow::Result<Option<T>> {
    find_as(site, &KIND, project).await
}

/// Show the projects below each other
#[derive(Debug, Args)]
struct Tree {}

impl Action for Tree {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let paths = Paths::load(work.site).await?;
        let mut items: Vec<Value> = paths
            .projects
            .iter()
            .map(|(id, (name, _))| serde_json::json!({"path": paths.of_project(id), "name": name, "id": id}))
            .collect();
        items.sort_by_key(|item| text(item, "path"));
        work.list(&[column("PATH", "path"), column("ID", "id")], &items, false);
        Ok(())
    }
}

/// What can be said of a project.
#[derive(Debug, Args)]
struct Details {
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who decides about permissions: ManagedByOwner, LockedToProject, LockedToProjectWithoutNested
    #[arg(long, value_name = "MODE")]
    content_permissions: Option<String>,
    /// Its owner, by name or id
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
}

impl Details {
    async fn project(&self, work: &Work<'_>) -> anyhow::Result<Project> {
        Ok(Project {
            description: self.description.clone(),
            content_permissions: self.content_permissions.clone(),
            owner: users::owner(work.site, self.owner.as_deref()).await?,
            ..Project::default()
        })
    }
}

/// Create a project
#[derive(Debug, Args)]
struct Create {
    /// Its name
    name: String,
    /// The project that it goes into, by name, path or id
    #[arg(long, value_name = "PROJECT")]
    parent: Option<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let parent: Option<String> = find_as(work.site, &KIND, self.parent.as_deref()).await?;
        let mut project = self.details.project(work).await?;
        project.name = Some(self.name.clone());
        project.parent_project_id = parent;
        // Tableau: a new project belongs to whoever makes it; another owner is a change.
        let owner = project.owner.take();
        let doing = async {
            let mut made = work.site.projects().create(&project).await?;
            if let (Some(owner), Some(id)) = (owner, made.id) {
                let change = Project {
                    owner: Some(owner),
                    ..Project::default()
                };
                made = work.site.projects().update(id, &change).await?;
            }
            Ok(Some(value(&made)))
        };
        work.step(Attempt::new("create", "project", &self.name), doing)
            .await?;
        Ok(())
    }
}

/// Change a project
#[derive(Debug, Args)]
struct Update {
    /// Name, path or id
    item: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let mut changes = self.details.project(work).await?;
        changes.name = self.name;
        super::refuse_nothing(changes == Project::default())?;
        let found = work.find(&self.item).await?;
        change(work, "update", found, changes).await
    }
}

/// Move projects into another one, or to the top
#[derive(Debug, Args)]
struct Move {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
    /// The project that they go into; `/` is the top
    #[arg(long, value_name = "PROJECT")]
    to: String,
}

impl Action for Move {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let parent = match self.to.as_str() {
            "/" => String::new(),
            to => work.find(to).await?.id,
        };
        for item in &self.items {
            let changes = Project {
                parent_project_id: Some(parent.clone()),
                ..Project::default()
            };
            match work.find(item).await {
                Ok(found) => change(work, "move", found, changes).await?,
                Err(error) => work.failed(Attempt::new("move", "project", item), error)?,
            }
        }
        Ok(())
    }
}

async fn change(work: &Work<'_>, action: &str, found: Found, changes: Project) -> anyhow::Result<()> {
    let doing = async {
        let changed = work.site.projects().update(found.luid()?, &changes).await?;
        Ok(Some(value(&changed)))
    };
    let detail = super::changes(&value(&changes));
    work.step(Attempt::on(action, "project", &found).detail(detail), doing)
        .await?;
    Ok(())
}

/// A project by its id, as requests name it.
pub fn by_id(id: Option<vivant_client::model::ProjectId>) -> Option<Project> {
    id.map(|id| Project {
        id: Some(id),
        ..Project::default()
    })
}
