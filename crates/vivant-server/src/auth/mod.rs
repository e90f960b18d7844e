//! Who asks, and may they.
//!
//! A handler's signature says who may call it: [`Anyone`], [`Signed`], [`SiteUser`],
//! [`SiteAdmin`], [`ServerAdmin`]. What a user may do to one item is asked of [`permission`].

pub mod permission;
pub mod throttle;

use std::future::Future;
use std::ops::Deref;

use vivant_model::{SiteId, SiteRole, SiteState};
use vivant_store::{Caller, Session};
use vivant_wire::ErrorCode;

use crate::call::Call;
use crate::errors::{ApiError, Result, fail, not_found};

/// What a caller must be for a handler to run.
pub trait Guard: Sized + Send {
    /// Checks the call's token, site and role.
    fn check(call: &Call) -> impl Future<Output = Result<Self>> + Send;
}

/// No sign-in is needed.
pub struct Anyone;

impl Guard for Anyone {
    async fn check(_: &Call) -> Result<Self> {
        Ok(Self)
    }
}

/// Anybody who is signed in, on whatever site.
pub struct Signed {
    /// The session.
    pub session: Session,
}

impl Signed {
    /// Whom the store answers.
    pub fn caller(&self) -> Caller {
        Caller {
            site: self.session.site,
            user: self.session.user.id,
            role: self.session.user.role,
        }
    }

    /// Whether the caller administers the server.
    pub fn is_server_admin(&self) -> bool {
        self.session.user.is_server_admin
    }
}

impl Guard for Signed {
    async fn check(call: &Call) -> Result<Self> {
        let Some(token) = call.token() else {
            return Err(fail(
                ErrorCode::NotAuthenticated,
                "Sign in first, and send the token in the header X-Tableau-Auth.",
            ));
        };
        let idle = call.app.config.token_idle_ms();
        let session = call.app.store.session(token, call.app.now(), idle).await?;
        let session = session.ok_or_else(|| {
            fail(
                ErrorCode::InvalidToken,
                "Your authentication credentials are invalid or have expired; sign in again.",
            )
        })?;
        if session.site_state == SiteState::Suspended && !session.user.is_server_admin {
            return Err(fail(
                ErrorCode::Forbidden,
                "The site is suspended; only server administrators may use it.",
            ));
        }
        Ok(Self { session })
    }
}

/// A user signed in to the site in the address.
pub struct SiteUser {
    signed: Signed,
    /// Whom the store answers.
    pub caller: Caller,
}

impl SiteUser {
    /// The site in the address and of the session.
    pub fn site(&self) -> SiteId {
        self.caller.site
    }

    /// The user's role on the site.
    pub fn role(&self) -> SiteRole {
        self.caller.role
    }
}

impl Deref for SiteUser {
    type Target = Signed;

    fn deref(&self) -> &Signed {
        &self.signed
    }
}

impl Guard for SiteUser {
    async fn check(call: &Call) -> Result<Self> {
        let signed = Signed::check(call).await?;
        let site: SiteId = call.id("site-id", ErrorCode::SiteNotFound)?;
        if site != signed.session.site {
            // Tableau: a token is good for one site; another that exists is refused, not hidden.
            return Err(match call.app.store.site(site).await? {
                Some(_) => fail(
                    ErrorCode::Forbidden,
                    "You are signed in to another site; use Switch Site first.",
                ),
                None => not_found(ErrorCode::SiteNotFound, "Site", site),
            });
        }
        let caller = signed.caller();
        Ok(Self { signed, caller })
    }
}

/// An administrator of the site in the address.
pub struct SiteAdmin(SiteUser);

impl Deref for SiteAdmin {
    type Target = SiteUser;

    fn deref(&self) -> &SiteUser {
        &self.0
    }
}

impl Guard for SiteAdmin {
    async fn check(call: &Call) -> Result<Self> {
        let user = SiteUser::check(call).await?;
        if user.role().is_admin() {
            Ok(Self(user))
        } else {
            Err(admins_only(call, "site administrators"))
        }
    }
}

/// An administrator of the server.
pub struct ServerAdmin(Signed);

impl Deref for ServerAdmin {
    type Target = Signed;

    fn deref(&self) -> &Signed {
        &self.0
    }
}

impl Guard for ServerAdmin {
    async fn check(call: &Call) -> Result<Self> {
        let signed = Signed::check(call).await?;
        if signed.is_server_admin() {
            Ok(Self(signed))
        } else {
            Err(admins_only(call, "server administrators"))
        }
    }
}

/// The error for callers who lack the role that an operation needs.
pub fn admins_only(call: &Call, who: &str) -> ApiError {
    fail(
        ErrorCode::Forbidden,
        format!("{} may only be called by {who}.", call.endpoint.operation),
    )
}
