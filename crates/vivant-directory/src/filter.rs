//! Filters of a search (RFC 4515), put together so that no value can change what they ask.

use std::borrow::Borrow;

use super::entry;

/// The attribute has the value.
pub fn equals(attribute: &str, value: &str) -> String {
    format!("({attribute}={})", ldap3::ldap_escape(value))
}

/// The attribute has the value that [`super::entry::Entry::id`] gave.
pub fn identifier(attribute: &str, value: &str) -> String {
    use std::fmt::Write as _;
    if !attribute.eq_ignore_ascii_case(entry::OBJECT_GUID) {
        return equals(attribute, value);
    }
    let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_hexdigit).collect();
    let mut text = format!("({attribute}=");
    for at in entry::GUID_ORDER {
        let byte = digits.get(at * 2..at * 2 + 2).unwrap_or_default();
        let _ = write!(text, "\\{}", String::from_utf8_lossy(byte));
    }
    text.push(')');
    text
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
    fn identifiers_are_asked_for_as_they_are_kept() {
        let guid = identifier("objectGUID", "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!(
            guid,
            r"(objectGUID=\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f)"
        );
        assert!(is_valid(&guid));
        assert_eq!(identifier("entryUUID", "7f2c"), "(entryUUID=7f2c)");
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
        assert!(is_attribute("sAMAccountName") && !is_attribute("member;range=0-1"));
        assert!(!is_attribute("uid)(x") && !is_attribute("") && !is_attribute("1x"));
    }
}
