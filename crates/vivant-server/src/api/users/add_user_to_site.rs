//! Add User to Site.

use vivant_model::name::{is_email, is_valid, split_domain};
use vivant_model::{AdminMode, SiteRole};
use vivant_store::{Error as StoreError, NewUser};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use crate::auth::{SiteAdmin, admins_only};
use crate::call::Call;
use crate::errors::{ApiError, Result, bad_request, fail, internal};
use crate::reply::Reply;
use crate::views::user_view;

/// Adds a user, making the account where there is none of the name yet.
pub async fn add_user_to_site(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let asked: types::User = call.read("user").await?;
    may_manage_users(&call, &who).await?;
    let name = asked.name.as_deref().unwrap_or_default().trim().to_owned();
    if !is_valid(&name) {
        return Err(bad_request("The user element must hold a name."));
    }
    let role = asked.site_role.as_deref();
    let role = assignable_role(role.ok_or_else(|| bad_request("The user element must hold a siteRole."))?)?;
    if let Some(email) = asked.email.as_deref().filter(|e| !e.is_empty() && !is_email(e)) {
        return Err(bad_request(format!("'{email}' is not an e-mail address.")));
    }
    let (domain, name) = split_domain(&name);
    let new = NewUser {
        name: name.to_owned(),
        domain: domain.map(str::to_owned),
        role: Some(role),
        auth_setting: asked.auth_setting.map(|s| auth_setting(&s)).transpose()?,
        full_name: asked.full_name,
        email: asked.email.filter(|e| !e.is_empty()),
        ..NewUser::default()
    };
    let added = call
        .app
        .store
        .add_user_to_site(who.site(), new, call.app.now())
        .await;
    let user = added.map_err(|e| already_there(&call, e))?;
    let path = format!("/sites/{}/users/{}", who.site(), user.id);
    let mut shape = call.shape(&who);
    shape.fields = vivant_wire::query::Fields::normal();
    Ok(call.created("user", &user_view(user, &shape, false), &path))
}

/// Newer servers have a code of their own for a user who is there already.
fn already_there(call: &Call, error: StoreError) -> ApiError {
    let mut api = ApiError::from(error);
    if api.code == ErrorCode::UserConflict && call.version > V(3, 1) {
        api.code = ErrorCode::UserAlreadyOnSite;
    }
    api
}

/// On a site in mode ContentOnly only server administrators manage users.
pub(crate) async fn may_manage_users(call: &Call, who: &SiteAdmin) -> Result<()> {
    if who.is_server_admin() {
        return Ok(());
    }
    let site = call.app.store.site(who.site()).await?;
    let site = site.ok_or_else(|| internal(anyhow::anyhow!("session of a site that is gone")))?;
    match site.admin_mode {
        AdminMode::ContentAndUsers => Ok(()),
        AdminMode::ContentOnly => Err(admins_only(
            call,
            "server administrators on this site, whose adminMode is ContentOnly",
        )),
    }
}

/// Reads a site role that may be given to a user.
pub(crate) fn assignable_role(text: &str) -> Result<SiteRole> {
    match SiteRole::parse(text) {
        Some(SiteRole::Guest) => Err(fail(
            ErrorCode::GuestConflict,
            "The Guest role cannot be given to a user.",
        )),
        Some(role) if role.is_assignable() => Ok(role),
        Some(role) => Err(fail(
            ErrorCode::InvalidSiteRole,
            format!("The site role {role} cannot be given through the REST API."),
        )),
        None => Err(fail(
            ErrorCode::InvalidSiteRole,
            format!(
                "siteRole must be Creator, Explorer, ExplorerCanPublish, SiteAdministratorCreator, \
                 SiteAdministratorExplorer, Unlicensed or Viewer, not '{text}'."
            ),
        )),
    }
}

/// Checks an authSetting.
pub(crate) fn auth_setting(text: &str) -> Result<String> {
    match text {
        "ServerDefault" | "SAML" | "OpenID" | "TableauIDWithMFA" => Ok(text.to_owned()),
        _ => Err(bad_request(format!(
            "authSetting must be ServerDefault, SAML, OpenID or TableauIDWithMFA, not '{text}'."
        ))),
    }
}
