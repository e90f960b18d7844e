//! Sites: separate rooms of one installation, each with its own users, projects and quotas.

use std::collections::BTreeMap;

use vivant_model::site::DEFAULT_REVISION_LIMIT;
use vivant_model::{AdminMode, SiteId, SiteState};

use crate::{Millis, User};

/// A site.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name, unique on the server.
    pub name: String,
    /// Its part of addresses; empty for the default site.
    pub content_url: String,
    /// Who may add and remove users.
    pub admin_mode: AdminMode,
    /// How many licensed users it may have.
    pub user_quota: Option<i64>,
    /// How many megabytes of content it may hold.
    pub storage_quota_mb: Option<i64>,
    /// How many Creators it may have.
    pub tier_creator: Option<i64>,
    /// How many Explorers it may have.
    pub tier_explorer: Option<i64>,
    /// How many Viewers it may have.
    pub tier_viewer: Option<i64>,
    /// Whether subscriptions are off.
    pub disable_subscriptions: bool,
    /// Whether users may sign in.
    pub state: SiteState,
    /// Whether earlier revisions are kept.
    pub revision_history_enabled: bool,
    /// How many revisions of an item are kept.
    pub revision_limit: u32,
    /// Whether users may subscribe others.
    pub subscribe_others_enabled: bool,
    /// Whether the guest account may look.
    pub guest_access_enabled: bool,
    /// Whether views are prepared ahead of subscriptions.
    pub cache_warmup_enabled: bool,
    /// Whether users may comment.
    pub commenting_enabled: bool,
    /// Further attributes of later API versions, kept and given back.
    pub settings: BTreeMap<String, String>,
    /// Whether it is the default site.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// The size of all revisions of its content.
    pub storage_bytes: i64,
}

/// A site to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSite {
    /// Its name.
    pub name: String,
    /// Its part of addresses.
    pub content_url: String,
    /// Who may add and remove users.
    pub admin_mode: AdminMode,
    /// How many licensed users it may have.
    pub user_quota: Option<i64>,
    /// How many megabytes of content it may hold.
    pub storage_quota_mb: Option<i64>,
    /// How many Creators it may have.
    pub tier_creator: Option<i64>,
    /// How many Explorers it may have.
    pub tier_explorer: Option<i64>,
    /// How many Viewers it may have.
    pub tier_viewer: Option<i64>,
    /// Whether subscriptions are off.
    pub disable_subscriptions: bool,
    /// Whether users may sign in.
    pub state: SiteState,
    /// Whether earlier revisions are kept.
    pub revision_history_enabled: bool,
    /// How many revisions of an item are kept.
    pub revision_limit: u32,
    /// Whether users may subscribe others.
    pub subscribe_others_enabled: bool,
    /// Whether the guest account may look.
    pub guest_access_enabled: bool,
    /// Whether views are prepared ahead of subscriptions.
    pub cache_warmup_enabled: bool,
    /// Whether users may comment.
    pub commenting_enabled: bool,
    /// Further attributes of later API versions.
    pub settings: BTreeMap<String, String>,
    /// The owner of the site's Default project; `None` takes the first server administrator.
    pub owner: Option<vivant_model::UserId>,
}

impl Default for NewSite {
    fn default() -> Self {
        Self {
            name: String::new(),
            content_url: String::new(),
            admin_mode: AdminMode::ContentAndUsers,
            user_quota: None,
            storage_quota_mb: None,
            tier_creator: None,
            tier_explorer: None,
            tier_viewer: None,
            disable_subscriptions: false,
            state: SiteState::Active,
            revision_history_enabled: true,
            revision_limit: DEFAULT_REVISION_LIMIT,
            subscribe_others_enabled: true,
            guest_access_enabled: false,
            cache_warmup_enabled: true,
            commenting_enabled: true,
            settings: BTreeMap::new(),
            owner: None,
        }
    }
}

/// What to change of a site; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteChanges {
    /// The name.
    pub name: Option<String>,
    /// The part of addresses.
    pub content_url: Option<String>,
    /// Who may add and remove users.
    pub admin_mode: Option<AdminMode>,
    /// The user quota; `Some(None)` lifts it.
    pub user_quota: Option<Option<i64>>,
    /// The storage quota; `Some(None)` lifts it.
    pub storage_quota_mb: Option<Option<i64>>,
    /// The Creator capacity; `Some(None)` lifts it.
    pub tier_creator: Option<Option<i64>>,
    /// The Explorer capacity; `Some(None)` lifts it.
    pub tier_explorer: Option<Option<i64>>,
    /// The Viewer capacity; `Some(None)` lifts it.
    pub tier_viewer: Option<Option<i64>>,
    /// Whether subscriptions are off.
    pub disable_subscriptions: Option<bool>,
    /// Whether users may sign in.
    pub state: Option<SiteState>,
    /// Whether earlier revisions are kept.
    pub revision_history_enabled: Option<bool>,
    /// How many revisions of an item are kept; surplus ones go at the item's next publication.
    pub revision_limit: Option<u32>,
    /// Whether users may subscribe others.
    pub subscribe_others_enabled: Option<bool>,
    /// Whether the guest account may look.
    pub guest_access_enabled: Option<bool>,
    /// Whether views are prepared ahead of subscriptions.
    pub cache_warmup_enabled: Option<bool>,
    /// Whether users may comment.
    pub commenting_enabled: Option<bool>,
    /// Further attributes to set; others stay.
    pub settings: BTreeMap<String, String>,
}

/// What a site uses of its quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteUsage {
    /// Users with any role.
    pub num_users: i64,
    /// Users with a Creator licence.
    pub num_creators: i64,
    /// Users with an Explorer licence.
    pub num_explorers: i64,
    /// Users with a Viewer licence.
    pub num_viewers: i64,
    /// The size of all revisions of all content.
    pub storage_bytes: i64,
}

/// What the first start made.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrapped {
    /// The default site.
    pub site: Site,
    /// The server administrator, member of the default site.
    pub admin: User,
}
