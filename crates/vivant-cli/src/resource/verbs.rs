//! The verbs that every resource has in the same way: list, get, delete.

use clap::Args;

use super::action::{Action, Verb, verb};
use super::filter::Choice;
use super::work::{Attempt, Work};
use super::{Kind, text};
use crate::exit::Unclear;

/// Lists the things of a kind.
pub const LIST: Verb = verb::<List>("list");
/// Shows one.
pub const GET: Verb = verb::<Get>("get");
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
async fn by_id(work: &Work<'_>, id: &str) -> anyhow::Result<super::Value> {
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
        for reference in &self.items {
            match work.find(reference).await {
                Ok(found) => {
                    let doing = async {
                        delete(work.site.clone(), found.id.clone()).await?;
                        Ok(None)
                    };
                    work.step(Attempt::on("delete", work.kind.noun, &found), doing)
                        .await?;
                }
                Err(error) => work.failed(Attempt::new("delete", work.kind.noun, reference), error)?,
            }
        }
        Ok(())
    }
}

/// Several of a noun.
pub fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}
