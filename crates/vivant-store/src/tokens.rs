//! Personal access tokens.

use vivant_model::{TokenId, UserId, name};

use crate::db::{params, transact};
use crate::secrets::{new_id, new_token, sha256_hex};
use crate::{Account, Error, Millis, Result, Secret, Store, What, accounts};

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

impl Store {
    /// Makes a token and answers its secret, which is kept nowhere.
    pub async fn create_token(
        &self,
        user: UserId,
        token_name: &str,
        now: Millis,
        expires_at: Millis,
    ) -> Result<(TokenId, String)> {
        let secret = new_token()?;
        let id = self
            .insert_token_with_secret(user, token_name, &secret.as_str().into(), now, expires_at)
            .await?;
        Ok((id, secret))
    }

    /// Makes a token with a secret that is known already, for installations set up by a script.
    pub async fn insert_token_with_secret(
        &self,
        user: UserId,
        token_name: &str,
        secret: &Secret,
        now: Millis,
        expires_at: Millis,
    ) -> Result<TokenId> {
        let hash = sha256_hex(secret.reveal().as_bytes());
        transact!(self.db(), |tx| {
            if accounts::load(&tx, user).await?.is_none() {
                return Err(Error::NotFound(What::User));
            }
            let sql = "SELECT id FROM access_token WHERE user_id = ?1 AND name_key = ?2";
            if let Some(mut row) = tx.row(sql, params![user, name::key(token_name)]).await? {
                return Err(Error::conflict(What::Token, Some(row.id()?), token_name));
            }
            let id: TokenId = new_id()?;
            let sql = "INSERT INTO access_token (id, user_id, name, name_key, secret_hash, created_at, expires_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let key = name::key(token_name);
            tx.execute(sql, params![id, user, token_name, key, &hash, now, expires_at])
                .await?;
            Ok(id)
        })
    }

    /// Finds the account that a token belongs to and notes the use; `None` for a token that is
    /// unknown, expired or was out of use too long.
    pub async fn verify_token(
        &self,
        token_name: &str,
        secret: &Secret,
        now: Millis,
    ) -> Result<Option<(Account, TokenId)>> {
        // The secret is 256 random bits: finding its hash through an index tells nothing by time.
        let sql = "SELECT id, user_id FROM access_token WHERE secret_hash = ?1 AND name_key = ?2 \
             AND expires_at > ?3 AND COALESCE(last_used_at, created_at) > ?4";
        let hash = sha256_hex(secret.reveal().as_bytes());
        let conn = self.conn().await?;
        let found = conn
            .row(
                sql,
                params![&hash, name::key(token_name), now, now - IDLE_LIMIT_MS],
            )
            .await?;
        let Some(mut row) = found else { return Ok(None) };
        let (id, user): (TokenId, UserId) = (row.id()?, row.id()?);
        let account = accounts::load(&conn, user).await?;
        drop(conn);
        transact!(self.db(), |tx| {
            let sql = "UPDATE access_token SET last_used_at = ?2 WHERE id = ?1";
            tx.execute(sql, params![id, now]).await.map(drop)
        })?;
        Ok(account.map(|account| (account, id)))
    }

    /// Takes a token away, and with it the sessions that it began.
    pub async fn revoke_token(&self, user: UserId, token_name: &str) -> Result<()> {
        let deleted = transact!(self.db(), |tx| {
            let sql = "DELETE FROM session WHERE via_token IN \
                 (SELECT id FROM access_token WHERE user_id = ?1 AND name_key = ?2)";
            tx.execute(sql, params![user, name::key(token_name)]).await?;
            let sql = "DELETE FROM access_token WHERE user_id = ?1 AND name_key = ?2";
            tx.execute(sql, params![user, name::key(token_name)]).await
        })?;
        if deleted == 0 {
            Err(Error::NotFound(What::Token))
        } else {
            Ok(())
        }
    }

    /// Lists the tokens of a user.
    pub async fn tokens(&self, user: UserId) -> Result<Vec<TokenInfo>> {
        let sql = "SELECT id, name, created_at, expires_at, last_used_at FROM access_token WHERE user_id = ?1 \
             ORDER BY name_key";
        let rows = self.conn().await?.query(sql, params![user]).await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(TokenInfo {
                    id: row.id()?,
                    name: row.text()?,
                    created_at: row.int()?,
                    expires_at: row.int()?,
                    last_used_at: row.opt_int()?,
                })
            })
            .collect()
    }
}
