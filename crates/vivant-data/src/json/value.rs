//! JSON values that keep the order of their members, and documents cut out of a stream one by one.

use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::{DataError, Result};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    String(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Returns a member of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members
                .iter()
                .rev()
                .find_map(|(key, value)| (key == name).then_some(value)),
            _ => None,
        }
    }

    /// Returns a text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Integer(number) => Some(*number as f64),
            Json::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the items of a list.
    pub fn as_list(&self) -> Option<&[Json]> {
        match self {
            Json::List(items) => Some(items),
            _ => None,
        }
    }

    /// Takes the members of an object.
    pub fn into_members(self) -> Vec<(String, Json)> {
        match self {
            Json::Object(members) => members,
            _ => Vec::new(),
        }
    }
}

/// Writes the value as JSON.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Json::Null => f.write_str("null"),
            Json::Boolean(value) => write!(f, "{value}"),
            Json::Integer(value) => write!(f, "{value}"),
            Json::Real(value) => write!(f, "{value}"),
            Json::String(value) => f.write_str(&quoted(value)),
            Json::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{}:{value}", quoted(key))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> std::result::Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> std::result::Result<Json, E> {
                Ok(Json::Boolean(value))
            }

            fn visit_i64<E>(self, value: i64) -> std::result::Result<Json, E> {
                Ok(Json::Integer(value))
            }

            fn visit_u64<E>(self, value: u64) -> std::result::Result<Json, E> {
                Ok(i64::try_from(value).map_or(Json::Real(value as f64), Json::Integer))
            }

            fn visit_f64<E>(self, value: f64) -> std::result::Result<Json, E> {
                Ok(Json::Real(value))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<Json, E> {
                self.visit_string(value.to_owned())
            }

            fn visit_string<E: serde::de::Error>(self, value: String) -> std::result::Result<Json, E> {
                Ok(Json::String(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                // A name that comes twice has the value that comes last; many members are few objects.
                if members.len() > 100_000 {
                    return Err(A::Error::custom("an object has more than 100000 members"));
                }
                Ok(Json::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Documents of a file, one in memory at a time: the items of a list, or values one after another.
pub(crate) struct Documents<R> {
    input: BufReader<R>,
    name: String,
    limit: usize,
    in_list: bool,
    /// Inside a list: whether an item was read, so that a comma must come before the next.
    needs_comma: bool,
    started: bool,
    /// Whether what follows the list belongs to an object around it and is not read.
    ends_with_list: bool,
}

impl<R: Read> Documents<R> {
    /// Begins to read; `limit` is how many bytes one document may have.
    pub fn new(input: R, name: &str, limit: usize) -> Self {
        Self {
            input: BufReader::with_capacity(256 << 10, input),
            name: name.to_owned(),
            limit,
            in_list: false,
            needs_comma: false,
            started: false,
            ends_with_list: false,
        }
    }

    /// Goes into the list that a member of the outermost object holds.
    ///
    /// Returns the members before it, or `None` with everything read where there is no such list.
    pub fn enter(&mut self, member: &str) -> Result<(Vec<(String, Json)>, bool)> {
        // All of these are in memory at once, with no more bytes than one document.
        let (mut before, mut left) = (Vec::new(), self.limit);
        match self.token()? {
            Some(b'{') => self.input.consume(1),
            _ => return Err(self.damaged("it does not begin with an object")),
        }
        loop {
            match self.token()? {
                Some(b'}') => {
                    self.input.consume(1);
                    return match self.token()? {
                        None => Ok((before, false)),
                        Some(_) => Err(self.damaged("something follows the outermost object")),
                    };
                }
                Some(b',') => {
                    self.input.consume(1);
                    continue;
                }
                Some(b'"') => {}
                Some(_) => return Err(self.damaged("a member of the outermost object has no name")),
                None => return Err(self.damaged("it ends early")),
            }
            let Json::String(key) = self.part(&mut left)? else {
                return Err(self.damaged("a member of the outermost object has no name"));
            };
            match self.token()? {
                Some(b':') => self.input.consume(1),
                _ => return Err(self.damaged("a member of the outermost object has no value")),
            }
            if key == member && self.token()? == Some(b'[') {
                self.input.consume(1);
                self.in_list = true;
                self.started = true;
                self.ends_with_list = true;
                return Ok((before, true));
            }
            let value = self.part(&mut left)?;
            before.push((key, value));
        }
    }

    /// Reads the next document.
    pub fn read(&mut self) -> Result<Option<Json>> {
        loop {
            let Some(byte) = self.token()? else {
                return match self.in_list {
                    true => Err(self.damaged("it ends inside a list")),
                    false => Ok(None),
                };
            };
            if !self.in_list {
                if byte == b'[' && !self.started {
                    self.input.consume(1);
                    self.in_list = true;
                    self.started = true;
                    continue;
                }
                self.started = true;
                return self.value().map(Some);
            }
            match byte {
                b']' => {
                    self.input.consume(1);
                    self.in_list = false;
                    if self.ends_with_list {
                        return Ok(None);
                    }
                    return match self.token()? {
                        None => Ok(None),
                        Some(_) => Err(self.damaged("something follows the list")),
                    };
                }
                b',' if self.needs_comma => {
                    self.input.consume(1);
                    self.needs_comma = false;
                }
                _ if self.needs_comma => return Err(self.damaged("a comma is missing between two items")),
                b',' => return Err(self.damaged("an item is missing between two commas")),
                _ => {
                    self.needs_comma = true;
                    return self.value().map(Some);
                }
            }
        }
    }

    fn damaged(&self, message: &str) -> DataError {
        DataError::damaged(&self.name, format!("{message}; it is no JSON"))
    }

    fn block(&mut self) -> Result<&[u8]> {
        self.input
            .fill_buf()
            .map_err(|error| DataError::io(format!("`{}`", self.name), error))
    }

    /// Skips white space and shows the byte that follows.
    fn token(&mut self) -> Result<Option<u8>> {
        loop {
            let block = self.block()?;
            if block.is_empty() {
                return Ok(None);
            }
            // 0x1E stands before each record in sequences of texts.
            let skipped = block
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x1e)
                .count();
            let found = block.get(skipped).copied();
            self.input.consume(skipped);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Reads a value.
    fn value(&mut self) -> Result<Json> {
        self.part(&mut self.limit.clone())
    }

    /// Reads a value that has at most as many bytes as are left, and takes them off.
    fn part(&mut self, left: &mut usize) -> Result<Json> {
        let bytes = self.cut(*left)?;
        *left -= bytes.len();
        serde_json::from_slice(&bytes).map_err(|error| DataError::damaged(&self.name, error))
    }

    /// Cuts a value out.
    fn cut(&mut self, limit: usize) -> Result<Vec<u8>> {
        self.token()?;
        let mut bytes = Vec::new();
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        let mut whole = false;
        while !whole {
            let block = self.block()?;
            if block.is_empty() {
                break;
            }
            let mut taken = 0;
            for &byte in block {
                if in_text {
                    taken += 1;
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => {
                            in_text = false;
                            whole = depth == 0;
                        }
                        _ => {}
                    }
                } else {
                    match byte {
                        b'"' => in_text = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth > 0 => {
                            depth -= 1;
                            whole = depth == 0;
                        }
                        // A bare number or word ends before what is no part of it.
                        b'}' | b']' | b',' | b':' if depth == 0 => {
                            whole = true;
                            break;
                        }
                        _ if depth == 0 && byte.is_ascii_whitespace() => {
                            whole = true;
                            break;
                        }
                        _ => {}
                    }
                    taken += 1;
                }
                if whole {
                    break;
                }
            }
            bytes.extend_from_slice(&block[..taken]);
            self.input.consume(taken);
            if bytes.len() > limit {
                return Err(DataError::TooLarge {
                    what: self.name.clone(),
                    limit: self.limit as u64,
                    unit: "bytes in one document",
                });
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        let mut documents = Documents::new(text.as_bytes(), "x.json", 1_000);
        let mut found = Vec::new();
        loop {
            match documents.read() {
                Ok(Some(value)) => found.push(value.to_string()),
                Ok(None) => return found.join(" | "),
                Err(error) => {
                    found.push(error.to_string());
                    return found.join(" | ");
                }
            }
        }
    }

    #[test]
    fn documents_are_items_or_values_one_after_another() {
        assert_eq!(
            check(r#"[{"b":1,"a":[2.5,"x]\""]}, 3 ,null]"#),
            r#"{"b":1,"a":[2.5,"x]\""]} | 3 | null"#
        );
        assert_eq!(check("{\"a\":1}\n{\"a\":2}\n"), r#"{"a":1} | {"a":2}"#);
        assert_eq!(check(r#"{"a":{"b":[]}}"#), r#"{"a":{"b":[]}}"#);
        assert_eq!(check(" [ ] "), "");
        assert_eq!(check(""), "");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "[1",
            "[1 2]",
            "[,1]",
            "[1,,2]",
            "{\"a\":1",
            "[1] x",
            "nope",
            "{\"a\" 1}",
        ] {
            assert!(check(text).contains("cannot be read"), "{text}: {}", check(text));
        }
        assert!(check(&format!("[\"{}\"]", "x".repeat(2_000))).contains("more than 1000 bytes"));
        // Depth is bounded by the parser, not by the stack.
        assert!(check(&format!("{}{}", "[".repeat(400), "]".repeat(400))).contains("cannot be read"));
    }

    #[test]
    fn a_list_inside_an_object_is_entered() {
        let text = r#"{"type": "T", "crs" : {"a":[1]}, "features" : [1, 2], "after":3}"#;
        let mut documents = Documents::new(text.as_bytes(), "x", 1_000);
        let (before, found) = documents.enter("features").unwrap();
        assert!(found);
        assert_eq!(
            Json::Object(before).to_string(),
            r#"{"type":"T","crs":{"a":[1]}}"#
        );
        assert_eq!(documents.read().unwrap(), Some(Json::Integer(1)));
        assert_eq!(documents.read().unwrap(), Some(Json::Integer(2)));
        assert_eq!(documents.read().unwrap(), None);
    }
}
