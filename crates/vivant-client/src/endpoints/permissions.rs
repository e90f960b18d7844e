//! Permission rules: those of items, and those that new content of a project gets.

use vivant_model::{GroupId, GroupSetId, UserId};
use vivant_wire::paths::Method;
use vivant_wire::types::{
    Capabilities, CapabilityItem, GranteeCapabilities, Group, GroupSet, Permissions, User,
};

use crate::call::{Call, encode};
use crate::error::{Error, Result};
use crate::site::Site;

/// Whom a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grantee {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// A set of groups (API 3.22).
    GroupSet(GroupSetId),
}

impl Grantee {
    /// Whom a rule of an answer is about; `None` where it names nobody that this library knows.
    pub fn of(rule: &GranteeCapabilities) -> Option<Self> {
        let user = rule.user.as_ref().and_then(|user| user.id).map(Self::User);
        let group = || rule.group.as_ref().and_then(|group| group.id).map(Self::Group);
        let set = || rule.group_set.as_ref().and_then(|set| set.id).map(Self::GroupSet);
        user.or_else(group).or_else(set)
    }

    /// A rule about the grantee: capabilities, and whether each is allowed.
    pub fn rule<'a>(self, capabilities: impl IntoIterator<Item = (&'a str, bool)>) -> GranteeCapabilities {
        let capability = capabilities
            .into_iter()
            .map(|(name, allowed)| CapabilityItem {
                name: Some(name.to_owned()),
                mode: Some(if allowed { "Allow" } else { "Deny" }.to_owned()),
            })
            .collect();
        let mut rule = GranteeCapabilities {
            capabilities: Some(Capabilities { capability }),
            ..GranteeCapabilities::default()
        };
        match self {
            Self::User(id) => {
                rule.user = Some(User {
                    id: Some(id),
                    ..User::default()
                });
            }
            Self::Group(id) => {
                rule.group = Some(Group {
                    id: Some(id),
                    ..Group::default()
                });
            }
            Self::GroupSet(id) => {
                rule.group_set = Some(GroupSet {
                    id: Some(id),
                    ..GroupSet::default()
                });
            }
        }
        rule
    }

    fn path(self) -> String {
        match self {
            Self::User(id) => format!("users/{id}"),
            Self::Group(id) => format!("groups/{id}"),
            Self::GroupSet(id) => format!("groupSets/{id}"),
        }
    }
}

/// What content default rules of a project are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefaultPermissionsFor {
    /// Workbooks (API 2.1).
    Workbooks,
    /// Data sources (API 2.1).
    Datasources,
    /// Flows (API 3.3).
    Flows,
    /// Metrics (API 3.2).
    Metrics,
    /// Lenses (API 3.4).
    Lenses,
    /// Data roles (API 3.4).
    DataRoles,
    /// Virtual connections (API 3.23).
    VirtualConnections,
    /// Databases (API 3.23).
    Databases,
    /// Tables (API 3.23).
    Tables,
}

impl DefaultPermissionsFor {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Workbooks,
        Self::Datasources,
        Self::Flows,
        Self::Metrics,
        Self::Lenses,
        Self::DataRoles,
        Self::VirtualConnections,
        Self::Databases,
        Self::Tables,
    ];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workbooks => "workbooks",
            Self::Datasources => "datasources",
            Self::Flows => "flows",
            Self::Metrics => "metrics",
            Self::Lenses => "lenses",
            Self::DataRoles => "dataroles",
            Self::VirtualConnections => "virtualConnections",
            Self::Databases => "databases",
            Self::Tables => "tables",
        }
    }
}

/// The rules at an address.
pub(super) async fn get(site: &Site, path: String) -> Result<Permissions> {
    site.get(path, "permissions").await
}

/// Adds rules at an address; what the grantees have already for other capabilities stays.
pub(super) async fn update(site: &Site, path: String, rules: &[GranteeCapabilities]) -> Result<Permissions> {
    let permissions = Permissions {
        grantee_capabilities: rules.to_vec(),
        ..Permissions::default()
    };
    // Twice the same rules are the same rules.
    let call = Call::new(Method::Put, path)
        .body(|out| out.child("permissions", &permissions))
        .repeatable();
    site.ask(&call, "permissions").await
}

/// Deletes what a rule says of its grantee, capability by capability, as the API wants it.
pub(super) async fn delete(site: &Site, path: String, rule: &GranteeCapabilities) -> Result<()> {
    let grantee = Grantee::of(rule)
        .ok_or_else(|| Error::invalid("the rule names no user, group or set of groups by its id"))?;
    let capabilities = rule.capabilities.as_ref().map(|c| c.capability.as_slice());
    for capability in capabilities.unwrap_or_default() {
        let (Some(name), Some(mode)) = (&capability.name, &capability.mode) else {
            return Err(Error::invalid("a capability of the rule lacks its name or mode"));
        };
        let address = format!("{path}/{}/{}/{}", grantee.path(), encode(name), encode(mode));
        site.tell(&Call::new(Method::Delete, address)).await?;
    }
    Ok(())
}

/// Gives a group of methods those about the rules of its items.
macro_rules! permitted {
    ($name:ident, $id:ty) => {
        impl $name {
            /// The rules that are set on an item.
            pub async fn permissions(&self, id: $id) -> $crate::Result<$crate::types::Permissions> {
                $crate::endpoints::permissions::get(&self.site, self.path(id, "/permissions")).await
            }

            /// Adds rules to an item, and returns those it has then.
            ///
            /// A capability that the grantee has with the other mode must be deleted first.
            pub async fn update_permissions(
                &self,
                id: $id,
                rules: &[$crate::types::GranteeCapabilities],
            ) -> $crate::Result<$crate::types::Permissions> {
                $crate::endpoints::permissions::update(&self.site, self.path(id, "/permissions"), rules).await
            }

            /// Deletes each capability of a rule from an item: one request for each.
            pub async fn delete_permission(
                &self,
                id: $id,
                rule: &$crate::types::GranteeCapabilities,
            ) -> $crate::Result<()> {
                $crate::endpoints::permissions::delete(&self.site, self.path(id, "/permissions"), rule).await
            }
        }
    };
}

permitted!(Projects, ProjectId);
permitted!(Workbooks, WorkbookId);
permitted!(Views, ViewId);
permitted!(Datasources, DatasourceId);
permitted!(Flows, FlowId);
permitted!(Databases, DatabaseId);
permitted!(Tables, TableId);
permitted!(VirtualConnections, VirtualConnectionId);

use vivant_model::{
    DatabaseId, DatasourceId, FlowId, ProjectId, TableId, ViewId, VirtualConnectionId, WorkbookId,
};

use super::{Databases, Datasources, Flows, Projects, Tables, Views, VirtualConnections, Workbooks};

impl Projects {
    /// The rules that new content of one kind gets in a project.
    pub async fn default_permissions(
        &self,
        id: ProjectId,
        content: DefaultPermissionsFor,
    ) -> Result<Permissions> {
        get(&self.site, self.default_path(id, content)).await
    }

    /// Adds rules for new content of one kind, and returns those there are then.
    pub async fn update_default_permissions(
        &self,
        id: ProjectId,
        content: DefaultPermissionsFor,
        rules: &[GranteeCapabilities],
    ) -> Result<Permissions> {
        update(&self.site, self.default_path(id, content), rules).await
    }

    /// Deletes each capability of a rule for new content of one kind.
    pub async fn delete_default_permissions(
        &self,
        id: ProjectId,
        content: DefaultPermissionsFor,
        rule: &GranteeCapabilities,
    ) -> Result<()> {
        delete(&self.site, self.default_path(id, content), rule).await
    }

    fn default_path(&self, id: ProjectId, content: DefaultPermissionsFor) -> String {
        self.path(id, &format!("/default-permissions/{}", content.as_str()))
    }
}

impl Databases {
    /// The rules that tables of a database get.
    pub async fn table_default_permissions(&self, id: DatabaseId) -> Result<Permissions> {
        get(&self.site, self.path(id, "/default-permissions/tables")).await
    }

    /// Adds rules for tables of a database, and returns those there are then.
    pub async fn update_table_default_permissions(
        &self,
        id: DatabaseId,
        rules: &[GranteeCapabilities],
    ) -> Result<Permissions> {
        update(&self.site, self.path(id, "/default-permissions/tables"), rules).await
    }

    /// Deletes each capability of a rule for tables of a database.
    pub async fn delete_table_default_permissions(
        &self,
        id: DatabaseId,
        rule: &GranteeCapabilities,
    ) -> Result<()> {
        delete(&self.site, self.path(id, "/default-permissions/tables"), rule).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_know_whom_they_are_about() {
        let id = "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d";
        for grantee in [
            Grantee::User(id.parse().expect("an id")),
            Grantee::Group(id.parse().expect("an id")),
            Grantee::GroupSet(id.parse().expect("an id")),
        ] {
            let rule = grantee.rule([("Read", true), ("Write", false)]);
            assert_eq!(Grantee::of(&rule), Some(grantee));
            let capabilities = rule.capabilities.expect("capabilities").capability;
            let modes: Vec<_> = capabilities.iter().filter_map(|c| c.mode.as_deref()).collect();
            assert_eq!(modes, ["Allow", "Deny"]);
        }
        assert_eq!(Grantee::of(&GranteeCapabilities::default()), None);
    }
}
