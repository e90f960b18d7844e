//! Labels of marks, and marks that are text.

use std::collections::{HashMap, HashSet};

use vivant_document::spec::{FieldRef, Literal, PieceContent, format};
use vivant_render::{Anchor, Color, Item, Rect, Weight};

use super::{Labels, Layer, Mark, MarkKind, Wanted, rows_of};
use crate::color::{Coloring, encoded};
use crate::label::{self, Line};
use crate::number::number;
use crate::theme;

/// How far a label is from the end of its bar, in pixels.
const BESIDE: f64 = 4.0;

/// Which marks of a card have labels, beyond what holds for all.
#[derive(Default)]
pub(crate) struct Chosen {
    /// Those that alone have one.
    only: Option<HashSet<usize>>,
    /// What somebody said of single marks.
    single: HashMap<usize, Single>,
}

/// What somebody said of the label of one mark.
#[derive(Clone, Copy)]
struct Single {
    shown: Option<bool>,
    place: Option<(f64, f64)>,
}

/// Where the label of a bar stands, unless the document says so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// Beyond its end, which may be below zero.
    Beyond(bool),
    /// In its middle.
    Within,
    /// In its middle if there is room, else beyond its end.
    Either,
}

/// Where a point is among its neighbours.
#[derive(Clone, Copy, Default)]
pub(super) struct Bend {
    /// Whether it begins its line.
    pub first: bool,
    /// Whether it ends its line.
    pub last: bool,
    /// Whether its neighbours lie higher.
    pub low: bool,
    /// Whether only the ends of its line have labels.
    pub ends_only: bool,
}

/// The width of the widest line.
pub(crate) fn widest(lines: &[Line]) -> f64 {
    lines.iter().map(Line::width).fold(0.0, f64::max)
}

impl Layer<'_> {
    pub(super) fn texts(&self, marks: &[Mark]) -> Vec<Item> {
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
                let Some((x, y)) = self.point(mark) else {
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
    fn extremes(&self, marks: &[Mark]) -> Option<HashSet<usize>> {
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

    /// Finds which marks have labels.
    pub(super) fn choose(&self, marks: &[Mark]) -> Chosen {
        let specs = &self.table.sheet.mark_labels;
        // The label of a measure is none of the others'.
        let axes = [self.row_axis, self.col_axis].into_iter().flatten();
        let own: Vec<&FieldRef> = axes.map(|axis| &axis.key).collect();
        let is_other = |key: &FieldRef| {
            let shelves = [&self.table.sheet.rows, &self.table.sheet.cols];
            !own.contains(&key)
                && self.table.is_continuous(key)
                && shelves.iter().any(|on| on.fields().contains(&key))
        };
        let here = |tuple: &&[(FieldRef, Literal)]| !tuple.iter().any(|(key, _)| is_other(key));
        let tuples = specs.iter().map(|spec| Some(spec.tuple.as_slice()).filter(here));
        let rows = rows_of(self.table, marks.iter().map(|mark| mark.row), tuples);
        let single = rows.into_iter().zip(specs).filter_map(|(row, spec)| {
            let single = Single {
                shown: spec.shown,
                place: spec.place,
            };
            Some((row?, single))
        });
        Chosen {
            only: self.extremes(marks),
            single: single.collect(),
        }
    }

    fn single(&self, row: usize) -> Option<Single> {
        self.chosen.get()?.single.get(&row).copied()
    }

    pub(super) fn has_label(&self, row: usize) -> bool {
        if let Some(shown) = self.single(row).and_then(|single| single.shown) {
            return shown;
        }
        let only = self.chosen.get().and_then(|chosen| chosen.only.as_ref());
        self.labelled() && only.is_none_or(|only| only.contains(&row))
    }

    /// Whether a label gives way to others.
    fn yields(&self, row: usize) -> bool {
        format(&self.card.style, "mark", "mark-labels-cull") != Some("false")
            && self.single(row).and_then(|single| single.shown) != Some(true)
    }

    /// Whether what labels say is the same along a line: Tableau writes it at its end alone.
    pub(super) fn names_lines(&self, line: &[&Mark]) -> bool {
        let constant = |key: &FieldRef| {
            let value = |mark: &&Mark| self.table.value(self.table.rows[mark.row], key);
            let first = line.first().map(value);
            !self.table.is_continuous(key) && line.iter().all(|mark| Some(value(mark)) == first)
        };
        line.len() > 1 && self.label_mode().is_none() && encoded(self.card, "text").any(constant)
    }

    /// The lines of a mark's label or text. `color` is that of words that have none of their own.
    pub fn label_lines(&self, row: usize, color: Option<Color>) -> Vec<Line> {
        let mut lines = self.words(row, color);
        for run in lines.iter_mut().flat_map(|line| &mut line.runs) {
            run.color = self.stepped_back(row, run.color);
        }
        lines
    }

    fn words(&self, row: usize, color: Option<Color>) -> Vec<Line> {
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
            (true, _) => self.own_color(row),
            (false, _) => match format(&self.card.style, "datalabel", "color-mode") {
                Some("match") => self.own_color(row).with_alpha(255),
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

    /// Wants a label at places where its middle, begin or end is across, and its top.
    pub(super) fn want(
        &self,
        wanted: &mut Labels,
        row: usize,
        lines: Vec<Line>,
        places: &[(f64, f64, Anchor)],
        slides: bool,
    ) {
        let width = widest(&lines);
        let place = |&(x, top, anchor): &(f64, f64, Anchor)| match anchor {
            Anchor::Start => (x, top),
            Anchor::Middle => (x - width / 2.0, top),
            Anchor::End => (x - width, top),
        };
        let align = match places.first() {
            Some((_, _, Anchor::Start)) => 0,
            Some((_, _, Anchor::End)) => 2,
            _ => 1,
        };
        wanted.want(Wanted {
            places: places.iter().map(place).collect(),
            lines,
            align,
            of: Some(row),
            yields: self.yields(row),
            slides,
        });
    }

    /// Wants a label where somebody put it; tells whether anybody did.
    fn want_moved(
        &self,
        wanted: &mut Labels,
        row: usize,
        lines: &[Line],
        (x, y): (f64, f64),
        rect: Option<Rect>,
    ) -> bool {
        let Some((right, up)) = self.single(row).and_then(|single| single.place) else {
            return false;
        };
        let is_part = |at: f64| (0.0..=1.0).contains(&at);
        let (x, y) = match rect {
            Some(rect) => (
                if is_part(right) {
                    rect.x + rect.width * right
                } else {
                    x + right
                },
                if is_part(up) {
                    rect.y + rect.height * up
                } else {
                    y - up
                },
            ),
            None if is_part(right) && is_part(up) => return false,
            None => (x + right, y - up),
        };
        let top = y - label::height(lines) / 2.0;
        self.want(wanted, row, lines.to_vec(), &[(x, top, Anchor::Middle)], true);
        true
    }

    /// Labels a point that reaches `off` to each side.
    pub(super) fn label_point(
        &self,
        mark: &Mark,
        (x, y): (f64, f64),
        off: f64,
        bend: Bend,
        wanted: &mut Labels,
    ) {
        if !self.has_label(mark.row) {
            return;
        }
        let set = |attr: &str| format(&self.card.style, "mark", attr) != Some("false");
        let at_end = bend.first || bend.last;
        let ends = match self.label_mode() {
            Some("line-ends") => {
                Some(bend.first && set("mark-labels-line-first") || bend.last && set("mark-labels-line-last"))
            }
            Some("most-recent") => Some(bend.last),
            None if bend.ends_only => Some(bend.last),
            _ => None,
        };
        let is_said = self.single(mark.row).is_some();
        if ends == Some(false) && !is_said && (at_end || matches!(self.kind, MarkKind::Line | MarkKind::Area))
        {
            return;
        }
        let lines = self.label_lines(mark.row, None);
        if self.want_moved(wanted, mark.row, &lines, (x, y), None) {
            return;
        }
        let height = label::height(&lines);
        let (above, middle, below) = (y - off - height, y - height / 2.0, y + off);
        let beside = self.aligned("vertical-align") == Some("center");
        let is_free = self.aligned("vertical-align").is_none() && self.aligned("text-align").is_none();
        if is_free && self.kind != MarkKind::Line && self.row_axis.is_none() && self.col_axis.is_some() {
            // Rows have no room above their points.
            let places = [(x + off, middle, Anchor::Start), (x - off, middle, Anchor::End)];
            return self.want(wanted, mark.row, lines, &places, false);
        }
        let tops: &[f64] = match self.aligned("vertical-align") {
            Some("center") => &[middle],
            Some("bottom") => &[below],
            Some("top") => &[above],
            _ if bend.low => &[below, above],
            _ if above < mark.pane.y - 2.0 => &[below],
            _ => &[above, below],
        };
        let (x, anchor) = match self.aligned("text-align") {
            Some("left") if beside => (x - off, Anchor::End),
            Some("right") if beside => (x + off, Anchor::Start),
            // Beside the ends of a line.
            None if beside && bend.last => (x + off, Anchor::Start),
            None if beside && bend.first => (x - off, Anchor::End),
            _ => (x, Anchor::Middle),
        };
        let places: Vec<(f64, f64, Anchor)> = tops.iter().map(|&top| (x, top, anchor)).collect();
        self.want(wanted, mark.row, lines, &places, !beside);
    }

    /// Labels an area where it is thickest.
    pub(super) fn label_inside(
        &self,
        mark: &Mark,
        (x, y): (f64, f64),
        thick: f64,
        vertical: bool,
        wanted: &mut Labels,
    ) {
        if !self.has_label(mark.row) {
            return;
        }
        let lines = self.label_lines(mark.row, None);
        let height = label::height(&lines);
        if self.want_moved(wanted, mark.row, &lines, (x, y), None) {
            return;
        }
        let fits = thick >= if vertical { height } else { widest(&lines) };
        if fits {
            self.want(
                wanted,
                mark.row,
                lines,
                &[(x, y - height / 2.0, Anchor::Middle)],
                true,
            );
        }
    }

    pub(super) fn label_bar(
        &self,
        mark: &Mark,
        rect: Rect,
        vertical: bool,
        stand: Stand,
        wanted: &mut Labels,
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
        if self.want_moved(wanted, mark.row, &lines, (x, y), Some(rect)) {
            return;
        }
        // At the begin or in the middle of the bar, where the document says so.
        let inside = set.filter(|at| fits && matches!(*at, "left" | "center" | "bottom"));
        let negative = stand == Stand::Beyond(true);
        if inside.is_some() || stand == Stand::Within || fits && stand == Stand::Either {
            let color = on(self.own_color(mark.row));
            let mut lines = self.label_lines(mark.row, Some(color));
            if !fits {
                // Long names take two lines.
                lines = label::wrapped(lines, rect.width - 4.0);
            }
            let (wide, high) = (widest(&lines), label::height(&lines));
            if wide + 4.0 > rect.width + 0.5 || high > rect.height {
                return;
            }
            let place = match (vertical, inside) {
                (false, Some("left")) => (rect.x + 4.0, y - high / 2.0, Anchor::Start),
                (true, Some("bottom")) => (x, rect.bottom() - high - 2.0, Anchor::Middle),
                _ => (x, y - high / 2.0, Anchor::Middle),
            };
            return self.want(wanted, mark.row, lines, &[place], false);
        }
        let place = match (vertical, negative) {
            (true, false) => (x, rect.y - high - 1.0, Anchor::Middle),
            (true, true) => (x, rect.bottom() + 1.0, Anchor::Middle),
            (false, false) => (rect.right() + BESIDE, y - high / 2.0, Anchor::Start),
            (false, true) => (rect.x - BESIDE, y - high / 2.0, Anchor::End),
        };
        self.want(wanted, mark.row, lines, &[place], false);
    }

    /// How far the label of a bar reaches beyond its end, in pixels.
    pub fn label_reach(&self, row: usize, vertical: bool) -> f64 {
        let set = match vertical {
            true => self.aligned("vertical-align"),
            false => self.aligned("text-align"),
        };
        let is_inside = matches!(set, Some("left" | "center" | "bottom"));
        if is_inside || !self.has_label(row) || self.single(row).is_some_and(|single| single.place.is_some())
        {
            return 0.0;
        }
        let lines = self.label_lines(row, None);
        match vertical {
            true => label::height(&lines) + 2.0,
            false => widest(&lines) + BESIDE + 2.0,
        }
    }

    pub(super) fn label_tile(&self, mark: &Mark, rect: Rect, centred: bool, wanted: &mut Labels) {
        if !self.has_label(mark.row) {
            return;
        }
        let room = rect.width - 2.0 * theme::PADDING;
        let text = match self.kind {
            MarkKind::Map => on_map(self.own_color(mark.row)),
            _ => on(self.own_color(mark.row)),
        };
        let lines = self.label_lines(mark.row, Some(text));
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
        let (x, y) = rect.center();
        if self.want_moved(wanted, mark.row, &lines, (x, y), Some(rect)) {
            return;
        }
        let place = match centred {
            true => (x, y - label::height(&lines) / 2.0, Anchor::Middle),
            false => (rect.x + 5.0, rect.y + 3.0, Anchor::Start),
        };
        self.want(wanted, mark.row, lines, &[place], false);
    }
}

/// The colour of text on a colour.
fn on(color: Color) -> Color {
    on_either(color, 0.4)
}

/// The colour of text on an area of a map.
///
/// Tableau: it is dark on all of its ten colours, four fifths of which are seen.
fn on_map(color: Color) -> Color {
    on_either(color, 0.18)
}

fn on_either(color: Color, dark: f64) -> Color {
    let shown = Color::WHITE.mix(color.with_alpha(255), color.opacity());
    if shown.luminance() < dark {
        Color::WHITE
    } else {
        Color::BLACK
    }
}
