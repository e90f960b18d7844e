//! Pictures behind the axes of two fields, such as floor plans.

use vivant_document::spec::{Derivation, FieldRef, MappedImage, MemberSet, SheetSpec, Side, WorkbookSpec};
use vivant_render::{Group, Item, Rect};

use crate::lanes::{Axis, Lane};
use crate::layout::Layout;
use crate::number::same;
use crate::rows::Table;
use crate::scale::Scale;

/// Lists the paths of the pictures that lie behind the axes of a sheet, whatever they are shown for.
pub fn backdrop_paths<'w>(workbook: &'w WorkbookSpec, sheet: &SheetSpec) -> Vec<&'w str> {
    let (rows, cols) = (sheet.rows.fields(), sheet.cols.fields());
    let on = |shelf: &[&FieldRef], source: &str, field: &str| {
        shelf.iter().any(|key| is(sheet, key, source, field))
    };
    let mut found: Vec<&str> = Vec::new();
    for source in &workbook.sources {
        for image in &source.images {
            let shown = on(&rows, &source.name, &image.y.0) && on(&cols, &source.name, &image.x.0);
            if shown && !found.contains(&image.path.as_str()) {
                found.push(&image.path);
            }
        }
    }
    found
}

/// Whether a pill shows the numbers of a field as they are, or an aggregate of them.
fn is(sheet: &SheetSpec, key: &FieldRef, source: &str, field: &str) -> bool {
    let pill = sheet.pill(key);
    key.source == source && pill.is_some_and(|pill| pill.field == field && !pill.discrete)
}

/// What an axis has to show of the pictures behind its panes: all of those that are to be seen whole.
pub(crate) fn whole(
    table: &Table<'_>,
    (rows, cols): (&[Lane], &[Lane]),
    side: Side,
    axis: &Axis,
) -> Option<(f64, f64)> {
    let source = table.workbook.source(&axis.key.source)?;
    let mut found: Option<(f64, f64)> = None;
    for image in source.images.iter().filter(|image| image.whole) {
        let shown = |row: &Lane, col: &Lane| {
            let lanes = row.axes.first().zip(col.axes.first());
            lanes.is_some_and(|(y, x)| {
                *axis == *(if side == Side::Rows { y } else { x })
                    && is(table.sheet, &y.key, &source.name, &image.y.0)
                    && is(table.sheet, &x.key, &source.name, &image.x.0)
                    && (image.only.as_ref()).is_none_or(|only| shows(table, only, &source.name, &[row, col]))
            })
        };
        if rows.iter().any(|row| cols.iter().any(|col| shown(row, col))) {
            let (_, begin, end) = if side == Side::Rows { &image.y } else { &image.x };
            let (low, high) = found.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
            found = Some((low.min(begin.min(*end)), high.max(begin.max(*end))));
        }
    }
    found
}

/// Draws the pictures behind the panes; returns the paths of those that are missing, too.
pub(crate) fn backdrops(
    table: &Table<'_>,
    (rows, cols): (&[Lane], &[Lane]),
    layout: &Layout,
    scale: &dyn Fn(Side, usize, &Axis) -> Option<Scale>,
) -> (Vec<Item>, Vec<String>) {
    let (mut items, mut missing) = (Vec::new(), Vec::new());
    if table
        .workbook
        .sources
        .iter()
        .all(|source| source.images.is_empty())
    {
        return (items, missing);
    }
    for (row_at, row) in rows.iter().enumerate() {
        for (col_at, col) in cols.iter().enumerate() {
            if !layout.shows(row_at, col_at) {
                continue;
            }
            let (Some(y), Some(x)) = (row.axes.first(), col.axes.first()) else {
                continue;
            };
            let scales = scale(Side::Rows, row_at, y).zip(scale(Side::Cols, col_at, x));
            let (Some((vertical, horizontal)), Some(source)) = (scales, table.workbook.source(&y.key.source))
            else {
                continue;
            };
            let pane = layout.pane(row_at, col_at);
            let fits = |image: &&MappedImage| {
                is(table.sheet, &y.key, &source.name, &image.y.0)
                    && is(table.sheet, &x.key, &source.name, &image.x.0)
                    && (image.only.as_ref()).is_none_or(|only| shows(table, only, &source.name, &[row, col]))
            };
            for image in source.images.iter().filter(fits) {
                let Some((_, bitmap)) = table.data.images.iter().find(|(path, _)| *path == image.path) else {
                    if !missing.contains(&image.path) {
                        missing.push(image.path.clone());
                    }
                    continue;
                };
                let across = |value: f64| pane.x + pane.width * horizontal.part(value);
                let down = |value: f64| pane.y + pane.height * (1.0 - vertical.part(value));
                let (left, right) = (across(image.x.1), across(image.x.2));
                let (top, bottom) = (down(image.y.1), down(image.y.2));
                let place = Rect::new(
                    left.min(right),
                    top.min(bottom),
                    (right - left).abs(),
                    (bottom - top).abs(),
                );
                items.push(Item::Group(Group {
                    class: "backdrop".to_owned(),
                    clip: Some(pane),
                    items: vec![Item::Bitmap(place, bitmap.clone())],
                }));
            }
        }
    }
    (items, missing)
}

/// Whether the headers of a pane, or else the filters of the sheet, are those that a picture is for.
fn shows(table: &Table<'_>, only: &MemberSet, source: &str, lanes: &[&Lane]) -> bool {
    match only {
        MemberSet::Cross(parts) | MemberSet::Intersection(parts) => {
            parts.iter().all(|part| shows(table, part, source, lanes))
        }
        MemberSet::Union(parts) => parts.iter().any(|part| shows(table, part, source, lanes)),
        MemberSet::Member { level, member } => {
            let plain = |key: &FieldRef| {
                let pill = table.pill(key);
                key.source == source
                    && (key.name == *level
                        || pill
                            .is_some_and(|pill| pill.field == *level && pill.derivation == Derivation::None))
            };
            let mut headers = lanes.iter().flat_map(|lane| &lane.headers);
            match headers.find(|header| plain(&header.key)) {
                Some(header) => member.value().is_some_and(|value| same(value, &header.value)),
                None => table.sheet.filters.iter().any(|filter| {
                    let kept = match &filter.test {
                        vivant_document::spec::FilterTest::Members(set) => set.listed(),
                        _ => None,
                    };
                    plain(&filter.column) && kept.is_some_and(|kept| kept == [member])
                }),
            }
        }
        _ => true,
    }
}
