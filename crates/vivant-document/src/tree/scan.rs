//! Scanner: finds the elements of a text, checks that it is well-formed, and makes a node for each.

use memchr::{memchr, memchr2, memmem};

use super::escape::entity;
use super::{NIL, Node, OPAQUE, Parts, Piece, plain};
use crate::error::{Error, Result, shorten};
use crate::limits::{Limit, Limits};

/// Open element while scanning.
struct Level<'t> {
    /// Its node, or `NIL` inside a part that is not indexed.
    node: u32,
    /// The last child that was made.
    last: u32,
    name: &'t str,
}

/// Makes nodes for the elements of `text`, whose bytes count from `base`, as the children of `parent`.
pub(super) fn scan<'t>(
    text: &'t str,
    base: usize,
    nodes: &mut Vec<Node>,
    parent: u32,
    parts: Parts<'_>,
    limits: &Limits,
) -> Result<()> {
    let bytes = text.as_bytes();
    let mut levels: Vec<Level<'t>> = Vec::new();
    let mut last_root = NIL;
    // Where text is read on, and where the gap before the next element begins.
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut gap = 0;
    if text[at..].starts_with("<?xml") {
        check_declaration(&text[at..])?;
    }
    loop {
        let next = memchr(b'<', &bytes[at..]).map_or(bytes.len(), |found| at + found);
        check_text(text, at, next, levels.is_empty(), limits)?;
        if next == bytes.len() {
            break;
        }
        match bytes.get(next + 1) {
            Some(b'!') => at = markup(text, next, levels.is_empty(), limits)?,
            Some(b'?') => {
                let Some(end) = memmem::find(&bytes[next..], b"?>") else {
                    return Err(Error::damaged("an instruction without its end", next as u64));
                };
                at = token(next, next + end + 2, limits)?;
            }
            Some(b'/') => {
                let Some(end) = memchr(b'>', &bytes[next..]) else {
                    return Err(Error::damaged("an end tag without its end", next as u64));
                };
                let end = token(next, next + end + 1, limits)?;
                let name = text[next + 2..end - 1].trim_end_matches([' ', '\t', '\r', '\n']);
                let level = levels.pop().filter(|level| level.name == name).ok_or_else(|| {
                    let problem = format!(
                        "not well-formed XML: `</{}>` closes no open element",
                        shorten(name)
                    );
                    Error::damaged(problem, next as u64)
                })?;
                if level.node != NIL {
                    let node = &mut nodes[level.node as usize];
                    let opaque = node.flags & OPAQUE != 0;
                    let tail = if opaque {
                        node.open.end as usize
                    } else {
                        base + gap
                    };
                    node.tail = Piece::new(tail, base + next);
                    node.close = Piece::new(base + next, base + end);
                    gap = end;
                }
                at = end;
            }
            _ => {
                let (end, name, empty) = start_tag(text, next, limits)?;
                let (above, inside) = match levels.last() {
                    Some(level) if level.node == NIL => (NIL, false),
                    Some(level) => (level.node, nodes[level.node as usize].flags & OPAQUE == 0),
                    None => (parent, true),
                };
                if levels.is_empty() && parent == 0 && last_root != NIL {
                    return Err(Error::damaged("a second root element", next as u64));
                }
                if levels.len() >= limits.element_depth {
                    return Err(Error::too_large(
                        Limit::ElementDepth,
                        limits.element_depth,
                        next as u64,
                    ));
                }
                let mut made = NIL;
                if inside {
                    made = nodes.len() as u32;
                    let close = Piece::new(base + end, base + end);
                    let opaque = levels.len() == 1
                        && parts.only.is_some_and(|only| !only.contains(&plain(name)))
                        || !parts.closed.is_empty() && parts.closed.contains(&plain(name));
                    nodes.push(Node {
                        lead: Piece::new(base + gap, base + next),
                        open: Piece::new(base + next, base + end),
                        tail: close,
                        close,
                        parent: above,
                        first: NIL,
                        next: NIL,
                        flags: if opaque && !empty { OPAQUE } else { 0 },
                    });
                    let last = levels.last_mut().map_or(&mut last_root, |level| &mut level.last);
                    match std::mem::replace(last, made) {
                        NIL => nodes[above as usize].first = made,
                        before => nodes[before as usize].next = made,
                    }
                    gap = end;
                }
                if !empty {
                    levels.push(Level {
                        node: made,
                        last: NIL,
                        name,
                    });
                }
                at = end;
            }
        }
    }
    if !levels.is_empty() {
        return Err(Error::damaged(
            "the document ends before its last element is closed",
            bytes.len() as u64,
        ));
    }
    if last_root == NIL {
        return Err(Error::damaged("the document is empty", 0));
    }
    if parent == 0 {
        nodes[0].tail = Piece::new(base + gap, base + bytes.len());
    }
    Ok(())
}

fn token(start: usize, end: usize, limits: &Limits) -> Result<usize> {
    if (end - start) as u64 > limits.token_bytes {
        return Err(Error::too_large(
            Limit::TokenBytes,
            limits.token_bytes,
            start as u64,
        ));
    }
    Ok(end)
}

fn check_text(text: &str, start: usize, end: usize, outside: bool, limits: &Limits) -> Result<()> {
    let part = &text[start..end];
    if outside {
        if !part.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return Err(Error::damaged("text outside of the root element", start as u64));
        }
        return Ok(());
    }
    token(start, end, limits)?;
    check_references(text, start, end)
}

fn check_references(text: &str, start: usize, end: usize) -> Result<()> {
    let mut at = start;
    while let Some(found) = memchr(b'&', &text.as_bytes()[at..end]) {
        at += found;
        let Some((length, _)) = entity(&text[at..end]) else {
            let name: String = text[at..end].chars().take(24).collect();
            let problem = match name.find(';') {
                Some(stop) if name.starts_with("&#") => {
                    format!("character reference `{}` that means nothing", &name[..=stop])
                }
                Some(stop) => format!("entity `{}` is not defined", shorten(&name[..=stop])),
                None => "not well-formed XML: an `&` that begins no entity".to_owned(),
            };
            return Err(Error::damaged(problem, at as u64));
        };
        at += length;
    }
    Ok(())
}

/// Goes past a comment or a CDATA section.
fn markup(text: &str, start: usize, outside: bool, limits: &Limits) -> Result<usize> {
    let rest = &text[start..];
    if let Some(comment) = rest.strip_prefix("<!--") {
        let Some(end) = memmem::find(comment.as_bytes(), b"-->") else {
            return Err(Error::damaged("a comment without its end", start as u64));
        };
        return token(start, start + 4 + end + 3, limits);
    }
    if let Some(data) = rest.strip_prefix("<![CDATA[") {
        if outside {
            return Err(Error::damaged("text outside of the root element", start as u64));
        }
        let Some(end) = memmem::find(data.as_bytes(), b"]]>") else {
            return Err(Error::damaged("a CDATA section without its end", start as u64));
        };
        return token(start, start + 9 + end + 3, limits);
    }
    if rest
        .get(..9)
        .is_some_and(|head| head.eq_ignore_ascii_case("<!doctype"))
    {
        return Err(Error::hostile(
            "the document declares a DOCTYPE, by which entities come in",
            start as u64,
        ));
    }
    Err(Error::damaged(
        "not well-formed XML: unknown markup after `<!`",
        start as u64,
    ))
}

/// Checks a start tag; returns its end, the name, and whether the element ends with it.
fn start_tag<'t>(text: &'t str, start: usize, limits: &Limits) -> Result<(usize, &'t str, bool)> {
    let wrong =
        |problem: &str, at: usize| Error::damaged(format!("not well-formed XML: {problem}"), at as u64);
    let bytes = text.as_bytes();
    let name = name_at(text, start + 1).ok_or_else(|| wrong("a tag without a name", start))?;
    let mut at = start + 1 + name.len();
    let mut names: Vec<&str> = Vec::new();
    loop {
        let before = at;
        at = skip_space(bytes, at);
        match bytes.get(at) {
            None => return Err(wrong("a tag without its end", start)),
            Some(b'>') => return Ok((token(start, at + 1, limits)?, name, false)),
            Some(b'/') if bytes.get(at + 1) == Some(&b'>') => {
                return Ok((token(start, at + 2, limits)?, name, true));
            }
            Some(_) => {}
        }
        if before == at {
            return Err(wrong("no blank between two attributes", at));
        }
        let key = name_at(text, at).ok_or_else(|| wrong("an attribute without a name", at))?;
        if names.contains(&key) {
            return Err(wrong(
                &format!("attribute `{}` twice in one tag", shorten(key)),
                at,
            ));
        }
        if names.len() >= limits.element_attributes {
            return Err(Error::too_large(
                Limit::ElementAttributes,
                limits.element_attributes,
                at as u64,
            ));
        }
        names.push(key);
        at = skip_space(bytes, at + key.len());
        if bytes.get(at) != Some(&b'=') {
            return Err(wrong(&format!("attribute `{}` has no value", shorten(key)), at));
        }
        at = skip_space(bytes, at + 1);
        let quote = match bytes.get(at) {
            Some(quote @ (b'\'' | b'"')) => *quote,
            _ => return Err(wrong(&format!("attribute `{}` without quotes", shorten(key)), at)),
        };
        let value = at + 1;
        match memchr2(quote, b'<', &bytes[value..]) {
            Some(length) if bytes[value + length] == quote => {
                if length > limits.attribute_bytes {
                    return Err(Error::too_large(
                        Limit::AttributeBytes,
                        limits.attribute_bytes,
                        at as u64,
                    ));
                }
                check_references(text, value, value + length)?;
                at = value + length + 1;
            }
            Some(_) => return Err(wrong(&format!("`<` in attribute `{}`", shorten(key)), at)),
            None => return Err(wrong("an attribute without its end", at)),
        }
        token(start, at, limits)?;
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Reads the name at a place.
fn name_at(text: &str, start: usize) -> Option<&str> {
    let rest = text.get(start..)?;
    let end = rest
        .bytes()
        .position(|byte| {
            byte <= b' '
                || matches!(
                    byte,
                    b'=' | b'/' | b'>' | b'<' | b'"' | b'\'' | b'&' | b'!' | b'?'
                )
        })
        .unwrap_or(rest.len());
    let name = &rest[..end];
    match name.bytes().next()? {
        b'0'..=b'9' | b'-' | b'.' => None,
        _ => Some(name),
    }
}

/// Returns the name in a start tag that was checked.
pub(super) fn tag_name(tag: &str) -> &str {
    name_at(tag, 1).unwrap_or_default()
}

/// Attribute as it is written.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'t> {
    pub name: &'t str,
    pub value: &'t str,
    /// Where name and value begin in the tag.
    pub name_at: usize,
    pub value_at: usize,
}

/// Attributes of a start tag that was checked.
pub(super) struct Attributes<'t> {
    tag: &'t str,
    at: usize,
}

impl<'t> Attributes<'t> {
    pub fn of(tag: &'t str) -> Self {
        Self {
            tag,
            at: 1 + tag_name(tag).len(),
        }
    }
}

impl<'t> Iterator for Attributes<'t> {
    type Item = Attribute<'t>;

    fn next(&mut self) -> Option<Attribute<'t>> {
        let bytes = self.tag.as_bytes();
        let name_at = skip_space(bytes, self.at);
        let name = self::name_at(self.tag, name_at).filter(|name| !name.is_empty())?;
        let equal = skip_space(bytes, name_at + name.len());
        let quote_at = skip_space(bytes, equal + 1);
        let quote = *bytes.get(quote_at)?;
        let value_at = quote_at + 1;
        let end = value_at + memchr(quote, bytes.get(value_at..)?)?;
        self.at = end + 1;
        Some(Attribute {
            name,
            value: &self.tag[value_at..end],
            name_at,
            value_at,
        })
    }
}

fn check_declaration(text: &str) -> Result<()> {
    let end = text.find("?>").unwrap_or(text.len());
    let Some((_, rest)) = text[..end].split_once("encoding") else {
        return Ok(());
    };
    let rest = rest.trim_start().strip_prefix('=').unwrap_or(rest).trim_start();
    let encoding = rest
        .get(1..)
        .and_then(|inside| inside.split(['"', '\'']).next())
        .unwrap_or_default();
    if ["utf-8", "utf8", "us-ascii"]
        .iter()
        .any(|name| encoding.eq_ignore_ascii_case(name))
    {
        return Ok(());
    }
    Err(Error::Unsupported {
        what: format!("document in encoding `{}`", shorten(encoding)),
        advice: "save it as UTF-8",
    })
}
