//! Remove User from Group.

use vivant_model::{GroupId, UserId};
use vivant_store::Error;
use vivant_wire::ErrorCode;

use super::update_group::find_group;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Takes a user out of a group.
pub async fn remove_user_from_group(call: Call, who: SiteAdmin) -> Result<Reply> {
    let group: GroupId = call.id("group-id", ErrorCode::GroupNotFound)?;
    find_group(&call, &who, group).await?;
    let user: UserId = call.id("user-id", ErrorCode::UserNotFound)?;
    let removed = call
        .app
        .store
        .remove_user_from_group(who.site(), group, user, call.app.now())
        .await;
    match removed {
        Ok(()) => Ok(Reply::Empty),
        Err(Error::Forbidden(rule)) => Err(fail(
            ErrorCode::DeletionFailed,
            format!("The user cannot be taken out of this group: {rule}."),
        )),
        Err(other) => Err(other.into()),
    }
}
