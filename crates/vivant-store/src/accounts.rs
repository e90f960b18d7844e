//! Accounts as such: looking them up, their passwords, and the right to administer the server.

use vivant_model::UserId;

use crate::db::{Conn, params, transact};
use crate::users::{self, Account, NewUser};
use crate::{Error, Forbidden, Millis, Result, Secret, Store, What};

const COLUMNS: &str = "a.id, a.name, a.domain, a.full_name, a.email, a.is_server_admin";

impl Store {
    /// Makes an account that is on no site yet.
    pub async fn create_account(&self, new: NewUser, server_admin: bool, now: Millis) -> Result<Account> {
        let hash = match &new.password {
            Some(password) => Some(self.inner.passwords.hash(password).await?),
            None => None,
        };
        let id = transact!(self.db(), |tx| {
            if let Some(id) = users::find_account(&tx, &new.name, users::domain_of(&new)).await? {
                return Err(Error::conflict(What::User, Some(id.0), &new.name));
            }
            users::insert_account(&tx, &new, hash.as_deref(), server_admin, now).await
        })?;
        self.account(id).await?.ok_or(Error::NotFound(What::User))
    }

    /// Finds an account.
    pub async fn account(&self, id: UserId) -> Result<Option<Account>> {
        let conn = self.conn().await?;
        load(&conn, id).await
    }

    /// Finds an account by name and domain, without regard to case.
    pub async fn account_by_name(&self, name: &str, domain: &str) -> Result<Option<Account>> {
        let conn = self.conn().await?;
        match users::find_account(&conn, name, domain).await? {
            Some(id) => load(&conn, id).await,
            None => Ok(None),
        }
    }

    /// Finds the account that a name and password belong to. A wrong name takes as long to refuse
    /// as a wrong password.
    pub async fn verify_password(
        &self,
        name: &str,
        domain: &str,
        password: &Secret,
    ) -> Result<Option<Account>> {
        let conn = self.conn().await?;
        let id = users::find_account(&conn, name, domain).await?;
        let hash = match id {
            Some(id) => match conn
                .row("SELECT password_hash FROM account WHERE id = ?1", params![id])
                .await?
            {
                Some(mut row) => row.opt_text()?,
                None => None,
            },
            None => None,
        };
        // Hashing takes long; the connection is of use to others meanwhile.
        drop(conn);
        match (self.inner.passwords.verify(password, hash).await?, id) {
            (true, Some(id)) => self.account(id).await,
            _ => Ok(None),
        }
    }

    /// Gives an account a password.
    pub async fn set_password(&self, id: UserId, password: &Secret, now: Millis) -> Result<()> {
        let hash = self.inner.passwords.hash(password).await?;
        let changed = transact!(self.db(), |tx| {
            let sql = "UPDATE account SET password_hash = ?2, updated_at = ?3 WHERE id = ?1";
            tx.execute(sql, params![id, &hash, now]).await
        })?;
        if changed == 0 {
            Err(Error::NotFound(What::User))
        } else {
            Ok(())
        }
    }

    /// Makes an account a server administrator, or an ordinary one again.
    pub async fn set_server_admin(&self, id: UserId, server_admin: bool, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE account SET is_server_admin = ?2, updated_at = ?3 WHERE id = ?1";
            if tx.execute(sql, params![id, server_admin, now]).await? == 0 {
                return Err(Error::NotFound(What::User));
            }
            if tx
                .number(
                    "SELECT COUNT(*) FROM account WHERE is_server_admin = 1",
                    params![],
                )
                .await?
                == 0
            {
                return Err(Error::Forbidden(Forbidden::LastServerAdmin));
            }
            Ok(())
        })
    }
}

pub(crate) async fn load(conn: &Conn, id: UserId) -> Result<Option<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM account a WHERE a.id = ?1");
    let Some(mut row) = conn.row(&sql, params![id]).await? else {
        return Ok(None);
    };
    Ok(Some(Account {
        id: row.id()?,
        name: row.text()?,
        domain: row.text()?,
        full_name: row.opt_text()?,
        email: row.opt_text()?,
        is_server_admin: row.bool()?,
    }))
}
