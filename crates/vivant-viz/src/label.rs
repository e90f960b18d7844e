//! Formatted text: titles and labels, laid out in lines.

use vivant_document::spec::{FieldRef, PieceContent, RichText, RunFont, StyleRule, format, format_for};
use vivant_render::{Anchor, Color, Font, Item, Text, Weight};

use crate::rows::Table;

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
    /// A line that looks alike.
    pub fn plain(text: String, font: Font, color: Color) -> Self {
        Self {
            runs: vec![Run {
                text,
                font,
                color,
                underlined: false,
            }],
            align: None,
        }
    }

    pub fn width(&self) -> f64 {
        self.runs.iter().map(|run| run.font.width(&run.text)).sum()
    }

    pub fn height(&self) -> f64 {
        self.highest(Font::line_height)
    }

    fn ascent(&self) -> f64 {
        self.highest(Font::ascent)
    }

    /// The greatest measure of the runs that say something; where none does, of all.
    fn highest(&self, measure: fn(Font) -> f64) -> f64 {
        let is_empty = self.runs.iter().all(|run| run.text.is_empty());
        let runs = self.runs.iter().filter(|run| is_empty || !run.text.is_empty());
        runs.map(|run| measure(run.font)).fold(0.0, f64::max)
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
    // How wide the last line is so far.
    let mut wide = 0.0;
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
                wide = 0.0;
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
                let long = if width.is_finite() { font.width(word) } else { 0.0 };
                if !last.runs.is_empty() && width.is_finite() && wide + font.width(word.trim_end()) > width {
                    let align = last.align;
                    wide = long;
                    lines.push(Line {
                        runs: vec![run],
                        align,
                    });
                } else {
                    wide += long;
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

/// How the text of an element looks by the styles of a document: the later list wins.
pub(crate) fn styled(
    lists: &[&[StyleRule]],
    element: &str,
    font: Font,
    color: Color,
) -> (Font, Color, Option<u8>) {
    let get = |attr: &str| lists.iter().rev().find_map(|rules| format(rules, element, attr));
    let family = get("font-family").unwrap_or_default();
    let is = |attr: &str, word: &str| get(attr).map(|value| value == word);
    let run = RunFont {
        family: Some(family.to_owned()).filter(|family| !family.is_empty()),
        size: get("font-size").and_then(|text| text.parse().ok()),
        bold: is("font-weight", "bold").unwrap_or(false),
        italic: is("font-style", "italic").unwrap_or(false),
        ..RunFont::default()
    };
    let mut found = self::font(&run, font);
    if is("font-weight", "normal") == Some(true) {
        found.weight = Weight::Regular;
    }
    let align = match get("text-align") {
        Some("left") => Some(0),
        Some("center") => Some(1),
        Some("right") => Some(2),
        _ => None,
    };
    let color = get("color")
        .or_else(|| get("font-color"))
        .and_then(|text| text.parse().ok())
        .unwrap_or(color);
    (found, color, align)
}

/// Breaks lines at blanks where they are too wide; words stay whole.
pub(crate) fn wrapped(lines: Vec<Line>, width: f64) -> Vec<Line> {
    let mut out = Vec::new();
    for line in lines {
        let align = line.align;
        let mut last = Line {
            runs: Vec::new(),
            align,
        };
        let mut wide = 0.0;
        for run in line.runs {
            for word in run.text.split_inclusive(' ') {
                if !last.runs.is_empty() && wide + run.font.width(word.trim_end()) > width {
                    wide = 0.0;
                    out.push(std::mem::replace(
                        &mut last,
                        Line {
                            runs: Vec::new(),
                            align,
                        },
                    ));
                }
                wide += run.font.width(word);
                last.runs.push(Run {
                    text: word.to_owned(),
                    ..run.clone()
                });
            }
        }
        out.push(last);
    }
    for line in &mut out {
        if let Some(run) = line.runs.last_mut() {
            run.text.truncate(run.text.trim_end().len());
        }
    }
    out
}

impl Table<'_> {
    /// A format of an element of the sheet, for a field or all: that of the sheet, else that of the workbook.
    pub fn setting(&self, element: &str, attr: &str, key: Option<&FieldRef>) -> Option<&str> {
        let own = match key {
            Some(key) => format_for(&self.sheet.style, element, attr, key),
            None => format(&self.sheet.style, element, attr),
        };
        let is_font = attr.starts_with("font-") || attr == "color";
        let around = |rules, name| is_font.then(|| format(rules, name, attr)).flatten();
        own.or_else(|| around(&self.sheet.style, "worksheet"))
            .or_else(|| format(&self.workbook.style, element, attr))
            .or_else(|| around(&self.workbook.style, "worksheet"))
            .or_else(|| around(&self.workbook.style, "all"))
    }

    /// The font of an element.
    pub fn font(&self, element: &str, key: Option<&FieldRef>, base: Font) -> Font {
        let get = |attr: &str| self.setting(element, attr, key);
        let run = RunFont {
            family: get("font-family").map(str::to_owned),
            size: get("font-size").and_then(|text| text.parse().ok()),
            bold: get("font-weight") == Some("bold"),
            italic: get("font-style") == Some("italic"),
            ..RunFont::default()
        };
        let mut found = font(&run, base);
        if get("font-weight") == Some("normal") {
            found.weight = Weight::Regular;
        }
        found
    }

    /// The colour of the text of an element.
    pub fn color(&self, element: &str, key: Option<&FieldRef>, base: Color) -> Color {
        self.setting(element, "color", key)
            .and_then(|text| text.parse().ok())
            .unwrap_or(base)
    }
}
