//! Labels of marks, and marks that are text.

use std::collections::{HashMap, HashSet};

use vivant_document::spec::{FieldRef, PieceContent, format};
use vivant_render::{Anchor, Color, Group, Item, Rect, Weight};

use super::{Layer, Mark, MarkKind};
use crate::color::{Coloring, encoded};
use crate::label::{self, Line};
use crate::number::number;
use crate::scale::Scale;
use crate::theme;

/// A label that wants room.
pub(crate) struct Wanted {
    pub items: Vec<Item>,
    pub room: Rect,
}

/// The width of the widest line.
pub(crate) fn widest(lines: &[Line]) -> f64 {
    lines.iter().map(Line::width).fold(0.0, f64::max)
}

impl Layer<'_> {
    pub(super) fn texts(
        &self,
        marks: &[Mark],
        scales: &dyn Fn(usize) -> (Option<Scale>, Option<Scale>),
    ) -> Vec<Item> {
        let mut items = Vec::new();
        let on_axes = self.row_axis.is_some() || self.col_axis.is_some();
        let bare = self.table.sheet.rows.is_empty() && self.table.sheet.cols.is_empty();
        let align = match self.alignment(bare) {
            Anchor::Start => 0,
            Anchor::Middle => 1,
            Anchor::End => 2,
        };
        let upright = self
            .aligned("vertical-align")
            .or_else(|| self.table.setting("cell", "vertical-align", None));
        // What each pane holds, from top to bottom.
        let mut heights: HashMap<(u64, u64), f64> = HashMap::new();
        let place = |mark: &Mark| (mark.pane.x.to_bits(), mark.pane.y.to_bits());
        let all: Vec<Vec<Line>> = marks
            .iter()
            .map(|mark| self.label_lines(mark.row, None))
            .collect();
        for (mark, lines) in marks.iter().zip(&all) {
            *heights.entry(place(mark)).or_default() += label::height(lines);
        }
        let mut used: HashMap<(u64, u64), f64> = HashMap::new();
        for (mark, mut lines) in marks.iter().zip(all) {
            let height = label::height(&lines);
            if on_axes {
                let Some((x, y)) = self.point(mark, &scales(mark.row)) else {
                    continue;
                };
                let width = widest(&lines);
                items.extend(label::draw(&lines, (x - width / 2.0, y - height / 2.0), width, 1));
                continue;
            }
            let pane = &mark.pane;
            let top = used.entry(place(mark)).or_insert_with(|| {
                let free = (pane.height - heights[&place(mark)]).max(0.0);
                pane.y
                    + match upright {
                        Some("top") => free.min(2.0),
                        Some("bottom") => (free - 2.0).max(0.0),
                        _ => free / 2.0,
                    }
            });
            if *top > pane.bottom() {
                continue;
            }
            let room = (pane.width - 2.0 * theme::PADDING).max(4.0);
            for line in &mut lines {
                if let [run] = line.runs.as_mut_slice() {
                    run.text = run.font.fit(&run.text, room + theme::PADDING).into_owned();
                }
            }
            items.extend(label::draw(&lines, (pane.x + theme::PADDING, *top), room, align));
            *top += height;
        }
        items
    }

    /// How the card says that its labels stand.
    fn aligned(&self, attr: &str) -> Option<&str> {
        format(&self.card.style, "cell", attr).filter(|set| *set != "auto")
    }

    /// How texts stand in their cells: numbers at the right.
    fn alignment(&self, bare: bool) -> Anchor {
        let first = encoded(self.card, "text").next();
        let set = self
            .aligned("text-align")
            .or_else(|| self.table.setting("cell", "text-align", first));
        match (set, bare) {
            (Some("left"), _) => Anchor::Start,
            (Some("center"), _) | (None | Some("auto"), true) => Anchor::Middle,
            (Some("right"), _) => Anchor::End,
            _ => match encoded(self.card, "text").next() {
                Some(key) if self.table.data_type(key).is_number() || key.is_measure_values() => Anchor::End,
                _ => Anchor::Start,
            },
        }
    }

    /// Whether marks have labels.
    pub(super) fn labelled(&self) -> bool {
        if matches!(self.label_mode(), Some("selection" | "highlight")) {
            return false;
        }
        match format(&self.card.style, "mark", "mark-labels-show") {
            Some("true") => true,
            Some("false") => false,
            _ => encoded(self.card, "text").next().is_some(),
        }
    }

    fn label_mode(&self) -> Option<&str> {
        format(&self.card.style, "mark", "mark-labels-mode")
    }

    /// The marks that alone have labels, where only the least and the greatest have one.
    pub(super) fn extremes(&self, marks: &[Mark]) -> Option<HashSet<usize>> {
        if self.label_mode() != Some("range") {
            return None;
        }
        let set = |attr: &str| format(&self.card.style, "mark", attr);
        let key = set("mark-labels-range-field")
            .and_then(|text| FieldRef::parse(text, self.table.sheet.primary().unwrap_or_default()))
            .or_else(|| {
                let axis = if self.is_vertical() {
                    self.row_axis
                } else {
                    self.col_axis
                };
                axis.or(self.col_axis).map(|axis| axis.key.clone())
            })?;
        let by_pane = set("mark-labels-range-scope") != Some("table");
        let mut ends: HashMap<(u64, u64), [(f64, usize); 2]> = HashMap::new();
        for mark in marks {
            let Some(value) = number(&self.table.value(self.table.rows[mark.row], &key)) else {
                continue;
            };
            // Panes of one row of the table belong together where it has an axis of its own.
            let place = match (by_pane, self.is_vertical()) {
                (false, _) => (0, 0),
                (true, true) => (0, mark.pane.y.to_bits()),
                (true, false) => (mark.pane.x.to_bits(), 0),
            };
            let known = ends.entry(place).or_insert([(value, mark.row); 2]);
            if value < known[0].0 {
                known[0] = (value, mark.row);
            }
            if value > known[1].0 {
                known[1] = (value, mark.row);
            }
        }
        let (least, most) = (
            set("mark-labels-range-min") != Some("false"),
            set("mark-labels-range-max") != Some("false"),
        );
        let rows = ends.into_values().flat_map(|[low, high]| {
            [least.then_some(low.1), most.then_some(high.1)]
                .into_iter()
                .flatten()
        });
        Some(rows.collect())
    }

    fn has_label(&self, row: usize) -> bool {
        let chosen = self.chosen.get().and_then(Option::as_ref);
        self.labelled() && chosen.is_none_or(|chosen| chosen.contains(&row))
    }

    /// The lines of a mark's label or text. `color` is that of words that have none of their own.
    pub fn label_lines(&self, row: usize, color: Option<Color>) -> Vec<Line> {
        let mark = self.table.rows[row];
        let is_text = self.kind == MarkKind::Text;
        let element = if is_text { "cell" } else { "datalabel" };
        let mut base = self.table.font(element, None, theme::TEXT);
        base = label::styled(&[&self.card.style], element, base, theme::DARK).0;
        if self.table.is_total(mark) {
            base = base.weighing(Weight::Bold);
        }
        let own = match (is_text, &self.coloring) {
            (true, Coloring::Single(_)) => {
                let base = self.table.color(element, None, theme::DARK);
                label::styled(&[&self.card.style], element, theme::TEXT, base).1
            }
            (true, _) => self.color(row),
            (false, _) => match format(&self.card.style, "datalabel", "color-mode") {
                Some("match") => self.color(row).with_alpha(255),
                Some("auto") => color.unwrap_or(theme::DARK),
                _ => {
                    let set = format(&self.card.style, "datalabel", "color")
                        .or_else(|| format(&self.table.sheet.style, "datalabel", "color"));
                    set.and_then(|text| text.parse().ok())
                        .or(color)
                        .unwrap_or(theme::DARK)
                }
            },
        };
        if let Some(text) = &self.card.label {
            let mut lines = label::lines(text, base, own, f64::INFINITY, &|content| match content {
                PieceContent::Text(text) => text.clone(),
                PieceContent::Field(key) => self.table.text(mark, key),
                PieceContent::Token(word) => self.table.token(word).unwrap_or_default(),
            });
            let blank = |line: &Line| line.runs.iter().all(|run| run.text.trim().is_empty());
            let begin = lines.iter().take_while(|line| blank(line)).count();
            lines.drain(..begin);
            return lines;
        }
        let plain = |key: &FieldRef| -> Option<Line> {
            let text = self.table.text(mark, key);
            let (font, color) = match is_text {
                true => {
                    let listed = self.table.listed(mark, key);
                    let key = listed.as_ref().unwrap_or(key);
                    let font = self.table.font(element, Some(key), base);
                    let color = match self.coloring {
                        Coloring::Single(_) => self.table.color(element, Some(key), own),
                        _ => own,
                    };
                    let total = self.table.is_total(mark);
                    (if total { font.weighing(Weight::Bold) } else { font }, color)
                }
                false => (base, own),
            };
            (!text.is_empty()).then(|| Line::plain(text, font, color))
        };
        let lines: Vec<Line> = encoded(self.card, "text").filter_map(plain).collect();
        if encoded(self.card, "text").next().is_some() {
            return lines;
        }
        if is_text {
            // A cell without a field to write.
            return vec![Line::plain("Abc".to_owned(), base, own)];
        }
        let vertical = self.is_vertical();
        let axis = if vertical { self.row_axis } else { self.col_axis };
        let key = axis
            .map(|axis| &axis.key)
            .or_else(|| encoded(self.card, "wedge-size").next())
            .or(self.sizes.key.as_ref());
        key.and_then(plain).into_iter().collect()
    }

    pub(super) fn want(
        &self,
        wanted: &mut Vec<Wanted>,
        lines: &[Line],
        (x, top): (f64, f64),
        anchor: Anchor,
    ) {
        if lines.is_empty() {
            return;
        }
        let (width, height) = (widest(lines), label::height(lines));
        let (left, align) = match anchor {
            Anchor::Start => (x, 0),
            Anchor::Middle => (x - width / 2.0, 1),
            Anchor::End => (x - width, 2),
        };
        wanted.push(Wanted {
            items: label::draw(lines, (left, top), width, align),
            room: Rect::new(left, top + 1.0, width, (height - 2.0).max(1.0)),
        });
    }

    /// Labels a point; `end` tells whether it begins or ends its line.
    pub(super) fn label_point(
        &self,
        mark: &Mark,
        (x, y): (f64, f64),
        off: f64,
        end: (bool, bool),
        wanted: &mut Vec<Wanted>,
    ) {
        if !self.has_label(mark.row) {
            return;
        }
        let set = |attr: &str| format(&self.card.style, "mark", attr) != Some("false");
        let shown = match self.label_mode() {
            Some("line-ends") => {
                end.0 && set("mark-labels-line-first") || end.1 && set("mark-labels-line-last")
            }
            Some("most-recent") => end.1 || end == (false, false),
            _ => true,
        };
        if !shown {
            return;
        }
        let lines = self.label_lines(mark.row, None);
        let height = label::height(&lines);
        let middle = self.aligned("vertical-align") == Some("center");
        let top = match () {
            () if middle => y - height / 2.0,
            () if self.aligned("vertical-align") == Some("bottom")
                || y - off - height < mark.pane.y - 2.0 =>
            {
                y + off
            }
            () => y - off - height,
        };
        match self.aligned("text-align") {
            Some("left") if middle => self.want(wanted, &lines, (x - off, top), Anchor::End),
            Some("right") if middle => self.want(wanted, &lines, (x + off, top), Anchor::Start),
            _ => self.want(wanted, &lines, (x, top), Anchor::Middle),
        }
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
        if !self.has_label(mark.row) {
            return;
        }
        let lines = self.label_lines(mark.row, None);
        let (wide, high) = (widest(&lines), label::height(&lines));
        let (x, y) = rect.center();
        let fits = wide + 4.0 <= rect.width && high <= rect.height;
        let set = match vertical {
            true => self.aligned("vertical-align"),
            false => self.aligned("text-align"),
        };
        // At the begin or in the middle of the bar, where the document says so.
        if let Some(at @ ("left" | "center" | "bottom")) = set.filter(|_| fits) {
            let lines = self.label_lines(mark.row, Some(on(self.color(mark.row))));
            return match (vertical, at) {
                (false, "left") => self.want(wanted, &lines, (rect.x + 4.0, y - high / 2.0), Anchor::Start),
                (true, "bottom") => {
                    self.want(wanted, &lines, (x, rect.bottom() - high - 2.0), Anchor::Middle)
                }
                _ => self.want(wanted, &lines, (x, y - high / 2.0), Anchor::Middle),
            };
        }
        if outside {
            match (vertical, negative) {
                (true, false) => self.want(wanted, &lines, (x, rect.y - high - 1.0), Anchor::Middle),
                (true, true) => self.want(wanted, &lines, (x, rect.bottom() + 1.0), Anchor::Middle),
                (false, false) => self.want(
                    wanted,
                    &lines,
                    (rect.right() + 4.0, y - high / 2.0),
                    Anchor::Start,
                ),
                (false, true) => self.want(wanted, &lines, (rect.x - 4.0, y - high / 2.0), Anchor::End),
            }
        } else if fits {
            let lines = self.label_lines(mark.row, Some(on(self.color(mark.row))));
            self.want(wanted, &lines, (x, y - high / 2.0), Anchor::Middle);
        }
    }

    pub(super) fn label_tile(&self, mark: &Mark, rect: Rect, centred: bool, wanted: &mut Vec<Wanted>) {
        if !self.has_label(mark.row) {
            return;
        }
        let room = rect.width - 2.0 * theme::PADDING;
        let lines = self.label_lines(mark.row, Some(on(self.color(mark.row))));
        let mut lines = label::wrapped(lines, room);
        let mut high = 0.0;
        let fitting = lines
            .iter()
            .take_while(|line| {
                high += line.height();
                high <= rect.height - 1.0
            })
            .count();
        lines.truncate(fitting);
        // A word that is cut says nothing.
        if lines.is_empty() || widest(&lines) > room + 1.0 {
            return;
        }
        let height = label::height(&lines);
        match centred {
            true => self.want(
                wanted,
                &lines,
                (rect.center().0, rect.center().1 - height / 2.0),
                Anchor::Middle,
            ),
            false => self.want(wanted, &lines, (rect.x + 5.0, rect.y + 3.0), Anchor::Start),
        }
    }
}

/// Draws those labels that have room, the first ones first.
pub(crate) fn placed(wanted: Vec<Wanted>, cull: bool, within: Rect) -> Group {
    let mut taken: Vec<Rect> = Vec::new();
    let mut items = Vec::new();
    for Wanted { items: own, room } in wanted {
        let outside = room.x < within.x - 1.0
            || room.right() > within.right() + 1.0
            || room.bottom() > within.bottom() + 1.0;
        if cull && (outside || taken.iter().any(|other| other.overlaps(&room))) {
            continue;
        }
        taken.push(room);
        items.extend(own);
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
