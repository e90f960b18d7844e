//! Titles and texts of dashboards.

use vivant_document::spec::{Piece, PieceContent, RichText, RunFont, WorkbookSpec};
use vivant_render::{Color, Font, Item, Rect, Weight};

use crate::dashboard::Contents;
use crate::dashboard::control::parameter_text;
use crate::label::{self};
use crate::theme;

/// The title of a dashboard.
pub(crate) const TITLE: Font = Font::new(24.0).weighing(Weight::Light);
/// Text of dashboards.
pub(crate) const TEXT: Font = Font::new(12.0);

/// What tokens of texts stand for.
pub(crate) struct Meaning<'a> {
    pub workbook: &'a WorkbookSpec,
    /// The name of the dashboard.
    pub name: &'a str,
    /// Who knows the other words: `Workbook Name`, `User Name`, …
    pub contents: &'a dyn Contents,
}

impl Meaning<'_> {
    /// The text that a piece stands for.
    pub fn text(&self, content: &PieceContent) -> String {
        match content {
            PieceContent::Text(text) => text.clone(),
            PieceContent::Token(word) if word == "Sheet Name" => self.name.to_owned(),
            PieceContent::Token(word) => self.contents.word(word).unwrap_or_default(),
            PieceContent::Field(key) => self
                .workbook
                .parameters
                .iter()
                .find(|parameter| key.source == "Parameters" && parameter.name == key.name)
                .map(|parameter| parameter_text(self.workbook.language, parameter))
                .unwrap_or_default(),
        }
    }
}

/// Where lines stand in an area that is higher than they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upright {
    /// At its top.
    Top,
    /// In its middle.
    Middle,
}

/// Draws formatted text into an area. Lines that begin below its end are left out.
pub(crate) fn draw(
    text: &RichText,
    area: Rect,
    (font, color, align): (Font, Color, Option<u8>),
    upright: Upright,
    meaning: &Meaning<'_>,
) -> Vec<Item> {
    let lines = label::lines(text, font, color, area.width, &|piece| meaning.text(piece));
    lines_in(lines, area, align.unwrap_or(0), upright)
}

/// Draws plain text into an area.
pub(crate) fn plain(
    text: &str,
    area: Rect,
    (font, color, align): (Font, Color, Option<u8>),
    upright: Upright,
) -> Vec<Item> {
    let lines = font
        .wrap(text, area.width.max(1.0))
        .into_iter()
        .map(|line| label::Line {
            runs: vec![label::Run {
                text: line,
                font,
                color,
                underlined: false,
            }],
            align: None,
        });
    lines_in(lines.collect(), area, align.unwrap_or(0), upright)
}

fn lines_in(mut lines: Vec<label::Line>, area: Rect, align: u8, upright: Upright) -> Vec<Item> {
    let mut used = 0.0;
    let fitting = lines.iter().take_while(|line| {
        let begins = used < area.height;
        used += line.height();
        begins
    });
    let fitting = fitting.count();
    lines.truncate(fitting);
    let free = (area.height - label::height(&lines)).max(0.0);
    let top = match upright {
        Upright::Top => area.y,
        Upright::Middle => area.y + (free / 2.0).floor(),
    };
    label::draw(&lines, (area.x, top), area.width, align)
}

/// The words of a title zone: what was typed, else the name.
pub(crate) fn title_words(title: Option<&RichText>, name: &str) -> RichText {
    title.cloned().unwrap_or_else(|| RichText {
        pieces: vec![Piece {
            content: PieceContent::Text(name.to_owned()),
            font: RunFont::default(),
        }],
    })
}

/// The colour of text that a document says nothing about.
pub(crate) const INK: Color = theme::DARK;
