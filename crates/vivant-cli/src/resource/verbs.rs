//! The verbs that every resource has in the same way: list, get, delete.

use clap::Args;

use super::action::{Action, Verb, verb};
use super::filter::Choice;
use super::work::Work;
use super::{Change, Found, Kind, Value, find, find_as, text};
use crate::commands::{self, projects, users};
use crate::exit::Unclear;

/// Lists the things of a kind.
pub const LIST: Verb = verb::<List>("list");
/// Shows one.
pub const GET: Verb = verb::<Get>("get");
/// Changes what most content has.
pub const UPDATE: Verb = verb::<Update>("update");
/// Puts some into another project.
pub const MOVE: Verb = verb::<Move>("move");
/// Deletes some.
pub const DELETE: Verb = verb::<Delete>("delete");

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    choice: Choice,
}

impl Action for List {
    const WRITES: bool = false;

    fn about(kind: &Kind) -> Option<String> {
        let by: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
        let server = match by.is_empty() {
            true => String::new(),
            false => format!(
                "\n\nThe server filters and sorts by {}; by other members it is done here.",
                by.join(", ")
            ),
        };
        Some(format!("List {}{server}", plural(kind.noun)))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        self.choice
            .show(work, work.kind, |site, options| {
                (work.kind.list)(site.clone(), options)
            })
            .await
    }
}

#[derive(Debug, Args)]
struct Get {
    /// Name, path or id
    #[arg(value_name = "ITEM")]
    item: String,
}

impl Action for Get {
    const WRITES: bool = false;

    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Show all that is known of one {}", kind.noun))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let found = work.find(&self.item).await?;
        let item = match (work.kind.get, found.item) {
            (Some(get), _) => get(work.site.clone(), found.id).await?,
            (None, Some(item)) => item,
            (None, None) => by_id(work, &found.id).await?,
        };
        work.item(work.kind.columns, &item);
        Ok(())
    }
}

/// Looks for an id in the list, for kinds that cannot be asked for one by one.
async fn by_id(work: &Work<'_>, id: &str) -> anyhow::Result<Value> {
    use futures_util::TryStreamExt;
    let mut rows = (work.kind.list)(work.site.clone(), vivant_client::ListOptions::new());
    while let Some(chunk) = rows.try_next().await? {
        if let Some(item) = chunk.items.into_iter().find(|item| text(item, "id") == id) {
            return Ok(item);
        }
    }
    Err(Unclear::missing(format!("there is no {} with the id {id}", work.kind.noun)).into())
}

#[derive(Debug, Args)]
struct Delete {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
}

impl Action for Delete {
    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Delete {}", plural(kind.noun)))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let Some(delete) = work.kind.delete else {
            anyhow::bail!("{} cannot be deleted", plural(work.kind.noun));
        };
        let doing = async |found: &Found| {
            delete(work.site.clone(), found.id.clone()).await?;
            Ok(None)
        };
        work.each("delete", "", &self.items, doing).await
    }
}

#[derive(Debug, Args)]
struct Move {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
    /// The project, by name, path or id
    #[arg(long, value_name = "PROJECT")]
    to: String,
}

impl Action for Move {
    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Move {} into a project", plural(kind.noun)))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let project = find(work.site, &projects::KIND, &self.to).await?;
        let change = Change {
            project: Some(project.luid()?),
            ..Change::default()
        };
        let doing = async |found: &Found| apply(work, found, change.clone()).await;
        work.each("move", &format!("to {}", project.label), &self.items, doing)
            .await
    }
}

#[derive(Debug, Args)]
struct Update {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
    #[command(flatten)]
    details: Details,
}

/// What can be changed of most content, as options.
#[derive(Debug, Args)]
pub struct Details {
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
}

impl Details {
    /// The change, and what to say of it.
    pub async fn change(&self, work: &Work<'_>) -> anyhow::Result<(Change, Vec<String>)> {
        let mut told = Vec::new();
        for (what, value) in [
            ("name", &self.name),
            ("description", &self.description),
            ("owner", &self.owner),
            ("project", &self.project),
        ] {
            if let Some(value) = value {
                told.push(format!("{what}={value}"));
            }
        }
        let change = Change {
            name: self.name.clone(),
            description: self.description.clone(),
            owner: find_as(work.site, &users::KIND, self.owner.as_deref()).await?,
            project: find_as(work.site, &projects::KIND, self.project.as_deref()).await?,
        };
        Ok((change, told))
    }
}

impl Action for Update {
    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Change {}", plural(kind.noun)))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let (change, told) = self.details.change(work).await?;
        commands::refuse_nothing(change == Change::default())?;
        let doing = async |found: &Found| apply(work, found, change.clone()).await;
        work.each("update", &told.join(", "), &self.items, doing).await
    }
}

async fn apply(work: &Work<'_>, found: &Found, change: Change) -> anyhow::Result<Option<Value>> {
    let Some(apply) = work.kind.change else {
        anyhow::bail!("{} cannot be changed", plural(work.kind.noun));
    };
    Ok(Some(apply(work.site.clone(), found.id.clone(), change).await?))
}

/// Several of a noun.
pub fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}
