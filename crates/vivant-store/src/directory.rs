//! Groups of a directory: taken over and kept in step.

use vivant_model::{GroupId, SiteId, SiteRole, StatusNote};

use crate::jobs::{Fence, unwritten};
use crate::{Group, Millis, Result, Store};

/// A group of a directory as it stands there.
#[derive(Clone, Debug)]
pub struct ImportGroup {
    /// The site.
    pub site: SiteId,
    /// The group to bring into step; `None` makes one.
    pub group: Option<GroupId>,
    /// The group's name in the directory.
    pub name: String,
    /// The group's domain.
    pub domain: String,
    /// Where it comes from, such as `ActiveDirectory`.
    pub source: String,
    /// The least role of its members on the site: who has less, or is not there, is given it. `None`
    /// leaves roles as they are and adds nobody to the site.
    pub site_role: Option<SiteRole>,
    /// When members are given that role: `onLogin` or `onSync`; `None` leaves it as it is.
    pub license_mode: Option<String>,
    /// Its members.
    pub members: Vec<DirectoryUser>,
    /// How many of its members cannot be users, such as computers; they count as skipped.
    pub unusable: u64,
}

/// A person of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryUser {
    /// The user name.
    pub name: String,
    /// The domain.
    pub domain: String,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The id in the directory, which stays through renaming.
    pub external_id: Option<String>,
    /// Whether the directory lets the person sign in no more; such a user becomes unlicensed.
    pub is_disabled: bool,
}

/// What bringing a group into step did.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The group.
    pub group: Group,
    /// Whether it was made.
    pub created: bool,
    /// What was done to how many.
    pub counts: ImportCounts,
}

/// What was done to how many users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Members of the group in the directory.
    pub in_directory: u64,
    /// Members looked at.
    pub processed: u64,
    /// Members left as they are.
    pub skipped: u64,
    /// Users added to the site.
    pub added_to_site: u64,
    /// Users added to the group.
    pub added_to_group: u64,
    /// Users taken out of the group.
    pub removed_from_group: u64,
    /// Users whose name or address was brought into step.
    pub information_updated: u64,
    /// Users given a greater role.
    pub role_updated: u64,
    /// Users who could not be given the role, since no licence is left.
    pub insufficient_licenses: u64,
    /// Users who lost their licence, since the directory disabled them.
    pub unlicensed: u64,
}

impl ImportCounts {
    /// The counts as a job reports them.
    pub fn status_notes(&self) -> Vec<StatusNote> {
        Vec::new()
    }
}

impl Store {
    /// Takes over a group of a directory or brings one into step, in one transaction: makes accounts,
    /// adds users to the site and the group, gives them the role, and takes others out of the group.
    /// A job's outcome is given the counts as its status notes.
    pub async fn import_group(&self, import: ImportGroup, fence: Fence<'_>, now: Millis) -> Result<Imported> {
        let _ = (import, fence, now);
        Err(unwritten())
    }
}
