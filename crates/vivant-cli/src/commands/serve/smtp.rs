//! Options of the mail server.

use std::path::PathBuf;

use vivant_server::config::MailSettings;

/// The options `--smtp-…`; in the file they stand in the table `[smtp]`, without `smtp_`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Mail (SMTP)")]
pub struct Smtp {
    /// Mail server that takes the server's mail; without it no mail is sent
    #[arg(long, env = "VIVANT_SMTP_HOST", value_name = "HOST")]
    smtp_host: Option<String>,
    /// Its port [default: 587 with starttls, 465 with tls, 25 with none]
    #[arg(long, env = "VIVANT_SMTP_PORT", value_name = "PORT")]
    smtp_port: Option<u16>,
    /// How the way there is guarded: starttls, tls (from the start) or none [default: starttls]
    #[arg(long, env = "VIVANT_SMTP_TLS", value_name = "HOW")]
    smtp_tls: Option<String>,
    /// PEM file of the authorities to trust [default: those of the system]
    #[arg(long, env = "VIVANT_SMTP_CA", value_name = "FILE")]
    smtp_ca: Option<PathBuf>,
    /// Name to sign in with; its password comes from VIVANT_SMTP_PASSWORD or a file
    #[arg(long, env = "VIVANT_SMTP_USER", value_name = "NAME")]
    smtp_user: Option<String>,
    /// File whose last line is that name's password
    #[arg(long, env = "VIVANT_SMTP_PASSWORD_FILE", value_name = "FILE")]
    smtp_password_file: Option<PathBuf>,
    /// Sender: vivant@example.com or 'Reports <vivant@example.com>'
    #[arg(long, env = "VIVANT_SMTP_FROM", value_name = "ADDRESS")]
    smtp_from: Option<String>,
    /// Where answers go [default: to the sender]
    #[arg(long, env = "VIVANT_SMTP_REPLY_TO", value_name = "ADDRESS")]
    smtp_reply_to: Option<String>,
    /// How long one mail may take [default: 60]
    #[arg(long, env = "VIVANT_SMTP_TIMEOUT_SECONDS", value_name = "SECONDS")]
    smtp_timeout_seconds: Option<u64>,
}

impl Smtp {
    /// As settings. The password has no option, since options are seen by every user of the machine.
    pub fn settings(self) -> MailSettings {
        MailSettings {
            host: self.smtp_host,
            port: self.smtp_port,
            tls: self.smtp_tls,
            ca: self.smtp_ca,
            user: self.smtp_user,
            password: std::env::var("VIVANT_SMTP_PASSWORD").ok(),
            password_file: self.smtp_password_file,
            from: self.smtp_from,
            reply_to: self.smtp_reply_to,
            timeout_seconds: self.smtp_timeout_seconds,
        }
    }
}
