//! Columns under construction: values go in one by one, arrays come out.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use vivant_calc::civil::DateTime;
use vivant_calc::dateparse::Pattern;

use crate::error::Result;
use crate::numbers::{Locale, boolean, truncate};
use crate::schema::{Column, ColumnType};

/// A column under construction.
pub(crate) struct ColumnBuilder {
    values: Values,
    /// How dates are written, if not the way of the country.
    pattern: Option<Pattern>,
}

enum Values {
    Integer(Int64Builder),
    Real(Float64Builder),
    String(StringBuilder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    DateTime(TimestampMicrosecondBuilder),
    Spatial(BinaryBuilder),
}

impl ColumnBuilder {
    /// Begins a column.
    pub fn new(kind: ColumnType, pattern: Option<Pattern>) -> Self {
        let values = match kind {
            ColumnType::Integer => Values::Integer(Int64Builder::new()),
            ColumnType::Real => Values::Real(Float64Builder::new()),
            ColumnType::String => Values::String(StringBuilder::new()),
            ColumnType::Boolean => Values::Boolean(BooleanBuilder::new()),
            ColumnType::Date => Values::Date(Date32Builder::new()),
            ColumnType::DateTime => Values::DateTime(TimestampMicrosecondBuilder::new()),
            ColumnType::Spatial => Values::Spatial(BinaryBuilder::new()),
        };
        Self { values, pattern }
    }

    /// Adds what a text says; what does not fit the type is null, as Tableau has it.
    pub fn push_text(&mut self, text: &str, locale: &Locale) {
        let moment = |pattern: &Option<Pattern>| match pattern {
            Some(pattern) => pattern.parse(text.trim()),
            None => locale.moment(text),
        };
        match &mut self.values {
            Values::Integer(values) => values.append_option(locale.truncated(text)),
            Values::Real(values) => values.append_option(locale.real(text)),
            Values::String(values) => values.append_value(text),
            Values::Boolean(values) => values.append_option(boolean(text)),
            Values::Date(values) => values.append_option(moment(&self.pattern).and_then(days)),
            Values::DateTime(values) => {
                values.append_option(moment(&self.pattern).map(DateTime::micros));
            }
            Values::Spatial(values) => values.append_null(),
        }
    }

    /// Adds a text as it is.
    pub fn push_string(&mut self, text: &str) {
        match &mut self.values {
            Values::String(values) => values.append_value(text),
            _ => self.push_null(),
        }
    }

    /// Adds bytes: a geometry, or a text of hexadecimal digits.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        match &mut self.values {
            Values::Spatial(values) => values.append_value(bytes),
            Values::String(values) => {
                values.append_value(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            }
            _ => self.push_null(),
        }
    }

    /// Adds a number; days count from 1970 where the column has dates.
    pub fn push_number(&mut self, number: f64) {
        match &mut self.values {
            Values::Integer(values) => values.append_option(truncate(number)),
            Values::Real(values) => values.append_option(number.is_finite().then_some(number)),
            Values::String(values) => values.append_value(number_text(number)),
            Values::Boolean(values) => values.append_value(number != 0.0),
            Values::Date(values) => values.append_null(),
            Values::DateTime(values) => values.append_null(),
            Values::Spatial(values) => values.append_null(),
        }
    }

    /// Adds an integer without loss.
    pub fn push_integer(&mut self, number: i64) {
        match &mut self.values {
            Values::Integer(values) => values.append_value(number),
            Values::String(values) => values.append_value(number.to_string()),
            _ => self.push_number(number as f64),
        }
    }

    /// Adds true or false.
    pub fn push_boolean(&mut self, value: bool) {
        match &mut self.values {
            Values::Boolean(values) => values.append_value(value),
            Values::String(values) => values.append_value(if value { "True" } else { "False" }),
            _ => self.push_number(f64::from(u8::from(value))),
        }
    }

    /// Adds a moment; `number` is what stands for it where the column has numbers.
    pub fn push_moment(&mut self, moment: Option<DateTime>, number: f64) {
        match &mut self.values {
            Values::Date(values) => values.append_option(moment.and_then(days)),
            Values::DateTime(values) => values.append_option(moment.map(DateTime::micros)),
            Values::String(values) => values.append_option(moment.map(|moment| match moment.time() {
                0 => moment.date().to_string(),
                _ => moment.to_string(),
            })),
            _ => self.push_number(number),
        }
    }

    /// Adds a null.
    pub fn push_null(&mut self) {
        match &mut self.values {
            Values::Integer(values) => values.append_null(),
            Values::Real(values) => values.append_null(),
            Values::String(values) => values.append_null(),
            Values::Boolean(values) => values.append_null(),
            Values::Date(values) => values.append_null(),
            Values::DateTime(values) => values.append_null(),
            Values::Spatial(values) => values.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match &mut self.values {
            Values::Integer(values) => Arc::new(values.finish()),
            Values::Real(values) => Arc::new(values.finish()),
            Values::String(values) => Arc::new(values.finish()),
            Values::Boolean(values) => Arc::new(values.finish()),
            Values::Date(values) => Arc::new(values.finish()),
            Values::DateTime(values) => Arc::new(values.finish()),
            Values::Spatial(values) => Arc::new(values.finish()),
        }
    }
}

/// A batch under construction.
pub(crate) struct BatchBuilder {
    schema: SchemaRef,
    pub columns: Vec<ColumnBuilder>,
    rows: usize,
    bytes: usize,
}

impl BatchBuilder {
    /// Begins a batch of these columns; dates may have patterns of their own.
    pub fn new(schema: SchemaRef, columns: &[Column], patterns: &[Option<Pattern>]) -> Self {
        let columns = columns
            .iter()
            .enumerate()
            .map(|(index, column)| ColumnBuilder::new(column.kind, patterns.get(index).cloned().flatten()))
            .collect();
        Self {
            schema,
            columns,
            rows: 0,
            bytes: 0,
        }
    }

    /// Counts a row of about this many bytes whose values were all pushed.
    pub fn end_row(&mut self, bytes: usize) {
        self.rows += 1;
        self.bytes += bytes;
    }

    /// Returns how many rows are in the batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Tells whether the batch is large enough to hand out.
    pub fn is_full(&self, limits: &crate::DataLimits) -> bool {
        self.rows >= limits.batch_rows || self.bytes >= limits.batch_bytes
    }

    /// Hands the batch out and begins the next one.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let arrays = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        self.bytes = 0;
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            arrays,
            &options,
        )?)
    }
}

fn days(moment: DateTime) -> Option<i32> {
    i32::try_from(moment.date().days()).ok()
}

/// Writes a number as a spreadsheet shows it: no fraction where there is none, up to 15 digits.
fn number_text(number: f64) -> String {
    match truncate(number) {
        Some(whole) if whole as f64 == number && whole.unsigned_abs() < 1_000_000_000_000_000 => {
            whole.to_string()
        }
        _ => {
            // 0.1 + 0.2 is shown as 0.3.
            let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
            rounded.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_text_as_they_are_shown() {
        assert_eq!(number_text(12.0), "12");
        assert_eq!(number_text(0.1 + 0.2), "0.3");
        assert_eq!(number_text(-1.25), "-1.25");
    }
}
