//! Secrets that do not print themselves, and their removal from text of others.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A password, token or the like: shown as `***`, wiped from memory when the last copy goes.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// Returns the secret itself, for sending it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Replaces secrets in a text that came from elsewhere, such as a proxy's page that repeats the
/// request, also where they were escaped for XML.
pub(crate) fn scrub(text: &str, secrets: &[Secret]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets {
        let plain = secret.expose();
        if plain.is_empty() {
            continue;
        }
        let escaped = plain
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&apos;");
        clean = clean.replace(&escaped, "***").replace(plain, "***");
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print_themselves() {
        let secret = Secret::new("p4ss");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.expose(), "p4ss");
    }

    #[test]
    fn secrets_are_taken_out_of_foreign_text() {
        let secrets = [Secret::new("a<b"), Secret::new("tok"), Secret::new("")];
        assert_eq!(scrub("x a&lt;b y a<b z tok.", &secrets), "x *** y *** z ***.");
    }
}
