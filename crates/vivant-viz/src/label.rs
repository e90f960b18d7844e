//! Formatted text: titles and labels, laid out in lines.

use vivant_document::spec::{PieceContent, RichText, RunFont};
use vivant_render::{Anchor, Color, Font, Item, Text, Weight};

/// A run of text that looks alike.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub text: String,
    pub font: Font,
    pub color: Color,
    pub underlined: bool,
}

/// A line of runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub runs: Vec<Run>,
    /// 0 left, 1 centre, 2 right; as around it where nothing is said.
    pub align: Option<u8>,
}

impl Line {
    pub fn width(&self) -> f64 {
        self.runs.iter().map(|run| run.font.width(&run.text)).sum()
    }

    pub fn height(&self) -> f64 {
        self.runs
            .iter()
            .map(|run| run.font.line_height())
            .fold(0.0, f64::max)
    }

    fn ascent(&self) -> f64 {
        self.runs.iter().map(|run| run.font.ascent()).fold(0.0, f64::max)
    }
}

/// Lays out formatted text in lines no wider than `width`. `value` tells what a token or field stands for.
pub(crate) fn lines(
    text: &RichText,
    base: Font,
    color: Color,
    width: f64,
    value: &dyn Fn(&PieceContent) -> String,
) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    for piece in &text.pieces {
        let (font, color) = (
            font(&piece.font, base),
            piece
                .font
                .color
                .as_deref()
                .and_then(|text| text.parse().ok())
                .unwrap_or(color),
        );
        let words = match &piece.content {
            PieceContent::Text(text) => text.clone(),
            other => value(other),
        };
        for (number, part) in words.split('\n').enumerate() {
            if number > 0 {
                lines.push(Line::default());
            }
            for word in part.split_inclusive(' ') {
                let last = lines.last_mut().expect("there is a line");
                last.align = piece.font.align.or(last.align);
                let run = Run {
                    text: word.to_owned(),
                    font,
                    color,
                    underlined: piece.font.underline,
                };
                if !last.runs.is_empty() && last.width() + font.width(word.trim_end()) > width {
                    let align = last.align;
                    lines.push(Line {
                        runs: vec![run],
                        align,
                    });
                } else {
                    last.runs.push(run);
                }
            }
            // An empty line is as high as its font.
            if part.is_empty() {
                let last = lines.last_mut().expect("there is a line");
                last.runs.push(Run {
                    text: String::new(),
                    font,
                    color,
                    underlined: false,
                });
            }
        }
    }
    while lines
        .last()
        .is_some_and(|line| line.runs.iter().all(|run| run.text.trim().is_empty()))
    {
        lines.pop();
    }
    lines
}

/// The height of lines.
pub(crate) fn height(lines: &[Line]) -> f64 {
    lines.iter().map(Line::height).sum()
}

/// Draws lines from the top of a column. `align` is how lines stand that say nothing: 0 left, 1 centre, 2 right.
pub(crate) fn draw(lines: &[Line], (x, y): (f64, f64), width: f64, align: u8) -> Vec<Item> {
    let mut items = Vec::new();
    let mut top = y;
    for line in lines {
        let free = width - line.width();
        let mut left = x + match line.align.unwrap_or(align) {
            1 => free / 2.0,
            2 => free,
            _ => 0.0,
        };
        let base = top + line.ascent();
        for run in merged(&line.runs) {
            let long = run.font.width(&run.text);
            items.push(Item::Text(Text {
                at: (left, base),
                underlined: run.underlined,
                anchor: Anchor::Start,
                ..Text::new((left, base), run.text, run.font, run.color)
            }));
            left += long;
        }
        top += line.height();
    }
    items
}

/// Joins runs that look alike, so that searching finds whole words.
fn merged(runs: &[Run]) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for run in runs {
        match out.last_mut() {
            Some(last)
                if last.font == run.font && last.color == run.color && last.underlined == run.underlined =>
            {
                last.text.push_str(&run.text);
            }
            _ => out.push(run.clone()),
        }
    }
    out.retain(|run| !run.text.is_empty());
    out
}

/// The font of a run. Sizes of documents are points.
pub(crate) fn font(run: &RunFont, base: Font) -> Font {
    let family = run.family.as_deref().unwrap_or_default();
    let weight = match () {
        () if run.bold || family.contains("Bold") && !family.contains("Semibold") => Weight::Bold,
        () if family.contains("Semibold") || family.contains("Medium") => Weight::Semibold,
        () if family.contains("Light") => Weight::Light,
        () if family.is_empty() => base.weight,
        () => Weight::Regular,
    };
    Font {
        size: run
            .size
            .map_or(base.size, |points| points.clamp(1.0, 400.0) * 4.0 / 3.0),
        weight,
        italic: run.italic || base.italic,
    }
}
