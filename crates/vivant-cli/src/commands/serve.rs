//! `vivant serve`: the server.

pub mod smtp;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use vivant_server::config::{Config, Settings};

/// Serve the Tableau REST API
///
/// Every option can also come from the environment variable named beside it or, under the same name
/// with `_` for `-`, from a TOML file. An option wins over the variable, the variable over the file,
/// the file over the default.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// TOML file with settings [default: vivant.toml in the data folder, if there is one]
    #[arg(long, env = "VIVANT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    storage: Storage,
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, env = "VIVANT_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Keep everything in a temporary folder that is gone at exit
    #[arg(long, env = "VIVANT_EPHEMERAL", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    ephemeral: Option<bool>,
    /// YAML file with sites, users, projects and content to begin with
    #[arg(long, env = "VIVANT_SEED", value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Publish the sample workbooks to the project `Samples`
    #[arg(long, env = "VIVANT_SAMPLES", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    samples: Option<bool>,
    /// Name of the administrator made at first start [default: admin]
    #[arg(long, env = "VIVANT_ADMIN_NAME", value_name = "NAME")]
    admin_name: Option<String>,
    /// Password of that administrator [default: generated and printed once]
    #[arg(
        long,
        env = "VIVANT_ADMIN_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    admin_password: Option<String>,
    /// PEM file with the certificate chain, for https
    #[arg(long, env = "VIVANT_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the certificate's key
    #[arg(long, env = "VIVANT_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Minutes that a session lives unused [default: 240]
    #[arg(long, env = "VIVANT_TOKEN_IDLE_MINUTES", value_name = "MINUTES")]
    token_idle_minutes: Option<u32>,
    /// End the older session of a personal access token when it signs in again, as Tableau does
    #[arg(long, env = "VIVANT_STRICT_TOKENS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    strict_tokens: Option<bool>,
    /// What links in answers begin with [default: the address that the caller used]
    #[arg(long, env = "VIVANT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Time zone in which schedules tell their times, the same on all nodes: a name such as Europe/Berlin [default: UTC]
    #[arg(long, env = "VIVANT_TIME_ZONE", value_name = "ZONE")]
    time_zone: Option<String>,
    /// Program that reads .hyper files [default: one in the data folder, if it is there]
    #[arg(long, env = "HYPERD_PATH", value_name = "FILE")]
    hyperd_path: Option<PathBuf>,
    /// Folders whose files connections may read when extracts are refreshed, beside the files in packages
    #[arg(
        long,
        env = "VIVANT_DATA_FOLDERS",
        value_delimiter = ',',
        value_name = "FOLDER"
    )]
    data_folders: Option<Vec<PathBuf>>,
    /// Folder of fonts for letters of pictures that the program's own do not have, such as those of Japanese
    #[cfg(feature = "draw")]
    #[arg(long, env = "VIVANT_FONT_FOLDER", value_name = "FOLDER")]
    font_folder: Option<PathBuf>,
    /// Jobs that this node runs at once; 0 leaves jobs and schedules to other nodes [default: 2]
    #[arg(long, env = "VIVANT_WORKERS", value_name = "NUMBER")]
    workers: Option<u32>,
    /// Seconds that computing one view may take [default: 300]
    #[arg(long, env = "VIVANT_QUERY_SECONDS", value_name = "SECONDS")]
    query_seconds: Option<u32>,
    #[command(flatten)]
    ldap: super::ldap::Ldap,
    #[command(flatten)]
    smtp: smtp::Smtp,
    /// What to log: error, warn, info, debug, or a filter such as vivant_store=debug [default: info]
    #[arg(long, env = "VIVANT_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How to log: text or json [default: text]
    #[arg(long, env = "VIVANT_LOG_FORMAT", value_parser = ["text", "json"], value_name = "FORMAT")]
    log_format: Option<String>,
}

/// Where an installation keeps its things.
#[derive(Clone, Debug, clap::Args)]
pub struct Storage {
    /// Folder of the installation: database, content, key [default: ./vivant-data]
    #[arg(long, env = "VIVANT_DATA_DIR", global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Database: sqlite:PATH or postgres://user:password@host/name [default: SQLite in the data folder]
    #[arg(
        long,
        env = "VIVANT_DATABASE_URL",
        global = true,
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: Option<String>,
    /// Content: a folder, or s3://bucket/prefix?endpoint=URL&region=NAME with the keys in AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY [default: a folder in the data folder]
    #[arg(
        long,
        env = "VIVANT_STORAGE_URL",
        global = true,
        hide_env_values = true,
        value_name = "URL"
    )]
    pub storage_url: Option<String>,
}

impl Storage {
    /// These settings, and where they are silent those of the file.
    pub fn settings(self, config: Option<PathBuf>) -> anyhow::Result<Settings> {
        let settings = Settings {
            data_dir: self.data_dir,
            database_url: self.database_url,
            storage_url: self.storage_url,
            ..Settings::default()
        };
        with_file(settings, config)
    }
}

/// Runs the server until it is told to stop.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    #[cfg(feature = "draw")]
    crate::fonts::add(args.font_folder.as_deref())?;
    let settings = Settings {
        listen: args.listen,
        data_dir: args.storage.data_dir,
        database_url: args.storage.database_url,
        storage_url: args.storage.storage_url,
        tls_cert: args.tls_cert,
        tls_key: args.tls_key,
        admin_name: args.admin_name,
        admin_password: args.admin_password,
        ephemeral: args.ephemeral,
        seed: args.seed,
        samples: args.samples,
        token_idle_minutes: args.token_idle_minutes,
        strict_tokens: args.strict_tokens,
        public_url: args.public_url,
        time_zone: args.time_zone,
        hyperd_path: args.hyperd_path,
        data_folders: args.data_folders,
        workers: args.workers,
        query_seconds: args.query_seconds,
        ldap: args.ldap.settings(),
        smtp: args.smtp.settings(),
        log_format: args.log_format,
        log: args.log,
    };
    let settings = with_file(settings, args.config)?;
    start_log(&settings)?;
    vivant_server::serve(Config::new(settings)?, cloud_keys()).await?;
    Ok(ExitCode::SUCCESS)
}

fn with_file(settings: Settings, config: Option<PathBuf>) -> anyhow::Result<Settings> {
    let data_dir = settings
        .data_dir
        .clone()
        .unwrap_or_else(|| PathBuf::from("vivant-data"));
    let found = config.or_else(|| Some(data_dir.join("vivant.toml")).filter(|path| path.is_file()));
    Ok(match found {
        Some(path) => settings.or(Settings::from_file(&path)?),
        None => settings,
    })
}

fn start_log(settings: &Settings) -> anyhow::Result<()> {
    use tracing_subscriber::fmt;
    let filter = settings.log.as_deref().unwrap_or("info");
    // The driver would log statements with their values, secrets among them.
    let filter =
        tracing_subscriber::EnvFilter::try_new(filter)?.add_directive("tokio_postgres=info".parse()?);
    let log = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Where nobody reads the log any more, telling of that on stderr would panic.
        .log_internal_errors(false)
        .with_target(false);
    match settings.log_format.as_deref() {
        Some("json") => log.json().init(),
        _ => log
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init(),
    }
    Ok(())
}

/// The environment variables that cloud storage reads its keys from.
pub fn cloud_keys() -> HashMap<String, String> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("AWS_"))
        .collect()
}
