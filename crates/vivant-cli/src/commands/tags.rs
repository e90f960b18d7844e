//! `vivant tags`, and the tags of every resource that has them.

use clap::Args;
use vivant_client::Site;

use super::{content, databases, datasources, flows, tables, views, virtual_connections, workbooks};
use crate::resource::{Action, Attempt, Column, Kind, Resource, Task, Value, Verb, Work, column, text, verb};

/// Content that has tags.
struct Tagged {
    kind: &'static Kind,
    add: fn(Site, String, Vec<String>) -> Task<Vec<String>>,
    delete: fn(Site, String, Vec<String>) -> Task<()>,
}

macro_rules! tagged {
    ($($kind:path: $group:ident),*) => {
        &[$(Tagged {
            kind: &$kind,
            add: |site, id, labels| Box::pin(async move { Ok(site.$group().add_tags(id.parse()?, &labels).await?) }),
            delete: |site, id, labels| Box::pin(async move { Ok(site.$group().delete_tags(id.parse()?, &labels).await?) }),
        }),*]
    };
}

const TAGGED: &[Tagged] = tagged![
    workbooks::KIND: workbooks,
    views::KIND: views,
    datasources::KIND: datasources,
    flows::KIND: flows,
    databases::KIND: databases,
    tables::KIND: tables,
    virtual_connections::KIND: virtual_connections
];

const COLUMNS: &[Column] = &[column("TAG", "label")];

static KIND: Kind = Kind::unlisted("tag", COLUMNS);

/// `vivant tags`.
pub const RESOURCE: Resource = Resource {
    name: "tags",
    aliases: &["tag"],
    about: "Labels of workbooks, views, data sources and other content",
    kind: &KIND,
    verbs: &[verb::<List>("list"), verb::<Add>("add"), verb::<Remove>("remove")],
};

/// Shows and changes the tags of an item of the resource.
pub const TAGS: Verb = verb::<Tags>("tags");

#[derive(Debug, Args)]
struct Tags {
    /// Name, path or id
    item: String,
    /// Add this tag; may be given several times
    #[arg(long, value_name = "TAG")]
    add: Vec<String>,
    /// Remove this tag; may be given several times
    #[arg(long, value_name = "TAG")]
    remove: Vec<String>,
}

impl Action for Tags {
    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Show the tags of a {}, or change them", kind.noun))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let tagged = content::aspect(TAGGED, |one| one.kind, work.kind.noun)?;
        if self.add.is_empty() && self.remove.is_empty() {
            return list(work, tagged, &self.item).await;
        }
        change(work, tagged, &self.item, self.add, self.remove).await
    }
}

/// List the tags of an item
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    of: content::Of,
}

impl Action for List {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        list(
            work,
            content::aspect(TAGGED, |one| one.kind, &self.of.kind)?,
            &self.of.item,
        )
        .await
    }
}

/// Add tags to an item
#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    of: content::Of,
    /// The tags
    #[arg(value_name = "TAG", required = true)]
    tags: Vec<String>,
}

impl Action for Add {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let tagged = content::aspect(TAGGED, |one| one.kind, &self.of.kind)?;
        change(work, tagged, &self.of.item, self.tags, Vec::new()).await
    }
}

/// Remove tags from an item
#[derive(Debug, Args)]
struct Remove {
    #[command(flatten)]
    of: content::Of,
    /// The tags
    #[arg(value_name = "TAG", required = true)]
    tags: Vec<String>,
}

impl Action for Remove {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let tagged = content::aspect(TAGGED, |one| one.kind, &self.of.kind)?;
        change(work, tagged, &self.of.item, Vec::new(), self.tags).await
    }
}

async fn list(work: &Work<'_>, tagged: &Tagged, item: &str) -> anyhow::Result<()> {
    let found = work.find_of(tagged.kind, item).await?;
    let item = match tagged.kind.get {
        Some(get) => get(work.site.clone(), found.id).await?,
        None => found.item.unwrap_or_default(),
    };
    let tags = item["tags"]["tag"].as_array().cloned().unwrap_or_default();
    let mut tags: Vec<Value> = tags;
    tags.sort_by_key(|tag| text(tag, "label"));
    work.list(COLUMNS, &tags, false);
    Ok(())
}

async fn change(
    work: &Work<'_>,
    tagged: &Tagged,
    item: &str,
    add: Vec<String>,
    remove: Vec<String>,
) -> anyhow::Result<()> {
    let found = work.find_of(tagged.kind, item).await?;
    if !add.is_empty() {
        let attempt = Attempt::on("tag", tagged.kind.noun, &found).detail(add.join(", "));
        let doing = async {
            let tags = (tagged.add)(work.site.clone(), found.id.clone(), add).await?;
            Ok(Some(serde_json::json!({"tags": tags})))
        };
        work.step(attempt, doing).await?;
    }
    if !remove.is_empty() {
        let attempt = Attempt::on("untag", tagged.kind.noun, &found).detail(remove.join(", "));
        let doing = async {
            (tagged.delete)(work.site.clone(), found.id.clone(), remove).await?;
            Ok(None)
        };
        work.step(attempt, doing).await?;
    }
    Ok(())
}
