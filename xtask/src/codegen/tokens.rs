//! Splits Rust source into tokens, as far as reading our own tables needs: no numbers' values, no macros.

/// One token and the line it starts on.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A name, keyword or number.
    Word(String),
    /// A string literal, without its quotes and with its escapes resolved.
    Text(String),
    /// One character of punctuation.
    Mark(char),
}

impl Token {
    /// The name, if the token is one.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The string literal, if the token is one.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the token is this character.
    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// Splits a source text. Comments and character literals are left out.
pub fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut lexer = Lexer {
        rest: source,
        line: 1,
    };
    let mut tokens = Vec::new();
    while let Some(c) = lexer.rest.chars().next() {
        let line = lexer.line;
        if c.is_whitespace() {
            lexer.skip(c.len_utf8());
        } else if lexer.rest.starts_with("//") {
            lexer.skip(lexer.rest.find('\n').unwrap_or(lexer.rest.len()));
        } else if lexer.rest.starts_with("/*") {
            lexer.block_comment()?;
        } else if c == '"' {
            tokens.push(Token {
                kind: Kind::Text(lexer.string()?),
                line,
            });
        } else if let Some(hashes) = raw_string(lexer.rest) {
            tokens.push(Token {
                kind: Kind::Text(lexer.raw_string(hashes)?),
                line,
            });
        } else if c == '\'' {
            lexer.character_or_lifetime();
        } else if is_word(c) {
            let length = lexer.rest.find(|c| !is_word(c)).unwrap_or(lexer.rest.len());
            tokens.push(Token {
                kind: Kind::Word(lexer.rest[..length].to_owned()),
                line,
            });
            lexer.skip(length);
        } else {
            tokens.push(Token {
                kind: Kind::Mark(c),
                line,
            });
            lexer.skip(c.len_utf8());
        }
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The number of `#` before the quote, where a raw string starts here.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl Lexer<'_> {
    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }

    fn block_comment(&mut self) -> Result<(), String> {
        let start = self.line;
        let mut depth = 0;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
                if depth == 0 {
                    return Ok(());
                }
            } else {
                let next = self
                    .rest
                    .chars()
                    .next()
                    .ok_or_else(|| format!("line {start}: the comment does not end"))?;
                self.skip(next.len_utf8());
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.line;
        self.skip(1);
        let mut text = String::new();
        loop {
            let mut chars = self.rest.chars();
            let end = || format!("line {start}: the text does not end");
            let c = chars.next().ok_or_else(end)?;
            self.skip(c.len_utf8());
            match c {
                '"' => return Ok(text),
                '\\' => {
                    let escaped = chars.next().ok_or_else(end)?;
                    self.skip(escaped.len_utf8());
                    match escaped {
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        '"' | '\\' | '\'' => text.push(escaped),
                        // A line that goes on: its end and the indent of the next are not part of the text.
                        '\n' => self.skip(self.rest.len() - self.rest.trim_start().len()),
                        _ => return Err(format!("line {start}: the escape `\\{escaped}` is not read here")),
                    }
                }
                _ => text.push(c),
            }
        }
    }

    fn raw_string(&mut self, hashes: usize) -> Result<String, String> {
        let start = self.line;
        self.skip(hashes + 2);
        let end = format!("\"{}", "#".repeat(hashes));
        let length = self
            .rest
            .find(&end)
            .ok_or_else(|| format!("line {start}: the text does not end"))?;
        let text = self.rest[..length].to_owned();
        self.skip(length + end.len());
        Ok(text)
    }

    /// `'x'`, `'\n'`, or the start of a lifetime, whose name is then read as a word.
    fn character_or_lifetime(&mut self) {
        let mut chars = self.rest.char_indices().skip(1);
        let length = match (chars.next(), chars.next(), chars.next()) {
            (Some((_, '\\')), Some(_), _) => self.rest[3..].find('\'').map_or(1, |at| at + 4),
            (Some((_, c)), Some((_, '\'')), _) => 2 + c.len_utf8(),
            _ => 1,
        };
        self.skip(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens in a line of text: words as they are, texts in quotes, and the line of each.
    fn check(source: &str) -> String {
        let shown = |token: &Token| match &token.kind {
            Kind::Word(word) => format!("{word}@{}", token.line),
            Kind::Text(text) => format!("{text:?}@{}", token.line),
            Kind::Mark(mark) => mark.to_string(),
        };
        tokens(source)
            .unwrap()
            .iter()
            .map(shown)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn words_texts_and_marks_are_told_apart() {
        assert_eq!(
            check("Row { a: V(2, 3),\n b: \"x \\\"y\\\"\" }"),
            r#"Row@1 { a@1 : V@1 ( 2@1 , 3@1 ) , b@2 : "x \"y\""@2 }"#
        );
    }

    #[test]
    fn comments_and_characters_are_left_out() {
        assert_eq!(
            check("a // \"b\"\n/* c /* d */ e */ f '\"' g '\\'' h &'s i"),
            "a@1 f@2 g@2 h@2 & s@2 i@2"
        );
    }

    #[test]
    fn raw_and_continued_texts_are_read() {
        assert_eq!(
            check("r#\"a\"b\"# r\"c\" \"d \\\n   e\" r2"),
            r#""a\"b"@1 "c"@1 "d e"@1 r2@2"#
        );
    }

    #[test]
    fn what_does_not_end_is_an_error() {
        assert!(tokens("\"a").is_err() && tokens("/* a").is_err() && tokens("r#\"a\"").is_err());
    }
}
