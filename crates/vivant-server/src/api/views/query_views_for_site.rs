//! Query Views for Site.

use vivant_store::views::FIELDS;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::view_view;

/// Lists the views that the caller sees.
pub async fn query_views_for_site(call: Call, who: SiteUser) -> Result<Reply> {
    let usage = call.query.flag("includeUsageStatistics")?;
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.views(&who.caller, &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(&call, paging, page, "views", "view", |view| {
        view_view(view, &shape, false, usage)
    }))
}
