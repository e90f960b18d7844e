//! Legends: what colours mean.

use vivant_render::{Fill, Item, Rect, Stroke, Style, Text};

use crate::color::Coloring;
use crate::rows::Table;
use crate::theme;

/// Width of a legend.
pub(crate) const WIDTH: f64 = 150.0;
const SWATCH: f64 = 11.0;
const PITCH: f64 = 19.0;
const BAR: f64 = 14.0;

/// Draws the legend of a colouring at a place; returns what is drawn and how high it is.
pub(crate) fn draw(
    table: &Table<'_>,
    coloring: &Coloring,
    (x, y): (f64, f64),
    width: f64,
) -> (Vec<Item>, f64) {
    let mut items = Vec::new();
    let title = match coloring {
        Coloring::Single(_) => return (items, 0.0),
        Coloring::Members { keys, .. } => keys
            .iter()
            .map(|key| table.title(key))
            .collect::<Vec<_>>()
            .join(", "),
        Coloring::Ramp { key, .. } => table.title(key),
    };
    let mut top = y;
    let text = |at: (f64, f64), words: &str, font: vivant_render::Font| {
        Item::Text(Text::new(
            at,
            font.fit(words, width).into_owned(),
            font,
            theme::DARK,
        ))
    };
    items.push(text((x, top + theme::CAPTION.ascent()), &title, theme::CAPTION));
    top += theme::CAPTION.line_height() + 4.0;
    match coloring {
        Coloring::Single(_) => {}
        Coloring::Members { members, .. } => {
            for member in members {
                let swatch = Rect::new(x, top + (PITCH - SWATCH) / 2.0, SWATCH, SWATCH);
                items.push(Item::Rect(swatch, 0.0, Style::fill(member.color)));
                let words = theme::TEXT.fit(&member.text, width - SWATCH - 6.0);
                let base = top + PITCH / 2.0 + theme::TEXT.cap_height() / 2.0;
                items.push(Item::Text(Text::new(
                    (x + SWATCH + 6.0, base),
                    words,
                    theme::TEXT,
                    theme::DARK,
                )));
                top += PITCH;
            }
        }
        Coloring::Ramp { key, ramp } => {
            let bar = Rect::new(x, top, width, BAR);
            items.push(Item::Rect(
                bar,
                0.0,
                Style {
                    fill: Some(Fill::Across(ramp.samples())),
                    stroke: Some(Stroke::new(theme::GRID, 1.0)),
                },
            ));
            top += BAR + 3.0;
            let write = |value: f64| table.number_text(key, value);
            let (low, high) = (write(ramp.min), write(ramp.max));
            let base = top + theme::TEXT.ascent();
            items.push(text((x, base), &low, theme::TEXT));
            items.push(Item::Text(
                Text::new((x + width, base), high, theme::TEXT, theme::DARK)
                    .anchored(vivant_render::Anchor::End),
            ));
            top += theme::TEXT.line_height();
        }
    }
    (items, top - y)
}
