//! A mail that only shows that mail arrives.

use anyhow::Context as _;
use vivant_store::Millis;

use super::{Letter, Mailbox, Mailer};
use crate::config::MailConfig;
use crate::web::escape;

/// Sends a mail to the address, and answers what the mail server said to it.
pub async fn send_trial(config: &MailConfig, to: &str, now: Millis) -> anyhow::Result<String> {
    let to = Mailbox::parse(to)?;
    let mut key = [0u8; 16];
    getrandom::fill(&mut key).context("no randomness for the mail's id")?;
    let text = format!(
        "This mail was sent with `vivant admin test-mail`, through {}:{}.\nSubscriptions can be sent.\n",
        config.host, config.port
    );
    let html = format!(
        "<!doctype html><html lang=\"en\"><body style=\"font:16px/1.55 'Segoe UI',system-ui,-apple-system,'Helvetica \
         Neue',Arial,sans-serif\"><p>{}</p></body></html>",
        escape(&text).replace('\n', "<br>")
    );
    let letter = Letter {
        to,
        from: None,
        subject: "Vivant can send mail".to_owned(),
        text,
        html,
        pictures: Vec::new(),
        enclosures: Vec::new(),
        key: format!("trial.{:032x}", u128::from_be_bytes(key)),
        unsubscribe: None,
        made_at: now,
    };
    Ok(Mailer::new(config)?.send(&letter).await?)
}
