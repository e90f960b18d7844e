//! `vivant admin`: work on the data folder of an installation.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use vivant_server::admin::Admin;
use vivant_server::config::{Config, MailConfig};
use vivant_server::mail::send_trial;

use super::serve::{Storage, cloud_keys, smtp};
use crate::output;

/// Administer an installation on its data folder
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

/// Which installation, and how to answer.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    storage: Storage,
    /// TOML file with settings [default: vivant.toml in the data folder, if there is one]
    #[arg(long, env = "VIVANT_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Set a user's password and end the user's sessions
    ResetPassword {
        /// Name of the user
        user: String,
        /// The password; without it, it is read from VIVANT_PASSWORD, from --password-file, or asked for
        #[arg(long, env = "VIVANT_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// File whose last line is the password
        #[arg(long, value_name = "FILE", conflicts_with = "password")]
        password_file: Option<PathBuf>,
    },
    /// Make a personal access token and print its secret, once
    CreateToken {
        /// Name of the user
        user: String,
        /// Name of the token
        name: String,
        /// Days that it lives
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// End a personal access token and the sessions that it began
    RevokeToken {
        /// Name of the user
        user: String,
        /// Name of the token
        name: String,
    },
    /// List a user's personal access tokens
    ListTokens {
        /// Name of the user
        user: String,
    },
    /// Look for damage in database and content; exit code 1 where there is any
    Check {
        /// Read every file and compare its checksum
        #[arg(long)]
        deep: bool,
    },
    /// Take away what deletes and broken uploads left behind; not while uploads are under way
    Sweep,
    /// Send a mail with the settings of `vivant serve`, to see whether it arrives
    TestMail {
        /// Where to
        address: String,
        #[command(flatten)]
        smtp: Box<smtp::Smtp>,
    },
}

/// Does one piece of administration.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let common = args.common;
    match args.action {
        Action::ResetPassword {
            user,
            password,
            password_file,
        } => {
            let password = read_password(password, password_file)?;
            let (admin, json) = open(common).await?;
            admin.reset_password(&user, &password.into()).await?;
            say(
                json,
                &serde_json::json!({"user": user}),
                &format!("the password of `{user}` is set; sessions are ended"),
            )
        }
        Action::CreateToken { user, name, days } => {
            let (admin, json) = open(common).await?;
            let token = admin.create_token(&user, &name, days).await?;
            let expires = vivant_wire::Timestamp(token.expires_at).to_string();
            let value = serde_json::json!({
                "user": user, "name": token.name, "value": token.secret, "expiresAt": expires,
            });
            // The secret alone on stdout, so that a script can take it; the rest is for people.
            if !json && std::io::stderr().is_terminal() {
                note(&format!(
                    "token `{}` of `{user}`, good until {expires}; its secret is shown only now:",
                    token.name
                ));
            }
            say(json, &value, &token.secret)
        }
        Action::RevokeToken { user, name } => {
            let (admin, json) = open(common).await?;
            admin.revoke_token(&user, &name).await?;
            let value = serde_json::json!({"user": user, "name": name});
            say(
                json,
                &value,
                &format!("the token `{name}` of `{user}` is revoked; its sessions are ended"),
            )
        }
        Action::ListTokens { user } => {
            let (admin, json) = open(common).await?;
            let tokens = admin.tokens(&user).await?;
            let time = |t: i64| vivant_wire::Timestamp(t).to_string();
            let rows: Vec<_> = tokens
                .iter()
                .map(|t| {
                    serde_json::json!({
                        "name": t.name, "createdAt": time(t.created_at), "expiresAt": time(t.expires_at),
                        "lastUsedAt": t.last_used_at.map(time),
                    })
                })
                .collect();
            let mut lines = vec![format!(
                "{:<30} {:<21} {:<21} last used",
                "name", "created", "expires"
            )];
            lines.extend(tokens.iter().map(|t| {
                let used = t.last_used_at.map_or_else(|| "never".to_owned(), time);
                format!(
                    "{:<30} {:<21} {:<21} {used}",
                    t.name,
                    time(t.created_at),
                    time(t.expires_at)
                )
            }));
            say(json, &serde_json::Value::Array(rows), &lines.join("\n"))
        }
        Action::TestMail { address, smtp } => test_mail(&address, *smtp, common).await,
        Action::Check { deep } => check(deep, common).await,
        Action::Sweep => {
            let (admin, json) = open(common).await?;
            let report = admin.sweep().await?;
            let value = serde_json::json!({"objects": report.objects, "bytes": report.bytes, "uploads": report.uploads});
            let text = format!(
                "swept {} objects, {} bytes, {} uploads",
                report.objects, report.bytes, report.uploads
            );
            say(json, &value, &text)
        }
    }
}

async fn check(deep: bool, common: Common) -> anyhow::Result<ExitCode> {
    let (admin, json) = open(common).await?;
    let report = admin.check(deep).await?;
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    let counted: serde_json::Map<_, _> = report
        .counted
        .iter()
        .map(|(what, n)| ((*what).to_owned(), serde_json::json!(n)))
        .collect();
    let value = serde_json::json!({"sound": report.is_sound(), "counted": counted, "findings": findings});
    let mut lines: Vec<String> = report
        .counted
        .iter()
        .map(|(what, n)| format!("{n:>10} {what}"))
        .collect();
    lines.extend(findings);
    lines.push(if report.is_sound() {
        "sound".to_owned()
    } else {
        "damaged: see the errors above".to_owned()
    });
    say(json, &value, &lines.join("\n"))?;
    Ok(if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn test_mail(address: &str, smtp: smtp::Smtp, common: Common) -> anyhow::Result<ExitCode> {
    let file = common.storage.settings(common.config)?;
    let config = MailConfig::new(smtp.settings().or(file.smtp))?.context(
        "no mail server is set: name one with --smtp-host, VIVANT_SMTP_HOST or in the settings file",
    )?;
    let answer = send_trial(&config, address, vivant_server::app::now()).await?;
    let value = serde_json::json!({"to": address, "answer": answer});
    let text = format!(
        "the mail server {} took a mail to {address}: {answer}",
        config.host
    );
    say(common.json, &value, &text)
}

async fn open(common: Common) -> anyhow::Result<(Admin, bool)> {
    let settings = common.storage.settings(common.config)?;
    let admin = Admin::open(&Config::new(settings)?, cloud_keys()).await?;
    Ok((admin, common.json))
}

fn read_password(given: Option<String>, file: Option<PathBuf>) -> anyhow::Result<String> {
    let password = match (given, file) {
        (Some(password), _) => password,
        (None, Some(path)) => {
            let file =
                std::fs::File::open(&path).with_context(|| format!("password file {}", path.display()))?;
            let lines = std::io::BufReader::new(file)
                .lines()
                .collect::<Result<Vec<_>, _>>()?;
            lines
                .into_iter()
                .rfind(|l| !l.is_empty())
                .with_context(|| format!("{} is empty", path.display()))?
        }
        (None, None) if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            rpassword::prompt_password("new password: ")?
        }
        (None, None) => bail!("no password: set VIVANT_PASSWORD, or give --password-file"),
    };
    if password.is_empty() {
        bail!("a password cannot be empty");
    }
    Ok(password)
}

fn say(json: bool, value: &serde_json::Value, text: &str) -> anyhow::Result<ExitCode> {
    let line = if json {
        format!("{value:#}\n")
    } else {
        format!("{text}\n")
    };
    output::stdout(line.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn note(text: &str) {
    eprintln!("{text}");
}
