//! Text. Positions and lengths count characters, that is Unicode code points, from 1.

/// The largest text a function makes, in bytes; larger results are refused with `None`.
pub const MAX_BYTES: usize = 64 << 20;

/// How texts are compared and searched.
///
/// The product compares by the collation of a column. The two kinds here are the ends of what its
/// collations do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Collation {
    /// Code point by code point.
    #[default]
    Binary,
    /// In the order of a dictionary, with letter case ignored and accents kept.
    IgnoreCase,
}

impl Collation {
    /// Compares two texts.
    pub fn compare(self, a: &str, b: &str) -> std::cmp::Ordering {
        match self {
            Collation::Binary => a.cmp(b),
            Collation::IgnoreCase => letters(a).cmp(letters(b)).then_with(|| folded(a).cmp(&folded(b))),
        }
    }

    /// Gives the text that all texts share which this collation takes for the same.
    pub fn key(self, text: &str) -> std::borrow::Cow<'_, str> {
        self.searchable(text)
    }

    /// Gives a text that stands in the plain order where this collation puts the text.
    pub fn order_key(self, text: &str) -> String {
        match self {
            Collation::Binary => text.to_owned(),
            Collation::IgnoreCase => {
                let mut key = String::with_capacity(3 * text.len() + 1);
                for (class, letter) in letters(text) {
                    key.push(char::from(class));
                    key.push(letter);
                }
                // Below all classes, so that what begins another text comes before it.
                key.push('\u{1}');
                key.push_str(&folded(text));
                key
            }
        }
    }

    /// Gives a text whose plain search finds what this collation finds, with as many characters.
    fn searchable(self, text: &str) -> std::borrow::Cow<'_, str> {
        match self {
            Collation::Binary => text.into(),
            Collation::IgnoreCase => folded(text),
        }
    }
}

/// Orders texts as people do: blanks before punctuation before digits before letters, letters without accents and
/// case first, lower case before upper case.
///
/// Tableau: the collation of English; this is its outline for Latin text.
pub fn dictionary(a: &str, b: &str) -> std::cmp::Ordering {
    Collation::IgnoreCase.compare(a, b).then_with(|| b.cmp(a))
}

fn folded(text: &str) -> std::borrow::Cow<'_, str> {
    match text.is_ascii() {
        true if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => text.into(),
        true => text.to_ascii_lowercase().into(),
        false => text.chars().map(fold).collect::<String>().into(),
    }
}

/// Gives the class of each character and its letter without accents and case.
fn letters(text: &str) -> impl Iterator<Item = (u8, char)> {
    text.chars().map(|c| match c {
        c if c.is_whitespace() => (2, c),
        c if c.is_alphabetic() => (5, base(c)),
        c if c.is_numeric() => (4, c),
        c => (3, c),
    })
}

/// Returns the letter below its accents, in lower case.
fn base(c: char) -> char {
    let lower = c.to_lowercase().next().unwrap_or(c);
    match lower {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ß' => 's',
        'ť' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ž' | 'ż' => 'z',
        other => other,
    }
}

/// Gives the lower case of a character, if that is one character.
fn fold(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Counts the characters.
pub fn length(text: &str) -> i64 {
    text.chars().count() as i64
}

/// Tells whether the text holds `sub`; an empty one is always held.
pub fn contains(text: &str, sub: &str, collation: Collation) -> bool {
    collation.searchable(text).contains(&*collation.searchable(sub))
}

/// Tells whether the text begins with `sub`.
pub fn starts_with(text: &str, sub: &str, collation: Collation) -> bool {
    collation
        .searchable(text)
        .starts_with(&*collation.searchable(sub))
}

/// Tells whether the text ends with `sub`.
pub fn ends_with(text: &str, sub: &str, collation: Collation) -> bool {
    collation.searchable(text).ends_with(&*collation.searchable(sub))
}

/// Gives the position of `sub` at or after `start`, 0 if it is not there. A start below 1 is 1; an
/// empty `sub` is found at the start, unless that is behind the end.
pub fn find(text: &str, sub: &str, start: i64, collation: Collation) -> i64 {
    let start = start.max(1);
    let text = collation.searchable(text);
    let Some(offset) = offset_of(&text, start - 1) else {
        return 0;
    };
    match text[offset..].find(&*collation.searchable(sub)) {
        Some(found) => start + length(&text[offset..offset + found]),
        None => 0,
    }
}

/// Gives the position of the n-th hit that does not overlap the one before, 0 if there are fewer; a
/// negative `n` counts from the end.
///
/// Tableau: an empty `sub` gives 1, and so does the hit number 0.
pub fn find_nth(text: &str, sub: &str, n: i64, collation: Collation) -> i64 {
    if sub.is_empty() || n == 0 {
        return 1;
    }
    let text = collation.searchable(text);
    let sub = collation.searchable(sub);
    let nth = usize::try_from(n.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let offset = if n > 0 {
        text.match_indices(&*sub).nth(nth).map(|(offset, _)| offset)
    } else {
        text.rmatch_indices(&*sub).nth(nth).map(|(offset, _)| offset)
    };
    offset.map_or(0, |offset| length(&text[..offset]) + 1)
}

/// Gives the first `count` characters; `None` for a negative count.
pub fn left(text: &str, count: i64) -> Option<&str> {
    (count >= 0).then(|| &text[..offset_of(text, count).unwrap_or(text.len())])
}

/// Gives the last `count` characters; `None` for a negative count.
pub fn right(text: &str, count: i64) -> Option<&str> {
    if count < 0 {
        return None;
    }
    let skipped = (length(text) - count).max(0);
    Some(&text[offset_of(text, skipped).unwrap_or(text.len())..])
}

/// Gives the characters from `start` on, `length` of them or all; `None` for a negative length.
///
/// Tableau: a start below 1 shortens the length by what lies before the text.
pub fn middle(text: &str, start: i64, length: Option<i64>) -> Option<&str> {
    let from = offset_of(text, start.saturating_sub(1).max(0)).unwrap_or(text.len());
    let Some(length) = length else {
        return Some(&text[from..]);
    };
    if length < 0 {
        return None;
    }
    let end = start.saturating_sub(1).saturating_add(length).max(0);
    let to = offset_of(text, end).unwrap_or(text.len());
    Some(&text[from..to.max(from)])
}

/// Gives token number `token` of a text cut at `delimiter`, from the left (1, 2, ...) or from the right
/// (-1, -2, ...); empty text when there is none. An empty delimiter cuts nothing.
pub fn split<'t>(text: &'t str, delimiter: &str, token: i64) -> &'t str {
    if token == 0 {
        return "";
    }
    let nth = usize::try_from(token.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let found = match (delimiter.is_empty(), token > 0) {
        (true, _) => (nth == 0).then_some(text),
        (false, true) => text.split(delimiter).nth(nth),
        (false, false) => text.rsplit(delimiter).nth(nth),
    };
    found.unwrap_or("")
}

/// Replaces all hits of `sub` from the left; an empty one changes nothing. `None` if the result is too
/// large.
pub fn replace(text: &str, sub: &str, replacement: &str, collation: Collation) -> Option<String> {
    if sub.is_empty() {
        return Some(text.to_string());
    }
    let searched = collation.searchable(text);
    let sub = collation.searchable(sub);
    let sub_length = sub.chars().count();
    let mut out = String::new();
    let mut rest = text;
    let mut end = 0;
    for (offset, _) in searched.match_indices(&*sub) {
        // Characters, not bytes, agree between the text and its searchable form.
        let kept = length(&searched[end..offset]);
        let at = offset_of(rest, kept).unwrap_or(rest.len());
        out.push_str(&rest[..at]);
        out.push_str(replacement);
        if out.len() > MAX_BYTES {
            return None;
        }
        rest = &rest[at..];
        rest = &rest[offset_of(rest, sub_length as i64).unwrap_or(rest.len())..];
        end = offset + sub.len();
    }
    out.push_str(rest);
    (out.len() <= MAX_BYTES).then_some(out)
}

/// Gives the code point of the first character; `None` for empty text.
pub fn code_point(text: &str) -> Option<i64> {
    text.chars().next().map(|c| i64::from(u32::from(c)))
}

/// Gives the character with a code point; `None` for 0 and for what is not a character.
pub fn character(code: i64) -> Option<String> {
    u32::try_from(code)
        .ok()
        .filter(|code| *code != 0)
        .and_then(char::from_u32)
        .map(String::from)
}

/// Gives text of blanks; `None` for a negative count and for more than [`MAX_BYTES`].
pub fn blanks(count: i64) -> Option<String> {
    usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_BYTES)
        .map(|count| " ".repeat(count))
}

/// Upper-cases the first letter of each word and lower-cases the rest. Anything but a letter or a digit
/// begins a new word.
pub fn proper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric();
    }
    out
}

/// Drops white space at the start: blank, tab, line feed, vertical tab, form feed, carriage return.
pub fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_trimmed)
}

/// Drops white space at the end, see [`trim_start`].
pub fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_trimmed)
}

/// Tells what trimming drops; a no-break space stays.
fn is_trimmed(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// Gives the offset in bytes of the character with an index from 0; the end counts, what lies behind
/// it has none.
fn offset_of(text: &str, index: i64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    if index > text.len() {
        return None;
    }
    text.char_indices()
        .map(|(offset, _)| offset)
        .chain([text.len()])
        .nth(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Collation::{Binary, IgnoreCase};

    #[test]
    fn texts_are_ordered_as_people_do() {
        let mut words = ["b", "A", "a", "Ä", "2", "-", "B", "a b", "ab"];
        words.sort_by(|a, b| dictionary(a, b));
        let expected = ["-", "2", "a", "A", "Ä", "a b", "ab", "b", "B"];
        assert_eq!(words, expected);
        for (a, b) in [("a", "A"), ("a b", "ab"), ("Zug", "zu"), ("é", "E"), ("", "a")] {
            let keys = IgnoreCase.order_key(a).cmp(&IgnoreCase.order_key(b));
            assert_eq!(keys, IgnoreCase.compare(a, b), "{a} {b}");
            let is_same = IgnoreCase.key(a) == IgnoreCase.key(b);
            assert_eq!(is_same, keys.is_eq(), "{a} {b}");
        }
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(find("日本語", "語", 1, Binary), 3);
        assert_eq!(find("abcabc", "c", -5, Binary), 3);
        assert_eq!(find("abcabc", "c", 100, Binary), 0);
        assert_eq!(find("abc", "", 2, Binary), 2);
        assert_eq!(find("ÄBÄ", "ä", 2, IgnoreCase), 3);
        assert_eq!(find_nth("aaaa", "aa", 2, Binary), 3);
        assert_eq!(find_nth("Calculation", "a", -1, Binary), 7);
        assert_eq!(find_nth("abc", "a", i64::MIN, Binary), 0);
    }

    #[test]
    fn windows_are_cut_to_the_text() {
        assert_eq!(middle("abc", 0, Some(2)), Some("a"));
        assert_eq!(middle("abc", -1, Some(3)), Some("a"));
        assert_eq!(middle("abc", 10, None), Some(""));
        assert_eq!(middle("abc", i64::MIN, Some(i64::MAX)), Some(""));
        assert_eq!(middle("abc", 2, Some(-1)), None);
        assert_eq!(right("日本語", 2), Some("本語"));
        assert_eq!(left("日本語", i64::MAX), Some("日本語"));
    }

    #[test]
    fn replacing_keeps_the_case_of_the_rest() {
        assert_eq!(replace("aBcABC", "b", "-", IgnoreCase).as_deref(), Some("a-cA-C"));
        assert_eq!(replace("İxİ", "X", "-", IgnoreCase).as_deref(), Some("İ-İ"));
        assert_eq!(replace("aaa", "aa", "b", Binary).as_deref(), Some("ba"));
        assert_eq!(replace(&"a".repeat(70_000), "a", &"b".repeat(1000), Binary), None);
    }

    #[test]
    fn tokens_are_counted_from_both_ends() {
        assert_eq!(split("a|b|c|d", "|", -2), "c");
        assert_eq!(split("-a-", "-", -1), "");
        assert_eq!(split("abc", "", -1), "abc");
        assert_eq!(split("abc", "-", i64::MIN), "");
    }
}
