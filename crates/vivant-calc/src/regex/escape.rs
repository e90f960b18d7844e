//! Escapes and sets within patterns.

use super::set::{Class, Set, SetItem};
use super::syntax::{Assert, Item, Parser};

/// Names of characters in `\N{...}`, for the ones on a keyboard.
const CHARACTER_NAMES: [(&str, char); 35] = [
    ("SPACE", ' '),
    ("EXCLAMATION MARK", '!'),
    ("QUOTATION MARK", '"'),
    ("NUMBER SIGN", '#'),
    ("DOLLAR SIGN", '$'),
    ("PERCENT SIGN", '%'),
    ("AMPERSAND", '&'),
    ("APOSTROPHE", '\''),
    ("LEFT PARENTHESIS", '('),
    ("RIGHT PARENTHESIS", ')'),
    ("ASTERISK", '*'),
    ("PLUS SIGN", '+'),
    ("COMMA", ','),
    ("HYPHEN-MINUS", '-'),
    ("FULL STOP", '.'),
    ("SOLIDUS", '/'),
    ("COLON", ':'),
    ("SEMICOLON", ';'),
    ("LESS-THAN SIGN", '<'),
    ("EQUALS SIGN", '='),
    ("GREATER-THAN SIGN", '>'),
    ("QUESTION MARK", '?'),
    ("COMMERCIAL AT", '@'),
    ("LEFT SQUARE BRACKET", '['),
    ("REVERSE SOLIDUS", '\\'),
    ("RIGHT SQUARE BRACKET", ']'),
    ("CIRCUMFLEX ACCENT", '^'),
    ("LOW LINE", '_'),
    ("GRAVE ACCENT", '`'),
    ("LEFT CURLY BRACKET", '{'),
    ("VERTICAL LINE", '|'),
    ("RIGHT CURLY BRACKET", '}'),
    ("TILDE", '~'),
    ("NO-BREAK SPACE", '\u{a0}'),
    ("EURO SIGN", '€'),
];

/// What an escape outside or inside a set stands for.
pub(super) enum Escape {
    Char(char),
    Class(Class, bool),
    Quote,
    Other(char),
}

impl Parser {
    /// Reads the text between `\Q` and `\E`.
    pub(super) fn quoted(&mut self) -> Vec<char> {
        let mut text = Vec::new();
        while self.at < self.chars.len() && !self.eat_text("\\E") {
            text.extend(self.peek());
            self.at += 1;
        }
        text
    }

    /// Reads an escape that is neither a character nor a class.
    pub(super) fn special_escape(&mut self, c: char) -> Result<Option<Item>, String> {
        let fold = self.flags.fold;
        Ok(Some(match c {
            'b' => Item::Assert(Assert::WordBorder(true)),
            'B' => Item::Assert(Assert::WordBorder(false)),
            'A' => Item::Assert(Assert::TextStart),
            'Z' => Item::Assert(Assert::LastLineEnd),
            'z' => Item::Assert(Assert::TextEnd),
            'G' => Item::Assert(Assert::SearchStart),
            'E' => return Ok(None),
            'R' => {
                let pair = ['\r', '\n'].map(|c| Item::Char { c, fold: false });
                let single = self.set_item(Set::of(SetItem::Class(Class::VerticalSpace, false)));
                Item::Atomic(Box::new(Item::Alternate(vec![
                    Item::Concat(pair.to_vec()),
                    single,
                ])))
            }
            'X' => {
                let mark = self.set_item(Set::of(SetItem::Range('\u{300}', '\u{36f}')));
                let marks = Item::Repeat {
                    inner: Box::new(mark),
                    min: 0,
                    max: None,
                    greedy: true,
                };
                Item::Atomic(Box::new(Item::Concat(vec![Item::Any { lines: true }, marks])))
            }
            'k' if self.eat('<') => {
                let name = self.until('>')?;
                let known = self.names.iter().find(|(known, _)| *known == name);
                let group = known
                    .ok_or_else(|| format!("there is no group named `{name}`"))?
                    .1;
                Item::BackReference { group, fold }
            }
            '1'..='9' => {
                let mut group = c as usize - '0' as usize;
                while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
                    if group * 10 + digit as usize > self.groups {
                        break;
                    }
                    group = group * 10 + digit as usize;
                    self.at += 1;
                }
                if group > self.groups {
                    return Err(format!("there is no group {group} to refer back to"));
                }
                Item::BackReference { group, fold }
            }
            // Tableau: other escaped letters stand for themselves.
            _ => Item::Char { c, fold },
        }))
    }

    /// Reads what follows a backslash.
    pub(super) fn escape(&mut self) -> Result<Escape, String> {
        let c = self.peek().ok_or("it ends with a backslash")?;
        self.at += 1;
        Ok(match c {
            'd' => Escape::Class(Class::Digit, false),
            'D' => Escape::Class(Class::Digit, true),
            'w' => Escape::Class(Class::Word, false),
            'W' => Escape::Class(Class::Word, true),
            's' => Escape::Class(Class::Space, false),
            'S' => Escape::Class(Class::Space, true),
            'h' => Escape::Class(Class::HorizontalSpace, false),
            'H' => Escape::Class(Class::HorizontalSpace, true),
            'v' => Escape::Class(Class::VerticalSpace, false),
            'V' => Escape::Class(Class::VerticalSpace, true),
            'p' | 'P' => {
                let name = if self.eat('{') {
                    self.until('}')?
                } else {
                    let letter = self.peek().ok_or("a property has no name")?;
                    self.at += 1;
                    letter.to_string()
                };
                let (name, turned) = match name.strip_prefix('^') {
                    Some(rest) => (rest, true),
                    None => (name.as_str(), false),
                };
                let class = Class::from_name(name)
                    .ok_or_else(|| format!("the property `{name}` is not supported"))?;
                Escape::Class(class, (c == 'P') != turned)
            }
            'n' => Escape::Char('\n'),
            't' => Escape::Char('\t'),
            'r' => Escape::Char('\r'),
            'f' => Escape::Char('\u{c}'),
            'a' => Escape::Char('\u{7}'),
            'e' => Escape::Char('\u{1b}'),
            'c' => {
                let control = self.peek().ok_or("it ends with `\\c`")?;
                self.at += 1;
                Escape::Char(char::from((control as u32 & 0x1f) as u8))
            }
            '0' => Escape::Char(self.code(8, 3)?),
            'x' if self.eat('{') => {
                let digits = self.until('}')?;
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                Escape::Char(code.ok_or_else(|| format!("`{digits}` is not a code point"))?)
            }
            'x' => Escape::Char(self.code(16, 2)?),
            'u' => Escape::Char(self.code(16, 4)?),
            'U' => Escape::Char(self.code(16, 8)?),
            'N' if self.eat('{') => {
                let name = self.until('}')?;
                let known = CHARACTER_NAMES
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(&name));
                Escape::Char(
                    known
                        .ok_or_else(|| format!("the character name `{name}` is not supported"))?
                        .1,
                )
            }
            'Q' => Escape::Quote,
            _ if c.is_ascii_alphanumeric() => Escape::Other(c),
            _ => Escape::Char(c),
        })
    }

    /// Reads up to `most` digits as a code point.
    fn code(&mut self, radix: u32, most: usize) -> Result<char, String> {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else {
                break;
            };
            value = value * radix + digit;
            self.at += 1;
        }
        char::from_u32(value).ok_or_else(|| format!("{value:x} is not a code point"))
    }

    /// Reads a set after its opening bracket.
    pub(super) fn set(&mut self) -> Result<Set, String> {
        let mut set = Set {
            fold: self.flags.fold,
            negated: self.eat('^'),
            ..Set::default()
        };
        let mut first = true;
        loop {
            let c = self.peek().ok_or("a set has no closing bracket")?;
            if c == ']' && !first {
                self.at += 1;
                return Ok(set);
            }
            first = false;
            if self.eat_text("&&") {
                let rest = self.operand()?;
                set.also.push(rest);
                continue;
            }
            if self.eat_text("--") && !set.items.is_empty() {
                let rest = self.operand()?;
                set.without.push(rest);
                continue;
            }
            if self.eat_text("[:") {
                let negated = self.eat('^');
                let name = self.until(':')?;
                let class =
                    Class::from_name(&name).ok_or_else(|| format!("the class `{name}` is not supported"))?;
                if !self.eat(']') {
                    return Err("`:]` is missing".to_string());
                }
                set.items.push(SetItem::Class(class, negated));
                continue;
            }
            self.at += 1;
            if c == '[' {
                let nested = self.deeper(Parser::set)?;
                set.items.push(SetItem::Nested(nested));
                continue;
            }
            let Some(start) = self.set_char(c, &mut set)? else {
                continue;
            };
            let range =
                self.peek() == Some('-') && !matches!(self.chars.get(self.at + 1), None | Some(']' | '['));
            if !range {
                set.items.push(SetItem::Range(start, start));
                continue;
            }
            self.at += 1;
            let c = self.peek().ok_or("a set has no closing bracket")?;
            self.at += 1;
            match self.set_char(c, &mut set)? {
                Some(end) if end < start => return Err(format!("the range {start}-{end} is backwards")),
                Some(end) => set.items.push(SetItem::Range(start, end)),
                None => set
                    .items
                    .extend([SetItem::Range(start, start), SetItem::Range('-', '-')]),
            }
        }
    }

    /// Reads the set after `&&` or `--`: one in brackets, or what follows up to the end of this one.
    fn operand(&mut self) -> Result<Set, String> {
        if self.eat('[') {
            return self.deeper(Parser::set);
        }
        let mut set = Set {
            fold: self.flags.fold,
            ..Set::default()
        };
        loop {
            match self.peek() {
                None => return Err("a set has no closing bracket".to_string()),
                Some(']' | '&') => return Ok(set),
                Some(c) => {
                    self.at += 1;
                    if let Some(c) = self.set_char(c, &mut set)? {
                        set.items.push(SetItem::Range(c, c));
                    }
                }
            }
        }
    }

    /// Reads one character of a set; a class or quoted text is added at once.
    fn set_char(&mut self, c: char, set: &mut Set) -> Result<Option<char>, String> {
        if c != '\\' {
            return Ok(Some(c));
        }
        Ok(match self.escape()? {
            Escape::Char(c) | Escape::Other(c) => Some(c),
            Escape::Class(class, negated) => {
                set.items.push(SetItem::Class(class, negated));
                None
            }
            Escape::Quote => {
                set.items
                    .extend(self.quoted().into_iter().map(|c| SetItem::Range(c, c)));
                None
            }
        })
    }
}
