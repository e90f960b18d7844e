//! The parser of patterns.

use super::escape::Escape;
use super::set::{Set, SetItem};

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
    pub sets: Vec<Set>,
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
    /// One of [`Parsed::sets`], so that repeating it does not copy it.
    Set(usize),
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
pub(super) struct Flags {
    pub(super) fold: bool,
    lines: bool,
    dot_all: bool,
    extended: bool,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Result<Parsed, String> {
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        groups: 0,
        names: Vec::new(),
        sets: Vec::new(),
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
        sets: parser.sets,
    })
}

/// The state of the reading.
pub(super) struct Parser {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
    sets: Vec<Set>,
    pub(super) flags: Flags,
    depth: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_text(&mut self, text: &str) -> bool {
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
    pub(super) fn until(&mut self, close: char) -> Result<String, String> {
        let start = self.at;
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == close {
                return Ok(self.chars[start..self.at - 1].iter().collect());
            }
        }
        Err(format!("`{close}` is missing"))
    }

    pub(super) fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Parser) -> Result<T, String>,
    ) -> Result<T, String> {
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

    /// Keeps a set and makes an item of it.
    pub(super) fn set_item(&mut self, set: Set) -> Item {
        self.sets.push(set);
        Item::Set(self.sets.len() - 1)
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
                Ok(Some(self.set_item(set)))
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
                    Ok(Some(self.set_item(Set::of(SetItem::Class(class, negated)))))
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
        if self.eat('{') {
            self.until('}')?;
        } else {
            self.at += 1;
        }
        let lazy = self.eat('?');
        let possessive = !lazy && self.eat('+');
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return Err("a repetition is repeated".to_string());
        }
        let repeat = Item::Repeat {
            inner: Box::new(item),
            min,
            max,
            greedy: !lazy,
        };
        Ok(if possessive {
            Item::Atomic(Box::new(repeat))
        } else {
            repeat
        })
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
}
