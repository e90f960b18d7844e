//! What `vivant admin` does, on the data folder itself, with or without a server running.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use vivant_model::name::{LOCAL_DOMAIN, split_domain};
use vivant_store::{Account, CheckReport, Millis, Secret, Store, SweepReport, TokenInfo};

use crate::app::now;
use crate::config::Config;

/// The store of an installation, opened for administration.
pub struct Admin {
    store: Store,
}

/// Something that was named does not exist.
#[derive(Debug)]
pub struct NotFound(pub String);

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotFound {}

/// A new personal access token.
pub struct NewToken {
    /// Its name.
    pub name: String,
    /// Its secret, shown only now.
    pub secret: String,
    /// When it ends.
    pub expires_at: Millis,
}

impl Admin {
    /// Opens the store of an installation that exists.
    pub async fn open(config: &Config, env: HashMap<String, String>) -> anyhow::Result<Self> {
        if config.database_url.is_none() && !config.data_dir.join("vivant.db").is_file() {
            bail!(
                "there is no installation in {}; name its folder with --data-dir, or start one with `vivant serve`",
                config.data_dir.display()
            );
        }
        let store = Store::open(config.store_options(env))
            .await
            .with_context(|| format!("cannot open the store, {}", config.whereabouts()))?;
        // A database that lost its tables would else look like a sound one without content.
        if let Err(error) = store.default_site().await {
            let damage = format!(
                "the database holds no installation, {}; restore it from a backup",
                config.whereabouts()
            );
            return Err(anyhow::Error::new(error).context(damage));
        }
        Ok(Self { store })
    }

    /// Sets a user's password and ends the user's sessions.
    pub async fn reset_password(&self, user: &str, password: &Secret) -> anyhow::Result<()> {
        let account = self.account(user).await?;
        self.store.set_password(account.id, password, now()).await?;
        self.store.delete_sessions_of_user(account.id).await?;
        Ok(())
    }

    /// Makes a personal access token that lives so many days.
    pub async fn create_token(&self, user: &str, name: &str, days: u32) -> anyhow::Result<NewToken> {
        let account = self.account(user).await?;
        let expires_at = now() + i64::from(days) * 24 * 60 * 60 * 1000;
        let (_, secret) = self
            .store
            .create_token(account.id, name, now(), expires_at)
            .await?;
        Ok(NewToken {
            name: name.to_owned(),
            secret,
            expires_at,
        })
    }

    /// Ends a personal access token and the sessions that it began.
    pub async fn revoke_token(&self, user: &str, name: &str) -> anyhow::Result<()> {
        let account = self.account(user).await?;
        self.store
            .revoke_token(account.id, name)
            .await
            .map_err(|error| match error {
                vivant_store::Error::NotFound(_) => {
                    NotFound(format!("user `{user}` has no token named `{name}`")).into()
                }
                error => anyhow::Error::new(error),
            })?;
        Ok(())
    }

    /// Lists a user's personal access tokens; secrets are not kept anywhere.
    pub async fn tokens(&self, user: &str) -> anyhow::Result<Vec<TokenInfo>> {
        let account = self.account(user).await?;
        Ok(self.store.tokens(account.id).await?)
    }

    /// Looks for damage; `deep` reads every file and compares its checksum.
    pub async fn check(&self, deep: bool) -> anyhow::Result<CheckReport> {
        Ok(self.store.check(deep).await?)
    }

    /// Takes away what deletes and broken uploads left behind, whatever its age.
    pub async fn sweep(&self) -> anyhow::Result<SweepReport> {
        Ok(self.store.sweep(now(), 0).await?)
    }

    async fn account(&self, user: &str) -> anyhow::Result<Account> {
        let (domain, name) = split_domain(user);
        let account = self
            .store
            .account_by_name(name, domain.unwrap_or(LOCAL_DOMAIN))
            .await?;
        account.ok_or_else(|| NotFound(format!("there is no user `{user}`")).into())
    }
}
