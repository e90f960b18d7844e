//! A mail before and after it becomes MIME. Nothing that comes from a list may start a header of its own.

use std::fmt;
use std::sync::Arc;

use lettre::message::header::ContentType;
use lettre::message::{Message, MultiPart, SinglePart};

use crate::error::{Error, Result};

/// The longest subject that is sent; lines of a mail end at 998 characters.
const MAX_SUBJECT: usize = 250;

/// A mail address, with a name where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox(pub(super) lettre::message::Mailbox);

impl Mailbox {
    /// Reads `ada@example.com` or `Ada Lovelace <ada@example.com>`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let bad = || Error::input(format!("'{text}' is no mail address, such as ada@example.com"));
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (one_line(name.trim().trim_matches('"')), address.trim()),
            None => (String::new(), text),
        };
        let (user, domain) = address.rsplit_once('@').ok_or_else(bad)?;
        let address = lettre::Address::new(user, domain).map_err(|_| bad())?;
        let name = Some(name).filter(|name| !name.is_empty());
        Ok(Self(lettre::message::Mailbox::new(name, address)))
    }

    /// Reads several, with `;` between.
    pub fn parse_all(text: &str) -> Result<Vec<Self>> {
        text.split(';')
            .filter(|one| !one.trim().is_empty())
            .map(Self::parse)
            .collect()
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address())
    }
}

/// A file that goes with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The name that it is saved under.
    pub name: String,
    /// What it is, such as `text/csv`.
    pub content_type: &'static str,
    /// Its bytes, shared by all letters that carry it.
    pub bytes: Arc<Vec<u8>>,
}

impl Attachment {
    /// Makes one; what it is is seen from its name.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let name = name.into();
        let ending = name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        let content_type = match ending.as_deref() {
            Some("csv") => "text/csv",
            Some("txt" | "log") => "text/plain",
            Some("html" | "htm") => "text/html",
            Some("pdf") => "application/pdf",
            Some("png") => "image/png",
            Some("jpg" | "jpeg") => "image/jpeg",
            Some("svg") => "image/svg+xml",
            Some("json") => "application/json",
            Some("zip") => "application/zip",
            Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Some("pptx") => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            _ => "application/octet-stream",
        };
        Self {
            name,
            content_type,
            bytes: Arc::new(bytes),
        }
    }
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// What it is about.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// What goes with it.
    pub attachments: Vec<Attachment>,
}

impl Letter {
    /// Makes the message of it.
    pub(super) fn message(&self, from: &Mailbox, reply_to: Option<&Mailbox>) -> Result<Message> {
        let mut builder = Message::builder()
            .from(from.0.clone())
            .subject(shorten(&one_line(&self.subject), MAX_SUBJECT))
            .message_id(None);
        for to in &self.to {
            builder = builder.to(to.0.clone());
        }
        if let Some(reply_to) = reply_to {
            builder = builder.reply_to(reply_to.0.clone());
        }
        let plain = SinglePart::plain(self.text.clone());
        let bad = |error: lettre::error::Error| Error::input(format!("the mail cannot be written: {error}"));
        if self.attachments.is_empty() {
            return match &self.html {
                None => builder.singlepart(plain),
                Some(html) => {
                    builder.multipart(MultiPart::alternative_plain_html(self.text.clone(), html.clone()))
                }
            }
            .map_err(bad);
        }
        let mut parts = match &self.html {
            None => MultiPart::mixed().singlepart(plain),
            Some(html) => MultiPart::mixed()
                .multipart(MultiPart::alternative_plain_html(self.text.clone(), html.clone())),
        };
        for attachment in &self.attachments {
            let mut kind = attachment.content_type.to_owned();
            if kind.starts_with("text/") && std::str::from_utf8(&attachment.bytes).is_ok() {
                kind.push_str("; charset=utf-8");
            }
            let kind = ContentType::parse(&kind).unwrap_or(ContentType::TEXT_PLAIN);
            let part = lettre::message::Attachment::new(one_line(&attachment.name));
            parts = parts.singlepart(part.body(attachment.bytes.as_ref().clone(), kind));
        }
        builder.multipart(parts).map_err(bad)
    }
}

/// Puts a text on one line: what would end a line, and other signs that do not print, are spaces.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Cuts a text that is longer than that many characters.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some(_) => text.chars().take(longest - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_names() {
        let read = |text: &str| Mailbox::parse(text).expect(text);
        assert_eq!(read(" ada@example.com ").address(), "ada@example.com");
        assert_eq!(
            read("\"Lovelace, Ada\" <ada@example.com>").address(),
            "ada@example.com"
        );
        assert_eq!(
            Mailbox::parse_all("a@example.com; b@example.com;")
                .expect("two")
                .len(),
            2
        );
        for bad in ["", "ada", "a@", "@b", "a@b\r\nBcc: c@d", "<>"] {
            assert!(Mailbox::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_of_a_list_starts_a_header() {
        let attack = "x\r\nBcc: eve@example.com\r\n\r\nbody";
        let letter = Letter {
            to: vec![Mailbox::parse(&format!("{attack} <ada@example.com>")).expect("an address")],
            subject: attack.to_owned(),
            text: "text".to_owned(),
            html: Some("<p>text</p>".to_owned()),
            attachments: vec![Attachment::new(format!("{attack}.csv"), b"a\n".to_vec())],
        };
        let from = Mailbox::parse("reports@example.com").expect("an address");
        let message = letter.message(&from, None).expect("a letter").formatted();
        let message = String::from_utf8(message).expect("text");
        assert!(message.lines().all(|line| !line.starts_with("Bcc:")), "{message}");
    }
}
