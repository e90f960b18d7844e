//! `vivant profile`: servers, sites and users under a name.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use crate::connection::Connection;
use crate::exit::{self, Unclear};
use crate::output;
use crate::profile::{self, Profiles};
use crate::resource::{Output, column, show_item, show_list};

/// Options of `vivant profile`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Box<Add>),
    /// List the profiles
    #[command(after_help = exit::HELP)]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Show one profile, without its secret
    #[command(after_help = exit::HELP)]
    Get {
        /// Its name
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Make a profile the one that counts where none is named
    #[command(after_help = exit::HELP)]
    Use {
        /// Its name
        name: String,
    },
    /// Remove profiles
    #[command(after_help = exit::HELP)]
    Remove {
        /// Their names
        #[arg(required = true)]
        names: Vec<String>,
    },
    SignOut(Box<SignOut>),
    /// Print where the file of profiles is
    #[command(after_help = exit::HELP)]
    Path,
}

/// Add a profile, or replace the one of the name
///
/// Server, site and user come from the options of the connection. Without --keep-secret the secret is asked
/// for, read from its file or taken from the environment whenever the profile is used.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
struct Add {
    /// Its name
    name: String,
    /// Keep the password or the token's value in the file, which only you can read
    #[arg(long)]
    keep_secret: bool,
    /// Replace a profile of the name
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    connection: Connection,
}

/// End the session that commands share, at the server too
///
/// Commands go on with the session of the ones before them. This ends it for all of them; the next one signs in
/// again. The secret is needed: without it nobody can use the session, nor end it.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
struct SignOut {
    /// The profile whose session it is; otherwise what the options of the connection say
    #[arg(value_name = "PROFILE", conflicts_with_all = ["profile", "server"])]
    name: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut profiles = Profiles::load()?;
    match args.action {
        Action::Add(args) => {
            let mut profile = args.connection.to_profile()?;
            if profiles.profiles.contains_key(&args.name) && !args.replace {
                let message = format!(
                    "there is a profile '{}' already; --replace replaces it",
                    args.name
                );
                return Err(Unclear::conflict(message).into());
            }
            if args.keep_secret {
                profile.secret = Some(args.connection.secret_to_keep().await?.expose().to_owned());
                profile.secret_file = None;
            }
            profiles.current.get_or_insert_with(|| args.name.clone());
            profiles.profiles.insert(args.name, profile);
            profiles.save()?;
        }
        Action::List { output } => {
            let columns = [
                column("NAME", "name"),
                column("CURRENT", "current"),
                column("SERVER", "server"),
                column("SITE", "site"),
                column("USER", "username"),
                column("TOKEN", "tokenName"),
                column("SECRET", "secret"),
            ];
            let items: Vec<_> = profiles
                .profiles
                .keys()
                .map(|name| told(&profiles, name))
                .collect();
            output::stdout(show_list(output, &columns, &items).as_bytes())?;
        }
        Action::Get { name, output } => {
            profiles.named(&name)?;
            output::stdout(show_item(output, &[column("NAME", "name")], &told(&profiles, &name)).as_bytes())?;
        }
        Action::Use { name } => {
            profiles.named(&name)?;
            profiles.current = Some(name);
            profiles.save()?;
        }
        Action::Remove { names } => {
            for name in &names {
                profiles.named(name)?;
            }
            for name in names {
                profiles.profiles.remove(&name);
                if profiles.current.as_ref() == Some(&name) {
                    profiles.current = None;
                }
            }
            profiles.save()?;
        }
        Action::SignOut(args) => {
            let connection = match &args.name {
                Some(name) => args.connection.with_profile(name),
                None => args.connection,
            };
            let said = match connection.end_kept_session().await? {
                true => "signed out\n",
                false => "there was no session\n",
            };
            output::stdout(said.as_bytes())?;
        }
        Action::Path => output::stdout(format!("{}\n", profile::path()?.display()).as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What may be told of a profile.
fn told(profiles: &Profiles, name: &str) -> serde_json::Value {
    let profile = &profiles.profiles[name];
    let secret = match (&profile.secret, &profile.secret_file) {
        (Some(_), _) => Some("kept".to_owned()),
        (None, Some(file)) => Some(file.display().to_string()),
        (None, None) => None,
    };
    let all = json!({
        "name": name,
        "current": profiles.current.as_deref() == Some(name),
        "server": profile.server,
        "site": profile.site,
        "username": profile.username,
        "tokenName": profile.token_name,
        "clientId": profile.client_id,
        "secretId": profile.secret_id,
        "scopes": (!profile.scopes.is_empty()).then_some(&profile.scopes),
        "jwt": profile.jwt.then_some(true),
        "unified": profile.unified.then_some(true),
        "impersonate": profile.impersonate,
        "secret": secret,
        "caFile": profile.ca_file,
        "insecure": profile.insecure,
        "proxy": profile.proxy,
        "apiVersion": profile.api_version,
        "timeout": profile.timeout,
    });
    all.as_object()
        .map(|members| {
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect()
        })
        .map(serde_json::Value::Object)
        .unwrap_or_default()
}
