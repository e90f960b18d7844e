//! Delete Group.

use vivant_model::GroupId;
use vivant_wire::ErrorCode;

use super::update_group::find_group;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Deletes a group; its members stay on the site.
pub async fn delete_group(call: Call, who: SiteAdmin) -> Result<Reply> {
    let id: GroupId = call.id("group-id", ErrorCode::GroupNotFound)?;
    find_group(&call, &who, id).await?;
    call.app.store.delete_group(who.site(), id).await?;
    Ok(Reply::Empty)
}
