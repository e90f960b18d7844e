//! Values as documents write them.

use std::fmt;

use crate::error::{Error, Result, shorten};

/// A value in a filter, parameter or alias.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// Whole number.
    Integer(i64),
    /// Number.
    Real(f64),
    /// Truth value.
    Boolean(bool),
    /// Day as `2024-03-01`, or day and time as `2024-03-01 14:00:00`.
    Date(String),
    /// No value.
    Null,
}

impl Literal {
    /// Reads a value of a type: `string`, `integer`, `real`, `boolean`, `date` or `datetime`.
    pub fn of_type(datatype: &str, text: &str) -> Result<Self> {
        let wrong = || Error::edit(format!("`{}` is no {datatype}", shorten(text)));
        let trimmed = text.trim();
        Ok(match datatype {
            "string" => Self::Text(text.to_owned()),
            "integer" => Self::Integer(trimmed.parse().map_err(|_| wrong())?),
            "real" => {
                let number: f64 = trimmed.parse().map_err(|_| wrong())?;
                if !number.is_finite() {
                    return Err(wrong());
                }
                Self::Real(number)
            }
            "boolean" => match trimmed.to_ascii_lowercase().as_str() {
                "true" => Self::Boolean(true),
                "false" => Self::Boolean(false),
                _ => return Err(wrong()),
            },
            "date" | "datetime" => {
                let inside = trimmed.trim_matches('#').replace('T', " ");
                let inside = inside.trim_end_matches('Z').to_owned();
                if !is_date(&inside) {
                    return Err(Error::edit(format!(
                        "`{}` is no {datatype}; write it as 2024-03-01{}",
                        shorten(text),
                        if datatype == "date" { "" } else { " 14:00:00" }
                    )));
                }
                Self::Date(match (datatype, inside.len()) {
                    ("date", _) => inside[..10].to_owned(),
                    (_, 10) => format!("{inside} 00:00:00"),
                    _ => inside,
                })
            }
            other => return Err(Error::edit(format!("there is no type `{}`", shorten(other)))),
        })
    }

    /// Reads a value as a document writes it.
    pub fn parse(written: &str) -> Self {
        if written == "%null%" {
            return Self::Null;
        }
        if let Some(inside) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            let mut text = String::with_capacity(inside.len());
            let mut characters = inside.chars();
            while let Some(character) = characters.next() {
                match character {
                    '\\' => text.extend(characters.next()),
                    other => text.push(other),
                }
            }
            return Self::Text(text);
        }
        if let Some(inside) = written.strip_prefix('#').and_then(|rest| rest.strip_suffix('#')) {
            return Self::Date(inside.to_owned());
        }
        match written {
            "true" => Self::Boolean(true),
            "false" => Self::Boolean(false),
            _ => match (written.parse::<i64>(), written.parse::<f64>()) {
                (Ok(number), _) => Self::Integer(number),
                (_, Ok(number)) if number.is_finite() => Self::Real(number),
                _ => Self::Text(written.to_owned()),
            },
        }
    }

    /// Returns the value as people write it: text without quotes, dates without `#`.
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Date(date) => date.clone(),
            Self::Null => String::new(),
            other => other.to_string(),
        }
    }
}

/// Writes the value as documents do.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Tableau: quote and backslash are escaped inside a text.
            Self::Text(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Real(number) if number.fract() == 0.0 && number.abs() < 1e15 => write!(f, "{number:.1}"),
            Self::Real(number) => write!(f, "{number}"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Date(date) => write!(f, "#{date}#"),
            Self::Null => f.write_str("%null%"),
        }
    }
}

/// Checks `2024-03-01`, with or without a time of day.
fn is_date(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let mark = |at: usize, character: u8| text.as_bytes().get(at) == Some(&character);
    let day = || {
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        (mark(4, b'-') && mark(7, b'-') && (1..=days).contains(&day)).then_some(())
    };
    let time = || {
        if text.len() == 10 {
            return Some(());
        }
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let rest = text.get(19..)?;
        let fraction = rest.is_empty()
            || (rest.len() > 1
                && rest.starts_with('.')
                && rest[1..].bytes().all(|byte| byte.is_ascii_digit()));
        (mark(10, b' ')
            && mark(13, b':')
            && mark(16, b':')
            && hour < 24
            && minute < 60
            && second < 60
            && fraction)
            .then_some(())
    };
    text.is_ascii() && day().is_some() && time().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_documents_write_them() {
        let check = |datatype, text, written: &str| {
            let literal = Literal::of_type(datatype, text).unwrap();
            assert_eq!(literal.to_string(), written);
            assert_eq!(Literal::parse(written).to_string(), written);
        };
        check("string", "a \"b\" \\", "\"a \\\"b\\\" \\\\\"");
        check("integer", "-42", "-42");
        check("real", "42", "42.0");
        check("real", "0.1", "0.1");
        check("boolean", "TRUE", "true");
        check("date", "2024-02-29", "#2024-02-29#");
        check("datetime", "2024-02-29", "#2024-02-29 00:00:00#");
        check("datetime", "#2024-02-29 14:00:01#", "#2024-02-29 14:00:01#");
        assert_eq!(Literal::parse("%null%"), Literal::Null);
        assert_eq!(Literal::parse("\"a\\\"b\"").plain(), "a\"b");
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for (datatype, text) in [
            ("integer", "1.5"),
            ("real", "inf"),
            ("boolean", "1"),
            ("date", "2023-02-29"),
            ("date", "29.2.2024"),
            ("datetime", "2024-01-01 25:00:00"),
            ("table", "x"),
        ] {
            assert!(Literal::of_type(datatype, text).is_err(), "{datatype} {text}");
        }
    }
}
