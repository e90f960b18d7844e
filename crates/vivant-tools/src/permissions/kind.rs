//! Kinds of content that carry rules, and which capabilities exist on each, by API version.

use vivant_wire::ApiVersion;
use vivant_wire::version::V;

use crate::error::{Error, Result};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $one:literal $many:literal $defaults:expr),* $(,)?) => {
        /// A kind of content that carries rules.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $name),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The element name of the REST API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $one),* }
            }

            /// The name in addresses of the REST API.
            pub fn plural(self) -> &'static str {
                match self { $(Self::$name => $many),* }
            }

            /// The API version since which projects keep default rules for the kind.
            pub fn defaults_since(self) -> Option<ApiVersion> {
                match self { $(Self::$name => $defaults),* }
            }

            /// Reads a name, singular or plural, in any case of letters.
            pub fn parse(text: &str) -> Result<Self> {
                let found = Self::ALL
                    .iter()
                    .find(|kind| text.eq_ignore_ascii_case(kind.as_str()) || text.eq_ignore_ascii_case(kind.plural()));
                found.copied().ok_or_else(|| {
                    let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
                    Error::input(format!("`{text}` is no kind of content; there are {}", names.join(", ")))
                })
            }
        }
    };
}

kinds! {
    /// A project.
    Project = "project" "projects" None,
    /// A workbook.
    Workbook = "workbook" "workbooks" Some(V(2, 1)),
    /// A view of a workbook that does not show tabs.
    View = "view" "views" None,
    /// A published data source.
    Datasource = "datasource" "datasources" Some(V(2, 1)),
    /// A flow.
    Flow = "flow" "flows" Some(V(3, 4)),
    /// A metric of the first generation.
    Metric = "metric" "metrics" Some(V(3, 2)),
    /// A lens of Ask Data.
    Lens = "lens" "lenses" Some(V(3, 4)),
    /// A data role.
    DataRole = "datarole" "dataroles" Some(V(3, 4)),
    /// A virtual connection.
    VirtualConnection = "virtualConnection" "virtualConnections" Some(V(3, 23)),
    /// A database that Catalog knows.
    Database = "database" "databases" Some(V(3, 23)),
    /// A table that Catalog knows.
    Table = "table" "tables" Some(V(3, 23)),
}

/// From which version to which a capability exists; the second is the first without it.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// From this version on.
    Since(ApiVersion),
    /// From the first version until before this one.
    Before(ApiVersion),
    /// In newer versions; which was the first is not documented, so it is set by name only.
    Later,
}

use Known::{Before, Later, Since};

/// What a project's rules hold besides since 2.1, when defaults got rules of their own.
const FIRST: Known = Before(V(2, 1));
const ALWAYS: Known = Since(V(2, 0));

/// Kind, capability, when it exists.
const CAPABILITIES: &[(Kind, &str, Known)] = &[
    (Kind::Project, "Read", ALWAYS),
    (Kind::Project, "Write", ALWAYS),
    (Kind::Project, "ProjectLeader", ALWAYS),
    (Kind::Project, READ_ONLY, Since(V(2, 8))),
    (Kind::Project, "AddComment", FIRST),
    (Kind::Project, "ChangeHierarchy", FIRST),
    (Kind::Project, "ChangePermissions", FIRST),
    (Kind::Project, "Connect", FIRST),
    (Kind::Project, "Delete", FIRST),
    (Kind::Project, "ExportData", FIRST),
    (Kind::Project, "ExportImage", FIRST),
    (Kind::Project, "ExportXml", FIRST),
    (Kind::Project, "Filter", FIRST),
    (Kind::Project, "ShareView", FIRST),
    (Kind::Project, "ViewComments", FIRST),
    (Kind::Project, "ViewUnderlyingData", FIRST),
    (Kind::Project, "WebAuthoring", FIRST),
    (Kind::Workbook, "AddComment", ALWAYS),
    (Kind::Workbook, "ChangeHierarchy", ALWAYS),
    (Kind::Workbook, "ChangePermissions", ALWAYS),
    (Kind::Workbook, "Delete", ALWAYS),
    (Kind::Workbook, "ExportData", ALWAYS),
    (Kind::Workbook, "ExportImage", ALWAYS),
    (Kind::Workbook, "ExportXml", ALWAYS),
    (Kind::Workbook, "Filter", ALWAYS),
    (Kind::Workbook, "Read", ALWAYS),
    (Kind::Workbook, "ShareView", ALWAYS),
    (Kind::Workbook, "ViewComments", ALWAYS),
    (Kind::Workbook, "ViewUnderlyingData", ALWAYS),
    (Kind::Workbook, "WebAuthoring", ALWAYS),
    (Kind::Workbook, "Write", ALWAYS),
    (Kind::Workbook, "CreateRefreshMetrics", Since(V(3, 9))),
    (Kind::Workbook, "RunExplainData", Since(V(3, 12))),
    (Kind::Workbook, "SaveAs", Later),
    (Kind::Workbook, "ExtractRefresh", Later),
    (Kind::Workbook, "AiAccess", Later),
    (Kind::Workbook, "Overwrite", Later),
    (Kind::View, "AddComment", Since(V(3, 2))),
    (Kind::View, "ChangePermissions", Since(V(3, 2))),
    (Kind::View, "Delete", Since(V(3, 2))),
    (Kind::View, "ExportData", Since(V(3, 2))),
    (Kind::View, "ExportImage", Since(V(3, 2))),
    (Kind::View, "Filter", Since(V(3, 2))),
    (Kind::View, "Read", Since(V(3, 2))),
    (Kind::View, "ShareView", Since(V(3, 2))),
    (Kind::View, "ViewComments", Since(V(3, 2))),
    (Kind::View, "ViewUnderlyingData", Since(V(3, 2))),
    (Kind::View, "WebAuthoring", Since(V(3, 2))),
    (Kind::Datasource, "ChangePermissions", ALWAYS),
    (Kind::Datasource, "Connect", ALWAYS),
    (Kind::Datasource, "Delete", ALWAYS),
    (Kind::Datasource, "ExportXml", ALWAYS),
    (Kind::Datasource, "Read", ALWAYS),
    (Kind::Datasource, "Write", ALWAYS),
    (Kind::Datasource, "ChangeHierarchy", Later),
    (Kind::Datasource, "SaveAs", Later),
    (Kind::Datasource, "PulseMetricDefine", Later),
    (Kind::Datasource, "VizqlDataApiAccess", Later),
    (Kind::Datasource, "ExtractRefresh", Later),
    (Kind::Datasource, "AiAccess", Later),
    (Kind::Datasource, "Overwrite", Later),
    (Kind::Flow, "ChangeHierarchy", Since(V(3, 3))),
    (Kind::Flow, "ChangePermissions", Since(V(3, 3))),
    (Kind::Flow, "Delete", Since(V(3, 3))),
    (Kind::Flow, "Execute", Since(V(3, 3))),
    (Kind::Flow, "ExportXml", Since(V(3, 3))),
    (Kind::Flow, "Read", Since(V(3, 3))),
    (Kind::Flow, "Write", Since(V(3, 3))),
    (Kind::Flow, "WebAuthoringForFlows", Since(V(3, 3))),
    (Kind::Metric, "ChangeHierarchy", Since(V(3, 2))),
    (Kind::Metric, "ChangePermissions", Since(V(3, 2))),
    (Kind::Metric, "Delete", Since(V(3, 2))),
    (Kind::Metric, "Read", Since(V(3, 2))),
    (Kind::Metric, "Write", Since(V(3, 2))),
    (Kind::Lens, "ChangeHierarchy", Since(V(3, 4))),
    (Kind::Lens, "ChangePermissions", Since(V(3, 4))),
    (Kind::Lens, "Delete", Since(V(3, 4))),
    (Kind::Lens, "Read", Since(V(3, 4))),
    (Kind::Lens, "Write", Since(V(3, 4))),
    (Kind::DataRole, "ChangeHierarchy", Since(V(3, 4))),
    (Kind::DataRole, "ChangePermissions", Since(V(3, 4))),
    (Kind::DataRole, "Delete", Since(V(3, 4))),
    (Kind::DataRole, "Read", Since(V(3, 4))),
    (Kind::DataRole, "Write", Since(V(3, 4))),
    (Kind::VirtualConnection, "ChangeHierarchy", Since(V(3, 18))),
    (Kind::VirtualConnection, "ChangePermissions", Since(V(3, 18))),
    (Kind::VirtualConnection, "Connect", Since(V(3, 18))),
    (Kind::VirtualConnection, "ExportXml", Since(V(3, 18))),
    (Kind::VirtualConnection, "Read", Since(V(3, 18))),
    (Kind::VirtualConnection, "Write", Since(V(3, 18))),
    (Kind::Database, "ChangeHierarchy", Since(V(3, 5))),
    (Kind::Database, "ChangePermissions", Since(V(3, 5))),
    (Kind::Database, "Read", Since(V(3, 5))),
    (Kind::Database, "Write", Since(V(3, 5))),
    (Kind::Table, "ChangeHierarchy", Since(V(3, 5))),
    (Kind::Table, "ChangePermissions", Since(V(3, 5))),
    (Kind::Table, "Read", Since(V(3, 5))),
    (Kind::Table, "Write", Since(V(3, 5))),
];

/// Tableau: what a leader of the project above has; servers show it and let nobody set it.
pub(crate) const READ_ONLY: &str = "InheritedProjectLeader";

/// Name on the product's pages, now or once, and name in the REST API.
const PAGE_NAMES: &[(&str, &str)] = &[
    ("Add Comment", "AddComment"),
    ("Move", "ChangeHierarchy"),
    ("Set Permissions", "ChangePermissions"),
    ("Connect", "Connect"),
    ("Create/Refresh Metrics", "CreateRefreshMetrics"),
    ("Delete", "Delete"),
    ("View Summary Data", "ExportData"),
    ("Download Summary Data", "ExportData"),
    ("Export Image", "ExportImage"),
    ("Download Image/PDF", "ExportImage"),
    ("Download", "ExportXml"),
    ("Download / Save As", "ExportXml"),
    ("Download Workbook/Save As", "ExportXml"),
    ("Run Flow", "Execute"),
    ("Filter", "Filter"),
    ("Project Leader", "ProjectLeader"),
    ("Inherited Project Leader", READ_ONLY),
    ("View", "Read"),
    ("Run Explain Data", "RunExplainData"),
    ("Share Customized", "ShareView"),
    ("View Comments", "ViewComments"),
    ("View Underlying Data", "ViewUnderlyingData"),
    ("Download Full Data", "ViewUnderlyingData"),
    ("Web Edit", "WebAuthoring"),
    ("Save", "Write"),
    ("Publish", "Write"),
];

/// The capabilities that exist on a kind of content in an API version and may be set.
///
/// Those whose first version is not documented are left out: [`capability`] takes them by name.
pub fn capabilities(kind: Kind, version: ApiVersion) -> impl Iterator<Item = &'static str> {
    CAPABILITIES
        .iter()
        .filter(move |(of, name, known)| {
            let there = match *known {
                Since(first) => version >= first,
                Before(end) => version < end,
                Later => false,
            };
            *of == kind && there && *name != READ_ONLY
        })
        .map(|(_, name, _)| *name)
}

/// Finds a capability of a kind by its name in the REST API or on the product's pages.
pub fn capability(kind: Kind, version: ApiVersion, name: &str) -> Result<&'static str> {
    let of_kind = |wanted: &str| {
        CAPABILITIES
            .iter()
            .find(|(of, found, _)| *of == kind && *found == wanted)
    };
    let page_name = PAGE_NAMES
        .iter()
        .find(|(page, _)| page.eq_ignore_ascii_case(name));
    let found = of_kind(name).or_else(|| of_kind(page_name?.1));
    let Some((_, found, known)) = found else {
        let names: Vec<&str> = capabilities(kind, version).collect();
        return Err(Error::input(format!(
            "`{name}` is no capability of a {}; in API {version} there are {}",
            kind.as_str(),
            names.join(", ")
        )));
    };
    if *found == READ_ONLY {
        return Err(Error::input(format!(
            "{READ_ONLY} cannot be set: it follows from ProjectLeader on a project above"
        )));
    }
    match *known {
        Since(first) if version < first => Err(Error::input(format!(
            "{found} on a {} came with API {first}; this is {version}",
            kind.as_str()
        ))),
        Before(end) if version >= end => Err(Error::input(format!(
            "{found} on a project ended with API {end}; set it in the project's defaults for workbooks or data sources"
        ))),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_those_of_the_reference() {
        for (kind, version, count) in [
            // All 16: the 14 of workbooks, Connect, ProjectLeader.
            (Kind::Project, V(2, 0), 16),
            (Kind::Project, V(2, 1), 3),
            (Kind::Project, V(3, 1), 3),
            (Kind::Workbook, V(2, 0), 14),
            (Kind::Workbook, V(3, 1), 14),
            (Kind::Workbook, V(3, 9), 15),
            (Kind::Workbook, V(3, 12), 16),
            (Kind::Datasource, V(2, 1), 6),
            (Kind::View, V(3, 1), 0),
            (Kind::Flow, V(3, 3), 8),
        ] {
            assert_eq!(
                capabilities(kind, version).count(),
                count,
                "{kind:?} in {version}"
            );
        }
    }

    #[test]
    fn names_of_pages_and_of_the_api_are_read() {
        let check = |kind, name, expected: &str| {
            assert_eq!(capability(kind, V(3, 29), name).expect("known"), expected);
        };
        check(Kind::Workbook, "Download Full Data", "ViewUnderlyingData");
        check(Kind::Workbook, "Read", "Read");
        check(Kind::Workbook, "view", "Read");
        check(Kind::Datasource, "VizqlDataApiAccess", "VizqlDataApiAccess");
        check(Kind::Project, "Publish", "Write");
    }

    #[test]
    fn what_cannot_be_set_says_why() {
        let check = |kind, version, name, part: &str| {
            let error = capability(kind, version, name).expect_err(name).to_string();
            assert!(error.contains(part), "{error}");
        };
        check(Kind::Project, V(3, 1), "InheritedProjectLeader", "cannot be set");
        check(Kind::Project, V(3, 1), "Filter", "defaults");
        check(Kind::Workbook, V(3, 1), "RunExplainData", "came with API 3.12");
        check(Kind::Workbook, V(3, 1), "Connect", "no capability of a workbook");
        check(Kind::Workbook, V(3, 1), "read", "there are AddComment");
    }

    #[test]
    fn every_capability_of_the_house_is_in_the_table() {
        use vivant_model::ContentKind;
        for of in [
            ContentKind::Project,
            ContentKind::Workbook,
            ContentKind::View,
            ContentKind::Datasource,
            ContentKind::Flow,
        ] {
            let kind = Kind::parse(of.as_str()).expect("a kind");
            for capability in vivant_model::capability::of_kind(of).iter() {
                super::capability(kind, V(3, 29), capability.as_str()).expect("in the table");
            }
        }
    }
}
