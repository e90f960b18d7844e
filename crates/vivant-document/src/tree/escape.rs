//! Entities and line ends: text as it is written and as it is meant.

use std::borrow::Cow;

/// Resolves what stands between the quotes of an attribute. Line ends written as such are blanks, as XML says;
/// Tableau writes the ones it means as `&#10;`.
pub(crate) fn decode_attribute(raw: &str) -> Cow<'_, str> {
    if !raw
        .bytes()
        .any(|byte| matches!(byte, b'&' | b'\n' | b'\r' | b'\t'))
    {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    units(raw, |_, meant| text.push(meant));
    Cow::Owned(text)
}

/// Goes through the characters of an attribute's value: where each is written, and what it means.
pub(crate) fn units(raw: &str, mut show: impl FnMut(std::ops::Range<usize>, char)) {
    let mut at = 0;
    while let Some(character) = raw[at..].chars().next() {
        let (length, meant) = match character {
            '&' => entity(&raw[at..]).unwrap_or((1, '&')),
            '\r' if raw[at..].starts_with("\r\n") => (2, ' '),
            '\r' | '\n' | '\t' => (1, ' '),
            other => (other.len_utf8(), other),
        };
        show(at..at + length, meant);
        at += length;
    }
}

/// Resolves the text in a gap: entities, CDATA sections and line ends; comments and instructions are left out.
pub(crate) fn decode_text(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'\r')) {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\r']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let skip = match rest.as_bytes()[0] {
            b'&' => {
                let (length, meant) = entity(rest).unwrap_or((1, '&'));
                text.push(meant);
                length
            }
            b'\r' => {
                text.push('\n');
                if rest.starts_with("\r\n") { 2 } else { 1 }
            }
            _ => {
                if let Some(data) = rest.strip_prefix("<![CDATA[") {
                    let end = data.find("]]>").unwrap_or(data.len());
                    text.push_str(&data[..end].replace("\r\n", "\n"));
                    (9 + end + 3).min(rest.len())
                } else {
                    let close = if rest.starts_with("<!--") { "-->" } else { "?>" };
                    rest.find(close).map_or(rest.len(), |end| end + close.len())
                }
            }
        };
        rest = &rest[skip..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Reads a reference at the beginning of a text: its length and the character it stands for.
pub(crate) fn entity(text: &str) -> Option<(usize, char)> {
    // The longest that means anything is `&#x10FFFF;`, with room for leading zeros.
    let head = text.get(..text.len().min(24)).unwrap_or_else(|| {
        let mut end = 23.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[..end]
    });
    let end = head.find(';')?;
    let name = head.get(1..end)?;
    let meant = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    u32::from_str_radix(hex, 16).ok()?
                }
                None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
                _ => return None,
            };
            let character = char::from_u32(code)?;
            let allowed = matches!(character, '\t' | '\n' | '\r') || character >= ' ';
            if !allowed {
                return None;
            }
            character
        }
    };
    Some((end + 1, meant))
}

/// Writes a value so that it can stand in text and between quotes of either kind, the way Tableau does.
pub(crate) fn escape(value: &str) -> Cow<'_, str> {
    let special = |character: char| {
        matches!(character, '&' | '<' | '>' | '"' | '\'' | '\n' | '\r' | '\t')
            || (character < ' ')
            || matches!(character, '\u{fffe}' | '\u{ffff}')
    };
    if !value.contains(special) {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len() + 16);
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            '\n' => text.push_str("&#10;"),
            '\r' => text.push_str("&#13;"),
            '\t' => text.push_str("&#9;"),
            // XML 1.0 has no way to write these.
            other if other < ' ' || matches!(other, '\u{fffe}' | '\u{ffff}') => text.push('\u{fffd}'),
            other => text.push(other),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_and_resolving_are_inverse() {
        for text in ["", "a", "<&>\"'", "a\r\n\tb", "ünïcödé &amp; 🚢"] {
            assert_eq!(decode_attribute(&escape(text)), text);
            assert_eq!(decode_text(&escape(text)), text);
        }
        assert_eq!(escape("\u{1}"), "\u{fffd}");
    }

    #[test]
    fn references_that_mean_nothing_are_none() {
        assert_eq!(entity("&#65;x"), Some((5, 'A')));
        assert_eq!(entity("&#x41;"), Some((6, 'A')));
        for text in [
            "&",
            "&;",
            "&x;",
            "&#;",
            "&#x;",
            "&#+65;",
            "&#xD800;",
            "&#1;",
            "&#65",
            "&lt ;",
            "&ääääääääääääääääää",
        ] {
            assert_eq!(entity(text), None, "{text}");
        }
    }

    #[test]
    fn line_ends_follow_the_rules_of_xml() {
        assert_eq!(decode_attribute("a\r\nb\nc&#10;d"), "a b c\nd");
        assert_eq!(decode_text("a\r\nb\rc<!-- x --><![CDATA[&]]>&amp;"), "a\nb\nc&&");
    }
}
