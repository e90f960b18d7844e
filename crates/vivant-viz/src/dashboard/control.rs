//! Filter cards and parameter controls, drawn with their state.

use vivant_calc::Value;
use vivant_document::display::{self, Language};
use vivant_document::spec::{Derivation, Literal, ParameterSpec};
use vivant_render::{Anchor, Color, Font, Item, Path, Rect, Stroke, Style, Text};

use crate::number::number;
use crate::theme;

/// What a control shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ControlState {
    /// Values with a box each, or a circle where one alone can be chosen.
    List {
        single: bool,
        items: Vec<(String, bool)>,
    },
    /// A closed list with what it says.
    DropDown(String),
    /// One value of many: its place between the first and the last.
    Slider { text: String, part: f64 },
    /// The values at both ends and their places.
    Range {
        from: String,
        to: String,
        parts: (f64, f64),
    },
    /// A box to type in.
    Input(String),
    /// A box to search in.
    Search(String),
    /// A box to search in, and what was chosen.
    Chosen(Vec<String>),
}

/// Height of boxes.
const BOX: f64 = 21.0;
/// Distance of the values of a list.
const PITCH: f64 = 19.0;
/// Side of what is ticked.
const TICK: f64 = 12.0;
/// Radius of handles.
const HANDLE: f64 = 6.0;
const LINE: Color = Color::rgb(0x00C8_C8C8);
const TICKED: Color = Color::rgb(0x0055_5555);
const TRACK: Color = Color::rgb(0x00E0_E0E0);
const FILLED: Color = Color::rgb(0x00B4_B4B4);

/// How the words of a control look.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub font: Font,
    pub color: Color,
}

/// Draws a control from the top of an area; what does not fit is left out.
pub(crate) fn draw(state: &ControlState, area: Rect, words: Words) -> Vec<Item> {
    let mut items = Vec::new();
    match state {
        ControlState::List { single, items: list } => draw_list(*single, list, area, words, &mut items),
        ControlState::DropDown(text) => {
            boxed(text, area, words, 20.0, &mut items);
            let (x, y) = (area.right() - 11.0, area.y + BOX / 2.0);
            let arrow = Path::polygon([(x - 4.0, y - 2.0), (x + 4.0, y - 2.0), (x, y + 3.0)]);
            items.push(Item::Path(arrow, Style::fill(theme::GREY)));
        }
        ControlState::Slider { text, part } => {
            boxed(text, area, words, 6.0, &mut items);
            let y = area.y + BOX + 6.0 + HANDLE;
            let (left, right) = (area.x + HANDLE + 1.0, area.right() - HANDLE - 1.0);
            let at = left + (right - left).max(0.0) * part.clamp(0.0, 1.0);
            track((left, right), (left, left), y, &mut items);
            handle(at, y, &mut items);
        }
        ControlState::Range { from, to, parts } => {
            let line = words.font.line_height();
            let base = area.y + words.font.ascent();
            let half = (area.width - 8.0).max(0.0) / 2.0;
            // Two long values stand one below the other rather than cut.
            let stacked = words.font.width(from) + words.font.width(to) + 8.0 > area.width;
            let wide = if stacked { area.width } else { half };
            let first = Text::new(
                (area.x, base),
                words.font.fit(from, wide),
                words.font,
                words.color,
            );
            items.push(Item::Text(first));
            let below = if stacked { line } else { 0.0 };
            let second = Text::new(
                (area.right(), base + below),
                words.font.fit(to, wide),
                words.font,
                words.color,
            );
            items.push(Item::Text(second.anchored(Anchor::End)));
            let y = area.y + line + below + 4.0 + HANDLE;
            let (left, right) = (area.x + HANDLE + 1.0, area.right() - HANDLE - 1.0);
            let place = |part: f64| left + (right - left).max(0.0) * part.clamp(0.0, 1.0);
            let ends = (place(parts.0), place(parts.1));
            track((left, right), ends, y, &mut items);
            handle(ends.0, y, &mut items);
            handle(ends.1, y, &mut items);
        }
        ControlState::Input(text) => boxed(text, area, words, 6.0, &mut items),
        ControlState::Search(text) => search(text, area, words, &mut items),
        ControlState::Chosen(names) => {
            search("", area, words, &mut items);
            let list: Vec<(String, bool)> = names.iter().map(|name| (name.clone(), true)).collect();
            draw_list(
                false,
                &list,
                area.inset(0.0, BOX + 4.0, 0.0, 0.0),
                words,
                &mut items,
            );
        }
    }
    items
}

fn boxed(text: &str, area: Rect, words: Words, reserve: f64, items: &mut Vec<Item>) {
    let place = Rect::new(area.x + 0.5, area.y + 0.5, (area.width - 1.0).max(0.0), BOX - 1.0);
    items.push(Item::Rect(
        place,
        0.0,
        Style::fill(Color::WHITE).bordered(Stroke::new(LINE, 1.0)),
    ));
    let base = area.y + BOX / 2.0 + words.font.cap_height() / 2.0;
    let fitted = words.font.fit(text, (area.width - 6.0 - reserve).max(0.0));
    items.push(Item::Text(Text::new(
        (area.x + 6.0, base),
        fitted,
        words.font,
        words.color,
    )));
}

fn search(text: &str, area: Rect, words: Words, items: &mut Vec<Item>) {
    boxed(text, area, words, 22.0, items);
    let (x, y) = (area.right() - 13.0, area.y + BOX / 2.0 - 1.0);
    let pen = Stroke::new(theme::GREY, 1.25);
    items.push(Item::Circle((x, y), 3.5, Style::stroke(pen.clone())));
    items.push(Item::Line((x + 2.6, y + 2.6), (x + 6.0, y + 6.0), pen));
}

fn draw_list(single: bool, list: &[(String, bool)], area: Rect, words: Words, items: &mut Vec<Item>) {
    for (at, (text, on)) in list.iter().enumerate() {
        let top = area.y + PITCH * at as f64;
        // The last one is cut where its half does not fit.
        if top + PITCH / 2.0 > area.bottom() {
            break;
        }
        let middle = top + PITCH / 2.0;
        let pen = Stroke::new(Color::rgb(0x0099_9999), 1.0);
        match single {
            true => {
                let center = (area.x + TICK / 2.0 + 0.5, middle);
                items.push(Item::Circle(
                    center,
                    TICK / 2.0 - 0.5,
                    Style::fill(Color::WHITE).bordered(pen),
                ));
                if *on {
                    items.push(Item::Circle(center, 3.0, Style::fill(TICKED)));
                }
            }
            false => {
                let left = area.x + 0.5;
                let place = Rect::new(left, (middle - TICK / 2.0).round() + 0.5, TICK - 1.0, TICK - 1.0);
                items.push(Item::Rect(place, 0.0, Style::fill(Color::WHITE).bordered(pen)));
                if *on {
                    let hook = Path::polyline([
                        (place.x + 2.2, place.y + 5.6),
                        (place.x + 4.6, place.y + 8.2),
                        (place.x + 9.0, place.y + 2.8),
                    ]);
                    items.push(Item::Path(hook, Style::stroke(Stroke::new(TICKED, 1.6))));
                }
            }
        }
        let base = middle + words.font.cap_height() / 2.0;
        let left = area.x + TICK + 6.0;
        let fitted = words.font.fit(text, (area.right() - left).max(0.0));
        items.push(Item::Text(Text::new(
            (left, base),
            fitted,
            words.font,
            words.color,
        )));
    }
}

fn track((left, right): (f64, f64), filled: (f64, f64), y: f64, items: &mut Vec<Item>) {
    let bar = |from: f64, to: f64| Rect::new(from, y - 1.5, (to - from).max(0.0), 3.0);
    items.push(Item::Rect(bar(left, right), 1.5, Style::fill(TRACK)));
    if filled.1 > filled.0 {
        items.push(Item::Rect(bar(filled.0, filled.1), 1.5, Style::fill(FILLED)));
    }
}

fn handle(x: f64, y: f64, items: &mut Vec<Item>) {
    let style = Style::fill(Color::WHITE).bordered(Stroke::new(Color::rgb(0x008C_8C8C), 1.0));
    items.push(Item::Circle((x, y), HANDLE - 0.5, style));
}

/// What the control of a parameter shows.
pub(crate) fn parameter(language: &Language, parameter: &ParameterSpec, mode: Option<&str>) -> ControlState {
    let text = parameter_text(language, parameter);
    let mode = mode.unwrap_or(match (&parameter.range, parameter.members.is_empty()) {
        (_, false) => "compact",
        (Some([Some(_), Some(_), _]), true) => "slider",
        _ => "type_in",
    });
    match mode {
        "list" => ControlState::List {
            single: true,
            items: parameter
                .members
                .iter()
                .map(|(literal, label)| {
                    (
                        member_text(language, parameter, literal, label),
                        *literal == parameter.value,
                    )
                })
                .collect(),
        },
        "slider" => {
            let place = || {
                if let Some(at) = parameter
                    .members
                    .iter()
                    .position(|(literal, _)| *literal == parameter.value)
                {
                    return Some(at as f64 / (parameter.members.len().max(2) - 1) as f64);
                }
                let [min, max, _] = parameter.range.as_ref()?;
                let of = |literal: &Option<Literal>| number(literal.as_ref()?.value()?);
                let (min, max, own) = (of(min)?, of(max)?, number(parameter.value.value()?)?);
                (max > min).then(|| (own - min) / (max - min))
            };
            ControlState::Slider {
                text,
                part: place().unwrap_or(0.0),
            }
        }
        "compact" => ControlState::DropDown(text),
        _ => ControlState::Input(text),
    }
}

/// The value of a parameter as people see it.
pub(crate) fn parameter_text(language: &Language, parameter: &ParameterSpec) -> String {
    let listed = parameter
        .members
        .iter()
        .find(|(literal, _)| *literal == parameter.value);
    match (listed, &parameter.alias) {
        (Some((literal, label)), _) => member_text(language, parameter, literal, label),
        (None, Some(alias)) => alias.clone(),
        (None, None) => written(language, parameter, &parameter.value),
    }
}

fn member_text(language: &Language, parameter: &ParameterSpec, literal: &Literal, label: &str) -> String {
    // A member without a label of its own has its literal there.
    match Literal::parse(label) == *literal || label.is_empty() {
        true => written(language, parameter, literal),
        false => label.to_owned(),
    }
}

fn written(language: &Language, parameter: &ParameterSpec, literal: &Literal) -> String {
    match literal {
        Literal::Value(Value::Null) => language.say("Null").to_owned(),
        Literal::Value(value) => {
            display::text_in(language, value, Derivation::None, parameter.format.as_deref())
        }
        Literal::All => language.say("(All)").to_owned(),
        Literal::Other(text) => text.clone(),
        Literal::Tuple(_) | Literal::ManyValues => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use vivant_calc::DataType;
    use vivant_document::display::ENGLISH;

    use super::*;

    fn metric(value: Literal) -> ParameterSpec {
        let text = |text: &str| Literal::Value(Value::String(text.to_owned()));
        ParameterSpec {
            name: "P".to_owned(),
            caption: "Metric".to_owned(),
            data_type: DataType::String,
            value,
            alias: None,
            members: vec![
                (text("Sales"), "\"Sales\"".to_owned()),
                (text("Orders"), "Number of orders".to_owned()),
            ],
            range: None,
            format: None,
        }
    }

    #[test]
    fn parameters_show_labels_and_the_value_chosen() {
        let orders = metric(Literal::Value(Value::String("Orders".to_owned())));
        assert_eq!(parameter_text(ENGLISH, &orders), "Number of orders");
        assert_eq!(
            parameter(ENGLISH, &orders, Some("list")),
            ControlState::List {
                single: true,
                items: vec![("Sales".to_owned(), false), ("Number of orders".to_owned(), true)],
            }
        );
        assert_eq!(
            parameter(ENGLISH, &orders, None),
            ControlState::DropDown("Number of orders".to_owned())
        );
    }

    #[test]
    fn a_slider_stands_where_its_value_is() {
        let number = |value: f64| Some(Literal::Value(Value::Real(value)));
        let target = ParameterSpec {
            members: Vec::new(),
            range: Some([number(0.0), number(0.3), number(0.01)]),
            format: Some("p0%".to_owned()),
            ..metric(Literal::Value(Value::Real(0.12)))
        };
        let ControlState::Slider { text, part } = parameter(ENGLISH, &target, Some("slider")) else {
            panic!("no slider");
        };
        assert_eq!(text, "12%");
        assert!((part - 0.4).abs() < 1e-9);
    }

    #[test]
    fn lists_end_where_their_zone_does() {
        let list = ControlState::List {
            single: false,
            items: (0..1000).map(|at| (at.to_string(), true)).collect(),
        };
        let words = Words {
            font: theme::TEXT,
            color: theme::DARK,
        };
        let drawn = draw(&list, Rect::new(0.0, 0.0, 100.0, 3.0 * PITCH), words);
        assert_eq!(
            drawn.iter().filter(|item| matches!(item, Item::Text(_))).count(),
            3
        );
    }
}
