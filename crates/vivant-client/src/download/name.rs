//! The name of what is downloaded, from an answer's head, and safe in any folder.

use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::transport::Answer;

/// Names content: as the answer says, else by what it is.
pub(super) fn file_name(answer: &Answer, fallback: &str) -> String {
    let disposition = answer
        .headers
        .get(CONTENT_DISPOSITION)
        .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let named = disposition
        .as_deref()
        .and_then(named_in)
        .map(|name| clean(&name))
        .filter(|n| !n.is_empty());
    named.unwrap_or_else(|| {
        let kind = answer
            .headers
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let ending = match (fallback, kind.contains("xml")) {
            ("workbook", true) => ".twb",
            ("workbook", false) => ".twbx",
            ("datasource", true) => ".tds",
            ("datasource", false) => ".tdsx",
            _ => "",
        };
        format!("{fallback}{ending}")
    })
}

/// Finds the file name in `name="tableau_workbook"; filename="X.twbx"`, or in `filename*=UTF-8''X`.
fn named_in(disposition: &str) -> Option<String> {
    let mut plain = None;
    let mut rest = disposition;
    while !rest.is_empty() {
        let end = rest.find([';', '=']).unwrap_or(rest.len());
        let name = rest[..end].trim().to_ascii_lowercase();
        if !rest[end..].starts_with('=') {
            rest = rest.get(end + 1..).unwrap_or_default();
            continue;
        }
        let (value, tail) = value(rest[end + 1..].trim_start());
        match name.as_str() {
            "filename*" => {
                let encoded = value.rsplit('\'').next().unwrap_or_default();
                let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().ok();
                if let Some(decoded) = decoded {
                    return Some(decoded.into_owned());
                }
            }
            "filename" => plain = Some(value),
            _ => {}
        }
        rest = tail.find(';').map_or("", |at| &tail[at + 1..]);
    }
    plain
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' if quoted[at + 1..].starts_with(['"', '\\']) => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// Makes a name safe in any folder of any system: no path, no control characters, nothing that
/// Windows refuses.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = last
        .chars()
        .map(|c| {
            if c.is_control() || "<>:\"|?*".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let safe = safe.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    // File systems allow 255 bytes.
    let end = (0..=safe.len().min(200))
        .rev()
        .find(|&at| safe.is_char_boundary(at))
        .unwrap_or(0);
    match safe[..end].len() == safe.len() {
        true => safe.to_owned(),
        false => {
            let ending = safe.rsplit_once('.').map_or("", |(_, e)| e);
            match ending.len() {
                1..=8 => format!("{}.{ending}", &safe[..end]),
                _ => safe[..end].to_owned(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_form() {
        for (header, name) in [
            ("name=\"tableau_workbook\"; filename=\"X.twbx\"", "X.twbx"),
            ("attachment; filename=X.twb", "X.twb"),
            ("filename=\"a;\\\"b\\\".twb\"; name=\"x\"", "a;\"b\".twb"),
            ("filename=\"x.twb\"; filename*=UTF-8''%C3%BCber.twb", "über.twb"),
        ] {
            assert_eq!(named_in(header).as_deref(), Some(name), "{header}");
        }
        assert_eq!(named_in("attachment"), None);
    }

    #[test]
    fn names_cannot_leave_their_folder() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\a.twb", "a.twb"),
            (".bashrc", "bashrc"),
            ("a\u{0}b:c?.twb", "a_b_c_.twb"),
            ("..", ""),
            ("Größe & Co.twbx", "Größe & Co.twbx"),
        ] {
            assert_eq!(clean(name), safe);
        }
        let long = clean(&format!("{}.twbx", "ü".repeat(300)));
        assert!(long.len() < 255 && long.ends_with(".twbx"), "{long}");
    }
}
