//! Update Group.

use vivant_model::name::{self, LOCAL_DOMAIN};
use vivant_model::{GroupId, JobKind, SiteRole};
use vivant_store::{Group, GroupChanges};
use vivant_wire::{ErrorCode, types};

use super::import::{as_job, directory, find, import_of, license_mode, minimum_role};
use crate::api::users::may_manage_users;
use crate::auth::{SiteAdmin, SiteUser};
use crate::call::Call;
use crate::directory::import::{self, Asked};
use crate::errors::{Result, bad_request, fail, not_found};
use crate::reply::Reply;
use crate::views::group_view;

/// Renames a group, sets the least site role of its members, or brings it into step with the directory.
pub async fn update_group(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let id: GroupId = call.id("group-id", ErrorCode::GroupNotFound)?;
    let asked: types::Group = call.read("group").await?;
    let as_job = call.query.flag("asJob")?;
    let group = find_group(&call, &who, id).await?;
    let name = asked.name.as_deref().map(|n| n.trim().to_owned());
    if name.as_deref().is_some_and(|n| !name::is_valid(n)) {
        return Err(bad_request(
            "The name of a group must not be blank or longer than 255 characters.",
        ));
    }
    let import = import_of(&asked)?;
    // Clients send back the name that the group has.
    let name = name.filter(|n| *n != group.name);
    let is_imported = group.domain != LOCAL_DOMAIN;
    if is_imported
        && name
            .as_deref()
            .is_some_and(|n| name::key(n) != name::key(&group.name))
    {
        return Err(fail(
            ErrorCode::ImportedGroupRename,
            format!(
                "The group '{}' keeps the name that it has in the directory.",
                group.name
            ),
        ));
    }
    if let Some(import) = import {
        return synchronize(&call, &who, group, import, as_job).await;
    }
    let changes = GroupChanges {
        name: name.filter(|_| !is_imported),
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

async fn synchronize(
    call: &Call,
    who: &SiteAdmin,
    group: Group,
    mut asked: Asked,
    in_background: bool,
) -> Result<Reply> {
    let directory = directory(call)?;
    may_manage_users(call, who).await?;
    if group.domain == LOCAL_DOMAIN {
        return Err(bad_request(format!(
            "'{}' is a local group; only groups that were imported are brought into step with the directory.",
            group.name
        )));
    }
    asked.name.clone_from(&group.name);
    asked.license_mode = asked.license_mode.or_else(|| group.license_mode.clone());
    let found = find(&directory, &mut asked).await?;
    if name::key(&found.domain) != name::key(&group.domain) {
        return Err(bad_request(format!(
            "The group '{}' was imported from the domain {}, not from {}.",
            group.name, group.domain, found.domain
        )));
    }
    let (store, now) = (&call.app.store, call.app.now());
    if in_background {
        let changes = GroupChanges {
            minimum_site_role: Some(SiteRole::parse(&asked.role)),
            license_mode: asked.license_mode.clone().map(Some),
            ..GroupChanges::default()
        };
        let group = store.update_group(who.site(), group.id, changes, now).await?;
        return as_job(call, who, JobKind::SyncGroup, &group, asked).await;
    }
    let import = import::read(&directory, &call.app, who.site(), Some(group.id), &found, &asked).await?;
    let group = store.import_group(import, None, now).await?.group;
    Ok(call.one("group", &group_view(group, &call.shape(who))))
}

/// Finds a group of the site.
pub(super) async fn find_group(call: &Call, who: &SiteUser, id: GroupId) -> Result<Group> {
    let group = call.app.store.group(who.site(), id).await?;
    group.ok_or_else(|| not_found(ErrorCode::GroupNotFound, "Group", id))
}
