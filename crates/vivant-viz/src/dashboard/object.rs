//! Pictures, buttons, and what stands in the place of things that are not drawn.

use vivant_document::display::Language;
use vivant_document::spec::{BorderSpec, ButtonAction, ButtonSpec};
use vivant_render::{Anchor, Bitmap, Color, Font, Item, Path, Rect, Stroke, Style, Text, Weight};

use crate::label;
use crate::theme;

/// Where a picture lies in its zone, and how large it is.
pub(crate) fn image_place((width, height): (f64, f64), area: Rect, fit: bool, centered: bool) -> Rect {
    let scale = match fit {
        true => (area.width / width).min(area.height / height),
        false => 1.0,
    };
    let (wide, high) = (width * scale, height * scale);
    // Tableau: a picture that is larger than its zone begins at its left upper corner.
    let offset = |free: f64| if centered && free > 0.0 { free / 2.0 } else { 0.0 };
    Rect::new(
        area.x + offset(area.width - wide),
        area.y + offset(area.height - high),
        wide,
        high,
    )
}

/// Draws a border inside the edges of a rectangle.
pub(crate) fn border(spec: &BorderSpec, frame: Rect) -> Option<Item> {
    let color: Color = spec.color.parse().ok()?;
    let half = spec.width / 2.0;
    let stroke = Stroke::new(color, spec.width);
    let stroke = match spec.style.as_str() {
        "dashed" => stroke.dashed([spec.width * 4.0, spec.width * 3.0]),
        "dotted" => stroke.dashed([spec.width, spec.width * 2.0]),
        _ => stroke,
    };
    let place = frame.inset(half, half, half, half);
    Some(Item::Rect(place, 0.0, Style::stroke(stroke)))
}

/// Draws a button of words. `behind` is the colour of its zone.
pub(crate) fn button(button: &ButtonSpec, caption: &str, behind: Option<&str>, area: Rect) -> Vec<Item> {
    let read = |text: Option<&str>| {
        let color = text.and_then(|text| text.parse::<Color>().ok());
        color.filter(|color| color.alpha > 0)
    };
    let own = read(button.frame.background.as_deref());
    let fill = own.or_else(|| read(behind));
    let mut items = Vec::new();
    if let Some(color) = own {
        items.push(Item::Rect(area, 0.0, Style::fill(color)));
    }
    let edge = match &button.frame.border {
        Some(spec) => border(spec, area),
        // Tableau: a button without any look of its own is a light box.
        None if fill.is_none() => {
            let stroke = Stroke::new(theme::ZERO, 1.0);
            Some(Item::Rect(
                area.inset(0.5, 0.5, 0.5, 0.5),
                0.0,
                Style::stroke(stroke),
            ))
        }
        None => None,
    };
    items.extend(edge);
    let base = Font::new(12.0).weighing(Weight::Semibold);
    let font = label::font(&button.font, base);
    let dark = fill.is_some_and(|color| color.luminance() < 0.4 && color.alpha > 128);
    let usual = if dark { Color::WHITE } else { theme::DARK };
    let color = button
        .font
        .color
        .as_deref()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual);
    let (x, y) = area.center();
    let words = font.fit(caption, (area.width - 8.0).max(0.0));
    let text = Text::new((x, y + font.cap_height() / 2.0), words, font, color);
    items.push(Item::Text(text.anchored(Anchor::Middle)));
    items
}

/// Draws the sign of a button that has neither words nor a picture.
pub(crate) fn icon(action: &ButtonAction, area: Rect) -> Vec<Item> {
    let (x, y) = area.center();
    let half = (area.width.min(area.height) / 2.0 - 2.0).clamp(2.0, 9.0);
    let pen = Stroke::new(theme::GREY, 1.8).rounded();
    let line = |from: (f64, f64), to: (f64, f64)| {
        let at = |(dx, dy): (f64, f64)| (x + dx * half, y + dy * half);
        Item::Line(at(from), at(to), pen.clone())
    };
    match action {
        ButtonAction::Toggle(_) => vec![line((-0.8, -0.8), (0.8, 0.8)), line((-0.8, 0.8), (0.8, -0.8))],
        ButtonAction::Go(_) => vec![
            line((-1.0, 0.0), (1.0, 0.0)),
            line((0.3, -0.7), (1.0, 0.0)),
            line((0.3, 0.7), (1.0, 0.0)),
        ],
        ButtonAction::Export(_) | ButtonAction::Other => vec![
            line((0.0, -1.0), (0.0, 0.4)),
            line((-0.6, -0.2), (0.0, 0.4)),
            line((0.6, -0.2), (0.0, 0.4)),
            line((-0.9, 1.0), (0.9, 1.0)),
        ],
    }
}

/// What a button without words is called.
pub(crate) fn action_words(language: &Language, action: &ButtonAction, sheet: Option<&str>) -> String {
    let say = |words: &'static str| language.say(words).to_owned();
    match action {
        ButtonAction::Go(_) => sheet.map_or_else(|| say("Go"), str::to_owned),
        ButtonAction::Toggle(_) => say("Show or hide"),
        ButtonAction::Export(kind) => match kind.to_lowercase().as_str() {
            "pdf" => say("Export PDF"),
            "image" => say("Export image"),
            "powerpoint" | "pptx" => say("Export PowerPoint"),
            "crosstab" => say("Export crosstab"),
            "data" => say("Export data"),
            _ => say("Export"),
        },
        ButtonAction::Other => String::new(),
    }
}

/// Stands in the place of what is not there.
pub(crate) fn placeholder(words: &str, area: Rect) -> Vec<Item> {
    let pen = Stroke::new(theme::RULER, 1.0);
    let mut items = vec![Item::Rect(
        area.inset(0.5, 0.5, 0.5, 0.5),
        0.0,
        Style::fill(Color::rgb(0x00FA_FAFA)).bordered(pen),
    )];
    let font = theme::TEXT;
    if area.height >= font.line_height() {
        let (x, y) = area.center();
        let words = font.fit(words, (area.width - 12.0).max(0.0));
        let text = Text::new(
            (x, y + font.cap_height() / 2.0),
            words,
            font,
            Color::rgb(0x0099_9999),
        );
        items.push(Item::Text(text.anchored(Anchor::Middle)));
    }
    items
}

/// Draws a picture into an area.
pub(crate) fn image(
    bitmap: &Bitmap,
    natural: (f64, f64),
    area: Rect,
    fit: bool,
    centered: bool,
) -> Option<Item> {
    let place = image_place(natural, area, fit, centered);
    let visible = place.width > 0.0 && place.height > 0.0 && area.width > 0.0 && area.height > 0.0;
    visible.then(|| Item::Bitmap(place, bitmap.clone()))
}

/// Draws the triangle of a page control.
pub(crate) fn play((x, y): (f64, f64)) -> Item {
    let tip = [(x - 3.0, y - 4.5), (x + 4.5, y), (x - 3.0, y + 4.5)];
    Item::Path(Path::polygon(tip), Style::fill(theme::GREY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_sides() {
        let area = Rect::new(10.0, 10.0, 100.0, 50.0);
        let check = |size, fit, centered, expected: [f64; 4]| {
            let Rect { x, y, width, height } = image_place(size, area, fit, centered);
            assert_eq!([x, y, width, height], expected);
        };
        check((400.0, 400.0), true, true, [35.0, 10.0, 50.0, 50.0]);
        check((400.0, 400.0), true, false, [10.0, 10.0, 50.0, 50.0]);
        check((20.0, 20.0), false, true, [50.0, 25.0, 20.0, 20.0]);
        check((400.0, 20.0), false, true, [10.0, 25.0, 400.0, 20.0]);
        check((50.0, 25.0), true, true, [10.0, 10.0, 100.0, 50.0]);
    }
}
