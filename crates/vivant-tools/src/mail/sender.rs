//! The way to the mail server: a connection for each letter, so that one that breaks off disturbs no other.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;
use vivant_client::Secret;

use super::letter::{one_line, shorten};
use super::{Letter, Mailbox};
use crate::error::{Error, Result, ServiceKind};

/// How long the goodbye may take; the letter is accepted by then.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpTls {
    /// It is not.
    None,
    /// It begins plain and becomes encrypted before anything is said.
    #[default]
    StartTls,
    /// It is from the first byte.
    Tls,
}

/// A mail server, and who sends.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// The mail server.
    pub host: String,
    /// Its port: 587 as a rule, 465 where it speaks TLS at once, 25 between servers.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: SmtpTls,
    /// Authorities that count in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// Who sends.
    pub from: Mailbox,
    /// Who gets answers, if not the sender.
    pub reply_to: Option<Mailbox>,
    /// How long a letter may take.
    pub timeout: Duration,
}

/// Hands letters to a mail server.
pub struct Mailer {
    smtp: Smtp,
    tls: Option<TlsParameters>,
    name: ClientId,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer")
            .field("smtp", &self.smtp)
            .finish_non_exhaustive()
    }
}

impl Mailer {
    /// Prepares the way; nothing is sent yet.
    pub fn new(smtp: Smtp) -> Result<Self> {
        if smtp.login.is_some() && smtp.tls == SmtpTls::None && !is_loopback(&smtp.host) {
            return Err(Error::input(format!(
                "the password would reach {} unencrypted: use STARTTLS or TLS",
                smtp.host
            )));
        }
        let tls = match smtp.tls {
            SmtpTls::None => None,
            SmtpTls::StartTls | SmtpTls::Tls => Some(parameters(&smtp)?),
        };
        Ok(Self {
            smtp,
            tls,
            name: ClientId::default(),
        })
    }

    /// Hands over a letter, and answers what the mail server said to it.
    pub async fn send(&self, letter: &Letter) -> Result<String> {
        let message = letter.message(&self.smtp.from, self.smtp.reply_to.as_ref())?;
        let bytes = message.formatted();
        let talk = async {
            let mut connection = self.connect().await?;
            let accepted = connection.send(message.envelope(), &bytes).await?;
            Ok((connection, accepted))
        };
        let limit = self.smtp.timeout;
        let (mut connection, accepted) = match timeout(limit, talk).await {
            Ok(outcome) => outcome.map_err(|error| self.explain(&error))?,
            Err(_) => {
                return Err(Error::Service {
                    message: format!("the mail server {} did not answer within {limit:?}", self.place()),
                    kind: ServiceKind::Unreachable,
                });
            }
        };
        // A server that hangs now has the letter nevertheless.
        let _ = timeout(FAREWELL, connection.quit()).await;
        let answer: Vec<&str> = accepted.message().collect();
        Ok(one_line(&format!("{} {}", accepted.code(), answer.join(" "))))
    }

    async fn connect(&self) -> std::result::Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let address = (self.smtp.host.as_str(), self.smtp.port);
        let at_once = match self.smtp.tls {
            SmtpTls::Tls => self.tls.clone(),
            _ => None,
        };
        let limit = Some(self.smtp.timeout);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, limit, &self.name, at_once, None).await?;
        if let (SmtpTls::StartTls, Some(parameters)) = (self.smtp.tls, &self.tls) {
            connection.starttls(parameters.clone(), &self.name).await?;
        }
        if let Some((user, password)) = &self.smtp.login {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    fn place(&self) -> String {
        format!("{}:{}", self.smtp.host, self.smtp.port)
    }

    fn explain(&self, error: &lettre::transport::smtp::Error) -> Error {
        let status = error.status().map(u16::from);
        let kind = match status {
            Some(530 | 534 | 535 | 538) => ServiceKind::Denied,
            Some(400..500) => ServiceKind::Later,
            Some(_) => ServiceKind::Refused,
            // What this mail server lacks, such as STARTTLS.
            None if error.is_client() => ServiceKind::Refused,
            None => ServiceKind::Unreachable,
        };
        let verb = if status.is_some() {
            "refused"
        } else {
            "did not take"
        };
        let said = one_line(&format!(
            "the mail server {} {verb} the mail: {error}",
            self.place()
        ));
        Error::Service {
            message: shorten(&said, 500),
            kind,
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn parameters(smtp: &Smtp) -> Result<TlsParameters> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(path) = &smtp.ca_file {
        let pem = std::fs::read(path).map_err(|error| Error::file(path, "read", error))?;
        if !pem.windows(17).any(|part| part == b"BEGIN CERTIFICATE") {
            return Err(Error::input(format!(
                "{} holds no certificate in PEM form",
                path.display()
            )));
        }
        let certificate = Certificate::from_pem(&pem)
            .map_err(|error| Error::input(format!("{} cannot be used: {error}", path.display())))?;
        builder = builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(certificate);
    }
    builder
        .build()
        .map_err(|error| Error::input(format!("TLS cannot be set up: {error}")))
}
