//! Query User On Site.

use vivant_model::UserId;
use vivant_store::User;
use vivant_wire::ErrorCode;

use crate::auth::{SiteUser, admins_only};
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;
use crate::views::user_view;

/// Shows a user. Everybody may see themselves, as tabcmd does at every sign-in.
pub async fn query_user_on_site(call: Call, who: SiteUser) -> Result<Reply> {
    let id: UserId = call.id("user-id", ErrorCode::UserNotFound)?;
    if id != who.caller.user && !who.role().is_admin() {
        return Err(admins_only(&call, "administrators for users other than yourself"));
    }
    let user = find_user(&call, &who, id).await?;
    Ok(call.one("user", &user_view(user, &call.shape(&who), true)))
}

/// Finds a user of the site.
pub(crate) async fn find_user(call: &Call, who: &SiteUser, id: UserId) -> Result<User> {
    let user = call.app.store.user(who.site(), id).await?;
    user.ok_or_else(|| not_found(ErrorCode::UserNotFound, "User", id))
}
