//! Get Current Server Session.

use vivant_wire::query::Fields;
use vivant_wire::types;

use crate::auth::Signed;
use crate::call::Call;
use crate::errors::{Result, internal};
use crate::reply::Reply;
use crate::views::user_view;

/// Tells site and user of the caller's token.
pub async fn get_current_server_session(call: Call, who: Signed) -> Result<Reply> {
    let site = call.app.store.site(who.session.site).await?;
    let site = site.ok_or_else(|| internal(anyhow::anyhow!("session of a site that is gone")))?;
    let mut shape = call.shape(&who);
    shape.fields = Fields::normal();
    let session = types::Session {
        site: Some(types::Site {
            id: Some(site.id),
            name: Some(site.name),
            content_url: Some(site.content_url),
            ..types::Site::default()
        }),
        user: Some(user_view(who.session.user.clone(), &shape, true)),
    };
    Ok(call.one("session", &session))
}
