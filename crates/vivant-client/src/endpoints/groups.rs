//! Groups of a site: list, create, change, delete; their users.

use vivant_model::{GroupId, UserId};
use vivant_wire::paths::Method;
use vivant_wire::types::{Group, Job, User, Users};
use vivant_wire::version::V;

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};

super::group! {
    /// Groups of a site.
    Groups
}

impl Groups {
    /// Lists the groups.
    pub fn list(&self, options: ListOptions) -> List<Group> {
        List::new(
            self.site.clone(),
            self.site.path("/groups"),
            options,
            filters::GROUPS,
        )
    }

    /// Creates a group: name, and what else is set.
    pub async fn create(&self, group: &Group) -> Result<Group> {
        let call = Call::new(Method::Post, self.site.path("/groups")).body(|out| out.child("group", group));
        self.site.ask(&call, "group").await
    }

    /// Changes a group: whatever is set in `changes`.
    pub async fn update(&self, id: GroupId, changes: &Group) -> Result<Group> {
        let call = Call::new(Method::Put, self.path(id)).body(|out| out.child("group", changes));
        self.site.ask(&call, "group").await
    }

    /// Brings a group in from a directory, as `import` of `group` says, in the background, and returns the job
    /// (API 2.0).
    pub async fn create_as_job(&self, group: &Group) -> Result<Job> {
        let call = Call::new(Method::Post, self.site.path("/groups"))
            .query("asJob", "true")
            .body(|out| out.child("group", group));
        self.site.ask(&call, "job").await
    }

    /// Changes a group of a directory, which brings its users up to date, in the background, and returns the
    /// job.
    pub async fn update_as_job(&self, id: GroupId, changes: &Group) -> Result<Job> {
        let call = Call::new(Method::Put, self.path(id))
            .query("asJob", "true")
            .body(|out| out.child("group", changes));
        self.site.ask(&call, "job").await
    }

    /// Deletes a group; its users stay on the site.
    pub async fn delete(&self, id: GroupId) -> Result<()> {
        self.site.delete(self.path(id)).await
    }

    /// Lists the users of a group.
    pub fn users(&self, id: GroupId, options: ListOptions) -> List<User> {
        List::new(
            self.site.clone(),
            format!("{}/users", self.path(id)),
            options,
            filters::USERS,
        )
    }

    /// Adds a user to a group.
    pub async fn add_user(&self, id: GroupId, user: UserId) -> Result<User> {
        let member = User {
            id: Some(user),
            ..User::default()
        };
        let call = Call::new(Method::Post, format!("{}/users", self.path(id)))
            .body(|out| out.child("user", &member));
        self.site.ask(&call, "user").await
    }

    /// Adds several users to a group with one request (API 3.21).
    pub async fn add_users(&self, id: GroupId, users: &[UserId]) -> Result<Vec<User>> {
        self.site
            .needs(V(3, 21), "adding several users to a group")
            .await?;
        let members = members(users);
        let call = Call::new(Method::Post, format!("{}/users", self.path(id)))
            .body(|out| out.child("users", &members));
        let added: Users = self.site.ask(&call, "users").await?;
        Ok(added.user)
    }

    /// Takes several users out of a group with one request (API 3.21).
    pub async fn remove_users(&self, id: GroupId, users: &[UserId]) -> Result<()> {
        let members = members(users);
        let call = Call::new(Method::Put, format!("{}/users/remove", self.path(id)))
            .body(|out| out.child("users", &members))
            .repeatable();
        self.site.tell(&call).await
    }

    /// Takes a user out of a group.
    pub async fn remove_user(&self, id: GroupId, user: UserId) -> Result<()> {
        self.site.delete(format!("{}/users/{user}", self.path(id))).await
    }

    fn path(&self, id: GroupId) -> String {
        self.site.path(&format!("/groups/{id}"))
    }
}

fn members(users: &[UserId]) -> Users {
    Users {
        user: users
            .iter()
            .map(|id| User {
                id: Some(*id),
                ..User::default()
            })
            .collect(),
    }
}
