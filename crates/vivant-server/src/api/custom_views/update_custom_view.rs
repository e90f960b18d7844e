//! Update Custom View.

use vivant_store::CustomViewChanges;
use vivant_wire::types;

use super::get_custom_view::find;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, bad_request};
use crate::reply::Reply;
use crate::views::custom_view_view;

/// Changes the name of a custom view, its owner, or whether others see it.
pub async fn update_custom_view(mut call: Call, who: SiteUser) -> Result<Reply> {
    let found = find(&call, &who).await?;
    found.require_kept()?;
    let asked: types::CustomView = call.read("customView").await?;
    let changes = CustomViewChanges {
        name: asked.name.as_deref().map(name).transpose()?,
        shared: asked.shared,
        owner: asked.owner.and_then(|owner| owner.id),
    };
    if changes.shared == Some(true) && !found.custom.shared {
        super::publish_custom_view::require_share(&found.rights)?;
    }
    let (store, now) = (&call.app.store, call.app.now());
    let custom = store
        .update_custom_view(who.site(), found.custom.id, changes, now)
        .await?;
    Ok(call.one("customView", &custom_view_view(custom, &call.shape(&who))))
}

/// Checks the name of a custom view.
pub(super) fn name(text: &str) -> Result<String> {
    let name = text.trim();
    match vivant_model::name::is_valid(name) {
        true => Ok(name.to_owned()),
        false => Err(bad_request("The customView element must hold a name.")),
    }
}
