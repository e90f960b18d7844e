//! Capabilities: what a permission rule can allow or deny on each kind of content.

/// The kinds of content that carry permission rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentKind {
    /// A project.
    Project,
    /// A workbook.
    Workbook,
    /// A view whose workbook does not show tabs.
    View,
    /// A published data source.
    Datasource,
    /// A flow.
    Flow,
}

impl ContentKind {
    /// The element name that the REST API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Workbook => "workbook",
            Self::View => "view",
            Self::Datasource => "datasource",
            Self::Flow => "flow",
        }
    }

    /// Reads the element name, singular or plural.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "project" | "projects" => Some(Self::Project),
            "workbook" | "workbooks" => Some(Self::Workbook),
            "view" | "views" => Some(Self::View),
            "datasource" | "datasources" => Some(Self::Datasource),
            "flow" | "flows" => Some(Self::Flow),
            _ => None,
        }
    }
}

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// One thing that a rule can allow or deny, by its name in the REST API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Capability { $($(#[$doc])* $name),* }

        impl Capability {
            /// Every capability; the position is its bit in a [`CapabilitySet`], which is stored,
            /// so new ones go to the end.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name used by the REST API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// Reads the name used by the REST API, exactly as written there.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $(stringify!($name) => Some(Self::$name),)* _ => None }
            }
        }
    };
}

capabilities! {
    /// "View".
    Read,
    /// "Save".
    Write,
    /// "Delete".
    Delete,
    /// "Set Permissions".
    ChangePermissions,
    /// "Move".
    ChangeHierarchy,
    /// Connect to a data source.
    Connect,
    /// "Download / Save As".
    ExportXml,
    /// "Download Image/PDF".
    ExportImage,
    /// "Download Summary Data".
    ExportData,
    /// "Download Full Data".
    ViewUnderlyingData,
    /// "Web Edit".
    WebAuthoring,
    /// "Filter".
    Filter,
    /// "Add Comment".
    AddComment,
    /// "View Comments".
    ViewComments,
    /// "Share Customized".
    ShareView,
    /// Lead a project: everything on its content and nested projects.
    ProjectLeader,
    /// Leader of a parent project; read-only.
    InheritedProjectLeader,
    /// "Run Flow".
    Execute,
    /// "Run Explain Data" (API 3.12).
    RunExplainData,
    /// "Create/Refresh Metrics" (API 3.9).
    CreateRefreshMetrics,
    /// Save a copy.
    SaveAs,
    /// Refresh an extract.
    ExtractRefresh,
    /// Web edit of flows (API 3.3).
    WebAuthoringForFlows,
    /// Define Pulse metrics.
    PulseMetricDefine,
    /// Query through the VizQL Data Service.
    VizqlDataApiAccess,
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct CapabilitySet(u64);

impl CapabilitySet {
    /// No capability.
    pub const EMPTY: Self = Self(0);
    /// Every capability.
    pub const ALL: Self = Self((1 << Capability::ALL.len()) - 1);

    /// Makes a set of the given capabilities.
    pub const fn of(list: &[Capability]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < list.len() {
            bits |= 1 << list[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// Makes a set of its stored bits; bits that stand for nothing are dropped.
    pub fn from_bits(bits: i64) -> Self {
        Self(bits as u64 & Self::ALL.0)
    }

    /// The bits to store.
    pub fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Returns whether the set holds the capability.
    pub fn contains(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u8) != 0
    }

    /// Returns whether the set holds nothing.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set less the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What both sets hold.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The capabilities, in order.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.iter().copied().filter(move |c| self.contains(*c))
    }
}

impl FromIterator<Capability> for CapabilitySet {
    fn from_iter<I: IntoIterator<Item = Capability>>(iter: I) -> Self {
        iter.into_iter()
            .fold(Self::EMPTY, |set, c| set.union(Self::of(&[c])))
    }
}

/// The capabilities that rules on a kind of content may name (conventions: workbook and data
/// source lists of API 2.1 with the later additions).
pub fn of_kind(kind: ContentKind) -> CapabilitySet {
    use Capability::*;
    match kind {
        ContentKind::Project => CapabilitySet::of(&[Read, Write, ProjectLeader]),
        ContentKind::Workbook => CapabilitySet::of(&[
            Read,
            Write,
            Delete,
            ChangePermissions,
            ChangeHierarchy,
            ExportXml,
            ExportImage,
            ExportData,
            ViewUnderlyingData,
            WebAuthoring,
            Filter,
            AddComment,
            ViewComments,
            ShareView,
            RunExplainData,
            CreateRefreshMetrics,
            SaveAs,
            ExtractRefresh,
        ]),
        ContentKind::View => CapabilitySet::of(&[
            Read,
            Delete,
            ChangePermissions,
            ExportImage,
            ExportData,
            ViewUnderlyingData,
            WebAuthoring,
            Filter,
            AddComment,
            ViewComments,
            ShareView,
        ]),
        ContentKind::Datasource => CapabilitySet::of(&[
            Read,
            Write,
            Delete,
            ChangePermissions,
            ChangeHierarchy,
            Connect,
            ExportXml,
            SaveAs,
            ExtractRefresh,
            PulseMetricDefine,
            VizqlDataApiAccess,
        ]),
        ContentKind::Flow => CapabilitySet::of(&[
            Read,
            Write,
            Delete,
            ChangePermissions,
            ChangeHierarchy,
            ExportXml,
            Execute,
            WebAuthoringForFlows,
        ]),
    }
}

/// The rule that the group All Users gets on a new site's Default project and, as defaults, on
/// the content published to it.
pub fn default_rule(kind: ContentKind) -> CapabilitySet {
    use Capability::*;
    match kind {
        ContentKind::Project => CapabilitySet::of(&[Read, Write]),
        ContentKind::Workbook | ContentKind::View => CapabilitySet::of(&[
            Read,
            ExportImage,
            ExportData,
            ViewComments,
            AddComment,
            Filter,
            ShareView,
            ViewUnderlyingData,
            WebAuthoring,
        ]),
        ContentKind::Datasource => CapabilitySet::of(&[Read, Connect]),
        ContentKind::Flow => CapabilitySet::of(&[Read]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_what_it_is_given() {
        let set = CapabilitySet::of(&[Capability::Read, Capability::VizqlDataApiAccess]);
        assert_eq!(CapabilitySet::from_bits(set.bits()), set);
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [Capability::Read, Capability::VizqlDataApiAccess]
        );
        assert!(CapabilitySet::ALL.contains(Capability::VizqlDataApiAccess));
    }

    #[test]
    fn defaults_lie_within_the_kind() {
        for kind in [
            ContentKind::Project,
            ContentKind::Workbook,
            ContentKind::Datasource,
            ContentKind::Flow,
        ] {
            assert!(default_rule(kind).without(of_kind(kind)).is_empty(), "{kind:?}");
        }
    }
}
