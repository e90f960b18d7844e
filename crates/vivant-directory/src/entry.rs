//! An entry as a search gives it.

use std::fmt::Write as _;

use ldap3::SearchEntry;

/// The attribute of Active Directory that is 16 bytes.
pub const OBJECT_GUID: &str = "objectGUID";
/// Where the bytes of such an identifier stand in its text: the first three groups are turned round.
pub const GUID_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// An entry with the attributes that were asked for.
#[derive(Debug)]
pub struct Entry {
    /// Where it lies.
    pub dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl From<SearchEntry> for Entry {
    fn from(entry: SearchEntry) -> Self {
        let texts = entry
            .attrs
            .into_iter()
            .map(|(name, values)| (name, values.into_iter().map(String::into_bytes).collect()));
        Self {
            dn: entry.dn,
            attributes: texts.chain(entry.bin_attrs).collect(),
        }
    }
}

impl Entry {
    /// The values of an attribute that are text; names of attributes have no case.
    pub fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.values(attribute)
            .filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// The first value of an attribute that is not empty.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.texts(attribute).find(|text| !text.trim().is_empty())
    }

    /// An identifier as text: that of Active Directory is 16 bytes.
    pub fn id(&self, attribute: &str) -> Option<String> {
        let value = self.values(attribute).next()?;
        if attribute.eq_ignore_ascii_case(OBJECT_GUID) && value.len() == GUID_ORDER.len() {
            let mut text = String::with_capacity(36);
            for (at, from) in GUID_ORDER.into_iter().enumerate() {
                if matches!(at, 4 | 6 | 8 | 10) {
                    text.push('-');
                }
                let _ = write!(text, "{:02x}", value.get(from)?);
            }
            return Some(text);
        }
        let text = std::str::from_utf8(value).ok()?;
        Some(text.chars().take(255).collect()).filter(|id: &String| !id.is_empty())
    }

    /// The values of an attribute of which the directory gives only so many at once, and the number
    /// to go on with: Active Directory answers `member;range=0-1499`, and `*` at the end.
    pub fn range(&self, attribute: &str) -> (Vec<String>, Option<usize>) {
        let prefix = format!("{};range=", attribute.to_ascii_lowercase());
        let found = self.attributes.iter().find_map(|(name, values)| {
            let name = name.to_ascii_lowercase();
            let last = name.strip_prefix(&prefix)?.split_once('-')?.1.to_owned();
            Some((last, values))
        });
        match found {
            None => (self.texts(attribute).map(str::to_owned).collect(), None),
            Some((last, values)) => {
                let texts = values.iter().filter_map(|v| String::from_utf8(v.clone()).ok());
                (
                    texts.collect(),
                    last.parse::<usize>().ok().and_then(|n| n.checked_add(1)),
                )
            }
        }
    }

    fn values(&self, attribute: &str) -> impl Iterator<Item = &[u8]> {
        self.attributes
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(attribute))
            .flat_map(|(_, values)| values)
            .map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &[&[u8]])]) -> Entry {
        let attributes = attributes
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.iter().map(|v| v.to_vec()).collect()));
        Entry {
            dn: "cn=x".to_owned(),
            attributes: attributes.collect(),
        }
    }

    #[test]
    fn attributes_have_no_case() {
        let entry = entry(&[("Mail", &[b"", b"a@b", b"\xff"])]);
        assert_eq!(entry.text("mail"), Some("a@b"));
        assert_eq!(entry.texts("MAIL").count(), 2);
        assert_eq!(entry.text("cn"), None);
    }

    #[test]
    fn identifiers_of_either_kind() {
        let bytes: Vec<u8> = (0..16).collect();
        let entry = entry(&[("objectGUID", &[&bytes]), ("entryUUID", &[b"7f2c"])]);
        assert_eq!(
            entry.id("objectGUID").as_deref(),
            Some("03020100-0504-0706-0809-0a0b0c0d0e0f")
        );
        assert_eq!(entry.id("entryUUID").as_deref(), Some("7f2c"));
    }

    #[test]
    fn long_lists_come_in_ranges() {
        let part = entry(&[("member;range=0-1", &[b"a", b"b"]), ("member", &[])]);
        assert_eq!(
            part.range("member"),
            (vec!["a".to_owned(), "b".to_owned()], Some(2))
        );
        let last = entry(&[("member;Range=2-*", &[b"c"])]);
        assert_eq!(last.range("Member"), (vec!["c".to_owned()], None));
        let whole = entry(&[("member", &[b"a"])]);
        assert_eq!(whole.range("member"), (vec!["a".to_owned()], None));
    }
}
