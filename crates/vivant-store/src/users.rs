//! Accounts of the server and users of a site.
//!
//! An account exists once per server; a user is an account as member of a site, with a role there.
//! Both go by the same id.

use vivant_model::{SiteRole, UserId};

use crate::{Millis, Secret};

/// An account as seen from a site.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The id, the same on every site.
    pub id: UserId,
    /// The user name.
    pub name: String,
    /// The domain; `local` for accounts of this server.
    pub domain: String,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The role on the site; server administrators are so everywhere.
    pub role: SiteRole,
    /// How the user signs in, such as `ServerDefault` or `SAML`.
    pub auth_setting: Option<String>,
    /// When the user last signed in to the site.
    pub last_login: Option<Millis>,
    /// The id in an outside directory.
    pub external_auth_user_id: Option<String>,
    /// Whether the account administers the server.
    pub is_server_admin: bool,
    /// Whether the account is a member of the site; only a server administrator may not be.
    pub is_member: bool,
    /// Locale for numbers and dates.
    pub locale: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
    /// When the user was added to the site.
    pub created_at: Millis,
    /// When the user was last changed.
    pub updated_at: Millis,
}

/// A user to be added to a site.
#[derive(Clone, Default)]
pub struct NewUser {
    /// The user name.
    pub name: String,
    /// The domain; `None` is `local`.
    pub domain: Option<String>,
    /// The role; becomes `Unlicensed` where no licence is left.
    pub role: Option<SiteRole>,
    /// How the user signs in.
    pub auth_setting: Option<String>,
    /// The full name of a new account.
    pub full_name: Option<String>,
    /// The e-mail address of a new account.
    pub email: Option<String>,
    /// The password of a new account.
    pub password: Option<Secret>,
    /// The id in an outside directory.
    pub external_auth_user_id: Option<String>,
    /// Locale for numbers and dates.
    pub locale: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
}

/// What to change of a user; `None` leaves a value as it is.
#[derive(Clone, Default)]
pub struct UserChanges {
    /// The user name.
    pub name: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The role on the site.
    pub role: Option<SiteRole>,
    /// How the user signs in.
    pub auth_setting: Option<String>,
    /// Locale for numbers and dates.
    pub locale: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
}

/// An account of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: UserId,
    /// The user name.
    pub name: String,
    /// The domain.
    pub domain: String,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the account administers the server.
    pub is_server_admin: bool,
}

/// What the list is filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];
