//! Add User to Site.

use vivant_model::name::{LOCAL_DOMAIN, is_email, is_valid, split_domain};
use vivant_model::{AdminMode, SiteRole};
use vivant_store::{Error as StoreError, NewUser};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use crate::auth::{SiteAdmin, admins_only};
use crate::call::Call;
use crate::directory::{Person, Who};
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
    let auth_setting = asked.auth_setting.map(|s| auth_setting(&s)).transpose()?;
    let new = match person_of(&call, &name).await? {
        // Who the directory knows is as it says.
        Some(person) => NewUser {
            name: person.name,
            domain: Some(person.domain),
            full_name: person.full_name,
            email: person.email,
            external_auth_user_id: person.id,
            ..NewUser::default()
        },
        None => {
            let (domain, name) = split_domain(&name);
            NewUser {
                name: name.to_owned(),
                domain: domain.map(str::to_owned),
                full_name: asked.full_name,
                email: asked.email.filter(|e| !e.is_empty()),
                ..NewUser::default()
            }
        }
    };
    let new = NewUser {
        role: Some(role),
        auth_setting,
        ..new
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

/// Finds the person of the directory that a name means; `None` where it means a local user.
///
/// Tableau: with a directory, a name alone is one of the directory's; `local\adam` is local here. A
/// name alone also finds a local account, such as the administrator's, for another site.
async fn person_of(call: &Call, login: &str) -> Result<Option<Person>> {
    let Some(directory) = &call.app.config.directory else {
        return Ok(None);
    };
    let unknown = || {
        let detail = format!("The directory has no user '{login}'; a local one is added as local\\name.");
        fail(ErrorCode::UserNotFound, detail)
    };
    if let Some(who) = directory.who(login) {
        return directory.person(&who).await?.map(Some).ok_or_else(unknown);
    }
    match split_domain(login) {
        (Some(domain), _) if domain.eq_ignore_ascii_case(LOCAL_DOMAIN) => return Ok(None),
        (Some(_), _) => return Err(unknown()),
        (None, _) => {}
    }
    let mut found = Vec::new();
    for domain in directory.domains() {
        let who = Who {
            domain,
            user: login,
            principal: login.contains('@').then_some(login),
        };
        found.extend(directory.person(&who).await?);
    }
    match found.len() {
        0 => match call.app.store.account_by_name(login, LOCAL_DOMAIN).await? {
            Some(_) => Ok(None),
            None => Err(unknown()),
        },
        1 => Ok(found.pop()),
        _ => {
            let names: Vec<String> = found
                .iter()
                .map(|p| format!("{}\\{}", p.domain, p.name))
                .collect();
            Err(bad_request(format!(
                "The name '{login}' is not unique across the domains of the directory; say which: {}.",
                names.join(", ")
            )))
        }
    }
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
