//! The table of panes: how wide and high everything is, and where.

mod axes;
mod headers;
mod lengths;
mod lines;

use vivant_document::spec::{Fit, Side};
use vivant_render::Rect;

pub(crate) use self::axes::Axes;
use self::axes::axis_rooms;
use self::headers::has_captions;
use self::lengths::{col_levels, column_width, innermost, lane_length, row_height, row_levels};
use crate::lanes::Lane;
use crate::rows::Table;
use crate::theme;

/// Headers narrower than this stand upright.
const UPRIGHT: f64 = 36.0;

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

/// How many levels of headers lanes have.
fn depth(lanes: &[Lane]) -> usize {
    lanes.iter().map(|lane| lane.headers.len()).max().unwrap_or(0)
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
        let (row_depth, col_depth) = (depth(rows), depth(cols));
        let captions = match has_captions(table, Side::Rows, rows, row_depth)
            || has_captions(table, Side::Cols, cols, col_depth)
        {
            true => theme::CAPTION.line_height() + theme::PADDING,
            false => 0.0,
        };
        let row_levels = row_levels(table, rows, row_depth, area.width);
        let sides = axis_rooms(table, rows, cols, axes);
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
        let col_levels = col_levels(table, cols, (col_depth, upright), col_width);

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
}

/// The middle of a pixel, where thin lines are sharp.
pub(crate) fn sharp(place: f64) -> f64 {
    place.floor() + 0.5
}
