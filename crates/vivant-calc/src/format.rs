//! The canonical layout of formulas.
//!
//! Keywords and functions are in capitals, operators stand between blanks, and `IF` and `CASE` are
//! broken into lines unless they are short. Comments stay where they are: behind the token they
//! follow on their line, or on a line of their own before the next token.
//! Formatting changes white space and letter case only, and formatting twice changes nothing more.

use crate::diag::{Span, Warned};
use crate::lex::{Token, TokenKind, lex};
use crate::parse::parse;
use crate::tree::{BinaryOperator, LodKind, NodeId, NodeKind, Tree, UnaryOperator};

/// How wide an expression may be before it is broken into lines, in characters.
const WIDTH: usize = 80;
/// What a line is indented by for each level.
const INDENT: &str = "    ";

/// Lays a formula out; one with syntax errors is returned as it is, with the errors.
///
/// ```
/// let pretty = vivant_calc::format::format("if [a]>1 then sum([b]) else 0 end").value;
/// assert_eq!(pretty, "IF [a] > 1 THEN SUM([b]) ELSE 0 END");
/// ```
pub fn format(formula: &str) -> Warned<String> {
    let parsed = parse(formula);
    if parsed.has_errors() {
        return Warned::with(formula.to_string(), parsed.diagnostics);
    }
    let mut layout = Layout::new(formula);
    layout.plan(&parsed.value);
    Warned::new(layout.write())
}

/// A token with the comments before it and where it goes.
struct Piece {
    token: Token,
    comments: Vec<Comment>,
    /// A line ends between the last comment and the token.
    line_after_comments: bool,
    /// It begins a line.
    newline: bool,
    /// It touches the piece before.
    tight: bool,
    /// It is written in capitals.
    capitals: bool,
    /// What is added to the indentation from here on.
    indent: i32,
}

/// A comment, and whether it begins a line in the source.
struct Comment {
    token: Token,
    own_line: bool,
}

struct Layout<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    last_comments: Vec<Comment>,
}

impl<'t> Layout<'t> {
    /// Sorts the tokens into pieces with their comments.
    fn new(text: &'t str) -> Layout<'t> {
        let mut layout = Layout {
            text,
            pieces: Vec::new(),
            last_comments: Vec::new(),
        };
        let mut comments = Vec::new();
        let mut own_line = true;
        for token in lex(text) {
            match token.kind {
                TokenKind::Whitespace => own_line |= token.span.of(text).contains(['\n', '\r']),
                _ if token.kind.is_trivia() => {
                    comments.push(Comment { token, own_line });
                    own_line = false;
                }
                kind => {
                    let capitals = matches!(kind, TokenKind::Keyword(_));
                    let comments = std::mem::take(&mut comments);
                    layout.pieces.push(Piece {
                        token,
                        line_after_comments: own_line && !comments.is_empty(),
                        comments,
                        newline: false,
                        tight: false,
                        capitals,
                        indent: 0,
                    });
                    own_line = false;
                }
            }
        }
        layout.last_comments = comments;
        layout
    }

    /// Gives the index of the piece that begins at an offset.
    fn first(&self, span: Span) -> usize {
        self.pieces
            .partition_point(|piece| piece.token.span.start < span.start)
    }

    /// Gives the index after the piece that ends at an offset.
    fn after(&self, span: Span) -> usize {
        self.pieces
            .partition_point(|piece| piece.token.span.start < span.end)
    }

    /// Begins a line at a piece.
    fn newline(&mut self, index: usize) {
        if let Some(piece) = self.pieces.get_mut(index) {
            piece.newline = true;
        }
    }

    /// Indents the pieces from one up to another.
    fn indent(&mut self, from: usize, to: usize) {
        if let Some(piece) = self.pieces.get_mut(from) {
            piece.indent += 1;
        }
        if let Some(piece) = self.pieces.get_mut(to) {
            piece.indent -= 1;
        }
    }

    /// Decides where lines begin and what touches what.
    fn plan(&mut self, tree: &Tree) {
        for index in 1..self.pieces.len() {
            self.pieces[index].tight = self.touches(index);
        }
        let mut widths = vec![0; self.pieces.len() + 1];
        for (index, piece) in self.pieces.iter().enumerate() {
            // A comment that ends its line breaks whatever holds it.
            let lines =
                piece.line_after_comments || piece.comments.iter().any(|comment| self.forces_line(comment));
            let forced = lines && index > 0;
            let length = piece.token.span.of(self.text).chars().count();
            widths[index + 1] = widths[index] + length + 1 + if forced { WIDTH + 1 } else { 0 };
        }
        let mut parents: Vec<Option<NodeId>> = vec![None; tree.nodes().len()];
        for id in tree.ids() {
            tree.kind(id)
                .for_each_child(|child| parents[child.index()] = Some(id));
        }
        let mut lined = vec![false; tree.nodes().len()];
        for id in tree.ids() {
            let span = tree.span(id);
            let (from, to) = (self.first(span), self.after(span));
            // The comments before the first piece stand outside.
            let width = widths[to] - widths[(from + 1).min(to)] + 1;
            let mut inner = false;
            tree.kind(id)
                .for_each_child(|child| inner |= lined[child.index()]);
            lined[id.index()] = self.node(tree, id, parents[id.index()], inner, width > WIDTH) || inner;
        }
    }

    /// Tells whether a comment cannot have anything behind it on its line.
    fn forces_line(&self, comment: &Comment) -> bool {
        comment.own_line
            || comment.token.kind == TokenKind::LineComment
            || comment.token.span.of(self.text).contains(['\n', '\r'])
    }

    /// Plans one node; tells whether it is broken into lines.
    fn node(&mut self, tree: &Tree, id: NodeId, parent: Option<NodeId>, inner: bool, wide: bool) -> bool {
        let span = tree.span(id);
        let (from, to) = (self.first(span), self.after(span));
        match tree.kind(id) {
            NodeKind::If { branches, otherwise } => {
                let broken = inner || wide || branches.len() > 1;
                if broken {
                    let results = branches.iter().map(|branch| branch.result).chain(*otherwise);
                    for result in results {
                        self.block(tree.span(result));
                    }
                    self.newline(to - 1);
                }
                broken
            }
            NodeKind::Case {
                value,
                branches,
                otherwise,
            } => {
                let broken = inner || wide || branches.len() > 1;
                if broken {
                    let mut when = self.after(tree.span(*value));
                    self.indent(when, to - 1);
                    for branch in branches {
                        self.newline(when);
                        when = self.after(tree.span(branch.result));
                    }
                    if otherwise.is_some() {
                        self.newline(when);
                    }
                    self.newline(to - 1);
                    for result in branches.iter().map(|branch| branch.result).chain(*otherwise) {
                        if self.has_lines(tree.span(result)) {
                            self.indented(tree.span(result));
                        }
                    }
                }
                broken
            }
            NodeKind::Binary {
                operator,
                operator_span,
                left,
                ..
            } => {
                let strength = operator.strength();
                let breaks = |strength| {
                    [BinaryOperator::Or, BinaryOperator::And, BinaryOperator::Add]
                        .iter()
                        .any(|operator: &BinaryOperator| operator.strength() == strength)
                };
                let same = |other: &NodeKind| matches!(other, NodeKind::Binary { operator, .. } if operator.strength() == strength);
                // The outermost operator of a chain decides for all of it.
                let continues = parent.is_some_and(|parent| match tree.kind(parent) {
                    NodeKind::Binary { left, .. } => *left == id && same(tree.kind(parent)),
                    _ => false,
                });
                if !wide || continues || !breaks(strength) {
                    return false;
                }
                let mut operators = vec![*operator_span];
                let mut at = *left;
                while let NodeKind::Binary {
                    operator_span, left, ..
                } = tree.kind(at)
                {
                    if !same(tree.kind(at)) {
                        break;
                    }
                    operators.push(*operator_span);
                    at = *left;
                }
                for operator in &operators {
                    let index = self.first(*operator);
                    self.newline(index);
                }
                let first = self.first(operators[operators.len() - 1]);
                self.indent(first, to);
                true
            }
            NodeKind::Unary {
                operator: UnaryOperator::Minus | UnaryOperator::Plus,
                ..
            } => {
                self.tighten(from + 1);
                false
            }
            NodeKind::Call {
                name_span,
                function,
                arguments,
                ..
            } => {
                let name = self.first(*name_span);
                self.pieces[name].capitals |= function.is_some();
                self.tighten(name + 1);
                let broken = (inner || (wide && arguments.len() > 1)) && !arguments.is_empty();
                if broken {
                    for argument in arguments {
                        let first = self.first(tree.span(*argument));
                        self.newline(first);
                    }
                    self.indent(name + 2, to - 1);
                    self.newline(to - 1);
                }
                broken
            }
            NodeKind::Paren(_) => {
                if inner {
                    self.newline(from + 1);
                    self.indent(from + 1, to - 1);
                    self.newline(to - 1);
                }
                inner
            }
            NodeKind::Lod { kind, body, .. } => {
                if *kind != LodKind::Table {
                    self.pieces[from + 1].capitals = true;
                }
                let broken = inner || wide;
                if broken {
                    self.indented(tree.span(*body));
                    self.newline(to - 1);
                }
                broken
            }
            _ => false,
        }
    }

    /// Puts a result on lines of its own and what follows it on the next.
    fn block(&mut self, span: Span) {
        self.indented(span);
        let next = self.after(span);
        self.newline(next);
    }

    /// Begins a line with an expression and indents it.
    fn indented(&mut self, span: Span) {
        let (from, to) = (self.first(span), self.after(span));
        self.newline(from);
        self.indent(from, to);
    }

    /// Tells whether an expression is broken into lines.
    fn has_lines(&self, span: Span) -> bool {
        let (from, to) = (self.first(span), self.after(span));
        self.pieces[from..to].iter().skip(1).any(|piece| piece.newline)
    }

    /// Makes a piece touch the one before.
    fn tighten(&mut self, index: usize) {
        if let Some(piece) = self.pieces.get_mut(index) {
            piece.tight = true;
        }
    }

    /// Tells whether a piece touches the one before, whatever the tree says.
    fn touches(&self, index: usize) -> bool {
        let before = self.pieces[index - 1].token.kind;
        let here = self.pieces[index].token.kind;
        matches!(before, TokenKind::LeftParen | TokenKind::Dot)
            || matches!(here, TokenKind::RightParen | TokenKind::Comma | TokenKind::Dot)
    }

    /// Writes everything.
    fn write(&self) -> String {
        let mut out = String::with_capacity(self.text.len() * 2);
        let mut depth = 0;
        // Whether the line must end before anything else is written.
        let mut ended = false;
        for piece in &self.pieces {
            depth += piece.indent;
            let mut newline = piece.newline && !out.is_empty();
            for comment in &piece.comments {
                self.comment(comment, depth, &mut out, &mut ended);
            }
            newline |= piece.line_after_comments;
            if newline || ended {
                if !out.is_empty() {
                    line(&mut out, depth);
                }
            } else if !out.is_empty() && (!piece.tight || !piece.comments.is_empty()) {
                out.push(' ');
            }
            ended = false;
            let text = piece.token.span.of(self.text);
            if piece.capitals {
                out.push_str(&text.to_ascii_uppercase());
            } else {
                out.push_str(text);
            }
        }
        for comment in &self.last_comments {
            self.comment(comment, depth, &mut out, &mut ended);
        }
        out
    }

    /// Writes a comment behind what is there, or on a line of its own.
    fn comment(&self, comment: &Comment, depth: i32, out: &mut String, ended: &mut bool) {
        if !out.is_empty() {
            if comment.own_line || *ended {
                line(out, depth);
            } else {
                out.push(' ');
            }
        }
        out.push_str(comment.token.span.of(self.text).trim_end());
        *ended = comment.token.kind == TokenKind::LineComment;
    }
}

/// Begins a line.
fn line(out: &mut String, depth: i32) {
    out.push('\n');
    for _ in 0..depth.clamp(0, 40) {
        out.push_str(INDENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats a formula, compares, and formats again.
    fn check(formula: &str, expected: &str) {
        let found = format(formula);
        assert_eq!(found.diagnostics, [], "{formula}");
        assert_eq!(found.value, expected, "{formula}");
        assert_eq!(format(expected).value, expected, "formatting twice");
    }

    #[test]
    fn short_formulas_stay_on_a_line() {
        check(
            "sum( [Sales] )/SUM([Profit]) *-1",
            "SUM([Sales]) / SUM([Profit]) * -1",
        );
        check("not(a)and b or  c", "NOT (a) AND b OR c");
        check("[Parameters] . [P]==-x^-2", "[Parameters].[P] == -x ^ -2");
        check("x in(1,2)", "x IN (1, 2)");
        check("{fixed[a],[b]:max(c)}", "{ FIXED [a], [b] : MAX(c) }");
        check("{max(c)}", "{ MAX(c) }");
        check("pi ( )", "PI()");
        check("if a\nthen b\nend", "IF a THEN b END");
        check(
            "Foo('It''s', #2024-01-01#, .5, nUll)",
            "Foo('It''s', #2024-01-01#, .5, NULL)",
        );
        check("datetrunc(month,[d])", "DATETRUNC(month, [d])");
    }

    #[test]
    fn statements_with_several_branches_are_broken() {
        check(
            "if a then 1 elseif b then 2 else 3 end",
            "IF a THEN\n    1\nELSEIF b THEN\n    2\nELSE\n    3\nEND",
        );
        check(
            "case [x] when 1 then 'a' when in (2,3) then if b then 1 elseif c then 2 end else 'c' end",
            "CASE [x]\n    WHEN 1 THEN 'a'\n    WHEN IN (2, 3) THEN\n        IF b THEN\n            1\n        \
             ELSEIF c THEN\n            2\n        END\n    ELSE 'c'\nEND",
        );
        check(
            "sum(if a then 1 elseif b then 2 end)",
            "SUM(\n    IF a THEN\n        1\n    ELSEIF b THEN\n        2\n    END\n)",
        );
        check(
            "{fixed [a]:sum(if a then 1 elseif b then 2 end)}",
            "{ FIXED [a] :\n    SUM(\n        IF a THEN\n            1\n        ELSEIF b THEN\n            2\n        \
             END\n    )\n}",
        );
    }

    #[test]
    fn long_chains_are_broken_before_their_operators() {
        let long = "[a long name of a field] = 'a long text to compare it with'";
        check(
            &format!("{long} or {long} or b"),
            &format!("{long}\n    OR {long}\n    OR b"),
        );
    }

    #[test]
    fn comments_stay_behind_or_above() {
        check(
            "// first\n\n1+ // one\n  2 /* two */ *3 // end",
            "// first\n1\n    + // one\n    2 /* two */ * 3 // end",
        );
        check("if a // why\nthen b end", "IF a // why\nTHEN\n    b\nEND");
        check("1 /* a */ /* b */", "1 /* a */ /* b */");
        check("/* a */ 1", "/* a */ 1");
        check("f(1, // one\n 2)", "f(\n    1, // one\n    2\n)");
    }

    #[test]
    fn broken_formulas_are_left_alone() {
        let found = format("if a  then");
        assert_eq!(found.value, "if a  then");
        assert!(found.has_errors());
    }
}
