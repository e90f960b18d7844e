//! Users of a site: list, get, add, change, remove; their groups.

use futures_util::{StreamExt, stream};
use vivant_model::UserId;
use vivant_wire::paths::Method;
use vivant_wire::types::{Group, Job, User};
use vivant_wire::{Format, Out};

use super::user_file::{self, NewUser};
use crate::call::{Body, Call, Multipart};
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

    /// Adds users one after the other, four at once, and returns what became of each, in their order.
    pub async fn add_all(&self, users: &[User]) -> Vec<Result<User>> {
        stream::iter(users)
            .map(|user| self.add(user))
            .buffered(4)
            .collect()
            .await
    }

    /// Adds users in the background, and returns the job (API 3.15).
    pub async fn bulk_add(&self, users: &[NewUser]) -> Result<Job> {
        let settings = Out::request(Format::Xml, |out| {
            out.children("user", &users.iter().map(NewUser::settings).collect::<Vec<_>>());
        });
        let file = user_file::piece(user_file::csv_of(users)?);
        let mut call = Call::new(Method::Post, self.site.path("/users/import")).long();
        call.secrets
            .extend(users.iter().filter_map(|user| user.password.clone()));
        call.body = Body::Multipart(Multipart::new(settings, Some(("tableau_user_import", file)))?);
        self.site.ask(&call, "job").await
    }

    /// Removes users, by their names, with one request (API 3.15).
    ///
    /// A name may have its domain before it, `example\\ann`.
    pub async fn bulk_remove<T: AsRef<str>>(&self, names: &[T]) -> Result<()> {
        let users: Vec<NewUser> = names.iter().map(|name| NewUser::new(name.as_ref())).collect();
        let file = user_file::piece(user_file::csv_of_names(&users)?);
        let mut call = Call::new(Method::Post, self.site.path("/users/delete")).long();
        call.body = Body::Multipart(Multipart::of_file("tableau_user_delete", file)?);
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
