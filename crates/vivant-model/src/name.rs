//! Names as people write them and the key under which they are unique.

/// Returns the key under which a name is unique: Tableau compares project, group, site, user and
/// content names without regard to case.
pub fn key(name: &str) -> String {
    name.to_lowercase()
}

/// The domain of users and groups that live in this server rather than in a directory.
pub const LOCAL_DOMAIN: &str = "local";

/// Splits `example\adam` into domain and user name; a name without a backslash has no domain.
pub fn split_domain(name: &str) -> (Option<&str>, &str) {
    match name.split_once('\\') {
        Some((domain, user)) if !domain.is_empty() => (Some(domain), user),
        _ => (None, name),
    }
}

/// Returns whether the text could be an e-mail address: one `@` with something without white space
/// on either side, and a domain of letters, digits, dots and dashes.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && !local.contains('@')
        && !domain.is_empty()
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && domain
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// Returns whether a name may be given to an item: not blank, no control characters, at most 255
/// characters.
pub fn is_valid(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 255 && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses() {
        for good in ["a@b", "adam.west@example.com", "a+b@x-y.co", "ünï@exämple.de"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b..c", "a@@b", "plain", "a@b c"] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn a_domain_stands_before_the_backslash() {
        assert_eq!(split_domain("example\\adam"), (Some("example"), "adam"));
        assert_eq!(split_domain("adam@example.com"), (None, "adam@example.com"));
        assert_eq!(split_domain("\\adam"), (None, "\\adam"));
    }
}
