//! `vivant custom-views`: views as users keep them for themselves.

use std::path::PathBuf;

use clap::Args;
use vivant_client::types::CustomView;
use vivant_client::{PublishCustomView, filters};

use super::content::To;
use super::{users, workbooks};
use crate::resource::{
    Action, Attempt, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, find_luid, pages, value,
    verb,
};

/// Custom views.
pub static KIND: Kind = Kind {
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.custom_views().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.custom_views().delete(id.parse()?).await?) })),
    ..Kind::new("custom view", COLUMNS, filters::CUSTOM_VIEWS, |site, options| {
        pages(site.custom_views().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("VIEW", "view.name"),
    column("WORKBOOK", "workbook.name"),
    column("OWNER", "owner.name"),
    column("SHARED", "shared"),
    column("UPDATED", "updatedAt"),
    column("ID", "id"),
];

/// `vivant custom-views`.
pub const RESOURCE: Resource = Resource {
    name: "custom-views",
    aliases: &["custom-view"],
    about: "Views as users keep them for themselves",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Publish>("publish"),
        verb::<Update>("update"),
        DELETE,
        verb::<Download>("download"),
    ],
};

/// Publish the definition of a custom view that was downloaded
#[derive(Debug, Args)]
struct Publish {
    /// The definition, a JSON file
    file: PathBuf,
    /// The workbook whose view it is of, by name, path or id
    #[arg(long, value_name = "WORKBOOK")]
    workbook: String,
    /// Its name; otherwise the file's, without the ending
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whose it is, by name or id; otherwise who is signed in
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Let others see it
    #[arg(long)]
    shared: bool,
}

impl Action for Publish {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        super::content::check_files(std::slice::from_ref(&self.file), None)?;
        let stem = self
            .file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let options = PublishCustomView {
            name: self.name.unwrap_or(stem),
            shared: self.shared,
            owner_id: match &self.owner {
                Some(owner) => find_luid(work.site, &users::KIND, owner).await?,
                None => work.site.user_id(),
            },
            workbook_id: find_luid(work.site, &workbooks::KIND, &self.workbook).await?,
        };
        let attempt = Attempt::new("publish", "custom view", &options.name);
        let doing = async {
            Ok(Some(value(
                &work.site.custom_views().publish(&options, self.file).await?,
            )))
        };
        work.step(attempt, doing).await?;
        Ok(())
    }
}

/// Change a custom view
#[derive(Debug, Args)]
struct Update {
    /// Name or id
    item: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its new owner, by name or id
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = CustomView {
            name: self.name,
            owner: users::owner(work.site, self.owner.as_deref()).await?,
            ..CustomView::default()
        };
        super::refuse_nothing(changes == CustomView::default())?;
        let doing = async |found: &Found| {
            Ok(Some(value(
                &work.site.custom_views().update(found.luid()?, &changes).await?,
            )))
        };
        work.each("update", &super::changes(&value(&changes)), &[self.item], doing)
            .await
    }
}

/// Download the definition of a custom view, as JSON; it may hold values of the data
#[derive(Debug, Args)]
struct Download {
    /// Name or id
    item: String,
    #[command(flatten)]
    to: To,
}

impl Action for Download {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id = work.find(&self.item).await?.luid()?;
        self.to
            .download(work, async |to| work.site.custom_views().download(id, to).await)
            .await
    }
}
