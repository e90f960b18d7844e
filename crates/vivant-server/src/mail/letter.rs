//! One mail to one person, before and after it becomes MIME.
//!
//! Texts come from users: nothing of them may start a header of its own, and every script in
//! them must arrive as it was written.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Message, MultiPart, SinglePart};
use vivant_store::Millis;

/// The longest subject that is sent; lines of a mail end at 998 characters.
const MAX_SUBJECT: usize = 250;
/// The longest name of a person that is sent.
const MAX_NAME: usize = 120;

/// A person's mail address, with a name where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox(lettre::message::Mailbox);

/// A text is no mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAddress(String);

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no mail address such as ada@example.com", self.0)
    }
}

impl std::error::Error for BadAddress {}

impl Mailbox {
    /// Reads `ada@example.com` or `Ada Lovelace <ada@example.com>`.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => Self::new(Some(name.trim().trim_matches('"')), address),
            None => Self::new(None, text),
        }
    }

    /// Puts name and address together.
    pub fn new(name: Option<&str>, address: &str) -> Result<Self, BadAddress> {
        let address = address.trim();
        let bad = || BadAddress(address.chars().take(320).collect());
        let (user, domain) = address.rsplit_once('@').ok_or_else(bad)?;
        // Not every mail server knows domains beyond ASCII; all know their other spelling.
        let ascii = if domain.is_ascii() {
            domain.to_owned()
        } else {
            idna::domain_to_ascii(domain).map_err(|_| bad())?
        };
        let address = lettre::Address::new(user, ascii).map_err(|_| bad())?;
        let name = name
            .map(|name| shorten(&one_line(name), MAX_NAME))
            .filter(|name| !name.is_empty());
        Ok(Self(lettre::message::Mailbox::new(name, address)))
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

/// A picture inside the letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What the HTML names it by: `cid:` and this.
    pub id: String,
    /// The name that it is saved under.
    pub file_name: String,
    /// The PNG.
    pub png: Vec<u8>,
}

/// A file that goes with the letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Enclosure {
    /// The name that it is saved under.
    pub file_name: String,
    /// The PDF.
    pub pdf: Vec<u8>,
}

/// One mail to one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Who gets it.
    pub to: Mailbox,
    /// Who sends it, if not the server's own sender.
    pub from: Option<Mailbox>,
    /// What it is about.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// Pictures that the HTML shows.
    pub pictures: Vec<Picture>,
    /// Files beside the text.
    pub enclosures: Vec<Enclosure>,
    /// What makes it known again when it is sent a second time: letters, digits, dots, dashes.
    pub key: String,
    /// The page where its reader can end such mails, also with one click from the mail program.
    pub unsubscribe: Option<String>,
    /// When it was made.
    pub made_at: Millis,
}

impl Letter {
    /// Makes the message of it.
    pub(super) fn message(
        &self,
        from: &Mailbox,
        reply_to: Option<&Mailbox>,
    ) -> Result<Message, lettre::error::Error> {
        let made_at = Duration::from_millis(u64::try_from(self.made_at).unwrap_or(0));
        let from = self.from.as_ref().unwrap_or(from);
        let mut builder = Message::builder()
            .from(from.0.clone())
            .to(self.to.0.clone())
            .subject(shorten(&one_line(&self.subject), MAX_SUBJECT))
            .date(SystemTime::UNIX_EPOCH + made_at)
            .message_id(Some(format!("<{}@{}>", self.key, from.domain())))
            // Nobody's absence is answered to a machine.
            .header(AutoSubmitted);
        if let Some(reply_to) = reply_to {
            builder = builder.reply_to(reply_to.0.clone());
        }
        if let Some(page) = &self.unsubscribe {
            builder = builder
                .header(ListUnsubscribe(page.clone()))
                .header(ListUnsubscribePost);
        }
        let mut pages = MultiPart::related().singlepart(SinglePart::html(self.html.clone()));
        for picture in &self.pictures {
            let part = Attachment::new_inline_with_name(picture.id.clone(), picture.file_name.clone())
                .body(picture.png.clone(), png());
            pages = pages.singlepart(part);
        }
        let body = MultiPart::alternative().singlepart(SinglePart::plain(self.text.clone()));
        let body = match self.pictures.is_empty() {
            true => body.singlepart(SinglePart::html(self.html.clone())),
            false => body.multipart(pages),
        };
        if self.enclosures.is_empty() {
            return builder.multipart(body);
        }
        let mut whole = MultiPart::mixed().multipart(body);
        for file in &self.enclosures {
            let part = Attachment::new(file.file_name.clone()).body(file.pdf.clone(), pdf());
            whole = whole.singlepart(part);
        }
        builder.multipart(whole)
    }
}

fn pdf() -> ContentType {
    ContentType::parse("application/pdf").unwrap_or(ContentType::TEXT_PLAIN)
}

fn png() -> ContentType {
    ContentType::parse("image/png").unwrap_or(ContentType::TEXT_PLAIN)
}

/// Puts a text on one line: what would end a line, and other signs that do not print, are spaces.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Cuts a text that is longer than that many characters.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some(_) => {
            let cut: String = text.chars().take(longest - 1).collect();
            format!("{}…", cut.trim_end())
        }
    }
}

macro_rules! header {
    ($name:ident, $text:literal, |$this:ident| $value:expr) => {
        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($text)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("this header is only written".into())
            }

            fn display(&self) -> HeaderValue {
                let $this = self;
                HeaderValue::new(Self::name(), $value)
            }
        }
    };
}

/// RFC 2369: where the reader ends such mails.
#[derive(Clone)]
struct ListUnsubscribe(String);
header!(ListUnsubscribe, "List-Unsubscribe", |this| format!(
    "<{}>",
    this.0
));

/// RFC 8058: a POST there does so without a page.
#[derive(Clone)]
struct ListUnsubscribePost;
header!(ListUnsubscribePost, "List-Unsubscribe-Post", |_this| {
    "List-Unsubscribe=One-Click".to_owned()
});

/// RFC 3834: a machine wrote this.
#[derive(Clone)]
struct AutoSubmitted;
header!(AutoSubmitted, "Auto-Submitted", |_this| "auto-generated"
    .to_owned());

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            to: Mailbox::new(Some("Ada"), "ada@example.com").expect("valid"),
            from: None,
            subject: "Sales".to_owned(),
            text: "text\n".to_owned(),
            html: "<p>text</p>".to_owned(),
            pictures: Vec::new(),
            enclosures: Vec::new(),
            key: "a.1".to_owned(),
            unsubscribe: Some("https://vivant.example.com/vivant/unsubscribe/x".to_owned()),
            made_at: 1_700_000_000_000,
        }
    }

    fn sent(letter: &Letter) -> String {
        let from = Mailbox::parse("Vivant <vivant@example.com>").expect("valid");
        let message = letter.message(&from, None).expect("a letter");
        String::from_utf8(message.formatted()).expect("text")
    }

    #[test]
    fn a_letter_says_where_to_unsubscribe_and_which_one_it_is() {
        let text = sent(&letter());
        for line in [
            "Message-ID: <a.1@example.com>\r\n",
            "List-Unsubscribe: <https://vivant.example.com/vivant/unsubscribe/x>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }

    #[test]
    fn nothing_that_a_user_writes_starts_a_header() {
        let attack = "x\r\nBcc: eve@example.com\r\n\r\nbody\0";
        let letter = Letter {
            to: Mailbox::new(Some(attack), "ada@example.com").expect("valid"),
            subject: attack.to_owned(),
            ..letter()
        };
        let text = sent(&letter);
        let headers = text.split("\r\n\r\n").next().expect("headers");
        for line in headers.split("\r\n") {
            assert!(!line.starts_with("Bcc"), "{headers}");
        }
        assert!(
            headers.contains("Subject: x Bcc: eve@example.com body\r\n"),
            "{headers}"
        );
        for bad in [
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com, eve@example.com",
            "ada@example.com>\r\nRCPT TO:<eve@example.com",
            "ada",
            "@example.com",
            "ada@",
            "",
        ] {
            assert!(Mailbox::new(None, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lines_stay_short_enough_for_mail() {
        let letter = Letter {
            subject: "x".repeat(5000),
            text: "y".repeat(5000),
            html: "z".repeat(5000),
            ..letter()
        };
        let longest = sent(&letter).split("\r\n").map(str::len).max();
        assert!(longest.is_some_and(|n| n <= 998), "{longest:?}");
    }

    #[test]
    fn addresses_and_names_of_all_scripts_are_sent() {
        let mailbox = Mailbox::new(Some("Æsa Þórsdóttir"), "æsa@bücher.example").expect("valid");
        assert_eq!(mailbox.address(), "æsa@xn--bcher-kva.example");
        let letter = Letter {
            to: Mailbox::new(Some("田中"), "tanaka@例え.jp").expect("valid"),
            subject: "売上 für März".to_owned(),
            ..letter()
        };
        let text = sent(&letter);
        assert!(text.is_ascii(), "{text}");
        assert!(text.contains("tanaka@xn--r8jz45g.jp"), "{text}");
    }

    #[test]
    fn a_mailbox_is_read_with_and_without_a_name() {
        let parsed = Mailbox::parse("\"Reports, weekly\" <reports@example.com>").expect("valid");
        assert_eq!(
            parsed,
            Mailbox::new(Some("Reports, weekly"), "reports@example.com").expect("valid")
        );
        assert_eq!(
            Mailbox::parse(" a@example.com ").map(|m| m.address().to_owned()),
            Ok("a@example.com".to_owned())
        );
        assert!(Mailbox::parse("Nobody <>").is_err());
    }
}
