//! What users see by rules, remembered.
//!
//! To find the sets of rules that let a user through takes as long as there are rules that speak of
//! the user and the user's groups; a list needs the answer twice, and the next list needs it again. So
//! it is kept until rules, groups or projects of the site change, which the database itself counts:
//! every list reads the two numbers first, so all nodes know of a change at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use vivant_model::{Capability, SiteId, SiteRole, UserId};

use crate::db::{Conn, params};
use crate::{Caller, Error, Result, Store, What, visibility};

/// What a user sees by rules, as long as nothing changes.
pub(crate) struct Sight {
    rules_epoch: i64,
    /// The sets of rules that let the user through.
    pub(crate) acls: Arc<Vec<String>>,
    /// The projects that the user leads, if the user's role can.
    pub(crate) led: Arc<Vec<String>>,
    /// For each kind of content: the epoch, how many items the user sees, how many there are.
    totals: Mutex<HashMap<&'static str, (i64, i64, i64)>>,
}

/// A place for the total of a list.
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
    /// Where the total of a list of a kind is remembered.
    pub(crate) fn remembered(&self, kind: &'static str) -> Remembered {
        Remembered {
            sight: self.sight.clone(),
            content_epoch: self.content_epoch,
            kind,
        }
    }
}

impl Remembered {
    pub(crate) fn get(&self) -> Option<(i64, i64)> {
        let totals = self.sight.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let (epoch, total, all) = totals.get(self.kind).copied()?;
        (epoch == self.content_epoch).then_some((total, all))
    }

    pub(crate) fn set(&self, total: i64, all: i64) {
        let mut totals = self.sight.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.insert(self.kind, (self.content_epoch, total, all));
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
        let row = conn.row(sql, params![caller.site]).await?;
        let mut row = row.ok_or(Error::NotFound(What::Site))?;
        let (rules_epoch, content_epoch) = (row.int()?, row.int()?);
        let leads = caller.role.ceiling().contains(Capability::ProjectLeader);
        let key: Key = (caller.site, caller.user, caller.role, through);
        let known = self.sights().known.get(&key).cloned();
        if let Some(sight) = known.filter(|sight| sight.rules_epoch == rules_epoch) {
            return Ok(Look { sight, content_epoch });
        }
        let (acls, led) = visibility::find(conn, caller, through, leads).await?;
        let sight = Arc::new(Sight {
            rules_epoch,
            acls: Arc::new(acls),
            led: Arc::new(led),
            totals: Mutex::default(),
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
