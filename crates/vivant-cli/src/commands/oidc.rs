//! `vivant oidc`: OpenID Connect on a site of Tableau Cloud.

use std::path::PathBuf;

use clap::Args;
use vivant_client::types::SiteOidcConfiguration;

use crate::exit::UsageError;
use crate::resource::{
    Action, Attempt, Column, DELETE, GET, Kind, LIST, Resource, Work, column, gathered, value, verb,
};
use crate::secrets;

/// Ways to sign in.
pub static KIND: Kind = Kind {
    name: "idpConfigurationName",
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.oidc().get(&id).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.oidc().delete_configuration(&id).await?) })),
    ..Kind::new("OpenID Connect configuration", COLUMNS, &[], |site, _| {
        gathered(async move {
            let found = site.oidc().list().await?;
            // Everything else has its id under that name.
            Ok(found
                .iter()
                .map(|one| {
                    let mut item = value(one);
                    item["id"] = item["idpConfigurationId"].clone();
                    item
                })
                .collect())
        })
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "idpConfigurationName"),
    column("TYPE", "authSetting"),
    column("ENABLED", "enabled"),
    column("PROVIDER", "knownProviderAlias"),
    column("ID", "idpConfigurationId"),
];

/// `vivant oidc`.
pub const RESOURCE: Resource = Resource {
    name: "oidc",
    aliases: &[],
    about: "Ways to sign in to a site of Tableau Cloud, and OpenID Connect among them",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Create>("create"),
        verb::<Update>("update"),
        DELETE,
    ],
};

/// What a configuration consists of.
#[derive(Debug, Args)]
struct Details {
    /// The client's id at the provider
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
    /// File that holds the client's secret; `-` is stdin
    #[arg(long, value_name = "FILE")]
    oidc_secret_file: Option<PathBuf>,
    /// Where users are sent to sign in
    #[arg(long, value_name = "URL")]
    authorization_endpoint: Option<String>,
    /// Where tokens come from
    #[arg(long, value_name = "URL")]
    token_endpoint: Option<String>,
    /// Where the provider tells of a user
    #[arg(long, value_name = "URL")]
    userinfo_endpoint: Option<String>,
    /// Where the provider's keys are
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// Where users are sent to sign out
    #[arg(long, value_name = "URL")]
    end_session_endpoint: Option<String>,
    /// Whether it is enabled
    #[arg(long, value_name = "BOOL")]
    enabled: Option<bool>,
    /// Whether it may be used in embedded views
    #[arg(long, value_name = "BOOL")]
    allow_embedded: Option<bool>,
    /// The provider's short name, where Tableau knows it
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// The claim that holds the e-mail address
    #[arg(long, value_name = "CLAIM")]
    email_claim: Option<String>,
    /// What the provider is asked for beside the usual
    #[arg(long, value_name = "SCOPE")]
    custom_scope: Option<String>,
    /// How the client shows its secret: CLIENT_SECRET_BASIC or CLIENT_SECRET_POST
    #[arg(long, value_name = "WAY")]
    client_authentication: Option<String>,
    /// What the provider asks users: NONE, LOGIN, CONSENT or SELECT_ACCOUNT
    #[arg(long, value_name = "WHAT")]
    prompt: Option<String>,
}

impl Details {
    /// Puts what was given in place of what is there.
    fn over(self, old: SiteOidcConfiguration) -> Result<SiteOidcConfiguration, UsageError> {
        let secret = match &self.oidc_secret_file {
            Some(file) => Some(
                secrets::from_file(file, "--oidc-secret-file")?
                    .expose()
                    .to_owned(),
            ),
            None => None,
        };
        Ok(SiteOidcConfiguration {
            client_id: self.oidc_client_id.or(old.client_id),
            client_secret: secret,
            authorization_endpoint: self.authorization_endpoint.or(old.authorization_endpoint),
            token_endpoint: self.token_endpoint.or(old.token_endpoint),
            userinfo_endpoint: self.userinfo_endpoint.or(old.userinfo_endpoint),
            jwks_uri: self.jwks_uri.or(old.jwks_uri),
            end_session_endpoint: self.end_session_endpoint.or(old.end_session_endpoint),
            enabled: self.enabled.or(old.enabled),
            allow_embedded_authentication: self.allow_embedded.or(old.allow_embedded_authentication),
            known_provider_alias: self.provider.or(old.known_provider_alias),
            email_mapping: self.email_claim.or(old.email_mapping),
            custom_scope: self.custom_scope.or(old.custom_scope),
            client_authentication: self.client_authentication.or(old.client_authentication),
            prompt: self.prompt.or(old.prompt),
            ..old
        })
    }
}

/// Create a configuration
#[derive(Debug, Args)]
struct Create {
    /// Its name
    name: String,
    #[command(flatten)]
    details: Details,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let new = self.details.over(SiteOidcConfiguration {
            idp_configuration_name: Some(self.name.clone()),
            enabled: Some(true),
            ..SiteOidcConfiguration::default()
        })?;
        let doing = async { Ok(Some(value(&work.site.oidc().create(&new).await?))) };
        work.step(Attempt::new("create", work.kind.noun, &self.name), doing)
            .await?;
        Ok(())
    }
}

/// Change a configuration; its secret is asked for again, since servers do not tell it
#[derive(Debug, Args)]
struct Update {
    /// Name or id
    #[arg(value_name = "ITEM")]
    item: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        if self.details.oidc_secret_file.is_none() {
            let message =
                "a configuration is replaced as a whole: give its secret by --oidc-secret-file, too";
            return Err(UsageError(message.to_owned()).into());
        }
        let found = work.find(&self.item).await?;
        let old = work.site.oidc().get(&found.id).await?;
        let mut new = self.details.over(old)?;
        new.idp_configuration_name = self.name.or(new.idp_configuration_name);
        let doing = async { Ok(Some(value(&work.site.oidc().update(&found.id, &new).await?))) };
        work.step(Attempt::on("update", work.kind.noun, &found), doing)
            .await?;
        Ok(())
    }
}
