//! Sets of characters: `[a-z]`, `\d`, `\p{L}`.

/// A set of characters.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    /// What belongs to it.
    pub items: Vec<SetItem>,
    /// What must hold too, for `&&`.
    pub also: Vec<Set>,
    /// What must not hold, for `--`.
    pub without: Vec<Set>,
    /// Whether the set is turned round.
    pub negated: bool,
    /// Whether letter case does not matter.
    pub fold: bool,
}

/// A part of a set.
#[derive(Debug, Clone)]
pub(super) enum SetItem {
    /// The characters from one to another.
    Range(char, char),
    /// A named class, or everything else.
    Class(Class, bool),
    /// Another set.
    Nested(Set),
}

/// A named class of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Digit,
    Word,
    Space,
    HorizontalSpace,
    VerticalSpace,
    Letter,
    Upper,
    Lower,
    Number,
    Alphanumeric,
    Punctuation,
    HexDigit,
    Control,
    Ascii,
    Any,
}

/// Where runs of ten decimal digits begin outside ASCII, in the scripts of living use.
const DIGIT_STARTS: [u32; 18] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20,
    0x1040, 0x17e0, 0xff10,
];

impl Class {
    /// Finds a class by the name in `\p{...}` or `[:...:]`.
    pub fn from_name(name: &str) -> Option<Class> {
        let name: String = name
            .chars()
            .filter(|c| !matches!(c, ' ' | '_' | '-'))
            .collect::<String>()
            .to_ascii_lowercase();
        Some(match name.as_str() {
            "l" | "letter" | "alpha" | "alphabetic" | "isalphabetic" => Class::Letter,
            "lu" | "upper" | "uppercase" | "uppercaseletter" => Class::Upper,
            "ll" | "lower" | "lowercase" | "lowercaseletter" => Class::Lower,
            "nd" | "digit" | "decimalnumber" => Class::Digit,
            "n" | "number" => Class::Number,
            "alnum" => Class::Alphanumeric,
            "word" => Class::Word,
            "space" | "whitespace" | "z" | "zs" | "separator" => Class::Space,
            "blank" => Class::HorizontalSpace,
            "punct" => Class::Punctuation,
            "xdigit" | "hexdigit" | "asciihexdigit" => Class::HexDigit,
            "cntrl" | "cc" | "control" => Class::Control,
            "ascii" => Class::Ascii,
            "any" => Class::Any,
            _ => return None,
        })
    }

    /// Tells whether a character belongs to the class.
    pub fn contains(self, c: char) -> bool {
        match self {
            Class::Digit => is_digit(c),
            Class::Word => is_word(c),
            Class::Space => c.is_whitespace(),
            Class::HorizontalSpace => c == '\t' || (c.is_whitespace() && !is_line_end(c)),
            Class::VerticalSpace => is_line_end(c),
            Class::Letter => c.is_alphabetic(),
            Class::Upper => c.is_uppercase(),
            Class::Lower => c.is_lowercase(),
            Class::Number => c.is_numeric(),
            Class::Alphanumeric => c.is_alphabetic() || is_digit(c),
            Class::Punctuation => c.is_ascii_punctuation(),
            Class::HexDigit => c.is_ascii_hexdigit(),
            Class::Control => c.is_control(),
            Class::Ascii => c.is_ascii(),
            Class::Any => true,
        }
    }
}

impl Set {
    /// Makes a set of one part.
    pub fn of(item: SetItem) -> Set {
        Set {
            items: vec![item],
            ..Set::default()
        }
    }

    /// Tells whether a character belongs to the set.
    pub fn contains(&self, c: char) -> bool {
        let holds = |c| {
            self.items.iter().any(|item| item.contains(c))
                && self.also.iter().all(|set| set.contains(c))
                && !self.without.iter().any(|set| set.contains(c))
        };
        let found = holds(c) || (self.fold && (holds(lower(c)) || holds(upper(c))));
        found != self.negated
    }
}

impl SetItem {
    fn contains(&self, c: char) -> bool {
        match self {
            SetItem::Range(first, last) => (*first..=*last).contains(&c),
            SetItem::Class(class, negated) => class.contains(c) != *negated,
            SetItem::Nested(set) => set.contains(c),
        }
    }
}

/// Tells whether a character is a decimal digit.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
        || DIGIT_STARTS
            .iter()
            .any(|start| (*start..start + 10).contains(&u32::from(c)))
}

/// Tells whether a character can be part of a word.
pub(super) fn is_word(c: char) -> bool {
    c == '_' || c.is_alphabetic() || is_digit(c) || ('\u{300}'..='\u{36f}').contains(&c)
}

/// Tells whether a character ends a line.
pub(super) fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Gives the lower case of a character, if that is one character.
pub(super) fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Gives the upper case of a character, if that is one character.
pub(super) fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}
