//! Update Group.

use vivant_model::{GroupId, name};
use vivant_store::{Group, GroupChanges};
use vivant_wire::{ErrorCode, types};

use super::create_group::{license_mode, minimum_role};
use crate::auth::{SiteAdmin, SiteUser};
use crate::call::Call;
use crate::errors::{Result, bad_request, not_found};
use crate::reply::Reply;
use crate::views::group_view;

/// Renames a group or sets the least site role of its members.
pub async fn update_group(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let id: GroupId = call.id("group-id", ErrorCode::GroupNotFound)?;
    let asked: types::Group = call.read("group").await?;
    let group = find_group(&call, &who, id).await?;
    let name = asked.name.as_deref().map(|n| n.trim().to_owned());
    if name.as_deref().is_some_and(|n| !name::is_valid(n)) {
        return Err(bad_request(
            "The name of a group must not be blank or longer than 255 characters.",
        ));
    }
    let changes = GroupChanges {
        // Clients send back the name that the group has.
        name: name.filter(|n| *n != group.name),
        minimum_site_role: minimum_role(&asked)?.map(Some),
        license_mode: license_mode(&asked)?.map(Some),
    };
    let group = call
        .app
        .store
        .update_group(who.site(), id, changes, call.app.now())
        .await?;
    Ok(call.one("group", &group_view(group, &call.shape(&who))))
}

/// Finds a group of the site.
pub(super) async fn find_group(call: &Call, who: &SiteUser, id: GroupId) -> Result<Group> {
    let group = call.app.store.group(who.site(), id).await?;
    group.ok_or_else(|| not_found(ErrorCode::GroupNotFound, "Group", id))
}
