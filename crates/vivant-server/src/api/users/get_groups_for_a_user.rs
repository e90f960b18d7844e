//! Get Groups for a User.

use vivant_model::UserId;
use vivant_store::groups::FIELDS;
use vivant_wire::ErrorCode;

use super::query_user_on_site::find_user;
use crate::auth::{SiteUser, admins_only};
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::group_view;

/// Lists the groups that a user belongs to.
pub async fn get_groups_for_a_user(call: Call, who: SiteUser) -> Result<Reply> {
    let id: UserId = call.id("user-id", ErrorCode::UserNotFound)?;
    if id != who.caller.user && !who.role().is_admin() {
        return Err(admins_only(&call, "administrators for users other than yourself"));
    }
    find_user(&call, &who, id).await?;
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.user_groups(who.site(), id, &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(&call, paging, page, "groups", "group", |group| {
        group_view(group, &shape)
    }))
}
