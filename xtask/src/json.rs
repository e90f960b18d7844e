//! A strict JSON reader, as much of it as `cargo metadata` needs. Of writing it knows texts alone.

/// Deeper nesting than any output read here has; it bounds the recursion.
const MAX_DEPTH: usize = 100;

/// One JSON value. Object members keep their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole document; anything after the value is an error.
    pub fn parse(text: &str) -> Result<Json, String> {
        let mut reader = Reader { text, at: 0 };
        reader.skip_space();
        let value = reader.value(0)?;
        reader.skip_space();
        if reader.at < text.len() {
            return Err(reader.error("expected the end of the document"));
        }
        Ok(value)
    }

    /// The member of an object; an error names the key that is missing.
    pub fn get(&self, key: &str) -> Result<&Json, String> {
        let Json::Object(members) = self else {
            return Err(format!("expected an object with the member `{key}`"));
        };
        members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
            .ok_or_else(|| format!("the member `{key}` is missing"))
    }

    /// The member of an object, as text.
    pub fn text(&self, key: &str) -> Result<&str, String> {
        match self.get(key)? {
            Json::Text(text) => Ok(text),
            _ => Err(format!("the member `{key}` is not text")),
        }
    }

    /// The member of an object, as a list.
    pub fn list(&self, key: &str) -> Result<&[Json], String> {
        match self.get(key)? {
            Json::List(items) => Ok(items),
            _ => Err(format!("the member `{key}` is not a list")),
        }
    }
}

/// Writes a text as JSON.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn error(&self, message: &str) -> String {
        let line = 1 + self.text[..self.at].matches('\n').count();
        format!("JSON line {line}, byte {}: {message}", self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, literal: &str) -> bool {
        let found = self.text[self.at..].starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    fn expect(&mut self, literal: &str) -> Result<(), String> {
        if self.take(literal) {
            Ok(())
        } else {
            Err(self.error(&format!("expected `{literal}`")))
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Json::Null),
            _ if self.take("true") => Ok(Json::Bool(true)),
            _ if self.take("false") => Ok(Json::Bool(false)),
            _ => Err(self.error("expected a value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.expect("{")?;
        let mut members = Vec::new();
        self.skip_space();
        if self.take("}") {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_space();
            let key = self.string()?;
            self.skip_space();
            self.expect(":")?;
            self.skip_space();
            members.push((key, self.value(depth + 1)?));
            self.skip_space();
            if self.take("}") {
                return Ok(Json::Object(members));
            }
            self.expect(",")?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        self.expect("[")?;
        let mut items = Vec::new();
        self.skip_space();
        if self.take("]") {
            return Ok(Json::List(items));
        }
        loop {
            self.skip_space();
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take("]") {
                return Ok(Json::List(items));
            }
            self.expect(",")?;
        }
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let digits = text.strip_prefix('-').unwrap_or(text);
        // Rust reads forms that JSON does not allow: `01`, `1.`, `.5`.
        let lax = (digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit()))
            || !digits.starts_with(|c: char| c.is_ascii_digit())
            || digits
                .split_once('.')
                .is_some_and(|(_, rest)| !rest.starts_with(|c: char| c.is_ascii_digit()));
        match text.parse() {
            Ok(number) if !lax => Ok(Json::Number(number)),
            _ => Err(self.error("not a number")),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.expect("\"")?;
        let mut out = String::new();
        loop {
            let Some(c) = self.text[self.at..].chars().next() else {
                return Err(self.error("the text does not end"));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                '\0'..='\x1f' => return Err(self.error("control character in a text")),
                _ => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let Some(c) = self.peek() else {
            return Err(self.error("the text does not end"));
        };
        // An escape is ASCII, and so one byte; another first byte is refused before it is skipped.
        let plain = match c {
            b'"' | b'\\' | b'/' => c as char,
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.error("unknown escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// The rest of `\uXXXX`, and of the second half where the first is a high surrogate.
    fn unicode_escape(&mut self) -> Result<char, String> {
        let first = self.four_digits()?;
        let code = match first {
            0xd800..=0xdbff => {
                self.expect("\\u")?;
                let second = self.four_digits()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.error("half a surrogate pair"));
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.error("half a surrogate pair"))
    }

    fn four_digits(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.at..self.at + 4);
        let code = digits
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += if code.is_some() { 4 } else { 0 };
        code.ok_or_else(|| self.error("expected four hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Json {
        Json::Text(s.to_owned())
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let json =
            Json::parse(r#" {"a": [1, -2.5e1, true, null], "b": "x\n\u00e9\ud83d\ude00\/"} "#).unwrap();
        assert_eq!(
            json.list("a").unwrap(),
            [
                Json::Number(1.0),
                Json::Number(-25.0),
                Json::Bool(true),
                Json::Null
            ]
        );
        assert_eq!(json.get("b").unwrap(), &text("x\né😀/"));
    }

    #[test]
    fn what_json_does_not_allow_is_refused() {
        for bad in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "nul",
            "\"\\x\"",
            "\"\t\"",
            "\"\\ud800\"",
            "1 2",
            "\"\\u12\"",
            "[1",
            "\"a",
            "--1",
        ] {
            assert!(Json::parse(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn texts_are_written_as_they_are_read() {
        let odd = "a\"b\\c\nd\u{1}é";
        assert_eq!(Json::parse(&quoted(odd)).unwrap(), text(odd));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(1_000_000);
        assert!(Json::parse(&deep).unwrap_err().contains("nested too deeply"));
    }

    #[test]
    fn an_error_names_the_missing_member() {
        let json = Json::parse("{}").unwrap();
        assert_eq!(
            json.get("packages").unwrap_err(),
            "the member `packages` is missing"
        );
    }
}
