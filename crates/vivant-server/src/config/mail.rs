//! Settings of the mail that the server sends: the options `--smtp-…`, in the file the table `[smtp]`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use vivant_store::Secret;

use crate::mail::Mailbox;

/// How long one mail may take by default.
const DEFAULT_TIMEOUT_SECONDS: u64 = 60;

/// What somebody wrote of the mail server.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// `--smtp-host`: name of the mail server; without it no mail is sent.
    pub host: Option<String>,
    /// `--smtp-port`: its port; by default the one that goes with `--smtp-tls`.
    pub port: Option<u16>,
    /// `--smtp-tls`: `starttls`, `tls` or `none`.
    pub tls: Option<String>,
    /// `--smtp-user`: the name to sign in with.
    pub user: Option<String>,
    /// The password that goes with it; no option, since options are seen by every user of the machine.
    pub password: Option<String>,
    /// `--smtp-password-file`: file whose last line is the password.
    pub password_file: Option<PathBuf>,
    /// `--smtp-ca`: PEM file of the authorities that are trusted, instead of the system's.
    pub ca: Option<PathBuf>,
    /// `--smtp-timeout-seconds`: how long one mail may take.
    pub timeout_seconds: Option<u64>,
    /// `--smtp-from`: the sender, `name@example.com` or `Name <name@example.com>`.
    pub from: Option<String>,
    /// `--smtp-reply-to`: where answers go.
    pub reply_to: Option<String>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The password stays out of whatever prints settings.
        f.debug_struct("MailSettings")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl MailSettings {
    /// These settings, and where they are silent the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // A password goes with its name: the file's does not go with another name.
        let own_login = self.password.is_some() || self.password_file.is_some();
        let (password, password_file) = if own_login {
            (self.password, self.password_file)
        } else {
            (other.password, other.password_file)
        };
        Self {
            host: self.host.or(other.host),
            port: self.port.or(other.port),
            tls: self.tls.or(other.tls),
            user: self.user.or(other.user),
            password,
            password_file,
            ca: self.ca.or(other.ca),
            timeout_seconds: self.timeout_seconds.or(other.timeout_seconds),
            from: self.from.or(other.from),
            reply_to: self.reply_to.or(other.reply_to),
        }
    }
}

/// How the way to the mail server is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// A plain connection that must become encrypted before anything is said.
    StartTls,
    /// Encrypted from the start.
    Tls,
    /// Readable on the way.
    None,
}

/// The mail server, checked.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way is guarded.
    pub tls: MailTls,
    /// Name and password to sign in with.
    pub login: Option<(String, Secret)>,
    /// PEM file of the authorities that are trusted, instead of the system's.
    pub ca: Option<PathBuf>,
    /// How long one mail may take.
    pub timeout: Duration,
    /// The sender.
    pub from: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
}

impl MailConfig {
    /// Fills in the defaults and checks what belongs together; `None` where no mail is sent.
    pub fn new(settings: MailSettings) -> anyhow::Result<Option<Self>> {
        let Some(host) = settings.host else {
            if settings.from.is_some() || settings.user.is_some() {
                bail!("--smtp-from and --smtp-user say nothing without --smtp-host; name the mail server");
            }
            return Ok(None);
        };
        if host.is_empty()
            || host.contains(['/', ' ', '@'])
            || host.parse::<IpAddr>().is_err() && host.contains(':')
        {
            bail!("--smtp-host '{host}' must be the name of a mail server alone; its port is --smtp-port");
        }
        let tls = match settings.tls.as_deref() {
            None | Some("starttls") => MailTls::StartTls,
            Some("tls") => MailTls::Tls,
            Some("none") => MailTls::None,
            Some(other) => bail!("--smtp-tls must be starttls, tls or none, not '{other}'"),
        };
        let password = match (settings.password, settings.password_file) {
            (Some(_), Some(_)) => bail!("give VIVANT_SMTP_PASSWORD or --smtp-password-file, not both"),
            (Some(password), None) => Some(Secret::from(password)),
            (None, Some(path)) => {
                let text = Secret::from(
                    std::fs::read_to_string(&path)
                        .with_context(|| format!("--smtp-password-file {}", path.display()))?,
                );
                let line = text.reveal().lines().rfind(|line| !line.is_empty());
                Some(Secret::from(line.with_context(|| {
                    format!("--smtp-password-file {} is empty", path.display())
                })?))
            }
            (None, None) => None,
        };
        let login = match (settings.user, password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (Some(_), None) => bail!("--smtp-user needs VIVANT_SMTP_PASSWORD or --smtp-password-file"),
            (None, Some(_)) => bail!("a password for the mail server needs --smtp-user"),
        };
        if login.is_some() && tls == MailTls::None && !is_loopback(&host) {
            bail!("--smtp-tls none would send the password readable to '{host}'; use starttls or tls");
        }
        let Some(from) = settings.from else {
            bail!("--smtp-host needs --smtp-from, the address that mail comes from");
        };
        let timeout = settings.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        if !(1..=3600).contains(&timeout) {
            bail!("--smtp-timeout-seconds must be 1 to 3600");
        }
        Ok(Some(Self {
            port: settings.port.unwrap_or(match tls {
                MailTls::StartTls => 587,
                MailTls::Tls => 465,
                MailTls::None => 25,
            }),
            host,
            tls,
            login,
            ca: settings.ca,
            timeout: Duration::from_secs(timeout),
            from: Mailbox::parse(&from).with_context(|| format!("--smtp-from '{from}'"))?,
            reply_to: settings
                .reply_to
                .map(|text| Mailbox::parse(&text).with_context(|| format!("--smtp-reply-to '{text}'")))
                .transpose()?,
        }))
    }
}

/// Whether the name stays on this machine.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> anyhow::Result<Option<MailConfig>> {
        MailConfig::new(toml::from_str(text).expect("valid"))
    }

    #[test]
    fn without_a_host_no_mail_is_sent() {
        assert!(config("").expect("valid").is_none());
        assert!(config("from = 'a@example.com'").is_err());
    }

    #[test]
    fn the_port_goes_with_the_guard() {
        let port = |tls: &str| {
            let text = format!("host = 'mail.example.com'\nfrom = 'a@example.com'\n{tls}");
            config(&text).expect("valid").expect("mail").port
        };
        assert_eq!(port(""), 587);
        assert_eq!(port("tls = 'tls'"), 465);
        assert_eq!(port("tls = 'none'"), 25);
        assert_eq!(port("port = 2525"), 2525);
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let check = |text: &str, part: &str| {
            let text = format!("host = 'mail.example.com'\n{text}");
            let error = format!("{:#}", config(&text).expect_err(&text));
            assert!(error.contains(part), "{error}");
        };
        let from = "from = 'a@example.com'\n";
        check("", "--smtp-from");
        check("from = 'nobody'", "no mail address");
        check(&format!("{from}tls = 'maybe'"), "starttls, tls or none");
        check(&format!("{from}user = 'a'"), "--smtp-password-file");
        check(&format!("{from}password = 'a'"), "--smtp-user");
        check(&format!("{from}timeout_seconds = 0"), "1 to 3600");
        check(
            &format!("{from}user = 'a'\npassword = 'b'\ntls = 'none'"),
            "readable",
        );
        check(
            &format!("{from}user = 'a'\npassword_file = '/nowhere'"),
            "/nowhere",
        );
    }

    #[test]
    fn a_password_is_never_printed() {
        let text = "host = 'localhost'\nfrom = 'a@example.com'\ntls = 'none'\nuser = 'a'\n\
                    password = 'hush'";
        let settings: MailSettings = toml::from_str(text).expect("valid");
        assert!(!format!("{settings:?}").contains("hush"));
        assert!(!format!("{:?}", config(text)).contains("hush"));
    }

    #[test]
    fn a_password_stays_with_the_place_it_was_given_in() {
        let option: MailSettings = toml::from_str("password = 'a'").expect("valid");
        let file: MailSettings = toml::from_str("password_file = 'f'\nuser = 'u'").expect("valid");
        let both = option.or(file);
        assert_eq!(both.password.as_deref(), Some("a"));
        assert_eq!(both.password_file, None);
        assert_eq!(both.user.as_deref(), Some("u"));
    }
}
