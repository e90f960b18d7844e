//! Get Users on Site.

use vivant_store::users::FIELDS;

use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::user_view;

/// Lists the users of the site.
pub async fn get_users_on_site(call: Call, who: SiteAdmin) -> Result<Reply> {
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.users(who.site(), &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(&call, paging, page, "users", "user", |user| {
        user_view(user, &shape, false)
    }))
}
