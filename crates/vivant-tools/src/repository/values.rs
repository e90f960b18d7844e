//! Values of the database as JSON has them: numbers, truth values, and text for everything else.

use std::error::Error as StdError;

use tokio_postgres::Row;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::error::{Error, Result};

/// A value of a free query: null, a truth value, a whole or floating number, or text. Exact decimals are text, so that
/// no digit is lost; points in time are UTC; bytes are hexadecimal; JSON stays JSON.
pub type Value = serde_json::Value;

/// Days from 1970 to 2000, from where PostgreSQL counts.
const DAYS: i64 = 10_957;
const MICROS_OF_DAY: i64 = 86_400_000_000;

/// A parameter as text, which the database reads as whatever type it needs.
#[derive(Debug)]
pub(super) struct Text<'a>(pub(super) Option<&'a str>);

impl ToSql for Text<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        Ok(match self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A value as the database sent it.
struct Raw<'r>(&'r [u8]);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Whether values of a type can be read.
pub(super) fn readable(kind: &Type) -> bool {
    match kind.kind() {
        Kind::Domain(inner) => readable(inner),
        Kind::Enum(_) => true,
        _ => matches!(
            *kind,
            Type::BOOL
                | Type::INT2
                | Type::INT4
                | Type::INT8
                | Type::OID
                | Type::FLOAT4
                | Type::FLOAT8
                | Type::NUMERIC
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
                | Type::UNKNOWN
                | Type::UUID
                | Type::JSON
                | Type::JSONB
                | Type::DATE
                | Type::TIME
                | Type::TIMESTAMP
                | Type::TIMESTAMPTZ
                | Type::BYTEA
        ),
    }
}

/// Reads one value of a row.
pub(super) fn value(row: &Row, index: usize, kind: &Type) -> Result<Value> {
    let raw: Option<Raw<'_>> = row
        .try_get(index)
        .map_err(|error| Error::answer(format!("column {}: {error}", index + 1)))?;
    match raw {
        None => Ok(Value::Null),
        Some(Raw(raw)) => read(raw, kind).ok_or_else(|| {
            Error::answer(format!(
                "column {}: {} bytes are no value of the type {kind}",
                index + 1,
                raw.len()
            ))
        }),
    }
}

fn read(raw: &[u8], kind: &Type) -> Option<Value> {
    if let Kind::Domain(inner) = kind.kind() {
        return read(raw, inner);
    }
    Some(match *kind {
        Type::BOOL => (raw.first()? == &1).into(),
        Type::INT2 => i16::from_be_bytes(raw.try_into().ok()?).into(),
        Type::INT4 => i32::from_be_bytes(raw.try_into().ok()?).into(),
        Type::INT8 => i64::from_be_bytes(raw.try_into().ok()?).into(),
        Type::OID => u32::from_be_bytes(raw.try_into().ok()?).into(),
        Type::FLOAT4 => float(f64::from(f32::from_be_bytes(raw.try_into().ok()?))),
        Type::FLOAT8 => float(f64::from_be_bytes(raw.try_into().ok()?)),
        Type::NUMERIC => numeric(raw)?.into(),
        Type::UUID => uuid(raw)?.into(),
        Type::JSON => serde_json::from_slice(raw).ok()?,
        // A byte of version stands before it.
        Type::JSONB => serde_json::from_slice(raw.get(1..)?).ok()?,
        Type::DATE => {
            let days = i32::from_be_bytes(raw.try_into().ok()?);
            match days {
                i32::MAX => "infinity".to_owned(),
                i32::MIN => "-infinity".to_owned(),
                days => date(i64::from(days) + DAYS),
            }
            .into()
        }
        Type::TIME => time(i64::from_be_bytes(raw.try_into().ok()?)).into(),
        Type::TIMESTAMP => moment(i64::from_be_bytes(raw.try_into().ok()?), "").into(),
        Type::TIMESTAMPTZ => moment(i64::from_be_bytes(raw.try_into().ok()?), "Z").into(),
        Type::BYTEA => {
            let mut text = String::from("\\x");
            for byte in raw {
                text.push_str(&format!("{byte:02x}"));
            }
            text.into()
        }
        _ => std::str::from_utf8(raw).ok()?.into(),
    })
}

/// JSON has no infinity; it is text.
fn float(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
}

fn uuid(raw: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = raw.try_into().ok()?;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    Some(text)
}

/// A day of the proleptic Gregorian calendar, counted from 1970.
fn date(days: i64) -> String {
    // Years begin in March here, so that a leap day is the last day of one; eras have 400 years.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = match month_from_march < 10 {
        true => month_from_march + 3,
        false => month_from_march - 9,
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    match year {
        1.. => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{:04}-{month:02}-{day:02} BC", 1 - year),
    }
}

fn time(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let fraction = micros % 1_000_000;
    let clock = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    match fraction {
        0 => clock,
        fraction => format!("{clock}.{}", format!("{fraction:06}").trim_end_matches('0')),
    }
}

fn moment(micros: i64, zone: &str) -> String {
    match micros {
        i64::MAX => return "infinity".to_owned(),
        i64::MIN => return "-infinity".to_owned(),
        _ => {}
    }
    let day = date(micros.div_euclid(MICROS_OF_DAY) + DAYS);
    let clock = time(micros.rem_euclid(MICROS_OF_DAY));
    match day.strip_suffix(" BC") {
        Some(day) => format!("{day}T{clock}{zone} BC"),
        None => format!("{day}T{clock}{zone}"),
    }
}

/// An exact decimal: groups of four digits, the place of the first, a sign, and how many digits are shown behind the
/// point.
fn numeric(raw: &[u8]) -> Option<String> {
    let mut words = raw
        .chunks_exact(2)
        .map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight) = (words.next()?, i32::from(words.next()?));
    let (sign, scale) = (words.next()? as u16, usize::from(words.next()? as u16));
    match sign {
        0xC000 => return Some("NaN".to_owned()),
        0xD000 => return Some("Infinity".to_owned()),
        0xF000 => return Some("-Infinity".to_owned()),
        _ => {}
    }
    let groups: Vec<i16> = words.collect();
    if groups.len() != usize::try_from(count).ok()? {
        return None;
    }
    let group = |place: i32| -> i16 {
        usize::try_from(weight - place)
            .ok()
            .and_then(|index| groups.get(index).copied())
            .unwrap_or(0)
    };
    let mut whole = String::new();
    for place in (0..=weight.max(0)).rev() {
        whole.push_str(&format!("{:04}", group(place)));
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let mut text = match sign {
        0x4000 => format!("-{whole}"),
        _ => whole.to_owned(),
    };
    if scale > 0 {
        let mut fraction = String::new();
        let mut place = -1;
        while fraction.len() < scale {
            fraction.push_str(&format!("{:04}", group(place)));
            place -= 1;
        }
        fraction.truncate(scale);
        text.push('.');
        text.push_str(&fraction);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (10_957, "2000-01-01"),
            (11_016, "2000-02-29"),
            (-1, "1969-12-31"),
            (-719_162, "0001-01-01"),
            (-719_163, "0001-12-31 BC"),
        ] {
            assert_eq!(date(days), text);
        }
        assert_eq!(moment(-1, "Z"), "1999-12-31T23:59:59.999999Z");
        assert_eq!(moment(1_500_000, ""), "2000-01-01T00:00:01.5");
    }

    #[test]
    fn damaged_values_are_no_values() {
        for kind in [
            Type::INT4,
            Type::NUMERIC,
            Type::UUID,
            Type::JSON,
            Type::TIMESTAMP,
            Type::JSONB,
        ] {
            assert_eq!(read(b"", &kind), None, "{kind}");
            assert_eq!(read(&[0xff; 5], &kind), None, "{kind}");
        }
        assert_eq!(read(b"\xff", &Type::TEXT), None);
    }
}
