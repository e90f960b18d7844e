//! Query Workbooks for Site.

use vivant_store::workbooks::FIELDS;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::workbook_view;

/// Lists the workbooks that the caller sees.
pub async fn query_workbooks_for_site(call: Call, who: SiteUser) -> Result<Reply> {
    let (query, paging) = list_query(&call, FIELDS)?;
    let page = call.app.store.workbooks(&who.caller, &query).await?;
    let shape = call.shape(&who);
    Ok(page_reply(
        &call,
        paging,
        page,
        "workbooks",
        "workbook",
        |workbook| workbook_view(workbook, &shape),
    ))
}
