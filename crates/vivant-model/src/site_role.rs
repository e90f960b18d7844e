//! Site roles: what a user may do at most on a site, and how each API version calls them.

use crate::capability::{Capability, CapabilitySet};

/// A user's role on a site, by its name since API 3.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteRole {
    /// No licence: may sign in and do nothing.
    Unlicensed,
    /// An anonymous visitor.
    Guest,
    /// Role of accounts made before 2018.1 that may only look.
    ReadOnly,
    /// Looks at and filters published views.
    Viewer,
    /// Explores published data, edits on the web, does not publish.
    Explorer,
    /// Explorer who may publish.
    ExplorerCanPublish,
    /// Connects to data and publishes.
    Creator,
    /// Administers the site with an Explorer licence.
    SiteAdministratorExplorer,
    /// Administers the site with a Creator licence.
    SiteAdministratorCreator,
    /// Administers the server and all its sites.
    ServerAdministrator,
}

/// The kind of licence that a role uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum License {
    /// Counts against `tierViewerCapacity`.
    Viewer,
    /// Counts against `tierExplorerCapacity`.
    Explorer,
    /// Counts against `tierCreatorCapacity`.
    Creator,
}

/// Role, name since 3.0, name in 2.x, further names that are read.
const NAMES: &[(SiteRole, &str, &str, &[&str])] = &[
    (
        SiteRole::Unlicensed,
        "Unlicensed",
        "Unlicensed",
        &["UnlicensedWithPublish"],
    ),
    (SiteRole::Guest, "Guest", "Guest", &[]),
    (SiteRole::ReadOnly, "ReadOnly", "Viewer", &["ViewerWithPublish"]),
    (SiteRole::Viewer, "Viewer", "Viewer", &[]),
    (SiteRole::Explorer, "Explorer", "Interactor", &[]),
    (
        SiteRole::ExplorerCanPublish,
        "ExplorerCanPublish",
        "Publisher",
        &[],
    ),
    (SiteRole::Creator, "Creator", "Publisher", &[]),
    (
        SiteRole::SiteAdministratorExplorer,
        "SiteAdministratorExplorer",
        "SiteAdministrator",
        &[],
    ),
    (
        SiteRole::SiteAdministratorCreator,
        "SiteAdministratorCreator",
        "SiteAdministrator",
        &[],
    ),
    (
        SiteRole::ServerAdministrator,
        "ServerAdministrator",
        "ServerAdministrator",
        &[],
    ),
];

impl SiteRole {
    /// The name since API 3.0.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The name in API 2.x.
    pub fn legacy_str(self) -> &'static str {
        self.row().2
    }

    /// Reads any name of any version; a 2.x name gives the role it became in 3.0.
    pub fn parse(text: &str) -> Option<Self> {
        let modern = NAMES.iter().find(|row| row.1 == text || row.3.contains(&text));
        modern
            .or_else(|| NAMES.iter().find(|row| row.2 == text))
            .map(|row| row.0)
    }

    fn row(self) -> &'static (SiteRole, &'static str, &'static str, &'static [&'static str]) {
        NAMES
            .iter()
            .find(|row| row.0 == self)
            .expect("every role has its row")
    }

    /// Every role, from the least to the most powerful.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|row| row.0)
    }

    /// Returns whether the role administers its site.
    pub fn is_admin(self) -> bool {
        matches!(
            self,
            Self::SiteAdministratorExplorer | Self::SiteAdministratorCreator | Self::ServerAdministrator
        )
    }

    /// Returns whether the role may publish at all.
    pub fn may_publish(self) -> bool {
        self.is_admin() || matches!(self, Self::Creator | Self::ExplorerCanPublish)
    }

    /// Returns whether the REST API may give the role to a user of a site.
    ///
    /// Tableau: "You cannot use the REST API to set a user to be a server administrator"; Guest
    /// answers an error of its own.
    pub fn is_assignable(self) -> bool {
        !matches!(self, Self::ServerAdministrator | Self::Guest)
    }

    /// The least role that may do all that either may.
    ///
    /// Tableau: a group's role raises that of a member, or is combined with it, and never lowers it.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let level = |role: Self| match role {
            Self::Unlicensed => 0,
            Self::Guest => 1,
            Self::ReadOnly => 2,
            Self::Viewer => 3,
            Self::Explorer => 4,
            Self::ExplorerCanPublish => 5,
            Self::Creator => 6,
            Self::SiteAdministratorExplorer => 7,
            Self::SiteAdministratorCreator => 8,
            Self::ServerAdministrator => 9,
        };
        match (self, other) {
            (Self::Creator, Self::SiteAdministratorExplorer)
            | (Self::SiteAdministratorExplorer, Self::Creator) => Self::SiteAdministratorCreator,
            _ if level(other) > level(self) => other,
            _ => self,
        }
    }

    /// The licence that the role uses up.
    pub fn license(self) -> Option<License> {
        match self {
            Self::Unlicensed | Self::Guest => None,
            Self::ReadOnly | Self::Viewer => Some(License::Viewer),
            Self::Explorer | Self::ExplorerCanPublish | Self::SiteAdministratorExplorer => {
                Some(License::Explorer)
            }
            Self::Creator | Self::SiteAdministratorCreator | Self::ServerAdministrator => {
                Some(License::Creator)
            }
        }
    }

    /// The capabilities that the role can hold at all, whatever the rules say.
    pub fn ceiling(self) -> CapabilitySet {
        use Capability::*;
        let look = CapabilitySet::of(&[
            Read,
            Filter,
            ViewComments,
            AddComment,
            ExportImage,
            ExportData,
            Connect,
        ]);
        match self {
            Self::Unlicensed => CapabilitySet::EMPTY,
            Self::Guest => CapabilitySet::of(&[Read, Filter, ViewComments, ExportImage, ExportData, Connect]),
            Self::ReadOnly | Self::Viewer => look,
            // Tableau: an Explorer edits on the web but saves nothing over what others published.
            Self::Explorer => CapabilitySet::ALL.without(CapabilitySet::of(&[
                Write,
                SaveAs,
                ExtractRefresh,
                CreateRefreshMetrics,
            ])),
            _ => CapabilitySet::ALL,
        }
    }
}

impl std::fmt::Display for SiteRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for role in SiteRole::all() {
            assert_eq!(SiteRole::parse(role.as_str()), Some(role));
        }
        assert_eq!(SiteRole::parse("Interactor"), Some(SiteRole::Explorer));
        assert_eq!(SiteRole::parse("Publisher"), Some(SiteRole::ExplorerCanPublish));
        assert_eq!(
            SiteRole::parse("SiteAdministrator"),
            Some(SiteRole::SiteAdministratorExplorer)
        );
        assert_eq!(SiteRole::parse("viewer"), None);
    }

    #[test]
    fn joined_roles_lose_nothing() {
        use SiteRole::*;
        for (one, other, both) in [
            (Unlicensed, Viewer, Viewer),
            (Explorer, Viewer, Explorer),
            (ExplorerCanPublish, Creator, Creator),
            (Creator, SiteAdministratorExplorer, SiteAdministratorCreator),
            (
                SiteAdministratorExplorer,
                ExplorerCanPublish,
                SiteAdministratorExplorer,
            ),
            (ServerAdministrator, Unlicensed, ServerAdministrator),
        ] {
            assert_eq!((one.joined(other), other.joined(one)), (both, both));
        }
        for one in SiteRole::all() {
            for other in SiteRole::all() {
                let both = one.joined(other);
                let lost = one.ceiling().without(both.ceiling());
                assert!(
                    lost == CapabilitySet::EMPTY || one == Guest,
                    "{one} and {other} make {both}"
                );
                assert!(both.is_admin() || !one.is_admin());
            }
        }
    }

    #[test]
    fn an_unlicensed_user_holds_nothing() {
        assert!(SiteRole::Unlicensed.ceiling().is_empty());
        assert!(!SiteRole::Viewer.ceiling().contains(Capability::Write));
        assert!(SiteRole::Creator.ceiling().contains(Capability::Write));
    }
}
