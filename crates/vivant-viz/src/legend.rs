//! Legends: what colours, sizes and shapes mean.

use vivant_document::spec::FieldRef;
use vivant_render::{Anchor, Bitmap, Color, Fill, Font, Item, Rect, Stroke, Style, Text};

use crate::color::Coloring;
use crate::distinct::Distinct;
use crate::marks::{Sizes, shape_names};
use crate::rows::{Row, Table};
use crate::scale::{Scale, ScaleKind, TickRules};
use crate::shape;
use crate::theme;

/// Width of a legend beside a sheet.
pub(crate) const WIDTH: f64 = 150.0;
const SWATCH: f64 = 11.0;
const PITCH: f64 = 19.0;
const BAR: f64 = 14.0;
/// Room between a symbol and its text.
const GAP: f64 = 6.0;
/// Room between two columns.
const COLUMN_GAP: f64 = 14.0;
/// The widest that a gradient becomes.
const WIDEST_BAR: f64 = 260.0;
/// How many sizes stand for all.
const SIZES: usize = 5;

/// What a legend says.
pub(crate) struct Legend {
    pub title: String,
    content: Content,
}

enum Content {
    Items(Vec<(Symbol, String)>),
    Ramp {
        colors: Vec<(f64, Color)>,
        low: String,
        high: String,
    },
}

/// What stands before a text.
enum Symbol {
    Swatch(Color),
    Circle(f64),
    Shape(String, Color),
    Picture(Bitmap),
}

/// How the items of a legend follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// In one column where that fits, else in as many as there is room for.
    #[default]
    Automatic,
    /// In one column.
    Column,
    /// In one row, and the next where it is full.
    Row,
}

/// How the words of a legend look.
#[derive(Clone, Copy)]
pub(crate) struct Fonts {
    pub title: (Font, Color),
    pub text: (Font, Color),
}

impl Default for Fonts {
    fn default() -> Self {
        Self {
            title: (theme::CAPTION, theme::DARK),
            text: (theme::TEXT, theme::DARK),
        }
    }
}

impl Legend {
    /// The legend of a colouring; one colour for all has none.
    pub fn of_colors(table: &Table<'_>, coloring: &Coloring) -> Option<Self> {
        match coloring {
            Coloring::Single(_) => None,
            Coloring::Members { keys, members, .. } => Some(Self {
                title: title(table, "color", keys),
                content: Content::Items(
                    members
                        .iter()
                        .map(|member| (Symbol::Swatch(member.color), member.text.clone()))
                        .collect(),
                ),
            }),
            Coloring::Ramp { key, ramp } => Some(Self {
                title: title(table, "color", std::slice::from_ref(key)),
                content: Content::Ramp {
                    colors: ramp.samples(),
                    low: table.number_text(key, ramp.min),
                    high: table.number_text(key, ramp.max),
                },
            }),
        }
    }

    /// The legend of shapes by the members of a field; in their colours where they have some by the same field.
    pub fn of_shapes(table: &Table<'_>, key: &FieldRef, coloring: &Coloring) -> Option<Self> {
        let names = shape_names(table, key);
        // A mark for each.
        let mut places = Distinct::default();
        let having = table.rows.iter().filter(|row| table.has(**row, key));
        let rows: Vec<Row> = (having.copied())
            .filter(|row| places.add([table.value(*row, key)]).1)
            .collect();
        let items: Vec<(Symbol, String)> = names
            .into_iter()
            .filter_map(|(value, name)| {
                let row = rows.get(places.place([value])?)?;
                let own = match coloring {
                    Coloring::Members { keys, .. } if *keys == [key.clone()] => coloring.color(table, *row),
                    _ => theme::GREY,
                };
                let known = table.workbook.shapes.iter().find(|(known, _)| *known == name);
                let symbol = match known.and_then(|(_, text)| shape::bitmap(text)) {
                    Some(picture) => Symbol::Picture(picture),
                    None => Symbol::Shape(name, own),
                };
                Some((symbol, table.text(*row, key)))
            })
            .collect();
        (!items.is_empty()).then(|| Self {
            title: title(table, "shape", std::slice::from_ref(key)),
            content: Content::Items(items),
        })
    }

    /// The legend of sizes that follow a number.
    pub fn of_sizes(table: &Table<'_>, sizes: &Sizes) -> Option<Self> {
        let key = sizes.key.as_ref()?;
        if !(sizes.min.is_finite() && sizes.max.is_finite() && sizes.max > sizes.min) {
            return None;
        }
        let scale = Scale {
            kind: ScaleKind::Linear,
            min: sizes.min,
            max: sizes.max,
            reversed: false,
            unit: None,
        };
        let mut values: Vec<f64> = scale
            .ticks(&TickRules::plain(
                40.0 * SIZES as f64,
                true,
                table.writing(None),
                &|_| 0.0,
            ))
            .into_iter()
            .map(|tick| tick.value)
            .filter(|value| *value > sizes.min && *value < sizes.max)
            .collect();
        values.truncate(SIZES - 2);
        values.insert(0, sizes.min);
        values.push(sizes.max);
        let items = values.into_iter().map(|value| {
            let diameter = sizes.diameter_of(value).min(1.6 * PITCH);
            (Symbol::Circle(diameter), table.number_text(key, value))
        });
        Some(Self {
            title: title(table, "size", std::slice::from_ref(key)),
            content: Content::Items(items.collect()),
        })
    }

    /// Draws the legend into an area, with or without its title; returns what is drawn and how high it is.
    pub fn draw(&self, area: Rect, arrangement: Arrangement, titled: bool, fonts: Fonts) -> (Vec<Item>, f64) {
        let mut items = Vec::new();
        let mut top = area.y;
        if titled {
            let (font, color) = fonts.title;
            let at = (area.x, top + font.ascent());
            items.push(Item::Text(Text::new(
                at,
                font.fit(&self.title, area.width),
                font,
                color,
            )));
            top += font.line_height() + 4.0;
        }
        let rest = area.inset(0.0, top - area.y, 0.0, 0.0);
        let high = match &self.content {
            Content::Items(list) => draw_items(list, rest, arrangement, fonts.text, &mut items),
            Content::Ramp { colors, low, high } => {
                draw_ramp(colors, (low, high), rest, fonts.text, &mut items)
            }
        };
        (items, top + high - area.y)
    }
}

/// The title: as it was typed, else those of the fields.
fn title(table: &Table<'_>, of: &str, keys: &[FieldRef]) -> String {
    let rules = table
        .sheet
        .style
        .iter()
        .filter(|rule| rule.element == "legend-title-text");
    let mut formats = rules.flat_map(|rule| &rule.formats);
    let typed = formats
        .find(|format| format.attr == of && format.field.as_ref().is_some_and(|field| keys.contains(field)))
        .map(|format| {
            format
                .text
                .as_ref()
                .map_or_else(|| format.value.clone(), |text| text.plain())
        });
    typed.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| {
        let titles: Vec<String> = keys.iter().map(|key| table.title(key)).collect();
        titles.join(", ")
    })
}

/// Draws symbols with their texts; returns how high they are together.
fn draw_items(
    list: &[(Symbol, String)],
    area: Rect,
    arrangement: Arrangement,
    (font, color): (Font, Color),
    items: &mut Vec<Item>,
) -> f64 {
    let (wide, high) = list
        .iter()
        .fold((SWATCH, PITCH), |(wide, high), (symbol, _)| match symbol {
            Symbol::Swatch(_) | Symbol::Shape(..) | Symbol::Picture(_) => (wide, high),
            Symbol::Circle(diameter) => (wide.max(*diameter), high.max(diameter + 2.0)),
        });
    let longest = list.iter().map(|(_, text)| font.width(text)).fold(0.0, f64::max);
    let column = (wide + GAP + longest + COLUMN_GAP).min(area.width.max(1.0));
    let most = (((area.width + COLUMN_GAP) / column).floor() as usize).max(1);
    let fits = list.len() as f64 * high <= area.height + 1.0;
    let columns = match arrangement {
        Arrangement::Column => 1,
        Arrangement::Automatic if fits => 1,
        Arrangement::Automatic | Arrangement::Row => most,
    };
    for (at, (symbol, text)) in list.iter().enumerate() {
        let left = area.x + (at % columns) as f64 * column;
        let top = area.y + (at / columns) as f64 * high;
        // What has no room is left out, as a scroll bar would hide it.
        if at >= columns && top + high / 2.0 > area.bottom() {
            break;
        }
        // In a zone that is lower than a line, the line stands in its middle.
        let middle = top + high.min(area.height) / 2.0;
        match symbol {
            Symbol::Shape(name, color) => {
                items.push(shape::shape(
                    name,
                    (left + wide / 2.0, middle),
                    SWATCH - 2.0,
                    *color,
                    None,
                ));
            }
            Symbol::Picture(picture) => {
                items.push(shape::picture(picture, (left + wide / 2.0, middle), SWATCH + 3.0));
            }
            Symbol::Swatch(color) => {
                let swatch = Rect::new(left, (middle - SWATCH / 2.0).round(), SWATCH, SWATCH);
                items.push(Item::Rect(swatch, 0.0, Style::fill(*color)));
            }
            Symbol::Circle(diameter) => {
                let pen = Stroke::new(theme::GREY, 1.0);
                let center = (left + wide / 2.0, middle);
                items.push(Item::Circle(
                    center,
                    (diameter / 2.0).max(0.5),
                    Style::stroke(pen),
                ));
            }
        }
        let room = match columns {
            1 => area.width,
            _ => column - COLUMN_GAP,
        };
        // Half a pixel, so that rounding cuts no text that the column was made for.
        let words = font.fit(text, (room - wide - GAP + 0.5).max(0.0));
        let base = middle + font.cap_height() / 2.0;
        items.push(Item::Text(Text::new(
            (left + wide + GAP, base),
            words,
            font,
            color,
        )));
    }
    list.len().div_ceil(columns) as f64 * high
}

fn draw_ramp(
    colors: &[(f64, Color)],
    (low, high): (&str, &str),
    area: Rect,
    (font, color): (Font, Color),
    items: &mut Vec<Item>,
) -> f64 {
    let bar = |x: f64, width: f64| {
        Item::Rect(
            Rect::new(x + 0.5, area.y + 0.5, (width - 1.0).max(0.0), BAR - 1.0),
            0.0,
            Style {
                fill: Some(Fill::Across(colors.to_vec())),
                stroke: Some(Stroke::new(theme::RULER, 1.0)),
            },
        )
    };
    let text = |at: (f64, f64), words: &str| Text::new(at, words, font, color);
    if area.height < BAR + 3.0 + font.ascent() {
        // Tableau: where there is no room below, the ends stand beside.
        let base = area.y + BAR / 2.0 + font.cap_height() / 2.0;
        let (before, after) = (font.width(low) + 4.0, font.width(high) + 4.0);
        let width = (area.width - before - after).min(WIDEST_BAR);
        if width >= 20.0 {
            items.push(Item::Text(text((area.x, base), low)));
            items.push(bar(area.x + before, width));
            items.push(Item::Text(text((area.x + before + width + 4.0, base), high)));
            return BAR;
        }
    }
    let width = area.width.min(WIDEST_BAR);
    items.push(bar(area.x, width));
    let base = area.y + BAR + 3.0 + font.ascent();
    let half = (width - 6.0) / 2.0;
    items.push(Item::Text(text((area.x, base), &font.fit(low, half))));
    let end = text((area.x + width, base), &font.fit(high, half));
    items.push(Item::Text(end.anchored(Anchor::End)));
    BAR + 3.0 + font.line_height()
}
