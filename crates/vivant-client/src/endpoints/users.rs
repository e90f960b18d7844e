//! Users of a site: list, get, add, change, remove; their groups.

use vivant_model::UserId;
use vivant_wire::paths::Method;
use vivant_wire::types::{Group, User};

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};
use crate::secret::Secret;

super::group! {
    /// Users of a site.
    Users
}

impl Users {
    /// Lists the users of the site; administrators may.
    pub fn list(&self, options: ListOptions) -> List<User> {
        List::new(
            self.site.clone(),
            self.site.path("/users"),
            options,
            filters::USERS,
        )
    }

    /// Gets one user.
    pub async fn get(&self, id: UserId) -> Result<User> {
        self.site.get(self.path(id), "user").await
    }

    /// Adds a user to the site: name, site role, and what else is set.
    pub async fn add(&self, user: &User) -> Result<User> {
        let call = change(Call::new(Method::Post, self.site.path("/users")), user);
        self.site.ask(&call, "user").await
    }

    /// Changes a user: whatever is set in `changes`.
    pub async fn update(&self, id: UserId, changes: &User) -> Result<User> {
        self.site
            .ask(&change(Call::new(Method::Put, self.path(id)), changes), "user")
            .await
    }

    /// Removes a user from the site; what the user owns goes to `assets_to` (API 3.10), or stands in
    /// the way.
    pub async fn remove(&self, id: UserId, assets_to: Option<UserId>) -> Result<()> {
        let mut call = Call::new(Method::Delete, self.path(id));
        if let Some(user) = assets_to {
            call = call.query("mapAssetsTo", user);
        }
        self.site.tell(&call).await
    }

    /// Lists the groups of a user (API 3.7).
    pub fn groups(&self, id: UserId, options: ListOptions) -> List<Group> {
        List::new(
            self.site.clone(),
            format!("{}/groups", self.path(id)),
            options,
            filters::GROUPS,
        )
    }

    fn path(&self, id: UserId) -> String {
        self.site.path(&format!("/users/{id}"))
    }
}

fn change(call: Call, user: &User) -> Call {
    let mut call = call.body(|out| out.child("user", user));
    call.secrets.extend(user.password.as_deref().map(Secret::from));
    call
}
