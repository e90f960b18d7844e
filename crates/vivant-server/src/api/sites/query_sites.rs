//! Query Sites.

use crate::auth::Signed;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{page_reply, page_request};
use crate::reply::Reply;
use crate::views::site_view;

/// Lists the sites that the caller may enter.
pub async fn query_sites(call: Call, who: Signed) -> Result<Reply> {
    let paging = call.query.paging()?;
    let full = who.is_server_admin();
    let user = if full { None } else { Some(who.session.user.id) };
    let page = call.app.store.sites_of(user, page_request(paging)).await?;
    Ok(page_reply(&call, paging, page, "sites", "site", |site| {
        site_view(site, None, call.version, full)
    }))
}
