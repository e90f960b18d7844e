//! Remove Users from Group (batch).

use vivant_model::GroupId;
use vivant_store::{Error, What};
use vivant_wire::{ErrorCode, types};

use super::add_user_to_group::user_ids;
use super::update_group::find_group;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Takes several users out of a group; who is no member stays none.
pub async fn remove_users_from_group(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let group: GroupId = call.id("group-id", ErrorCode::GroupNotFound)?;
    let asked: types::Users = call.read("users").await?;
    find_group(&call, &who, group).await?;
    for user in user_ids(&asked)? {
        match call
            .app
            .store
            .remove_user_from_group(who.site(), group, user, call.app.now())
            .await
        {
            Ok(()) | Err(Error::NotFound(What::Member)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Reply::Empty)
}
