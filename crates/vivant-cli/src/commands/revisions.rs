//! `vivant revisions`: earlier versions of workbooks and data sources.

use clap::Args;
use vivant_client::model::Luid;
use vivant_client::types::Revision;
use vivant_client::{DownloadOptions, Downloaded, List as Listing, ListOptions, Site, Target};

use super::content::{self, To, With};
use super::{datasources, workbooks};
use crate::resource::{
    Action, Attempt, Choice, Column, Kind, Resource, Task, Verb, Work, column, number, pages, verb,
};

/// Content that has revisions.
struct Revised {
    kind: &'static Kind,
    list: fn(&Site, Luid, ListOptions) -> Listing<Revision>,
    download: fn(Site, String, u32, Target, DownloadOptions) -> Task<Downloaded>,
    delete: fn(Site, String, u32) -> Task<()>,
}

macro_rules! revised {
    ($($kind:path: $group:ident),*) => {
        &[$(Revised {
            kind: &$kind,
            list: |site, id, options| site.$group().revisions(id.into(), options),
            download: |site, id, number, to, options| Box::pin(async move {
                Ok(site.$group().download_revision(id.parse()?, number, to, options).await?)
            }),
            delete: |site, id, number| Box::pin(async move {
                Ok(site.$group().delete_revision(id.parse()?, number).await?)
            }),
        }),*]
    };
}

const REVISED: &[Revised] = revised![workbooks::KIND: workbooks, datasources::KIND: datasources];

const COLUMNS: &[Column] = &[
    number("REVISION", "revisionNumber"),
    column("PUBLISHED", "publishedAt"),
    column("PUBLISHER", "publisher.name"),
    number("BYTES", "sizeInBytes"),
    column("CURRENT", "current"),
    column("DELETED", "deleted"),
];

static KIND: Kind = Kind {
    name: "revisionNumber",
    ..Kind::unlisted("revision", COLUMNS)
};

/// `vivant revisions`.
pub const RESOURCE: Resource = Resource {
    name: "revisions",
    aliases: &["revision"],
    about: "Earlier versions of workbooks and data sources",
    kind: &KIND,
    verbs: &[
        verb::<List>("list"),
        verb::<Download>("download"),
        verb::<Delete>("delete"),
    ],
};

/// Lists the revisions of an item of the resource.
pub const REVISIONS: Verb = verb::<Revisions>("revisions");

#[derive(Debug, Args)]
struct Revisions {
    /// Name, path or id
    item: String,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Revisions {
    const WRITES: bool = false;

    fn about(kind: &Kind) -> Option<String> {
        Some(format!("List the revisions of a {}", kind.noun))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let revised = content::aspect(REVISED, |one| one.kind, work.kind.noun)?;
        list(work, revised, &self.item, &self.choice).await
    }
}

/// List the revisions of an item
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    of: content::Of,
    #[command(flatten)]
    choice: Choice,
}

impl Action for List {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let revised = content::aspect(REVISED, |one| one.kind, &self.of.kind)?;
        list(work, revised, &self.of.item, &self.choice).await
    }
}

async fn list(work: &Work<'_>, revised: &Revised, item: &str, choice: &Choice) -> anyhow::Result<()> {
    let found = work.find_of(revised.kind, item).await?;
    let id: Luid = found.luid()?;
    let rows = |site: &Site, options| pages((revised.list)(site, id, options));
    choice.show(work, &KIND, rows).await
}

/// Download a revision
#[derive(Debug, Args)]
struct Download {
    #[command(flatten)]
    of: content::Of,
    /// Its number
    #[arg(value_name = "REVISION")]
    number: u32,
    #[command(flatten)]
    with: With,
    #[command(flatten)]
    to: To,
}

impl Action for Download {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let revised = content::aspect(REVISED, |one| one.kind, &self.of.kind)?;
        let id = work.find_of(revised.kind, &self.of.item).await?.id;
        let fetch =
            async |to| (revised.download)(work.site.clone(), id, self.number, to, self.with.options()).await;
        self.to.download(work, fetch).await
    }
}

/// Delete revisions
#[derive(Debug, Args)]
struct Delete {
    #[command(flatten)]
    of: content::Of,
    /// Their numbers
    #[arg(value_name = "REVISION", required = true)]
    numbers: Vec<u32>,
}

impl Action for Delete {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let revised = content::aspect(REVISED, |one| one.kind, &self.of.kind)?;
        let found = work.find_of(revised.kind, &self.of.item).await?;
        for number in self.numbers {
            let name = format!("{number} of {}", found.label);
            let doing = async {
                (revised.delete)(work.site.clone(), found.id.clone(), number).await?;
                Ok(None)
            };
            work.step(Attempt::new("delete", "revision", &name), doing)
                .await?;
        }
        Ok(())
    }
}
