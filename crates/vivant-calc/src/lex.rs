//! The lexer: formula text to tokens, with every byte kept.
//!
//! [`lex`] never fails and loses nothing: the spans of its tokens are contiguous and cover the
//! text, so white space and comments are tokens too.
//! It decides only where tokens begin and end; what a number or a date is worth is the parser's
//! affair.

use crate::diag::Span;

/// A word with a fixed meaning, in any letter case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keyword {
    /// `IF`
    If,
    /// `THEN`
    Then,
    /// `ELSEIF`
    ElseIf,
    /// `ELSE`
    Else,
    /// `END`
    End,
    /// `CASE`
    Case,
    /// `WHEN`
    When,
    /// `AND`
    And,
    /// `OR`
    Or,
    /// `NOT`
    Not,
    /// `IN`
    In,
    /// `TRUE`
    True,
    /// `FALSE`
    False,
    /// `NULL`
    Null,
}

/// All keywords with their spelling.
const KEYWORDS: [(&str, Keyword); 14] = [
    ("IF", Keyword::If),
    ("THEN", Keyword::Then),
    ("ELSEIF", Keyword::ElseIf),
    ("ELSE", Keyword::Else),
    ("END", Keyword::End),
    ("CASE", Keyword::Case),
    ("WHEN", Keyword::When),
    ("AND", Keyword::And),
    ("OR", Keyword::Or),
    ("NOT", Keyword::Not),
    ("IN", Keyword::In),
    ("TRUE", Keyword::True),
    ("FALSE", Keyword::False),
    ("NULL", Keyword::Null),
];

impl Keyword {
    /// Finds the keyword that `word` spells, in any letter case.
    pub fn from_word(word: &str) -> Option<Keyword> {
        KEYWORDS
            .iter()
            .find(|(spelling, _)| spelling.eq_ignore_ascii_case(word))
            .map(|(_, keyword)| *keyword)
    }

    /// Gives the keyword in capitals.
    pub fn as_str(self) -> &'static str {
        KEYWORDS
            .iter()
            .find(|(_, keyword)| *keyword == self)
            .map_or("", |(spelling, _)| spelling)
    }
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A run of white space, line breaks included.
    Whitespace,
    /// `// ...` without the line break that ends it.
    LineComment,
    /// `/* ... */`.
    BlockComment,
    /// A keyword.
    Keyword(Keyword),
    /// Another word: a function, a field without brackets, `FIXED`.
    Name,
    /// `[...]`, one part of a field name.
    Field,
    /// `'...'` or `"..."`.
    String,
    /// Digits with an optional point and exponent.
    Number,
    /// `#...#`.
    Date,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `^`
    Caret,
    /// `=` or `==`
    Equal,
    /// `!=` or `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `.` between the parts of a field name.
    Dot,
    /// A comment, text, field or date whose end is missing; it runs to the end of the text (of the
    /// line, for a date).
    Unclosed(Unclosed),
    /// Anything else: one character, or `||` and `&&` as a pair.
    Unknown,
}

/// What an unclosed token began as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unclosed {
    /// `/*` without `*/`.
    BlockComment,
    /// A quote without its partner.
    String,
    /// `[` without `]`.
    Field,
    /// `#` without a second one on the line.
    Date,
}

impl TokenKind {
    /// Tells whether the token is white space or a comment.
    pub fn is_trivia(self) -> bool {
        matches!(
            self,
            TokenKind::Whitespace
                | TokenKind::LineComment
                | TokenKind::BlockComment
                | TokenKind::Unclosed(Unclosed::BlockComment)
        )
    }
}

/// One token: what it is and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes in the formula.
    pub span: Span,
}

/// Cuts a formula into tokens; time and memory grow linearly with the text.
///
/// The spans are in order, without gaps, and cover the whole text.
pub fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 3 + 1);
    let mut start = 0;
    while let Some((kind, length)) = next_token(text, start) {
        tokens.push(Token {
            kind,
            span: Span::new(start, start + length),
        });
        start += length;
    }
    tokens
}

/// Tells the kind and the length in bytes of the token at `start`, or nothing at the end.
fn next_token(text: &str, start: usize) -> Option<(TokenKind, usize)> {
    let rest = &text[start..];
    let first = rest.chars().next()?;
    let second = rest[first.len_utf8()..].chars().next().unwrap_or('\0');
    let operator = |kind, length| Some((kind, length));
    match first {
        _ if is_blank(first) => Some((TokenKind::Whitespace, run(rest, is_blank))),
        '/' if second == '/' => Some((TokenKind::LineComment, run(rest, |c| c != '\n' && c != '\r'))),
        '/' if second == '*' => Some(match rest[2..].find("*/") {
            Some(end) => (TokenKind::BlockComment, end + 4),
            None => (TokenKind::Unclosed(Unclosed::BlockComment), rest.len()),
        }),
        '\'' | '"' => Some(
            enclosed(rest, first).map_or((TokenKind::Unclosed(Unclosed::String), rest.len()), |length| {
                (TokenKind::String, length)
            }),
        ),
        '[' => Some(
            enclosed(rest, ']').map_or((TokenKind::Unclosed(Unclosed::Field), rest.len()), |length| {
                (TokenKind::Field, length)
            }),
        ),
        '#' => {
            // Not further than the next mark: a line of many dates is read once.
            let length = 1 + run(&rest[1..], |c| !matches!(c, '#' | '\n' | '\r'));
            Some(match rest[length..].starts_with('#') {
                true => (TokenKind::Date, length + 1),
                false => (TokenKind::Unclosed(Unclosed::Date), length),
            })
        }
        '0'..='9' => Some((TokenKind::Number, number_length(rest))),
        '.' if second.is_ascii_digit() => Some((TokenKind::Number, number_length(rest))),
        '.' => operator(TokenKind::Dot, 1),
        '+' => operator(TokenKind::Plus, 1),
        '-' => operator(TokenKind::Minus, 1),
        '*' => operator(TokenKind::Star, 1),
        '/' => operator(TokenKind::Slash, 1),
        '%' => operator(TokenKind::Percent, 1),
        '^' => operator(TokenKind::Caret, 1),
        '=' if second == '=' => operator(TokenKind::Equal, 2),
        '=' => operator(TokenKind::Equal, 1),
        '!' if second == '=' => operator(TokenKind::NotEqual, 2),
        '<' if second == '>' => operator(TokenKind::NotEqual, 2),
        '<' if second == '=' => operator(TokenKind::LessEqual, 2),
        '<' => operator(TokenKind::Less, 1),
        '>' if second == '=' => operator(TokenKind::GreaterEqual, 2),
        '>' => operator(TokenKind::Greater, 1),
        '(' => operator(TokenKind::LeftParen, 1),
        ')' => operator(TokenKind::RightParen, 1),
        '{' => operator(TokenKind::LeftBrace, 1),
        '}' => operator(TokenKind::RightBrace, 1),
        ',' => operator(TokenKind::Comma, 1),
        ':' => operator(TokenKind::Colon, 1),
        '|' | '&' if second == first => operator(TokenKind::Unknown, 2),
        _ if is_name_start(first) => {
            let length = run(rest, is_name_part);
            let word = &rest[..length];
            Some((
                Keyword::from_word(word).map_or(TokenKind::Name, TokenKind::Keyword),
                length,
            ))
        }
        _ => Some((TokenKind::Unknown, first.len_utf8())),
    }
}

/// Tells the length of the leading characters that fit.
fn run(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

/// Tells the length up to the closing character, which counts as plain when it is doubled.
fn enclosed(text: &str, close: char) -> Option<usize> {
    let bytes = text.as_bytes();
    let close = close as u8;
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == close {
            if bytes.get(at + 1) != Some(&close) {
                return Some(at + 1);
            }
            at += 1;
        }
        at += 1;
    }
    None
}

/// Tells the length of a number: `12`, `3.`, `.5`, `2.50`, `1e3`, `1E-2`.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| run(&text[from..], |c| c.is_ascii_digit());
    let mut length = digits(0);
    if text[length..].starts_with('.') {
        length += 1;
        length += digits(length);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

/// Tells whether a character only separates tokens. A byte order mark counts: files begin with it.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Tells whether a word may begin with the character.
fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// Tells whether a word may go on with the character; combining accents belong to their letter.
fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lexes and prints the tokens that are not white space as `Kind:text`.
    fn check_lex(text: &str, expected: &str) {
        let tokens = lex(text);
        let joined: String = tokens.iter().map(|token| token.span.of(text)).collect();
        assert_eq!(joined, text, "the tokens must cover the text");
        let shown: Vec<String> = tokens
            .iter()
            .filter(|token| token.kind != TokenKind::Whitespace)
            .map(|token| {
                let kind = match token.kind {
                    TokenKind::Keyword(_) => "Keyword".to_string(),
                    kind => format!("{kind:?}"),
                };
                format!("{kind}:{}", token.span.of(text))
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{text}");
    }

    #[test]
    fn words_are_keywords_in_any_case() {
        check_lex(
            "If x tHEN y elseIF",
            "Keyword:If Name:x Keyword:tHEN Name:y Keyword:elseIF",
        );
        check_lex("iffy _x1 größe", "Name:iffy Name:_x1 Name:größe");
    }

    #[test]
    fn quotes_are_doubled_and_backslashes_are_plain() {
        check_lex(r"'it''s'", r"String:'it''s'");
        check_lex(r#""say ""hi""" 'x"y'"#, r#"String:"say ""hi""" String:'x"y'"#);
        check_lex(r"'\'", r"String:'\'");
        check_lex("'a\nb'", "String:'a\nb'");
        check_lex("''", "String:''");
        check_lex("1 'abc", "Number:1 Unclosed(String):'abc");
    }

    #[test]
    fn fields_hold_anything_but_a_single_bracket() {
        check_lex("[a].[b]", "Field:[a] Dot:. Field:[b]");
        check_lex("[a]]b]", "Field:[a]]b]");
        check_lex("[#1 // 'x' /* %]", "Field:[#1 // 'x' /* %]");
        check_lex("[abc", "Unclosed(Field):[abc");
    }

    #[test]
    fn numbers_have_no_sign_and_need_digits_in_the_exponent() {
        check_lex(
            "12 3. .5 2.50 1e3 1E-2",
            "Number:12 Number:3. Number:.5 Number:2.50 Number:1e3 Number:1E-2",
        );
        check_lex("1e", "Number:1 Name:e");
        check_lex("-1", "Minus:- Number:1");
        check_lex("1.2.3", "Number:1.2 Number:.3");
    }

    #[test]
    fn dates_end_on_their_line() {
        check_lex("#2024-01-31#+1", "Date:#2024-01-31# Plus:+ Number:1");
        check_lex("#abc\n1", "Unclosed(Date):#abc Number:1");
    }

    #[test]
    fn a_line_comment_wins_over_a_block_comment() {
        check_lex(
            "INDEX() //* MAX(",
            "Name:INDEX LeftParen:( RightParen:) LineComment://* MAX(",
        );
        check_lex("1 /* a // b */ 2", "Number:1 BlockComment:/* a // b */ Number:2");
        check_lex("1 // a\r2", "Number:1 LineComment:// a Number:2");
        check_lex("1 /* a", "Number:1 Unclosed(BlockComment):/* a");
        check_lex("/*/ 1", "Unclosed(BlockComment):/*/ 1");
    }

    #[test]
    fn operators_take_the_longest_form() {
        check_lex(
            "== != <> <= >= < > =",
            "Equal:== NotEqual:!= NotEqual:<> LessEqual:<= GreaterEqual:>= Less:< Greater:> Equal:=",
        );
        check_lex("a||b&&!c", "Name:a Unknown:|| Name:b Unknown:&& Unknown:! Name:c");
        check_lex("“x”", "Unknown:“ Name:x Unknown:”");
    }
}
