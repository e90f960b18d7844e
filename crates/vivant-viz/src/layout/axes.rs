//! Axes: the room that they need, their ticks and titles.

use std::collections::HashMap;

use vivant_calc::civil::Weekday;
use vivant_document::spec::{AxisSpec, FieldRef, Literal, Side, attribute, format_for};
use vivant_render::{Anchor, Color, Font, Group, Item, Stroke, Text};

use super::{Layout, sharp};
use crate::lanes::{Axis, Lane};
use crate::number::{Writing, between, number};
use crate::rows::Table;
use crate::scale::{DateSpacing, DateStep, Scale, ScaleKind, Tick, TickRules};
use crate::theme;

/// Room for the title of an axis.
const AXIS_TITLE: f64 = 20.0;
/// Length of tick marks.
const TICK: f64 = 4.0;

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

/// The room that axes take left, right, above and below of the panes.
pub(super) fn axis_rooms(table: &Table<'_>, rows: &[Lane], cols: &[Lane], axes: &Axes) -> [f64; 4] {
    let shown = |side: Side, axis: &Axis| table.shows_axis(side, axis);
    let vertical = |nth: usize| {
        rows.iter()
            .enumerate()
            .filter_map(|(at, lane)| lane.axes.get(nth).map(|axis| (at, axis)))
            .filter(|(_, axis)| shown(Side::Rows, axis))
            .map(|(at, axis)| {
                let scale = axes.scale(Side::Rows, at, axis);
                let texts = scale.map(|scale| table.ticks(Side::Rows, axis, scale, 200.0));
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
    [vertical(0), vertical(1), horizontal(1), horizontal(0)]
}

impl Layout {
    pub(super) fn vertical_axes(&self, table: &Table<'_>, rows: &[Lane], axes: &Axes, items: &mut Vec<Item>) {
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
                let ticks = table.ticks(Side::Rows, axis, scale, height);
                for tick in &ticks {
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
                    let words = Text::new(
                        (edge + sign * (TICK + 4.0), base),
                        tick.text.as_str(),
                        font,
                        color,
                    );
                    group.push(Item::Text(words.anchored(anchor)));
                }
                let title = table.whole_title(Side::Rows, axis, scale, &ticks);
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

    pub(super) fn horizontal_axes(
        &self,
        table: &Table<'_>,
        cols: &[Lane],
        axes: &Axes,
        items: &mut Vec<Item>,
    ) {
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
                let ticks = table.ticks(Side::Cols, axis, scale, width);
                let mut texts: Vec<(f64, f64, &str)> = Vec::with_capacity(ticks.len());
                for tick in &ticks {
                    let place = x + width * scale.part(tick.value);
                    let line = sharp(place);
                    group.push(Item::Line(
                        (line, edge),
                        (line, edge + sign * TICK),
                        Stroke::new(ink, 1.0),
                    ));
                    // Texts at the ends stay within the pane.
                    let half = font.width(&tick.text) / 2.0;
                    let room = half.min(width / 2.0);
                    texts.push((between(place, x + room, x + width - room), half, &tick.text));
                }
                if scale.reversed {
                    texts.reverse();
                }
                for (middle, _, text) in apart(&texts) {
                    let words = Text::new((*middle, text_base), *text, font, color);
                    group.push(Item::Text(words.anchored(Anchor::Middle)));
                }
                let title = table.whole_title(Side::Cols, axis, scale, &ticks);
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

/// Leaves out a text at an end that was pushed onto the one beside it.
fn apart<'t, 's>(texts: &'t [(f64, f64, &'s str)]) -> &'t [(f64, f64, &'s str)] {
    let touch = |left: &(f64, f64, &str), right: &(f64, f64, &str)| left.0 + left.1 > right.0 - right.1;
    let mut texts = texts;
    if let [first, second, _, ..] = texts
        && touch(first, second)
    {
        texts = &texts[1..];
    }
    if let [_, .., before, last] = texts
        && touch(before, last)
    {
        texts = &texts[..texts.len() - 1];
    }
    texts
}

/// The distance of the ticks of a date axis, and one of them.
fn date_spacing(spec: &AxisSpec) -> Option<DateSpacing> {
    let set = |name: &str| attribute(&spec.attributes, name);
    let units = set("major-units")?;
    let origin = set("major-origin").and_then(|text| number(Literal::parse(text).value()?));
    Some(DateSpacing {
        step: DateStep::named(spec.major_spacing?, units)?,
        origin,
    })
}

impl Table<'_> {
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

    /// The title with what the texts of ticks leave out.
    fn whole_title(&self, side: Side, axis: &Axis, scale: &Scale, ticks: &[Tick]) -> String {
        let title = self.axis_title(side, axis);
        let is_set = self.axis_attribute(side, axis, "title").is_some();
        let writing = self.writing(Some(&axis.key));
        let drops = scale.kind == ScaleKind::Date && writing.pattern().is_none() && !is_set;
        match scale.left_out(ticks, writing).filter(|_| drops) {
            Some(part) => format!("{title} [{part}]"),
            None => title,
        }
    }

    /// The format of an axis: its own, else that of the field.
    fn axis_format(&self, key: &FieldRef) -> Option<&str> {
        format_for(&self.sheet.style, "label", "text-format", key).or_else(|| self.format(key))
    }

    /// The ticks of an axis that is so many pixels long. Numbers beside each other need room for their width.
    pub(super) fn ticks(&self, side: Side, axis: &Axis, scale: &Scale, length: f64) -> Vec<Tick> {
        let (font, _) = self.tick_look(axis);
        let width = |text: &str| match side {
            Side::Rows => 0.0,
            Side::Cols => font.width(text),
        };
        let spec = axis.spec(self.sheet, side);
        let source = self.workbook.source(&axis.key.source);
        let week_start = source.and_then(|source| Weekday::from_name(source.week_start.as_deref()?));
        scale.ticks(&TickRules {
            length,
            vertical: side == Side::Rows,
            writing: self.writing(Some(&axis.key)),
            spacing: spec.and_then(|spec| spec.major_spacing),
            dates: spec.and_then(date_spacing),
            week_start: week_start.unwrap_or(Weekday::Sunday),
            width: &width,
        })
    }

    /// How numbers and dates of an axis are written.
    pub(crate) fn writing(&self, key: Option<&FieldRef>) -> Writing<'_> {
        Writing {
            language: self.workbook.language,
            format: key.and_then(|key| self.axis_format(key)),
        }
    }

    /// How the texts of an axis look.
    fn tick_look(&self, axis: &Axis) -> (Font, Color) {
        let key = Some(&axis.key);
        (
            self.font("label", key, theme::TEXT),
            self.color("label", key, theme::GREY),
        )
    }

    /// The colour of the tick marks of an axis.
    fn tick_color(&self, side: Side, axis: &Axis) -> Color {
        let set = self.axis_attribute(side, axis, "tick-color");
        set.and_then(|text| text.parse().ok()).unwrap_or(theme::RULER)
    }
}
