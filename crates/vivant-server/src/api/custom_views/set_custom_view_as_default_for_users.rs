//! Set Custom View as Default for Users.

use http::StatusCode;
use vivant_model::{Capability, ContentKind, UserId};
use vivant_store::Caller;
use vivant_wire::types;

use super::get_custom_view::{Found, find};
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
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
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let sees = sees(&call, &who, &found, id).await?;
        if sees {
            let store = &call.app.store;
            store
                .set_default_custom_view(who.site(), found.custom.id, id)
                .await?;
        }
        results.push(types::CustomViewAsUserDefaultViewResult {
            success: Some(sees),
            user: Some(types::User {
                id: Some(id),
                ..types::User::default()
            }),
        });
    }
    Ok(call.answer(StatusCode::OK, |out| {
        out.element("customViewAsUserDefaultResults", |out| {
            out.children("customViewAsUserDefaultViewResult", &results);
        });
    }))
}

/// Tells whether somebody sees a custom view.
async fn sees(call: &Call, who: &SiteUser, found: &Found, id: UserId) -> Result<bool> {
    let Some(user) = call.app.store.user(who.site(), id).await? else {
        return Ok(false);
    };
    let caller = Caller {
        site: who.site(),
        user: id,
        role: user.role,
    };
    let rights = Rights::of_caller(&call.app, &caller, ContentKind::View, found.custom.view.0).await?;
    let reads = rights.is_some_and(|rights| rights.allow(Capability::Read));
    Ok(reads && (found.custom.shared || found.custom.owner.id == id || user.role.is_admin()))
}
