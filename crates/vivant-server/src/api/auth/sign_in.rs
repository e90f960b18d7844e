//! Sign In.

use vivant_model::name::{LOCAL_DOMAIN, split_domain};
use vivant_model::{SiteState, TokenId};
use vivant_store::{Account, NewSession, Secret, Site};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use crate::auth::Anyone;
use crate::call::Call;
use crate::errors::{ApiError, Result, bad_request, fail};
use crate::reply::Reply;

/// Starts a session by password or personal access token, for the caller or, where a server
/// administrator names one, for another user.
pub async fn sign_in(mut call: Call, _: Anyone) -> Result<Reply> {
    let credentials: types::Credentials = call.read("credentials").await?;
    let site = credentials
        .site
        .as_ref()
        .ok_or_else(|| bad_request("The credentials element must hold a site element with a contentUrl."))?;
    let site_url = site.content_url.clone().unwrap_or_default();
    let (account, via_token) = authenticate(&call, &credentials).await?;
    let site = call
        .app
        .store
        .site_by_content_url(&site_url)
        .await?
        .ok_or_else(refused)?;
    if site.state == SiteState::Suspended && !account.is_server_admin {
        return Err(refused());
    }
    let user = call
        .app
        .store
        .user(site.id, account.id)
        .await?
        .ok_or_else(refused)?;
    let (user, impersonator) = match credentials.user.and_then(|u| u.id) {
        None => (user, None),
        Some(_) if !account.is_server_admin => {
            return Err(fail(
                ErrorCode::Forbidden,
                "Only server administrators may sign in as another user.",
            ));
        }
        Some(id) => {
            let other = call.app.store.user(site.id, id).await?;
            let other = other.ok_or_else(|| {
                fail(
                    ErrorCode::UserNotFound,
                    format!("User '{id}' could not be found on the site."),
                )
            })?;
            (other, Some(account.id))
        }
    };
    if let (Some(token), true) = (via_token, call.app.config.strict_tokens) {
        call.app.store.delete_sessions_of_token(token).await?;
    }
    let new = NewSession {
        site: site.id,
        user: user.id,
        via_token,
        impersonator,
    };
    let token = call.app.store.create_session(new, call.app.now()).await?;
    Ok(answer(&call, token, &site, user.id))
}

/// Answers with a session's token.
pub(super) fn answer(call: &Call, token: String, site: &Site, user: vivant_model::UserId) -> Reply {
    let minutes = call.app.config.token_idle_minutes;
    let credentials = types::Credentials {
        token: Some(token),
        estimated_time_to_expiration: (call.version >= V(3, 14))
            .then(|| format!("{}:{:02}:00", minutes / 60, minutes % 60)),
        site: Some(types::Site {
            id: Some(site.id),
            content_url: Some(site.content_url.clone()),
            ..types::Site::default()
        }),
        user: Some(types::User {
            id: Some(user),
            ..types::User::default()
        }),
        ..types::Credentials::default()
    };
    call.one("credentials", &credentials)
}

async fn authenticate(call: &Call, credentials: &types::Credentials) -> Result<(Account, Option<TokenId>)> {
    let store = &call.app.store;
    let by_password = credentials.name.is_some() || credentials.password.is_some();
    let by_token = credentials.personal_access_token_name.is_some()
        || credentials.personal_access_token_secret.is_some();
    if usize::from(by_password) + usize::from(by_token) + usize::from(credentials.jwt.is_some()) != 1 {
        return Err(bad_request(
            "The credentials element must hold either name and password or personalAccessTokenName and \
             personalAccessTokenSecret.",
        ));
    }
    if credentials.jwt.is_some() {
        return Err(fail(
            ErrorCode::NotImplemented,
            "Sign-in with a JWT is not part of this release of Vivant; use a password or a personal access token.",
        ));
    }
    if by_password {
        let (Some(name), Some(password)) = (&credentials.name, &credentials.password) else {
            return Err(bad_request(
                "The credentials element must hold both name and password.",
            ));
        };
        let (domain, name) = split_domain(name);
        let password = Secret::from(password.as_str());
        let account = store
            .verify_password(name, domain.unwrap_or(LOCAL_DOMAIN), &password)
            .await?;
        return account.map(|a| (a, None)).ok_or_else(refused);
    }
    let (Some(name), Some(secret)) = (
        &credentials.personal_access_token_name,
        &credentials.personal_access_token_secret,
    ) else {
        return Err(bad_request(
            "The credentials element must hold both personalAccessTokenName and personalAccessTokenSecret.",
        ));
    };
    let found = store
        .verify_token(name, &Secret::from(secret.as_str()), call.app.now())
        .await?;
    found
        .map(|(account, token)| (account, Some(token)))
        .ok_or_else(refused)
}

/// One answer for whatever was wrong, so that nobody learns which part it was.
fn refused() -> ApiError {
    fail(ErrorCode::SigninError, "Error signing in to Tableau Server")
}
