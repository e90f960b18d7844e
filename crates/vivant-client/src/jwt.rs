//! JSON web tokens of connected apps with direct trust: made of the app's secret, signed with HS256.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use vivant_model::Luid;

use crate::error::{Error, Result};
use crate::secret::Secret;

/// Tableau takes no token that is valid for longer.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// A token is used at once; five minutes leave room for clocks that differ.
const USUAL: Duration = Duration::from_secs(5 * 60);
/// What the client's methods need at most; an app may allow less.
const USUAL_SCOPES: &[&str] = &[
    "tableau:content:*",
    "tableau:workbooks:*",
    "tableau:datasources:*",
    "tableau:views:*",
    "tableau:projects:*",
    "tableau:users:*",
    "tableau:groups:*",
    "tableau:jobs:*",
    "tableau:tasks:*",
    "tableau:permissions:*",
    "tableau:file_uploads:*",
];

/// A connected app with direct trust, as its settings show it.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConnectedApp {
    client_id: String,
    secret_id: String,
    secret: Secret,
    scopes: Vec<String>,
    claims: Vec<(String, String)>,
    lifetime: Duration,
}

impl ConnectedApp {
    /// Names the app by its client id, and its secret by id and value.
    pub fn new(
        client_id: impl Into<String>,
        secret_id: impl Into<String>,
        secret_value: impl Into<Secret>,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            secret_id: secret_id.into(),
            secret: secret_value.into(),
            scopes: USUAL_SCOPES.iter().map(|&scope| scope.to_owned()).collect(),
            claims: Vec::new(),
            lifetime: USUAL,
        }
    }

    /// Sets what the sessions may do, such as `tableau:content:read`; otherwise all kinds of content, users, jobs
    /// and permissions.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a claim, such as an attribute of the user.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.claims.push((name.into(), value.into()));
        self
    }

    /// Sets how long a token is valid, at most ten minutes.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The app's client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What its sessions have: scopes and claims, in one text.
    pub(crate) fn granted(&self) -> String {
        let scopes: Vec<String> = self.scopes.iter().map(|scope| quoted(scope)).collect();
        let claims: Vec<String> = self
            .claims
            .iter()
            .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)))
            .collect();
        format!("[{}] {{{}}}", scopes.join(","), claims.join(","))
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Makes a token for a user. Sign-in does that by itself; embedding views needs it, too.
    pub fn token(&self, user: &str, now: Timestamp) -> Result<Secret> {
        if self.lifetime > LONGEST || self.lifetime.is_zero() {
            return Err(Error::invalid(format!(
                "a token of a connected app is valid for at most {LONGEST:?}, not {:?}",
                self.lifetime
            )));
        }
        if user.is_empty() {
            return Err(Error::invalid(
                "a token of a connected app needs the name of a user",
            ));
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|e| Error::file(format!("the system gives no random numbers: {e}")))?;
        Ok(self.signed(user, now.as_second(), &Luid::from_random(random).to_string()))
    }

    fn signed(&self, user: &str, now: i64, id: &str) -> Secret {
        let expires = now + i64::try_from(self.lifetime.as_secs()).unwrap_or(0);
        let scopes: Vec<String> = self.scopes.iter().map(|scope| quoted(scope)).collect();
        let header = format!(
            "{{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":{},\"iss\":{}}}",
            quoted(&self.secret_id),
            quoted(&self.client_id)
        );
        let mut payload = format!(
            "{{\"iss\":{},\"sub\":{},\"aud\":\"tableau\",\"iat\":{now},\"exp\":{expires},\"jti\":{},\"scp\":[{}]",
            quoted(&self.client_id),
            quoted(user),
            quoted(id),
            scopes.join(",")
        );
        for (name, value) in &self.claims {
            payload.push_str(&format!(",{}:{}", quoted(name), quoted(value)));
        }
        payload.push('}');
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(payload)
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.expose().as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()));
        Secret::new(format!("{text}.{signature}"))
    }
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use vivant_wire::{Format, Node};

    fn app() -> ConnectedApp {
        ConnectedApp::new("client-1", "secret-1", "key")
    }

    #[test]
    fn a_token_says_who_and_for_how_long() {
        let app = app()
            .scopes(["tableau:content:read"])
            .claim("team \"x\"", "a\\b\n");
        let token = app.signed("ann@example.com", 1_700_000_000, "id-1");
        let parts: Vec<&str> = token.expose().split('.').collect();
        let read = |part: &str| {
            let json = URL_SAFE_NO_PAD.decode(part).expect("base64");
            serde_json::from_slice::<serde_json::Value>(&json).expect("JSON")
        };
        assert_eq!(
            read(parts[0]),
            serde_json::json!({"alg": "HS256", "typ": "JWT", "kid": "secret-1", "iss": "client-1"})
        );
        assert_eq!(
            read(parts[1]),
            serde_json::json!({
                "iss": "client-1", "sub": "ann@example.com", "aud": "tableau", "iat": 1_700_000_000,
                "exp": 1_700_000_300, "jti": "id-1", "scp": ["tableau:content:read"], "team \"x\"": "a\\b\n"
            })
        );
        assert!(Node::parse(Format::Json, &URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).is_ok());
    }

    /// The example of RFC 7515, A.1, has a key of bytes; this one was signed with Python's `hmac`.
    #[test]
    fn a_token_is_signed_with_the_secret() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let token = app().signed("ann", 1, "x");
        let (text, signature) = token.expose().rsplit_once('.').expect("three parts");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
        assert!(hmac::verify(&key, text.as_bytes(), &signature).is_ok());
        let known = hmac::sign(&key, b"The quick brown fox jumps over the lazy dog");
        assert_eq!(
            known.as_ref()[..4],
            [0xf7, 0xbc, 0x83, 0xf4],
            "HMAC-SHA256 with a known answer"
        );
    }

    #[test]
    fn a_token_that_tableau_would_refuse_is_not_made() {
        assert!(
            app()
                .lifetime(Duration::from_secs(601))
                .token("ann", Timestamp::now())
                .is_err()
        );
        assert!(app().token("", Timestamp::now()).is_err());
        let (a, b) = (
            app().token("ann", Timestamp::now()),
            app().token("ann", Timestamp::now()),
        );
        assert_ne!(a.expect("a token").expose(), b.expect("a token").expose());
    }
}
