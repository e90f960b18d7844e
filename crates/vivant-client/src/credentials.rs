//! What one signs in with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vivant_wire::types;
use vivant_wire::{Format, Node};

use vivant_model::UserId;

use crate::error::Result;
use crate::jwt::ConnectedApp;
use crate::secret::Secret;
use crate::source::Digest;

/// A way to sign in, a site, and perhaps a user to act as.
#[derive(Clone, Debug)]
pub struct Credentials {
    kind: Kind,
    site: String,
    impersonate: Option<UserId>,
}

#[derive(Clone, Debug)]
enum Kind {
    Password {
        name: String,
        password: Secret,
    },
    Token {
        name: String,
        secret: Secret,
    },
    Jwt {
        token: Secret,
        unified: bool,
    },
    ConnectedApp {
        app: ConnectedApp,
        user: String,
    },
    /// A session that somebody else began, and nothing to begin another one with.
    Session(Secret),
}

impl Credentials {
    /// User name and password.
    pub fn password(name: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::new(Kind::Password {
            name: name.into(),
            password: password.into(),
        })
    }

    /// Name and value of a personal access token (API 3.6).
    pub fn token(name: impl Into<String>, value: impl Into<Secret>) -> Self {
        Self::new(Kind::Token {
            name: name.into(),
            secret: value.into(),
        })
    }

    /// A JSON web token of a connected app (API 3.17). It cannot be renewed once it has expired;
    /// [`Credentials::connected_app`] makes a new one whenever one is needed.
    pub fn jwt(token: impl Into<Secret>) -> Self {
        Self::new(Kind::Jwt {
            token: token.into(),
            unified: false,
        })
    }

    /// A unified access token of Tableau Cloud (API 3.17): a JSON web token that the organisation's own service
    /// signed. It cannot be renewed once it has expired.
    pub fn unified_access_token(token: impl Into<Secret>) -> Self {
        Self::new(Kind::Jwt {
            token: token.into(),
            unified: true,
        })
    }

    /// A user of a connected app with direct trust (API 3.17): a JSON web token is made for every sign-in.
    pub fn connected_app(app: ConnectedApp, user: impl Into<String>) -> Self {
        Self::new(Kind::ConnectedApp {
            app,
            user: user.into(),
        })
    }

    /// Nothing but a session's token.
    pub(crate) fn session(token: Secret) -> Self {
        Self::new(Kind::Session(token))
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            site: String::new(),
            impersonate: None,
        }
    }

    /// Sets the site by its content URL; empty is Default.
    pub fn site(mut self, content_url: impl Into<String>) -> Self {
        self.site = content_url.into();
        self
    }

    /// Acts as another user; server administrators may.
    pub fn impersonate(mut self, user: UserId) -> Self {
        self.impersonate = Some(user);
        self
    }

    /// The site's content URL.
    pub fn site_content_url(&self) -> &str {
        &self.site
    }

    pub(crate) fn secret(&self) -> &Secret {
        match &self.kind {
            Kind::Password { password, .. } => password,
            Kind::Token { secret, .. } => secret,
            Kind::Jwt { token, .. } | Kind::Session(token) => token,
            Kind::ConnectedApp { app, .. } => app.secret(),
        }
    }

    /// The kind of credentials and the name in them: what sessions of several programs have in common.
    pub(crate) fn identity(&self) -> (&'static str, String) {
        match &self.kind {
            Kind::Password { name, .. } => ("password", name.clone()),
            Kind::Token { name, .. } => ("token", name.clone()),
            // They have no name of their own: two of them are two identities.
            Kind::Jwt { token, .. } | Kind::Session(token) => {
                let mut digest = Digest::new();
                digest.add(token.expose().as_bytes());
                ("jwt", digest.hex())
            }
            Kind::ConnectedApp { app, user } => {
                ("app", format!("{}\n{user}\n{}", app.client_id(), app.granted()))
            }
        }
    }

    /// Whether the secret was thought up by a person, so that it could be guessed.
    pub(crate) fn guessable(&self) -> bool {
        matches!(self.kind, Kind::Password { .. })
    }

    /// Whom the session acts as.
    pub(crate) fn impersonated(&self) -> Option<UserId> {
        self.impersonate
    }

    /// Whether one can sign in with them, again and again.
    pub(crate) fn can_sign_in(&self) -> bool {
        !matches!(self.kind, Kind::Session(_))
    }

    pub(crate) fn to_wire(&self) -> Result<types::Credentials> {
        let mut wire = types::Credentials {
            site: Some(types::Site {
                content_url: Some(self.site.clone()),
                ..types::Site::default()
            }),
            user: self.impersonate.map(|id| types::User {
                id: Some(id),
                ..types::User::default()
            }),
            ..types::Credentials::default()
        };
        match &self.kind {
            Kind::Password { name, password } => {
                wire.name = Some(name.clone());
                wire.password = Some(password.expose().to_owned());
            }
            Kind::Token { name, secret } => {
                wire.personal_access_token_name = Some(name.clone());
                wire.personal_access_token_secret = Some(secret.expose().to_owned());
            }
            Kind::Jwt { token, unified } => {
                wire.jwt = Some(token.expose().to_owned());
                wire.is_uat = unified.then_some(true);
            }
            Kind::ConnectedApp { app, user } => {
                wire.jwt = Some(app.token(user, jiff::Timestamp::now())?.expose().to_owned());
            }
            Kind::Session(_) => {}
        }
        Ok(wire)
    }

    /// When a JSON web token ends, in seconds since 1970; `None` for other credentials and for tokens
    /// that do not say.
    pub(crate) fn expires(&self) -> Option<i64> {
        let Kind::Jwt { token, .. } = &self.kind else {
            return None;
        };
        let payload = token.expose().split('.').nth(1)?;
        let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        Node::parse(Format::Json, &json)
            .ok()?
            .attribute("exp")?
            .parse()
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for credentials in [
            Credentials::password("u", "s3cret"),
            Credentials::token("t", "s3cret"),
            Credentials::jwt("s3cret"),
            Credentials::unified_access_token("s3cret"),
            Credentials::connected_app(ConnectedApp::new("client", "id", "s3cret"), "ann"),
        ] {
            assert!(!format!("{credentials:?}").contains("s3cret"));
            assert_eq!(credentials.secret().expose(), "s3cret");
        }
    }

    #[test]
    fn the_end_of_a_json_web_token_is_read() {
        let payload = URL_SAFE_NO_PAD.encode("{\"exp\":1700000000,\"sub\":\"a\"}");
        assert_eq!(
            Credentials::jwt(format!("h.{payload}.s")).expires(),
            Some(1_700_000_000)
        );
        assert_eq!(Credentials::jwt("nonsense").expires(), None);
        assert_eq!(Credentials::password("u", "p").expires(), None);
    }
}
