//! The domains that accounts and groups belong to.

use vivant_model::name;

use crate::db::{params, transact};
use crate::{Error, Millis, Result, Store, What};

impl Store {
    /// The domains of all accounts and groups, each once, by name.
    pub async fn domains_in_use(&self) -> Result<Vec<String>> {
        let sql = "SELECT MIN(domain) FROM (SELECT domain, domain_key FROM account \
             UNION SELECT domain, domain_key FROM user_group) d GROUP BY domain_key ORDER BY domain_key";
        let rows = self.conn().await?.query(sql, params![]).await?;
        rows.into_iter().map(|mut row| row.text()).collect()
    }

    /// Gives all accounts and groups of a domain to another name of it. An account or group that is
    /// there under the new name already is in the way.
    pub async fn rename_domain(&self, from: &str, to: &str, now: Millis) -> Result<()> {
        let (old, new) = (name::key(from), name::key(to));
        transact!(self.db(), |tx| {
            let accounts = "SELECT a.id, a.name FROM account a JOIN account b ON b.name_key = a.name_key \
                 AND b.domain_key = ?2 AND b.id <> a.id WHERE a.domain_key = ?1 LIMIT 1";
            let groups = "SELECT a.id, a.name FROM user_group a JOIN user_group b ON b.name_key = a.name_key \
                 AND b.site_id = a.site_id AND b.domain_key = ?2 AND b.id <> a.id WHERE a.domain_key = ?1 LIMIT 1";
            for (what, table, taken) in [
                (What::User, "account", accounts),
                (What::Group, "user_group", groups),
            ] {
                if old != new
                    && let Some(mut row) = tx.row(taken, params![&old, &new]).await?
                {
                    let id = row.text()?.parse().ok();
                    return Err(Error::conflict(what, id, &row.text()?));
                }
                let sql = format!(
                    "UPDATE {table} SET domain = ?2, domain_key = ?3, updated_at = ?4 WHERE domain_key = ?1"
                );
                tx.execute(&sql, params![&old, to, &new, now]).await?;
            }
            Ok(())
        })
    }
}
