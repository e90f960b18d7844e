//! Personal access tokens.

use vivant_model::TokenId;

use crate::Millis;

/// A token dies after so long without use.
pub const IDLE_LIMIT_MS: i64 = 15 * 24 * 60 * 60 * 1000;

/// What is known of a token; the secret is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its id.
    pub id: TokenId,
    /// Its name, unique among the user's.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// When it was last used to sign in.
    pub last_used_at: Option<Millis>,
}
