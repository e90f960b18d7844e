//! The table of panes: how wide and high everything is, and where.

use std::collections::HashMap;

use vivant_document::spec::{FieldRef, Fit, Side, format, format_for};
use vivant_render::{Anchor, Color, Font, Group, Item, Rect, Stroke, Style, Text, Weight};

use crate::lanes::{Axis, Lane};
use crate::number::between;
use crate::rows::Table;
use crate::scale::{Scale, Tick};
use crate::theme;

/// The least length of an axis.
const LEAST_AXIS: f64 = 60.0;
/// Room for the title of an axis.
const AXIS_TITLE: f64 = 20.0;
/// Length of tick marks.
const TICK: f64 = 4.0;
/// The widest that the name of a field makes its headers.
const WIDEST_CAPTION: f64 = 72.0;
/// Headers narrower than this stand upright.
const UPRIGHT: f64 = 36.0;
/// The highest that upright headers become.
const HIGHEST: f64 = 130.0;

/// Where everything is.
pub(crate) struct Layout {
    /// The panes together.
    pub panes: Rect,
    /// Begin and length of each row of panes.
    pub rows: Vec<(f64, f64)>,
    /// Begin and length of each column of panes.
    pub cols: Vec<(f64, f64)>,
    /// Width of each level of row headers, outermost first.
    row_levels: Vec<f64>,
    /// Height of each level of column headers, outermost first.
    col_levels: Vec<f64>,
    /// Whether the innermost column headers stand below the panes.
    below: bool,
    /// Whether those stand upright.
    upright: bool,
    /// Room for axes: left, right, top, bottom.
    axes: [f64; 4],
    /// Height of the line of field names.
    captions: f64,
    /// All of it.
    pub outer: Rect,
    /// What of it is in the picture.
    visible: Rect,
}

/// The axes with their scales, by lane.
#[derive(Default)]
pub(crate) struct Axes {
    scales: HashMap<(Side, usize), Vec<(Axis, Scale)>>,
}

impl Axes {
    pub fn insert(&mut self, side: Side, lane: usize, axis: Axis, scale: Scale) {
        self.scales.entry((side, lane)).or_default().push((axis, scale));
    }

    pub fn scale(&self, side: Side, lane: usize, axis: &Axis) -> Option<&Scale> {
        let own = self.scales.get(&(side, lane))?;
        own.iter()
            .find(|(known, _)| known == axis)
            .map(|(_, scale)| scale)
    }
}

/// Shading of every second group of lanes.
struct Bands {
    /// How many headers a group has.
    size: usize,
    /// The level of those headers.
    level: usize,
    panes: Color,
    headers: Color,
}

/// What the layout needs to know of the cells.
pub(crate) struct Cells {
    /// The widest text of a cell, for tables of text.
    pub text_width: f64,
    /// The highest text of a cell.
    pub text_height: f64,
    /// The width of the marks of a cell that stand side by side.
    pub crowd_width: f64,
    /// Whether marks fill what room there is, such as tree maps and pies.
    pub spacious: bool,
    /// Whether cells hold text alone.
    pub texts: bool,
}

impl Layout {
    /// Lays a table out in an area; `visible` is what of it will be in the picture.
    pub fn new(
        table: &Table<'_>,
        rows: &[Lane],
        cols: &[Lane],
        axes: &Axes,
        cells: &Cells,
        (area, visible): (Rect, Rect),
        fit: Fit,
    ) -> Self {
        let has_row_axis = rows.iter().any(|lane| !lane.axes.is_empty());
        let has_col_axis = cols.iter().any(|lane| !lane.axes.is_empty());
        let depth = |lanes: &[Lane]| lanes.iter().map(|lane| lane.headers.len()).max().unwrap_or(0);
        let (row_depth, col_depth) = (depth(rows), depth(cols));
        let captions = match has_captions(table, Side::Rows, rows, row_depth)
            || has_captions(table, Side::Cols, cols, col_depth)
        {
            true => theme::CAPTION.line_height() + theme::PADDING,
            false => 0.0,
        };
        let row_levels = row_levels(table, rows, row_depth, area.width);
        let shown = |side: Side, axis: &Axis| table.shows_axis(side, axis);
        let vertical = |nth: usize| {
            rows.iter()
                .enumerate()
                .filter_map(|(at, lane)| lane.axes.get(nth).map(|axis| (at, axis)))
                .filter(|(_, axis)| shown(Side::Rows, axis))
                .map(|(at, axis)| {
                    let scale = axes.scale(Side::Rows, at, axis);
                    let texts = scale
                        .map(|scale| scale.ticks(200.0, true, table.axis_format(&axis.key), None, &|_| 0.0));
                    let widest = texts
                        .into_iter()
                        .flatten()
                        .map(|tick| table.tick_look(axis).0.width(&tick.text))
                        .fold(0.0, f64::max);
                    if let Some(set) = table.set_length("axis", "width", &axis.key) {
                        return set.min(400.0);
                    }
                    widest
                        + TICK
                        + 4.0
                        + if table.axis_title(Side::Rows, axis).is_empty() {
                            0.0
                        } else {
                            AXIS_TITLE
                        }
                })
                .fold(0.0, f64::max)
        };
        let horizontal = |nth: usize| {
            cols.iter()
                .filter_map(|lane| lane.axes.get(nth))
                .filter(|axis| shown(Side::Cols, axis))
                .map(|axis| {
                    if let Some(set) = table.set_length("axis", "height", &axis.key) {
                        return set.min(400.0);
                    }
                    TICK + table.tick_look(axis).0.line_height()
                        + if table.axis_title(Side::Cols, axis).is_empty() {
                            0.0
                        } else {
                            AXIS_TITLE
                        }
                })
                .fold(0.0, f64::max)
        };
        let sides = [vertical(0), vertical(1), horizontal(1), horizontal(0)];
        let below = has_row_axis && !has_col_axis && col_depth > 0;

        let room_x = (area.width - row_levels.iter().sum::<f64>() - sides[0] - sides[1]).max(40.0);
        let fits_x = matches!(fit, Fit::Entire | Fit::Width);
        let spreads = cells.spacious && !cells.texts;
        let col_width = lane_length(
            table,
            "width",
            (cols.len(), room_x),
            (has_col_axis, fits_x || spreads),
            innermost(cols),
            |even| column_width(cols, has_row_axis, cells, even),
        );
        let upright = col_depth > 0 && !cells.texts && {
            let longest_word = cols
                .iter()
                .filter_map(|lane| lane.headers.last())
                .flat_map(|header| header.text.split(' '))
                .map(|word| theme::TEXT.width(word))
                .fold(0.0, f64::max);
            let turned = innermost(cols).and_then(|key| table.turned(key));
            match turned {
                Some(degrees) => degrees != 0.0,
                None => longest_word + 4.0 > col_width && col_width < UPRIGHT,
            }
        };
        let col_levels: Vec<f64> = (0..col_depth)
            .map(|level| {
                let innermost = level + 1 == col_depth;
                let key = cols
                    .iter()
                    .find_map(|lane| lane.headers.get(level))
                    .map(|header| &header.key);
                if !table.shows_header(key) {
                    return 0.0;
                }
                if let Some(set) = key.and_then(|key| table.set_length("header", "height", key)) {
                    return set.min(300.0);
                }
                let texts = cols
                    .iter()
                    .filter_map(|lane| lane.headers.get(level))
                    .map(|header| header.text.as_str());
                if innermost && upright {
                    let longest = texts.map(|text| theme::TEXT.width(text)).fold(0.0, f64::max);
                    return (longest + 2.0 * theme::PADDING).min(HIGHEST);
                }
                let wide = if innermost { col_width } else { col_width * 2.0 };
                let most = texts
                    .map(|text| words(theme::TEXT, text, (wide - 4.0).max(20.0)).len())
                    .max()
                    .unwrap_or(1)
                    .min(3);
                theme::TEXT.line_height() * most as f64 + 4.0
            })
            .collect();

        let top = captions
            + sides[2]
            + col_levels
                .iter()
                .enumerate()
                .filter(|(level, _)| !(below && level + 1 == col_depth))
                .map(|(_, height)| height)
                .sum::<f64>();
        let bottom = sides[3]
            + if below {
                col_levels.last().copied().unwrap_or(0.0)
            } else {
                0.0
            };
        let room_y = (area.height - top - bottom).max(20.0);
        let fits_y = matches!(fit, Fit::Entire | Fit::Height);
        let row_height = lane_length(
            table,
            "height",
            (rows.len(), room_y),
            (has_row_axis, fits_y || spreads),
            innermost(rows),
            |_| row_height(rows, has_col_axis, cells),
        );

        let left = area.x + row_levels.iter().sum::<f64>() + sides[0];
        let begin = area.y + top;
        let place = |count: usize, begin: f64, length: f64| -> Vec<(f64, f64)> {
            (0..count)
                .map(|at| (begin + at as f64 * length, length))
                .collect()
        };
        let col_places = place(cols.len(), left, col_width);
        let row_places = place(rows.len(), begin, row_height);
        let panes = Rect::new(
            left,
            begin,
            col_width * cols.len() as f64,
            row_height * rows.len() as f64,
        );
        let outer = Rect::new(
            area.x,
            area.y,
            panes.right() + sides[1] - area.x,
            panes.bottom() + bottom - area.y,
        );
        Self {
            panes,
            rows: row_places,
            cols: col_places,
            row_levels,
            col_levels,
            below,
            upright,
            axes: sides,
            captions,
            outer,
            visible,
        }
    }

    /// Whether a pane is in the picture, at least in part.
    pub fn shows(&self, row: usize, col: usize) -> bool {
        let pane = self.pane(row, col);
        pane.x <= self.visible.right() && pane.y <= self.visible.bottom()
    }

    /// The pane of a row and a column.
    pub fn pane(&self, row: usize, col: usize) -> Rect {
        let ((y, height), (x, width)) = (self.rows[row], self.cols[col]);
        Rect::new(x, y, width, height)
    }

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
        // The edge between headers and panes.
        let edge = |from, to, has_axis: bool, side: Side| {
            let element = if has_axis { "axis" } else { "table-div" };
            let stroke = table.line(element, side, theme::DIVIDER)?;
            Some(Item::Line(from, to, stroke))
        };
        let panes = &self.panes;
        if !self.row_levels.is_empty() || self.axes[0] > 0.0 {
            let x = sharp(panes.x);
            items.extend(edge(
                (x, panes.y),
                (x, panes.bottom()),
                self.axes[0] > 0.0,
                Side::Cols,
            ));
        }
        if self.below || self.axes[3] > 0.0 {
            let y = sharp(panes.bottom());
            items.extend(edge(
                (panes.x, y),
                (panes.right(), y),
                self.axes[3] > 0.0,
                Side::Rows,
            ));
        } else if !self.col_levels.is_empty() {
            let y = sharp(panes.y);
            items.extend(edge((self.outer.x, y), (panes.right(), y), false, Side::Rows));
        }
        items
    }

    fn row_headers(&self, table: &Table<'_>, rows: &[Lane], texts: bool, items: &mut Vec<Item>) {
        let alone = self.row_levels.len() == 1 && !texts;
        let mut x = self.outer.x;
        for (level, width) in self.row_levels.iter().enumerate() {
            for block in blocks(rows, level) {
                let (y, _) = self.rows[block.start];
                if y > self.visible.bottom() {
                    break;
                }
                let (end, last) = self.rows[block.end - 1];
                let height = end + last - y;
                let header = &rows[block.start].headers[level];
                if block.start > 0 && table.divides(Side::Rows, level, self.row_levels.len()) {
                    let ends = (x, self.panes.x, self.panes.right());
                    divide(table, Side::Rows, sharp(y), ends, items);
                }
                if *width <= 0.0 {
                    continue;
                }
                let mut font = table.header_font(&header.key);
                // In tables of text the outermost headers stand out.
                let stands_out = texts && level == 0;
                if header.total || stands_out && !table.has_weight(&header.key) {
                    font = font.weighing(if header.total {
                        Weight::Bold
                    } else {
                        Weight::Semibold
                    });
                }
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
                let most = ((height / font.line_height()).floor() as usize).clamp(1, lines.len().max(1));
                let innermost = level + 1 == self.row_levels.len();
                let block_height = most as f64 * font.line_height();
                let mut base = match innermost {
                    true => y + (height - block_height) / 2.0,
                    false => y + ((theme::ROW - font.line_height()) / 2.0).max(0.0),
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

    fn col_headers(&self, table: &Table<'_>, cols: &[Lane], texts: bool, items: &mut Vec<Item>) {
        let depth = self.col_levels.len();
        let mut y = self.outer.y + self.captions;
        for (level, height) in self.col_levels.iter().enumerate() {
            let innermost = level + 1 == depth;
            let top = if innermost && self.below {
                self.panes.bottom()
            } else {
                y
            };
            for block in blocks(cols, level) {
                let (x, _) = self.cols[block.start];
                if x > self.visible.right() {
                    break;
                }
                let (end, last) = self.cols[block.end - 1];
                let width = end + last - x;
                let header = &cols[block.start].headers[level];
                if block.start > 0 && table.divides(Side::Cols, level, depth) {
                    let ends = (top.min(self.panes.y), self.panes.y, self.panes.bottom());
                    divide(table, Side::Cols, sharp(x), ends, items);
                }
                if *height <= 0.0 {
                    continue;
                }
                let mut font = table.header_font(&header.key);
                // In tables of text the outermost headers stand out.
                let stands_out = texts && level == 0;
                if header.total || stands_out && !table.has_weight(&header.key) {
                    font = font.weighing(if header.total {
                        Weight::Bold
                    } else {
                        Weight::Semibold
                    });
                }
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
                let usual = match texts && innermost && header.key.is_measure_names() {
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

    fn field_captions(&self, table: &Table<'_>, rows: &[Lane], cols: &[Lane], items: &mut Vec<Item>) {
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

    fn vertical_axes(&self, table: &Table<'_>, rows: &[Lane], axes: &Axes, items: &mut Vec<Item>) {
        for (at, lane) in rows.iter().enumerate() {
            let (y, height) = self.rows[at];
            if y > self.visible.bottom() {
                break;
            }
            for (nth, axis) in lane.axes.iter().enumerate().take(2) {
                let Some(scale) = axes
                    .scale(Side::Rows, at, axis)
                    .filter(|_| table.shows_axis(Side::Rows, axis))
                else {
                    continue;
                };
                let (edge, sign, anchor) = match nth {
                    0 => (self.panes.x, -1.0, Anchor::End),
                    _ => (self.panes.right(), 1.0, Anchor::Start),
                };
                let (font, color) = table.tick_look(axis);
                let mut group = Vec::new();
                let ink = table.tick_color(Side::Rows, axis);
                for tick in table.ticks(Side::Rows, axis, scale, height) {
                    let place = y + height * (1.0 - scale.part(tick.value));
                    let line = sharp(place);
                    group.push(Item::Line(
                        (edge + sign * TICK, line),
                        (edge, line),
                        Stroke::new(ink, 1.0),
                    ));
                    // Texts at the ends stay within the pane.
                    let half = font.cap_height() / 2.0;
                    let base = between(place + half, y + 2.0 * half + 1.0, y + height - 1.0);
                    let words = Text::new((edge + sign * (TICK + 4.0), base), tick.text, font, color);
                    group.push(Item::Text(words.anchored(anchor)));
                }
                let title = table.axis_title(Side::Rows, axis);
                if !title.is_empty() {
                    let x = match nth {
                        0 => edge - self.axes[0] + theme::CAPTION.ascent(),
                        _ => edge + self.axes[1] - 3.0,
                    };
                    let words = theme::CAPTION.fit(&title, height);
                    group.push(Item::Text(
                        Text::new((x, y + height / 2.0), words, theme::CAPTION, theme::DARK)
                            .anchored(Anchor::Middle)
                            .turned(-90.0),
                    ));
                }
                items.push(Item::Group(Group {
                    class: "axis rows".to_owned(),
                    clip: None,
                    items: group,
                }));
            }
        }
    }

    fn horizontal_axes(&self, table: &Table<'_>, cols: &[Lane], axes: &Axes, items: &mut Vec<Item>) {
        for (at, lane) in cols.iter().enumerate() {
            let (x, width) = self.cols[at];
            if x > self.visible.right() {
                break;
            }
            for (nth, axis) in lane.axes.iter().enumerate().take(2) {
                let Some(scale) = axes
                    .scale(Side::Cols, at, axis)
                    .filter(|_| table.shows_axis(Side::Cols, axis))
                else {
                    continue;
                };
                let (edge, sign) = match nth {
                    0 => (self.panes.bottom(), 1.0),
                    _ => (self.panes.y, -1.0),
                };
                let (font, color) = table.tick_look(axis);
                let text_base = match nth {
                    0 => edge + TICK + font.ascent(),
                    _ => edge - TICK - font.descent(),
                };
                let mut group = Vec::new();
                let ink = table.tick_color(Side::Cols, axis);
                for tick in table.ticks(Side::Cols, axis, scale, width) {
                    let place = x + width * scale.part(tick.value);
                    let line = sharp(place);
                    group.push(Item::Line(
                        (line, edge),
                        (line, edge + sign * TICK),
                        Stroke::new(ink, 1.0),
                    ));
                    let half = font.width(&tick.text) / 2.0;
                    let middle = between(
                        place,
                        x + half.min(width / 2.0),
                        x + width - half.min(width / 2.0),
                    );
                    group.push(Item::Text(
                        Text::new((middle, text_base), tick.text, font, color).anchored(Anchor::Middle),
                    ));
                }
                let title = table.axis_title(Side::Cols, axis);
                if !title.is_empty() {
                    let base = match nth {
                        0 => edge + self.axes[3] - theme::CAPTION.descent(),
                        _ => edge - self.axes[2] + theme::CAPTION.ascent(),
                    };
                    let words = theme::CAPTION.fit(&title, width);
                    group.push(Item::Text(
                        Text::new((x + width / 2.0, base), words, theme::CAPTION, theme::DARK)
                            .anchored(Anchor::Middle),
                    ));
                }
                items.push(Item::Group(Group {
                    class: "axis cols".to_owned(),
                    clip: None,
                    items: group,
                }));
            }
        }
    }
}

/// The middle of a pixel, where thin lines are sharp.
pub(crate) fn sharp(place: f64) -> f64 {
    place.floor() + 0.5
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

/// Draws the line between two blocks of headers, and on between their panes. `ends` are the begin of the headers,
/// their end and the end of the panes.
fn divide(
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

/// Breaks a text at its blanks; a word that is too long is cut when it is drawn.
fn words(font: Font, text: &str, width: f64) -> Vec<String> {
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
fn blocks(lanes: &[Lane], level: usize) -> Vec<std::ops::Range<usize>> {
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

fn row_levels(table: &Table<'_>, rows: &[Lane], depth: usize, width: f64) -> Vec<f64> {
    let mut fixed = vec![false; depth];
    let mut levels: Vec<f64> = (0..depth)
        .map(|level| {
            let headers = || rows.iter().filter_map(|lane| lane.headers.get(level));
            let key = headers().next().map(|header| &header.key);
            if !table.shows_header(key) {
                return 0.0;
            }
            if let Some(set) = key.and_then(|key| table.set_length("header", "width", key)) {
                fixed[level] = true;
                return set;
            }
            let font = key.map_or(theme::TEXT, |key| table.header_font(key));
            let turned = key.and_then(|key| table.turned(key));
            let widest = match turned.is_some_and(|degrees| degrees != 0.0) {
                true => font.line_height(),
                false => headers()
                    .map(|header| font.width(&header.text))
                    .fold(0.0, f64::max),
            };
            let caption = match (table.shows_captions(Side::Rows), key) {
                (true, Some(key)) if !key.is_measure_names() => {
                    theme::CAPTION.width(&table.label(key)).min(WIDEST_CAPTION)
                }
                _ => 0.0,
            };
            widest.max(caption) + 2.0 * theme::PADDING + 4.0
        })
        .collect();
    // The widest give way first, so that a short one is not cut beside them.
    let part = match depth {
        0 | 1 => theme::HEADER_PART,
        _ => theme::HEADERS_PART,
    };
    let room = (width * part).max(60.0 * depth as f64);
    let mut free: Vec<f64> = (levels.iter().zip(&fixed))
        .filter(|(_, fixed)| !**fixed)
        .map(|(level, _)| *level)
        .collect();
    free.sort_by(f64::total_cmp);
    let mut left = room;
    for (at, level) in free.iter().enumerate() {
        let even = left / (free.len() - at) as f64;
        if *level > even {
            for (level, _) in levels.iter_mut().zip(&fixed).filter(|(_, fixed)| !**fixed) {
                *level = level.min(even);
            }
            break;
        }
        left -= level;
    }
    levels
}

/// The length of lanes along their side: axes and what fills its room share it, else the document or the content says.
fn lane_length(
    table: &Table<'_>,
    attr: &str,
    (count, room): (usize, f64),
    (has_axis, fills): (bool, bool),
    innermost: Option<&FieldRef>,
    content: impl FnOnce(f64) -> f64,
) -> f64 {
    let even = room / count.max(1) as f64;
    if has_axis {
        return even.max(LEAST_AXIS);
    }
    if fills {
        return even.max(theme::ROW);
    }
    let set = match innermost {
        Some(key) => format_for(&table.sheet.style, "cell", attr, key),
        None => format(&table.sheet.style, "cell", attr),
    };
    let set = set.and_then(crate::number::finite).filter(|length| *length > 1.0);
    set.map_or_else(|| content(even), |length| length.min(1000.0))
}

/// Whether fields of a side are named above their headers; Measure Names is not.
fn has_captions(table: &Table<'_>, side: Side, lanes: &[Lane], depth: usize) -> bool {
    let named = |lane: &Lane| lane.headers.iter().any(|header| !header.key.is_measure_names());
    let first = lanes.iter().find(|lane| lane.headers.len() == depth);
    depth > 0 && table.shows_captions(side) && first.is_some_and(named)
}

/// The field of the innermost headers.
fn innermost(lanes: &[Lane]) -> Option<&FieldRef> {
    let header = lanes.iter().find_map(|lane| lane.headers.last())?;
    Some(&header.key)
}

/// The width of a column without an axis. `even` is its part of the room.
fn column_width(cols: &[Lane], has_row_axis: bool, cells: &Cells, even: f64) -> f64 {
    if cells.texts {
        let header = cols
            .iter()
            .filter_map(|lane| lane.headers.last())
            .map(|header| theme::TEXT.width(&header.text).min(110.0))
            .fold(0.0, f64::max);
        return cells
            .text_width
            .max(header)
            .max(theme::TEXT_COLUMN - 2.0 * theme::PADDING)
            + 2.0 * theme::PADDING;
    }
    if !has_row_axis {
        let crowd = cells.crowd_width.min(even);
        return theme::COLUMN.min(even.max(theme::ROW)).max(crowd);
    }
    theme::COLUMN.min(even).max(14.0)
}

/// The height of a row without an axis.
fn row_height(rows: &[Lane], has_col_axis: bool, cells: &Cells) -> f64 {
    let plain = theme::ROW.max(cells.text_height + 4.0);
    match has_col_axis && rows.len() == 1 && rows[0].headers.is_empty() {
        // One bar, or a strip of points.
        true => plain.max(40.0),
        false => plain,
    }
}

impl Table<'_> {
    /// Whether the names of the fields of a side are shown above their headers.
    fn shows_captions(&self, side: Side) -> bool {
        self.reference_format("worksheet", "display-field-labels", "", side) != Some("false")
    }

    /// Whether a field's headers are shown.
    fn shows_header(&self, key: Option<&FieldRef>) -> bool {
        key.is_none_or(|key| format_for(&self.sheet.style, "label", "display", key) != Some("false"))
    }

    fn axis_attribute(&self, side: Side, axis: &Axis, attr: &str) -> Option<&str> {
        let scope = match side {
            Side::Rows => "rows",
            Side::Cols => "cols",
        };
        self.sheet
            .style
            .iter()
            .filter(|rule| rule.element == "axis")
            .flat_map(|rule| &rule.formats)
            .rfind(|format| {
                format.attr == attr
                    && format.field.as_ref().is_none_or(|field| *field == axis.key)
                    && format.scope.as_deref().is_none_or(|found| found == scope)
                    && format
                        .class
                        .as_deref()
                        .and_then(|class| class.parse::<usize>().ok())
                        .is_none_or(|class| class == axis.index)
            })
            .map(|format| format.value.as_str())
    }

    /// Whether an axis is shown.
    fn shows_axis(&self, side: Side, axis: &Axis) -> bool {
        let on_map = || crate::map::coordinate(self, &axis.key).is_some() && crate::map::is_map(self);
        self.axis_attribute(side, axis, "display") != Some("false") && !on_map()
    }

    /// The title of an axis.
    fn axis_title(&self, side: Side, axis: &Axis) -> String {
        match self.axis_attribute(side, axis, "title") {
            Some(title) => title.to_owned(),
            None => self.title(&axis.key),
        }
    }

    /// The distance of ticks that the document sets.
    fn spacing(&self, side: Side, axis: &Axis) -> Option<f64> {
        let mut specs = self.sheet.axes.iter();
        specs
            .find(|spec| spec.side == side && spec.field == axis.key && spec.index == axis.index)?
            .major_spacing
    }

    /// The format of an axis: its own, else that of the field.
    fn axis_format(&self, key: &FieldRef) -> Option<&str> {
        format_for(&self.sheet.style, "label", "text-format", key).or_else(|| self.format(key))
    }

    fn header_font(&self, key: &FieldRef) -> Font {
        self.font("label", Some(key), theme::TEXT)
    }

    /// How the texts of an axis look.
    /// The ticks of an axis that is so many pixels long. Numbers beside each other need room for their width.
    fn ticks(&self, side: Side, axis: &Axis, scale: &Scale, length: f64) -> Vec<Tick> {
        let (font, _) = self.tick_look(axis);
        let width = |text: &str| match side {
            Side::Rows => 0.0,
            Side::Cols => font.width(text),
        };
        let format = self.axis_format(&axis.key);
        scale.ticks(
            length,
            side == Side::Rows,
            format,
            self.spacing(side, axis),
            &width,
        )
    }

    fn tick_look(&self, axis: &Axis) -> (Font, Color) {
        let key = Some(&axis.key);
        (
            self.font("label", key, theme::TEXT),
            self.color("label", key, theme::GREY),
        )
    }

    fn has_weight(&self, key: &FieldRef) -> bool {
        self.setting("label", "font-weight", Some(key)).is_some()
    }

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

    /// Whether lines divide the blocks of a level of headers: by themselves all levels but the innermost.
    fn divides(&self, side: Side, level: usize, depth: usize) -> bool {
        match self
            .reference_format("table-div", "div-level", "", side)
            .and_then(|text| text.parse::<usize>().ok())
        {
            Some(levels) => level < levels,
            None => level + 1 < depth,
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

    /// How the header of a field is turned: upwards, downwards or not, where the document says.
    fn turned(&self, key: &FieldRef) -> Option<f64> {
        let set = self.setting("label", "text-orientation", Some(key))?;
        let degrees = crate::number::finite(set)?;
        [0.0, 90.0, -90.0].into_iter().find(|known| *known == degrees)
    }

    /// Where the header of a field stands in its room, where the document says.
    fn header_align(&self, key: &FieldRef) -> Option<Anchor> {
        anchor(self.setting("label", "text-align", Some(key))?)
    }

    /// Where the texts of cells stand, where the document says.
    fn cell_align(&self) -> Option<Anchor> {
        let mut cards = self.sheet.panes.iter();
        let of_card = cards.find_map(|card| format(&card.style, "cell", "text-align"));
        anchor(of_card.or_else(|| self.setting("cell", "text-align", None))?)
    }

    /// A length in pixels that the document gives the headers or the axis of a field.
    fn set_length(&self, element: &str, attr: &str, key: &FieldRef) -> Option<f64> {
        let set = format_for(&self.sheet.style, element, attr, key).and_then(crate::number::finite)?;
        (set >= 1.0).then(|| set.clamp(10.0, 2000.0))
    }

    /// The colour of the tick marks of an axis.
    fn tick_color(&self, side: Side, axis: &Axis) -> Color {
        let set = self.axis_attribute(side, axis, "tick-color");
        set.and_then(|text| text.parse().ok()).unwrap_or(theme::RULER)
    }
}
