//! Values between the calculation language and Arrow.
//!
//! Shapes: boolean is `Boolean`, integer `Int64`, real `Float64`, string `Utf8`, spatial well-known text in `Utf8`, date `Date32` (days since
//! 1970-01-01), datetime `Timestamp(Microsecond)` without a time zone.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder, new_null_array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType as ArrowType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::ScalarValue;
use vivant_calc::civil::{Date, DateTime};
use vivant_calc::{DataType, Value};

/// Returns the Arrow type that holds values of a type.
pub fn arrow_type(data_type: DataType) -> ArrowType {
    match data_type {
        DataType::Boolean => ArrowType::Boolean,
        DataType::Integer | DataType::Table => ArrowType::Int64,
        DataType::Real => ArrowType::Float64,
        DataType::String | DataType::Spatial | DataType::Unknown => ArrowType::Utf8,
        DataType::Date => ArrowType::Date32,
        DataType::DateTime => ArrowType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Null => ArrowType::Null,
    }
}

/// Returns the type of values that an Arrow type holds.
pub fn calc_type(arrow: &ArrowType) -> DataType {
    match arrow {
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int8
        | ArrowType::Int16
        | ArrowType::Int32
        | ArrowType::Int64
        | ArrowType::UInt8
        | ArrowType::UInt16
        | ArrowType::UInt32
        | ArrowType::UInt64 => DataType::Integer,
        ArrowType::Float16 | ArrowType::Float32 | ArrowType::Float64 => DataType::Real,
        ArrowType::Decimal32(_, _)
        | ArrowType::Decimal64(_, _)
        | ArrowType::Decimal128(_, _)
        | ArrowType::Decimal256(_, _) => DataType::Real,
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::String,
        ArrowType::Date32 | ArrowType::Date64 => DataType::Date,
        ArrowType::Timestamp(_, _) => DataType::DateTime,
        ArrowType::Null => DataType::Null,
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView => DataType::Spatial,
        ArrowType::Dictionary(_, values) => calc_type(values),
        _ => DataType::Unknown,
    }
}

/// Returns a value as a literal of plans.
pub fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Boolean(value) => ScalarValue::Boolean(Some(*value)),
        Value::Integer(value) => ScalarValue::Int64(Some(*value)),
        Value::Real(value) => ScalarValue::Float64(Some(*value)),
        Value::String(text) => ScalarValue::Utf8(Some(text.clone())),
        Value::Date(date) => ScalarValue::Date32(i32::try_from(date.days()).ok()),
        Value::DateTime(moment) => ScalarValue::TimestampMicrosecond(Some(moment.micros()), None),
    }
}

/// Returns a value as a literal of a type; null has the type, too.
pub fn scalar_of(value: &Value, data_type: DataType) -> ScalarValue {
    match (value, data_type) {
        (Value::Null, DataType::Null) => ScalarValue::Null,
        (Value::Null, other) => ScalarValue::try_from(&arrow_type(other)).unwrap_or(ScalarValue::Null),
        (value, data_type) => scalar(&value.clone().widened(data_type)),
    }
}

/// A column whose values can be asked one by one.
pub struct Reader {
    array: ArrayRef,
    data_type: DataType,
}

impl Reader {
    /// Takes a column of any Arrow type that has a counterpart.
    pub fn new(array: &ArrayRef) -> Reader {
        let data_type = calc_type(array.data_type());
        let wanted = arrow_type(data_type);
        let array = match data_type {
            _ if *array.data_type() == wanted => Arc::clone(array),
            DataType::Spatial => match crate::spatial::texts(array) {
                Ok(texts) => Arc::new(texts),
                Err(_) => new_null_array(&wanted, array.len()),
            },
            _ => cast(array, &wanted).unwrap_or_else(|_| new_null_array(&wanted, array.len())),
        };
        Reader { array, data_type }
    }

    /// Returns a value; past the end it is null.
    pub fn get(&self, row: usize) -> Value {
        let array = &self.array;
        if row >= array.len() || array.is_null(row) {
            return Value::Null;
        }
        match self.data_type {
            DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
            DataType::Integer | DataType::Table => {
                Value::Integer(array.as_primitive::<Int64Type>().value(row))
            }
            DataType::Real => Value::Real(array.as_primitive::<Float64Type>().value(row)),
            DataType::String | DataType::Spatial | DataType::Unknown => {
                Value::String(array.as_string::<i32>().value(row).to_owned())
            }
            DataType::Date => Date::from_days(i64::from(array.as_primitive::<Date32Type>().value(row)))
                .map_or(Value::Null, Value::Date),
            DataType::DateTime => {
                DateTime::from_micros(array.as_primitive::<TimestampMicrosecondType>().value(row))
                    .map_or(Value::Null, Value::DateTime)
            }
            DataType::Null => Value::Null,
        }
    }
}

/// Makes a column of values of a type; a value of another type becomes null.
pub fn column(values: impl ExactSizeIterator<Item = Value>, data_type: DataType) -> ArrayRef {
    macro_rules! build {
        ($builder:ty, $pattern:pat => $value:expr) => {{
            let mut builder = <$builder>::new();
            for value in values {
                match value.widened(data_type) {
                    $pattern => builder.append_option($value),
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }};
    }
    match data_type {
        DataType::Boolean => build!(BooleanBuilder, Value::Boolean(value) => Some(value)),
        DataType::Integer | DataType::Table => build!(Int64Builder, Value::Integer(value) => Some(value)),
        DataType::Real => build!(Float64Builder, Value::Real(value) => Some(value)),
        DataType::Date => build!(Date32Builder, Value::Date(date) => i32::try_from(date.days()).ok()),
        DataType::DateTime => {
            build!(TimestampMicrosecondBuilder, Value::DateTime(moment) => Some(moment.micros()))
        }
        DataType::Null => new_null_array(&ArrowType::Null, values.len()),
        DataType::String | DataType::Spatial | DataType::Unknown => {
            build!(StringBuilder, Value::String(text) => Some(text))
        }
    }
}
