//! What a project may be set to.

crate::site::text_enum! {
    /// Whether the permissions of a project's content are kept in the project.
    ContentPermissions {
        /// Owners manage the permissions of what they own.
        ManagedByOwner = "ManagedByOwner",
        /// The project's rules hold for its content and for nested projects.
        LockedToProject = "LockedToProject",
        /// The project's rules hold for its content, not for nested projects (API 3.8).
        LockedToProjectWithoutNested = "LockedToProjectWithoutNested",
    }
}

impl ContentPermissions {
    /// Returns whether content of the project follows the project's rules alone.
    pub fn is_locked(self) -> bool {
        self != Self::ManagedByOwner
    }
}

/// The name of the project that every site has and that cannot be deleted or renamed.
pub const DEFAULT_PROJECT: &str = "Default";

/// The group that every user of a site belongs to.
pub const ALL_USERS: &str = "All Users";
