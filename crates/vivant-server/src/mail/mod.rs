//! Mail that leaves the server: letters, and the way to the mail server.
//!
//! A [`Letter`] is what somebody gets; [`Mailer`] hands it to the mail server and says how that
//! ended. What a letter of a subscription looks like is in [`subscription`]. When and to whom
//! mail is sent is the business of the jobs.

mod letter;
mod mailer;
pub mod subscription;
mod trial;

pub use letter::{BadAddress, Enclosure, Letter, Mailbox, Picture};
pub use mailer::{MailError, Mailer};
pub use trial::send_trial;
