//! `vivant extensions`: which dashboard extensions may run on a site and on a server.

use clap::Args;
use vivant_client::types::{ExtensionsServerSettings, ExtensionsSiteSettings, SafeExtension};

use crate::exit::UsageError;
use crate::resource::{Action, Attempt, Column, Kind, Resource, Work, column, value, verb};

const SITE: &[Column] = &[
    column("ENABLED", "extensionsEnabled"),
    column("OTHERS MAY RUN", "useDefaultSetting"),
    column("ALLOWED", "safeList.url"),
];

const SERVER: &[Column] = &[
    column("ENABLED", "extensionsGloballyEnabled"),
    column("BLOCKED", "blockList"),
];

static KIND: Kind = Kind::unlisted("settings of extensions", SITE);

/// `vivant extensions`.
pub const RESOURCE: Resource = Resource {
    name: "extensions",
    aliases: &[],
    about: "Which dashboard extensions may run on a site, and on the server",
    kind: &KIND,
    verbs: &[
        verb::<Get>("get"),
        verb::<Update>("update"),
        verb::<GetServer>("get-server"),
        verb::<UpdateServer>("update-server"),
    ],
};

/// Show the settings of the site
#[derive(Debug, Args)]
struct Get {}

impl Action for Get {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        work.item(SITE, &value(&work.site.extensions().get().await?));
        Ok(())
    }
}

/// Change the settings of the site; what is not given stays
#[derive(Debug, Args)]
struct Update {
    /// Whether extensions may run
    #[arg(long, value_name = "BOOL")]
    enabled: Option<bool>,
    /// Whether extensions that are not on the list may run
    #[arg(long, value_name = "BOOL")]
    others: Option<bool>,
    /// Put an extension on the list; may be given several times
    #[arg(long, value_name = "URL")]
    allow: Vec<String>,
    /// Let the extensions of --allow see the data below a view
    #[arg(long, requires = "allow")]
    full_data: bool,
    /// Ask users before the extensions of --allow run
    #[arg(long, requires = "allow")]
    ask_users: bool,
    /// Take an extension off the list; may be given several times
    #[arg(long, value_name = "URL")]
    disallow: Vec<String>,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let nothing = self.enabled.is_none() && self.others.is_none();
        super::refuse_nothing(nothing && self.allow.is_empty() && self.disallow.is_empty())?;
        // The settings are replaced as a whole.
        let mut settings: ExtensionsSiteSettings = work.site.extensions().get().await?;
        settings.extensions_enabled = self.enabled.or(settings.extensions_enabled);
        settings.use_default_setting = self.others.or(settings.use_default_setting);
        let is = |one: &SafeExtension, url: &String| one.url.as_ref() == Some(url);
        for url in &self.disallow {
            if !settings.safe_list.iter().any(|one| is(one, url)) {
                return Err(UsageError(format!("{url} is not on the list of allowed extensions")).into());
            }
        }
        settings
            .safe_list
            .retain(|one| !self.disallow.iter().chain(&self.allow).any(|url| is(one, url)));
        settings
            .safe_list
            .extend(self.allow.iter().map(|url| SafeExtension {
                url: Some(url.clone()),
                full_data_allowed: Some(self.full_data),
                prompt_needed: Some(self.ask_users),
            }));
        let attempt =
            Attempt::new("update", work.kind.noun, "the site").detail(super::changes(&value(&settings)));
        let doing = async { Ok(Some(value(&work.site.extensions().update(&settings).await?))) };
        work.step(attempt, doing).await?;
        Ok(())
    }
}

/// Show the settings of the server
#[derive(Debug, Args)]
struct GetServer {}

impl Action for GetServer {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        work.item(
            SERVER,
            &value(&work.site.extensions().get_server_settings().await?),
        );
        Ok(())
    }
}

/// Change the settings of the server; what is not given stays
#[derive(Debug, Args)]
struct UpdateServer {
    /// Whether extensions may run on sites
    #[arg(long, value_name = "BOOL")]
    enabled: Option<bool>,
    /// Block an extension on all sites; may be given several times
    #[arg(long, value_name = "URL")]
    block: Vec<String>,
    /// Block an extension no more; may be given several times
    #[arg(long, value_name = "URL")]
    unblock: Vec<String>,
}

impl Action for UpdateServer {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        super::refuse_nothing(self.enabled.is_none() && self.block.is_empty() && self.unblock.is_empty())?;
        let mut settings: ExtensionsServerSettings = work.site.extensions().get_server_settings().await?;
        settings.extensions_globally_enabled = self.enabled.or(settings.extensions_globally_enabled);
        for url in &self.unblock {
            if !settings.block_list.contains(url) {
                return Err(UsageError(format!("{url} is not on the list of blocked extensions")).into());
            }
        }
        settings
            .block_list
            .retain(|url| !self.unblock.contains(url) && !self.block.contains(url));
        settings.block_list.extend(self.block);
        let attempt =
            Attempt::new("update", work.kind.noun, "the server").detail(super::changes(&value(&settings)));
        let doing = async {
            let changed = work.site.extensions().update_server_settings(&settings).await?;
            Ok(Some(value(&changed)))
        };
        work.step(attempt, doing).await?;
        Ok(())
    }
}
