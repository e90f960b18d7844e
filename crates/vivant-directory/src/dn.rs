//! Distinguished names (RFC 4514), as far as it takes to compare them.

/// The parts of a name from the entry to the root, each in one spelling: lower case, no blanks
/// around the signs, escapes undone.
pub fn parts(dn: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    // How much of the part an escape protects from being trimmed.
    let mut keep = 0;
    let mut bytes = dn.bytes();
    let (mut attribute, mut leading) = (true, true);
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                let Some(next) = bytes.next() else { break };
                let low = bytes.clone().next();
                match (hex(next), low.and_then(hex)) {
                    (Some(high), Some(low)) => {
                        bytes.next();
                        part.push(high << 4 | low);
                    }
                    _ => part.push(next),
                }
                keep = part.len();
                leading = false;
            }
            b',' | b';' | b'+' => {
                finish(&mut part, &mut keep);
                let text = std::mem::take(&mut part);
                parts.push(String::from_utf8_lossy(&text).to_lowercase());
                (attribute, leading) = (true, true);
            }
            b'=' if attribute => {
                finish(&mut part, &mut keep);
                part.push(b'=');
                keep = part.len();
                (attribute, leading) = (false, true);
            }
            b' ' if leading => {}
            _ => {
                part.push(byte);
                leading = false;
            }
        }
    }
    finish(&mut part, &mut keep);
    if !part.is_empty() {
        parts.push(String::from_utf8_lossy(&part).to_lowercase());
    }
    parts
}

/// Takes blanks off the end of a part, but no escaped ones.
fn finish(part: &mut Vec<u8>, keep: &mut usize) {
    while part.len() > *keep && part.last() == Some(&b' ') {
        part.pop();
    }
    *keep = 0;
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_compare_equal() {
        let plain = parts("cn=Ada Lovelace,ou=People,dc=example,dc=lan");
        assert_eq!(plain, ["cn=ada lovelace", "ou=people", "dc=example", "dc=lan"]);
        assert_eq!(parts("CN = ada lovelace , OU=people, DC=Example ,DC=LAN"), plain);
        assert_eq!(parts(r"cn=Love\2clace\, Ada,dc=x"), ["cn=love,lace, ada", "dc=x"]);
        assert_eq!(parts(r"cn=\C5\BDofie,dc=x"), parts("cn=Žofie,dc=x"));
        assert_eq!(parts(r"cn=a\ ,dc=x")[0], "cn=a ");
        assert_ne!(parts("cn=a,b=c"), parts(r"cn=a\,b=c"));
        assert!(parts("").is_empty());
    }

    #[test]
    fn an_entry_lies_below_its_base() {
        let entry = parts("uid=ada,ou=people,dc=example,dc=lan");
        assert!(entry.ends_with(&parts("DC=example, DC=lan")));
        assert!(!entry.ends_with(&parts("dc=ample,dc=lan")));
    }
}
