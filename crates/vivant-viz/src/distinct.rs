//! Values of fields, each once, found again without looking through all.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use vivant_calc::Value;

/// A value as maps find it: equal where values are, and what is no number is equal to itself.
#[derive(Clone, Debug)]
struct Known(Value);

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Value::Real(a), Value::Real(b)) => a == b || a.is_nan() && b.is_nan(),
            (a, b) => a == b,
        }
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(&self.0).hash(state);
        match &self.0 {
            Value::Null => {}
            Value::Boolean(value) => value.hash(state),
            Value::Integer(value) => value.hash(state),
            // Both zeros are one, and so is all that is no number.
            Value::Real(value) if value.is_nan() => f64::NAN.to_bits().hash(state),
            Value::Real(value) => (value + 0.0).to_bits().hash(state),
            Value::String(value) => value.hash(state),
            Value::Date(value) => value.hash(state),
            Value::DateTime(value) => value.hash(state),
        }
    }
}

/// Combinations of values, numbered in the order of their coming.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distinct {
    places: HashMap<Vec<Known>, usize>,
}

impl Distinct {
    /// Gives a combination its number; tells whether it is new.
    pub fn add(&mut self, values: impl IntoIterator<Item = Value>) -> (usize, bool) {
        let next = self.places.len();
        let number = *self.places.entry(known(values)).or_insert(next);
        (number, number == next)
    }

    /// The number of a combination that has one.
    pub fn place(&self, values: impl IntoIterator<Item = Value>) -> Option<usize> {
        self.places.get(&known(values)).copied()
    }
}

fn known(values: impl IntoIterator<Item = Value>) -> Vec<Known> {
    values.into_iter().map(Known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_as_they_compare() {
        let mut found = Distinct::default();
        let real = |value: f64| [Value::Real(value)];
        assert_eq!(found.add(real(0.0)), (0, true));
        assert_eq!(found.add(real(-0.0)), (0, false));
        assert_eq!(found.add([Value::Integer(0)]), (1, true));
        assert_eq!(found.add(real(f64::NAN)), (2, true));
        assert_eq!(found.add(real(-f64::NAN)), (2, false));
        assert_eq!(found.add([Value::Null, Value::Null]), (3, true));
        assert_eq!(found.place([Value::Null]), None);
    }
}
