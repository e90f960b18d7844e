//! Remove User from Site.

use vivant_model::UserId;
use vivant_wire::ErrorCode;

use super::add_user_to_site::may_manage_users;
use super::query_user_on_site::find_user;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Removes a user from the site; with `mapAssetsTo` what they own goes to another user.
pub async fn remove_user_from_site(call: Call, who: SiteAdmin) -> Result<Reply> {
    let id: UserId = call.id("user-id", ErrorCode::UserNotFound)?;
    let user = find_user(&call, &who, id).await?;
    may_manage_users(&call, &who).await?;
    if id == who.caller.user {
        return Err(fail(
            ErrorCode::Forbidden,
            "You cannot remove yourself from the site.",
        ));
    }
    if user.is_server_admin && !who.is_server_admin() {
        return Err(fail(
            ErrorCode::Forbidden,
            "Only server administrators may remove a server administrator.",
        ));
    }
    let heir = match call.query.get("mapAssetsTo").filter(|v| !v.is_empty()) {
        None => None,
        Some(text) => {
            let missing = || {
                fail(
                    ErrorCode::UserNotFound,
                    format!("User '{text}' of mapAssetsTo could not be found."),
                )
            };
            let heir: UserId = text.parse().map_err(|_| missing())?;
            Some(
                call.app
                    .store
                    .user(who.site(), heir)
                    .await?
                    .ok_or_else(missing)?
                    .id,
            )
        }
    };
    call.app
        .store
        .remove_user_from_site(who.site(), id, heir, call.app.now())
        .await?;
    Ok(Reply::Empty)
}
