//! Permission rules.

use super::{
    Datasource, Flow, Group, GroupSet, Luid, Node, Out, Project, Read1, ReadError, User, View, Workbook,
    Write1,
};

element! {
    /// `permissions`: the explicit rules of one item.
    Permissions {
        one parent: Parent = "parent", "The project whose rules are in force.";
        one datasource: Datasource = "datasource";
        one project: Project = "project";
        one workbook: Workbook = "workbook";
        one view: View = "view";
        one flow: Flow = "flow";
        many grantee_capabilities: GranteeCapabilities = "granteeCapabilities";
    }
}

element! {
    /// `parent`: what locks the rules.
    Parent {
        attr id: Luid = "id";
        attr parent_type: String = "type";
        attr name: String = "name";
    }
}

element! {
    /// `granteeCapabilities`: one grantee's rule.
    GranteeCapabilities {
        one group: Group = "group";
        one user: User = "user";
        one group_set: GroupSet = "groupSet";
        one capabilities: Capabilities = "capabilities";
    }
}

element! {
    /// `capabilities`.
    Capabilities {
        many capability: CapabilityItem = "capability";
    }
}

element! {
    /// `capability`.
    CapabilityItem {
        attr name: String = "name";
        attr mode: String = "mode", "`Allow` or `Deny`.";
    }
}
