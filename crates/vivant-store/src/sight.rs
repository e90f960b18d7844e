//! What users see by rules, remembered.
//!
//! To find the sets of rules that let a user through takes as long as there are rules that speak of
//! the user and the user's groups; a list needs the answer twice, and the next list needs it again. So
//! it is kept until rules, groups or projects of the site change, and the totals and pages of lists
//! until its items do. The database itself counts these changes, and every list reads the two numbers
//! first, so all nodes know of a change at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use vivant_model::{Capability, SiteId, SiteRole, UserId};

use crate::db::{Conn, params};
use crate::{Caller, Result, Store, visibility};

/// What a user sees by rules, as long as nothing changes.
pub(crate) struct Sight {
    rules_epoch: i64,
    /// The sets of rules that let the user through.
    pub(crate) acls: Arc<Vec<String>>,
    /// The projects that the user leads, if the user's role can.
    pub(crate) led: Arc<Vec<String>>,
    /// For each kind of content.
    lists: Mutex<HashMap<&'static str, Kept>>,
}

/// What is kept of a list without filters, as long as the content does not change.
#[derive(Default)]
struct Kept {
    content_epoch: i64,
    /// How many rows the user sees, and how many there are.
    total: Option<(i64, i64)>,
    /// Where pages begin: by the number of rows before.
    places: BTreeMap<i64, Place>,
}

/// A row of a list in its usual order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// How many rows come before those that begin here.
    pub(crate) skipped: i64,
    /// The row's time.
    pub(crate) at: i64,
    /// The row's id.
    pub(crate) id: String,
    /// Whether the row is the first of those, or the one before.
    pub(crate) included: bool,
}

/// Places of a list that are kept at most; beyond, all are forgotten.
const PLACES: usize = 5_000;

/// Where things of a list are kept.
#[derive(Clone)]
pub(crate) struct Remembered {
    sight: Arc<Sight>,
    content_epoch: i64,
    kind: &'static str,
}

/// A sight, and the state of the content at which it is used.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) sight: Arc<Sight>,
    content_epoch: i64,
}

impl Look {
    /// Where things of a list of a kind are kept.
    pub(crate) fn remembered(&self, kind: &'static str) -> Remembered {
        Remembered {
            sight: self.sight.clone(),
            content_epoch: self.content_epoch,
            kind,
        }
    }
}

impl Remembered {
    /// How many rows there are, if it is known.
    pub(crate) fn total(&self) -> Option<(i64, i64)> {
        self.kept(|kept| kept.total)
    }

    /// Keeps how many rows there are.
    pub(crate) fn keep_total(&self, total: (i64, i64)) {
        self.kept(|kept| kept.total = Some(total));
    }

    /// The last known place that is not behind so many rows.
    pub(crate) fn place(&self, skipped: i64) -> Option<Place> {
        self.kept(|kept| {
            kept.places
                .range(..=skipped)
                .next_back()
                .map(|(_, place)| place.clone())
        })
    }

    /// Keeps a place.
    pub(crate) fn keep_place(&self, place: Place) {
        self.kept(|kept| {
            if kept.places.len() >= PLACES {
                kept.places.clear();
            }
            kept.places.insert(place.skipped, place);
        });
    }

    /// What is kept of the list at the state of the content that this list began with; of another
    /// state nothing holds.
    fn kept<T: Default>(&self, use_it: impl FnOnce(&mut Kept) -> T) -> T {
        let mut lists = self.sight.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lists.entry(self.kind).or_default();
        if kept.content_epoch < self.content_epoch {
            *kept = Kept {
                content_epoch: self.content_epoch,
                ..Kept::default()
            };
        }
        match kept.content_epoch == self.content_epoch {
            true => use_it(kept),
            // Another list has seen a later state.
            false => T::default(),
        }
    }
}

/// What lets a user through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Through {
    /// Read.
    Read,
    /// Read, and another capability too.
    ReadOr(Capability),
    /// Another capability alone.
    Only(Capability),
}

/// A role bounds what is seen, so another role sees anew.
type Key = (SiteId, UserId, SiteRole, Through);

/// The sights of users.
#[derive(Default)]
pub(crate) struct Sights {
    known: HashMap<Key, Arc<Sight>>,
    /// Ids in all of them.
    ids: usize,
}

/// Ids that are remembered at most, about 80 bytes each; beyond, all are forgotten.
const IDS: usize = 500_000;
/// Sights that are remembered at most.
const SIGHTS: usize = 10_000;

impl Store {
    /// What the caller sees.
    pub(crate) async fn look(&self, conn: &Conn, caller: &Caller, through: Through) -> Result<Look> {
        // Read before anything else: what is found later is at least as new.
        let sql = "SELECT rules_epoch, content_epoch FROM site WHERE id = ?1";
        // A site that is gone has empty lists.
        let (rules_epoch, content_epoch) = match conn.row(sql, params![caller.site]).await? {
            Some(mut row) => (row.int()?, row.int()?),
            None => (0, 0),
        };
        let leads = caller.role.ceiling().contains(Capability::ProjectLeader);
        let key: Key = (caller.site, caller.user, caller.role, through);
        let known = self.sights().known.get(&key).cloned();
        if let Some(sight) = known.filter(|sight| sight.rules_epoch == rules_epoch) {
            return Ok(Look { sight, content_epoch });
        }
        // Administrators see everything, whatever the rules say.
        let (acls, led) = match caller.role.is_admin() {
            true => (Vec::new(), Vec::new()),
            false => visibility::find(conn, caller, through, leads).await?,
        };
        let sight = Arc::new(Sight {
            rules_epoch,
            acls: Arc::new(acls),
            led: Arc::new(led),
            lists: Mutex::default(),
        });
        self.sights().keep(key, sight.clone());
        Ok(Look { sight, content_epoch })
    }

    fn sights(&self) -> std::sync::MutexGuard<'_, Sights> {
        self.inner.sights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sights {
    fn keep(&mut self, key: Key, sight: Arc<Sight>) {
        if let Some(old) = self.known.remove(&key) {
            self.ids -= old.size();
        }
        if self.ids + sight.size() > IDS || self.known.len() >= SIGHTS {
            *self = Self::default();
        }
        if sight.size() <= IDS {
            self.ids += sight.size();
            self.known.insert(key, sight);
        }
    }
}

impl Sight {
    fn size(&self) -> usize {
        self.acls.len() + self.led.len()
    }
}
