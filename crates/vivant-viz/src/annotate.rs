//! Annotations: texts with a line to the mark or the point that they speak of, or in the area that they are about.

use vivant_document::spec::{AnnotationSpec, FieldRef, Literal, PieceContent};
use vivant_render::{Color, Item, Rect, Stroke, Style};

use crate::label;
use crate::marks::{Layer, Mark, rows_of, widest};
use crate::number::{between, number};
use crate::rows::Table;
use crate::theme;

/// Room around the text.
const PADDING: f64 = 4.0;
const LINE: Color = Color::rgb(0x00B0_B0B0);
/// The shade of areas.
const AREA: Color = Color::rgb(0x00E6_E6E6).with_alpha(128);

/// Draws those annotations that speak of marks of a layer, and notes which they were.
pub(crate) fn annotations(layer: &Layer<'_>, marks: &[Mark], found: &mut [bool]) -> Vec<Item> {
    let mut items = Vec::new();
    let specs = &layer.table.sheet.annotations;
    let tuples = specs.iter().map(|spec| Some(spec.tuple.as_slice()));
    let rows = rows_of(layer.table, marks.iter().map(|mark| mark.row), tuples);
    for ((spec, row), found) in specs.iter().zip(rows).zip(found) {
        if *found {
            continue;
        }
        if spec.class == "area" {
            let corner = |at: usize| place(layer, marks.first()?, &spec.corners[at]);
            if let (Some(mark), Some((from, to))) = (marks.first(), corner(0).zip(corner(1))) {
                *found = true;
                items.extend(area(layer.table, spec, mark, from, to));
            }
            continue;
        }
        let (mark, at) = match spec.point.is_empty() {
            false => {
                let Some(place) = on_axes(layer, marks, spec) else {
                    continue;
                };
                place
            }
            true => {
                let Some(mark) = row.and_then(|row| marks.iter().find(|mark| mark.row == row)) else {
                    continue;
                };
                let Some(at) = layer.point(mark) else {
                    continue;
                };
                (mark, at)
            }
        };
        *found = true;
        items.extend(draw(layer.table, spec, mark, at));
    }
    items
}

/// A point of the axes, with the mark that is nearest to it.
fn on_axes<'m>(
    layer: &Layer<'_>,
    marks: &'m [Mark],
    spec: &AnnotationSpec,
) -> Option<(&'m Mark, (f64, f64))> {
    let at = place(layer, marks.first()?, &spec.point)?;
    let far = |mark: &&Mark| {
        let place = layer.point(mark).unwrap_or((f64::MAX, f64::MAX));
        (place.0 - at.0).hypot(place.1 - at.1)
    };
    let nearest = marks.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
    Some((nearest, at))
}

/// Where values of the axes are in the pane of a mark.
fn place(layer: &Layer<'_>, mark: &Mark, point: &[(FieldRef, Literal)]) -> Option<(f64, f64)> {
    let value = |key: &FieldRef| {
        let (_, literal) = point.iter().find(|(known, _)| known == key)?;
        number(literal.value()?)
    };
    let (x, y) = (value(&layer.col_axis?.key)?, value(&layer.row_axis?.key)?);
    let (vertical, horizontal) = mark.scales;
    let (vertical, horizontal) = (vertical?, horizontal?);
    Some((
        mark.pane.x + mark.pane.width * horizontal.part(x),
        mark.pane.y + mark.pane.height * (1.0 - vertical.part(y)),
    ))
}

/// A format of one annotation, else that of all.
fn own_format<'t>(table: &Table<'t>, spec: &AnnotationSpec, attr: &str) -> Option<&'t str> {
    let name = format!("annotation_{}", spec.id);
    let rules = table
        .sheet
        .style
        .iter()
        .filter(|rule| rule.element == "annotation");
    let formats: Vec<_> = rules
        .flat_map(|rule| &rule.formats)
        .filter(|format| format.attr == attr)
        .collect();
    let own = formats
        .iter()
        .rfind(|format| format.id.as_deref() == Some(name.as_str()));
    let found = own.or_else(|| formats.iter().rfind(|format| format.id.is_none()))?;
    Some(found.value.as_str())
}

/// A shaded area between two corners, with its text in the middle.
fn area(
    table: &Table<'_>,
    spec: &AnnotationSpec,
    mark: &Mark,
    from: (f64, f64),
    to: (f64, f64),
) -> Vec<Item> {
    let frame = Rect::new(
        from.0.min(to.0),
        from.1.min(to.1),
        (to.0 - from.0).abs(),
        (to.1 - from.1).abs(),
    );
    let fill = own_format(table, spec, "fill-color").and_then(|text| text.parse().ok());
    let style = Style {
        stroke: Some(Stroke::new(LINE, 1.0)),
        ..Style::fill(fill.unwrap_or(AREA))
    };
    let mut items = vec![Item::Rect(frame, 0.0, style)];
    let room = (frame.width - 2.0 * PADDING).max(20.0);
    let lines = written(table, spec, mark, room);
    let top = frame.center().1 - label::height(&lines) / 2.0;
    items.extend(label::draw(&lines, (frame.x + PADDING, top), room, 1));
    items
}

/// The text of an annotation in lines.
fn written(table: &Table<'_>, spec: &AnnotationSpec, mark: &Mark, width: f64) -> Vec<label::Line> {
    let row = table.rows[mark.row];
    let font = table.font("annotation", None, theme::TEXT);
    let color = table.color("annotation", None, theme::DARK);
    label::lines(&spec.text, font, color, width, &|content| match content {
        PieceContent::Text(text) => text.clone(),
        PieceContent::Field(key) => table.text(row, key),
        PieceContent::Token(word) => table.token(word).unwrap_or_default(),
    })
}

fn draw(table: &Table<'_>, spec: &AnnotationSpec, mark: &Mark, at: (f64, f64)) -> Vec<Item> {
    let width = spec.width.unwrap_or(180.0).clamp(20.0, 2000.0);
    let lines = written(table, spec, mark, width);
    if lines.is_empty() {
        return Vec::new();
    }
    let (wide, high) = (widest(&lines), label::height(&lines));
    let (dx, dy) = spec.offset.unwrap_or((0.0, -40.0));
    let middle = (at.0 + dx, at.1 + dy);
    let text = Rect::new(middle.0 - wide / 2.0, middle.1 - high / 2.0, wide, high);
    let frame = text.inset(-PADDING, -PADDING, -PADDING, -PADDING);
    let mut items = Vec::new();
    // From the edge of the text to a little before the point.
    let edge = (
        between(at.0, frame.x, frame.right()),
        between(at.1, frame.y, frame.bottom()),
    );
    let (to_x, to_y) = (at.0 - edge.0, at.1 - edge.1);
    let length = to_x.hypot(to_y);
    let has_line = own_format(table, spec, "line-visibility") != Some("off");
    if has_line && length > spec.pullback + 1.0 {
        let part = (length - spec.pullback) / length;
        let end = (edge.0 + to_x * part, edge.1 + to_y * part);
        items.push(Item::Line(edge, end, Stroke::new(LINE, 1.0)));
    }
    let fill = own_format(table, spec, "fill-color")
        .or_else(|| table.setting("annotation", "background-color", None))
        .and_then(|text| text.parse().ok());
    let fill: Color = fill.unwrap_or(Color::WHITE.with_alpha(204));
    items.push(Item::Rect(frame, 0.0, Style::fill(fill)));
    items.extend(label::draw(&lines, (text.x, text.y), wide, 0));
    items
}
