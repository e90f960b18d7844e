//! Add User to Group, alone or several at once.

use http::StatusCode;
use vivant_model::{GroupId, UserId};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use super::update_group::find_group;
use crate::api::users::find_user;
use crate::auth::SiteAdmin;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request};
use crate::reply::Reply;
use crate::views::user_view;

/// Adds a user of the site to a group; since 3.21 also a `users` list.
pub async fn add_user_to_group(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let group: GroupId = call.id("group-id", ErrorCode::GroupNotFound)?;
    let document = call.document().await?;
    find_group(&call, &who, group).await?;
    let shape = call.shape(&who);
    if document.child("users").is_some() && call.version >= V(3, 21) {
        let asked: types::Users = element(&document, "users")?;
        let ids = user_ids(&asked)?;
        call.app
            .store
            .add_users_to_group(who.site(), group, &ids, call.app.now())
            .await?;
        let mut users = Vec::with_capacity(ids.len());
        for id in ids {
            users.push(user_view(find_user(&call, &who, id).await?, &shape, false));
        }
        return Ok(call.answer(StatusCode::OK, |out| {
            out.child("users", &types::Users { user: users })
        }));
    }
    let asked: types::User = element(&document, "user")?;
    let id = asked
        .id
        .ok_or_else(|| bad_request("The user element must hold the id of a user."))?;
    let user = call
        .app
        .store
        .add_user_to_group(who.site(), group, id, call.app.now())
        .await?;
    Ok(call.one("user", &user_view(user, &shape, false)))
}

/// The ids of a `users` list; every user must have one.
pub(super) fn user_ids(users: &types::Users) -> Result<Vec<UserId>> {
    let ids: Option<Vec<UserId>> = users.user.iter().map(|u| u.id).collect();
    ids.filter(|ids| !ids.is_empty())
        .ok_or_else(|| bad_request("The users element must hold user elements, each with the id of a user."))
}
