//! The options by which a command reaches a server, and the session that it works in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vivant_client::model::UserId;
use vivant_client::{
    ApiVersion, Client, ConnectedApp, Credentials, ProxyChoice, Secret, Site, Timeouts, VersionChoice,
};

use crate::commands::users;

use crate::exit::{Interrupted, UsageError};
use crate::logging::{self, Level};
use crate::profile::{Profile, Profiles};
use crate::resource::find_luid;
use crate::secrets::{self, Kept, Wanted};
use crate::sessions;

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
    /// Sign in with this user name, and a password or a connected app [env: VIVANT_USERNAME]
    #[arg(short, long, value_name = "NAME", conflicts_with = "token_name")]
    username: Option<String>,
    /// Sign in with this personal access token [env: VIVANT_TOKEN_NAME]
    #[arg(short = 'n', long, value_name = "NAME", conflicts_with_all = ["client_id", "jwt_file"])]
    token_name: Option<String>,
    /// Sign in as --username through the connected app of this client id [env: VIVANT_CLIENT_ID]
    #[arg(long, value_name = "ID", conflicts_with = "jwt_file")]
    client_id: Option<String>,
    /// Which secret of the connected app [env: VIVANT_SECRET_ID]
    #[arg(long, value_name = "ID")]
    secret_id: Option<String>,
    /// What the session of a connected app may do, such as tableau:content:read; may be given several times
    /// [env: VIVANT_SCOPES] [default: content, users, groups, jobs, permissions]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    /// Act as this user, by name or id; server administrators may [env: VIVANT_IMPERSONATE]
    #[arg(long, value_name = "USER")]
    impersonate: Option<String>,
    /// File that holds the password; `-` is stdin. Otherwise VIVANT_PASSWORD, otherwise asked for
    #[arg(long, value_name = "FILE", conflicts_with_all = ["token_file", "secret_file", "jwt_file"])]
    password_file: Option<PathBuf>,
    /// File that holds the token's value; `-` is stdin. Otherwise VIVANT_TOKEN_VALUE, otherwise asked for
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// File that holds the value of the connected app's secret; `-` is stdin. Otherwise VIVANT_SECRET_VALUE,
    /// otherwise asked for
    #[arg(long, value_name = "FILE", conflicts_with_all = ["token_file", "jwt_file"])]
    secret_file: Option<PathBuf>,
    /// Sign in with the JSON web token in this file; `-` is stdin. Otherwise VIVANT_JWT
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "token_file"])]
    jwt_file: Option<PathBuf>,
    /// The JSON web token is a unified access token of Tableau Cloud
    #[arg(long)]
    unified: bool,
    /// Never ask for a secret
    #[arg(long)]
    no_prompt: bool,
    /// Sign in for this command alone, and out at its end, instead of going on with a kept session
    #[arg(long)]
    no_session_cache: bool,
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
    /// Whom the session acts as, by name or id.
    impersonate: Option<String>,
    /// The file that holds the secret.
    secret_file: Option<PathBuf>,
    /// What the profile keeps, where the user is the profile's.
    secret: Option<String>,
    keep_session: bool,
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
    App {
        client_id: String,
        secret_id: String,
        user: String,
        scopes: Vec<String>,
    },
    Jwt {
        unified: bool,
    },
}

impl Who {
    /// The option that names the file of the secret.
    fn file_option(&self) -> &'static str {
        match self {
            Self::User(_) => "--password-file",
            Self::Token(_) => "--token-file",
            Self::App { .. } => "--secret-file",
            Self::Jwt { .. } => "--jwt-file",
        }
    }

    /// The secret that is needed.
    fn wanted<'a>(&self, file: Option<&'a Path>) -> Wanted<'a> {
        match self {
            Self::User(name) => Wanted::password(name, file),
            Self::Token(name) => Wanted::token(name, file),
            Self::App { client_id, .. } => Wanted::app_secret(client_id, file),
            Self::Jwt { .. } => Wanted::jwt(file),
        }
    }

    fn credentials(&self, secret: Secret) -> Credentials {
        match self {
            Self::User(name) => Credentials::password(name, secret),
            Self::Token(name) => Credentials::token(name, secret),
            Self::App {
                client_id,
                secret_id,
                user,
                scopes,
            } => {
                let app = ConnectedApp::new(client_id, secret_id, secret);
                let app = match scopes.is_empty() {
                    true => app,
                    false => app.scopes(scopes),
                };
                Credentials::connected_app(app, user)
            }
            Self::Jwt { unified: false } => Credentials::jwt(secret),
            Self::Jwt { unified: true } => Credentials::unified_access_token(secret),
        }
    }
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

    /// The same options with a profile.
    pub fn with_profile(&self, profile: &str) -> Self {
        Self {
            profile: Some(profile.to_owned()),
            ..self.clone()
        }
    }

    /// The same server and user at another site.
    pub fn at_site(&self, site: Option<&str>) -> Self {
        Self {
            site: site.map(str::to_owned).or_else(|| self.site.clone()),
            ..self.clone()
        }
    }

    /// Whether no secret may be asked for.
    #[cfg(feature = "repository")]
    pub fn no_prompt(&self) -> bool {
        self.no_prompt
    }

    /// How much is logged.
    pub fn logging_level(&self) -> Level {
        self.logging_level
    }

    /// Signs in or goes on with a kept session, does the work, and leaves the session, also when the work fails
    /// or is interrupted.
    pub async fn session<T>(&self, work: impl AsyncFnOnce(&Site) -> anyhow::Result<T>) -> anyhow::Result<T> {
        logging::install(self.logging_level);
        let settled = self.settle()?;
        let client = settled.client()?;
        let credentials = settled.credentials(&client, self.no_prompt).await?;
        let mut interrupted = std::pin::pin!(interruption());
        let site = tokio::select! {
            site = settled.sign_in(&client, credentials) => site?,
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

    /// Ends the kept session at the server, whoever uses it; says whether there was one.
    pub async fn end_kept_session(&self) -> anyhow::Result<bool> {
        logging::install(self.logging_level);
        let settled = self.settle()?;
        let Some(store) = sessions::store() else {
            return Ok(false);
        };
        let client = settled.client()?;
        let mut credentials = settled.credentials(&client, self.no_prompt).await?;
        if let Some(user) = &settled.impersonate {
            credentials = settled.acting_as(user, &client, credentials).await?;
        }
        Ok(store.end(&client, &credentials).await?)
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
        let mut secret_file = None;
        for file in [
            &self.password_file,
            &self.token_file,
            &self.secret_file,
            &self.jwt_file,
        ] {
            secret_file = secret_file.or(absolute(file)?);
        }
        let profile = Profile {
            server,
            site: self.site.clone(),
            username: self.username.clone(),
            token_name: self.token_name.clone(),
            client_id: self.client_id.clone(),
            secret_id: self.secret_id.clone(),
            scopes: self.scopes.clone(),
            jwt: self.jwt_file.is_some(),
            unified: self.unified,
            impersonate: self.impersonate.clone(),
            secret: None,
            secret_file,
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
        if let Self {
            username: None,
            token_name: None,
            client_id: None,
            jwt_file: None,
            ..
        } = self
        {
            let message = "whose secret is to be kept? give --username, --token-name or --client-id";
            return Err(UsageError(message.to_owned()).into());
        }
        let settled = self.settle()?;
        if let Who::Jwt { .. } = settled.who {
            let message =
                "a JSON web token ends within minutes and is not kept; the profile keeps the file's name";
            return Err(UsageError(message.to_owned()).into());
        }
        let wanted = settled.who.wanted(settled.secret_file.as_deref());
        secrets::get(wanted, self.no_prompt).await
    }

    /// The file that holds the secret; one for another kind of secret is refused.
    fn file_for(&self, who: &Who) -> Result<Option<PathBuf>, UsageError> {
        let mut found = None;
        for (option, file, with) in [
            ("--password-file", &self.password_file, "--username alone"),
            ("--token-file", &self.token_file, "--token-name"),
            ("--secret-file", &self.secret_file, "--client-id"),
            ("--jwt-file", &self.jwt_file, "no other way to sign in"),
        ] {
            match file {
                Some(file) if option == who.file_option() => found = Some(file.clone()),
                Some(_) => {
                    return Err(UsageError(format!(
                        "{option} goes with {with}; the secret here comes from {}",
                        who.file_option()
                    )));
                }
                None => {}
            }
        }
        Ok(found)
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
    let user = pick(&options.username, profile.username.clone(), "VIVANT_USERNAME");
    let secret_id = pick(&options.secret_id, profile.secret_id.clone(), "VIVANT_SECRET_ID");
    let scopes = match (options.scopes.is_empty(), variable("VIVANT_SCOPES")) {
        (false, _) => options.scopes.clone(),
        (true, Some(scopes)) if !asked || profile.scopes.is_empty() => {
            scopes.split(',').map(|scope| scope.trim().to_owned()).collect()
        }
        (true, _) => profile.scopes.clone(),
    };
    let app = |client_id: String| {
        let lacks = |what: &str| UsageError(format!("a connected app needs {what}"));
        Ok::<_, UsageError>(Who::App {
            client_id,
            secret_id: secret_id
                .clone()
                .ok_or_else(|| lacks("--secret-id, or VIVANT_SECRET_ID"))?,
            user: user
                .clone()
                .ok_or_else(|| lacks("--username, or VIVANT_USERNAME: who signs in through it"))?,
            scopes: scopes.clone(),
        })
    };
    let unified = options.unified || profile.unified;
    let given = match options {
        Connection {
            token_name: Some(token),
            ..
        } => Some(Who::Token(token.clone())),
        Connection {
            client_id: Some(client_id),
            ..
        } => Some(app(client_id.clone())?),
        Connection {
            jwt_file: Some(_), ..
        } => Some(Who::Jwt { unified }),
        // The user of a connected app that the profile or a variable names.
        Connection {
            username: Some(user), ..
        } => match pick(&None, profile.client_id.clone(), "VIVANT_CLIENT_ID") {
            Some(client_id) if options.password_file.is_none() => Some(app(client_id)?),
            _ => Some(Who::User(user.clone())),
        },
        _ => None,
    };
    let kept = match &profile {
        Profile {
            token_name: Some(token),
            ..
        } => Some(Who::Token(token.clone())),
        Profile {
            client_id: Some(client_id),
            ..
        } => Some(app(client_id.clone())?),
        Profile { jwt: true, .. } => Some(Who::Jwt { unified }),
        Profile {
            username: Some(user), ..
        } => Some(Who::User(user.clone())),
        _ => None,
    };
    let of_variables = || -> Result<Option<Who>, UsageError> {
        if let Some(token) = variable("VIVANT_TOKEN_NAME") {
            return Ok(Some(Who::Token(token)));
        }
        if let Some(client_id) = variable("VIVANT_CLIENT_ID") {
            return app(client_id).map(Some);
        }
        if variable("VIVANT_JWT").is_some() {
            return Ok(Some(Who::Jwt { unified }));
        }
        Ok(variable("VIVANT_USERNAME").map(Who::User))
    };
    let mut from_profile = false;
    let who = match (given, asked) {
        (Some(who), _) => Some(who),
        (None, true) if kept.is_some() => {
            from_profile = true;
            kept
        }
        (None, _) => of_variables()?.or_else(|| {
            from_profile = kept.is_some();
            kept
        }),
    };
    let Some(who) = who else {
        let message = "who signs in? give --username, or --token-name for a personal access token";
        return Err(UsageError(message.to_owned()).into());
    };
    // The secret of a connected app is the profile's, whoever signs in through it.
    if let Who::App { client_id, .. } = &who {
        from_profile |= profile.client_id.as_ref() == Some(client_id);
    }
    let secret_file = options
        .file_for(&who)?
        .or(profile.secret_file.filter(|_| from_profile));
    let impersonate = pick(&options.impersonate, profile.impersonate, "VIVANT_IMPERSONATE");
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
        impersonate,
        secret_file,
        keep_session: !options.no_session_cache,
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
        let wanted = self.who.wanted(self.secret_file.as_deref());
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
        Ok(self.who.credentials(secret).site(site))
    }

    async fn sign_in(&self, client: &Client, credentials: Credentials) -> anyhow::Result<Site> {
        let credentials = match &self.impersonate {
            Some(user) => self.acting_as(user, client, credentials).await?,
            None => credentials,
        };
        Ok(self.begin(client, credentials).await?)
    }

    async fn begin(&self, client: &Client, credentials: Credentials) -> vivant_client::Result<Site> {
        match sessions::store().filter(|_| self.keep_session) {
            Some(store) => store.sign_in(client, credentials).await,
            None => client.sign_in(credentials).await,
        }
    }

    /// The credentials for acting as another user. Servers know him by his id; a name is looked up by who signs
    /// in.
    async fn acting_as(
        &self,
        user: &str,
        client: &Client,
        credentials: Credentials,
    ) -> anyhow::Result<Credentials> {
        if let Ok(id) = user.parse::<UserId>() {
            return Ok(credentials.impersonate(id));
        }
        let own = self.begin(client, credentials.clone()).await?;
        let found = find_luid(&own, &users::KIND, user).await;
        if let Err(error) = own.sign_out().await {
            tracing::warn!(%error, "signing out failed");
        }
        Ok(credentials.impersonate(found?))
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
