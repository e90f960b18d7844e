//! Roles: the named sets of capabilities that the product's pages offer, by kind and API version.

use vivant_wire::ApiVersion;
use vivant_wire::version::V;

use super::kind::{Kind, capabilities};
use super::rules::{Mode, Rule};
use crate::error::{Error, Result};

/// What a role allows.
#[derive(Clone, Copy, Debug)]
enum Allows {
    /// These.
    Only(&'static [&'static str]),
    /// All of the version but these.
    AllBut(&'static [&'static str]),
}

use Allows::{AllBut, Only};

/// A row of the table of roles.
struct Row {
    kind: Kind,
    /// The name of the classic pages and of `tableau_tools`, then newer ones.
    names: &'static [&'static str],
    /// Until before this version; `None` still.
    before: Option<ApiVersion>,
    /// From this version on.
    since: ApiVersion,
    allows: Allows,
}

const fn row(kind: Kind, names: &'static [&'static str], allows: Allows) -> Row {
    Row {
        kind,
        names,
        before: None,
        since: V(2, 0),
        allows,
    }
}

const fn first(names: &'static [&'static str], allows: Allows) -> Row {
    Row {
        before: Some(V(2, 1)),
        ..row(Kind::Project, names, allows)
    }
}

const fn later(kind: Kind, names: &'static [&'static str], allows: Allows) -> Row {
    Row {
        since: V(2, 1),
        ..row(kind, names, allows)
    }
}

const LOOK: &[&str] = &["Read", "ExportImage", "ExportData", "ViewComments", "AddComment"];
const EXPLORE_LESS: &[&str] = &[
    "ExportXml",
    "ChangeHierarchy",
    "Delete",
    "ChangePermissions",
    "Write",
];

/// Every role.
///
/// Tableau: until 2.0 one list of rules on a project stood for its content too, so projects had the roles of
/// workbooks and data sources. `tableau_tools` leaves Data Source Connector without anything, and its
/// Interactor and Editor there set nothing; here they allow what the pages say.
const ROLES: &[Row] = &[
    first(&["Viewer"], Only(LOOK)),
    first(
        &["Interactor"],
        AllBut(&[
            "ExportXml",
            "ChangeHierarchy",
            "Delete",
            "ChangePermissions",
            "Write",
            "Connect",
            "ProjectLeader",
        ]),
    ),
    first(&["Editor"], AllBut(&["Connect", "ProjectLeader"])),
    first(&["Data Source Connector"], Only(&["Connect"])),
    first(
        &["Data Source Editor"],
        Only(&[
            "Read",
            "Connect",
            "Write",
            "ExportXml",
            "Delete",
            "ChangePermissions",
        ]),
    ),
    first(&["Publisher"], Only(&["Read", "Write"])),
    first(&["Project Leader"], Only(&["ProjectLeader"])),
    later(Kind::Project, &["Viewer", "View"], Only(&["Read"])),
    later(Kind::Project, &["Publisher", "Publish"], Only(&["Read", "Write"])),
    later(Kind::Project, &["Project Leader"], Only(&["ProjectLeader"])),
    row(Kind::Workbook, &["Viewer", "View"], Only(LOOK)),
    row(
        Kind::Workbook,
        &["Interactor", "Explorer", "Explore"],
        AllBut(EXPLORE_LESS),
    ),
    row(
        Kind::Workbook,
        &["Editor", "Publisher", "Administer"],
        AllBut(&[]),
    ),
    row(
        Kind::Datasource,
        &["Connector", "Viewer", "Explorer", "View"],
        Only(&["Read", "Connect"]),
    ),
    row(
        Kind::Datasource,
        &["Editor", "Publisher", "Administer"],
        AllBut(&[]),
    ),
    row(Kind::View, &["Viewer", "View"], Only(LOOK)),
    row(
        Kind::View,
        &["Interactor", "Explorer", "Explore"],
        AllBut(&["Delete", "ChangePermissions"]),
    ),
    row(Kind::View, &["Editor", "Publisher", "Administer"], AllBut(&[])),
];

/// The roles of a kind in an API version, by their first names.
pub fn roles(kind: Kind, version: ApiVersion) -> impl Iterator<Item = &'static str> {
    rows(kind, version).map(|row| row.names[0])
}

/// Returns what a role allows; everything else stays unspecified.
pub fn role(kind: Kind, version: ApiVersion, name: &str) -> Result<Rule> {
    let found =
        rows(kind, version).find(|row| row.names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    let Some(row) = found else {
        let names: Vec<&str> = roles(kind, version).collect();
        let there = match names.is_empty() {
            true => "there are none".to_owned(),
            false => format!("there are {}", names.join(", ")),
        };
        return Err(Error::input(format!(
            "`{name}` is no role for a {} in API {version}; {there}",
            kind.as_str()
        )));
    };
    let allowed = capabilities(kind, version).filter(|name| match row.allows {
        Only(these) => these.contains(name),
        AllBut(these) => !these.contains(name),
    });
    Ok(allowed.map(|name| (name.to_owned(), Mode::Allow)).collect())
}

fn rows(kind: Kind, version: ApiVersion) -> impl Iterator<Item = &'static Row> {
    ROLES.iter().filter(move |row| {
        row.kind == kind && version >= row.since && row.before.is_none_or(|before| version < before)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, version: ApiVersion, name: &str, expected: &[&str]) {
        let rule = role(kind, version, name).expect("a role");
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let found: Vec<&str> = rule.iter().map(|(name, _)| name).collect();
        assert_eq!(found, expected, "{name}");
        assert!(rule.iter().all(|(_, mode)| mode == Mode::Allow));
    }

    #[test]
    fn roles_are_those_of_the_table() {
        check(Kind::Project, V(3, 1), "Publisher", &["Read", "Write"]);
        check(Kind::Project, V(2, 0), "data source connector", &["Connect"]);
        check(Kind::Workbook, V(2, 1), "Viewer", LOOK);
        check(
            Kind::Workbook,
            V(3, 1),
            "Interactor",
            &[
                "AddComment",
                "ExportData",
                "ExportImage",
                "Filter",
                "Read",
                "ShareView",
                "ViewComments",
                "ViewUnderlyingData",
                "WebAuthoring",
            ],
        );
        check(Kind::Datasource, V(3, 1), "Connector", &["Read", "Connect"]);
        assert_eq!(role(Kind::Workbook, V(3, 1), "Editor").expect("a role").len(), 14);
        assert_eq!(role(Kind::Project, V(2, 0), "Editor").expect("a role").len(), 14);
        assert_eq!(
            role(Kind::Workbook, V(3, 12), "Editor").expect("a role").len(),
            16
        );
    }

    #[test]
    fn versions_have_their_own_roles() {
        let names = |kind, version| roles(kind, version).collect::<Vec<_>>();
        assert_eq!(names(Kind::Project, V(2, 0)).len(), 7);
        assert_eq!(
            names(Kind::Project, V(2, 1)),
            ["Viewer", "Publisher", "Project Leader"]
        );
        let error = role(Kind::Workbook, V(3, 1), "Project Leader")
            .expect_err("none")
            .to_string();
        assert!(error.contains("there are Viewer, Interactor, Editor"), "{error}");
        assert!(role(Kind::Flow, V(3, 4), "Viewer").is_err());
    }

    #[test]
    fn roles_allow_only_what_exists() {
        for version in ApiVersion::all() {
            for row in ROLES
                .iter()
                .filter(|row| version >= row.since && row.before.is_none_or(|b| version < b))
            {
                let known: Vec<&str> = capabilities(row.kind, version).collect();
                let (Only(these) | AllBut(these)) = row.allows;
                let there = |name: &&&str| known.contains(*name);
                assert_eq!(known.is_empty(), row.kind == Kind::View && version < V(3, 2));
                if !known.is_empty() {
                    assert_eq!(
                        these.iter().filter(there).count(),
                        these.len(),
                        "{:?} {version}",
                        row.names
                    );
                }
            }
        }
    }
}
