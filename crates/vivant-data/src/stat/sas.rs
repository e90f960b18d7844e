//! SAS data sets.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sas7bdat::{CellValue, Dataset, LogicalType};
use vivant_calc::civil::{Date, DateTime};

use super::typed;
use crate::batches::{BatchSink, Batches};
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::TableSpec;

/// Opens a data set.
pub(super) fn open(file: &DataFile, table: &TableSpec, limits: &DataLimits) -> Result<Batches> {
    let name = file.name().to_owned();
    let data = guarded(&name, || Dataset::open(file.path()))?;
    let columns = data
        .columns()
        .iter()
        .map(|column| Column {
            name: column.name.clone(),
            kind: match column.logical_type {
                LogicalType::Integer => ColumnType::Integer,
                LogicalType::Float => ColumnType::Real,
                LogicalType::Date => ColumnType::Date,
                LogicalType::DateTime | LogicalType::Time => ColumnType::DateTime,
                LogicalType::String | LogicalType::Bytes => ColumnType::String,
            },
        })
        .collect();
    let columns = typed(columns, table, &name, limits)?;
    let schema = schema_of(&columns);
    let target = schema.clone();
    let limits = limits.clone();
    let keep = file.clone();
    Batches::from_thread(schema, move |sink| {
        // The file stays where it is as long as it is read.
        let _keep = keep;
        let mut builder = BatchBuilder::new(target, &columns, &[]);
        let mut failed = None;
        guarded(&name, || {
            data.visit_rows(|row| {
                let bytes = row
                    .iter()
                    .zip(&mut builder.columns)
                    .zip(&columns)
                    .map(|((value, builder), column)| push(builder, column.kind, value))
                    .sum();
                builder.end_row(bytes);
                if builder.is_full(&limits)
                    && let Err(error) = send(&mut builder, sink)
                {
                    failed = Some(error);
                    return Ok(ControlFlow::Break(()));
                }
                Ok(ControlFlow::Continue(()))
            })
        })?;
        match failed {
            Some(error) => Err(error),
            None if builder.rows() > 0 => send(&mut builder, sink),
            None => Ok(()),
        }
    })
}

fn send(builder: &mut BatchBuilder, sink: &BatchSink) -> Result<()> {
    sink.send(builder.finish()?)
}

/// Calls the reader; what it makes of a damaged file is an error, whichever way it says so.
fn guarded<T>(name: &str, read: impl FnOnce() -> sas7bdat::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(found) => found.map_err(|error| DataError::damaged(name, error)),
        Err(_) => Err(DataError::damaged(name, "it is damaged")),
    }
}

/// Adds a value and says about how many bytes it has.
fn push(column: &mut ColumnBuilder, kind: ColumnType, value: &CellValue<'_>) -> usize {
    match value {
        CellValue::Null => column.push_null(),
        CellValue::Int32(number) => column.push_integer(i64::from(*number)),
        CellValue::Int64(number) => column.push_integer(*number),
        CellValue::Float64(number) => column.push_number(*number),
        CellValue::Str(text) => {
            let text = text.trim_end();
            match kind {
                // Tableau: an empty text of SAS is a missing value.
                _ if text.is_empty() => column.push_null(),
                ColumnType::String => column.push_string(text),
                _ => column.push_text(text, &Locale::default()),
            }
            return text.len() + 8;
        }
        CellValue::Bytes(bytes) => {
            column.push_string(&String::from_utf8_lossy(bytes));
            return bytes.len() + 8;
        }
        CellValue::Date(day) => {
            let moment = Date::from_days(i64::from(day.days_since_sas_epoch) - 3_653).map(Date::midnight);
            column.push_moment(moment, f64::from(day.days_since_sas_epoch));
        }
        CellValue::DateTime(at) => {
            let seconds = at.seconds_since_sas_epoch;
            let moment = seconds
                .checked_sub(315_619_200)
                .and_then(|seconds| seconds.checked_mul(1_000_000))
                .and_then(DateTime::from_micros);
            column.push_moment(moment, seconds as f64);
        }
        CellValue::Time(at) => {
            // A time of day stands on Tableau's day zero.
            let moment = DateTime::from_serial(0.0)
                .and_then(|day| day.plus_micros(i64::from(at.seconds_since_midnight) * 1_000_000));
            column.push_moment(moment, f64::from(at.seconds_since_midnight));
        }
    }
    8
}
