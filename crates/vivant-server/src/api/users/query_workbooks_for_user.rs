//! Query Workbooks for User.

use vivant_model::UserId;
use vivant_store::workbooks::FIELDS;
use vivant_wire::ErrorCode;

use super::query_user_on_site::find_user;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::workbook_view;

/// Lists the workbooks that a user sees, or with `ownedBy=true` owns.
pub async fn query_workbooks_for_user(call: Call, who: SiteUser) -> Result<Reply> {
    let id: UserId = call.id("user-id", ErrorCode::UserNotFound)?;
    // Tableau: the reference of 2.5 calls the parameter isOwner.
    let owned = call.query.flag("ownedBy")? || call.query.flag("isOwner")?;
    let (query, paging) = list_query(&call, FIELDS)?;
    find_user(&call, &who, id).await?;
    if id != who.caller.user && !who.role().is_admin() {
        return Err(fail(
            ErrorCode::WorkbookReadForbidden,
            "Only administrators may list the workbooks of other users.",
        ));
    }
    let page = call
        .app
        .store
        .workbooks_of_user(who.site(), id, owned, &query)
        .await?;
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
