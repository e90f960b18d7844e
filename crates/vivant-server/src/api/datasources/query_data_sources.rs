//! Query Data Sources.

use vivant_store::datasources::FIELDS;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::datasource_view;

/// Lists the published data sources that the caller sees.
pub async fn query_data_sources(call: Call, who: SiteUser) -> Result<Reply> {
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.datasources(&who.caller, &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(
        &call,
        paging,
        page,
        "datasources",
        "datasource",
        |source| datasource_view(source, &shape),
    ))
}
