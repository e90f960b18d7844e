//! How wide and high headers and lanes are.

use vivant_document::spec::{FieldRef, Side, format, format_for};

use super::Cells;
use super::headers::words;
use crate::lanes::Lane;
use crate::rows::Table;
use crate::theme;

/// The least length of an axis.
const LEAST_AXIS: f64 = 60.0;
/// The least length of lanes that share the room that there is, which a line of text needs.
const LEAST_FILLING: f64 = 14.0;
/// The widest that the name of a field makes its headers.
const WIDEST_CAPTION: f64 = 72.0;
/// The highest that upright headers become.
const HIGHEST: f64 = 130.0;

/// The width of each level of row headers. `width` is that of the whole table.
pub(super) fn row_levels(table: &Table<'_>, rows: &[Lane], depth: usize, width: f64) -> Vec<f64> {
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

/// The height of each level of column headers over columns of a width. The innermost may stand upright.
pub(super) fn col_levels(
    table: &Table<'_>,
    cols: &[Lane],
    (depth, upright): (usize, bool),
    col_width: f64,
) -> Vec<f64> {
    (0..depth)
        .map(|level| {
            let innermost = level + 1 == depth;
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
        .collect()
}

/// The length of lanes along their side: axes and what fills its room share it, else the document or the content says.
pub(super) fn lane_length(
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
        return even.max(LEAST_FILLING);
    }
    let set = match innermost {
        Some(key) => format_for(&table.sheet.style, "cell", attr, key),
        None => format(&table.sheet.style, "cell", attr),
    };
    let set = set.and_then(crate::number::finite).filter(|length| *length > 1.0);
    set.map_or_else(|| content(even), |length| length.min(1000.0))
}

/// The field of the innermost headers.
pub(super) fn innermost(lanes: &[Lane]) -> Option<&FieldRef> {
    let header = lanes.iter().find_map(|lane| lane.headers.last())?;
    Some(&header.key)
}

/// The width of a column without an axis. `even` is its part of the room.
pub(super) fn column_width(cols: &[Lane], has_row_axis: bool, cells: &Cells, even: f64) -> f64 {
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
pub(super) fn row_height(rows: &[Lane], has_col_axis: bool, cells: &Cells) -> f64 {
    let plain = theme::ROW.max(cells.text_height + 4.0);
    match has_col_axis && rows.len() == 1 && rows[0].headers.is_empty() {
        // One bar, or a strip of points.
        true => plain.max(40.0),
        false => plain,
    }
}

impl Table<'_> {
    /// A length in pixels that the document gives the headers or the axis of a field.
    pub(super) fn set_length(&self, element: &str, attr: &str, key: &FieldRef) -> Option<f64> {
        let set = format_for(&self.sheet.style, element, attr, key).and_then(crate::number::finite)?;
        (set >= 1.0).then(|| set.clamp(10.0, 2000.0))
    }
}
