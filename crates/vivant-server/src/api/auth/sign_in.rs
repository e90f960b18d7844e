//! Sign In.

use vivant_model::name::{LOCAL_DOMAIN, split_domain};
use vivant_model::{SiteRole, SiteState, TokenId};
use vivant_store::{Account, Error as StoreError, NewSession, Secret, Site, User, UserChanges};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use crate::auth::Anyone;
use crate::auth::throttle::Who as Guesser;
use crate::call::Call;
use crate::directory::{Directory, Who};
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
    let token_name = credentials.personal_access_token_name.as_deref();
    let who = Guesser::new(
        credentials.name.as_deref().or(token_name).unwrap_or_default(),
        call.peer,
    );
    if call.app.throttle.is_blocked(&who, call.app.now()) {
        return Err(fail(
            ErrorCode::TooManySignIns,
            "Signing in under this name failed too often; wait a little and try again.",
        ));
    }
    let authenticated = authenticate(&call, &credentials, &site_url).await;
    match &authenticated {
        Ok(_) => call.app.throttle.succeeded(&who),
        Err(error) if error.code == ErrorCode::SigninError => call.app.throttle.failed(who, call.app.now()),
        Err(_) => {}
    }
    let (account, via_token) = authenticated?;
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
    let user = match impersonator {
        None => grant_role(&call, &site, user).await?,
        // Nobody is at the keyboard to whom a licence could be given.
        Some(_) => user,
    };
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

async fn authenticate(
    call: &Call,
    credentials: &types::Credentials,
    site_url: &str,
) -> Result<(Account, Option<TokenId>)> {
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
        let account = by_name(call, name, &Secret::from(password.as_str()), site_url).await?;
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

/// Finds the account that a name and password belong to. Accounts of the directory have no password
/// here: the directory is asked whether it lets them in.
async fn by_name(call: &Call, login: &str, password: &Secret, site_url: &str) -> Result<Option<Account>> {
    let store = &call.app.store;
    if let Some(directory) = &call.app.config.directory
        && let Some(who) = who(call, directory, login, site_url).await?
    {
        let person = directory.person(&who).await?;
        let Some(person) = person else {
            // As slow as a wrong password of a local account, and about as slow as one there.
            store.verify_password("", LOCAL_DOMAIN, password).await?;
            return Ok(None);
        };
        return match directory.verify(&person, password.reveal()).await? {
            true => Ok(store.account_by_name(&person.name, &person.domain).await?),
            false => Ok(None),
        };
    }
    let (domain, name) = split_domain(login);
    let domain = domain.unwrap_or(LOCAL_DOMAIN);
    Ok(store.verify_password(name, domain, password).await?)
}

/// Whom of the directory a name means; `None` where it means a local user. A name alone means a local
/// account if there is one, else the directory's user of the site if one domain alone has it.
async fn who<'d, 'n>(
    call: &Call,
    directory: &'d Directory,
    login: &'n str,
    site_url: &str,
) -> Result<Option<Who<'d, 'n>>> {
    let store = &call.app.store;
    let named = directory.who(login);
    if login.contains('\\') {
        return Ok(named);
    }
    // Local accounts may be called like addresses.
    if store.account_by_name(login, LOCAL_DOMAIN).await?.is_some() {
        return Ok(None);
    }
    if named.is_some() {
        return Ok(named);
    }
    let Some(site) = store.site_by_content_url(site_url).await? else {
        return Ok(None);
    };
    let mut known = None;
    for domain in directory.domains() {
        if store.user_by_name(site.id, login, &domain.name).await?.is_some() {
            let who = Who {
                domain,
                user: login,
                principal: None,
            };
            if known.replace(who).is_some() {
                return Ok(None);
            }
        }
    }
    Ok(known)
}

/// Gives a user the role that their groups give at sign-in, as far as there are licences.
async fn grant_role(call: &Call, site: &Site, user: User) -> Result<User> {
    let store = &call.app.store;
    if user.is_server_admin || !user.is_member {
        return Ok(user);
    }
    let granted = store.roles_on_login(site.id, user.id).await?;
    let role = granted.into_iter().fold(user.role, SiteRole::joined);
    if role == user.role {
        return Ok(user);
    }
    let changes = UserChanges {
        role: Some(role),
        ..UserChanges::default()
    };
    match store.update_user(site.id, user.id, changes, call.app.now()).await {
        Err(StoreError::LicenseExceeded(_)) => Ok(user),
        changed => Ok(changed?),
    }
}

/// One answer for whatever was wrong, so that nobody learns which part it was.
fn refused() -> ApiError {
    fail(ErrorCode::SigninError, "Error signing in to Tableau Server")
}
