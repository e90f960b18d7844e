//! Filters of a search (RFC 4515), put together so that no value can change what they ask.

use std::borrow::Borrow;

/// The attribute has the value.
pub fn equals(attribute: &str, value: &str) -> String {
    format!("({attribute}={})", ldap3::ldap_escape(value))
}

/// A matching rule of the directory says yes to the value.
pub fn matches(attribute: &str, rule: &str, value: &str) -> String {
    format!("({attribute}:{rule}:={})", ldap3::ldap_escape(value))
}

/// All of the filters are true.
pub fn all<T: Borrow<String>>(filters: impl IntoIterator<Item = T>) -> String {
    joined('&', filters)
}

/// One of the filters is true.
pub fn any<T: Borrow<String>>(filters: impl IntoIterator<Item = T>) -> String {
    joined('|', filters)
}

fn joined<T: Borrow<String>>(sign: char, filters: impl IntoIterator<Item = T>) -> String {
    let mut text = format!("({sign}");
    for filter in filters {
        text.push_str(filter.borrow());
    }
    text.push(')');
    text
}

/// Returns whether a text is a whole filter.
pub fn is_valid(text: &str) -> bool {
    ldap3::parse_filter(text).is_ok()
}

/// Returns whether a text names an attribute.
pub fn is_attribute(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_changes_what_a_filter_asks() {
        let check = |value: &str, filter: &str| {
            assert_eq!(equals("uid", value), filter);
            assert!(is_valid(filter), "{filter}");
        };
        check("ada", "(uid=ada)");
        check("*", r"(uid=\2a)");
        check("ada)(objectClass=*", r"(uid=ada\29\28objectClass=\2a)");
        check(r"a\b", r"(uid=a\5cb)");
        check("nul\0", r"(uid=nul\00)");
        check("", "(uid=)");
        check("Žofie", "(uid=Žofie)");
    }

    #[test]
    fn filters_nest() {
        let both = all([
            equals("a", "1"),
            any([equals("b", "2"), matches("c", "1.2", "3")]),
        ]);
        assert_eq!(both, "(&(a=1)(|(b=2)(c:1.2:=3)))");
        assert!(is_valid(&both));
        assert!(!is_valid("(uid=ada"));
        assert!(!is_valid("uid=ada)("));
    }

    #[test]
    fn attributes_are_plain_words() {
        assert!(is_attribute("sAMAccountName") && is_attribute("member;range=0-1") == false);
        assert!(!is_attribute("uid)(x") && !is_attribute("") && !is_attribute("1x"));
    }
}
