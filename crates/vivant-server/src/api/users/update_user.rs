//! Update User.

use vivant_model::name::{is_email, is_valid, split_domain};
use vivant_model::{SiteRole, UserId};
use vivant_store::{PageRequest, Secret, UserChanges};
use vivant_wire::{ErrorCode, types};

use super::add_user_to_site::{assignable_role, auth_setting, may_manage_users};
use super::query_user_on_site::find_user;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail};
use crate::reply::Reply;
use crate::views::user_view;

/// Changes full name, e-mail, password, site role and authentication of a user.
pub async fn update_user(mut call: Call, who: SiteAdmin) -> Result<Reply> {
    let id: UserId = call.id("user-id", ErrorCode::UserNotFound)?;
    let asked: types::User = call.read("user").await?;
    let user = find_user(&call, &who, id).await?;
    may_manage_users(&call, &who).await?;
    if user.is_server_admin && !who.is_server_admin() {
        return Err(fail(
            ErrorCode::Forbidden,
            "Only server administrators may change a server administrator.",
        ));
    }
    let role = match asked.site_role.as_deref() {
        // Clients send back the role that the user has.
        Some(text) if SiteRole::parse(text) == Some(user.role) => None,
        Some("Guest") => {
            return Err(fail(
                ErrorCode::SelfUpdateForbidden,
                "The Guest role cannot be given to a user.",
            ));
        }
        Some(text) => Some(assignable_role(text)?),
        None => None,
    };
    if user.role == SiteRole::Guest {
        return Err(fail(
            ErrorCode::SelfUpdateForbidden,
            "The Guest user cannot be changed.",
        ));
    }
    if role.is_some() && id == who.caller.user {
        return Err(fail(
            ErrorCode::SelfUpdateForbidden,
            "You cannot change your own site role.",
        ));
    }
    if role.is_some() && user.is_server_admin {
        return Err(fail(
            ErrorCode::InvalidSiteRole,
            "The role of a server administrator is not set on a site.",
        ));
    }
    if let Some(email) = asked.email.as_deref().filter(|e| !e.is_empty() && !is_email(e)) {
        return Err(bad_request(format!("'{email}' is not an e-mail address.")));
    }
    if asked.password.as_deref() == Some("") {
        return Err(bad_request("A password cannot be empty."));
    }
    let name = asked
        .name
        .as_deref()
        .map(|n| split_domain(n.trim()).1.to_owned())
        .filter(|n| *n != user.name);
    if name.as_deref().is_some_and(|n| !is_valid(n)) {
        return Err(bad_request(
            "The name of a user must not be blank or longer than 255 characters.",
        ));
    }
    let directory = call.app.config.directory.as_ref();
    if directory.is_some_and(|d| d.domain(&user.domain).is_some())
        && (name.is_some() || asked.password.is_some())
    {
        return Err(bad_request(format!(
            "Name and password of '{}' are those of the directory; they are changed there.",
            user.name
        )));
    }
    let elsewhere = asked.password.is_some()
        || asked
            .email
            .as_ref()
            .is_some_and(|e| Some(e) != user.email.as_ref());
    if elsewhere && !who.is_server_admin() && id != who.caller.user {
        // Both belong to the account, with which the user signs in to the other sites, too.
        let sites = call.app.store.sites_of(Some(id), PageRequest::default()).await?;
        if sites.total > 1 {
            let detail =
                "Only server administrators may change password or e-mail of a user of several sites.";
            return Err(fail(ErrorCode::Forbidden, detail));
        }
    }
    let new_password = asked.password.is_some();
    let changes = UserChanges {
        name,
        full_name: asked.full_name,
        email: asked.email,
        password: asked.password.map(Secret::from),
        role,
        auth_setting: asked.auth_setting.map(|s| auth_setting(&s)).transpose()?,
        locale: asked.locale,
        language: asked.language,
    };
    let user = call
        .app
        .store
        .update_user(who.site(), id, changes, call.app.now())
        .await?;
    // Who knew the old password is out; the caller's own session may stay.
    if new_password && id != who.caller.user {
        call.app.store.delete_sessions_of_user(id).await?;
    }
    Ok(call.one("user", &user_view(user, &call.shape(&who), true)))
}
