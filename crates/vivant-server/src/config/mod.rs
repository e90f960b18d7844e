//! Settings of `vivant serve`: options before environment before file before default.

mod mail;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use vivant_model::Zone;
use vivant_store::{Secret, StoreOptions};

use crate::directory::{Directory, LdapSettings};
pub use mail::{MailConfig, MailSettings, MailTls};

/// Settings as somebody wrote them: on the command line, in the environment or in the TOML file.
///
/// The names in the file are those of the options with `_` for `-`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `--listen`: address and port; port 0 takes a free one.
    pub listen: Option<String>,
    /// `--data-dir`: folder of database, content and key.
    pub data_dir: Option<PathBuf>,
    /// `--database-url`: `sqlite:PATH` or `postgres://…`.
    pub database_url: Option<String>,
    /// `--storage-url`: a folder or `s3://bucket/prefix?endpoint=…`.
    pub storage_url: Option<String>,
    /// `--tls-cert`: PEM file of the certificate chain.
    pub tls_cert: Option<PathBuf>,
    /// `--tls-key`: PEM file of its key.
    pub tls_key: Option<PathBuf>,
    /// `--admin-name`: the server administrator made at first start.
    pub admin_name: Option<String>,
    /// `--admin-password`: the administrator's password at first start.
    pub admin_password: Option<String>,
    /// `--ephemeral`: everything in a temporary folder that is gone at exit.
    pub ephemeral: Option<bool>,
    /// `--seed`: YAML file of content to begin with.
    pub seed: Option<PathBuf>,
    /// `--samples`: publish the sample workbooks.
    pub samples: Option<bool>,
    /// `--token-idle-minutes`: how long a session lives unused.
    pub token_idle_minutes: Option<u32>,
    /// `--strict-tokens`: a new session of a personal access token ends the older one.
    pub strict_tokens: Option<bool>,
    /// `--public-url`: the address that links in answers begin with.
    pub public_url: Option<String>,
    /// `--time-zone`: where the times of schedules are told, such as `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// `--hyperd-path`: the program that reads `.hyper` files.
    pub hyperd_path: Option<PathBuf>,
    /// `--data-folders`: folders whose files connections may read.
    pub data_folders: Option<Vec<PathBuf>>,
    /// `--workers`: how many jobs run at once on this node.
    pub workers: Option<u32>,
    /// `--query-seconds`: how long computing one view may take.
    pub query_seconds: Option<u32>,
    /// The directory of users and groups: the table `[ldap]`, the options `--ldap-…`.
    #[serde(default)]
    pub ldap: LdapSettings,
    /// The mail server: the table `[smtp]`, the options `--smtp-…`.
    #[serde(default)]
    pub smtp: MailSettings,
    /// `--log-format`: `text` or `json`.
    pub log_format: Option<String>,
    /// `--log`: a filter such as `info` or `vivant_server=debug`.
    pub log: Option<String>,
}

macro_rules! prefer {
    ($first:expr, $second:expr; $($field:ident),* $(,)?) => {
        Settings { $($field: $first.$field.or($second.$field)),* }
    };
}

impl Settings {
    /// Reads a TOML file.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("settings file {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("settings file {}", path.display()))
    }

    /// These settings, and where they are silent the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        prefer!(self, other;
            listen, data_dir, database_url, storage_url, tls_cert, tls_key, admin_name, admin_password, ephemeral,
            seed, samples, token_idle_minutes, strict_tokens, public_url, time_zone, ldap, smtp, workers, query_seconds, data_folders, hyperd_path, log_format, log)
    }
}

/// Settings complete with their defaults, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of database, content and key.
    pub data_dir: PathBuf,
    /// Database, if not SQLite in the data folder.
    pub database_url: Option<String>,
    /// Content storage, if not a folder in the data folder.
    pub storage_url: Option<String>,
    /// Certificate chain and key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Name of the first administrator.
    pub admin_name: String,
    /// Password of the first administrator; generated where absent.
    pub admin_password: Option<Secret>,
    /// Everything goes at exit.
    pub ephemeral: bool,
    /// Content to begin with.
    pub seed: Option<PathBuf>,
    /// Publish the samples.
    pub samples: bool,
    /// Minutes that a session lives unused.
    pub token_idle_minutes: u32,
    /// One session per personal access token.
    pub strict_tokens: bool,
    /// What links in answers begin with; without it, the request's own Host.
    pub public_url: Option<String>,
    /// The directory that users and groups may come from.
    pub directory: Option<Directory>,
    /// The mail server; without it no mail is sent.
    pub mail: Option<MailConfig>,
    /// Where the times of schedules are told.
    pub time_zone: Zone,
    /// The program that reads `.hyper` files, if not one in the data folder.
    pub hyperd_path: Option<PathBuf>,
    /// Folders whose files connections may read, beside those in packages.
    pub data_folders: Vec<PathBuf>,
    /// Jobs that run at once on this node; 0 leaves jobs and schedules to others.
    pub workers: u32,
    /// Seconds that computing one view may take.
    pub query_seconds: u32,
}

/// Minutes that a session lives unused (`wgserver.session.idle_limit` of Tableau Server).
pub const DEFAULT_TOKEN_IDLE_MINUTES: u32 = 240;
/// Jobs that run at once on a node (Tableau Server begins with two backgrounders, too).
pub const DEFAULT_WORKERS: u32 = 2;
/// How long computing one view may take, in seconds.
pub const DEFAULT_QUERY_SECONDS: u32 = 300;
/// The most of the jobs at once.
pub const MAX_WORKERS: u32 = 256;

impl Config {
    /// Fills in the defaults and checks what belongs together.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        let listen = settings.listen.as_deref().unwrap_or("127.0.0.1:8000");
        let listen = resolve(listen)?;
        let tls = match (settings.tls_cert, settings.tls_key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => bail!("--tls-cert and --tls-key go together; give both or none"),
        };
        let ephemeral = settings.ephemeral.unwrap_or(false);
        if ephemeral && (settings.data_dir.is_some() || settings.database_url.is_some()) {
            bail!("--ephemeral keeps nothing, so it cannot be used with --data-dir or --database-url");
        }
        let idle = settings.token_idle_minutes.unwrap_or(DEFAULT_TOKEN_IDLE_MINUTES);
        if idle == 0 {
            bail!("--token-idle-minutes must be at least 1");
        }
        let workers = settings.workers.unwrap_or(DEFAULT_WORKERS);
        if workers > MAX_WORKERS {
            bail!("--workers must be at most {MAX_WORKERS}");
        }
        let query_seconds = settings.query_seconds.unwrap_or(DEFAULT_QUERY_SECONDS);
        if query_seconds == 0 {
            bail!("--query-seconds must be at least 1");
        }
        if ephemeral && workers == 0 {
            bail!("--ephemeral is one node, so it needs at least one of --workers");
        }
        let time_zone = match settings.time_zone.as_deref() {
            Some(name) => Zone::find(name).context("--time-zone")?,
            None => Zone::UTC,
        };
        let mail = MailConfig::new(settings.smtp)?;
        if mail.is_some() && settings.public_url.is_none() && listen.ip().is_unspecified() {
            bail!("--smtp-host needs --public-url, since the links in mails must lead somewhere");
        }
        let admin_name = settings.admin_name.unwrap_or_else(|| "admin".to_owned());
        if !vivant_model::name::is_valid(&admin_name) {
            bail!("--admin-name '{admin_name}' is not a usable user name");
        }
        Ok(Self {
            listen,
            data_dir: settings.data_dir.unwrap_or_else(|| PathBuf::from("vivant-data")),
            database_url: settings.database_url,
            storage_url: settings.storage_url,
            tls,
            admin_name,
            admin_password: settings.admin_password.map(Secret::from),
            ephemeral,
            seed: settings.seed,
            samples: settings.samples.unwrap_or(false),
            token_idle_minutes: idle,
            strict_tokens: settings.strict_tokens.unwrap_or(false),
            public_url: settings
                .public_url
                .map(|url| url.trim_end_matches('/').to_owned()),
            directory: Directory::new(settings.ldap)?,
            mail,
            time_zone,
            hyperd_path: settings.hyperd_path,
            data_folders: settings.data_folders.unwrap_or_default(),
            workers,
            query_seconds,
        })
    }

    /// What links begin with where no request says how the server was reached.
    pub fn web_root(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("{scheme}://{}", self.listen))
    }

    /// How long a session lives unused, in milliseconds.
    pub fn token_idle_ms(&self) -> i64 {
        i64::from(self.token_idle_minutes) * 60_000
    }

    /// Where database and content are, for people: without the secrets that an address may hold.
    pub fn whereabouts(&self) -> String {
        let database = match &self.database_url {
            Some(url) => format!("database {}", without_secrets(url)),
            None => format!("data folder {}", self.data_dir.display()),
        };
        match &self.storage_url {
            Some(url) => format!("{database}, content {}", without_secrets(url)),
            None => database,
        }
    }

    /// What the store is opened with; `env` holds the cloud keys.
    pub fn store_options(&self, env: HashMap<String, String>) -> StoreOptions {
        StoreOptions {
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            storage_url: self.storage_url.clone(),
            key: None,
            env,
        }
    }
}

/// An address without user, password and parameters.
fn without_secrets(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

fn resolve(listen: &str) -> anyhow::Result<SocketAddr> {
    use std::net::ToSocketAddrs as _;
    let text = if listen.contains(':') {
        listen.to_owned()
    } else {
        format!("{listen}:8000")
    };
    let mut found = text
        .to_socket_addrs()
        .with_context(|| format!("--listen '{listen}' is not an address"))?;
    found
        .next()
        .with_context(|| format!("--listen '{listen}' is not an address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_settings_win() {
        let option = Settings {
            listen: Some("127.0.0.1:1".into()),
            ..Settings::default()
        };
        let file: Settings = toml::from_str("listen = '127.0.0.1:2'\nsamples = true").expect("valid");
        let config = Config::new(option.or(file)).expect("valid");
        assert_eq!((config.listen.port(), config.samples), (1, true));
        assert_eq!(config.token_idle_ms(), 240 * 60_000);
    }

    #[test]
    fn addresses_are_shown_without_secrets() {
        assert_eq!(
            without_secrets("postgres://u:p@s@host:5432/db?password=x"),
            "postgres://host:5432/db"
        );
        assert_eq!(without_secrets("s3://bucket/prefix?key=x"), "s3://bucket/prefix");
        assert_eq!(without_secrets("mysql:thing"), "mysql:thing");
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let check = |text: &str, part: &str| {
            let settings: Settings = toml::from_str(text).expect("valid");
            let error = Config::new(settings).expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        };
        check("tls_cert = 'a.pem'", "go together");
        check("ephemeral = true\ndata_dir = 'x'", "--ephemeral");
        check("token_idle_minutes = 0", "at least 1");
        check("time_zone = 'Mars/Olympus'", "--time-zone");
        check("workers = 257", "at most 256");
        check("query_seconds = 0", "at least 1");
        check("ephemeral = true\nworkers = 0", "at least one");
        check("listen = 'nowhere:x'", "not an address");
        assert!(toml::from_str::<Settings>("lisen = 'x'").is_err());
    }
}
