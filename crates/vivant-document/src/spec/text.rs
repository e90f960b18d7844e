//! Formatted text: runs with their fonts, and tokens that stand for values.

use super::pill::FieldRef;
use crate::names::find_names;
use crate::tree::{NodeId, Tree};

/// Text in pieces that look alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RichText {
    /// The pieces.
    pub pieces: Vec<Piece>,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// What it says.
    pub content: PieceContent,
    /// How it looks.
    pub font: RunFont,
}

/// What a piece says.
#[derive(Debug, Clone, PartialEq)]
pub enum PieceContent {
    /// Text; line ends are `\n`.
    Text(String),
    /// The value of a field of the mark or sheet.
    Field(FieldRef),
    /// A word that stands for something, such as `Sheet Name`, without the angle brackets.
    Token(String),
}

/// How a run looks; what is not set comes from around.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFont {
    /// Font family.
    pub family: Option<String>,
    /// Size in points.
    pub size: Option<f64>,
    /// Colour, `#rrggbb` or `#rrggbbaa`.
    pub color: Option<String>,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Alignment: 0 left, 1 centre, 2 right.
    pub align: Option<u8>,
}

impl RichText {
    /// Returns the text, tokens as they are written.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match &piece.content {
                PieceContent::Text(text) => out.push_str(text),
                PieceContent::Field(field) => out.push_str(&format!("<{field}>")),
                PieceContent::Token(word) => out.push_str(&format!("<{word}>")),
            }
        }
        out
    }
}

/// The words between angle brackets that stand for something.
const TOKENS: [&str; 16] = [
    "Sheet Name",
    "Page Name",
    "Page Number",
    "Page Count",
    "Workbook Name",
    "Data Source Name",
    "Data Update Time",
    "Full Name",
    "User Name",
    "All Fields",
    "Value",
    "Computation",
    "FieldName",
    "Field Name",
    "Current Date",
    "Mark Count",
];

/// Reads `formatted-text`, or an element with one inside.
///
/// Tableau: a token may be cut over several runs, so the text of all is joined first and taken apart after.
pub(crate) fn rich_text(tree: &Tree, node: NodeId) -> RichText {
    let mut text = String::new();
    // Where each run begins in the text, and how it looks.
    let mut runs: Vec<(usize, RunFont)> = Vec::new();
    for run in tree.descendants(node).filter(|&at| tree.is(at, "run")) {
        runs.push((text.len(), run_font(tree, run)));
        let part = tree.text(run);
        let part = match part.strip_prefix('Æ') {
            Some(rest) if rest.starts_with(char::is_whitespace) => rest,
            _ => &part,
        };
        text.push_str(&part.replace("\r\n", "\n").replace('\r', "\n"));
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let Some((start, end, content)) = next_token(&text, at) else {
            plain(&text, at, text.len(), &runs, &mut pieces);
            break;
        };
        plain(&text, at, start, &runs, &mut pieces);
        pieces.push(Piece {
            content,
            font: font_at(&runs, start),
        });
        at = end;
    }
    RichText { pieces }
}

/// Finds the next token: where it starts, where it ends, what it is.
fn next_token(text: &str, from: usize) -> Option<(usize, usize, PieceContent)> {
    let mut at = from;
    loop {
        let start = at + text[at..].find('<')?;
        let inside = &text[start + 1..];
        if inside.starts_with('[') {
            if let Some(found) = find_names(inside).into_iter().next()
                && found.range.start == 0
                && inside[found.range.end..].starts_with('>')
                && let Some(field) = FieldRef::parse(&inside[..found.range.end], "")
            {
                let end = start + 1 + found.range.end + 1;
                return Some((start, end, PieceContent::Field(field)));
            }
        } else if let Some(length) = inside.find('>') {
            let word = &inside[..length];
            if TOKENS.contains(&word) || word.starts_with("Sheet name=") {
                return Some((start, start + length + 2, PieceContent::Token(word.to_owned())));
            }
        }
        at = start + 1;
    }
}

fn plain(text: &str, from: usize, to: usize, runs: &[(usize, RunFont)], pieces: &mut Vec<Piece>) {
    for (index, (start, font)) in runs.iter().enumerate() {
        let end = runs.get(index + 1).map_or(text.len(), |(next, _)| *next);
        let (begin, end) = ((*start).max(from), end.min(to));
        if begin < end {
            pieces.push(Piece {
                content: PieceContent::Text(text[begin..end].to_owned()),
                font: font.clone(),
            });
        }
    }
}

fn font_at(runs: &[(usize, RunFont)], at: usize) -> RunFont {
    runs.iter()
        .rfind(|(start, _)| *start <= at)
        .map(|(_, font)| font.clone())
        .unwrap_or_default()
}

/// The colour of links that have none of their own.
const LINK: &str = "#4996b2";

/// Reads how a run looks from its attributes.
pub(crate) fn run_font(tree: &Tree, run: NodeId) -> RunFont {
    let get = |name| tree.value(run, name).map(|text| text.into_owned());
    let is = |name| tree.has(run, name, "true");
    let is_link = tree.value(run, "hyperlink").is_some();
    RunFont {
        family: get("fontname"),
        size: get("fontsize").and_then(|text| text.parse().ok()),
        color: get("fontcolor").or_else(|| is_link.then(|| LINK.to_owned())),
        bold: is("bold"),
        italic: is("italic"),
        underline: is("underline") || is_link,
        align: get("fontalignment").and_then(|text| text.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn tokens_cut_over_runs_are_put_together() {
        let xml = "<formatted-text><run bold='true'>Total: </run><run fontcolor='#ff0000'>&lt;</run>\
                   <run>[ds].[sum:x:qk]</run><run>&gt; in &lt;Sheet Name&gt;, 1 &lt; 2</run>\
                   <run>\u{c6}\n</run></formatted-text>";
        let tree = Tree::parse(xml, &Limits::default()).unwrap();
        let text = rich_text(&tree, tree.root());
        assert_eq!(text.plain(), "Total: <[ds].[sum:x:qk]> in <Sheet Name>, 1 < 2\n");
        assert!(text.pieces[0].font.bold);
        assert_eq!(
            text.pieces[1].content,
            PieceContent::Field(FieldRef::new("ds", "sum:x:qk"))
        );
        assert_eq!(text.pieces[1].font.color.as_deref(), Some("#ff0000"));
    }
}
