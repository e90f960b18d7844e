//! How often views are looked at, and by whom.

use vivant_model::{SiteId, UserId, ViewId};

use crate::jobs::unwritten;
use crate::{Millis, Result, Store};

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
        let _ = (site, view, user, now);
        Err(unwritten())
    }

    /// Who looked at a view, the last first.
    pub async fn view_uses(&self, site: SiteId, view: ViewId, limit: usize) -> Result<Vec<ViewUse>> {
        let _ = (site, view, limit);
        Err(unwritten())
    }

    /// What a user looked at on a site, the last first.
    pub async fn recent_views(&self, site: SiteId, user: UserId, limit: usize) -> Result<Vec<ViewUse>> {
        let _ = (site, user, limit);
        Err(unwritten())
    }
}
