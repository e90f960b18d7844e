//! Query Subscriptions.

use vivant_store::ListQuery;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{page_reply, page_request};
use crate::reply::Reply;
use crate::views::subscription_view;

/// Lists the subscriptions that the caller may look at.
pub async fn query_subscriptions(call: Call, who: SiteUser) -> Result<Reply> {
    let paging = call.query.paging()?;
    let query = ListQuery {
        page: page_request(paging),
        ..ListQuery::default()
    };
    let page = call.app.store.subscriptions(&who.caller, &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(
        &call,
        paging,
        page,
        "subscriptions",
        "subscription",
        |subscription| subscription_view(subscription, &shape),
    ))
}
