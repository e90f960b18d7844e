//! From the store's types to the contract's, in the shape of each API version.

pub mod connections;
pub mod content;
pub mod custom_views;
pub mod favorites;
pub mod jobs;
pub mod permissions;
pub mod revisions;
pub mod schedules;
pub mod site;
pub mod subscriptions;
pub mod users;

use vivant_model::SiteRole;
use vivant_store::Owner;
use vivant_wire::query::Fields;
use vivant_wire::version::V;
use vivant_wire::{ApiVersion, types};

pub use connections::connection_view;
pub use content::{datasource_view, project_view, tags_view, view_view, workbook_view};
pub use custom_views::custom_view_view;
pub use favorites::favorite_view;
pub use jobs::{background_job_view, begun_view, job_view};
pub use revisions::revision_view;
pub use schedules::{
    extract_view, listed_schedule_view, new_task_view, own_task_view, schedule_view, task_schedule_view,
    task_view,
};
pub use site::{SiteView, site_view};
pub use subscriptions::subscription_view;
pub use users::{group_view, user_view};

/// What shapes an answer: the version in the address and the parts asked for.
pub struct Shape {
    /// The version in the address.
    pub version: ApiVersion,
    /// The parts asked for.
    pub fields: Fields,
    /// What links begin with: scheme, host, and the site's path.
    pub web: String,
}

impl Shape {
    /// Returns whether the version is at least the one given.
    pub fn since(&self, major: u16, minor: u16) -> bool {
        self.version >= V(major, minor)
    }
}

/// The name of a site role in a version.
pub fn role_name(role: SiteRole, version: ApiVersion) -> String {
    if version >= V(3, 0) {
        role.as_str()
    } else {
        role.legacy_str()
    }
    .to_owned()
}

/// `owner` of an item: its id always, more when asked for.
pub fn owner_view(owner: Owner, shape: &Shape, normally: bool) -> Option<types::User> {
    let fields = &shape.fields;
    if !fields.wants_child("owner", normally) {
        return None;
    }
    let more = |name: &str| fields.wants("owner", name, false);
    Some(types::User {
        id: Some(owner.id),
        // Newer servers name the owner in normal answers, which saves clients a request an item.
        name: (shape.since(2, 5) || more("name")).then_some(owner.name),
        full_name: if more("fullName") { owner.full_name } else { None },
        email: if more("email") { owner.email } else { None },
        domain: more("domain").then_some(types::Domain {
            name: Some(owner.domain),
            ..types::Domain::default()
        }),
        ..types::User::default()
    })
}

/// Whole megabytes, rounded up, as sizes are told.
pub fn megabytes(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or(0).div_ceil(1024 * 1024)
}
