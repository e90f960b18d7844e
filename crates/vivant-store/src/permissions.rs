//! Permission rules, and the facts that a decision is made of.

use vivant_model::{GroupId, ProjectId, Rule, UserId};

/// What `vivant_model::permission::decide` needs to know of an item and its caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The item's owner; of a view its workbook's.
    pub owner: Option<UserId>,
    /// Whether the caller leads the item's project, or a project that it is nested in. For a
    /// project, the project itself counts.
    pub led: bool,
    /// The rules in force.
    pub rules: Vec<Rule>,
    /// Whether the rules are locked to a project.
    pub locked: bool,
    /// The caller's groups.
    pub groups: Vec<GroupId>,
    /// The project that the item lies in; of a project its parent.
    pub project: Option<ProjectId>,
}
