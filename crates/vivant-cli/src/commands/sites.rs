//! `vivant sites`: the sites of a server.

use std::path::PathBuf;

use clap::Args;
use vivant_client::model::SiteId;
use vivant_client::types::Site as SiteItem;

use crate::exit::UsageError;
use crate::resource::{
    Action, Attempt, Column, Found, GET, Kind, LIST, Resource, Work, column, find, is_luid, number, pages,
    text, value, verb,
};

/// Sites.
pub static KIND: Kind = Kind {
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.sites().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.sites().delete(id.parse()?).await?) })),
    ..Kind::new("site", COLUMNS, &[], |site, options| {
        pages(site.sites().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("CONTENT URL", "contentUrl"),
    column("STATE", "state"),
    column("ADMIN MODE", "adminMode"),
    number("USER QUOTA", "userQuota"),
    number("STORAGE QUOTA", "storageQuota"),
    column("ID", "id"),
];

/// `vivant sites`.
pub const RESOURCE: Resource = Resource {
    name: "sites",
    aliases: &["site"],
    about: "The sites of a server",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Current>("current"),
        verb::<Create>("create"),
        verb::<Update>("update"),
        verb::<Delete>("delete"),
        verb::<Logo>("logo"),
        verb::<Encrypt>("encrypt-extracts"),
        verb::<Decrypt>("decrypt-extracts"),
        verb::<Reencrypt>("reencrypt-extracts"),
    ],
};

/// Show the site that one is signed in to
#[derive(Debug, Args)]
struct Current {}

impl Action for Current {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let site = work.site.sites().get(work.site.id()).await?;
        work.item(COLUMNS, &value(&site));
        Ok(())
    }
}

/// What can be said of a site.
#[derive(Debug, Args)]
struct Details {
    /// Who manages users: ContentAndUsers or ContentOnly
    #[arg(long, value_name = "MODE")]
    admin_mode: Option<String>,
    /// How many users; -1 for no limit
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    user_quota: Option<i64>,
    /// How many megabytes; -1 for no limit
    #[arg(long, value_name = "MEGABYTES", allow_negative_numbers = true)]
    storage_quota: Option<i64>,
    /// How many revisions are kept; -1 for no limit
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    revision_limit: Option<i64>,
    /// Whether revisions are kept
    #[arg(long, value_name = "BOOL")]
    revision_history: Option<bool>,
    /// Whether nobody may subscribe
    #[arg(long, value_name = "BOOL")]
    disable_subscriptions: Option<bool>,
    /// Whether others may be subscribed
    #[arg(long, value_name = "BOOL")]
    subscribe_others: Option<bool>,
    /// Whether guests may look
    #[arg(long, value_name = "BOOL")]
    guest_access: Option<bool>,
}

impl Details {
    fn site(&self) -> SiteItem {
        SiteItem {
            admin_mode: self.admin_mode.clone(),
            user_quota: self.user_quota,
            storage_quota: self.storage_quota,
            revision_limit: self.revision_limit,
            revision_history_enabled: self.revision_history,
            disable_subscriptions: self.disable_subscriptions,
            subscribe_others_enabled: self.subscribe_others,
            guest_access_enabled: self.guest_access,
            ..SiteItem::default()
        }
    }
}

/// Create a site
#[derive(Debug, Args)]
struct Create {
    /// Its name
    name: String,
    /// Its name in the browser's address; otherwise the letters and digits of its name
    #[arg(long, value_name = "TEXT")]
    content_url: Option<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let url = match self.content_url {
            Some(url) => url,
            None => {
                let url: String = self
                    .name
                    .chars()
                    .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                    .collect();
                match url.is_empty() {
                    true => {
                        let message =
                            "no letter or digit of the name can stand in an address; give --content-url";
                        return Err(UsageError(message.to_owned()).into());
                    }
                    false => url,
                }
            }
        };
        let site = SiteItem {
            name: Some(self.name.clone()),
            content_url: Some(url.clone()),
            ..self.details.site()
        };
        let doing = async { Ok(Some(value(&work.site.sites().create(&site).await?))) };
        work.step(Attempt::new("create", "site", &self.name).detail(url), doing)
            .await?;
        Ok(())
    }
}

/// Change a site
#[derive(Debug, Args)]
struct Update {
    /// Name, content URL or id; otherwise the one that one is signed in to
    item: Option<String>,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its new name in the browser's address
    #[arg(long, value_name = "TEXT")]
    content_url: Option<String>,
    /// Active or Suspended
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = SiteItem {
            name: self.name,
            content_url: self.content_url,
            state: self.state,
            ..self.details.site()
        };
        super::refuse_nothing(changes == SiteItem::default())?;
        let found = named(work, self.item.as_deref()).await?;
        let detail = super::changes(&value(&changes));
        let doing = async {
            Ok(Some(value(
                &work.site.sites().update(found.luid()?, &changes).await?,
            )))
        };
        work.step(Attempt::on("update", "site", &found).detail(detail), doing)
            .await?;
        Ok(())
    }
}

/// Delete a site and everything in it
#[derive(Debug, Args)]
struct Delete {
    /// Name, content URL or id
    item: String,
    /// Yes, with all its content
    #[arg(long)]
    yes: bool,
}

impl Action for Delete {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        if !self.yes && !work.dry_run() {
            let message = "a site goes with all its content: --yes says that this is meant";
            return Err(UsageError(message.to_owned()).into());
        }
        let found = named(work, Some(&self.item)).await?;
        let doing = async {
            work.site.sites().delete(found.luid()?).await?;
            Ok(None)
        };
        work.step(Attempt::on("delete", "site", &found), doing).await?;
        Ok(())
    }
}

/// Give a site a logo of its own, or take it back (Tableau Cloud)
#[derive(Debug, Args)]
struct Logo {
    /// A picture, PNG
    #[arg(value_name = "FILE", required_unless_present = "reset")]
    file: Option<PathBuf>,
    /// Take the logo back
    #[arg(long, conflicts_with = "file")]
    reset: bool,
    #[command(flatten)]
    of: Of,
}

/// A site that something is done with.
#[derive(Debug, Args)]
struct Of {
    /// Name, content URL or id; otherwise the one that one is signed in to
    #[arg(long, value_name = "SITE")]
    of: Option<String>,
}

impl Action for Logo {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let found = named(work, self.of.of.as_deref()).await?;
        let attempt = match &self.file {
            Some(file) => {
                super::content::check_files(std::slice::from_ref(file), None)?;
                Attempt::on("set the logo of", "site", &found).detail(file.display().to_string())
            }
            None => Attempt::on("take the logo off", "site", &found),
        };
        let doing = async {
            let sites = work.site.sites();
            let changed = match self.file {
                Some(file) => sites.upload_logo(found.luid()?, file).await?,
                None => sites.reset_logo(found.luid()?).await?,
            };
            Ok(changed.as_ref().map(value))
        };
        work.step(attempt, doing).await?;
        Ok(())
    }
}

/// Encrypt the extracts of a site
#[derive(Debug, Args)]
struct Encrypt {
    #[command(flatten)]
    of: Of,
}

impl Action for Encrypt {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |id| work.site.sites().encrypt_extracts(id).await;
        encryption(work, "encrypt the extracts of", &self.of, doing).await
    }
}

/// Decrypt the extracts of a site
#[derive(Debug, Args)]
struct Decrypt {
    #[command(flatten)]
    of: Of,
}

impl Action for Decrypt {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |id| work.site.sites().decrypt_extracts(id).await;
        encryption(work, "decrypt the extracts of", &self.of, doing).await
    }
}

/// Encrypt the extracts of a site anew, with new keys
#[derive(Debug, Args)]
struct Reencrypt {
    #[command(flatten)]
    of: Of,
}

impl Action for Reencrypt {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |id| work.site.sites().re_encrypt_extracts(id).await;
        encryption(work, "reencrypt the extracts of", &self.of, doing).await
    }
}

async fn encryption(
    work: &Work<'_>,
    action: &str,
    of: &Of,
    change: impl AsyncFnOnce(SiteId) -> vivant_client::Result<()>,
) -> anyhow::Result<()> {
    let found = named(work, of.of.as_deref()).await?;
    let doing = async {
        change(found.luid()?).await?;
        Ok(None)
    };
    work.step(Attempt::on(action, "site", &found), doing).await?;
    Ok(())
}

/// A site by name, content URL or id.
async fn named(work: &Work<'_>, reference: Option<&str>) -> anyhow::Result<Found> {
    let reference = match reference {
        None => work.site.id().to_string(),
        Some(reference) if is_luid(reference) => reference.to_owned(),
        Some(reference) => {
            return match find(work.site, &KIND, reference).await {
                Ok(found) => Ok(found),
                Err(missing) => match work.site.sites().get_by_content_url(reference).await {
                    Ok(site) => {
                        let item = value(&site);
                        Ok(Found {
                            id: text(&item, "id"),
                            label: text(&item, "name"),
                            item: Some(item),
                        })
                    }
                    Err(_) => Err(missing),
                },
            };
        }
    };
    work.find(&reference).await
}
