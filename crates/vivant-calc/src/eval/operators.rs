//! Operators on values.

use super::{Operand, Overflow, collation_of};
use crate::civil::DAY;
use crate::datetext::DateOrder;
use crate::kernel::{cast, number, text};
use crate::tree::{BinaryOperator, UnaryOperator};
use crate::value::Value;
use std::cmp::Ordering;

/// Computes an operator with one operand.
pub(super) fn unary(operator: UnaryOperator, operand: &Value) -> Result<Value, Overflow> {
    Ok(match (operator, operand) {
        (UnaryOperator::Not, Value::Boolean(value)) => Value::Boolean(!value),
        (UnaryOperator::Minus, Value::Integer(value)) => Value::Integer(value.checked_neg().ok_or(Overflow)?),
        (UnaryOperator::Minus, Value::Real(value)) => Value::Real(-value),
        _ => Value::Null,
    })
}

/// Computes an operator with two operands.
pub(super) fn binary(
    operator: BinaryOperator,
    left: &Operand,
    right: &Operand,
    order: DateOrder,
) -> Result<Value, Overflow> {
    let (a, b) = (&left.value, &right.value);
    match operator {
        BinaryOperator::And => Ok(conjunction(a, b, false)),
        BinaryOperator::Or => Ok(conjunction(a, b, true)),
        _ if operator.is_comparison() => Ok(compare(operator, left, right, order)),
        _ if a.is_null() || b.is_null() => Ok(Value::Null),
        BinaryOperator::Add => add(a, b),
        BinaryOperator::Subtract => subtract(a, b),
        _ => multiply(operator, a, b),
    }
}

/// Joins two truth values, of which `strong` decides alone; otherwise null wins.
fn conjunction(a: &Value, b: &Value, strong: bool) -> Value {
    let strong = Value::Boolean(strong);
    if *a == strong || *b == strong {
        strong
    } else if a.is_null() || b.is_null() {
        Value::Null
    } else {
        a.clone()
    }
}

/// Compares two values; null if one is null or they have no order.
pub(super) fn compare(operator: BinaryOperator, left: &Operand, right: &Operand, order: DateOrder) -> Value {
    let ordering = match (&left.value, &right.value) {
        (Value::Null, _) | (_, Value::Null) => return Value::Null,
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(collation_of([left, right]).compare(a, b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Integer(b)) => Some(i64::from(*a).cmp(b)),
        (Value::Integer(a), Value::Boolean(b)) => Some(a.cmp(&i64::from(*b))),
        (a @ (Value::Integer(_) | Value::Real(_)), b @ (Value::Integer(_) | Value::Real(_))) => {
            match (cast::real(a), cast::real(b)) {
                (Ok(a), Ok(b)) => a.partial_cmp(&b),
                _ => return Value::Null,
            }
        }
        // Days, moments and text beside moments.
        (a, b) => match (cast::datetime(a, order), cast::datetime(b, order)) {
            (Ok(a), Ok(b)) => Some(a.cmp(&b)),
            _ => return Value::Null,
        },
    };
    Value::Boolean(match operator {
        BinaryOperator::Equal => ordering == Some(Ordering::Equal),
        BinaryOperator::NotEqual => ordering != Some(Ordering::Equal),
        BinaryOperator::Less => ordering == Some(Ordering::Less),
        BinaryOperator::LessEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        BinaryOperator::Greater => ordering == Some(Ordering::Greater),
        _ => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
    })
}

/// Adds numbers, texts, or days to dates.
fn add(a: &Value, b: &Value) -> Result<Value, Overflow> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.checked_add(*b).map(Value::Integer).ok_or(Overflow),
        (Value::String(a), Value::String(b)) => {
            if a.len() + b.len() > text::MAX_BYTES {
                return Err(Overflow);
            }
            Ok(Value::String(format!("{a}{b}")))
        }
        (Value::Date(_) | Value::DateTime(_), days) => shift(a, days, 1),
        (days, Value::Date(_) | Value::DateTime(_)) => shift(b, days, 1),
        _ => Ok(numeric(a, b, |a, b| Some(a + b))),
    }
}

/// Subtracts numbers, days from dates, or dates from one another.
fn subtract(a: &Value, b: &Value) -> Result<Value, Overflow> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.checked_sub(*b).map(Value::Integer).ok_or(Overflow),
        (Value::Date(a), Value::Date(b)) => Ok(Value::Integer(a.days() - b.days())),
        (Value::Date(_) | Value::DateTime(_), Value::Date(_) | Value::DateTime(_)) => {
            let moment = |value| cast::datetime(value, DateOrder::MonthFirst).map_err(|_| Overflow);
            let micros = moment(a)?
                .micros()
                .checked_sub(moment(b)?.micros())
                .ok_or(Overflow)?;
            // Whole days first: the fraction keeps more digits than one large quotient would.
            Ok(Value::Real(
                (micros / DAY) as f64 + (micros % DAY) as f64 / DAY as f64,
            ))
        }
        (Value::Date(_) | Value::DateTime(_), days) => shift(a, days, -1),
        _ => Ok(numeric(a, b, |a, b| Some(a - b))),
    }
}

/// Moves a date by days; a fraction makes it a moment.
fn shift(date: &Value, days: &Value, sign: i64) -> Result<Value, Overflow> {
    match (date, days) {
        (Value::Date(date), Value::Integer(days)) => {
            let days = days.checked_mul(sign).ok_or(Overflow)?;
            date.plus_days(days).map(Value::Date).ok_or(Overflow)
        }
        (Value::DateTime(moment), Value::Integer(days)) => {
            let micros = days.checked_mul(sign * DAY).ok_or(Overflow)?;
            moment.plus_micros(micros).map(Value::DateTime).ok_or(Overflow)
        }
        (date, Value::Real(days)) => {
            let moment = cast::datetime(date, DateOrder::MonthFirst).map_err(|_| Overflow)?;
            moment
                .plus_serial(days * sign as f64)
                .map(Value::DateTime)
                .ok_or(Overflow)
        }
        _ => Ok(Value::Null),
    }
}

/// Multiplies, divides, takes remainders and powers.
fn multiply(operator: BinaryOperator, a: &Value, b: &Value) -> Result<Value, Overflow> {
    Ok(match (operator, a, b) {
        (BinaryOperator::Multiply, Value::Integer(a), Value::Integer(b)) => {
            Value::Integer(a.checked_mul(*b).ok_or(Overflow)?)
        }
        (BinaryOperator::Remainder, Value::Integer(a), Value::Integer(b)) => {
            number::integer_remainder(*a, *b).map_or(Value::Null, Value::Integer)
        }
        (BinaryOperator::Multiply, a, b) => numeric(a, b, |a, b| Some(a * b)),
        (BinaryOperator::Divide, a, b) => numeric(a, b, number::divide),
        (BinaryOperator::Remainder, a, b) => numeric(a, b, number::remainder),
        (_, a, b) => numeric(a, b, number::power),
    })
}

/// Computes with two doubles.
fn numeric(a: &Value, b: &Value, compute: impl Fn(f64, f64) -> Option<f64>) -> Value {
    match (cast::real(a), cast::real(b)) {
        (Ok(a), Ok(b)) => compute(a, b).map_or(Value::Null, Value::Real),
        _ => Value::Null,
    }
}
