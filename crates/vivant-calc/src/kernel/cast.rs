//! Casts: `STR`, `INT`, `FLOAT`, `DATE` and `DATETIME`.

use super::number::to_integer;
use crate::civil::{Date, DateTime};
use crate::datetext::{self, DateOrder};
use crate::value::Value;

/// Why a cast has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastError {
    /// There is nothing to cast, or it does not read as the type: the result is null.
    Unreadable,
    /// The value is too large for the type.
    Overflow,
}

/// Writes a value as text; `None` for null.
pub fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        // Tableau: truth values are digits as text.
        Value::Boolean(value) => i64::from(*value).to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => real_text(*value),
        Value::String(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        Value::DateTime(moment) => moment.to_string(),
    })
}

/// Writes a real as the shortest text that reads back, without `.0`, and with an exponent of at least
/// two digits from 1e+15 up and below 1e-04.
pub fn real_text(x: f64) -> String {
    if x.is_nan() {
        return "NaN".to_string();
    }
    if x.is_infinite() {
        return if x > 0.0 { "Infinity" } else { "-Infinity" }.to_string();
    }
    if x == 0.0 || (1e-4..1e15).contains(&x.abs()) {
        return format!("{x}");
    }
    let scientific = format!("{x:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => scientific,
    }
}

/// Reads text as a real: digits with point and exponent, outer blanks and commas between the digits of
/// the whole part allowed; also infinity and NaN.
pub fn real_from_text(text: &str) -> Option<f64> {
    let text = text.trim();
    let (whole, rest) = text.split_at(text.find(['.', 'e', 'E']).unwrap_or(text.len()));
    if !whole.contains(',') {
        return text.parse().ok();
    }
    // A comma separates digits; at an end or doubled it does not.
    let digits = whole.trim_start_matches(['+', '-']);
    let well_placed = digits
        .split(',')
        .all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    if !well_placed {
        return None;
    }
    format!("{}{rest}", whole.replace(',', "")).parse().ok()
}

/// Casts to a real.
///
/// # Errors
/// When there is no value or the text is not a number.
pub fn real(value: &Value) -> Result<f64, CastError> {
    match value {
        Value::Null => Err(CastError::Unreadable),
        Value::Boolean(value) => Ok(f64::from(u8::from(*value))),
        Value::Integer(value) => Ok(*value as f64),
        Value::Real(value) => Ok(*value),
        Value::String(text) => real_from_text(text).ok_or(CastError::Unreadable),
        Value::Date(date) => Ok(date.serial() as f64),
        Value::DateTime(moment) => Ok(moment.serial()),
    }
}

/// Casts to an integer; fractions are cut off toward zero, dates are days since 1900-01-01.
///
/// # Errors
/// When there is no value, the text is not a number, or the number does not fit 64 bits.
pub fn integer(value: &Value) -> Result<i64, CastError> {
    let from_real = |x| to_integer(x, f64::trunc).ok_or(CastError::Overflow);
    match value {
        Value::Integer(value) => Ok(*value),
        Value::Date(date) => Ok(date.serial()),
        Value::DateTime(moment) => Ok(moment.date().serial()),
        // Not by way of a double, which would lose digits.
        Value::String(text) => match text.trim().replace(',', "").parse() {
            Ok(integer) if real_from_text(text).is_some() => Ok(integer),
            _ => match real_from_text(text) {
                Some(x) if x.is_nan() => Err(CastError::Unreadable),
                Some(x) => from_real(x),
                None => Err(CastError::Unreadable),
            },
        },
        other => match real(other)? {
            x if x.is_nan() => Err(CastError::Unreadable),
            x => from_real(x),
        },
    }
}

/// Casts to a date: text by its words, numbers as days since 1900-01-01.
///
/// # Errors
/// When there is no value, the text has no date, or the day is beyond the calendar.
pub fn date(value: &Value, order: DateOrder) -> Result<Date, CastError> {
    match value {
        Value::Date(date) => Ok(*date),
        Value::DateTime(moment) => Ok(moment.date()),
        Value::Integer(days) => Date::ZERO.plus_days(*days).ok_or(CastError::Overflow),
        Value::Real(days) => to_integer(*days, f64::floor)
            .and_then(|days| Date::ZERO.plus_days(days))
            .ok_or(if days.is_nan() {
                CastError::Unreadable
            } else {
                CastError::Overflow
            }),
        Value::String(text) => {
            let found = datetext::parse(text, order).ok_or(CastError::Unreadable)?;
            // `24:00` belongs to the next day.
            found.date.ok_or(CastError::Unreadable)?;
            found
                .on(Date::ZERO)
                .map(DateTime::date)
                .ok_or(CastError::Overflow)
        }
        Value::Null | Value::Boolean(_) => Err(CastError::Unreadable),
    }
}

/// Casts to a datetime: text by its words, with a time alone on 1900-01-01; numbers as days since then.
///
/// # Errors
/// When there is no value, the text has no date and no time, or the day is beyond the calendar.
pub fn datetime(value: &Value, order: DateOrder) -> Result<DateTime, CastError> {
    match value {
        Value::DateTime(moment) => Ok(*moment),
        Value::Date(date) => Ok(date.midnight()),
        Value::Integer(_) => date(value, order).map(Date::midnight),
        Value::Real(days) if days.is_nan() => Err(CastError::Unreadable),
        Value::Real(days) => DateTime::from_serial(*days).ok_or(CastError::Overflow),
        Value::String(text) => {
            let found = datetext::parse(text, order).ok_or(CastError::Unreadable)?;
            found.on(Date::ZERO).ok_or(CastError::Overflow)
        }
        Value::Null | Value::Boolean(_) => Err(CastError::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_are_written_shortest() {
        for (x, expected) in [
            (1.0, "1"),
            (-0.5, "-0.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1.5e20, "1.5e+20"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e-300, "1e-300"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(real_text(x), expected);
        }
    }

    #[test]
    fn text_reads_as_a_number() {
        for (text, expected) in [
            ("1,234.5", Some(1234.5)),
            (" 12 ", Some(12.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("-1,000", Some(-1000.0)),
            ("1e400", Some(f64::INFINITY)),
            ("1,", None),
            (",1", None),
            ("1,,2", None),
            ("1 2", None),
            ("$5", None),
            ("0x10", None),
            ("", None),
        ] {
            assert_eq!(real_from_text(text), expected, "{text}");
        }
        assert_eq!(
            integer(&Value::String("9,007,199,254,740,993".into())),
            Ok(9_007_199_254_740_993)
        );
        assert_eq!(
            integer(&Value::String("99999999999999999999".into())),
            Err(CastError::Overflow)
        );
        assert_eq!(integer(&Value::String("-12.9".into())), Ok(-12));
        assert_eq!(integer(&Value::String("1,".into())), Err(CastError::Unreadable));
    }
}
