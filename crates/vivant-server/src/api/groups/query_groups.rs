//! Query Groups.

use vivant_store::groups::FIELDS;

use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::group_view;

/// Lists the groups of the site.
pub async fn query_groups(call: Call, who: SiteAdmin) -> Result<Reply> {
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.groups(who.site(), &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(&call, paging, page, "groups", "group", |group| {
        group_view(group, &shape)
    }))
}
