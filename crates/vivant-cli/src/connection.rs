//! The options by which a command reaches a server, and the session that it works in.

use std::path::PathBuf;
use std::time::Duration;

use vivant_client::{ApiVersion, Client, Credentials, ProxyChoice, Site, Timeouts, VersionChoice};

use crate::exit::{Interrupted, UsageError};
use crate::logging::{self, Level};
use crate::secrets::{self, Wanted};

/// How long signing out may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// Options of every command that talks to a server.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Server, such as https://tableau.example.com; addresses from the browser work too
    #[arg(short, long, env = "VIVANT_SERVER", value_name = "URL")]
    server: String,
    /// Site by its content URL, the name in the browser's address; empty is Default
    #[arg(short = 't', long, env = "VIVANT_SITE", value_name = "SITE")]
    site: Option<String>,
    /// Sign in with this user name, and a password [env: VIVANT_USERNAME]
    #[arg(short, long, value_name = "NAME", conflicts_with = "token_name")]
    username: Option<String>,
    /// Sign in with this personal access token [env: VIVANT_TOKEN_NAME]
    #[arg(short = 'n', long, value_name = "NAME")]
    token_name: Option<String>,
    /// File that holds the password; `-` is stdin. Otherwise VIVANT_PASSWORD, otherwise asked for
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    password_file: Option<PathBuf>,
    /// File that holds the token's value; `-` is stdin. Otherwise VIVANT_TOKEN_VALUE, otherwise asked for
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Never ask for a secret
    #[arg(long)]
    no_prompt: bool,
    /// Trust the authorities in this file too (PEM or DER)
    #[arg(long, env = "VIVANT_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Take any certificate: anybody in between can read and change everything
    #[arg(long)]
    insecure: bool,
    /// Proxy for everything, or `none` [default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say]
    #[arg(long, env = "VIVANT_PROXY", hide_env_values = true, value_name = "URL")]
    proxy: Option<String>,
    /// Speak this API version [default: the newest that the server knows]
    #[arg(long, value_name = "VERSION")]
    api_version: Option<ApiVersion>,
    /// Seconds for one request, its repeats included
    #[arg(long, env = "VIVANT_TIMEOUT", value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// What to log on stderr
    #[arg(short, long, value_enum, value_name = "LEVEL", default_value_t)]
    logging_level: Level,
}

impl Connection {
    /// How much is logged.
    pub fn logging_level(&self) -> Level {
        self.logging_level
    }

    /// Signs in, does the work, and signs out, also when the work fails or is interrupted.
    pub async fn session<T>(&self, work: impl AsyncFnOnce(&Site) -> anyhow::Result<T>) -> anyhow::Result<T> {
        logging::install(self.logging_level);
        let client = self.client()?;
        let credentials = self.credentials(&client).await?;
        let mut interrupted = std::pin::pin!(interruption());
        let site = tokio::select! {
            site = client.sign_in(credentials) => site?,
            number = &mut interrupted => return Err(Interrupted(number).into()),
        };
        let outcome = tokio::select! {
            outcome = work(&site) => outcome,
            number = &mut interrupted => Err(Interrupted(number).into()),
        };
        match tokio::time::timeout(FAREWELL, site.sign_out()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "signing out failed"),
            Err(_) => tracing::warn!("signing out took longer than {FAREWELL:?}"),
        }
        outcome
    }

    fn client(&self) -> anyhow::Result<Client> {
        let limit = Duration::from_secs(self.timeout);
        let usual = Timeouts::default();
        let mut builder = Client::builder(&self.server)
            .danger_accept_invalid_certs(self.insecure)
            .timeouts(Timeouts {
                connect: usual.connect.min(limit),
                response: usual.response.min(limit),
                total: Some(limit),
                ..usual
            });
        if let Some(file) = &self.ca_file {
            builder = builder.ca_file(file);
        }
        if let Some(version) = self.api_version {
            builder = builder.version(VersionChoice::Fixed(version));
        }
        builder = match self.proxy.as_deref() {
            None | Some("") => builder,
            Some("none") => builder.proxy(ProxyChoice::None),
            Some(url) => builder.proxy(ProxyChoice::Url(url.to_owned())),
        };
        // Nothing is sent yet: whatever is wrong here was given on the command line.
        Ok(builder.build().map_err(|error| UsageError(error.to_string()))?)
    }

    async fn credentials(&self, client: &Client) -> anyhow::Result<Credentials> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // An option counts more than a variable, also one of the other kind.
        let (username, token_name) = match (&self.username, &self.token_name) {
            (None, None) => match variable("VIVANT_TOKEN_NAME") {
                Some(token) => (None, Some(token)),
                None => (variable("VIVANT_USERNAME"), None),
            },
            (username, token) => (username.clone(), token.clone()),
        };
        let by_token = token_name.is_some();
        let Some(name) = token_name.or(username) else {
            let message = "who signs in? give --username, or --token-name for a personal access token";
            return Err(UsageError(message.to_owned()).into());
        };
        let wanted = match by_token {
            true => Wanted::token(&name, self.token_file.as_deref()),
            false => Wanted::password(&name, self.password_file.as_deref()),
        };
        let idle = match by_token {
            true => self
                .password_file
                .as_ref()
                .map(|_| "--password-file goes with --username, not with a token"),
            false => self
                .token_file
                .as_ref()
                .map(|_| "--token-file goes with --token-name, not with a user name"),
        };
        if let Some(message) = idle {
            return Err(UsageError(message.to_owned()).into());
        }
        let secret = secrets::get(wanted, self.no_prompt).await?;
        let site = self
            .site
            .as_deref()
            .or(client.site_in_address())
            .unwrap_or_default();
        Ok(match by_token {
            true => Credentials::token(name, secret),
            false => Credentials::password(name, secret),
        }
        .site(site))
    }
}

/// Waits for Ctrl-C or the system's wish that the program ends; returns the signal's number.
async fn interruption() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => 2,
                _ = terminate.recv() => 15,
            };
        }
    }
    let _ = tokio::signal::ctrl_c().await;
    2
}
