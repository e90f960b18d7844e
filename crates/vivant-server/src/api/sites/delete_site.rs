//! Delete Site.

use super::query_site::find_site;
use crate::auth::ServerAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes a site with everything on it.
pub async fn delete_site(call: Call, _: ServerAdmin) -> Result<Reply> {
    let site = find_site(&call).await?;
    call.app.store.delete_site(site.id, call.app.now()).await?;
    Ok(Reply::Empty)
}
