//! `vivant favorites`: what users come back to.

use clap::Args;
use vivant_client::{FavoriteItem, Site};

use super::{content, datasources, flows, metrics, projects, users, views, workbooks};
use crate::resource::{
    Action, Attempt, Choice, Column, Found, Kind, Resource, Verb, Work, column, find_luid, pages, verb,
};

/// What can be a favorite.
struct Favored {
    kind: &'static Kind,
    item: fn(&Found) -> anyhow::Result<FavoriteItem>,
}

macro_rules! favored {
    ($($kind:path: $variant:ident),*) => {
        &[$(Favored {
            kind: &$kind,
            item: |found| Ok(FavoriteItem::$variant(found.luid()?)),
        }),*]
    };
}

const FAVORED: &[Favored] = favored![
    workbooks::KIND: Workbook,
    views::KIND: View,
    datasources::KIND: Datasource,
    projects::KIND: Project,
    flows::KIND: Flow,
    metrics::KIND: Metric
];

const COLUMNS: &[Column] = &[
    column("LABEL", "label"),
    column("WORKBOOK", "workbook.id"),
    column("VIEW", "view.id"),
    column("DATA SOURCE", "datasource.id"),
    column("PROJECT", "project.id"),
    column("FLOW", "flow.id"),
];

static KIND: Kind = Kind {
    name: "label",
    ..Kind::new("favorite", COLUMNS, &[], |site, options| {
        let user = site.user_id();
        pages(site.favorites().list(user, options))
    })
};

/// `vivant favorites`.
pub const RESOURCE: Resource = Resource {
    name: "favorites",
    aliases: &["favorite"],
    about: "What users come back to",
    kind: &KIND,
    verbs: &[verb::<List>("list"), verb::<Add>("add"), verb::<Remove>("remove")],
};

/// Makes items of the resource favorites.
pub const FAVORITE: Verb = verb::<Favorite>("favorite");
/// Takes items of the resource out of the favorites.
pub const UNFAVORITE: Verb = verb::<Unfavorite>("unfavorite");

/// Whose favorites.
#[derive(Debug, Args)]
struct Whose {
    /// Whose favorites, by name or id; otherwise those of who is signed in
    #[arg(long, value_name = "USER")]
    user: Option<String>,
}

impl Whose {
    async fn id(&self, work: &Work<'_>) -> anyhow::Result<vivant_client::model::UserId> {
        match &self.user {
            Some(user) => find_luid(work.site, &users::KIND, user).await,
            None => Ok(work.site.user_id()),
        }
    }
}

/// List a user's favorites
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    choice: Choice,
}

impl Action for List {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let user = self.whose.id(work).await?;
        let list = |site: &Site, options| pages(site.favorites().list(user, options));
        self.choice.show(work, &KIND, list).await
    }
}

/// Make an item a favorite
#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    of: content::Of,
    /// What it is called there; otherwise its name
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

impl Action for Add {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let favored = content::aspect(FAVORED, |one| one.kind, &self.of.kind)?;
        add(work, favored, &self.of.item, self.label, &self.whose).await
    }
}

/// Take an item out of the favorites
#[derive(Debug, Args)]
struct Remove {
    #[command(flatten)]
    of: content::Of,
    #[command(flatten)]
    whose: Whose,
}

impl Action for Remove {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let favored = content::aspect(FAVORED, |one| one.kind, &self.of.kind)?;
        remove(work, favored, &self.of.item, &self.whose).await
    }
}

#[derive(Debug, Args)]
struct Favorite {
    /// Name, path or id
    item: String,
    /// What it is called there; otherwise its name
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

impl Action for Favorite {
    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Make a {} a favorite", kind.noun))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let favored = content::aspect(FAVORED, |one| one.kind, work.kind.noun)?;
        add(work, favored, &self.item, self.label, &self.whose).await
    }
}

#[derive(Debug, Args)]
struct Unfavorite {
    /// Name, path or id
    item: String,
    #[command(flatten)]
    whose: Whose,
}

impl Action for Unfavorite {
    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Take a {} out of the favorites", kind.noun))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let favored = content::aspect(FAVORED, |one| one.kind, work.kind.noun)?;
        remove(work, favored, &self.item, &self.whose).await
    }
}

async fn add(
    work: &Work<'_>,
    favored: &Favored,
    item: &str,
    label: Option<String>,
    whose: &Whose,
) -> anyhow::Result<()> {
    let user = whose.id(work).await?;
    let mut found = work.find_of(favored.kind, item).await?;
    if label.is_none()
        && found.item.is_none()
        && let Some(get) = favored.kind.get
    {
        found.label = crate::resource::text(
            &get(work.site.clone(), found.id.clone()).await?,
            favored.kind.name,
        );
    }
    let label = label.unwrap_or_else(|| found.label.clone());
    let favorite = (favored.item)(&found)?;
    let doing = async {
        work.site.favorites().add_favorite(user, &label, favorite).await?;
        Ok(None)
    };
    let attempt =
        Attempt::on("add", favored.kind.noun, &found).detail(format!("to the favorites as {label}"));
    work.step(attempt, doing).await?;
    Ok(())
}

async fn remove(work: &Work<'_>, favored: &Favored, item: &str, whose: &Whose) -> anyhow::Result<()> {
    let user = whose.id(work).await?;
    let found = work.find_of(favored.kind, item).await?;
    let favorite = (favored.item)(&found)?;
    let doing = async {
        work.site.favorites().delete_favorite(user, favorite).await?;
        Ok(None)
    };
    let attempt = Attempt::on("remove", favored.kind.noun, &found).detail("from the favorites");
    work.step(attempt, doing).await?;
    Ok(())
}
