//! How often views are looked at, and by whom.

use vivant_model::{SiteId, UserId, ViewId};

use crate::db::{Row, params, transact};
use crate::{Error, Millis, Result, Store, What};

/// How a user used a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewUse {
    /// The view.
    pub view: ViewId,
    /// The user.
    pub user: UserId,
    /// How often.
    pub times: i64,
    /// The last time.
    pub last_at: Millis,
}

impl Store {
    /// Counts one look of a user at a view. The totals stand in [`crate::View::total_views`].
    pub async fn record_view(&self, site: SiteId, view: ViewId, user: UserId, now: Millis) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE view SET total_views = total_views + 1 WHERE site_id = ?1 AND id = ?2";
            if tx.execute(sql, params![site, view]).await? == 0 {
                return Err(Error::NotFound(What::View));
            }
            let sql = "INSERT INTO view_use (view_id, user_id, site_id, times, last_at) VALUES (?1, ?2, ?3, 1, ?4) \
                 ON CONFLICT (view_id, user_id) DO UPDATE SET times = view_use.times + 1, last_at = excluded.last_at";
            tx.execute(sql, params![view, user, site, now]).await.map(drop)
        })
    }

    /// Who looked at a view, the last first.
    pub async fn view_uses(&self, site: SiteId, view: ViewId, limit: usize) -> Result<Vec<ViewUse>> {
        let sql = "SELECT view_id, user_id, times, last_at FROM view_use WHERE view_id = ?1 AND site_id || '' = ?2 \
             ORDER BY last_at DESC, user_id LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.conn().await?.query(sql, params![view, site, limit]).await?;
        rows.into_iter().map(read).collect()
    }

    /// What a user looked at on a site, the last first.
    pub async fn recent_views(&self, site: SiteId, user: UserId, limit: usize) -> Result<Vec<ViewUse>> {
        let sql = "SELECT view_id, user_id, times, last_at FROM view_use WHERE user_id = ?1 AND site_id = ?2 \
             ORDER BY last_at DESC, view_id LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.conn().await?.query(sql, params![user, site, limit]).await?;
        rows.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<ViewUse> {
    Ok(ViewUse {
        view: row.id()?,
        user: row.id()?,
        times: row.int()?,
        last_at: row.int()?,
    })
}
