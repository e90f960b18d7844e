//! Sets of groups: users who are in all groups of the set.

use vivant_model::{GroupId, GroupSetId};
use vivant_wire::paths::Method;
use vivant_wire::types::GroupSet;

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};

super::group! {
    /// Sets of groups of a site (API 3.22).
    GroupSets, group_sets
}

/// How much a list of sets of groups says of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupSetLevel {
    /// With the groups in it.
    Members,
    /// Without.
    Local,
}

impl GroupSets {
    /// Lists the sets.
    pub fn list(&self, options: ListOptions) -> List<GroupSet> {
        List::new(
            self.site.clone(),
            self.site.path("/groupsets"),
            options,
            filters::GROUPS,
        )
    }

    /// Lists the sets and says how much of each.
    pub fn list_with(&self, level: GroupSetLevel, options: ListOptions) -> List<GroupSet> {
        let level = match level {
            GroupSetLevel::Members => "members",
            GroupSetLevel::Local => "local",
        };
        self.list(options).query("resultlevel", level)
    }

    /// Gets one set, with its groups.
    pub async fn get(&self, id: GroupSetId) -> Result<GroupSet> {
        self.site.get(self.path(id, ""), "groupSet").await
    }

    /// Creates an empty set.
    pub async fn create(&self, name: &str) -> Result<GroupSet> {
        let call = Call::new(Method::Post, self.site.path("/groupsets"))
            .body(|out| out.child("groupSet", &named(name)));
        self.site.ask(&call, "groupSet").await
    }

    /// Gives a set another name.
    pub async fn update(&self, id: GroupSetId, name: &str) -> Result<GroupSet> {
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("groupSet", &named(name)));
        self.site.ask(&call, "groupSet").await
    }

    /// Deletes a set; its groups stay.
    pub async fn delete(&self, id: GroupSetId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// Adds a group to a set.
    pub async fn add_group(&self, id: GroupSetId, group: GroupId) -> Result<()> {
        let path = self.path(id, &format!("/groups/{group}"));
        // A group is in a set once, however often it is added.
        self.site.tell(&Call::new(Method::Put, path).repeatable()).await
    }

    /// Takes a group out of a set.
    pub async fn remove_group(&self, id: GroupSetId, group: GroupId) -> Result<()> {
        let path = self.path(id, &format!("/groups/{group}"));
        self.site.delete(path).await
    }

    fn path(&self, id: GroupSetId, rest: &str) -> String {
        self.site.path(&format!("/groupsets/{id}{rest}"))
    }
}

fn named(name: &str) -> GroupSet {
    GroupSet {
        name: Some(name.to_owned()),
        ..GroupSet::default()
    }
}
