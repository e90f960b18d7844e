//! Create Group.

use vivant_model::{SiteRole, name};
use vivant_store::NewGroup;
use vivant_wire::{ErrorCode, types};

use crate::api::users::assignable_role;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail};
use crate::reply::Reply;
use crate::views::group_view;

/// Creates a group of local users.
pub async fn create_group(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let asked: types::Group = call.read("group").await?;
    let name = asked.name.clone().unwrap_or_default().trim().to_owned();
    if !name::is_valid(&name) {
        return Err(bad_request("The group element must hold a name."));
    }
    let role = minimum_role(&asked)?;
    let license_mode = license_mode(&asked)?;
    // Tableau: the parameter asJob has no effect on local groups.
    let new = NewGroup {
        name,
        minimum_site_role: role,
        license_mode,
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

/// Reads the least site role of members, from either place that clients put it.
///
/// Tableau: TSC sends a local group's role inside `import` with domain `local` and no source.
pub(super) fn minimum_role(asked: &types::Group) -> Result<Option<SiteRole>> {
    let import = asked.import.as_ref();
    if let Some(import) = import {
        let local = import.source.is_none()
            && import
                .domain_name
                .as_deref()
                .is_none_or(|d| d.eq_ignore_ascii_case(name::LOCAL_DOMAIN));
        let whole = import.source.as_deref() == Some("ActiveDirectory")
            && import.domain_name.is_some()
            && import.site_role.is_some();
        if !local && !whole {
            return Err(fail(
                ErrorCode::MalformedRequestBody,
                "The import element must hold source=\"ActiveDirectory\", a domainName and a siteRole.",
            ));
        }
        if let Some(role) = &import.site_role {
            assignable_role(role)?;
        }
        if whole {
            return Err(fail(
                ErrorCode::NoActiveDirectory,
                "This server uses local authentication; groups cannot be imported from Active Directory.",
            ));
        }
    }
    let role = asked
        .minimum_site_role
        .as_deref()
        .or(import.and_then(|i| i.site_role.as_deref()));
    role.filter(|r| !r.is_empty()).map(assignable_role).transpose()
}

/// Reads when members get a licence.
pub(super) fn license_mode(asked: &types::Group) -> Result<Option<String>> {
    let mode = asked.import.as_ref().and_then(|i| i.grant_license_mode.clone());
    match mode.as_deref() {
        None | Some("onLogin" | "onSync") => Ok(mode),
        Some(other) => Err(bad_request(format!(
            "grantLicenseMode must be onLogin or onSync, not '{other}'."
        ))),
    }
}
