//! Set Custom View as Default for Users.

use http::StatusCode;
use vivant_model::UserId;
use vivant_wire::types;

use super::get_custom_view::find;
use crate::auth::SiteUser;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request};
use crate::reply::Reply;

/// How many users one request may name.
const MOST_USERS: usize = 1000;

/// Has a view show users a custom view first, and says of each whether it does: those who cannot see the custom
/// view keep what they had.
pub async fn set_custom_view_as_default_for_users(mut call: Call, who: SiteUser) -> Result<Reply> {
    let found = find(&call, &who).await?;
    found.require_kept()?;
    let document = call.document().await?;
    let asked: types::Users = element(&document, "users")?;
    let ids: Option<Vec<UserId>> = asked.user.iter().map(|user| user.id).collect();
    let ids = ids.filter(|ids| (1..=MOST_USERS).contains(&ids.len()));
    let ids = ids.ok_or_else(|| {
        bad_request(format!(
            "The users element must hold 1 to {MOST_USERS} user elements, each with an id."
        ))
    })?;
    let store = &call.app.store;
    let shown = store
        .set_default_custom_view(who.site(), found.custom.id, &ids)
        .await?;
    let result = |(id, shown)| types::CustomViewAsUserDefaultViewResult {
        success: Some(shown),
        user: Some(types::User {
            id: Some(id),
            ..types::User::default()
        }),
    };
    let results: Vec<_> = ids.into_iter().zip(shown).map(result).collect();
    Ok(call.answer(StatusCode::OK, |out| {
        out.element("customViewAsUserDefaultResults", |out| {
            out.children("customViewAsUserDefaultViewResult", &results);
        });
    }))
}
