//! Operators, literals, names and calls.

use super::{MAX_DEPTH, Parser};
use crate::datetext;
use crate::diag::Span;
use crate::functions;
use crate::lex::{Keyword, Token, TokenKind, Unclosed};
use crate::names::{FieldName, unquote};
use crate::tree::{BinaryOperator, FieldRef, Members, NodeId, NodeKind, UnaryOperator};

/// The strength of the operand of `NOT`: comparisons and what binds tighter.
const NOT_OPERAND: u8 = 3;
/// The strength of comparisons and of `IN`.
const COMPARISON: u8 = 4;
/// The strength of the operand of a sign: nothing but another sign binds tighter.
const SIGN_OPERAND: u8 = 8;

impl Parser<'_> {
    /// Reads an expression whose operators bind at least as tightly as `strength`.
    pub(super) fn expression(&mut self, strength: u8) -> NodeId {
        if self.gave_up {
            return self.nothing();
        }
        if self.depth >= MAX_DEPTH {
            return self.give_up();
        }
        self.depth += 1;
        let mut left = self.operand();
        loop {
            if let Some((operator, span)) = self.binary_operator(strength) {
                let right = self.expression(operator.strength() + 1);
                let whole = self.span(left).to(self.span(right));
                // What a foreign operator was meant to do is open, so its operands are not checked.
                let kind = if matches!(span.of(self.text), "||" | "&&") {
                    NodeKind::Error
                } else {
                    NodeKind::Binary {
                        operator,
                        operator_span: span,
                        left,
                        right,
                    }
                };
                left = self.node(whole, kind);
            } else if strength <= COMPARISON && self.at_keyword(Keyword::In) {
                self.at += 1;
                left = self.in_expression(left);
            } else if strength <= COMPARISON && self.at_foreign_comparison() {
                left = self.foreign_comparison(left);
            } else {
                break;
            }
        }
        self.depth -= 1;
        left
    }

    /// Takes the operator ahead if it binds at least as tightly as `strength`.
    fn binary_operator(&mut self, strength: u8) -> Option<(BinaryOperator, Span)> {
        let token = self.peek_token()?;
        let operator = match token.kind {
            TokenKind::Keyword(Keyword::Or) => BinaryOperator::Or,
            TokenKind::Keyword(Keyword::And) => BinaryOperator::And,
            TokenKind::Equal => BinaryOperator::Equal,
            TokenKind::NotEqual => BinaryOperator::NotEqual,
            TokenKind::Less => BinaryOperator::Less,
            TokenKind::LessEqual => BinaryOperator::LessEqual,
            TokenKind::Greater => BinaryOperator::Greater,
            TokenKind::GreaterEqual => BinaryOperator::GreaterEqual,
            TokenKind::Plus => BinaryOperator::Add,
            TokenKind::Minus => BinaryOperator::Subtract,
            TokenKind::Star => BinaryOperator::Multiply,
            TokenKind::Slash => BinaryOperator::Divide,
            TokenKind::Percent => BinaryOperator::Remainder,
            TokenKind::Caret => BinaryOperator::Power,
            TokenKind::Unknown => match token.span.of(self.text) {
                "||" => BinaryOperator::Or,
                "&&" => BinaryOperator::And,
                _ => return None,
            },
            _ => return None,
        };
        if operator.strength() < strength {
            return None;
        }
        self.at += 1;
        if token.kind == TokenKind::Unknown {
            let (message, hint) = match operator {
                BinaryOperator::Or => ("`||` is not an operator", "join texts with +, conditions with OR"),
                _ => ("`&&` is not an operator", "join conditions with AND"),
            };
            self.error("calc.syntax", message, token.span)
                .hint(hint.to_string());
        }
        Some((operator, token.span))
    }

    /// Reads what follows `IN`.
    fn in_expression(&mut self, value: NodeId) -> NodeId {
        let members = self.members();
        let start = self.span(value).start;
        self.node_from(start, NodeKind::In { value, members })
    }

    /// Reads a list in parentheses or a set.
    pub(super) fn members(&mut self) -> Members {
        let open = self.ahead();
        if self.eat(TokenKind::LeftParen).is_some() {
            let nodes = self.list(TokenKind::RightParen, open);
            if nodes.is_empty() {
                self.error("calc.syntax", "IN needs at least one value", open);
            }
            return Members::List(nodes);
        }
        let set = self.expression(SIGN_OPERAND);
        if !matches!(
            self.nodes[set.index()].kind,
            NodeKind::Field(_) | NodeKind::Parameter(_) | NodeKind::Error
        ) {
            let span = self.span(set);
            self.error("calc.syntax", "IN needs a list in parentheses or a set", span)
                .hint("write IN (value, value)".to_string());
        }
        Members::Set(set)
    }

    /// Tells whether a comparison of SQL that formulas do not have is ahead.
    fn at_foreign_comparison(&self) -> bool {
        let second_is = |keyword| self.peek_second() == Some(TokenKind::Keyword(keyword));
        (self.at_keyword(Keyword::Not) && second_is(Keyword::In))
            || (self.at_word("IS") && (second_is(Keyword::Null) || second_is(Keyword::Not)))
            || ((self.at_word("LIKE") || self.at_word("BETWEEN"))
                && self.peek_second() != Some(TokenKind::LeftParen))
    }

    /// Reports a comparison of SQL and reads past it; `NOT IN` and `IS NULL` keep their meaning.
    fn foreign_comparison(&mut self, value: NodeId) -> NodeId {
        let start = self.span(value).start;
        let span = self.ahead();
        let written = self.span(value).of(self.text);
        let written = if written.len() > 60 { "value" } else { written };
        if self.eat_keyword(Keyword::Not).is_some() {
            self.error("calc.syntax", "there is no operator NOT IN", span)
                .hint(format!("write NOT {written} IN (...)"));
            self.at += 1;
            let operand = self.in_expression(value);
            return self.node_from(
                start,
                NodeKind::Unary {
                    operator: UnaryOperator::Not,
                    operand,
                },
            );
        }
        if self.at_word("IS") {
            self.at += 1;
            let negated = self.eat_keyword(Keyword::Not).is_some();
            self.eat_keyword(Keyword::Null);
            let not = if negated { "NOT " } else { "" };
            self.error("calc.syntax", "there is no operator IS", span)
                .hint(format!("write {not}ISNULL({written})"));
            let function = functions::find("ISNULL");
            let call = NodeKind::Call {
                name: "ISNULL".into(),
                name_span: span,
                function,
                arguments: vec![value],
            };
            let operand = self.node_from(start, call);
            return if negated {
                self.node_from(
                    start,
                    NodeKind::Unary {
                        operator: UnaryOperator::Not,
                        operand,
                    },
                )
            } else {
                operand
            };
        }
        let like = self.at_word("LIKE");
        self.at += 1;
        let (name, hint) = if like {
            ("LIKE", "use CONTAINS, STARTSWITH, ENDSWITH or REGEXP_MATCH")
        } else {
            ("BETWEEN", "write value >= low AND value <= high")
        };
        self.error("calc.syntax", format!("there is no operator {name}"), span)
            .hint(hint.to_string());
        self.expression(COMPARISON + 1);
        if !like && self.eat_keyword(Keyword::And).is_some() {
            self.expression(COMPARISON + 1);
        }
        self.node_from(start, NodeKind::Error)
    }

    /// Reads a literal, a name, a call, a bracketed expression or an operator with its operand.
    fn operand(&mut self) -> NodeId {
        let Some(token) = self.peek_token() else {
            return self.missing();
        };
        let sign = match token.kind {
            TokenKind::Minus => Some((UnaryOperator::Minus, SIGN_OPERAND)),
            TokenKind::Plus => Some((UnaryOperator::Plus, SIGN_OPERAND)),
            TokenKind::Keyword(Keyword::Not) => Some((UnaryOperator::Not, NOT_OPERAND)),
            TokenKind::Unknown if token.span.of(self.text) == "!" => {
                self.error("calc.syntax", "`!` is not an operator", token.span)
                    .hint("write NOT".to_string());
                Some((UnaryOperator::Not, NOT_OPERAND))
            }
            _ => None,
        };
        if let Some((operator, strength)) = sign {
            self.at += 1;
            let operand = self.expression(strength);
            return self.node_from(token.span.start, NodeKind::Unary { operator, operand });
        }
        if !self.starts_expression() {
            return self.missing();
        }
        self.at += 1;
        match token.kind {
            TokenKind::Keyword(Keyword::If) => self.if_statement(token),
            TokenKind::Keyword(Keyword::Case) => self.case_statement(token),
            TokenKind::Keyword(Keyword::True) => self.node(token.span, NodeKind::Boolean(true)),
            TokenKind::Keyword(Keyword::False) => self.node(token.span, NodeKind::Boolean(false)),
            TokenKind::Keyword(Keyword::Null) => self.node(token.span, NodeKind::Null),
            TokenKind::LeftBrace => self.level_of_detail(token),
            TokenKind::LeftParen => self.parenthesised(token),
            TokenKind::Name if self.peek() == Some(TokenKind::LeftParen) => self.call(token),
            TokenKind::Name => {
                let name = FieldName::new(token.span.of(self.text));
                self.node(
                    token.span,
                    NodeKind::Field(FieldRef {
                        name,
                        bare: true,
                        name_span: token.span,
                    }),
                )
            }
            TokenKind::Field => self.field(token),
            TokenKind::String => {
                let text = unquoted(token.span.of(self.text));
                self.node(token.span, NodeKind::String(text))
            }
            TokenKind::Number => self.number(token),
            TokenKind::Date => self.date(token),
            TokenKind::Unclosed(unclosed) => self.unclosed(token, unclosed),
            _ => self.unreadable(token),
        }
    }

    /// Tells whether the token ahead can begin an expression, readable or not.
    pub(super) fn starts_expression(&self) -> bool {
        match self.peek() {
            Some(TokenKind::Keyword(keyword)) => matches!(
                keyword,
                Keyword::If | Keyword::Case | Keyword::Not | Keyword::True | Keyword::False | Keyword::Null
            ),
            Some(TokenKind::Unknown) => !matches!(
                self.peek_token().map_or("", |token| token.span.of(self.text)),
                "||" | "&&"
            ),
            Some(
                TokenKind::Name
                | TokenKind::Field
                | TokenKind::String
                | TokenKind::Number
                | TokenKind::Date
                | TokenKind::Plus
                | TokenKind::Minus
                | TokenKind::LeftParen
                | TokenKind::LeftBrace
                | TokenKind::Unclosed(_),
            ) => true,
            _ => false,
        }
    }

    /// Reports that there is no expression here; nothing is taken.
    fn missing(&mut self) -> NodeId {
        let found = self.describe_ahead();
        let ahead = self.ahead();
        self.error(
            "calc.syntax",
            format!("expected an expression, found {found}"),
            ahead,
        );
        self.nothing()
    }

    /// Reports a character that means nothing.
    fn unreadable(&mut self, token: Token) -> NodeId {
        let word = self.describe(token);
        let hint = match token.span.of(self.text) {
            "“" | "”" | "‘" | "’" => Some("write straight quotes, ' or \""),
            "–" | "—" | "−" => Some("write the minus sign of the keyboard, -"),
            ";" => Some("separate arguments with commas"),
            "]" => Some("a name begins with ["),
            _ => None,
        };
        let reported = self.error("calc.syntax", format!("unexpected character {word}"), token.span);
        if let Some(hint) = hint {
            reported.hint(hint.to_string());
        }
        // The next operand belongs here more likely than behind a missing operator.
        if self.starts_expression() && self.peek() != Some(TokenKind::Unknown) {
            return self.operand_after_unreadable();
        }
        self.node(token.span, NodeKind::Error)
    }

    /// Reads the operand after a character that means nothing, within the limit of depth.
    fn operand_after_unreadable(&mut self) -> NodeId {
        if self.depth >= MAX_DEPTH {
            return self.give_up();
        }
        self.depth += 1;
        let node = self.operand();
        self.depth -= 1;
        node
    }

    /// Reports a text, name or date without an end.
    fn unclosed(&mut self, token: Token, unclosed: Unclosed) -> NodeId {
        let text = token.span.of(self.text);
        let (message, hint) = match unclosed {
            Unclosed::String => (
                "unterminated string",
                format!("add {} at its end", text.get(..1).unwrap_or("a quote")),
            ),
            Unclosed::Field => ("unterminated field name", "add ] at its end".to_string()),
            Unclosed::Date => ("unterminated date literal", "add # at its end".to_string()),
            Unclosed::BlockComment => ("unterminated comment", "add */ at its end".to_string()),
        };
        self.error("calc.unclosed", message, token.span).hint(hint);
        self.node(token.span, NodeKind::Error)
    }

    /// Reads the rest of an expression in parentheses.
    fn parenthesised(&mut self, open: Token) -> NodeId {
        let inner = self.expression(0);
        self.close(TokenKind::RightParen, open.span);
        self.node_from(open.span.start, NodeKind::Paren(inner))
    }

    /// Reads the arguments of a call.
    fn call(&mut self, name: Token) -> NodeId {
        let open = self.ahead();
        self.at += 1;
        let arguments = self.list(TokenKind::RightParen, open);
        let text = name.span.of(self.text);
        let function = functions::find(text);
        let kind = NodeKind::Call {
            name: text.to_string(),
            name_span: name.span,
            function,
            arguments,
        };
        self.node_from(name.span.start, kind)
    }

    /// Reads expressions between commas up to the closing token and takes that.
    pub(super) fn list(&mut self, close: TokenKind, open: Span) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        if self.eat(close).is_some() {
            return nodes;
        }
        loop {
            nodes.push(self.expression(0));
            if self.eat(TokenKind::Comma).is_none() {
                self.close(close, open);
                // Behind rubbish there may be further arguments.
                if self.peek() != Some(TokenKind::Comma) || self.closed_by(close) {
                    return nodes;
                }
                self.at += 1;
            }
        }
    }

    /// Tells whether the token before is of this kind.
    fn closed_by(&self, close: TokenKind) -> bool {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .is_some_and(|token| token.kind == close)
    }

    /// Takes the closing token; when something else is there, reports it and skips to the closing
    /// token or to a comma of the same list, unless a keyword that belongs outside comes first.
    pub(super) fn close(&mut self, close: TokenKind, open: Span) {
        if self.eat(close).is_some() || self.gave_up {
            return;
        }
        let name = if close == TokenKind::RightParen {
            "parenthesis"
        } else {
            "brace"
        };
        let found = self.describe_ahead();
        let ahead = self.ahead();
        self.error(
            "calc.syntax",
            format!("expected a closing {name}, found {found}"),
            ahead,
        )
        .hint(format!("the opening one is at byte {}", open.start));
        let mut depth = 0usize;
        while let Some(kind) = self.peek() {
            match kind {
                TokenKind::LeftParen | TokenKind::LeftBrace => depth += 1,
                TokenKind::RightParen | TokenKind::RightBrace if depth > 0 => depth -= 1,
                _ if kind == close => {
                    self.at += 1;
                    return;
                }
                TokenKind::RightParen | TokenKind::RightBrace => return,
                TokenKind::Comma if depth == 0 => return,
                TokenKind::Keyword(
                    Keyword::Then | Keyword::ElseIf | Keyword::Else | Keyword::End | Keyword::When,
                ) => return,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Reads a field of one or two parts.
    fn field(&mut self, first: Token) -> NodeId {
        let mut parts = vec![first];
        while self.peek() == Some(TokenKind::Dot) && self.peek_second() == Some(TokenKind::Field) {
            self.at += 1;
            parts.extend(self.peek_token());
            self.at += 1;
        }
        let name = |token: &Token| unquote(token.span.of(self.text));
        let field = match parts.as_slice() {
            [_, second, third, ..] => {
                let span = second.span.to(third.span);
                self.error("calc.syntax", "a field name has at most two parts", span)
                    .hint("write [data source].[field]".to_string());
                return self.node_from(first.span.start, NodeKind::Error);
            }
            [source, field] => FieldRef {
                name: FieldName::qualified(name(source), name(field)),
                bare: false,
                name_span: field.span,
            },
            _ => FieldRef {
                name: FieldName::new(name(&first)),
                bare: false,
                name_span: first.span,
            },
        };
        if field.name.name.is_empty() {
            self.error("calc.syntax", "the field name is empty", field.name_span);
        }
        let is_parameter = field.name.is_parameter();
        let kind = if is_parameter {
            NodeKind::Parameter(field)
        } else {
            NodeKind::Field(field)
        };
        self.node_from(first.span.start, kind)
    }

    /// Reads a number.
    fn number(&mut self, token: Token) -> NodeId {
        let text = token.span.of(self.text);
        let kind = match text.parse::<i64>() {
            Ok(value) => NodeKind::Integer(value),
            // The lexer lets only forms through that Rust reads too: `3.`, `.5`, `1e3`.
            Err(_) => NodeKind::Real(text.parse().unwrap_or(f64::NAN)),
        };
        self.node(token.span, kind)
    }

    /// Reads a date literal.
    fn date(&mut self, token: Token) -> NodeId {
        let text = token.span.of(self.text);
        let inner = text.trim_matches('#');
        let found = datetext::parse(inner, self.options.date_order);
        let kind = match found {
            Some(datetext::DateText {
                date: Some(date),
                time: None,
            }) => Some(NodeKind::Date(date)),
            Some(other) => other.on(crate::civil::Date::TIME_BASE).map(NodeKind::DateTime),
            None => None,
        };
        let kind = kind.unwrap_or_else(|| {
            self.error("calc.date", format!("{text} is not a date"), token.span)
                .hint("write #2024-01-31# or #2024-01-31 13:14:15#".to_string());
            NodeKind::Error
        });
        self.node(token.span, kind)
    }
}

/// Takes the quotes off a string literal and undoes the doubling.
fn unquoted(text: &str) -> String {
    let quote = &text[..1];
    text[1..text.len() - 1].replace(&quote.repeat(2), quote)
}
