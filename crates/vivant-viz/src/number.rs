//! Values as numbers on an axis, and how axes write them.

use vivant_calc::Value;
use vivant_calc::civil::{Date, DateTime};
use vivant_document::display::{self, Language};

/// Days from the first day of civil serial numbers are what dates are on an axis.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Real(value) => value.is_finite().then_some(*value),
        Value::Boolean(value) => Some(f64::from(u8::from(*value))),
        Value::Date(day) => Some(day.days() as f64),
        Value::DateTime(moment) => Some(moment.micros() as f64 / MICROS),
        Value::Null | Value::String(_) => None,
    }
}

/// Whether two values are one place of an axis or one member, whatever the types of their numbers.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    a == b || matches!((number(a), number(b)), (Some(a), Some(b)) if a == b)
}

/// A number that the document writes; `nan` and `inf` are none.
pub(crate) fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// The nearest place between two; the second end counts where they lie the wrong way round.
pub(crate) fn between(value: f64, low: f64, high: f64) -> f64 {
    value.max(low).min(high)
}

/// Microseconds of a day.
pub(crate) const MICROS: f64 = 86_400_000_000.0;

/// The moment of a place on a date axis.
pub(crate) fn moment(days: f64) -> Option<DateTime> {
    DateTime::from_micros((days * MICROS).round() as i64)
}

/// The first moment of a month, counted from January of the year 0.
pub(crate) fn month_start(months: i64) -> Option<f64> {
    let day = Date::new(months.div_euclid(12), months.rem_euclid(12) + 1, 1)?;
    Some(day.days() as f64)
}

/// The month that a place on a date axis is in, counted from January of the year 0.
pub(crate) fn month_of(days: f64) -> Option<i64> {
    let (year, month, _) = moment(days)?.date().ymd();
    Some(year * 12 + month - 1)
}

/// How the numbers and dates of an axis are written.
#[derive(Clone, Copy)]
pub(crate) struct Writing<'a> {
    pub language: &'static Language,
    pub format: Option<&'a str>,
}

impl Writing<'_> {
    /// The format, where there is one.
    pub fn pattern(self) -> Option<display::Format> {
        self.format
            .filter(|format| !format.is_empty())
            .map(display::Format::parse)
    }
}

/// Writes the number of a tick. Without a format the unit follows from the step of the axis, not from the value.
pub(crate) fn tick_text(value: f64, step: f64, writing: Writing<'_>) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    if let Some(format) = writing.pattern()
        && let Some(text) = format.number_in(writing.language, value)
    {
        return text;
    }
    let multiple = |unit: f64| step >= unit && (step / unit - (step / unit).round()).abs() < 1e-9;
    for (unit, letter) in [(1e9, "B"), (1e6, "M"), (1e3, "K")] {
        if multiple(unit) {
            return format!("{:.0}{letter}", value / unit);
        }
    }
    writing.language.digits(&format!("{value:.*}", decimals(step)))
}

/// Writes a number that has no format: whole above a thousand, else with four digits at most.
pub(crate) fn plain(language: &Language, value: f64) -> String {
    const DIGITS: i32 = 4;
    let whole = value.abs().max(1e-9).log10().floor() as i32 + 1;
    let decimals = (DIGITS - whole.max(1)).clamp(0, 9) as usize;
    let text = format!("{:.decimals$}", value.abs());
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    let (whole, rest) = text
        .split_once('.')
        .map_or((text, ""), |(whole, rest)| (whole, rest));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let sign = if value < 0.0 && text != "0" { "-" } else { "" };
    let point = if rest.is_empty() { "" } else { "." };
    language.digits(&format!("{sign}{out}{point}{rest}"))
}

/// How many decimals a step needs.
fn decimals(step: f64) -> usize {
    let mut places = 0;
    let mut scaled = step.abs();
    while places < 12 && (scaled - scaled.round()).abs() > 1e-9 * scaled.max(1e-12) {
        scaled *= 10.0;
        places += 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writing(format: Option<&str>) -> Writing<'_> {
        let language = display::ENGLISH;
        Writing { language, format }
    }

    #[test]
    fn ticks_are_written_in_the_unit_of_their_step() {
        let cases = [
            (500_000.0, 500_000.0, "500K"),
            (2_000_000.0, 500_000.0, "2000K"),
            (9e6, 1e6, "9M"),
            (0.0, 1e6, "0M"),
            (1200.0, 200.0, "1200"),
            (0.1, 0.1, "0.1"),
            (0.02, 0.02, "0.02"),
            (-0.0, 0.5, "0.0"),
            (-2000.0, 1000.0, "-2K"),
        ];
        for (value, step, expected) in cases {
            assert_eq!(tick_text(value, step, writing(None)), expected);
        }
        let money = writing(Some("c\"$\"#,##0"));
        assert_eq!(tick_text(20_000.0, 10_000.0, money), "$20,000");
        assert_eq!(tick_text(0.05, 0.05, writing(Some("p0%"))), "5%");
        let german = Writing {
            language: Language::find("de").unwrap(),
            ..money
        };
        assert_eq!(tick_text(20_000.0, 10_000.0, german), "$20.000");
        assert_eq!(
            tick_text(
                0.5,
                0.5,
                Writing {
                    format: None,
                    ..german
                }
            ),
            "0,5"
        );
    }

    #[test]
    fn plain_numbers_have_four_digits() {
        for (value, expected) in [
            (1_234_567.8, "1,234,568"),
            (12.0, "12"),
            (0.5, "0.5"),
            (2.23607, "2.236"),
            (-999.96, "-1,000"),
            (-0.0, "0"),
            (43.25, "43.25"),
        ] {
            assert_eq!(plain(display::ENGLISH, value), expected);
        }
    }

    #[test]
    fn months_begin_where_the_calendar_says() {
        let start = month_start(2023 * 12 + 1).unwrap();
        assert_eq!(moment(start).unwrap().date().ymd(), (2023, 2, 1));
        assert_eq!(month_of(start + 27.9), Some(2023 * 12 + 1));
    }
}
