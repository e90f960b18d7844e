//! Labels of marks, and marks that are text.

use std::collections::HashMap;

use vivant_document::spec::format;
use vivant_render::{Anchor, Color, Group, Item, Rect, Text};

use super::{Layer, Mark, MarkKind};
use crate::color::{Coloring, encoded};
use crate::scale::Scale;
use crate::theme;

/// A label that wants room.
pub(crate) struct Wanted {
    pub text: Text,
    pub room: Rect,
}

impl Layer<'_> {
    pub(super) fn texts(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
    ) -> Vec<Item> {
        let mut items = Vec::new();
        let mut used: HashMap<(u64, u64), f64> = HashMap::new();
        let on_axes = self.row_axis.is_some() || self.col_axis.is_some();
        let bare = self.table.sheet.rows.is_empty() && self.table.sheet.cols.is_empty();
        let font = theme::TEXT;
        let mut per_pane: HashMap<(u64, u64), usize> = HashMap::new();
        for mark in marks {
            *per_pane
                .entry((mark.pane.x.to_bits(), mark.pane.y.to_bits()))
                .or_default() += 1;
        }
        for mark in marks {
            let lines = self.label_lines(mark.row);
            let color = match self.coloring {
                Coloring::Single(_) => theme::DARK,
                _ => self.color(mark.row),
            };
            let height = lines.len() as f64 * font.line_height();
            if on_axes {
                let Some((x, y)) = self.point(mark, &scales(mark.row)) else {
                    continue;
                };
                for (at, line) in lines.iter().enumerate() {
                    let base = y - height / 2.0 + at as f64 * font.line_height() + font.ascent();
                    items.push(Item::Text(
                        Text::new((x, base), line.as_str(), font, color).anchored(Anchor::Middle),
                    ));
                }
                continue;
            }
            let place = (mark.pane.x.to_bits(), mark.pane.y.to_bits());
            let count = per_pane[&place] as f64;
            let top = used
                .entry(place)
                .or_insert_with(|| mark.pane.y + ((mark.pane.height - height * count) / 2.0).max(0.0));
            if *top > mark.pane.bottom() {
                continue;
            }
            for line in &lines {
                let base = *top + font.ascent();
                let words = font.fit(line, mark.pane.width - theme::PADDING);
                items.push(Item::Text(match self.alignment(bare) {
                    Anchor::Start => Text::new((mark.pane.x + theme::PADDING, base), words, font, color),
                    Anchor::Middle => {
                        Text::new((mark.pane.center().0, base), words, font, color).anchored(Anchor::Middle)
                    }
                    Anchor::End => Text::new((mark.pane.right() - theme::PADDING, base), words, font, color)
                        .anchored(Anchor::End),
                }));
                *top += font.line_height();
            }
        }
        items
    }

    /// How texts stand in their cells: numbers at the right.
    fn alignment(&self, bare: bool) -> Anchor {
        let set = format(&self.table.sheet.style, "cell", "text-align");
        match (set, bare) {
            (Some("left"), _) => Anchor::Start,
            (Some("center"), _) | (None, true) => Anchor::Middle,
            (Some("right"), _) => Anchor::End,
            _ => match encoded(self.card, "text").next() {
                Some(key) if self.table.data_type(key).is_number() || key.is_measure_values() => Anchor::End,
                _ => Anchor::Start,
            },
        }
    }

    /// Whether marks have labels.
    pub(super) fn labelled(&self) -> bool {
        match format(&self.card.style, "mark", "mark-labels-show") {
            Some("true") => true,
            Some("false") => false,
            _ => encoded(self.card, "text").next().is_some(),
        }
    }

    /// The lines of a mark's label or text.
    pub fn label_lines(&self, row: usize) -> Vec<String> {
        let mark = self.table.rows[row];
        if let Some(text) = &self.card.label {
            let mut out = String::new();
            for piece in &text.pieces {
                match &piece.content {
                    vivant_document::spec::PieceContent::Text(text) => out.push_str(text),
                    vivant_document::spec::PieceContent::Field(key) => {
                        out.push_str(&self.table.text(mark, key))
                    }
                    vivant_document::spec::PieceContent::Token(_) => {}
                }
            }
            return out
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect();
        }
        let own: Vec<String> = encoded(self.card, "text")
            .map(|key| self.table.text(mark, key))
            .collect();
        match (own.is_empty(), self.kind) {
            (false, _) => own.into_iter().filter(|line| !line.is_empty()).collect(),
            // A cell without a field to write.
            (true, MarkKind::Text) => vec!["Abc".to_owned()],
            (true, _) => {
                let vertical = self.is_vertical();
                let axis = if vertical { self.row_axis } else { self.col_axis };
                let key = axis
                    .map(|axis| &axis.key)
                    .or_else(|| encoded(self.card, "wedge-size").next())
                    .or(self.sizes.key.as_ref());
                key.map(|key| self.table.text(mark, key))
                    .into_iter()
                    .filter(|line| !line.is_empty())
                    .collect()
            }
        }
    }

    pub(super) fn want(
        &self,
        wanted: &mut Vec<Wanted>,
        lines: &[String],
        (x, top): (f64, f64),
        anchor: Anchor,
        color: Color,
    ) {
        let font = theme::TEXT;
        for (at, line) in lines.iter().enumerate() {
            let width = font.width(line);
            let left = match anchor {
                Anchor::Start => x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            let y = top + at as f64 * font.line_height();
            wanted.push(Wanted {
                text: Text::new((x, y + font.ascent()), line.as_str(), font, color).anchored(anchor),
                room: Rect::new(left, y + 1.0, width, font.line_height() - 2.0),
            });
        }
    }

    pub(super) fn label_point(
        &self,
        mark: &Mark,
        (x, y): (f64, f64),
        off: f64,
        is_end: bool,
        wanted: &mut Vec<Wanted>,
    ) {
        if !self.labelled() {
            return;
        }
        if format(&self.card.style, "mark", "mark-labels-mode") == Some("line-ends") && !is_end {
            return;
        }
        let lines = self.label_lines(mark.row);
        let height = lines.len() as f64 * theme::TEXT.line_height();
        let top = if y - off - height < mark.pane.y - 2.0 {
            y + off
        } else {
            y - off - height
        };
        self.want(wanted, &lines, (x, top), Anchor::Middle, theme::DARK);
    }

    pub(super) fn label_bar(
        &self,
        mark: &Mark,
        rect: Rect,
        vertical: bool,
        outside: bool,
        negative: bool,
        wanted: &mut Vec<Wanted>,
    ) {
        if !self.labelled() {
            return;
        }
        let lines = self.label_lines(mark.row);
        let widest = lines
            .iter()
            .map(|line| theme::TEXT.width(line))
            .fold(0.0, f64::max);
        let height = lines.len() as f64 * theme::TEXT.line_height();
        let (x, y) = rect.center();
        if outside {
            match (vertical, negative) {
                (true, false) => self.want(
                    wanted,
                    &lines,
                    (x, rect.y - height - 1.0),
                    Anchor::Middle,
                    theme::DARK,
                ),
                (true, true) => self.want(
                    wanted,
                    &lines,
                    (x, rect.bottom() + 1.0),
                    Anchor::Middle,
                    theme::DARK,
                ),
                (false, false) => self.want(
                    wanted,
                    &lines,
                    (rect.right() + 4.0, y - height / 2.0),
                    Anchor::Start,
                    theme::DARK,
                ),
                (false, true) => self.want(
                    wanted,
                    &lines,
                    (rect.x - 4.0, y - height / 2.0),
                    Anchor::End,
                    theme::DARK,
                ),
            }
        } else if widest + 4.0 <= rect.width && height <= rect.height {
            self.want(
                wanted,
                &lines,
                (x, y - height / 2.0),
                Anchor::Middle,
                on(self.color(mark.row)),
            );
        }
    }

    pub(super) fn label_tile(&self, mark: &Mark, rect: Rect, centred: bool, wanted: &mut Vec<Wanted>) {
        if !self.labelled() {
            return;
        }
        let font = theme::TEXT;
        let room = rect.width - 2.0 * theme::PADDING;
        let mut lines: Vec<String> = self
            .label_lines(mark.row)
            .iter()
            .flat_map(|line| font.wrap(line, room.max(10.0)))
            .collect();
        let most = ((rect.height - 2.0) / font.line_height()).floor().max(0.0) as usize;
        lines.truncate(most);
        if lines.is_empty() || lines.iter().any(|line| font.width(line) > room + 1.0) {
            return;
        }
        let height = lines.len() as f64 * font.line_height();
        let color = on(self.color(mark.row));
        match centred {
            true => self.want(
                wanted,
                &lines,
                (rect.center().0, rect.center().1 - height / 2.0),
                Anchor::Middle,
                color,
            ),
            false => self.want(wanted, &lines, (rect.x + 5.0, rect.y + 3.0), Anchor::Start, color),
        }
    }
}

/// Draws those labels that have room, the first ones first.
pub(crate) fn placed(wanted: Vec<Wanted>, cull: bool, within: Rect) -> Group {
    let mut taken: Vec<Rect> = Vec::new();
    let mut items = Vec::new();
    for Wanted { text, room } in wanted {
        let outside = room.x < within.x - 1.0
            || room.right() > within.right() + 1.0
            || room.bottom() > within.bottom() + 1.0;
        if cull && (outside || taken.iter().any(|other| other.overlaps(&room))) {
            continue;
        }
        taken.push(room);
        items.push(Item::Text(text));
    }
    Group {
        class: "labels".to_owned(),
        clip: None,
        items,
    }
}

/// The colour of text on a colour.
fn on(color: Color) -> Color {
    let shown = Color::WHITE.mix(color.with_alpha(255), color.opacity());
    if shown.luminance() < 0.4 {
        Color::WHITE
    } else {
        Color::BLACK
    }
}
