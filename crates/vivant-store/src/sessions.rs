//! Sessions: who is signed in to which site.

use std::collections::HashMap;

use vivant_model::{SiteId, SiteState, TokenId, UserId};

use crate::db::{params, transact};
use crate::secrets::{new_token, sha256_hex};
use crate::{Millis, Result, Store, User, users};

/// A session's last use is written at most so often.
const TOUCH_MS: i64 = 60 * 1000;

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

/// Last uses that are not written yet.
#[derive(Default)]
pub(crate) struct Touches {
    waiting: HashMap<String, Millis>,
    /// In a transaction that is under way.
    leaving: HashMap<String, Millis>,
    is_writing: bool,
}

impl Touches {
    fn last_use(&self, hash: &str) -> Option<Millis> {
        self.waiting.get(hash).or_else(|| self.leaving.get(hash)).copied()
    }
}

impl Store {
    /// Starts a session and answers its token, which is kept nowhere. The user must be a member of
    /// the site or administer the server.
    pub async fn create_session(&self, new: NewSession, now: Millis) -> Result<String> {
        let token = new_token()?;
        let hash = sha256_hex(token.as_bytes());
        transact!(self.db(), |tx| {
            users::require(&tx, new.site, new.user).await?;
            let sql = "INSERT INTO session (token_hash, site_id, user_id, via_token, impersonator, created_at, \
                 last_used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
            tx.execute(
                sql,
                params![&hash, new.site, new.user, new.via_token, new.impersonator, now],
            )
            .await?;
            // Acting as somebody is not that somebody's sign-in.
            if new.impersonator.is_none() {
                tx.execute(
                    "UPDATE account SET last_login = ?2 WHERE id = ?1",
                    params![new.user, now],
                )
                .await?;
                let sql = "UPDATE site_user SET last_login = ?3 WHERE site_id = ?1 AND user_id = ?2";
                tx.execute(sql, params![new.site, new.user, now]).await?;
            }
            Ok(())
        })?;
        Ok(token)
    }

    /// Finds the session of a token and notes its use; `None` when it was idle too long.
    pub async fn session(&self, token: &str, now: Millis, idle_limit_ms: i64) -> Result<Option<Session>> {
        let hash = sha256_hex(token.as_bytes());
        // Asked before the row is read: what leaves the memory in between stands in the row.
        let last_use = self.touches().last_use(&hash);
        let sql = format!(
            "SELECT s.site_id, t.content_url, t.state, s.via_token, s.impersonator, s.created_at, s.last_used_at, \
             {} FROM session s JOIN site t ON t.id = s.site_id JOIN account a ON a.id = s.user_id \
             LEFT JOIN site_user m ON m.site_id = s.site_id AND m.user_id = s.user_id \
             WHERE s.token_hash = ?1 AND (m.user_id IS NOT NULL OR a.is_server_admin = 1)",
            users::COLUMNS
        );
        let Some(mut row) = self.conn().await?.row(&sql, params![&hash]).await? else {
            return Ok(None);
        };
        let mut session = Session {
            site: row.id()?,
            site_content_url: row.text()?,
            site_state: row.word(SiteState::parse)?,
            via_token: row.opt_id()?,
            impersonator: row.opt_id()?,
            created_at: row.int()?,
            last_used_at: row.int()?,
            user: users::read(&mut row)?,
        };
        if let Some(last_use) = last_use {
            session.last_used_at = session.last_used_at.max(last_use);
        }
        if now - session.last_used_at > idle_limit_ms {
            return Ok(None);
        }
        if now - session.last_used_at >= TOUCH_MS {
            self.touch(hash, now);
        }
        Ok(Some(session))
    }

    /// Ends a session.
    pub async fn delete_session(&self, token: &str) -> Result<()> {
        self.delete_sessions("token_hash = ?1", sha256_hex(token.as_bytes()))
            .await
    }

    /// Ends all sessions that were started with a personal access token.
    pub async fn delete_sessions_of_token(&self, token: TokenId) -> Result<()> {
        self.delete_sessions("via_token = ?1", token.to_string()).await
    }

    /// Ends all sessions of a user, on every site.
    pub async fn delete_sessions_of_user(&self, user: UserId) -> Result<()> {
        self.delete_sessions("user_id = ?1", user.to_string()).await
    }

    async fn delete_sessions(&self, condition: &str, value: String) -> Result<()> {
        let sql = format!("DELETE FROM session WHERE {condition}");
        transact!(self.db(), |tx| {
            tx.execute(&sql, params![&value]).await.map(drop)
        })
    }

    /// Writes the uses of sessions that are waiting.
    pub(crate) async fn flush_touches(&self) {
        loop {
            let written = {
                let touches = &mut *self.touches();
                touches.leaving.extend(touches.waiting.drain());
                touches.leaving.clone()
            };
            if written.is_empty() {
                return;
            }
            if let Err(e) = self.write_touches(&written).await {
                // A session that seems a minute older does no harm.
                tracing::warn!("the last use of {} sessions was not noted: {e}", written.len());
            }
            self.touches()
                .leaving
                .retain(|hash, at| written.get(hash) != Some(at));
        }
    }

    async fn write_touches(&self, waiting: &HashMap<String, Millis>) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE session SET last_used_at = ?2 WHERE token_hash = ?1 AND last_used_at < ?2";
            for (hash, at) in waiting {
                tx.execute(sql, params![hash, *at]).await?;
            }
            Ok(())
        })
    }

    /// Notes a use. One task writes; what comes while it does so goes into its next transaction.
    fn touch(&self, hash: String, now: Millis) {
        let mut touches = self.touches();
        touches.waiting.insert(hash, now);
        if !std::mem::replace(&mut touches.is_writing, true) {
            let store = self.clone();
            tokio::spawn(async move {
                loop {
                    store.flush_touches().await;
                    let mut touches = store.touches();
                    if touches.waiting.is_empty() {
                        touches.is_writing = false;
                        return;
                    }
                }
            });
        }
    }

    fn touches(&self) -> std::sync::MutexGuard<'_, Touches> {
        self.inner
            .touches
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
