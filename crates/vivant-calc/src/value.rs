//! Values: what expressions are worth.

use std::fmt;

use crate::civil::{Date, DateTime};
use crate::diag::{Diagnostic, Warned};
use crate::kernel::cast;
use crate::types::DataType;

/// A value of a row or a constant.
///
/// Equality here is that of the data: `NULL` equals `NULL`, an integer never equals a real.
/// What a formula's `=` says is another matter, see [`crate::eval`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text.
    String(String),
    /// A day.
    Date(Date),
    /// A moment.
    DateTime(DateTime),
}

impl Value {
    /// Gives the type of the value.
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Null => DataType::Null,
            Value::Boolean(_) => DataType::Boolean,
            Value::Integer(_) => DataType::Integer,
            Value::Real(_) => DataType::Real,
            Value::String(_) => DataType::String,
            Value::Date(_) => DataType::Date,
            Value::DateTime(_) => DataType::DateTime,
        }
    }

    /// Tells whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Widens the value to a type as the language does by itself: integers to reals, dates to
    /// datetimes. Other values stay as they are.
    #[must_use]
    pub fn widened(self, data_type: DataType) -> Value {
        match (self, data_type) {
            (Value::Integer(value), DataType::Real) => Value::Real(value as f64),
            (Value::Date(date), DataType::DateTime) => Value::DateTime(date.midnight()),
            (value, _) => value,
        }
    }

    /// Writes the value as a literal of formulas: `'it''s'`, `#2024-01-31#`, `1.0`.
    ///
    /// Reading it back with [`Value::from_literal`] gives the same value, except that infinite and
    /// undefined reals have no literal and become `NULL`.
    pub fn to_literal(&self) -> String {
        match self {
            Value::Null => "NULL".to_string(),
            Value::Boolean(true) => "TRUE".to_string(),
            Value::Boolean(false) => "FALSE".to_string(),
            // The smallest integer has no literal, since its digits without sign are too large.
            Value::Integer(i64::MIN) => "(-9223372036854775807 - 1)".to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Real(value) if !value.is_finite() => "NULL".to_string(),
            Value::Real(value) => format!("{value:?}"),
            Value::String(text) => format!("'{}'", text.replace('\'', "''")),
            Value::Date(date) => format!("#{date}#"),
            Value::DateTime(moment) => format!("#{moment}#"),
        }
    }

    /// Reads a literal of formulas, with a sign if need be: `-5`, `"Names"`, `#2020-12-12#`, `true`.
    ///
    /// Constant expressions are read too; what cannot be read gives `NULL` and an error.
    pub fn from_literal(text: &str) -> Warned<Value> {
        let parsed = crate::parse::parse(text);
        if parsed.has_errors() {
            return Warned::with(Value::Null, parsed.diagnostics);
        }
        let checked = crate::check::check(&parsed.value, &crate::check::Fields::new());
        let constant = parsed
            .value
            .ids()
            .all(|id| !matches!(parsed.value.kind(id), crate::tree::NodeKind::Call { .. }));
        if !constant {
            let error = Diagnostic::error("calc.literal", format!("`{text}` is not a literal"));
            return Warned::with(Value::Null, vec![error]);
        }
        let context = crate::eval::Context::new(Date::ZERO.midnight());
        match crate::eval::evaluate(&parsed.value, &checked, &context) {
            Ok(value) => value,
            Err(error) => Warned::with(Value::Null, vec![error]),
        }
    }
}

impl fmt::Display for Value {
    /// Writes the value as `STR` does, and `NULL` for no value.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match cast::text(self) {
            Some(text) => out.write_str(&text),
            None => out.write_str("NULL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_read_back() {
        let values = [
            Value::Null,
            Value::Boolean(true),
            Value::Integer(-5),
            Value::Integer(i64::MIN),
            Value::Real(1.0),
            Value::Real(-1e300),
            Value::Real(0.1),
            Value::String("it's \"x\" \\".to_string()),
            Value::Date(Date::new(2024, 1, 31).unwrap()),
            Value::Date(Date::new(99, 1, 31).unwrap()),
            Value::DateTime(DateTime::from_serial(0.5).unwrap()),
        ];
        for value in values {
            let literal = value.to_literal();
            assert_eq!(Value::from_literal(&literal), Warned::new(value), "{literal}");
        }
    }

    #[test]
    fn what_is_not_a_literal_is_an_error() {
        for text in ["[x]", "SUM(1)", "USERNAME()", "", "'a", "abc"] {
            assert!(Value::from_literal(text).has_errors(), "{text}");
        }
        assert_eq!(
            Value::from_literal("\"Names\"").value,
            Value::String("Names".to_string())
        );
    }
}
