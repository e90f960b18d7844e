//! Delete Custom View.

use super::get_custom_view::find;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes a custom view.
pub async fn delete_custom_view(call: Call, who: SiteUser) -> Result<Reply> {
    let found = find(&call, &who).await?;
    found.require_kept()?;
    let id = found.custom.id;
    call.app.store.delete_custom_view(who.site(), id).await?;
    Ok(Reply::Empty)
}
