//! Create Group.

use vivant_model::{JobKind, SiteRole, name};
use vivant_store::{Error, NewGroup, What};
use vivant_wire::types;

use super::import::{as_job, directory, find, import_of, license_mode, minimum_role};
use crate::api::users::may_manage_users;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::directory::import::{self, Asked};
use crate::errors::{Result, bad_request};
use crate::reply::Reply;
use crate::views::group_view;

/// Creates a group of local users, or imports one from the directory: at once or as a job.
pub async fn create_group(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let asked: types::Group = call.read("group").await?;
    let name = asked.name.clone().unwrap_or_default().trim().to_owned();
    if !name::is_valid(&name) {
        return Err(bad_request("The group element must hold a name."));
    }
    let as_job = call.query.flag("asJob")?;
    if let Some(import) = import_of(&asked)? {
        return import_group(&call, &who, import, as_job).await;
    }
    // Tableau: the parameter asJob has no effect on local groups.
    let new = NewGroup {
        name,
        minimum_site_role: minimum_role(&asked)?,
        license_mode: license_mode(&asked)?,
        ..NewGroup::default()
    };
    let group = call
        .app
        .store
        .create_group(who.site(), new, call.app.now())
        .await?;
    let path = format!("/sites/{}/groups/{}", who.site(), group.id);
    Ok(call.created("group", &group_view(group, &call.shape(&who)), &path))
}

async fn import_group(call: &Call, who: &SiteAdmin, mut asked: Asked, in_background: bool) -> Result<Reply> {
    let directory = directory(call)?;
    may_manage_users(call, who).await?;
    let found = find(&directory, &mut asked).await?;
    let (store, now) = (&call.app.store, call.app.now());
    if let Some(taken) = store
        .group_by_name(who.site(), &found.name, &found.domain)
        .await?
    {
        let conflict = Error::Conflict {
            what: What::Group,
            id: Some(taken.id.0),
            name: taken.name,
        };
        return Err(conflict.into());
    }
    if !in_background {
        let import = import::read(&directory, &call.app, who.site(), None, &found, &asked).await?;
        let group = store.import_group(import, None, now).await?.group;
        let path = format!("/sites/{}/groups/{}", who.site(), group.id);
        return Ok(call.created("group", &group_view(group, &call.shape(who)), &path));
    }
    let new = NewGroup {
        name: found.name,
        domain: Some(found.domain),
        minimum_site_role: SiteRole::parse(&asked.role),
        license_mode: asked.license_mode.clone(),
    };
    let group = store.create_group(who.site(), new, now).await?;
    let queued = as_job(call, who, JobKind::ImportGroup, &group, asked).await;
    if queued.is_err() {
        store.delete_group(who.site(), group.id).await?;
    }
    queued
}
