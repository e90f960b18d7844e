//! The picture of a sheet: its rows, with titles and texts as the document has them, given to be drawn.

use std::borrow::Cow;

use vivant_calc::Value;
use vivant_document::display;
use vivant_document::spec::{FieldRef, SheetSpec, WorkbookSpec};
use vivant_query::{Answer, ColumnRole, Frame, FrameColumn};
use vivant_viz::{Column, Picture, Rows, SheetRequest, SheetRows, TotalRows, backdrop_paths, draw_sheet};

use crate::answer::Book;
use crate::export::Shown;

/// Draws a sheet on its own: with its title and legends, as high as its content, at least so wide.
pub(super) fn alone(
    book: &Book,
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    (width, height): (f64, f64),
) -> Picture {
    let rows = sheet_rows(book, workbook, sheet, answer);
    draw_sheet(&SheetRequest {
        workbook,
        sheet,
        rows: &rows,
        width,
        height,
        fit: workbook.fit(&sheet.name, &sheet.name),
        selected: workbook.selected(&sheet.name, &sheet.name),
        alone: true,
        legends: true,
        title: true,
    })
}

/// Gives the rows of a sheet to be drawn.
pub(super) fn sheet_rows<'a>(
    book: &Book,
    workbook: &'a WorkbookSpec,
    sheet: &'a SheetSpec,
    answer: &'a Answer,
) -> SheetRows<'a> {
    // Measures that are written as one list share their decimals, as one measure does.
    let is_listed = |column: &&FrameColumn| answer.measure_names.contains(&column.key);
    let all = answer.frames.iter().flat_map(|frame| &frame.columns);
    let listed = automatic(all.filter(is_listed).flat_map(|column| &column.values))
        .filter(|_| answer.measure_names.len() > 1)
        .map(|common| (answer.measure_names.as_slice(), common));
    let listed = listed.as_ref();
    SheetRows {
        panes: answer.panes.clone(),
        frames: answer
            .frames
            .iter()
            .map(|frame| rows(workbook, sheet, frame, listed))
            .collect(),
        measure_names: answer.measure_names.clone(),
        totals: answer
            .totals
            .iter()
            .map(|total| TotalRows {
                frame: total.frame,
                over: total.over.clone(),
                rows: rows(workbook, sheet, &total.rows, listed),
            })
            .collect(),
        domains: answer.domains.clone(),
        images: backdrop_paths(workbook, sheet)
            .into_iter()
            .filter_map(|path| Some((path.to_owned(), super::image(book, path).ok()?.0)))
            .collect(),
    }
}

/// Measures of a list, and the format of those that have none of their own.
type Listed<'l> = (&'l [FieldRef], String);

fn rows<'a>(
    workbook: &'a WorkbookSpec,
    sheet: &'a SheetSpec,
    frame: &'a Frame,
    listed: Option<&Listed<'_>>,
) -> Rows<'a> {
    Rows {
        columns: frame
            .columns
            .iter()
            .map(|column| self::column(workbook, sheet, column, listed))
            .collect(),
        count: frame.rows,
    }
}

fn column<'a>(
    workbook: &'a WorkbookSpec,
    sheet: &'a SheetSpec,
    column: &'a FrameColumn,
    listed: Option<&Listed<'_>>,
) -> Column<'a> {
    let mut shown = Shown::new(workbook.language, workbook, sheet, column);
    shown.language = workbook.language;
    let format = shown.format.clone().filter(|format| !format.is_empty());
    let common = (format.is_none() && shown.role == ColumnRole::Measure)
        .then(|| match listed {
            // Parts of one would be nothing but zeros.
            Some((keys, common)) if keys.contains(&column.key) && reaches_one(&column.values) => {
                Some(common.clone())
            }
            _ => automatic(&column.values),
        })
        .flatten();
    // An axis runs along what people see; headers, colours and the like are found by the number of the bin.
    let on_axis = sheet.pill(&column.key).is_some_and(|pill| !pill.discrete);
    let (values, seen) = match column.bin {
        Some(bin) if on_axis => {
            let starts = column.values.iter().map(|value| bin.start(value)).collect();
            (Cow::Owned(starts), true)
        }
        _ => (Cow::Borrowed(&column.values[..]), false),
    };
    Column {
        key: column.key.clone(),
        title: shown.title.clone(),
        dimension: column.role == ColumnRole::Dimension,
        data_type: shown.data_type,
        values,
        format,
        text: Box::new(move |value| match (value, &common) {
            (Value::Real(_), Some(common)) => {
                display::text_in(shown.language, value, shown.derivation, Some(common))
            }
            (value, _) if seen && !value.is_null() => {
                display::text_in(shown.language, value, shown.derivation, shown.format.as_deref())
            }
            _ => shown.text(value),
        }),
    }
}

fn reaches_one(values: &[Value]) -> bool {
    values
        .iter()
        .any(|value| matches!(value, Value::Real(value) if value.abs() >= 1.0))
}

/// The format of reals that have none: one number of decimals for the whole field, four digits on the largest.
fn automatic<'v>(values: impl IntoIterator<Item = &'v Value, IntoIter: Clone>) -> Option<String> {
    const DIGITS: usize = 4;
    let reals = values.into_iter().filter_map(|value| match value {
        Value::Real(value) if value.is_finite() => Some(value.abs()),
        _ => None,
    });
    let largest = reals.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest < 0.0 {
        return None;
    }
    let whole = if largest >= 1.0 {
        largest.log10().floor() as usize + 1
    } else {
        0
    };
    let mut decimals = DIGITS.saturating_sub(whole);
    // Zeros that all have at the end are left out, but for one.
    let least = usize::from(largest < 1000.0);
    while decimals > least {
        let scale = 10_f64.powi(decimals as i32 - 1);
        let shorter = |value: f64| {
            let rounded = (value * scale * 10.0).round();
            (rounded / 10.0).fract() == 0.0
        };
        if !reals.clone().all(shorter) {
            break;
        }
        decimals -= 1;
    }
    let zeros = "0".repeat(decimals);
    let point = if decimals > 0 { "." } else { "" };
    Some(format!("n#,##0{point}{zeros};-#,##0{point}{zeros}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_of_a_field_share_their_decimals() {
        let text = |values: &[f64]| {
            let values: Vec<Value> = values.iter().map(|value| Value::Real(*value)).collect();
            let format = automatic(&values).unwrap();
            let texts: Vec<String> = values
                .iter()
                .map(|value| display::text(value, vivant_document::spec::Derivation::None, Some(&format)))
                .collect();
            texts.join(" ")
        };
        assert_eq!(text(&[97.297, 0.6, 100.0]), "97.3 0.6 100.0");
        assert_eq!(text(&[14498.0, 397.2]), "14,498 397");
        assert_eq!(text(&[-10.15, 54.08]), "-10.15 54.08");
        assert_eq!(text(&[0.9405]), "0.9405");
        assert_eq!(text(&[20.0, 2.0]), "20.0 2.0");
        assert_eq!(automatic(&[Value::Null]), None);
    }
}
