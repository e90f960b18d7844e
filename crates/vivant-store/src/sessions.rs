//! Sessions: who is signed in to which site.

use vivant_model::{SiteId, SiteState, TokenId, UserId};

use crate::{Millis, User};

/// A session to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The site signed in to.
    pub site: SiteId,
    /// The user; a member of the site or a server administrator.
    pub user: UserId,
    /// The personal access token used.
    pub via_token: Option<TokenId>,
    /// The server administrator who acts as the user.
    pub impersonator: Option<UserId>,
}

/// A session in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The site.
    pub site: SiteId,
    /// The site's part of addresses.
    pub site_content_url: String,
    /// Whether the site is open.
    pub site_state: SiteState,
    /// The user, with the role on the site.
    pub user: User,
    /// The personal access token used to sign in.
    pub via_token: Option<TokenId>,
    /// The server administrator who acts as the user.
    pub impersonator: Option<UserId>,
    /// When it began.
    pub created_at: Millis,
    /// When it was last used, to the minute.
    pub last_used_at: Millis,
}
