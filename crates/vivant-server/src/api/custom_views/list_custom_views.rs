//! List Custom Views.

use vivant_store::custom_views::FIELDS;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::custom_view_view;

/// Lists the custom views that the caller sees.
pub async fn list_custom_views(call: Call, who: SiteUser) -> Result<Reply> {
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.custom_views(&who.caller, &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(
        &call,
        paging,
        page,
        "customViews",
        "customView",
        |custom| custom_view_view(custom, &shape),
    ))
}
