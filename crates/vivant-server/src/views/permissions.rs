//! Permission rules, under the names that each version knows.

use vivant_model::capability::of_kind;
use vivant_model::{Capability, CapabilitySet, ContentKind, Grantee, Rule};
use vivant_wire::version::V;
use vivant_wire::{ApiVersion, types};

/// Returns whether rules on a kind of content name the capability in a version.
pub fn names(kind: ContentKind, capability: Capability, version: ApiVersion) -> bool {
    since(kind, capability).is_some_and(|first| version >= first)
}

/// The version that brought a capability to a kind of content.
///
/// Clients such as tableau_tools fail on names that their version does not know, so names whose
/// version nobody wrote down count as late.
fn since(kind: ContentKind, capability: Capability) -> Option<ApiVersion> {
    use Capability::*;
    match (kind, capability) {
        (ContentKind::Project, InheritedProjectLeader) => Some(V(2, 8)),
        _ if !of_kind(kind).contains(capability) => None,
        (_, PulseMetricDefine) => Some(V(3, 22)),
        (_, VizqlDataApiAccess | ExtractRefresh) => Some(V(3, 25)),
        (_, SaveAs) | (ContentKind::Datasource, ChangeHierarchy) => Some(V(3, 20)),
        (_, RunExplainData) => Some(V(3, 12)),
        (_, CreateRefreshMetrics) => Some(V(3, 9)),
        (ContentKind::Flow, _) => Some(V(3, 3)),
        (ContentKind::View, _) => Some(V(3, 2)),
        _ => Some(V(2, 0)),
    }
}

/// The names that rules on a kind of content may use in a version, for people.
pub fn valid_names(kind: ContentKind, version: ApiVersion) -> String {
    let names: Vec<&str> = of_kind(kind)
        .iter()
        .filter(|c| names(kind, *c, version))
        .map(Capability::as_str)
        .collect();
    names.join(", ")
}

/// `granteeCapabilities` of each rule that says something in the version.
pub fn rules_view(rules: &[Rule], kind: ContentKind, version: ApiVersion) -> Vec<types::GranteeCapabilities> {
    rules
        .iter()
        .filter_map(|rule| rule_view(rule, kind, version))
        .collect()
}

fn rule_view(rule: &Rule, kind: ContentKind, version: ApiVersion) -> Option<types::GranteeCapabilities> {
    let items = |set: CapabilitySet, mode: &'static str| {
        set.iter()
            .filter(|c| names(kind, *c, version))
            .map(|c| types::CapabilityItem {
                name: Some(c.as_str().to_owned()),
                mode: Some(mode.to_owned()),
            })
            .collect::<Vec<_>>()
    };
    let mut capability = items(rule.allow, "Allow");
    // What is allowed and denied at once is denied.
    capability.retain(|item| !items(rule.deny, "Deny").iter().any(|d| d.name == item.name));
    capability.extend(items(rule.deny, "Deny"));
    if capability.is_empty() {
        return None;
    }
    let (user, group) = match rule.grantee {
        Grantee::User(id) => (Some(id), None),
        Grantee::Group(id) => (None, Some(id)),
    };
    Some(types::GranteeCapabilities {
        group: group.map(|id| types::Group {
            id: Some(id),
            ..types::Group::default()
        }),
        user: user.map(|id| types::User {
            id: Some(id),
            ..types::User::default()
        }),
        capabilities: Some(types::Capabilities { capability }),
        group_set: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_knows_its_own_names() {
        let workbook = |version| valid_names(ContentKind::Workbook, version).split(", ").count();
        assert_eq!(
            (workbook(V(2, 0)), workbook(V(3, 1)), workbook(V(3, 9))),
            (14, 14, 15)
        );
        assert_eq!(
            valid_names(ContentKind::Datasource, V(3, 1)),
            "Read, Write, Delete, ChangePermissions, Connect, ExportXml"
        );
        assert_eq!(
            valid_names(ContentKind::Project, V(3, 29)),
            "Read, Write, ProjectLeader"
        );
        assert_eq!(valid_names(ContentKind::View, V(3, 1)), "");
        let inherited = |version| names(ContentKind::Project, Capability::InheritedProjectLeader, version);
        assert!(inherited(V(2, 8)) && !inherited(V(2, 7)));
    }

    #[test]
    fn a_rule_of_newer_names_alone_is_left_out() {
        let rule = Rule {
            grantee: Grantee::User(vivant_model::UserId(vivant_model::Luid::from_random([1; 16]))),
            allow: CapabilitySet::of(&[Capability::RunExplainData]),
            deny: CapabilitySet::EMPTY,
        };
        assert!(rules_view(&[rule], ContentKind::Workbook, V(3, 1)).is_empty());
        assert_eq!(rules_view(&[rule], ContentKind::Workbook, V(3, 12)).len(), 1);
    }
}
