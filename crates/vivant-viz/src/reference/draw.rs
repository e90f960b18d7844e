//! How reference lines, bands and boxes look.

use vivant_calc::Value;
use vivant_document::spec::{Derivation, FieldRef, ReferenceLine, Side};
use vivant_render::{Color, Font, Item, Rect, Stroke, Style};

use super::Reference;
use crate::label::Line;
use crate::lanes::Axis;
use crate::layout::{Layout, sharp};
use crate::marks::{Labels, Wanted};
use crate::number::plain;
use crate::rows::Table;
use crate::scale::Scale;
use crate::stats::BoxFigures;
use crate::theme;

/// Draws what lies behind the marks.
pub(crate) fn behind(found: &[Reference<'_>], layout: &Layout, scale: &Scales<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for reference in found {
        for &lane in &reference.lanes {
            let Some(scale) = scale(reference.side, lane, &reference.axis) else {
                continue;
            };
            for (from, to, color) in &reference.bands {
                let low = from.map_or(0.0, |value| scale.part(value).clamp(0.0, 1.0));
                let high = to.map_or(1.0, |value| scale.part(value).clamp(0.0, 1.0));
                let (low, high) = (low.min(high), low.max(high));
                if high <= low {
                    continue;
                }
                let area = reference.area(layout, lane);
                let rect = match reference.side {
                    Side::Rows => Rect::new(
                        area.x,
                        area.y + area.height * (1.0 - high),
                        area.width,
                        area.height * (high - low),
                    ),
                    Side::Cols => Rect::new(
                        area.x + area.width * low,
                        area.y,
                        area.width * (high - low),
                        area.height,
                    ),
                };
                items.push(Item::Rect(rect, 0.0, Style::fill(*color)));
            }
        }
    }
    items
}

/// Finds the scale of an axis in a lane.
pub(crate) type Scales<'s> = dyn Fn(Side, usize, &Axis) -> Option<Scale> + 's;

/// Draws what lies over the marks.
pub(crate) fn over(
    table: &Table<'_>,
    found: &[Reference<'_>],
    layout: &Layout,
    scale: &Scales<'_>,
    wanted: &mut Labels,
) -> Vec<Item> {
    let mut items = Vec::new();
    for reference in found {
        for &lane in &reference.lanes {
            let Some(scale) = scale(reference.side, lane, &reference.axis) else {
                continue;
            };
            let area = reference.area(layout, lane);
            if let Some(figures) = reference.figures {
                items.extend(reference.figure(table, figures, &scale, area));
            }
            reference.draw_lines(table, &scale, area, &mut items, wanted);
        }
    }
    items
}

impl Reference<'_> {
    /// The area of a lane that the reference crosses.
    fn area(&self, layout: &Layout, lane: usize) -> Rect {
        let first = self.across.first().copied().unwrap_or(0);
        let last = self.across.last().copied().unwrap_or(0);
        let (a, b) = match self.side {
            Side::Rows => (layout.pane(lane, first), layout.pane(lane, last)),
            Side::Cols => (layout.pane(first, lane), layout.pane(last, lane)),
        };
        Rect::new(a.x, a.y, b.right() - a.x, b.bottom() - a.y)
    }

    fn id(&self) -> &str {
        self.spec.get("id").unwrap_or_default()
    }

    fn draw_lines(
        &self,
        table: &Table<'_>,
        scale: &Scale,
        area: Rect,
        items: &mut Vec<Item>,
        wanted: &mut Labels,
    ) {
        let has_bands = !self.bands.is_empty() || self.spec.get("paired-id").is_some();
        let stroke = table.reference_stroke("refline", self.id(), self.side, !has_bands);
        let (font, color) = table.reference_font(self.id(), self.side);
        for (value, words) in &self.lines {
            let part = scale.part(*value);
            if !(-0.001..=1.001).contains(&part) {
                continue;
            }
            let (from, to) = match self.side {
                Side::Rows => {
                    let y = sharp((area.y + area.height * (1.0 - part)).min(area.bottom() - 0.5));
                    ((area.x, y), (area.right(), y))
                }
                Side::Cols => {
                    let x = sharp((area.x + area.width * part).min(area.right() - 0.5));
                    ((x, area.y), (x, area.bottom()))
                }
            };
            if let Some(stroke) = &stroke {
                items.push(Item::Line(from, to, stroke.clone()));
            }
            if words.is_empty() {
                continue;
            }
            let width = font.width(words);
            let (x, base) = match self.side {
                // Above the left end of the line, or below where there is no room.
                Side::Rows if from.1 - font.line_height() < area.y => {
                    (from.0 + 3.0, from.1 + font.ascent() + 1.0)
                }
                Side::Rows => (from.0 + 3.0, from.1 - font.descent()),
                // Beside the lower end of the line, on the side that has room.
                Side::Cols if from.0 + width + 6.0 > area.right() => {
                    (from.0 - 3.0 - width, to.1 - font.descent() - 1.0)
                }
                Side::Cols => (from.0 + 3.0, to.1 - font.descent() - 1.0),
            };
            wanted.want(Wanted {
                lines: vec![Line::plain(words.clone(), font, color)],
                places: vec![(x, base - font.ascent())],
                align: 0,
                of: None,
                // What a line says is not said elsewhere.
                yields: false,
                slides: false,
            });
        }
    }

    /// The box with its whiskers.
    fn figure(&self, table: &Table<'_>, figures: BoxFigures, scale: &Scale, area: Rect) -> Vec<Item> {
        const WIDEST: f64 = 40.0;
        let set = |attr: &str| -> Option<Color> {
            table
                .reference_format("refboxplot", attr, self.id(), self.side)?
                .parse()
                .ok()
        };
        let stroke = table
            .reference_stroke("refboxplot", self.id(), self.side, true)
            .unwrap_or(Stroke::new(Color::rgb(0x0066_6666), 1.0));
        let thick = match self.side {
            Side::Rows => area.width,
            Side::Cols => area.height,
        };
        let thick = (thick * 0.6).clamp(4.0, WIDEST);
        // From values to pixels, along the axis.
        let place = |value: f64| match self.side {
            Side::Rows => area.y + area.height * (1.0 - scale.part(value)),
            Side::Cols => area.x + area.width * scale.part(value),
        };
        let middle = match self.side {
            Side::Rows => area.center().0,
            Side::Cols => area.center().1,
        };
        let line = |a: (f64, f64), b: (f64, f64)| {
            let turn = |(along, across): (f64, f64)| match self.side {
                Side::Rows => (across, along),
                Side::Cols => (along, across),
            };
            Item::Line(turn(a), turn(b), stroke.clone())
        };
        let half = |from: f64, to: f64, color: Color| {
            let (a, b) = (place(from).min(place(to)), place(from).max(place(to)));
            let rect = match self.side {
                Side::Rows => Rect::new(middle - thick / 2.0, a, thick, b - a),
                Side::Cols => Rect::new(a, middle - thick / 2.0, b - a, thick),
            };
            Item::Rect(rect, 0.0, Style::fill(color).bordered(stroke.clone()))
        };
        let cap = |value: f64| {
            line(
                (place(value), middle - thick / 2.0),
                (place(value), middle + thick / 2.0),
            )
        };
        vec![
            line((place(figures.low), middle), (place(figures.lower), middle)),
            line((place(figures.upper), middle), (place(figures.high), middle)),
            cap(figures.low),
            cap(figures.high),
            half(
                figures.lower,
                figures.median,
                set("fill-below").unwrap_or(Color::rgb(0x0096_9696).with_alpha(120)),
            ),
            half(
                figures.median,
                figures.upper,
                set("fill-above").unwrap_or(Color::rgb(0x00C8_C8C8).with_alpha(120)),
            ),
        ]
    }
}

impl Table<'_> {
    /// A format of a reference line: its own, else that of its side, else that of all.
    pub fn reference_format(&self, element: &str, attr: &str, id: &str, side: Side) -> Option<&str> {
        let scope = match side {
            Side::Rows => "rows",
            Side::Cols => "cols",
        };
        let of = |rank: usize| {
            self.sheet
                .style
                .iter()
                .filter(|rule| rule.element == element)
                .flat_map(|rule| &rule.formats)
                .rfind(|format| {
                    format.attr == attr
                        && format.field.is_none()
                        && format.data_class.is_none()
                        && match rank {
                            0 => format.id.as_deref() == Some(id),
                            1 => format.id.is_none() && format.scope.as_deref() == Some(scope),
                            _ => format.id.is_none() && format.scope.is_none(),
                        }
                })
                .map(|format| format.value.as_str())
        };
        of(0).or_else(|| of(1)).or_else(|| of(2))
    }

    /// How a line of a kind is drawn; `None` where it is hidden.
    pub fn reference_stroke(&self, element: &str, id: &str, side: Side, shown: bool) -> Option<Stroke> {
        let set = |attr: &str| self.reference_format(element, attr, id, side);
        let is_shown = match set("line-visibility") {
            Some("off") => false,
            Some("on") => true,
            _ => shown,
        };
        let width = set("stroke-size").and_then(crate::number::finite).unwrap_or(1.0);
        if !is_shown || width <= 0.0 {
            return None;
        }
        let color = set("stroke-color")
            .and_then(|text| text.parse().ok())
            .unwrap_or(theme::GREY);
        let width = width.min(20.0);
        let stroke = Stroke::new(color, width);
        Some(match set("line-pattern-only").or_else(|| set("line-pattern")) {
            Some("dashed") => stroke.dashed([4.0 * width.max(1.0), 3.0 * width.max(1.0)]),
            Some("dotted") => stroke.dashed([width.max(1.0), 2.0 * width.max(1.0)]),
            _ => stroke,
        })
    }

    fn reference_font(&self, id: &str, side: Side) -> (Font, Color) {
        let set = |attr: &str| self.reference_format("refline", attr, id, side);
        let size = set("font-size").and_then(crate::number::finite);
        let mut font = Font::new(size.map_or(theme::TEXT.size - 1.0, |points| {
            points.clamp(4.0, 60.0) * 4.0 / 3.0
        }));
        if set("font-weight") == Some("bold") {
            font = font.weighing(vivant_render::Weight::Bold);
        }
        (
            font,
            set("color")
                .and_then(|text| text.parse().ok())
                .unwrap_or(theme::GREY),
        )
    }

    /// The value of a reference line as its label shows it.
    pub(super) fn reference_value(&self, spec: &ReferenceLine, source: &FieldRef, value: f64) -> String {
        let id = spec.get("id").unwrap_or_default();
        let parameter = (source.source == "Parameters")
            .then(|| self.workbook.parameter(&source.name))
            .flatten();
        let set = self
            .reference_format("refline", "text-format", id, Side::Rows)
            .or_else(|| parameter.and_then(|parameter| parameter.format.as_deref()))
            .filter(|format| !format.is_empty());
        if let Some(format) = set {
            return vivant_document::display::text_in(
                self.workbook.language,
                &Value::Real(value),
                Derivation::None,
                Some(format),
            );
        }
        if self.is_date(source) || self.format(source).is_some_and(|format| !format.is_empty()) {
            return self.number_text(source, value);
        }
        plain(self.workbook.language, value)
    }
}
