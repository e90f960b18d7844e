//! Query Jobs.

use vivant_store::jobs::FIELDS;

use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::background_job_view;

/// Lists the jobs of a site, the latest first.
pub async fn query_jobs(call: Call, who: SiteAdmin) -> Result<Reply> {
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.jobs(who.site(), &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(
        &call,
        paging,
        page,
        "backgroundJobs",
        "backgroundJob",
        |job| background_job_view(job, &shape),
    ))
}
