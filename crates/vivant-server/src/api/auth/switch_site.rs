//! Switch Site.

use vivant_model::SiteState;
use vivant_store::NewSession;
use vivant_wire::{ErrorCode, types};

use super::sign_in::answer;
use crate::auth::Signed;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail};
use crate::reply::Reply;

/// Starts a session on another site and ends the present one.
pub async fn switch_site(mut call: Call, who: Signed) -> Result<Reply> {
    let site: types::Site = call.read("site").await?;
    let url = site
        .content_url
        .ok_or_else(|| bad_request("The site element must hold a contentUrl."))?;
    let closed = || {
        fail(
            ErrorCode::SiteNotOpen,
            format!("The site '{url}' does not exist or is not open to you."),
        )
    };
    let site = call
        .app
        .store
        .site_by_content_url(&url)
        .await?
        .ok_or_else(closed)?;
    if site.id == who.session.site {
        return Err(fail(
            ErrorCode::SameSite,
            "You are signed in to that site already.",
        ));
    }
    let user = call
        .app
        .store
        .user(site.id, who.session.user.id)
        .await?
        .ok_or_else(closed)?;
    if site.state == SiteState::Suspended && !user.is_server_admin {
        return Err(closed());
    }
    let new = NewSession {
        site: site.id,
        user: user.id,
        via_token: who.session.via_token,
        impersonator: who.session.impersonator,
    };
    let token = call.app.store.create_session(new, call.app.now()).await?;
    if let Some(old) = call.token() {
        call.app.store.delete_session(old).await?;
    }
    Ok(answer(&call, token, &site, user.id))
}
