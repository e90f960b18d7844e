//! Values of simple types.

use std::collections::HashMap;

use vivant_calc::regex::Regex;

use super::{Schema, Type};
use crate::error::shorten;
use crate::tree::NodeId;

/// Patterns by their text; none for those that cannot be read.
pub(super) type Patterns = HashMap<String, Option<Regex>>;

/// Types inside one another.
const DEEPEST: usize = 32;

impl Schema {
    /// Checks a value; says what is wrong with it.
    pub(super) fn value(&self, kind: &Type, value: &str) -> Result<(), String> {
        self.value_at(kind, value, 0)
    }

    fn value_at(&self, kind: &Type, value: &str, depth: usize) -> Result<(), String> {
        match kind {
            _ if depth > DEEPEST => Ok(()),
            Type::Any | Type::Complex(_) => Ok(()),
            Type::Own(name) => match fits(name, value) {
                true => Ok(()),
                false => Err(format!("`{}` is no {name}", shorten(value))),
            },
            Type::Simple(node) => self.simple(*node, value, depth),
        }
    }

    fn simple(&self, node: NodeId, value: &str, depth: usize) -> Result<(), String> {
        for child in self.tree.all_children(node) {
            match self.word(child) {
                Some("restriction") => return self.restricted(child, value, depth),
                Some("union") => {
                    let members = self.tree.get(child, "memberTypes").unwrap_or_default();
                    let named = members.split_whitespace().map(|name| self.named(name));
                    let own = self.inside(child, "simpleType").map(Type::Simple);
                    let fits = named
                        .chain(own)
                        .any(|kind| self.value_at(&kind, value, depth + 1).is_ok());
                    return match fits {
                        true => Ok(()),
                        false => Err(format!(
                            "`{}` is of none of the types that it may have",
                            shorten(value)
                        )),
                    };
                }
                Some("list") => {
                    let item = self
                        .tree
                        .get(child, "itemType")
                        .map_or(Type::Any, |name| self.named(&name));
                    return value
                        .split_whitespace()
                        .try_for_each(|one| self.value_at(&item, one, depth + 1));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn restricted(&self, node: NodeId, value: &str, depth: usize) -> Result<(), String> {
        let base = match self.tree.get(node, "base") {
            Some(name) => self.named(&name),
            None => self
                .inside(node, "simpleType")
                .next()
                .map_or(Type::Any, Type::Simple),
        };
        self.value_at(&base, value, depth + 1)?;
        // White space around a value counts only in text.
        let value = match self.is_text(&base, 0) {
            true => value,
            false => value.trim(),
        };
        let mut enumerated: Option<bool> = None;
        let mut matched: Option<bool> = None;
        for facet in self.tree.all_children(node) {
            let bound = self.tree.get(facet, "value").unwrap_or_default();
            let length = || bound.parse::<usize>().ok();
            let wrong = |what: &str| Err(format!("`{}` is {what} {bound}", shorten(value)));
            match self.word(facet) {
                Some("enumeration") => {
                    enumerated = Some(enumerated.unwrap_or(false) || *bound == *value);
                }
                Some("pattern") => {
                    matched = Some(matched.unwrap_or(false) || self.matches(&bound, value));
                }
                Some("minLength") if length().is_some_and(|least| value.chars().count() < least) => {
                    return wrong("shorter than");
                }
                Some("maxLength") if length().is_some_and(|most| value.chars().count() > most) => {
                    return wrong("longer than");
                }
                Some("minInclusive") if compare(value, &bound).is_some_and(|order| order.is_lt()) => {
                    return wrong("less than");
                }
                Some("minExclusive") if compare(value, &bound).is_some_and(|order| order.is_le()) => {
                    return wrong("not greater than");
                }
                Some("maxInclusive") if compare(value, &bound).is_some_and(|order| order.is_gt()) => {
                    return wrong("greater than");
                }
                Some("maxExclusive") if compare(value, &bound).is_some_and(|order| order.is_ge()) => {
                    return wrong("not less than");
                }
                _ => {}
            }
        }
        if enumerated == Some(false) {
            return Err(format!(
                "`{}` is none of the values that it may have",
                shorten(value)
            ));
        }
        if matched == Some(false) {
            return Err(format!(
                "`{}` does not have the form that it needs",
                shorten(value)
            ));
        }
        Ok(())
    }

    fn is_text(&self, kind: &Type, depth: usize) -> bool {
        match kind {
            Type::Own(name) => name == "string",
            Type::Simple(node) if depth < DEEPEST => self
                .inside(*node, "restriction")
                .next()
                .and_then(|restriction| self.tree.get(restriction, "base"))
                .is_none_or(|base| self.is_text(&self.named(&base), depth + 1)),
            _ => true,
        }
    }

    /// Tells whether a pattern fits all of a value; one that cannot be read fits everything.
    fn matches(&self, pattern: &str, value: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        let regex = patterns
            .entry(pattern.to_owned())
            .or_insert_with(|| Regex::new(&format!("^(?:{pattern})$")).ok());
        match regex {
            Some(regex) => regex.is_match(value).unwrap_or(true),
            None => true,
        }
    }
}

fn compare(value: &str, bound: &str) -> Option<std::cmp::Ordering> {
    value
        .trim()
        .parse::<f64>()
        .ok()?
        .partial_cmp(&bound.trim().parse::<f64>().ok()?)
}

/// Checks a value of a type of XML Schema.
fn fits(name: &str, value: &str) -> bool {
    let value = value.trim_matches([' ', '\t', '\r', '\n']);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = value.strip_prefix('+').unwrap_or(value);
    let is_integer = digits(value.strip_prefix(['+', '-']).unwrap_or(value));
    let number = || value.strip_prefix('+').unwrap_or(value).parse::<i128>().ok();
    let between =
        |least: i128, most: i128| is_integer && number().is_some_and(|n| (least..=most).contains(&n));
    match name {
        "boolean" => matches!(value, "true" | "false" | "0" | "1"),
        "integer" => is_integer,
        "int" => between(i32::MIN.into(), i32::MAX.into()),
        "long" => between(i64::MIN.into(), i64::MAX.into()),
        "short" => between(i16::MIN.into(), i16::MAX.into()),
        "unsignedByte" => between(0, u8::MAX.into()),
        "unsignedShort" => between(0, u16::MAX.into()),
        "unsignedInt" => between(0, u32::MAX.into()),
        "unsignedLong" => between(0, u64::MAX.into()),
        "nonNegativeInteger" => {
            digits(unsigned) || (is_integer && value.trim_start_matches('-').bytes().all(|b| b == b'0'))
        }
        "positiveInteger" => digits(unsigned) && unsigned.bytes().any(|byte| byte != b'0'),
        "float" | "double" => {
            matches!(value, "INF" | "-INF" | "NaN")
                || (value
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
                    && value.parse::<f64>().is_ok())
        }
        "decimal" => {
            value
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'))
                && value.parse::<f64>().is_ok()
        }
        // Text, addresses and what else the schema does not use.
        _ => true,
    }
}
