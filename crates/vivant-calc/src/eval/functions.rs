//! Functions on values: from names to the kernels.

use std::rc::Rc;

use super::{Failure, Operand, Run, User, collation_of, operators};
use crate::civil::{DAY, Date, DateTime, Weekday};
use crate::dateparse::Pattern;
use crate::datepart::DatePart;
use crate::diag::{Diagnostic, Severity};
use crate::functions::{Function, LENGTH_UNITS};
use crate::kernel::geo::{self, Geometry};
use crate::kernel::{cast, number, text};
use crate::regex::Regex;
use crate::tree::BinaryOperator;
use crate::value::Value;
use cast::CastError;

/// What a function gives; `None` of a kernel is null.
type Outcome = Result<Value, Failure>;

/// How many regular expressions are kept while many rows are computed.
const MAX_REGEXES: usize = 64;

/// The functions of geometries that are computed here.
const SHAPES: [&str; 10] = [
    "AREA",
    "BUFFER",
    "DISTANCE",
    "INTERSECTS",
    "LENGTH",
    "MAKELINE",
    "MAKEPOINT",
    "OUTLINE",
    "SHAPETYPE",
    "VALIDATE",
];

/// Computes a call; `None` for functions that are not computed here.
pub(super) fn call(function: &Function, operands: &[Operand], run: &mut Run<'_>) -> Option<Outcome> {
    let first = operands.first().map_or(&Value::Null, |operand| &operand.value);
    // The few functions that take nulls.
    match function.name {
        "ISNULL" => return Some(Ok(Value::Boolean(first.is_null()))),
        "NULLIF" => return Some(Ok(without(operands, run))),
        "ZN" if first.is_null() => return Some(Ok(Value::Integer(0))),
        "ZN" => return Some(Ok(first.clone())),
        "ISDATE" if first.is_null() => return Some(Ok(Value::Boolean(false))),
        "USERNAME"
        | "FULLNAME"
        | "USERDOMAIN"
        | "ISUSERNAME"
        | "ISFULLNAME"
        | "ISMEMBEROF"
        | "USERATTRIBUTE"
        | "USERATTRIBUTEINCLUDES" => return Some(Ok(user(function.name, operands, run.context.user))),
        _ => {}
    }
    if operands.iter().any(|operand| operand.value.is_null()) {
        // What cannot be computed stays so even where null is easy to tell.
        return is_known(function.name).then_some(Ok(Value::Null));
    }
    let values: Vec<&Value> = operands.iter().map(|operand| &operand.value).collect();
    numbers(function.name, &values)
        .or_else(|| texts(function.name, operands, &values))
        .or_else(|| casts(function.name, &values, run))
        .or_else(|| dates(function.name, &values, run))
        .or_else(|| patterns(function.name, &values, run))
        .or_else(|| shapes(function.name, &values))
}

/// Gives the first value unless the second is equal to it.
fn without(operands: &[Operand], run: &Run<'_>) -> Value {
    let [value, out] = operands else {
        return Value::Null;
    };
    match operators::compare(BinaryOperator::Equal, value, out, run.context.date_order) {
        Value::Boolean(true) => Value::Null,
        _ => value.value.clone(),
    }
}

/// Tells whether a function of the table is computed here.
pub(super) fn is_known(name: &str) -> bool {
    use crate::functions::{Availability, Group};
    let Some(function) = crate::functions::find(name) else {
        return false;
    };
    let here = matches!(
        function.group,
        Group::Number | Group::String | Group::Date | Group::Type | Group::Logical
    );
    let two = matches!(name, "MIN" | "MAX");
    let general = !matches!(function.availability, Availability::Connection(_));
    SHAPES.contains(&name)
        || two
        || (here && general)
        || matches!(name, "LOG2" | "TIMESTAMP_TO_USEC" | "USEC_TO_TIMESTAMP")
}

/// Gives the value, or null.
fn or_null<T>(value: Option<T>, make: impl Fn(T) -> Value) -> Outcome {
    Ok(value.map_or(Value::Null, make))
}

/// Gives the value, or an overflow.
fn or_overflow<T>(value: Option<T>, make: impl Fn(T) -> Value) -> Outcome {
    value.map(make).ok_or(Failure::Overflow)
}

/// Gives a number as a double; the checker keeps other types away.
fn real(value: &Value) -> f64 {
    cast::real(value).unwrap_or(f64::NAN)
}

/// Gives a number as a count, cut toward zero.
fn whole(value: &Value) -> i64 {
    match value {
        Value::Integer(value) => *value,
        // A cast of a double saturates and turns what is not a number into zero.
        other => real(other) as i64,
    }
}

/// Gives a text.
fn string(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        _ => "",
    }
}

/// Functions of numbers.
fn numbers(name: &str, values: &[&Value]) -> Option<Outcome> {
    let x = values.first().map_or(f64::NAN, |value| real(value));
    let y = values.get(1).map_or(f64::NAN, |value| real(value));
    let is = |value: f64| Ok(Value::Real(value));
    let cut = |change: fn(f64) -> f64| match values {
        [value @ Value::Integer(_)] => Ok((*value).clone()),
        _ => or_overflow(number::to_integer(x, change), Value::Integer),
    };
    Some(match (name, values) {
        ("PI", _) => is(std::f64::consts::PI),
        ("ABS", [Value::Integer(value)]) => or_overflow(value.checked_abs(), Value::Integer),
        ("ABS", _) => is(x.abs()),
        ("SQUARE", [Value::Integer(value)]) => or_overflow(value.checked_mul(*value), Value::Integer),
        ("SQUARE", _) => is(x * x),
        ("SIGN", [Value::Integer(value)]) => Ok(Value::Integer(value.signum())),
        ("SIGN", _) => Ok(Value::Integer(number::sign(x))),
        ("CEILING", _) => cut(f64::ceil),
        ("FLOOR", _) => cut(f64::floor),
        ("ROUND", [value @ Value::Integer(_)]) => Ok((*value).clone()),
        ("ROUND", [_]) => is(number::round(x, 0)),
        ("ROUND", [_, decimals]) => is(number::round(x, whole(decimals))),
        ("TRUNC", _) => is(x.trunc()),
        ("DIV", [Value::Integer(_), Value::Integer(0)]) => Ok(Value::Null),
        ("DIV", [Value::Integer(a), Value::Integer(b)]) => or_overflow(a.checked_div(*b), Value::Integer),
        ("MOD", [Value::Integer(a), Value::Integer(b)]) => {
            or_null(number::integer_remainder(*a, *b), Value::Integer)
        }
        ("SYS_NUMBIN", _) => match number::divide(x, y) {
            Some(bin) => or_overflow(number::to_integer(bin, f64::floor), Value::Integer),
            None => Ok(Value::Null),
        },
        ("ACOS", _) => or_null(number::arc_cosine(x), Value::Real),
        ("ASIN", _) => or_null(number::arc_sine(x), Value::Real),
        ("ATAN", _) => is(x.atan()),
        ("ATAN2", _) => is(x.atan2(y)),
        ("COS", _) => is(x.cos()),
        ("SIN", _) => is(x.sin()),
        ("TAN", _) => is(x.tan()),
        ("COT", _) => or_null(number::cotangent(x), Value::Real),
        ("DEGREES", _) => is(x.to_degrees()),
        ("RADIANS", _) => is(x.to_radians()),
        ("EXP", _) => is(x.exp()),
        ("LN", _) => or_null(number::natural_logarithm(x), Value::Real),
        ("LOG", [_]) => or_null(number::logarithm(x, 10.0), Value::Real),
        ("LOG", _) => or_null(number::logarithm(x, y), Value::Real),
        ("LOG2", _) => or_null(number::logarithm(x, 2.0), Value::Real),
        ("POWER", _) => or_null(number::power(x, y), Value::Real),
        ("SQRT", _) => or_null(number::square_root(x), Value::Real),
        ("HEXBINX", _) => is(number::hexagon(x, y).0),
        ("HEXBINY", _) => is(number::hexagon(x, y).1),
        _ => return None,
    })
}

/// Functions of texts, and the smaller or larger of two.
fn texts(name: &str, operands: &[Operand], values: &[&Value]) -> Option<Outcome> {
    let collation = collation_of(operands);
    let text = values.first().map_or("", |value| string(value));
    let sub = values.get(1).map_or("", |value| string(value));
    let is = |text: &str| Ok(Value::String(text.to_string()));
    let truth = |value| Ok(Value::Boolean(value));
    let number = |index: usize| values.get(index).map(|value| whole(value));
    let borrowed = |text: Option<&str>| or_null(text, |text| Value::String(text.to_string()));
    Some(match name {
        "ASCII" => or_null(text::code_point(text), Value::Integer),
        "CHAR" => or_null(text::character(number(0)?), Value::String),
        "CONTAINS" => truth(text::contains(text, sub, collation)),
        "STARTSWITH" => truth(text::starts_with(text, sub, collation)),
        "ENDSWITH" => truth(text::ends_with(text, sub, collation)),
        "FIND" => Ok(Value::Integer(text::find(
            text,
            sub,
            number(2).unwrap_or(1),
            collation,
        ))),
        "FINDNTH" => Ok(Value::Integer(text::find_nth(text, sub, number(2)?, collation))),
        "LEFT" => borrowed(text::left(text, number(1)?)),
        "RIGHT" => borrowed(text::right(text, number(1)?)),
        "MID" => borrowed(text::middle(text, number(1)?, number(2))),
        "LEN" => Ok(Value::Integer(text::length(text))),
        "LOWER" => is(&text.to_lowercase()),
        "UPPER" => is(&text.to_uppercase()),
        "PROPER" => is(&text::proper(text)),
        "LTRIM" => is(text::trim_start(text)),
        "RTRIM" => is(text::trim_end(text)),
        "TRIM" => is(text::trim_start(text::trim_end(text))),
        "REPLACE" => or_overflow(
            text::replace(text, sub, string(values.get(2)?), collation),
            Value::String,
        ),
        "SPACE" => match number(0)? {
            count if count < 0 => Ok(Value::Null),
            count => or_overflow(text::blanks(count), Value::String),
        },
        "SPLIT" => is(text::split(text, sub, number(2)?)),
        "MIN" | "MAX" => {
            let wanted = if name == "MIN" {
                BinaryOperator::LessEqual
            } else {
                BinaryOperator::GreaterEqual
            };
            let [a, b] = operands else { return None };
            let first = operators::compare(wanted, a, b, Default::default()) == Value::Boolean(true);
            Ok(if first { a.value.clone() } else { b.value.clone() })
        }
        _ => return None,
    })
}

/// Casts.
fn casts(name: &str, values: &[&Value], run: &Run<'_>) -> Option<Outcome> {
    let [value] = values else { return None };
    let order = run.context.date_order;
    let read = |result: Result<Value, CastError>| match result {
        Ok(value) => Ok(value),
        Err(CastError::Unreadable) => Ok(Value::Null),
        Err(CastError::Overflow) => Err(Failure::Overflow),
    };
    Some(match name {
        "STR" => or_null(cast::text(value), Value::String),
        "INT" => read(cast::integer(value).map(Value::Integer)),
        "FLOAT" | "REAL" => read(cast::real(value).map(Value::Real)),
        "DATE" => read(cast::date(value, order).map(Value::Date)),
        "DATETIME" => read(cast::datetime(value, order).map(Value::DateTime)),
        "ISDATE" => Ok(Value::Boolean(cast::date(value, order).is_ok())),
        _ => return None,
    })
}

/// Functions of dates.
fn dates(name: &str, values: &[&Value], run: &Run<'_>) -> Option<Outcome> {
    let context = run.context;
    let moment = |index: usize| cast::datetime(values.get(index)?, context.date_order).ok();
    let part_of = |part: DatePart| {
        let moment = moment(0)?;
        Some(Ok(Value::Integer(part.of(moment, context.week_start))))
    };
    let week_start = |index: usize| match values.get(index) {
        Some(day) => Weekday::from_name(string(day)),
        None => Some(context.week_start),
    };
    // A parameter may hold a word that is no date part; the literal ones were checked.
    let part = || {
        values
            .first()
            .and_then(|value| DatePart::from_name(string(value)))
    };
    let bad_word = || {
        let message = "a date part or a day of the week is not known, the result is null";
        Err(Failure::Warning(Diagnostic::warning("calc.word", message)))
    };
    let number = |index: usize| values.get(index).map(|value| whole(value));
    Some(match name {
        "NOW" => Ok(Value::DateTime(context.now)),
        "TODAY" => Ok(Value::Date(context.now.date())),
        "YEAR" => return part_of(DatePart::Year),
        "QUARTER" => return part_of(DatePart::Quarter),
        "MONTH" => return part_of(DatePart::Month),
        "WEEK" => return part_of(DatePart::Week),
        "DAY" => return part_of(DatePart::Day),
        "ISOYEAR" => return part_of(DatePart::IsoYear),
        "ISOQUARTER" => return part_of(DatePart::IsoQuarter),
        "ISOWEEK" => return part_of(DatePart::IsoWeek),
        "ISOWEEKDAY" => return part_of(DatePart::IsoWeekday),
        "DATEPART" => match (part(), week_start(2)) {
            (Some(part), Some(start)) => Ok(Value::Integer(part.of(moment(1)?, start))),
            _ => bad_word(),
        },
        "DATENAME" => match (part(), week_start(2)) {
            (Some(part), Some(start)) => Ok(Value::String(part.name_of(
                moment(1)?,
                start,
                &context.date_names,
            ))),
            _ => bad_word(),
        },
        "DATETRUNC" => match (part(), week_start(2)) {
            (Some(part), Some(start)) => or_overflow(part.truncate(moment(1)?, start), Value::DateTime),
            _ => bad_word(),
        },
        "DATEADD" => match part() {
            Some(part) => or_overflow(part.add(moment(2)?, number(1)?), Value::DateTime),
            None => bad_word(),
        },
        "DATEDIFF" => match (part(), week_start(3)) {
            (Some(part), Some(start)) => Ok(Value::Integer(part.difference(moment(1)?, moment(2)?, start))),
            _ => bad_word(),
        },
        "DATEPARSE" => match Pattern::new(string(values.first()?)) {
            Ok(pattern) => or_null(pattern.parse(string(values.get(1)?)), Value::DateTime),
            Err(warning) => Err(Failure::Warning(warning)),
        },
        "MAKEDATE" => or_overflow(Date::rolled(number(0)?, number(1)?, number(2)?), Value::Date),
        "MAKETIME" => maketime(number(0)?, number(1)?, number(2)?),
        "MAKEDATETIME" => match (moment(0), moment(1)) {
            (Some(day), Some(time)) => or_overflow(DateTime::new(day.date(), time.time()), Value::DateTime),
            _ => Ok(Value::Null),
        },
        "TIMESTAMP_TO_USEC" => Ok(Value::Integer(moment(0)?.micros())),
        "USEC_TO_TIMESTAMP" => or_overflow(DateTime::from_micros(number(0)?), Value::DateTime),
        _ => return None,
    })
}

/// Makes a time on the base day; what exceeds a day is dropped.
fn maketime(hour: i64, minute: i64, second: i64) -> Outcome {
    let seconds = hour
        .checked_mul(3600)
        .and_then(|seconds| seconds.checked_add(minute.checked_mul(60)?)?.checked_add(second))
        .ok_or(Failure::Overflow)?;
    if hour < 0 || seconds < 0 {
        return Ok(Value::Null);
    }
    let micros = seconds % (DAY / 1_000_000) * 1_000_000;
    or_overflow(DateTime::new(Date::TIME_BASE, micros), Value::DateTime)
}

/// Regular expressions.
fn patterns(name: &str, values: &[&Value], run: &mut Run<'_>) -> Option<Outcome> {
    if !name.starts_with("REGEXP_") {
        return None;
    }
    let text = string(values.first()?);
    let regex = match regex(string(values.get(1)?), run) {
        Ok(regex) => regex,
        Err(mut problem) => {
            problem.severity = Severity::Warning;
            problem.message.push_str(", the result is null");
            return Some(Err(Failure::Warning(problem)));
        }
    };
    let group = |index: i64| match usize::try_from(index) {
        Ok(index) => regex.extract(text, index),
        Err(_) => Ok(None),
    };
    let found = match name {
        "REGEXP_MATCH" => regex.is_match(text).map(Value::Boolean),
        "REGEXP_EXTRACT" => group(1).map(|found| found.map_or(Value::Null, Value::String)),
        "REGEXP_EXTRACT_NTH" => {
            group(whole(values.get(2)?)).map(|found| found.map_or(Value::Null, Value::String))
        }
        "REGEXP_REPLACE" => regex.replace_all(text, string(values.get(2)?)).map(Value::String),
        _ => return None,
    };
    Some(match found {
        Ok(Value::String(text)) if text.len() > text::MAX_BYTES => Err(Failure::Overflow),
        Ok(value) => Ok(value),
        Err(problem) => Err(Failure::Error(problem)),
    })
}

/// Functions of geometries.
fn shapes(name: &str, values: &[&Value]) -> Option<Outcome> {
    let warned = |message: String| {
        Some(Err(Failure::Warning(Diagnostic::warning(
            "calc.spatial",
            message,
        ))))
    };
    let numbers: Vec<f64> = values.iter().map(|value| real(value)).collect();
    if name == "MAKEPOINT" {
        let place = match numbers[..] {
            [latitude, longitude] => (longitude, latitude),
            [x, y, _] => match geo::place(x, y, whole(values.get(2)?)) {
                Some(place) => place,
                None => {
                    let system = whole(values.get(2)?);
                    return warned(format!(
                        "the coordinate system EPSG:{system} is not known, the result is null"
                    ));
                }
            },
            _ => return None,
        };
        // Tableau: no place is beyond the poles.
        let is_place = place.0.is_finite() && place.1.abs() <= 90.0;
        let point = Geometry::Points(vec![place]);
        return Some(or_null(is_place.then_some(point), |point| {
            Value::String(point.to_text())
        }));
    }
    if !SHAPES.contains(&name) {
        return None;
    }
    let Some(shape) = Geometry::from_text(string(values.first()?)) else {
        return warned("a geometry cannot be read, the result is null".to_owned());
    };
    let other = || Geometry::from_text(string(values.get(1)?));
    // The unit is the last argument.
    let unit = || {
        let word = string(values.last()?);
        let known = LENGTH_UNITS
            .iter()
            .find(|(unit, _)| unit.eq_ignore_ascii_case(word));
        known.map(|(_, metres)| *metres)
    };
    let no_unit = || warned("a unit of length is not known, the result is null".to_owned());
    let is = |shape: Geometry| Some(Ok(Value::String(shape.to_text())));
    let no_points = || warned(format!("{name} is asked of what is no point, the result is null"));
    match name {
        "SHAPETYPE" => Some(Ok(Value::String(shape.kind().to_owned()))),
        "OUTLINE" => match shape.outline() {
            Some(lines) => is(lines),
            None => warned("OUTLINE is asked of what is no area, the result is null".to_owned()),
        },
        "VALIDATE" if geo::is_valid(&shape) => is(shape),
        "VALIDATE" => Some(Ok(Value::Null)),
        "INTERSECTS" => Some(or_null(other(), |other| {
            Value::Boolean(geo::intersects(&shape, &other))
        })),
        "AREA" | "LENGTH" => {
            let Some(unit) = unit() else { return no_unit() };
            Some(Ok(Value::Real(match name {
                "AREA" => geo::area(&shape) / unit / unit,
                _ => geo::length(&shape) / unit,
            })))
        }
        "BUFFER" => {
            let Some(unit) = unit() else { return no_unit() };
            let metres = numbers.get(1)? * unit;
            match shape.point() {
                Some(_) if !(metres > 0.0 && metres.is_finite()) => Some(Ok(Value::Null)),
                Some(point) => is(geo::buffer(point, metres)),
                None => no_points(),
            }
        }
        "MAKELINE" => match (shape.point(), other().and_then(|other| other.point())) {
            (Some(from), Some(to)) => is(Geometry::Lines(vec![vec![from, to]])),
            _ => no_points(),
        },
        _ => {
            let Some(unit) = unit() else { return no_unit() };
            match (shape.point(), other().and_then(|other| other.point())) {
                (Some(from), Some(to)) => Some(Ok(Value::Real(geo::distance(from, to) / unit))),
                _ => no_points(),
            }
        }
    }
}

/// Reads a regular expression, or takes it from the ones read before.
fn regex(pattern: &str, run: &mut Run<'_>) -> Result<Rc<Regex>, Diagnostic> {
    if let Some(known) = run.regexes.get(pattern) {
        return Ok(Rc::clone(known));
    }
    let regex = Rc::new(Regex::new(pattern)?);
    if run.regexes.len() >= MAX_REGEXES {
        run.regexes.clear();
    }
    run.regexes.insert(pattern.to_string(), Rc::clone(&regex));
    Ok(regex)
}

/// Functions of the signed-in user; null when nobody is.
fn user(name: &str, operands: &[Operand], user: Option<&User>) -> Value {
    let Some(user) = user else { return Value::Null };
    let argument = |index: usize| operands.get(index).map_or("", |operand| string(&operand.value));
    if operands.iter().any(|operand| operand.value.is_null()) {
        return Value::Null;
    }
    // Names of users and groups do not differ by letter case alone.
    let same = |a: &str, b: &str| a == b || a.to_lowercase() == b.to_lowercase();
    let text = |text: &str| Value::String(text.to_string());
    match name {
        "USERNAME" => text(&user.name),
        "FULLNAME" => text(&user.full_name),
        "USERDOMAIN" => text(&user.domain),
        "ISUSERNAME" => Value::Boolean(same(&user.name, argument(0))),
        "ISFULLNAME" => Value::Boolean(same(&user.full_name, argument(0))),
        "ISMEMBEROF" => {
            let group = argument(0);
            Value::Boolean(same(group, "All Users") || user.groups.iter().any(|known| same(known, group)))
        }
        "USERATTRIBUTE" => {
            let found = user
                .attributes
                .iter()
                .find(|(attribute, _)| attribute == argument(0));
            found.map_or(Value::Null, |(_, value)| text(value))
        }
        _ => Value::Boolean(
            user.attributes
                .iter()
                .any(|(attribute, value)| attribute == argument(0) && value == argument(1)),
        ),
    }
}
