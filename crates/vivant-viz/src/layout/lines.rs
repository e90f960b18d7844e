//! What lies behind the marks and between the panes: bands, grid lines, borders.

use vivant_document::spec::Side;
use vivant_render::{Color, Item, Rect, Stroke, Style};

use super::axes::Axes;
use super::{Layout, sharp};
use crate::lanes::Lane;
use crate::rows::Table;
use crate::theme;

/// Shading of every second group of lanes.
struct Bands {
    /// How many headers a group has.
    size: usize,
    /// The level of those headers.
    level: usize,
    panes: Color,
    headers: Color,
}

impl Layout {
    /// What lies behind the marks: bands, grid lines, zero lines, borders.
    pub fn background(
        &self,
        table: &Table<'_>,
        rows: &[Lane],
        cols: &[Lane],
        axes: &Axes,
        texts: bool,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        for (side, lanes) in [(Side::Cols, cols), (Side::Rows, rows)] {
            self.draw_bands(table, side, lanes, texts, &mut items);
        }
        // Maps have land and water instead.
        if crate::map::is_map(table) {
            return items;
        }
        for (side, lanes, places) in [(Side::Rows, rows, &self.rows), (Side::Cols, cols, &self.cols)] {
            let upright = side == Side::Rows;
            let grid = table.line("gridline", side, theme::GRID);
            let zero = table.line("zeroline", side, theme::ZERO);
            for (at, lane) in lanes.iter().enumerate() {
                let Some((axis, scale)) = lane
                    .axes
                    .first()
                    .and_then(|axis| Some((axis, axes.scale(side, at, axis)?)))
                else {
                    continue;
                };
                let (begin, length) = places[at];
                let end = if upright {
                    self.visible.bottom()
                } else {
                    self.visible.right()
                };
                if begin > end {
                    break;
                }
                for tick in table.ticks(side, axis, scale, length) {
                    let part = scale.part(tick.value);
                    let at = sharp(begin + length * if upright { 1.0 - part } else { part });
                    let (from, to) = match upright {
                        true => ((self.panes.x, at), (self.panes.right(), at)),
                        false => ((at, self.panes.y), (at, self.panes.bottom())),
                    };
                    let stroke = match tick.value == 0.0 && scale.min < 0.0 {
                        true => &zero,
                        false => &grid,
                    };
                    items.extend(stroke.clone().map(|stroke| Item::Line(from, to, stroke)));
                }
            }
        }
        items
    }

    /// Every second group of lanes of a side is shaded, behind its panes and its innermost headers.
    fn draw_bands(&self, table: &Table<'_>, side: Side, lanes: &[Lane], texts: bool, items: &mut Vec<Item>) {
        let (levels, places) = match side {
            Side::Rows => (&self.row_levels, &self.rows),
            Side::Cols => (&self.col_levels, &self.cols),
        };
        let Some(bands) = table.bands(side, texts, levels.len()) else {
            return;
        };
        let header = levels.last().copied().unwrap_or(0.0);
        let mut shade = |rect: Rect, color: Color| {
            if color.alpha > 0 && rect.width > 0.0 && rect.height > 0.0 {
                items.push(Item::Rect(rect, 0.0, Style::fill(color)));
            }
        };
        // How many headers of the level there were before.
        let mut count = 0;
        for (at, (begin, length)) in places.iter().enumerate() {
            let own = |at: usize| lanes[at].headers.get(..=bands.level);
            if at > 0 && (own(at).is_none() || own(at) != own(at - 1)) {
                count += 1;
            }
            let is_band = count / bands.size % 2 == 1;
            let end = match side {
                Side::Rows => self.visible.bottom(),
                Side::Cols => self.visible.right(),
            };
            if *begin > end {
                break;
            }
            if !is_band {
                continue;
            }
            match side {
                Side::Rows => {
                    let left = self.panes.x - self.axes[0] - header;
                    let wide = self.panes.right() - left;
                    if bands.headers == bands.panes {
                        shade(Rect::new(left, *begin, wide, *length), bands.panes);
                        continue;
                    }
                    shade(Rect::new(left, *begin, header, *length), bands.headers);
                    let panes = Rect::new(left + header, *begin, wide - header, *length);
                    shade(panes, bands.panes);
                }
                Side::Cols => {
                    let top = match self.below {
                        true => self.panes.bottom(),
                        false => self.panes.y - self.axes[2] - header,
                    };
                    shade(Rect::new(*begin, top, *length, header), bands.headers);
                    shade(
                        Rect::new(*begin, self.panes.y, *length, self.panes.height),
                        bands.panes,
                    );
                }
            }
        }
    }

    /// Headers, axes and the lines between them.
    pub fn frame(
        &self,
        table: &Table<'_>,
        rows: &[Lane],
        cols: &[Lane],
        axes: &Axes,
        texts: bool,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        self.row_headers(table, rows, texts, &mut items);
        self.col_headers(table, cols, texts, &mut items);
        self.field_captions(table, rows, cols, &mut items);
        self.vertical_axes(table, rows, axes, &mut items);
        self.horizontal_axes(table, cols, axes, &mut items);
        let panes = &self.panes;
        if self.axes[0] > 0.0 {
            let x = sharp(panes.x);
            let ruler = table.line("axis", Side::Cols, theme::DIVIDER);
            items.extend(ruler.map(|stroke| Item::Line((x, panes.y), (x, panes.bottom()), stroke)));
        }
        if self.below || self.axes[3] > 0.0 {
            let y = sharp(panes.bottom());
            let element = if self.axes[3] > 0.0 { "axis" } else { "table-div" };
            let ruler = table.line(element, Side::Rows, theme::DIVIDER);
            items.extend(ruler.map(|stroke| Item::Line((panes.x, y), (panes.right(), y), stroke)));
        }
        if !crate::map::is_map(table) {
            self.edges(table, rows, cols, texts, &mut items);
        }
        items
    }

    /// The lines around the panes and between those of axes that stand one after the other.
    ///
    /// Tableau: where panes stand in groups, lines go along all headers and axes of that side.
    fn edges(&self, table: &Table<'_>, rows: &[Lane], cols: &[Lane], texts: bool, items: &mut Vec<Item>) {
        let panes = &self.panes;
        let (in_rows, in_cols) = (is_divided(rows), is_divided(cols) && !texts);
        let has_axis = |lanes: &[Lane]| lanes.iter().any(|lane| !lane.axes.is_empty());
        let has_headers = !self.row_levels.is_empty() || !self.col_levels.is_empty();
        let across = |at: f64, begin: f64, items: &mut Vec<Item>| {
            let ends = (begin, panes.x, panes.right());
            divide(table, Side::Rows, sharp(at), ends, items);
        };
        if in_rows || has_headers && !has_axis(rows) && !has_axis(cols) {
            across(panes.y, self.outer.x, items);
        } else if in_cols {
            across(panes.y, panes.x, items);
        }
        if in_rows && self.foot() > panes.bottom() {
            across(panes.bottom(), self.outer.x, items);
        }
        let head = self.outer.y + self.captions;
        if in_rows && !self.row_levels.is_empty() || in_cols {
            let foot = if in_cols { self.foot() } else { panes.bottom() };
            divide(table, Side::Cols, sharp(panes.x), (head, panes.y, foot), items);
        }
        // Panes of axes that follow one another under one header.
        let begins = |lanes: &[Lane], at: usize| {
            !lanes[at].axes.is_empty() && lanes[at].headers == lanes[at - 1].headers
        };
        let axis_begin = panes.x - self.axes[0];
        for at in (1..rows.len()).filter(|at| begins(rows, *at) && !in_cols) {
            let y = self.rows[at].0;
            if y > self.visible.bottom() {
                break;
            }
            across(y, axis_begin, items);
        }
        for at in (1..cols.len()).filter(|at| begins(cols, *at)) {
            let x = self.cols[at].0;
            if x > self.visible.right() {
                break;
            }
            divide(
                table,
                Side::Cols,
                sharp(x),
                (panes.y, panes.y, self.foot()),
                items,
            );
        }
    }

    /// Where headers and axes below the panes end.
    pub(super) fn foot(&self) -> f64 {
        match self.below || self.axes[3] > 0.0 {
            true => self.outer.bottom(),
            false => self.panes.bottom(),
        }
    }
}

/// Whether panes stand in groups along a side.
fn is_divided(lanes: &[Lane]) -> bool {
    let depth = super::depth(lanes);
    match lanes.iter().any(|lane| !lane.axes.is_empty()) {
        true => lanes.len() > 1 || depth > 0,
        false => depth > 1,
    }
}

/// Draws the line between two blocks of headers, and on between their panes. `ends` are the begin of the headers,
/// their end and the end of the panes.
pub(super) fn divide(
    table: &Table<'_>,
    side: Side,
    at: f64,
    (begin, middle, end): (f64, f64, f64),
    items: &mut Vec<Item>,
) {
    let line = |from: f64, to: f64, stroke: Option<Stroke>| {
        let point = |place: f64| match side {
            Side::Rows => (place, at),
            Side::Cols => (at, place),
        };
        stroke
            .filter(|_| from < to)
            .map(|stroke| Item::Line(point(from), point(to), stroke))
    };
    let headers = table.line("header-div", side, theme::DIVIDER);
    let panes = table.line("table-div", side, theme::DIVIDER);
    if headers == panes {
        items.extend(line(begin, end, panes));
        return;
    }
    items.extend(line(begin, middle, headers));
    items.extend(line(middle, end, panes));
}

impl Table<'_> {
    /// How lines of a kind are drawn, where they are shown.
    fn line(&self, element: &str, side: Side, color: Color) -> Option<Stroke> {
        let set = |attr: &str| self.reference_format(element, attr, "", side);
        let mut stroke = self.reference_stroke(element, "", side, true)?;
        if set("stroke-color").is_none() {
            stroke.color = color;
        }
        // Older documents hide lines so.
        let hidden = set("line-pattern-only").is_none() && set("line-pattern") == Some("none");
        (!hidden && stroke.color.alpha > 0).then_some(stroke)
    }

    /// Whether lines divide the blocks of a level of headers: by themselves all levels but the innermost, and that
    /// too where each of its panes has an axis.
    ///
    /// Tableau: the columns of tables of text have no lines by themselves.
    pub(super) fn divides(&self, side: Side, level: usize, lanes: &[Lane], texts: bool) -> bool {
        match self
            .reference_format("table-div", "div-level", "", side)
            .and_then(|text| text.parse::<usize>().ok())
        {
            Some(levels) => level < levels,
            None if side == Side::Cols && texts => false,
            None => lanes
                .iter()
                .any(|lane| level + 1 < lane.headers.len() || !lane.axes.is_empty()),
        }
    }

    /// The bands of a side.
    ///
    /// Tableau: tables of text have bands of one row by themselves, counted through all blocks.
    fn bands(&self, side: Side, texts: bool, depth: usize) -> Option<Bands> {
        let set = |element: &str, attr: &str| self.reference_format(element, attr, "", side);
        let number = |attr: &str| set("table", attr)?.parse::<usize>().ok();
        let usual = usize::from(texts && side == Side::Rows);
        let size = number("band-size").unwrap_or(usual);
        let color = |element: &str| {
            let set = set(element, "band-color").and_then(|text| text.parse::<Color>().ok());
            set.unwrap_or(theme::BAND)
        };
        (size > 0).then(|| Bands {
            size,
            // The document counts levels from the innermost.
            level: depth.saturating_sub(1 + number("band-level").unwrap_or(0)),
            panes: color("pane"),
            headers: color("header"),
        })
    }
}
