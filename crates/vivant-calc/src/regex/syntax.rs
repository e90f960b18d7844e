//! The parser of patterns.

use super::set::{Class, Set, SetItem};

/// How deep groups and sets may be nested.
const MAX_DEPTH: usize = 50;
/// The largest number in `{n,m}`.
const MAX_REPEAT: u32 = 1000;

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub root: Item,
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

/// A part of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Char {
        c: char,
        fold: bool,
    },
    Any {
        lines: bool,
    },
    Set(Box<Set>),
    Assert(Assert),
    BackReference {
        group: usize,
        fold: bool,
    },
    Concat(Vec<Item>),
    Alternate(Vec<Item>),
    Group {
        index: usize,
        inner: Box<Item>,
    },
    Repeat {
        inner: Box<Item>,
        min: u32,
        max: Option<u32>,
        greedy: bool,
    },
    Atomic(Box<Item>),
    Look {
        behind: bool,
        negated: bool,
        inner: Box<Item>,
    },
}

/// A condition on a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assert {
    TextStart,
    TextEnd,
    /// At the end, or before the line break at the end.
    LastLineEnd,
    LineStart,
    LineEnd,
    WordBorder(bool),
    SearchStart,
}

/// The flags in force.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    fold: bool,
    lines: bool,
    dot_all: bool,
    extended: bool,
}

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

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Result<Parsed, String> {
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        groups: 0,
        names: Vec::new(),
        flags: Flags::default(),
        depth: 0,
    };
    let root = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return Err("a closing parenthesis has no partner".to_string());
    }
    Ok(Parsed {
        root,
        groups: parser.groups,
        names: parser.names,
    })
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    groups: usize,
    names: Vec<(String, usize)>,
    flags: Flags,
    depth: usize,
}

/// What an escape outside or inside a set stands for.
enum Escape {
    Char(char),
    Class(Class, bool),
    Quote,
    Other(char),
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn eat_text(&mut self, text: &str) -> bool {
        let fits = text
            .chars()
            .enumerate()
            .all(|(index, c)| self.chars.get(self.at + index) == Some(&c));
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    /// Reads up to a closing character and takes that.
    fn until(&mut self, close: char) -> Result<String, String> {
        let start = self.at;
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == close {
                return Ok(self.chars[start..self.at - 1].iter().collect());
            }
        }
        Err(format!("`{close}` is missing"))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Parser) -> Result<T, String>) -> Result<T, String> {
        if self.depth >= MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn alternatives(&mut self) -> Result<Item, String> {
        // Flags set in one alternative hold in the next ones and end with the group.
        let mut items = vec![self.sequence()?];
        while self.eat('|') {
            items.push(self.sequence()?);
        }
        Ok(if items.len() == 1 {
            items.remove(0)
        } else {
            Item::Alternate(items)
        })
    }

    fn sequence(&mut self) -> Result<Item, String> {
        let mut items = Vec::new();
        loop {
            self.skip_extended();
            match self.peek() {
                None | Some('|' | ')') => return Ok(Item::Concat(items)),
                Some(_) => {
                    if let Some(item) = self.item(&mut items)? {
                        let item = self.repetition(item)?;
                        items.push(item);
                    }
                }
            }
        }
    }

    /// Skips blanks and comments under the flag `x`.
    fn skip_extended(&mut self) {
        while self.flags.extended {
            match self.peek() {
                Some(c) if c.is_whitespace() => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Reads an item; quoted text is added to `items` but for its last character.
    fn item(&mut self, items: &mut Vec<Item>) -> Result<Option<Item>, String> {
        let Some(c) = self.peek() else { return Ok(None) };
        self.at += 1;
        let flags = self.flags;
        let assert = |kind| Ok(Some(Item::Assert(kind)));
        match c {
            '(' => self.group(),
            '[' => {
                let set = self.deeper(Parser::set)?;
                Ok(Some(Item::Set(Box::new(set))))
            }
            '.' => Ok(Some(Item::Any { lines: flags.dot_all })),
            '^' => assert(if flags.lines {
                Assert::LineStart
            } else {
                Assert::TextStart
            }),
            '$' => assert(if flags.lines {
                Assert::LineEnd
            } else {
                Assert::LastLineEnd
            }),
            '*' | '+' | '?' => Err(format!("`{c}` has nothing to repeat")),
            '\\' => match self.escape()? {
                Escape::Char(c) => Ok(Some(Item::Char { c, fold: flags.fold })),
                Escape::Class(class, negated) => {
                    let items = vec![SetItem::Class(class, negated)];
                    Ok(Some(Item::Set(Box::new(Set {
                        items,
                        ..Set::default()
                    }))))
                }
                Escape::Quote => {
                    let mut quoted: Vec<Item> = self
                        .quoted()
                        .into_iter()
                        .map(|c| Item::Char { c, fold: flags.fold })
                        .collect();
                    let last = quoted.pop();
                    items.append(&mut quoted);
                    Ok(last)
                }
                Escape::Other(c) => self.special_escape(c),
            },
            _ => Ok(Some(Item::Char { c, fold: flags.fold })),
        }
    }

    /// Reads the text between `\Q` and `\E`.
    fn quoted(&mut self) -> Vec<char> {
        let mut text = Vec::new();
        while self.at < self.chars.len() && !self.eat_text("\\E") {
            text.extend(self.peek());
            self.at += 1;
        }
        text
    }

    /// Reads an escape that is neither a character nor a class.
    fn special_escape(&mut self, c: char) -> Result<Option<Item>, String> {
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
                let line_end = SetItem::Class(Class::VerticalSpace, false);
                let pair = ['\r', '\n'].map(|c| Item::Char { c, fold: false });
                Item::Atomic(Box::new(Item::Alternate(vec![
                    Item::Concat(pair.to_vec()),
                    Item::Set(Box::new(Set {
                        items: vec![line_end],
                        ..Set::default()
                    })),
                ])))
            }
            'X' => {
                let mark = Set {
                    items: vec![SetItem::Range('\u{300}', '\u{36f}')],
                    ..Set::default()
                };
                let marks = Item::Repeat {
                    inner: Box::new(Item::Set(Box::new(mark))),
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
            // Tableau: other escaped letters stand for themselves; the connector tests have `\g`.
            _ => Item::Char { c, fold },
        }))
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<Escape, String> {
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

    /// Reads what follows `(`.
    fn group(&mut self) -> Result<Option<Item>, String> {
        let before = self.flags;
        let item = self.deeper(|parser| parser.group_inner())?;
        // Flags set inside the parentheses end with them; `(?i)` alone holds on.
        if item.is_some() {
            self.flags = before;
        }
        Ok(item)
    }

    fn group_inner(&mut self) -> Result<Option<Item>, String> {
        let look = |behind, negated, inner| Item::Look {
            behind,
            negated,
            inner: Box::new(inner),
        };
        if !self.eat('?') {
            return self.capture().map(Some);
        }
        if self.eat('#') {
            self.until(')')?;
            return Ok(None);
        }
        if self.eat(':') {
            return self.body().map(Some);
        }
        if self.eat('>') {
            return Ok(Some(Item::Atomic(Box::new(self.body()?))));
        }
        for (mark, behind, negated) in [
            ("=", false, false),
            ("!", false, true),
            ("<=", true, false),
            ("<!", true, true),
        ] {
            if self.eat_text(mark) {
                let inner = self.body()?;
                return Ok(Some(look(behind, negated, inner)));
            }
        }
        if self.eat('<') || self.eat_text("P<") {
            let name = self.until('>')?;
            self.names.push((name, self.groups + 1));
            return self.capture().map(Some);
        }
        let mut on = true;
        loop {
            let c = self.peek().ok_or("a closing parenthesis is missing")?;
            self.at += 1;
            match c {
                '-' => on = false,
                'i' => self.flags.fold = on,
                'm' => self.flags.lines = on,
                's' => self.flags.dot_all = on,
                'x' => self.flags.extended = on,
                // Unicode word borders: the plain ones are close enough to keep the pattern running.
                'w' | 'u' => {}
                ')' => return Ok(None),
                ':' => return self.body().map(Some),
                _ => return Err(format!("`(?{c}` is not supported")),
            }
        }
    }

    /// Reads a capturing group up to its end.
    fn capture(&mut self) -> Result<Item, String> {
        self.groups += 1;
        let index = self.groups;
        Ok(Item::Group {
            index,
            inner: Box::new(self.body()?),
        })
    }

    /// Reads the body of a group and its closing parenthesis.
    fn body(&mut self) -> Result<Item, String> {
        let inner = self.alternatives()?;
        if self.eat(')') {
            Ok(inner)
        } else {
            Err("a closing parenthesis is missing".to_string())
        }
    }

    /// Reads the repetition after an item, if there is one.
    fn repetition(&mut self, item: Item) -> Result<Item, String> {
        let mut item = item;
        loop {
            self.skip_extended();
            let (min, max) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.bounds()? {
                    Some(bounds) => bounds,
                    None => return Ok(item),
                },
                _ => return Ok(item),
            };
            if self.chars[self.at] != '{' {
                self.at += 1;
            } else {
                self.until('}')?;
            }
            let lazy = self.eat('?');
            let possessive = !lazy && self.eat('+');
            let repeat = Item::Repeat {
                inner: Box::new(item),
                min,
                max,
                greedy: !lazy,
            };
            item = if possessive {
                Item::Atomic(Box::new(repeat))
            } else {
                repeat
            };
            // `a**` and the like are read as ICU does not, but as their nesting would say.
            if self.depth >= MAX_DEPTH {
                return Err("it repeats a repetition too often".to_string());
            }
            if !matches!(self.peek(), Some('*' | '+' | '?' | '{')) {
                return Ok(item);
            }
            return Err("a repetition is repeated".to_string());
        }
    }

    /// Reads `{n}`, `{n,}` or `{n,m}` without taking it; anything else is plain text.
    fn bounds(&self) -> Result<Option<(u32, Option<u32>)>, String> {
        let rest = &self.chars[self.at + 1..];
        let Some(end) = rest.iter().take(24).position(|c| *c == '}') else {
            return Ok(None);
        };
        let text: String = rest[..end].iter().collect();
        let (first, second) = match text.split_once(',') {
            Some((first, second)) => (first, Some(second)),
            None => (text.as_str(), None),
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        if !digits(first) || !second.is_none_or(|second| second.is_empty() || digits(second)) {
            return Ok(None);
        }
        let number = |text: &str| {
            let value = text.parse::<u32>().ok().filter(|value| *value <= MAX_REPEAT);
            value.ok_or_else(|| format!("{text} repetitions are more than {MAX_REPEAT}"))
        };
        let min = number(first)?;
        let max = match second {
            None => Some(min),
            Some("") => None,
            Some(second) => Some(number(second)?),
        };
        if max.is_some_and(|max| max < min) {
            return Err(format!("`{{{text}}}` ends before it begins"));
        }
        Ok(Some((min, max)))
    }

    /// Reads a set after its opening bracket.
    fn set(&mut self) -> Result<Set, String> {
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
