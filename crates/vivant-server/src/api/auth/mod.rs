//! Sign In, Sign Out, Switch Site.

mod sign_in;
mod sign_out;
mod switch_site;

pub use sign_in::sign_in;
pub use sign_out::sign_out;
pub use switch_site::switch_site;
