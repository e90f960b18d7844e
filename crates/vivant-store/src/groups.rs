//! Groups of a site's users.

use vivant_model::{GroupId, SiteId, SiteRole};

use crate::Millis;

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its site.
    pub site_id: SiteId,
    /// Its name, unique in its domain on the site.
    pub name: String,
    /// The domain; `local` for groups of this server.
    pub domain: String,
    /// The least role that its members are given when they are added through it.
    pub minimum_site_role: Option<SiteRole>,
    /// When a member is given that role: `onLogin` or `onSync`.
    pub license_mode: Option<String>,
    /// How many users belong to it.
    pub user_count: u64,
    /// Whether it is the group that every user belongs to.
    pub is_all_users: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// A group to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// The domain; `None` is `local`.
    pub domain: Option<String>,
    /// The least role of its members.
    pub minimum_site_role: Option<SiteRole>,
    /// When a member is given that role.
    pub license_mode: Option<String>,
}

/// What to change of a group; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupChanges {
    /// The name.
    pub name: Option<String>,
    /// The least role of its members; `Some(None)` lifts it.
    pub minimum_site_role: Option<Option<SiteRole>>,
    /// When a member is given that role.
    pub license_mode: Option<Option<String>>,
}

/// What the list is filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];
