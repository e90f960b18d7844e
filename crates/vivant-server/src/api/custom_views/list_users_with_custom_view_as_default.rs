//! List Users with Custom View as Default.

use vivant_store::users::FIELDS;

use super::get_custom_view::find;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::user_view;

/// Lists the users whom the view shows this custom view first.
pub async fn list_users_with_custom_view_as_default(call: Call, who: SiteUser) -> Result<Reply> {
    let (query, paging) = list_query(&call, FIELDS)?;
    let found = find(&call, &who).await?;
    found.require_kept()?;
    let store = &call.app.store;
    let page = store
        .custom_view_users(who.site(), found.custom.id, &query)
        .await?;
    let shape = call.shape(&who);
    Ok(page_reply(&call, paging, page, "users", "user", |user| {
        user_view(user, &shape, false)
    }))
}
