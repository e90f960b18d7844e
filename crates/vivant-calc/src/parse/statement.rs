//! `IF`, `CASE` and level of detail expressions.

use super::Parser;
use crate::lex::{Keyword, Token, TokenKind};
use crate::tree::{Branch, LodKind, NodeId, NodeKind, When, WhenTest};

impl Parser<'_> {
    /// Reads what follows `IF`.
    pub(super) fn if_statement(&mut self, start: Token) -> NodeId {
        let mut branches = Vec::new();
        let mut word = "IF";
        loop {
            let test = self.expression(0);
            self.expect_keyword(Keyword::Then, &format!("after the {word} condition"));
            let result = self.expression(0);
            branches.push(Branch { test, result });
            if self.eat_keyword(Keyword::ElseIf).is_none() {
                break;
            }
            word = "ELSEIF";
        }
        let otherwise = self.otherwise();
        self.expect_keyword(Keyword::End, "to match IF");
        self.node_from(start.span.start, NodeKind::If { branches, otherwise })
    }

    /// Reads what follows `CASE`.
    pub(super) fn case_statement(&mut self, start: Token) -> NodeId {
        let value = if self.at_keyword(Keyword::When) {
            let ahead = self.ahead();
            self.error("calc.syntax", "CASE needs a value to compare", ahead)
                .hint("use IF for conditions without a common value".to_string());
            self.nothing()
        } else {
            self.expression(0)
        };
        let mut branches = Vec::new();
        while self.eat_keyword(Keyword::When).is_some() {
            let test = if self.eat_keyword(Keyword::In).is_some() {
                WhenTest::In(self.members())
            } else {
                WhenTest::Equal(self.expression(0))
            };
            self.expect_keyword(Keyword::Then, "after the WHEN value");
            let result = self.expression(0);
            branches.push(When { test, result });
        }
        if branches.is_empty() {
            self.error("calc.syntax", "CASE needs at least one WHEN", start.span);
        }
        let otherwise = self.otherwise();
        self.expect_keyword(Keyword::End, "to match CASE");
        self.node_from(
            start.span.start,
            NodeKind::Case {
                value,
                branches,
                otherwise,
            },
        )
    }

    /// Reads `ELSE` with its expression, if it is there.
    fn otherwise(&mut self) -> Option<NodeId> {
        self.eat_keyword(Keyword::Else)?;
        Some(self.expression(0))
    }

    /// Reads what follows `{`.
    pub(super) fn level_of_detail(&mut self, open: Token) -> NodeId {
        let word = self.peek_token().filter(|token| token.kind == TokenKind::Name);
        let kind = word.and_then(|token| LodKind::from_word(token.span.of(self.text)));
        let mut dimensions = Vec::new();
        let mut body = None;
        match kind {
            Some(_) => {
                self.at += 1;
                if self.peek() != Some(TokenKind::Colon) {
                    dimensions.push(self.expression(0));
                    while self.eat(TokenKind::Comma).is_some() {
                        dimensions.push(self.expression(0));
                    }
                }
                self.expect_colon();
            }
            None => {
                let first = self.expression(0);
                body = Some(first);
                if matches!(self.peek(), Some(TokenKind::Colon | TokenKind::Comma)) {
                    let span = self.span(first);
                    self.error(
                        "calc.syntax",
                        "expected FIXED, INCLUDE or EXCLUDE before the dimensions",
                        span,
                    )
                    .hint("write { FIXED [dimension] : SUM([measure]) }".to_string());
                    dimensions.push(first);
                    while self.eat(TokenKind::Comma).is_some() {
                        dimensions.push(self.expression(0));
                    }
                    self.expect_colon();
                    body = None;
                }
            }
        }
        let body = body.unwrap_or_else(|| self.expression(0));
        self.close(TokenKind::RightBrace, open.span);
        let kind = kind.unwrap_or(if dimensions.is_empty() {
            LodKind::Table
        } else {
            LodKind::Fixed
        });
        self.node_from(
            open.span.start,
            NodeKind::Lod {
                kind,
                dimensions,
                body,
            },
        )
    }

    /// Takes the colon, or reports that it is missing.
    fn expect_colon(&mut self) {
        if self.eat(TokenKind::Colon).is_none() {
            let found = self.describe_ahead();
            let ahead = self.ahead();
            self.error(
                "calc.syntax",
                format!("expected a colon after the dimensions, found {found}"),
                ahead,
            )
            .hint("write { FIXED [dimension] : SUM([measure]) }".to_string());
        }
    }
}
