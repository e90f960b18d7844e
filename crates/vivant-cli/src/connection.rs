//! The options by which a command reaches a server, and the session that it works in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vivant_client::{ApiVersion, Client, Credentials, ProxyChoice, Secret, Site, Timeouts, VersionChoice};

use crate::exit::{Interrupted, UsageError};
use crate::logging::{self, Level};
use crate::profile::{Profile, Profiles};
use crate::secrets::{self, Kept, Wanted};

/// How long signing out may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(10);
/// Seconds for one request, where nobody says otherwise.
const DEFAULT_TIMEOUT: u64 = 300;
/// A day.
const MAX_TIMEOUT: u64 = 86_400;

/// Options of every command that talks to a server.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Server, such as https://tableau.example.com; addresses from the browser work too [env: VIVANT_SERVER]
    #[arg(short, long, value_name = "URL", conflicts_with = "profile")]
    server: Option<String>,
    /// Take server, site and user from this profile; see `vivant profile` [env: VIVANT_PROFILE]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Site by its content URL, the name in the browser's address; empty is Default [env: VIVANT_SITE]
    #[arg(short = 't', long, value_name = "SITE")]
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
    /// Trust the authorities in this file too (PEM or DER) [env: VIVANT_CA_FILE]
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Take any certificate: anybody in between can read and change everything
    #[arg(long)]
    insecure: bool,
    /// Proxy for everything, or `none` [env: VIVANT_PROXY] [default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say]
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Speak this API version [default: the newest that the server knows]
    #[arg(long, value_name = "VERSION")]
    api_version: Option<ApiVersion>,
    /// Seconds for one request, its repeats included [env: VIVANT_TIMEOUT] [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MAX_TIMEOUT))]
    timeout: Option<u64>,
    /// What to log on stderr
    #[arg(short, long, value_enum, value_name = "LEVEL", default_value_t)]
    logging_level: Level,
}

/// Where a session goes and who has it, from options, variables and the profile.
struct Settled {
    server: String,
    site: Option<String>,
    who: Who,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    /// What the profile keeps, where the user is the profile's.
    secret: Option<String>,
    asked_for_profile: bool,
    ca_file: Option<PathBuf>,
    insecure: bool,
    proxy: Option<String>,
    api_version: Option<ApiVersion>,
    timeout: Duration,
}

/// Who signs in.
enum Who {
    User(String),
    Token(String),
}

impl Connection {
    /// Options that name no server yet, for commands that reach several by their profiles.
    pub fn plain(no_prompt: bool, logging_level: Level) -> Self {
        Self {
            no_prompt,
            logging_level,
            ..Self::default()
        }
    }

    /// The same way to ask and to log, at the server and site of a profile, or at another site there.
    pub fn of_profile(&self, profile: &str, site: Option<&str>) -> Self {
        Self {
            profile: Some(profile.to_owned()),
            site: site.map(str::to_owned),
            ..Self::plain(self.no_prompt, self.logging_level)
        }
    }

    /// The same server and user at another site.
    pub fn at_site(&self, site: Option<&str>) -> Self {
        Self {
            site: site.map(str::to_owned).or_else(|| self.site.clone()),
            ..self.clone()
        }
    }

    /// How much is logged.
    pub fn logging_level(&self) -> Level {
        self.logging_level
    }

    /// Signs in, does the work, and signs out, also when the work fails or is interrupted.
    pub async fn session<T>(&self, work: impl AsyncFnOnce(&Site) -> anyhow::Result<T>) -> anyhow::Result<T> {
        logging::install(self.logging_level);
        let settled = self.settle()?;
        let client = settled.client()?;
        let credentials = settled.credentials(&client, self.no_prompt).await?;
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

    /// The profile that these options make, to be kept under a name.
    pub fn to_profile(&self) -> anyhow::Result<Profile> {
        let Some(server) = self.server.clone() else {
            return Err(UsageError("a profile needs --server".to_owned()).into());
        };
        let absolute = |file: &Option<PathBuf>| -> anyhow::Result<Option<PathBuf>> {
            match file {
                Some(file) if file == Path::new("-") => Ok(None),
                Some(file) => Ok(Some(std::path::absolute(file)?)),
                None => Ok(None),
            }
        };
        let profile = Profile {
            server,
            site: self.site.clone(),
            username: self.username.clone(),
            token_name: self.token_name.clone(),
            secret: None,
            secret_file: absolute(&self.password_file)?.or(absolute(&self.token_file)?),
            ca_file: absolute(&self.ca_file)?,
            insecure: self.insecure,
            proxy: self.proxy.clone(),
            api_version: self.api_version.map(|version| version.to_string()),
            timeout: self.timeout,
        };
        // Whatever is wrong with an address is told now.
        let settled = settle(self, Some((profile.clone(), true)))?;
        settled.client()?;
        Ok(profile)
    }

    /// Gets the secret of these options, to be kept.
    pub async fn secret_to_keep(&self) -> anyhow::Result<Secret> {
        let wanted = match (&self.username, &self.token_name) {
            (_, Some(token)) => Wanted::token(token, self.token_file.as_deref()),
            (Some(user), None) => Wanted::password(user, self.password_file.as_deref()),
            (None, None) => {
                let message = "whose secret is to be kept? give --username or --token-name";
                return Err(UsageError(message.to_owned()).into());
            }
        };
        secrets::get(wanted, self.no_prompt).await
    }

    /// Finds out what counts: options before a profile that was asked for, before variables, before the
    /// present profile. A server that is named leaves the present profile out, with its secrets.
    fn settle(&self) -> anyhow::Result<Settled> {
        let profile = match (&self.profile, &self.server) {
            (Some(name), _) => Some((Profiles::load()?.named(name)?, true)),
            (None, Some(_)) => None,
            (None, None) if variable("VIVANT_SERVER").is_some() => None,
            (None, None) => match variable("VIVANT_PROFILE") {
                Some(name) => Some((Profiles::load()?.named(&name)?, false)),
                None => Profiles::load()?.present()?.map(|profile| (profile, false)),
            },
        };
        settle(self, profile)
    }
}

fn settle(options: &Connection, profile: Option<(Profile, bool)>) -> anyhow::Result<Settled> {
    let (profile, asked) = profile.unzip();
    let (profile, asked) = (profile.unwrap_or_default(), asked.unwrap_or(false));
    let pick = |option: &Option<String>, kept: Option<String>, name: &str| {
        let between = match asked {
            true => kept.clone().or_else(|| variable(name)),
            false => variable(name).or(kept),
        };
        option.clone().or(between)
    };
    let kept_server = Some(profile.server.clone()).filter(|server| !server.is_empty());
    let Some(server) = pick(&options.server, kept_server, "VIVANT_SERVER") else {
        let message =
            "which server? give --server or --profile, or set VIVANT_SERVER; `vivant profile add` keeps one";
        return Err(UsageError(message.to_owned()).into());
    };
    let kept = match (profile.token_name, profile.username) {
        (Some(token), _) => Some(Who::Token(token)),
        (None, Some(user)) => Some(Who::User(user)),
        (None, None) => None,
    };
    let given = match (&options.token_name, &options.username) {
        (Some(token), _) => Some(Who::Token(token.clone())),
        (None, Some(user)) => Some(Who::User(user.clone())),
        (None, None) => None,
    };
    let of_variables = || match variable("VIVANT_TOKEN_NAME") {
        Some(token) => Some(Who::Token(token)),
        None => variable("VIVANT_USERNAME").map(Who::User),
    };
    let mut from_profile = false;
    let who = match (given, asked) {
        (Some(who), _) => Some(who),
        (None, true) if kept.is_some() => {
            from_profile = true;
            kept
        }
        (None, _) => of_variables().or_else(|| {
            from_profile = kept.is_some();
            kept
        }),
    };
    let Some(who) = who else {
        let message = "who signs in? give --username, or --token-name for a personal access token";
        return Err(UsageError(message.to_owned()).into());
    };
    let secret_file = profile.secret_file.filter(|_| from_profile);
    let (mut password_file, mut token_file) = (options.password_file.clone(), options.token_file.clone());
    match &who {
        Who::User(_) if token_file.is_some() => {
            let message = "--token-file goes with --token-name, not with a user name";
            return Err(UsageError(message.to_owned()).into());
        }
        Who::Token(_) if password_file.is_some() => {
            let message = "--password-file goes with --username, not with a token";
            return Err(UsageError(message.to_owned()).into());
        }
        Who::User(_) => password_file = password_file.or(secret_file),
        Who::Token(_) => token_file = token_file.or(secret_file),
    }
    let as_text = |path: Option<PathBuf>| path.map(|path| path.to_string_lossy().into_owned());
    let ca_file = pick(
        &as_text(options.ca_file.clone()),
        as_text(profile.ca_file),
        "VIVANT_CA_FILE",
    );
    let timeout = pick(
        &options.timeout.map(|seconds| seconds.to_string()),
        profile.timeout.map(|seconds| seconds.to_string()),
        "VIVANT_TIMEOUT",
    );
    let timeout = match timeout {
        None => DEFAULT_TIMEOUT,
        Some(text) => match text.parse() {
            Ok(seconds @ 1..=MAX_TIMEOUT) => seconds,
            _ => {
                return Err(UsageError(format!(
                    "the time limit '{text}' is not 1 to {MAX_TIMEOUT} seconds"
                ))
                .into());
            }
        },
    };
    let api_version = match (options.api_version, profile.api_version) {
        (Some(version), _) => Some(version),
        (None, Some(text)) => Some(text.parse().map_err(|_| {
            UsageError(format!(
                "the profile's API version '{text}' is none, such as 3.19"
            ))
        })?),
        (None, None) => None,
    };
    Ok(Settled {
        server,
        site: pick(&options.site, profile.site, "VIVANT_SITE"),
        who,
        password_file,
        token_file,
        secret: profile.secret.filter(|_| from_profile),
        asked_for_profile: asked,
        ca_file: ca_file.map(PathBuf::from),
        insecure: options.insecure || profile.insecure,
        proxy: pick(&options.proxy, profile.proxy, "VIVANT_PROXY"),
        api_version,
        timeout: Duration::from_secs(timeout),
    })
}

impl Settled {
    fn client(&self) -> anyhow::Result<Client> {
        let limit = self.timeout;
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

    async fn credentials(&self, client: &Client, no_prompt: bool) -> anyhow::Result<Credentials> {
        let wanted = match &self.who {
            Who::User(name) => Wanted::password(name, self.password_file.as_deref()),
            Who::Token(name) => Wanted::token(name, self.token_file.as_deref()),
        };
        let kept = self.secret.as_deref().map(match self.asked_for_profile {
            true => Kept::First,
            false => Kept::Last,
        });
        let secret = secrets::get(wanted.kept(kept), no_prompt).await?;
        let site = self
            .site
            .as_deref()
            .or(client.site_in_address())
            .unwrap_or_default();
        Ok(match &self.who {
            Who::User(name) => Credentials::password(name, secret),
            Who::Token(name) => Credentials::token(name, secret),
        }
        .site(site))
    }
}

/// A variable of the environment that holds something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Waits for Ctrl-C or the system's wish that the program ends; returns the signal's number.
pub async fn interruption() -> u8 {
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
