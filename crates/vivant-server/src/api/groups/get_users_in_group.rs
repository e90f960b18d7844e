//! Get Users in Group.

use vivant_model::GroupId;
use vivant_store::users::FIELDS;
use vivant_wire::ErrorCode;

use super::update_group::find_group;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::user_view;

/// Lists the members of a group.
pub async fn get_users_in_group(call: Call, who: SiteAdmin) -> Result<Reply> {
    let id: GroupId = call.id("group-id", ErrorCode::GroupNotFound)?;
    let (query, paging) = list_query(&call, FIELDS)?;
    find_group(&call, &who, id).await?;
    let page = call.app.store.group_users(who.site(), id, &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(&call, paging, page, "users", "user", |user| {
        user_view(user, &shape, false)
    }))
}
