//! The parser: formula text to a [`Tree`] and diagnostics.
//!
//! [`parse`] never fails: what cannot be read becomes an error node, and reading goes on, so that a
//! formula can have several diagnostics.
//! It reads each token once and gives up on formulas nested deeper than [`MAX_DEPTH`].
//!
//! Operators from tight to loose: sign, `^`, `* / %`, `+ -`, comparisons and `IN`, `NOT`, `AND`, `OR`.
//! Operators of equal strength run from left to right, `^` too.

mod expression;
mod statement;

use crate::datetext::DateOrder;
use crate::diag::{Diagnostic, Span, Warned};
use crate::lex::{Keyword, Token, TokenKind, lex};
use crate::tree::{Node, NodeId, NodeKind, Tree};

/// How deep parentheses, calls, signs, `IF` and braces may be nested in one another; the operand after
/// an operator counts as a level too.
pub const MAX_DEPTH: usize = 200;

/// How many diagnostics a formula gets before the rest is left unsaid.
const MAX_DIAGNOSTICS: usize = 50;

/// What the meaning of a formula's text depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParseOptions {
    /// The order of day, month and year in date literals such as `#1/2/2024#`.
    pub date_order: DateOrder,
}

/// Reads a formula with the default options.
///
/// ```
/// let parsed = vivant_calc::parse("SUM([Profit]) / SUM([Sales])");
/// assert!(parsed.diagnostics.is_empty());
/// assert_eq!(parsed.value.to_sexpr(), "(/ (SUM [Profit]) (SUM [Sales]))");
/// ```
pub fn parse(text: &str) -> Warned<Tree> {
    parse_with(text, &ParseOptions::default())
}

/// Reads a formula.
pub fn parse_with(text: &str, options: &ParseOptions) -> Warned<Tree> {
    let tokens: Vec<Token> = lex(text);
    let unclosed = tokens
        .iter()
        .rev()
        .find(|token| token.kind == UNCLOSED_COMMENT)
        .map(|token| token.span);
    let mut parser = Parser {
        text,
        options: *options,
        tokens: tokens
            .into_iter()
            .filter(|token| !token.kind.is_trivia())
            .collect(),
        at: 0,
        nodes: Vec::new(),
        diagnostics: Vec::new(),
        depth: 0,
        gave_up: false,
    };
    let root = parser.formula();
    if let Some(span) = unclosed {
        parser
            .error("calc.unclosed", "the comment has no end", span)
            .hint("add */".into());
    }
    parser.diagnostics.sort_by_key(|diagnostic| diagnostic.place.span);
    parser.diagnostics.truncate(MAX_DIAGNOSTICS);
    Warned::with(
        Tree {
            nodes: parser.nodes,
            root,
        },
        parser.diagnostics,
    )
}

const UNCLOSED_COMMENT: TokenKind = TokenKind::Unclosed(crate::lex::Unclosed::BlockComment);

/// The state of a parse.
struct Parser<'a> {
    text: &'a str,
    options: ParseOptions,
    /// The tokens without white space and comments.
    tokens: Vec<Token>,
    at: usize,
    nodes: Vec<Node>,
    diagnostics: Vec<Diagnostic>,
    depth: usize,
    /// Set when the formula is nested too deeply; nothing is read or reported from then on.
    gave_up: bool,
}

/// A diagnostic that was just made, to add a hint to.
struct Reported<'p>(Option<&'p mut Diagnostic>);

impl Reported<'_> {
    fn hint(self, hint: String) {
        if let Some(diagnostic) = self.0 {
            diagnostic.hint = Some(hint);
        }
    }
}

impl<'a> Parser<'a> {
    /// Reads everything: one expression, and whatever wrongly follows it.
    fn formula(&mut self) -> NodeId {
        if self.tokens.is_empty() {
            self.error(
                "calc.empty",
                "the formula is empty",
                Span::new(0, self.text.len()),
            );
            return self.nothing();
        }
        let root = self.expression(0);
        while let Some(token) = self.peek_token() {
            let word = self.describe(token);
            self.error(
                "calc.syntax",
                format!("unexpected {word} after the end of the expression"),
                token.span,
            );
            // A stray bracket or keyword is stepped over, anything else begins another expression.
            if !self.starts_expression() {
                self.at += 1;
            }
            if self.starts_expression() {
                self.expression(0);
            }
        }
        root
    }

    /// Gives the kind of the token ahead.
    fn peek(&self) -> Option<TokenKind> {
        self.peek_token().map(|token| token.kind)
    }

    /// Gives the token ahead.
    fn peek_token(&self) -> Option<Token> {
        if self.gave_up {
            None
        } else {
            self.tokens.get(self.at).copied()
        }
    }

    /// Gives the kind of the token after the one ahead.
    fn peek_second(&self) -> Option<TokenKind> {
        if self.gave_up {
            None
        } else {
            self.tokens.get(self.at + 1).map(|token| token.kind)
        }
    }

    /// Tells whether the token ahead is this keyword.
    fn at_keyword(&self, keyword: Keyword) -> bool {
        self.peek() == Some(TokenKind::Keyword(keyword))
    }

    /// Tells whether the token ahead is a word with this spelling.
    fn at_word(&self, word: &str) -> bool {
        self.peek_token().is_some_and(|token| {
            token.kind == TokenKind::Name && token.span.of(self.text).eq_ignore_ascii_case(word)
        })
    }

    /// Takes the token ahead if it is of this kind.
    fn eat(&mut self, kind: TokenKind) -> Option<Token> {
        let token = self.peek_token().filter(|token| token.kind == kind)?;
        self.at += 1;
        Some(token)
    }

    /// Takes the token ahead if it is this keyword.
    fn eat_keyword(&mut self, keyword: Keyword) -> Option<Token> {
        self.eat(TokenKind::Keyword(keyword))
    }

    /// Takes the keyword, or reports that it is missing here.
    fn expect_keyword(&mut self, keyword: Keyword, after: &str) -> bool {
        if self.eat_keyword(keyword).is_some() {
            return true;
        }
        let found = self.describe_ahead();
        let message = format!("expected {} {after}, found {found}", keyword.as_str());
        self.error("calc.syntax", message, self.ahead());
        false
    }

    /// Gives the place of the token ahead, or the end of the text.
    fn ahead(&self) -> Span {
        self.peek_token()
            .map_or_else(|| Span::new(self.text.len(), self.text.len()), |token| token.span)
    }

    /// Gives the end of the token before.
    fn end_before(&self) -> usize {
        match self.at.checked_sub(1).and_then(|at| self.tokens.get(at)) {
            Some(token) => token.span.end,
            None => 0,
        }
    }

    /// Describes the token ahead for a message.
    fn describe_ahead(&self) -> String {
        self.peek_token().map_or_else(
            || "the end of the formula".to_string(),
            |token| self.describe(token),
        )
    }

    /// Describes a token for a message.
    fn describe(&self, token: Token) -> String {
        let text: String = token.span.of(self.text).chars().take(40).collect();
        match token.kind {
            TokenKind::Keyword(keyword) => keyword.as_str().to_string(),
            TokenKind::String | TokenKind::Field | TokenKind::Date => text,
            _ => format!("`{text}`"),
        }
    }

    /// Adds a node.
    fn node(&mut self, span: Span, kind: NodeKind) -> NodeId {
        // A formula of four thousand million nodes does not fit the memory its tokens need.
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node { span, kind });
        id
    }

    /// Adds a node that starts where `start` does and ends with the token before.
    fn node_from(&mut self, start: usize, kind: NodeKind) -> NodeId {
        let span = Span::new(start, self.end_before());
        self.node(span, kind)
    }

    /// Adds a node for what is missing, at the end of the token before.
    fn nothing(&mut self) -> NodeId {
        let end = self.end_before();
        self.node(Span::new(end, end), NodeKind::Error)
    }

    /// Gives the place of a node.
    fn span(&self, id: NodeId) -> Span {
        self.nodes[id.index()].span
    }

    /// Reports an error, unless too many were reported or reading has ended.
    fn error(&mut self, code: &'static str, message: impl Into<String>, span: Span) -> Reported<'_> {
        if self.gave_up || self.diagnostics.len() >= MAX_DIAGNOSTICS {
            return Reported(None);
        }
        self.diagnostics.push(Diagnostic::error(code, message).at(span));
        Reported(self.diagnostics.last_mut())
    }

    /// Reports that the formula is nested too deeply and ends the reading.
    fn give_up(&mut self) -> NodeId {
        let span = self.ahead();
        self.error(
            "calc.depth",
            format!("the formula is nested deeper than {MAX_DEPTH} levels"),
            span,
        )
        .hint("move parts of it to calculations of their own".to_string());
        self.gave_up = true;
        self.nothing()
    }
}

#[cfg(test)]
mod tests;
