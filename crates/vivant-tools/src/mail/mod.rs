//! Letters with exports of views: to one reader, to many with filters of their own, to the subscribers of a schedule.
//!
//! [`Templates`] make texts of values, a [`Letter`] is a mail before it becomes MIME, [`Mailer`] hands it to a mail
//! server, and [`burst`] makes many of a list. The same export is fetched once, however many get it.

pub mod burst;
mod export;
mod letter;
mod sender;
mod template;

pub use export::{Content, Export, Format};
pub use letter::{Attachment, Letter, Mailbox};
pub use sender::{Mailer, Smtp, SmtpTls};
pub use template::{Template, Templates, Values};
