//! The way to the mail server.
//!
//! Each letter has a connection of its own, so that one that breaks off cannot leave the answers
//! of another out of step. What matters to the caller is whether trying again can help.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::{Letter, Mailbox};
use crate::config::{MailConfig, MailTls};

/// How long the goodbye may take; the letter is accepted by then.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Hands letters to the mail server.
pub struct Mailer {
    host: String,
    port: u16,
    tls: Option<(MailTls, TlsParameters)>,
    credentials: Option<Credentials>,
    timeout: Duration,
    name: ClientId,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// Why a letter was not accepted.
#[derive(Debug)]
pub struct MailError {
    /// Whether trying again later can help.
    pub transient: bool,
    /// What happened.
    pub detail: String,
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for MailError {}

impl Mailer {
    /// Prepares the way that the settings describe; nothing is sent yet.
    pub fn new(config: &MailConfig) -> anyhow::Result<Self> {
        let tls = match config.tls {
            MailTls::None => None,
            kind => Some((kind, tls_parameters(config)?)),
        };
        let credentials = config
            .login
            .as_ref()
            .map(|(user, password)| Credentials::new(user.clone(), password.reveal().to_owned()));
        Ok(Self {
            host: config.host.clone(),
            port: config.port,
            tls,
            credentials,
            timeout: config.timeout,
            name: ClientId::default(),
            from: config.from.clone(),
            reply_to: config.reply_to.clone(),
        })
    }

    /// Hands over a letter, and answers what the mail server said to it.
    pub async fn send(&self, letter: &Letter) -> Result<String, MailError> {
        let message = letter
            .message(&self.from, self.reply_to.as_ref())
            .map_err(|error| MailError {
                transient: false,
                detail: format!("the mail cannot be written: {error}"),
            })?;
        let bytes = message.formatted();
        let talk = async {
            let mut connection = self.connect().await?;
            let accepted = connection.send(message.envelope(), &bytes).await?;
            Ok((connection, accepted))
        };
        let (mut connection, accepted) = match timeout(self.timeout, talk).await {
            Ok(outcome) => outcome.map_err(|error| self.explain(&error))?,
            Err(_) => {
                return Err(MailError {
                    transient: true,
                    detail: format!(
                        "the mail server {}:{} did not answer within {} seconds",
                        self.host,
                        self.port,
                        self.timeout.as_secs()
                    ),
                });
            }
        };
        // A server that hangs now has the letter nevertheless.
        tokio::spawn(async move {
            let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        });
        let answer: Vec<&str> = accepted.message().collect();
        Ok(format!("{} {}", accepted.code(), answer.join(" "))
            .trim_end()
            .to_owned())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let address = (self.host.as_str(), self.port);
        let (wrapper, upgrade) = match &self.tls {
            Some((MailTls::Tls, parameters)) => (Some(parameters.clone()), None),
            Some((_, parameters)) => (None, Some(parameters)),
            None => (None, None),
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.timeout), &self.name, wrapper, None)
                .await?;
        if let Some(parameters) = upgrade {
            connection.starttls(parameters.clone(), &self.name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn explain(&self, error: &lettre::transport::smtp::Error) -> MailError {
        // A client error is something that this server lacks, such as STARTTLS: that stays so.
        let transient = !error.is_permanent() && !error.is_client();
        let verb = if error.status().is_some() {
            "refused"
        } else {
            "did not take"
        };
        MailError {
            transient,
            detail: super::letter::shorten(
                &super::letter::one_line(&format!(
                    "the mail server {}:{} {verb} the mail: {error}",
                    self.host, self.port
                )),
                500,
            ),
        }
    }
}

fn tls_parameters(config: &MailConfig) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca {
        let place = || format!("--smtp-ca {}", path.display());
        let pem = std::fs::read(path).with_context(place)?;
        let certificate = Certificate::from_pem(&pem).with_context(place)?;
        if !pem.windows(17).any(|part| part == b"BEGIN CERTIFICATE") {
            bail!("--smtp-ca {} holds no certificate", path.display());
        }
        builder = builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(certificate);
    }
    builder.build().context("preparing TLS for the mail server")
}
