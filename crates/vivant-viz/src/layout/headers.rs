//! Headers of rows and columns, and the names of their fields.

use vivant_document::spec::{FieldRef, Side, format, format_for};
use vivant_render::{Anchor, Font, Item, Text, Weight};

use super::lines::divide;
use super::{Layout, sharp};
use crate::color::encoded;
use crate::lanes::{Header, Lane};
use crate::rows::Table;
use crate::theme;

impl Layout {
    pub(super) fn row_headers(&self, table: &Table<'_>, rows: &[Lane], texts: bool, items: &mut Vec<Item>) {
        let alone = self.row_levels.len() == 1 && !texts;
        let mut x = self.outer.x;
        for (level, width) in self.row_levels.iter().enumerate() {
            let divides = table.divides(Side::Rows, level, rows, texts);
            for block in blocks(rows, level) {
                let (y, first) = self.rows[block.start];
                if y > self.visible.bottom() {
                    break;
                }
                let (end, last) = self.rows[block.end - 1];
                let height = end + last - y;
                let header = &rows[block.start].headers[level];
                if block.start > 0 && divides {
                    let ends = (x, self.panes.x, self.panes.right());
                    divide(table, Side::Rows, sharp(y), ends, items);
                }
                if *width <= 0.0 {
                    continue;
                }
                // In tables of text the outermost headers stand out.
                let stands_out = texts && level == 0;
                let font = table.font_of(header, stands_out);
                let room = width - 2.0 * theme::PADDING;
                if let Some(degrees) = table.turned(&header.key).filter(|degrees| *degrees != 0.0) {
                    let color = table.color("label", Some(&header.key), theme::GREY);
                    let off = font.cap_height() / 2.0 * if degrees < 0.0 { 1.0 } else { -1.0 };
                    let at = (x + width / 2.0 + off, y + height / 2.0);
                    let words = font.fit(&header.text, height - theme::PADDING);
                    let text = Text::new(at, words, font, color).anchored(Anchor::Middle);
                    items.push(Item::Text(text.turned(degrees)));
                    continue;
                }
                let lines = match height >= 2.0 * font.line_height() {
                    true => words(font, &header.text, room),
                    false => vec![font.fit(&header.text, room).into_owned()],
                };
                let innermost = level + 1 == self.row_levels.len();
                let free = match innermost {
                    true => 0.0,
                    false => ((first - font.line_height()) / 2.0).max(0.0),
                };
                let most =
                    (((height - free) / font.line_height()).floor() as usize).clamp(1, lines.len().max(1));
                let block_height = most as f64 * font.line_height();
                let mut base = match innermost {
                    true => y + (height - block_height) / 2.0,
                    // Tableau: beside the first row of the block.
                    false => y + free,
                } + font.ascent();
                let ink = if stands_out || header.total {
                    theme::DARK
                } else {
                    theme::GREY
                };
                let color = table.color("label", Some(&header.key), ink);
                let usual = if alone { Anchor::End } else { Anchor::Start };
                let anchor = table.header_align(&header.key).unwrap_or(usual);
                for line in lines.iter().take(most) {
                    let line = font.fit(line, room);
                    let left = match anchor {
                        Anchor::Start => x + theme::PADDING,
                        Anchor::Middle => x + width / 2.0,
                        Anchor::End => x + width - theme::PADDING,
                    };
                    items.push(Item::Text(
                        Text::new((left, base), line, font, color).anchored(anchor),
                    ));
                    base += font.line_height();
                }
            }
            x += width;
        }
    }

    pub(super) fn col_headers(&self, table: &Table<'_>, cols: &[Lane], texts: bool, items: &mut Vec<Item>) {
        let depth = self.col_levels.len();
        let written: Vec<&FieldRef> = table
            .sheet
            .panes
            .iter()
            .flat_map(|card| encoded(card, "text"))
            .collect();
        let is_number = |key: &&FieldRef| table.is_measure(key) && table.data_type(key).is_number();
        let numbers = !written.is_empty() && written.iter().all(is_number);
        let mut y = self.outer.y + self.captions;
        for (level, height) in self.col_levels.iter().enumerate() {
            let innermost = level + 1 == depth;
            let top = if innermost && self.below {
                self.panes.bottom()
            } else {
                y
            };
            let divides = table.divides(Side::Cols, level, cols, texts);
            for block in blocks(cols, level) {
                let (x, _) = self.cols[block.start];
                if x > self.visible.right() {
                    break;
                }
                let (end, last) = self.cols[block.end - 1];
                let width = end + last - x;
                let header = &cols[block.start].headers[level];
                if block.start > 0 && divides {
                    let ends = (top.min(self.panes.y), self.panes.y, self.foot());
                    divide(table, Side::Cols, sharp(x), ends, items);
                }
                if *height <= 0.0 {
                    continue;
                }
                // In tables of text the outermost headers stand out.
                let stands_out = texts && level == 0;
                let font = table.font_of(header, stands_out);
                let ink = if stands_out || header.total {
                    theme::DARK
                } else {
                    theme::GREY
                };
                let color = table.color("label", Some(&header.key), ink);
                if innermost && self.upright {
                    let words = font.fit(&header.text, height - theme::PADDING);
                    let at = (x + width / 2.0 + font.cap_height() / 2.0, top + theme::PADDING);
                    items.push(Item::Text(
                        Text::new(at, words, font, color)
                            .anchored(Anchor::End)
                            .turned(-90.0),
                    ));
                    continue;
                }
                let lines = words(font, &header.text, (width - 4.0).max(8.0));
                let most = ((height / font.line_height()).floor() as usize)
                    .max(1)
                    .min(lines.len());
                let mut base = match innermost && self.below {
                    true => top + 3.0,
                    false => top + (height - most as f64 * font.line_height()) / 2.0,
                } + font.ascent();
                let usual = match texts && innermost && (header.key.is_measure_names() || numbers) {
                    // The heads of numbers stand as these do.
                    true => table.cell_align().unwrap_or(Anchor::End),
                    false => Anchor::Middle,
                };
                let anchor = table.header_align(&header.key).unwrap_or(usual);
                for line in lines.iter().take(most) {
                    let words = font.fit(line, width - 4.0);
                    let left = match anchor {
                        Anchor::Start => x + theme::PADDING,
                        Anchor::Middle => x + width / 2.0,
                        Anchor::End => x + width - theme::PADDING,
                    };
                    items.push(Item::Text(
                        Text::new((left, base), words, font, color).anchored(anchor),
                    ));
                    base += font.line_height();
                }
            }
            if !(innermost && self.below) {
                y += height;
            }
        }
    }

    pub(super) fn field_captions(
        &self,
        table: &Table<'_>,
        rows: &[Lane],
        cols: &[Lane],
        items: &mut Vec<Item>,
    ) {
        if self.captions <= 0.0 {
            return;
        }
        let base_of = |top: f64| top + theme::CAPTION.ascent();
        if let Some(lane) = cols
            .iter()
            .find(|lane| lane.headers.len() == self.col_levels.len())
            .filter(|_| table.shows_captions(Side::Cols))
        {
            let mut names: Vec<String> = lane
                .headers
                .iter()
                .filter(|header| !header.key.is_measure_names())
                .map(|header| table.label(&header.key))
                .collect();
            names.dedup();
            let words = names.join(" / ");
            let at = (self.panes.center().0, base_of(self.outer.y));
            let shown = theme::CAPTION.fit(&words, self.panes.width);
            if !shown.is_empty() {
                let text = Text::new(at, shown, theme::CAPTION, theme::DARK);
                items.push(Item::Text(text.anchored(Anchor::Middle)));
            }
        }
        if let Some(lane) = rows
            .iter()
            .find(|lane| lane.headers.len() == self.row_levels.len())
            .filter(|_| table.shows_captions(Side::Rows))
        {
            let mut x = self.outer.x;
            let mut before = String::new();
            for (header, width) in lane.headers.iter().zip(&self.row_levels) {
                let name = table.label(&header.key);
                if !header.key.is_measure_names() && *width > 0.0 && name != before {
                    let words = theme::CAPTION.fit(&name, width - theme::PADDING).into_owned();
                    let base = base_of(self.panes.y - self.axes[2] - self.captions);
                    items.push(Item::Text(Text::new(
                        (x + theme::PADDING, base),
                        words,
                        theme::CAPTION,
                        theme::DARK,
                    )));
                }
                before = name;
                x += width;
            }
        }
    }
}

/// Whether fields of a side are named above their headers; Measure Names is not.
pub(super) fn has_captions(table: &Table<'_>, side: Side, lanes: &[Lane], depth: usize) -> bool {
    let named = |lane: &Lane| lane.headers.iter().any(|header| !header.key.is_measure_names());
    let first = lanes.iter().find(|lane| lane.headers.len() == depth);
    depth > 0 && table.shows_captions(side) && first.is_some_and(named)
}

/// Breaks a text at its blanks; a word that is too long is cut when it is drawn.
pub(super) fn words(font: Font, text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if font.width(last) + font.width(" ") + font.width(word) <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// Lanes that share a header of a level and all outside of it.
pub(super) fn blocks(lanes: &[Lane], level: usize) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for at in 0..lanes.len() {
        let Some(own) = lanes[at].headers.get(..=level) else {
            continue;
        };
        match found.last_mut() {
            Some(last) if last.end == at && lanes[at - 1].headers.get(..=level) == Some(own) => last.end += 1,
            _ => found.push(at..at + 1),
        }
    }
    found
}

/// What a document says of where a text stands in its room.
fn anchor(align: &str) -> Option<Anchor> {
    match align {
        "left" => Some(Anchor::Start),
        "center" => Some(Anchor::Middle),
        "right" => Some(Anchor::End),
        _ => None,
    }
}

impl Table<'_> {
    /// Whether the names of the fields of a side are shown above their headers.
    pub(super) fn shows_captions(&self, side: Side) -> bool {
        self.reference_format("worksheet", "display-field-labels", "", side) != Some("false")
    }

    /// Whether a field's headers are shown.
    pub(super) fn shows_header(&self, key: Option<&FieldRef>) -> bool {
        key.is_none_or(|key| format_for(&self.sheet.style, "label", "display", key) != Some("false"))
    }

    pub(super) fn header_font(&self, key: &FieldRef) -> Font {
        self.font("label", Some(key), theme::TEXT)
    }

    /// The font of one header: totals are bold, and what stands out is so by weight where the document has none.
    fn font_of(&self, header: &Header, stands_out: bool) -> Font {
        let font = self.header_font(&header.key);
        let has_weight = || self.setting("label", "font-weight", Some(&header.key)).is_some();
        match header.total {
            true => font.weighing(Weight::Bold),
            false if stands_out && !has_weight() => font.weighing(Weight::Semibold),
            false => font,
        }
    }

    /// How the header of a field is turned: upwards, downwards or not, where the document says.
    pub(super) fn turned(&self, key: &FieldRef) -> Option<f64> {
        let set = self.setting("label", "text-orientation", Some(key))?;
        let degrees = crate::number::finite(set)?;
        [0.0, 90.0, -90.0].into_iter().find(|known| *known == degrees)
    }

    /// Where the header of a field stands in its room, where the document says.
    pub(super) fn header_align(&self, key: &FieldRef) -> Option<Anchor> {
        anchor(self.setting("label", "text-align", Some(key))?)
    }

    /// Where the texts of cells stand, where the document says.
    pub(super) fn cell_align(&self) -> Option<Anchor> {
        let mut cards = self.sheet.panes.iter();
        let of_card = cards.find_map(|card| format(&card.style, "cell", "text-align"));
        anchor(of_card.or_else(|| self.setting("cell", "text-align", None))?)
    }
}
